"""Where ions were, seen along y."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from stores.arrays import unpack
from stores.documents import TransportDocument
from workflows.report.plots.concentration import mark_boundaries
from workflows.report.plots.svg import drawing, to_svg

FloatArray = NDArray[np.float64]

_WIDTH = 7.6
_COARSE = 0.4
"""Largest edge of a bin, Å."""

_MOST = 99.0
"""Percentile of a map beyond which all is of the darkest color."""


def heat_map_plot(runs: Sequence[TransportDocument], prefix: str) -> Markup:
    """
    Draw the map of x and z of each run, z to the right.

    Parameters
    ----------
    runs : sequence of TransportDocument
        Runs of one system with boundaries, which are marked.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element; the maps are pictures in it.
    """
    maps = [_coarse(run) for run in runs]
    flat = max((x[-1] - x[0]) / (z[-1] - z[0]) for x, z, _ in maps)
    with drawing(_WIDTH, 0.5 + len(runs) * (0.35 + 0.85 * _WIDTH * flat)) as figure:
        panels = figure.subplots(len(runs), squeeze=False, sharex=True)[:, 0]
        for axes, run, (x, z, values) in zip(panels, runs, maps, strict=True):
            picture = axes.imshow(
                values,
                cmap="BuGn",
                vmin=0,
                vmax=np.percentile(values, _MOST) or None,
                origin="lower",
                extent=(z[0], z[-1], x[0], x[-1]),
                interpolation="none",
            )
            mark_boundaries(axes, run, z[-1] - z[0], slabs=False)
            axes.set_xlim(z[0], z[-1])
            axes.set_ylabel("x (Å)")
            axes.set_title(f"{run.temperature:.0f} K", loc="left")
            figure.colorbar(picture, ax=axes, fraction=0.02, pad=0.01, extend="max")
        panels[-1].set_xlabel("z (Å)")
        return to_svg(
            figure,
            prefix,
            f"Where {runs[0].ion} was in {runs[0].label} of {runs[0].system}, seen along y, at "
            f"{', '.join(f'{run.temperature:.0f}' for run in runs)} K",
        )


def _coarse(run: TransportDocument) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give edges along x and z and the map in larger bins; what fills none is left out."""
    arrays = unpack(run.packed)
    values, edges = arrays["xz"], []
    for axis, name in enumerate("xz"):
        fine = arrays[name]
        merged = max(int(_COARSE / (fine[1] - fine[0]) + 1e-6), 1)
        bins = (len(fine) - 1) // merged
        edges.append(fine[: bins * merged + 1 : merged])
        values = np.moveaxis(values, axis, 0)[: bins * merged]
        values = values.reshape(bins, merged, -1).mean(axis=1)
        values = np.moveaxis(values, 0, axis)
    return edges[0], edges[1], values
