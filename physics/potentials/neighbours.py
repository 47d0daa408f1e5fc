"""Neighbours of atoms under periodic boundary conditions, kept while the atoms hardly move."""

import numpy as np
from ase.geometry import minkowski_reduce
from numba import njit
from numpy.typing import ArrayLike, NDArray

from physics.errors import InputError
from physics.potentials.cell_list import list_partners
from physics.potentials.kernel import Pairs

MARGIN = 1e-9
"""By how much, relatively, space reaches beyond the cutoff, so that rounding loses no pair."""

MOST_IMAGES = 1e5
"""Images of an atom within the cutoff beyond which a cell has collapsed."""

SKIN = 0.7
"""Å beyond the cutoff: more makes the kernel pass over more pairs, less makes searches frequent."""

SKEWED = 2.0
"""Lattice vectors this many times as long as the planes are apart are reduced to shorter ones."""

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

    def __init__(self, cutoff: float, skin: float = SKIN) -> None:
        if not 0 < cutoff < np.inf or not 0 <= skin < np.inf:
            raise InputError(
                f"cutoff {cutoff} and skin {skin} Å were given, expected a positive cutoff and a "
                "skin of 0 or more"
            )
        self.cutoff = cutoff
        self.skin = skin
        self._built: tuple[FloatArray, FloatArray, NDArray[np.bool_]] | None = None
        self._pairs: Pairs
        self._shifts: FloatArray

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
            self._built = r, h, periodic
            return self._pairs
        pairs = self._pairs
        moved = _shifted(r, pairs.owner, self._shifts, _periodic(h, periodic))
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
        slack = (reach - self.cutoff) / 2
        if slack < 0:
            return False
        carried = _carried(before, np.linalg.inv(cell_before) @ cell, positions)
        return bool(_within(positions, carried, slack))


def find_pairs(
    positions: FloatArray, cell: FloatArray, pbc: NDArray[np.bool_], cutoff: float
) -> tuple[Pairs, FloatArray]:
    """
    Find all pairs within a cutoff, with a cell list of the atoms and of their images around them.

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
        themselves are shifted into the cell, which is reduced if it is skewed.
    shifts : ndarray, shape (M, 3)
        Whole multiples of the lattice vectors by which each of its positions differs from that of
        its owner.

    Raises
    ------
    InputError
        If there are no atoms, a number is not finite, or the periodic lattice vectors depend on
        each other, or span next to nothing.
    """
    _check(positions, cell, pbc)
    lattice, reduction = _reduced(_completed(cell, pbc), pbc)
    inverse = np.linalg.inv(lattice)
    fractions = positions @ inverse
    wraps = np.where(pbc, np.floor(fractions), 0.0)
    fractions -= wraps
    reach = cutoff * (1 + MARGIN) * np.linalg.norm(inverse, axis=0)
    if (images := float(np.prod(1 + 2 * reach[pbc]))) > MOST_IMAGES:
        raise InputError(
            f"a cell of {abs(np.linalg.det(cell)):.3g} Å^3 was given, which has {images:.2g} "
            f"images within the cutoff of {cutoff:g} Å; it has collapsed"
        )
    low = np.where(pbc, -reach, fractions.min(axis=0))
    high = np.where(pbc, 1 + reach, np.maximum(fractions.max(axis=0), low + reach))
    owner, multiples = _with_images(fractions, wraps, low, high, pbc)
    points = _shifted(positions, owner, multiples, lattice)
    extent = high - low
    first, partner = list_partners(
        points,
        inverse / extent,
        low / extent,
        reach / extent,
        cutoff=cutoff,
        count=len(positions),
    )
    index, kept = _numbered(first, partner, len(points))
    first -= np.arange(len(first))
    owner, shifts = owner[kept], multiples[kept] @ reduction
    moved = _shifted(positions, owner, shifts, _periodic(cell, pbc))
    return Pairs(moved, owner, first, index), shifts


def _periodic(cell: FloatArray, pbc: NDArray[np.bool_]) -> FloatArray:
    """Give the lattice vectors, zero in directions without periodicity."""
    return np.where(pbc[:, None], cell, 0.0)


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
    lattice = _periodic(cell, pbc)
    *_, directions = np.linalg.svd(lattice)
    lattice[~pbc] = directions[pbc.sum() :]
    return lattice


