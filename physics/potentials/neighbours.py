"""Neighbours of atoms under periodic boundary conditions, kept while the atoms hardly move."""

from math import prod

import numpy as np
from ase.geometry import minkowski_reduce
from numba import njit, prange
from numpy.typing import ArrayLike, NDArray

from physics.errors import InputError
from physics.potentials.kernel import Pairs
from physics.potentials.threads import threads_for

MARGIN = 1e-9
"""By how much, relatively, bins are wider than the cutoff, so that rounding loses no pair."""

BINS_PER_ATOM = 8
"""Largest number of bins for each atom: vacuum costs no more than atoms do."""

FLAT = 1e-8
"""Periodic unit vectors whose smallest singular value is below this span no volume."""

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class NeighbourList:
    """
    Neighbours of each atom within a cutoff, found anew only when atoms or the cell moved too far.

    The list holds the pairs within cutoff + skin. As long as no atom moves by more than half of
    the skin, no other pair can come within the cutoff (Verlet 1967). Where a cell deformed by F
    carries its atoms along, and none is further than d from where that takes it, the distance of a
    pair within the cutoff was at most |F^-1| (cutoff + 2 d).

    Parameters
    ----------
    cutoff : float
        Distance within which all pairs are needed, Å.
    skin : float
        Further distance within which pairs are listed, Å.

    Raises
    ------
    InputError
        If the cutoff is not positive or the skin is negative.
    """

    def __init__(self, cutoff: float, skin: float = 0.5) -> None:
        if not 0 < cutoff < np.inf or not 0 <= skin < np.inf:
            raise InputError(
                f"cutoff {cutoff} and skin {skin} Å were given, expected a positive cutoff and a "
                "skin of 0 or more"
            )
        self.cutoff = cutoff
        self.skin = skin
        self._built: tuple[FloatArray, FloatArray, NDArray[np.bool_]] | None = None
        self._pairs: Pairs
        self._shifts: IntArray
        self._offsets: FloatArray
        self._cell: FloatArray

    def update(self, positions: ArrayLike, cell: ArrayLike, pbc: ArrayLike) -> Pairs:
        """
        Give the pairs of a configuration.

        Parameters
        ----------
        positions : array_like, shape (N, 3)
            Positions, Å; they may lie outside the cell.
        cell : array_like, shape (3, 3)
            Lattice vectors, in rows, Å; those of directions without periodicity do not matter.
        pbc : array_like of bool, shape (3,) or ()
            Directions with periodicity.

        Returns
        -------
        Pairs
            At least all pairs within the cutoff, i to j as well as j to i. Its first N positions
            are those of the atoms, each shifted by a lattice vector.

        Raises
        ------
        InputError
            If there are no atoms, a number is not finite, or the periodic lattice vectors depend
            on each other.
        """
        r = np.array(positions, dtype=np.float64, order="C")
        h = np.array(cell, dtype=np.float64)
        periodic = np.array(np.broadcast_to(np.asarray(pbc, dtype=bool), 3))
        if not self._holds(r, h, periodic):
            self._pairs, self._shifts = find_pairs(r, h, periodic, self.cutoff + self.skin)
            self._offsets = _lengths(self._shifts, h, periodic)
            self._built = r, h, periodic
            self._cell = h
            return self._pairs
        if not np.array_equal(h, self._cell):
            self._offsets, self._cell = _lengths(self._shifts, h, periodic), h
        pairs = self._pairs
        moved = _shifted(r, pairs.owner, self._offsets)
        return Pairs(moved, pairs.owner, pairs.first, pairs.index)

    def _holds(self, positions: FloatArray, cell: FloatArray, pbc: NDArray[np.bool_]) -> bool:
        """Whether the pairs of the last search still cover the cutoff."""
        if self._built is None:
            return False
        before, cell_before, pbc_before = self._built
        if positions.shape != before.shape or not np.array_equal(pbc, pbc_before):
            return False
        if np.array_equal(cell, cell_before):
            return bool(_within(positions, before, self.skin / 2))
        if not pbc.all() or not np.isfinite(cell).all() or np.linalg.det(cell) == 0:
            return False
        undone = np.linalg.solve(cell, cell_before)
        reach = float((self.cutoff + self.skin) / np.linalg.norm(undone, ord=2))
        carried = before @ np.linalg.solve(cell_before, cell)
        carried += positions.mean(axis=0) - carried.mean(axis=0)
        slack = (reach - self.cutoff) / 2
        return slack >= 0 and bool(_within(positions, carried, slack))


