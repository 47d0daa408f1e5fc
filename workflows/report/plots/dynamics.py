"""The course of a run of molecular dynamics."""

from itertools import accumulate, cycle, pairwise
from typing import TYPE_CHECKING

from markupsafe import Markup

from stores.documents import DynamicsRunDocument
from workflows.report.plots.cell import ELEMENT_COLORS
from workflows.report.plots.svg import ACCENT, INK, MUTED, RULE, WARM, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINES = ("-", "--", "-.", ":")
_PER_LETTER = 0.025
"""Width of a letter, as part of the width of a panel."""

_LEAST = 0.005
"""Half the height of the panel of a density that does not change, as part of the density."""


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
    course = document.series
    marker = "o" if len(course.times) == 1 else ""
    with drawing(7.6, 4.0) as figure:
        panels = figure.subplots(2, 2, sharex=True)
        (temperature, density), (energy, displacement) = panels
        for axes, values, label in (
            (temperature, course.temperatures, "temperature (K)"),
            (density, course.densities, "density (g/cm³)"),
            (energy, course.energies, "potential energy\n(eV/atom)"),
        ):
            axes.plot(course.times, values, marker=marker, color=ACCENT, lw=1.0)
            axes.set_ylabel(label)
            axes.ticklabel_format(useOffset=False)
        for (element, values), style in zip(
            course.displacements.items(), cycle(_LINES), strict=False
        ):
            color = ELEMENT_COLORS.get(element, INK)
            displacement.plot(
                course.times, values, style, marker=marker, color=color, lw=1.3, label=element
            )
        displacement.set_ylabel("mean squared\ndisplacement (Å²)")
        displacement.set_ylim(bottom=0)
        displacement.legend(loc="upper left", ncols=3)
        _open(density, course.densities)
        bounds = stage_bounds(document)
        for axes in panels.flat:
            for time in bounds[1:-1]:
                axes.axvline(time, color=RULE, lw=0.9, zorder=0)
            if document.stopped is not None:
                axes.axvline(bounds[-1], color=WARM, lw=1.2, ls=":", zorder=3)
        for axes in panels[0]:
            _name_stages(axes, document, bounds)
        for axes in panels[1]:
            axes.set_xlabel("time (ps)")
        name = f"{document.label} of {document.system}"
        state = ", which stopped early" if document.stopped is not None else ""
        return to_svg(
            figure,
            prefix,
            f"Temperature, density, potential energy and mean squared displacements against time "
            f"in {name}{state}",
        )


def stage_bounds(document: DynamicsRunDocument) -> list[float]:
    """
    Give the times at which stages meet.

    Parameters
    ----------
    document : DynamicsRunDocument
        The run.

    Returns
    -------
    list of float
        0, the end of each stage, the last one as far as it went, ps.
    """
    steps = list(accumulate((stage.steps for stage in document.stages), initial=0))
    length = document.picoseconds / max(steps[-1], 1)
    return [step * length for step in steps]


def _name_stages(axes: "Axes", document: DynamicsRunDocument, bounds: list[float]) -> None:
    """Write the name of each stage above it, slanted where one does not fit its stage."""
    whole = max(bounds[-1], 1e-9)
    slanted = any(
        (end - start) / whole < _PER_LETTER * (len(stage.name) + 1)
        for stage, (start, end) in zip(document.stages, pairwise(bounds), strict=True)
    )
    for stage, (start, end) in zip(document.stages, pairwise(bounds), strict=True):
        axes.annotate(
            stage.name,
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
    if document.stopped is not None:
        axes.annotate(
            "stopped",
            (bounds[-1], 1.0),
            xytext=(-3, -3),
            textcoords="offset points",
            xycoords=axes.get_xaxis_transform(),
            color=WARM,
            fontsize=8,
            rotation=90,
            ha="right",
            va="top",
        )


def _open(axes: "Axes", densities: list[float]) -> None:
    """Give a density that hardly changes some room."""
    low, high = axes.get_ylim()
    middle = sum(densities) / len(densities)
    axes.set_ylim(min(low, (1 - _LEAST) * middle), max(high, (1 + _LEAST) * middle))