def _reduced(cell: FloatArray, pbc: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Find vectors that are not too skewed, and the multiples of those given that make them."""
    skew = np.linalg.norm(cell, axis=1) * np.linalg.norm(np.linalg.inv(cell), axis=0)
    if skew.max() < SKEWED:
        return cell, np.eye(3)
    _, reduction = minkowski_reduce(cell, pbc)
    return reduction @ cell, reduction.astype(np.float64)


@njit(cache=True)
def _carried(before: FloatArray, deformation: FloatArray, positions: FloatArray) -> FloatArray:
    """Deform positions, and move them all alike to where the others are on average."""
    carried, drift = np.empty_like(before), np.zeros(3)
    for i in range(len(before)):
        x, y, z = before[i, 0], before[i, 1], before[i, 2]
        for a in range(3):
            carried[i, a] = x * deformation[0, a] + y * deformation[1, a] + z * deformation[2, a]
            drift[a] += (positions[i, a] - carried[i, a]) / len(before)
    for i in range(len(before)):
        for a in range(3):
            carried[i, a] += drift[a]
    return carried


@njit(cache=True)
def _shifted(
    positions: FloatArray, owner: IntArray, shifts: FloatArray, vectors: FloatArray
) -> FloatArray:
    """Give the positions of owners, shifted by multiples of lattice vectors."""
    moved = np.empty_like(shifts)
    for m in range(len(owner)):
        i, x, y, z = np.uintp(owner[m]), shifts[m, 0], shifts[m, 1], shifts[m, 2]
        for a in range(3):
            shift = x * vectors[0, a] + y * vectors[1, a] + z * vectors[2, a]
            moved[m, a] = positions[i, a] + shift
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
def _with_images(
    fractions: FloatArray,
    wraps: FloatArray,
    low: FloatArray,
    high: FloatArray,
    periodic: NDArray[np.bool_],
) -> tuple[IntArray, FloatArray]:
    """List the atoms, then their images within bounds: owner, and shift from where it was."""
    n = len(fractions)
    least, most = np.zeros((n, 3), np.int64), np.zeros((n, 3), np.int64)
    total = 0
    for i in range(n):
        number = 1
        for a in range(3):
            if periodic[a]:
                least[i, a] = np.ceil(low[a] - fractions[i, a])
                most[i, a] = np.floor(high[a] - fractions[i, a])
            number *= most[i, a] - least[i, a] + 1
        total += number
    owner, multiples = np.empty(total, np.int64), np.empty((total, 3))
    m = n
    for i in range(n):
        owner[i] = i
        for a in range(3):
            multiples[i, a] = -wraps[i, a]
        for x in range(least[i, 0], most[i, 0] + 1):
            for y in range(least[i, 1], most[i, 1] + 1):
                for z in range(least[i, 2], most[i, 2] + 1):
                    if x == y == z == 0:
                        continue
                    owner[m] = i
                    multiples[m, 0] = x - wraps[i, 0]
                    multiples[m, 1] = y - wraps[i, 1]
                    multiples[m, 2] = z - wraps[i, 2]
                    m += 1
    return owner, multiples


@njit(cache=True)
def _numbered(
    first: IntArray, partner: NDArray[np.int32], total: int
) -> tuple[NDArray[np.int32], IntArray]:
    """Leave out free places, and the images that are nobody's neighbours; say which are left."""
    count = len(first) - 1
    row, kept, n_kept = np.zeros(total, np.int32), np.empty(total, np.int64), 0
    for i in range(count):
        row[i] = 1
        for k in range(first[i], first[i + 1] - 1):
            row[np.uintp(partner[k])] = 1
    for m in range(total):
        if row[m]:
            kept[n_kept], row[m] = m, n_kept
            n_kept += 1
    index = np.empty(len(partner) - count, np.int32)
    for i in range(count):
        for k in range(first[i], first[i + 1] - 1):
            index[k - i] = row[np.uintp(partner[k])]
    return index, kept[:n_kept]
