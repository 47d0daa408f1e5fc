"""Diffusivities against temperature, and the laws that they follow."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from stores.documents import ArrheniusDocument
from workflows.report.conductor import Conductor, law
from workflows.report.plots.picture import require_picture, save_picture
from workflows.report.plots.svg import INK, MUTED, RULE, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = (INK, "#0b6e6e", "#c05621", "#2b6cb0", "#9b2c6f", "#7a6a00", "#5a4fcf", "#4f7d2a")
"""Of systems, in their order."""

_SIZE = (7.6, 4.4)

_TICKS = (2000, 1500, 1200, 1000, 800, 700, 600, 500, 400, 350, 300, 250, 200)
"""Temperatures that may be marked, K."""

_APART = 0.14
"""Least distance of marked temperatures, in 1000 K / T."""

_ROOM = 2.0
"""Factor between what is drawn and the edge; a band may leave the panel."""

_LIQUID = "x"
"""Marks runs whose framework does not stay in place; they are not fitted."""

_POINTS = 80
"""Points of a line."""


def arrhenius_plot(conductors: Sequence[Conductor], prefix: str) -> Markup:
    """
    Draw diffusivities against 1000 K / T, with the lines fitted to them.

    Boundaries have open squares, others filled circles; runs whose framework moves have crosses.
    Upper limits are open triangles that point down. Lines reach to the temperature of the
    prediction, dashed where there are no points; their bands are 95 % intervals.

    Parameters
    ----------
    conductors : sequence of Conductor
        The systems; those without a fit are left out, one at least has it.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    shown = {each.name: fit for each in conductors if (fit := each.principal) is not None}
    with drawing(*_SIZE) as figure:
        _draw_all(figure, shown)
        return to_svg(
            figure,
            prefix,
            "Diffusivities against the inverse temperature, with Arrhenius lines: "
            + "; ".join(shown),
        )


def write_arrhenius_plot(path: Path, fits: Mapping[str, ArrheniusDocument]) -> None:
    """
    Draw the same into a file.

    Parameters
    ----------
    path : Path
        A name that ends in .png, .svg or .pdf; replaced.
    fits : mapping of str to ArrheniusDocument
        Fits, by the name in the legend; at least one.

    Raises
    ------
    InputError
        If the name ends otherwise, or the file cannot be written.
    """
    require_picture(path)
    with drawing(*_SIZE) as figure:
        _draw_all(figure, fits)
        save_picture(figure, path)


def _draw_all(figure: "Figure", fits: Mapping[str, ArrheniusDocument]) -> None:
    """Draw fits in one panel, with the temperatures above."""
    axes = figure.subplots()
    axes.set_yscale("log")
    drawn: list[float] = []
    for (name, fit), color in zip(fits.items(), cycle(COLORS), strict=False):
        drawn += _draw(axes, fit, color)
        axes.plot([], [], _marker(fit), color=color, mfc=_fill(fit, color), label=name)
    axes.set_ylim(min(drawn) / _ROOM, max(drawn) * _ROOM)
    axes.set_xlabel("1000 K / T")
    axes.set_ylabel("tracer diffusivity (cm²/s)")
    axes.grid(color=RULE)
    axes.set_axisbelow(True)
    _temperatures(axes)
    axes.plot([], [], "v", color=MUTED, mfc="white", label="upper limit")
    if not all(point.solid for fit in fits.values() for point in fit.points):
        axes.plot([], [], _LIQUID, color=MUTED, label="framework not in place")
    axes.plot([], [], "--", color=MUTED, lw=1.2, label="extrapolated")
    figure.legend(loc="outside lower center", ncols=2)


def _draw(axes: "Axes", fit: ArrheniusDocument, color: str) -> list[float]:
    """Draw points, limits, line and band; give the diffusivities that have to be seen."""
    seen: list[float] = []
    for point in fit.points:
        place = 1000 / point.temperature
        if point.diffusivity is not None:
            value, low, high = (
                point.diffusivity.value,
                point.diffusivity.low,
                point.diffusivity.high,
            )
            axes.errorbar(
                place,
                value,
                [[value - low], [high - value]],
                fmt=_marker(fit) if point.solid else _LIQUID,
                color=color,
                mfc=_fill(fit, color),
                alpha=1.0 if point.solid else 0.5,
                ms=5,
                elinewidth=1.0,
                capsize=2,
                zorder=3,
            )
            seen += [low, high]
        elif point.limit is not None:
            axes.plot(place, point.limit, "v", color=color, mfc="white", ms=6, zorder=3)
            seen.append(point.limit)
    return seen + _draw_line(axes, fit, color)


def _draw_line(axes: "Axes", fit: ArrheniusDocument, color: str) -> list[float]:
    """Draw the law from the hottest point to the prediction; give its ends."""
    found = law(fit)
    if found is None or fit.hottest is None or fit.coldest is None:
        return []
    hot, cold = 1 / max(fit.hottest, fit.temperature), 1 / min(fit.coldest, fit.temperature)
    inverse = np.unique([*np.linspace(hot, cold, _POINTS), 1 / fit.hottest, 1 / fit.coldest])
    estimates = [found.predict(1 / float(each)) for each in inverse]
    values = np.array([each.value for each in estimates])
    measured = (inverse >= 1 / fit.hottest) & (inverse <= 1 / fit.coldest)
    axes.plot(1000 * inverse, values, "--", color=color, lw=1.0)
    axes.plot(1000 * inverse[measured], values[measured], "-", color=color, lw=1.4)
    axes.fill_between(
        1000 * inverse,
        [each.low for each in estimates],
        [each.high for each in estimates],
        color=color,
        alpha=0.1,
        lw=0,
    )
    return [float(values[0]), float(values[-1])]


def _marker(fit: ArrheniusDocument) -> str:
    return "s" if fit.region == "boundary" else "o"


def _fill(fit: ArrheniusDocument, color: str) -> str:
    return "white" if fit.region == "boundary" else color


def _temperatures(axes: "Axes") -> None:
    """Mark temperatures above."""
    low, high = axes.get_xlim()
    ticks: list[int] = []
    for temperature in sorted(_TICKS):
        place = 1000 / temperature
        if low <= place <= high and (not ticks or 1000 / ticks[-1] - place >= _APART):
            ticks.append(temperature)
    top = axes.secondary_xaxis("top")
    top.set_xticks([1000 / each for each in ticks], [f"{each}" for each in ticks])
    top.set_xlabel("T (K)")
