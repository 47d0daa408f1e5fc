"""Where ions were, seen along the axes of the laboratory."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.analysis.transport.paths import Paths

FloatArray = NDArray[np.float64]

BIN = 0.2
"""Edge of a bin, Å."""

PLANES = {"xz": (0, 2), "yz": (1, 2), "xy": (0, 1)}
"""The axes of each map."""


@dataclass(frozen=True, eq=False)
class HeatMap:
    """
    Ions per frame and area, projected onto a plane.

    Parameters
    ----------
    first, second : ndarray, shapes (P + 1,) and (Q + 1,)
        Edges of the bins along both axes, Å.
    values : ndarray, shape (P, Q)
        Ions per frame and Å^2.
    """

    first: FloatArray
    second: FloatArray
    values: FloatArray


def heat_maps(paths: Paths, width: float = BIN) -> dict[str, HeatMap]:
    """
    Count where ions were, in frames of the whole trajectory.

    Ions are wrapped into the cell before they are projected; a cell that is not orthorhombic
    with its edges along x, y and z leaves corners of the maps empty.

    Parameters
    ----------
    paths : Paths
        The paths.
    width : float
        Edge of a bin, Å; it is rounded so that bins fill the cell.

    Returns
    -------
    dict of str to HeatMap
        The maps "xz", "yz" and "xy"; the integral of each is the number of ions.
    """
    low = np.minimum(paths.cell, 0).sum(axis=0)
    high = np.maximum(paths.cell, 0).sum(axis=0)
    bins = np.maximum(np.rint((high - low) / width), 1).astype(np.int64)
    counts = {name: np.zeros(bins[list(axes)]) for name, axes in PLANES.items()}
    for fractional in paths.fractional():
        within = (fractional % 1.0) @ paths.cell
        index = np.floor((within - low) / (high - low) * bins).astype(np.int64)
        # Rounding may put what is on a face beyond the last bin.
        index = np.clip(index, 0, bins - 1).reshape(-1, 3)
        for name, (first, second) in PLANES.items():
            flat = index[:, first] * bins[second] + index[:, second]
            counted = np.bincount(flat, minlength=counts[name].size)
            counts[name] += counted.reshape(counts[name].shape)
    edges = [np.linspace(low[axis], high[axis], bins[axis] + 1) for axis in range(3)]
    sizes = (high - low) / bins
    return {
        name: HeatMap(
            edges[first],
            edges[second],
            counts[name] / (paths.frames * sizes[first] * sizes[second]),
        )
        for name, (first, second) in PLANES.items()
    }