def find_pairs(
    positions: FloatArray, cell: FloatArray, pbc: NDArray[np.bool_], cutoff: float
) -> tuple[Pairs, IntArray]:
    """
    Find all pairs within a cutoff, with a cell list on a reduced lattice.

    Parameters
    ----------
    positions : ndarray, shape (N, 3)
        Positions, Å; they may lie outside the cell.
    cell : ndarray, shape (3, 3)
        Lattice vectors, in rows, Å; those of directions without periodicity do not matter.
    pbc : ndarray of bool, shape (3,)
        Directions with periodicity.
    cutoff : float
        Å; it may exceed the cell.

    Returns
    -------
    pairs : Pairs
        All pairs, i to j as well as j to i, with only those images that take part. The atoms
        themselves are shifted into the reduced cell.
    shifts : ndarray of int, shape (M, 3)
        Multiples of the lattice vectors by which each of its positions differs from that of its
        owner.

    Raises
    ------
    InputError
        If there are no atoms, a number is not finite, or the periodic lattice vectors depend on
        each other.
    """
    _check(positions, cell, pbc)
    complete = _completed(cell, pbc)
    _, reduction = minkowski_reduce(complete, pbc)
    lattice = reduction @ complete
    inverse = np.linalg.inv(lattice)
    fractions = positions @ inverse
    wraps = np.where(pbc, np.floor(fractions), 0.0).astype(np.int64)
    fractions -= wraps
    inside = positions - wraps @ lattice

    heights = 1 / np.linalg.norm(inverse, axis=0)
    bins, number, stencil = _bins(fractions, heights, pbc, cutoff)
    order = np.argsort(number, kind="stable")
    start = np.searchsorted(number[order], np.arange(prod(bins.tolist()) + 1))
    # furthest cell that the stencil reaches; cells are numbered in a block of 2 span + 1
    span = -(-stencil // bins)
    arguments = inside[order], lattice, pbc, bins, stencil, span, order, start, cutoff

    nothing = np.empty(0, np.int64)
    with threads_for(len(positions)):
        counts = _search(*arguments, nothing, nothing, nothing)
        first = np.concatenate([[0], np.cumsum(counts)])
        partner, block = np.empty(first[-1], np.int64), np.empty(first[-1], np.int64)
        _search(*arguments, first, partner, block)

    n, sizes = len(positions), tuple(2 * span + 1)
    home = np.ravel_multi_index(tuple(span), sizes)
    away = block != home
    images, image = np.unique(block[away] * n + partner[away], return_inverse=True)
    partner[away] = n + image
    owner = np.concatenate([np.arange(n), images % n])
    apart = np.array(np.unravel_index(images // n, sizes)).T - span
    shifts = (np.concatenate([np.zeros((n, 3), np.int64), apart]) - wraps[owner]) @ reduction
    offsets = _lengths(shifts, cell, pbc)
    return Pairs(positions[owner] + offsets, owner, first, partner.astype(np.int32)), shifts


def _lengths(shifts: IntArray, cell: FloatArray, pbc: NDArray[np.bool_]) -> FloatArray:
    """Multiply out the lattice vectors of periodic directions."""
    return shifts.astype(np.float64) @ np.where(pbc[:, None], cell, 0.0)


def _check(positions: FloatArray, cell: FloatArray, pbc: NDArray[np.bool_]) -> None:
    """Refuse configurations that have no neighbours to speak of."""
    if positions.ndim != 2 or positions.shape[1] != 3 or not len(positions):
        raise InputError(
            f"positions of shape {positions.shape} were given, expected (N, 3) of at least one atom"
        )
    if not np.isfinite(positions).all():
        raise InputError(
            "positions that are not finite were given; look for the step before which the atoms "
            "flew apart"
        )
    vectors = cell[pbc]
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.isfinite(lengths).all() or not lengths.all() or _flat(vectors / lengths[:, None]):
        raise InputError(
            f"periodic lattice vectors {vectors.tolist()} Å were given, expected independent ones; "
            "correct the cell or the periodic directions"
        )


def _flat(units: FloatArray) -> bool:
    """Whether unit vectors depend on each other."""
    return len(units) > 0 and np.linalg.svd(units, compute_uv=False).min() < FLAT


def _completed(cell: FloatArray, pbc: NDArray[np.bool_]) -> FloatArray:
    """Replace the vectors without periodicity by unit vectors normal to the periodic ones."""
    lattice = np.where(pbc[:, None], cell, 0.0)
    *_, directions = np.linalg.svd(lattice)
    lattice[~pbc] = directions[pbc.sum() :]
    return lattice


def _bins(
    fractions: FloatArray, heights: FloatArray, pbc: NDArray[np.bool_], cutoff: float
) -> tuple[IntArray, IntArray, IntArray]:
    """Divide space: bins in each direction, bin of each atom, bins to look across."""
    reach = cutoff * (1 + MARGIN) / heights
    low = np.where(pbc, 0.0, fractions.min(axis=0))
    extent = np.where(pbc, 1.0, np.maximum(fractions.max(axis=0) - low, reach))
    bins = np.maximum(extent / reach, 1).astype(np.int64)
    while prod(bins.tolist()) > BINS_PER_ATOM * len(fractions):
        bins[bins.argmax()] = (bins.max() + 1) // 2
    place = ((fractions - low) / extent * bins).astype(np.int64)
    stencil = np.ceil(reach * bins / extent).astype(np.int64)
    number = np.ravel_multi_index(tuple(place.T), tuple(bins), mode="clip")
    return bins, number, stencil


@njit(cache=True)
def _shifted(positions: FloatArray, owner: IntArray, offsets: FloatArray) -> FloatArray:
    """Move atoms and images to where they are now."""
    moved = np.empty_like(offsets)
    for m in range(len(owner)):
        for a in range(3):
            moved[m, a] = positions[owner[m], a] + offsets[m, a]
    return moved


@njit(cache=True)
def _within(positions: FloatArray, before: FloatArray, distance: float) -> bool:
    """Whether no atom moved further; not so if a number is not finite."""
    for i in range(len(positions)):
        square = 0.0
        for a in range(3):
            square += (positions[i, a] - before[i, a]) ** 2
        if not square <= distance**2:
            return False
    return True


@njit(cache=True)
def _step(  # noqa: PLR0917
    here: int | np.int64,
    step: int,
    bins: IntArray,
    stencil: IntArray,
    periodic: NDArray[np.bool_],
    cell_of: IntArray,
) -> int:
    """Find the bin at one step of the stencil, -1 if none; write down in which cell it is."""
    there, weight = 0, 1
    for a in range(2, -1, -1):
        width = 2 * stencil[a] + 1
        b = here % bins[a] + step % width - stencil[a]
        here //= bins[a]
        step //= width
        cell_of[a] = b // bins[a]
        if cell_of[a] != 0 and not periodic[a]:
            return -1
        there += weight * (b - cell_of[a] * bins[a])
        weight *= bins[a]
    return there


@njit(cache=True)
def _number(cell: IntArray, span: IntArray) -> int:
    """Find the number of a cell in the block from -span to span, the last direction fastest."""
    number = 0
    for a in range(3):
        number = number * (2 * span[a] + 1) + cell[a] + span[a]
    return number


@njit(cache=True, parallel=True)
def _search(  # noqa: PLR0917 - numba takes arrays, not dataclasses
    positions: FloatArray,
    lattice: FloatArray,
    periodic: NDArray[np.bool_],
    bins: IntArray,
    stencil: IntArray,
    span: IntArray,
    order: IntArray,
    start: IntArray,
    cutoff: float,
    first: IntArray,
    partner: IntArray,
    block: IntArray,
) -> IntArray:
    """Count the neighbours of each atom; list them, too, where `first` says where they go."""
    counts = np.zeros(len(positions), np.int64)
    home = _number(np.zeros(3, np.int64), span)
    for at_bin in prange(len(start) - 1):
        here = np.int64(at_bin)
        cell_of = np.zeros(3, np.int64)
        for step in range(np.prod(2 * stencil + 1) if start[here] < start[here + 1] else 0):
            there = _step(here, step, bins, stencil, periodic, cell_of)
            if there < 0 or start[there] == start[there + 1]:
                continue
            number = _number(cell_of, span)
            shift_x, shift_y, shift_z = _translation(cell_of, lattice)
            for k in range(start[here], start[here + 1]):
                i, itself = order[k], k if number == home else -1
                x, y, z = (
                    positions[k, 0] - shift_x,
                    positions[k, 1] - shift_y,
                    positions[k, 2] - shift_z,
                )
                found = counts[i]
                for m in range(start[there], start[there + 1]):
                    # a number without sign: numba need not look whether it counts from the end
                    at = np.uintp(m)
                    dx, dy, dz = positions[at, 0] - x, positions[at, 1] - y, positions[at, 2] - z
                    if dx * dx + dy * dy + dz * dz > cutoff * cutoff or m == itself:
                        continue
                    if len(first):
                        partner[first[i] + found] = order[at]
                        block[first[i] + found] = number
                    found += 1
                counts[i] = found
    return counts


@njit(cache=True)
def _translation(cell: IntArray, lattice: FloatArray) -> tuple[float, float, float]:
    """Find the lattice vector to a cell."""
    x, y, z = 0.0, 0.0, 0.0
    for a in range(3):
        x += cell[a] * lattice[a, 0]
        y += cell[a] * lattice[a, 1]
        z += cell[a] * lattice[a, 2]
    return x, y, z
