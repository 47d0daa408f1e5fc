"""Cell list: all pairs of points within a distance, in time that grows with their number."""

from math import prod

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from physics.potentials.threads import threads_for

BINS_PER_CUTOFF = np.array([1.0, 1.0, 4.0])
"""How finely space is divided: into columns of thin bins, through which one loop runs."""

BINS_PER_POINT = 8
"""Largest number of bins for each atom and image: vacuum costs no more than atoms do."""

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def list_partners(
    points: FloatArray,
    matrix: FloatArray,
    low: FloatArray,
    reach: FloatArray,
    *,
    cutoff: float,
    count: int,
) -> tuple[IntArray, NDArray[np.int32]]:
    """
    List the points within a cutoff of each of the first points.

    Parameters
    ----------
    points : ndarray, shape (M, 3)
        Positions, Å.
    matrix : ndarray, shape (3, 3)
        What takes positions to coordinates in which all points are in a cube of edge 1.
    low : ndarray, shape (3,)
        Its lowest corner.
    reach : ndarray, shape (3,)
        Largest difference of each coordinate between two points within the cutoff.
    cutoff : float
        Å.
    count : int
        Number of points whose partners are wanted.

    Returns
    -------
    first : ndarray of int, shape (count + 1,)
        Partners of point i are those from ``first[i]`` to ``first[i + 1] - 1``; the last place of
        each is free.
    partner : ndarray of int32
        Rows of `points`.
    """
    bins, stencil = _bins(reach, len(points))
    number = _numbers(points, matrix, low, bins, stencil)
    order, start = _sorted(number, prod((bins + 2 * stencil).tolist()))
    columns = _columns(bins, stencil)
    with threads_for(count):
        return _search(points, number, order, start, columns, stencil[2], cutoff, count)


def _bins(reach: FloatArray, count: int) -> tuple[IntArray, IntArray]:
    """Divide space: bins in each direction, and how many of them the cutoff reaches across."""
    bins = np.maximum(BINS_PER_CUTOFF / reach, 1).astype(np.int64)
    while prod(bins.tolist()) > BINS_PER_POINT * count:
        bins[bins.argmax()] = (bins.max() + 1) // 2
    return bins, np.ceil(reach * bins).astype(np.int64)


def _columns(bins: IntArray, stencil: IntArray) -> IntArray:
    """Find how far, in numbers of bins, the columns around a bin are from it."""
    _, y, z = bins + 2 * stencil
    along_x, along_y = (np.arange(-reach, reach + 1) for reach in stencil[:2])
    return ((along_x[:, None] * y + along_y) * z).ravel()


@njit(cache=True)
def _numbers(
    points: FloatArray, matrix: FloatArray, low: FloatArray, bins: IntArray, stencil: IntArray
) -> IntArray:
    """Say which bin each point is in, in a grid with empty ones around, row after row."""
    numbers = np.zeros(len(points), np.int64)
    for m in range(len(points)):
        for a in range(3):
            depth = -low[a]
            for b in range(3):
                depth += points[m, b] * matrix[b, a]
            place = min(max(np.int64(depth * bins[a]), 0), bins[a] - 1)
            numbers[m] = numbers[m] * (bins[a] + 2 * stencil[a]) + place + stencil[a]
    return numbers


@njit(cache=True)
def _sorted(number: IntArray, bins: int) -> tuple[IntArray, IntArray]:
    """Order points by bin; bin b has those from ``start[b]`` to ``start[b + 1]``."""
    start = np.zeros(bins + 2, np.int64)
    for b in number:
        start[b + 2] += 1
    for b in range(bins):
        start[b + 2] += start[b + 1]
    order = np.empty(len(number), np.int64)
    for m, b in enumerate(number):
        order[start[b + 1]] = m
        start[b + 1] += 1
    return order, start[:-1]


@njit(cache=True, parallel=True)
def _search(  # noqa: PLR0917 - numba takes arrays, not dataclasses
    points: FloatArray,
    number: IntArray,
    order: IntArray,
    start: IntArray,
    columns: IntArray,
    height: int | np.int64,
    cutoff: float,
    count: int,
) -> tuple[IntArray, NDArray[np.int32]]:
    """
    List the points within the cutoff of each atom; one place stays free after those of each.

    The first pass counts them, each atom among its own. The second writes without a branch, which
    the processor could not foretell, and what it writes in vain is written over.
    """
    name = order.astype(np.int32)
    xs, ys, zs = points[:, 0][order], points[:, 1][order], points[:, 2][order]
    first = np.zeros(count + 1, np.int64)
    for i in prange(count):
        x, y, z, found = points[i, 0], points[i, 1], points[i, 2], 0
        for column in columns:
            b = number[i] + column
            for k in range(start[b - height], start[b + height + 1]):
                # a number without sign: numba need not look whether it counts from the end
                m = np.uintp(k)
                dx, dy, dz = xs[m] - x, ys[m] - y, zs[m] - z
                found += 1 if dx * dx + dy * dy + dz * dz <= cutoff * cutoff else 0
        first[i + 1] = found
    for i in range(count):
        first[i + 1] += first[i]
    partner = np.empty(first[-1], np.int32)
    for i in prange(count):
        x, y, z, free = points[i, 0], points[i, 1], points[i, 2], first[i]
        for column in columns:
            b = number[i] + column
            for k in range(start[b - height], start[b + height + 1]):
                m = np.uintp(k)
                dx, dy, dz = xs[m] - x, ys[m] - y, zs[m] - z
                partner[np.uintp(free)] = name[m]
                near = dx * dx + dy * dy + dz * dz <= cutoff * cutoff
                free += np.int64(near & (name[m] != i))
    return first, partner
