"""The course of a run of molecular dynamics."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, cycle, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from physics.dynamics.summary import Series
from stores.documents import DynamicsDocument, DynamicsRunDocument
from workflows.report.plots.cell import ELEMENT_COLORS
from workflows.report.plots.picture import require_picture, save_picture
from workflows.report.plots.svg import ACCENT, INK, MUTED, RULE, WARM, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = (7.6, 4.0)
_LINES = ("-", "--", "-.", ":")

_PER_LETTER = 0.018
"""Width of a letter, as part of the width of a panel."""

_LEAST = 0.005
"""Half the height of the panel of a density that does not change, as part of the density."""

_LEGEND_ROOM = 1.25
"""Height of the panel of displacements, as part of the largest."""


@dataclass(frozen=True)
class _Course:
    """What is drawn: the series, and where its stages are."""

    series: Series
    names: list[str]
    bounds: list[float]
    stopped: bool


def dynamics_plot(document: DynamicsRunDocument, prefix: str) -> Markup:
    """
    Draw temperature, density, potential energy and mean squared displacements against time.

    Parameters
    ----------
    document : DynamicsRunDocument
        The run; its stages are marked, and the end of one that stopped early.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    with drawing(*_SIZE) as figure:
        _draw(figure, _course(document, document.picoseconds))
        state = "" if document.completed else ", which stopped early"
        return to_svg(
            figure,
            prefix,
            "Temperature, density, potential energy and mean squared displacements against time "
            f"in {document.label} of {document.system}{state}",
        )


def write_dynamics_plot(path: Path, document: DynamicsDocument) -> None:
    """
    Draw the same into a file.

    Parameters
    ----------
    path : Path
        A name that ends in .png, .svg or .pdf; replaced.
    document : DynamicsDocument
        The run.

    Raises
    ------
    InputError
        If the name ends otherwise, or the file cannot be written.
    """
    require_picture(path)
    with drawing(*_SIZE) as figure:
        _draw(figure, _course(document, document.steps * document.protocol.time_step / 1000))
        save_picture(figure, path)


def stage_bounds(steps: Sequence[int], picoseconds: float) -> list[float]:
    """
    Give the times at which stages meet.

    Parameters
    ----------
    steps : sequence of int
        Steps done in each stage.
    picoseconds : float
        Time that all of them took, ps.

    Returns
    -------
    list of float
        0, and the end of each stage, ps.
    """
    ends = list(accumulate(steps, initial=0))
    return [picoseconds * end / max(ends[-1], 1) for end in ends]


def _course(document: DynamicsDocument | DynamicsRunDocument, picoseconds: float) -> _Course:
    return _Course(
        document.series,
        [stage.name for stage in document.stages],
        stage_bounds([stage.steps for stage in document.stages], picoseconds),
        not document.completed,
    )


def _draw(figure: "Figure", course: _Course) -> None:
    """Draw the four panels."""
    series = course.series
    marker = "o" if len(series.times) == 1 else ""
    panels = figure.subplots(2, 2, sharex=True)
    (temperature, density), (energy, displacement) = panels
    for axes, values, label in (
        (temperature, series.temperatures, "temperature (K)"),
        (density, series.densities, "density (g/cm³)"),
        (energy, series.energies, "potential energy\n(eV/atom)"),
    ):
        axes.plot(series.times, values, marker=marker, color=ACCENT, lw=1.0)
        axes.set_ylabel(label)
        axes.ticklabel_format(useOffset=False)
    _widen(density, series.densities)
    _draw_displacements(displacement, series, marker)
    for axes in panels.flat:
        for time in course.bounds[1:-1]:
            axes.axvline(time, color=RULE, lw=0.9, zorder=0)
        if course.stopped:
            axes.axvline(course.bounds[-1], color=WARM, lw=1.2, ls=":", zorder=3)
    for axes in panels[0]:
        _name_stages(axes, course)
    for axes in panels[1]:
        axes.set_xlabel("time (ps)")


def _widen(axes: "Axes", densities: list[float]) -> None:
    """Give a density that hardly changes some room."""
    low, high = axes.get_ylim()
    middle = sum(densities) / len(densities)
    axes.set_ylim(min(low, (1 - _LEAST) * middle), max(high, (1 + _LEAST) * middle))


def _draw_displacements(axes: "Axes", series: Series, marker: str) -> None:
    """Draw a line for each element, and room for their names above."""
    for (element, values), style in zip(series.displacements.items(), cycle(_LINES), strict=False):
        color = ELEMENT_COLORS.get(element, INK)
        axes.plot(series.times, values, style, marker=marker, color=color, lw=1.3, label=element)
    largest = max(max(values) for values in series.displacements.values())
    axes.set_ylim(0, _LEGEND_ROOM * largest or 1.0)
    axes.set_ylabel("mean squared\ndisplacement (Å²)")
    axes.legend(loc="upper left", ncols=4)


def _name_stages(axes: "Axes", course: _Course) -> None:
    """Write the name of each stage above it, all slanted where one does not fit its stage."""
    stages = list(zip(course.names, pairwise(course.bounds), strict=True))
    slanted = any(
        end - start < _PER_LETTER * (len(name) + 1) * course.bounds[-1]
        for name, (start, end) in stages
    )
    for name, (start, end) in stages:
        axes.annotate(
            name,
            ((start + end) / 2, 1.0),
            xytext=(0, 4),
            textcoords="offset points",
            xycoords=axes.get_xaxis_transform(),
            color=MUTED,
            fontsize=8,
            rotation=35 if slanted else 0,
            rotation_mode="anchor",
            ha="left" if slanted else "center",
        )
    if course.stopped:
        axes.annotate(
            "stopped",
            (course.bounds[-1], 1.0),
            xytext=(2, -3),
            textcoords="offset points",
            xycoords=axes.get_xaxis_transform(),
            color=WARM,
            fontsize=8,
            rotation=90,
            ha="left",
            va="top",
        )
