"""Anisotropy of diffusion at boundaries against its diffusivity."""

from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING

from markupsafe import Markup

from physics.analysis.transport.estimate import Estimate
from workflows.report.conductor import Conductor
from workflows.report.plots.arrhenius import COLORS
from workflows.report.plots.svg import MUTED, RULE, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROOM = 3.0
"""An interval may leave the panel where it ends beyond so many times the largest value."""

Point = tuple[float, Estimate, Estimate]
"""Temperature, diffusivity and anisotropy."""


def anisotropy_plot(conductors: Sequence[Conductor], prefix: str) -> Markup:
    """
    Draw xi = m_z / max(m_x, m_y) of the ions at boundaries against their diffusivity.

    Both boundaries of a cell are drawn together, with 95 % intervals. A line joins the runs of a
    system; the temperatures of the coldest and the hottest are written.

    Parameters
    ----------
    conductors : sequence of Conductor
        The systems, in the order of their colors; those without boundaries are left out.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element; empty if no run has an estimate of both.
    """
    series = [(each.name, color, _points(each))
              for each, color in zip(conductors, cycle(COLORS), strict=False)]  # fmt: skip
    ratios = [xi for *_, points in series for *_, xi in points]
    if not ratios:
        return Markup()
    with drawing(7.6, 3.4) as figure:
        axes = figure.subplots()
        axes.set_xscale("log")
        axes.axhline(1.0, color=MUTED, lw=0.9, zorder=0)
        for name, color, points in series:
            if points:
                _draw(axes, points, color, name)
        highest = min(max(each.high for each in ratios), _ROOM * max(e.value for e in ratios))
        axes.set_ylim(0, 1.05 * max(1.1, highest))
        axes.set_xlabel("diffusivity at the boundary (cm²/s)")
        axes.set_ylabel("anisotropy ξ, across / along")
        axes.grid(color=RULE)
        axes.set_axisbelow(True)
        figure.legend(loc="outside lower center", ncols=2)
        return to_svg(
            figure, prefix, "Anisotropy of diffusion at boundaries against the diffusivity there"
        )


def _points(conductor: Conductor) -> list[Point]:
    """Give the runs with an estimate of both, the coldest first."""
    return [
        (run.temperature, both.total.estimate, both.anisotropy)
        for run in conductor.runs
        for both in run.transport.boundaries[:1]
        if both.total.estimate is not None and both.anisotropy is not None
    ]


def _draw(axes: "Axes", points: Sequence[Point], color: str, name: str) -> None:
    """Draw the runs of one system."""
    axes.errorbar(
        [found.value for _, found, _ in points],
        [xi.value for *_, xi in points],
        [[xi.value - xi.low for *_, xi in points], [xi.high - xi.value for *_, xi in points]],
        [
            [found.value - found.low for _, found, _ in points],
            [found.high - found.value for _, found, _ in points],
        ],
        "s-",
        color=color,
        mfc="white",
        ms=5,
        lw=0.6,
        elinewidth=0.9,
        capsize=2,
        label=name,
    )
    for temperature, found, xi in {points[0][0]: points[0], points[-1][0]: points[-1]}.values():
        axes.annotate(
            f"{temperature:.0f} K",
            (found.value, xi.value),
            xytext=(5, 4),
            textcoords="offset points",
            color=color,
            fontsize=8,
        )
