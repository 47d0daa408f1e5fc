"""Energies of grain boundaries by a potential against those by its reference engine."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from stores.documents import BoundaryComparison
from workflows.report.plots.svg import ACCENT, INK, MUTED, RULE, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROOM = 0.07
"""Between names, of the height of the panel, unless there are too many."""

_TOP = 0.97
"""Of the highest name, of the height of the panel."""


def boundary_parity_plot(
    boundaries: Sequence[BoundaryComparison], engine: str, prefix: str
) -> Markup:
    """
    Draw the energy of each boundary by the potential against that by the reference engine.

    Parameters
    ----------
    boundaries : sequence of BoundaryComparison
        The boundaries; at least one has an energy by the potential.
    engine : str
        Name of the reference engine.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    with drawing(7.6, max(3.5, 0.24 * len(boundaries) + 0.9)) as figure:
        axes = figure.subplots()
        low, high = _limits(boundaries)
        axes.set(xlim=(low, high), ylim=(low, high), box_aspect=1, anchor="W")
        axes.locator_params(nbins=5)
        axes.set_yticks(axes.get_xticks())
        axes.set(xlim=(low, high), ylim=(low, high))
        axes.set_xlabel(f"{engine} (J/m²)")
        axes.set_ylabel("potential (J/m²)")
        axes.axline((low, low), slope=1, color=MUTED, lw=0.8, zorder=0)
        for boundary in boundaries:
            _draw(axes, boundary)
        _name(axes, boundaries, (low, high))
        axes.plot([], [], "o", color=ACCENT, ms=5, label="as the potential relaxed it")
        axes.plot([], [], "o", mfc="white", mec=INK, ms=5, label=f"as {engine} relaxed it")
        figure.legend(loc="outside upper left", ncols=2)
        return to_svg(
            figure, prefix, f"Energies of grain boundaries by the potential against {engine}"
        )


def _draw(axes: "Axes", boundary: BoundaryComparison) -> None:
    at = boundary.reference
    if boundary.unrelaxed is not None:
        axes.plot(at, boundary.unrelaxed, "o", mfc="white", mec=INK, ms=5, zorder=2)
    if boundary.relaxed is not None:
        axes.plot(at, boundary.relaxed, "o", color=ACCENT, ms=5, zorder=3)


def _name(
    axes: "Axes", boundaries: Sequence[BoundaryComparison], limits: tuple[float, float]
) -> None:
    """Write the names beside the panel, with lines that lead to the dots."""
    drawn = sorted(
        (
            (energies[-1], boundary)
            for boundary in boundaries
            if (energies := _by_potential(boundary))
        ),
        key=lambda entry: entry[0],
    )
    low, high = limits
    wanted = np.array([(energy - low) / (high - low) for energy, _ in drawn])
    for (energy, boundary), height in zip(drawn, _spread(wanted), strict=True):
        axes.annotate(
            boundary.label,
            (boundary.reference, energy),
            xytext=(1.06, height),
            textcoords="axes fraction",
            va="center",
            zorder=1,
            arrowprops={
                "arrowstyle": "-", "color": RULE, "lw": 0.7, "relpos": (0, 0.5), "shrinkB": 3,
            },
        )  # fmt: skip


def _spread(wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move ascending heights apart, and those that leave the panel back down."""
    place = np.arange(len(wanted)) * min(_ROOM, _TOP / len(wanted))
    heights = np.maximum.accumulate(wanted - place) + place
    return np.minimum(heights, _TOP - place[::-1])


def _by_potential(boundary: BoundaryComparison) -> list[float]:
    return [energy for energy in (boundary.unrelaxed, boundary.relaxed) if energy is not None]


def _limits(boundaries: Sequence[BoundaryComparison]) -> tuple[float, float]:
    """Find limits that hold zero and all energies."""
    energies = [0.0]
    for boundary in boundaries:
        energies += [boundary.reference, *_by_potential(boundary)]
    margin = 0.06 * float(np.ptp(energies)) or 1e-3
    return min(energies) - margin * (min(energies) < 0), max(energies) + margin
