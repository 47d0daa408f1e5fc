"""Concentration and diffusivity of ions along the normal of boundaries."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from stores.arrays import unpack
from stores.documents import TransportDocument
from workflows.report.plots.svg import ACCENT, INK, MUTED, WARM, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def concentration_plot(runs: Sequence[TransportDocument], prefix: str) -> Markup:
    """
    Draw the concentration along z in parts of its mean, a panel for each run.

    Diffusivities of slabs have the axis on the right: along the boundary filled circles, across it
    open squares, with 95 % intervals; upper limits are triangles that point down.

    Parameters
    ----------
    runs : sequence of TransportDocument
        Runs of one system with boundaries; these are marked, and their slabs shaded.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    with drawing(7.6, 0.5 + 1.4 * len(runs)) as figure:
        panels = figure.subplots(len(runs), squeeze=False, sharex=True)[:, 0]
        for axes, run in zip(panels, runs, strict=True):
            _draw(axes, run)
        panels[-1].set_xlabel("z (Å)")
        figure.supylabel("concentration / mean", fontsize="medium")
        panels[0].plot([], [], "o", color=INK, ms=4, label="D along")
        panels[0].plot([], [], "s", color=INK, mfc="white", ms=4, label="D across")
        figure.legend(loc="outside upper right", ncols=2)
        return to_svg(
            figure,
            prefix,
            f"Concentration of {runs[0].ion} along the normal of the boundaries in "
            f"{runs[0].label} of {runs[0].system}",
        )


def mark_boundaries(axes: "Axes", run: TransportDocument, height: float, *, slabs: bool) -> None:
    """
    Draw a vertical line at each boundary, again where its slab wraps around the cell.

    Parameters
    ----------
    axes : Axes
        What is drawn in; z is its horizontal axis, Å.
    run : TransportDocument
        A run with boundaries.
    height : float
        Height of the cell, Å.
    slabs : bool
        Whether their slabs are shaded.
    """
    half = run.transport.boundaries[0].thickness / 2
    for plane in run.planes or ():
        for place in ((plane + image) * height for image in (-1, 0, 1)):
            if not -half < place < height + half:
                continue
            axes.axvline(place, color=WARM, lw=1.0, zorder=3)
            if slabs:
                axes.axvspan(place - half, place + half, color=WARM, alpha=0.1, lw=0, zorder=0)


def _draw(axes: "Axes", run: TransportDocument) -> None:
    """Draw one profile, and its boundaries."""
    heights = np.array(run.transport.concentration.heights)
    densities = np.array(run.transport.concentration.densities)
    bottom, top = unpack(run.packed)["z"][[0, -1]]
    axes.plot(heights, densities * run.transport.volume / run.ions, color=ACCENT, lw=0.9)
    axes.axhline(1.0, color=MUTED, lw=0.7, zorder=0)
    mark_boundaries(axes, run, top - bottom, slabs=True)
    axes.set_xlim(bottom, top)
    axes.set_ylim(bottom=0)
    axes.set_title(f"{run.temperature:.0f} K", loc="left")
    _draw_slabs(axes.twinx(), run, bottom, top)


def _draw_slabs(axes: "Axes", run: TransportDocument, bottom: float, top: float) -> None:
    """Draw the diffusivities of slabs."""
    for slab in run.transport.slabs:
        place = bottom + slab.height * (top - bottom)
        for found, marker, fill in ((slab.along, "o", INK), (slab.across, "s", "white")):
            if found is None:
                continue
            estimate = found.estimate
            if estimate is None:
                axes.plot([place], [found.limit or np.nan], "v", color=INK, mfc=fill, ms=4)
                continue
            reach = [[estimate.value - estimate.low], [estimate.high - estimate.value]]
            axes.errorbar(
                place,
                estimate.value,
                reach,
                fmt=marker,
                color=INK,
                mfc=fill,
                ms=4,
                elinewidth=0.8,
            )
    axes.set_ylim(bottom=0)
    axes.set_ylabel("D (cm²/s)")
    axes.spines["right"].set_visible(True)
