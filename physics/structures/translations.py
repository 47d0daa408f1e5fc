"""Which relative translation of two grains lets the units of both find room."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from physics.structures.slab import Slab

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Face:
    """
    The atoms of a grain near one of its cuts.

    Parameters
    ----------
    positions : ndarray, shape (n, 3)
        In-plane position and depth behind the cut; negative where an atom sticks out, Å.
    kinds : ndarray of int, shape (n,)
        Row of the thresholds.
    """

    positions: NDArray[np.float64]
    kinds: NDArray[np.int64]


def face(slab: Slab, kinds: NDArray[np.int64], depth: float, *, upper: bool) -> Face:
    """
    Collect the atoms of a slab near its upper or lower cut.

    Parameters
    ----------
    slab : Slab
        The grain.
    kinds : ndarray of int, shape (N,)
        Row of the thresholds for each atom.
    depth : float
        Depth up to which atoms are taken, Å.
    upper : bool
        Which cut.

    Returns
    -------
    Face
        The atoms.
    """
    positions = slab.positions
    positions[:, 2] = slab.thickness - positions[:, 2] if upper else positions[:, 2]
    near = positions[:, 2] < depth
    return Face(positions[near], kinds[near])


def overlaps(
    below: Face,
    above: Face,
    *,
    cell: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    shifts: NDArray[np.float64],
    gaps: NDArray[np.float64],
) -> NDArray[np.float64]:
    """
    Score how much the atoms of two faces overlap at each translation.

    Parameters
    ----------
    below, above : Face
        Upper face of the lower grain and lower face of the upper grain.
    cell : ndarray, shape (2, 2)
        In-plane periods, Å.
    thresholds : ndarray, shape (E, E)
        Shortest allowed distances r_th, Å.
    shifts : ndarray, shape (T, 2)
        In-plane translations of the upper grain, Å.
    gaps : ndarray, shape (G,)
        Distances of the two cuts, Å.

    Returns
    -------
    ndarray, shape (T, G)
        Sum of (r_th - r)^2 over all pairs closer than r_th, Å^2.
    """
    reach = float(thresholds.max())
    widths = abs(np.linalg.det(cell)) / np.linalg.norm(cell[::-1], axis=1)
    bins = np.maximum(widths // reach, 1).astype(np.int64)
    span = np.ceil(reach * bins / widths - 1e-9).astype(np.int64)

    inside = above.positions[:, :2] @ np.linalg.inv(cell)
    inside -= np.floor(inside)
    u, v = np.minimum(inside * bins, bins - 1).astype(np.int64).T
    box = u * bins[1] + v
    order = np.argsort(box, kind="stable")
    wrapped = np.column_stack([inside @ cell, above.positions[:, 2]])[order]
    start = np.searchsorted(box[order], np.arange(bins[0] * bins[1] + 1))
    return _overlaps(
        below.positions, below.kinds, wrapped, above.kinds[order], start, cell,
        np.linalg.inv(cell) * bins, bins, span, thresholds, shifts, gaps,
    )  # fmt: skip


@njit(cache=True)
def _overlaps(  # noqa: PLR0917 - numba takes no dataclasses
    below: FloatArray,
    below_kinds: IntArray,
    above: FloatArray,
    above_kinds: IntArray,
    start: IntArray,
    cell: FloatArray,
    to_bins: FloatArray,
    bins: IntArray,
    span: IntArray,
    limits: FloatArray,
    shifts: FloatArray,
    gaps: FloatArray,
) -> FloatArray:
    """Visit, for each atom below, the atoms above in the bins around it; images lie beyond."""
    scores = np.zeros((len(shifts), len(gaps)))
    for t in range(len(shifts)):
        for a in range(len(below)):
            x, y = below[a, 0] - shifts[t, 0], below[a, 1] - shifts[t, 1]
            home_u = int(np.floor(x * to_bins[0, 0] + y * to_bins[1, 0]))
            home_v = int(np.floor(x * to_bins[0, 1] + y * to_bins[1, 1]))
            for u in range(home_u - span[0], home_u + span[0] + 1):
                for v in range(home_v - span[1], home_v + span[1] + 1):
                    i, j = u // bins[0], v // bins[1]
                    box = (u - i * bins[0]) * bins[1] + v - j * bins[1]
                    for b in range(start[box], start[box + 1]):
                        limit = limits[below_kinds[a], above_kinds[b]]
                        dx = above[b, 0] + i * cell[0, 0] + j * cell[1, 0] - x
                        dy = above[b, 1] + i * cell[0, 1] + j * cell[1, 1] - y
                        flat = dx * dx + dy * dy
                        if flat >= limit * limit:
                            continue
                        depth = below[a, 2] + above[b, 2]
                        for g in range(len(gaps)):
                            square = flat + (depth + gaps[g]) ** 2
                            if square < limit * limit:
                                scores[t, g] += (limit - np.sqrt(square)) ** 2
    return scores
