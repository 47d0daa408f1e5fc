"""
Near-coincidence of two plane nets: the common cells of two crystals that meet at a plane.

A net is two row vectors in Å. A cell of one net and a cell of the other coincide if a rotation and
a small strain of each bring them onto one another; the common cell is then a period of the
bicrystal. Every such pair within the limits is found: sublattices are compared by their successive
minima, which a strain can change only by its principal stretches, and then basis by basis.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from physics.analysis.arrays import finite_array
from physics.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SAME_ANGLE = 0.01
"""Rotations that differ by less are one coincidence, degrees."""
NEAR_ANGLE = 0.05
"""A coincidence found for a given angle differs from it by no more than this, degrees."""
LARGEST_STRAIN = 0.1
"""Up to here the first vector of a common cell is a, b, a + b or a - b of a reduced cell."""
ROUNDING = 1e-9
"""Relative error of the arithmetic; a strain or an area above its limit by less is within it."""
FIRST_REDUCED_BASES = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [-1, 0]], [[1, 1], [0, 1]], [[1, -1], [0, 1]]]
)


@dataclass(frozen=True)
class Coincidence:
    """
    A cell common to two nets.

    Parameters
    ----------
    lower, upper : ndarray of int, shape (2, 2)
        Rows: vectors of the common cell in the basis of the lower and of the upper net.
    angle : float
        Rotation that brings the upper net onto the lower one, degrees, counterclockwise, in
        (-180, 180].
    cell : ndarray, shape (2, 2)
        Rows: the common cell, Å, reduced, right-handed, first vector along +x.
    lower_strain, upper_strain : ndarray, shape (2, 2)
        V - I of each net, V its symmetric stretch in the frame of `cell`, dimensionless.
    lower_map, upper_map : ndarray, shape (2, 2)
        Deformation and rotation: column vectors of a net, in the frame it was given in, times
        this are vectors in the frame of `cell`.
    """

    lower: IntArray
    upper: IntArray
    angle: float
    cell: FloatArray
    lower_strain: FloatArray
    upper_strain: FloatArray
    lower_map: FloatArray
    upper_map: FloatArray

    @property
    def area(self) -> float:
        """Area of the common cell, Å^2."""
        return float(np.linalg.det(self.cell))

    @property
    def sigma(self) -> tuple[int, int]:
        """Cells of the lower and of the upper net in the common cell."""
        lower, upper = np.rint(np.abs(np.linalg.det([self.lower, self.upper]))).astype(int)
        return int(lower), int(upper)

    @property
    def max_strain(self) -> float:
        """Largest principal strain of both nets, absolute, dimensionless."""
        return float(np.abs(np.linalg.eigvalsh([self.lower_strain, self.upper_strain])).max())


def near_coincidences(
    lower_net: ArrayLike,
    upper_net: ArrayLike,
    *,
    max_area: float,
    max_strain: float,
    max_sigma: int | None = None,
    angle: float | None = None,
    share: float = 0.5,
) -> list[Coincidence]:
    """
    Find the common cells of two nets that need little strain, one per rotation.

    The metric tensor of the common cell is (1 - share) G_lower + share G_upper, so that the
    strain of each net is the symmetric stretch from its own cell to the common one and no
    rotation is hidden in it. Nets are matched by rotation, never by reflection.

    Parameters
    ----------
    lower_net, upper_net : array_like, shape (2, 2)
        Rows: Cartesian basis vectors, Å.
    max_area : float
        Largest area of the cell of either net, unstrained, Å^2.
    max_strain : float
        Largest principal strain of either net, dimensionless, from 0 to 0.1.
    max_sigma : int, optional
        Largest number of cells of either net in the common cell; all within `max_area` if None.
    angle : float, optional
        Return only coincidences within 0.05 degrees of this rotation.
    share : float
        Part of the mismatch that the lower net takes, from 0 to 1: 0 strains only the upper net.

    Returns
    -------
    list of Coincidence
        For each rotation (within 0.01 degrees) the cell of smallest area, of equal areas that of
        smallest strain; sorted by area, then strain. Since a net has a twofold axis, each angle
        comes with angle + 180 degrees. Empty if nothing lies within the limits.

    Raises
    ------
    InputError
        If a net has no area, or a limit is out of range.
    """
    nets = _net("lower net", lower_net), _net("upper net", upper_net)
    _check_limits(max_area, max_strain, max_sigma, share)
    lower_cells, upper_cells = (
        _sublattices(net, _largest_index(net, max_area, max_sigma)) for net in nets
    )
    if not len(lower_cells) or not len(upper_cells):
        return []
    lower, upper, strain = _matching_bases(nets, lower_cells, upper_cells, max_strain, share)
    turn = _rotation(lower @ nets[0], upper @ nets[1])
    if angle is not None:
        near = np.abs((turn - angle + 90) % 180 - 90) <= NEAR_ANGLE
        lower, upper, strain, turn = lower[near], upper[near], strain[near], turn[near]
    half_turns = np.rint(turn / 180).astype(np.int64)
    turn = turn - 180 * half_turns
    upper = np.where(half_turns, -1, 1)[:, None, None] * upper

    areas = np.sqrt(np.linalg.det(_common_metrics(nets, lower, upper, share)))
    order = np.lexsort((turn < 0, np.abs(turn).round(6), strain.round(9), areas.round(6)))
    chosen = _first_of_each_angle(turn, order)
    lower, upper, turn = lower[chosen], upper[chosen], turn[chosen]

    metrics = _common_metrics(nets, lower, upper, share)
    change = _reduction(metrics)
    lower, upper = change @ lower, change @ upper
    cells = np.asarray(np.linalg.cholesky(change @ metrics @ change.swapaxes(1, 2)), np.float64)
    lower_maps = _maps(lower @ nets[0], cells)
    upper_maps = _maps(upper @ nets[1], cells)
    lower_strains, upper_strains = _strains(lower_maps), _strains(upper_maps)
    return [
        Coincidence(
            lower[k],
            sign * upper[k],
            theta,
            cells[k],
            lower_strains[k],
            upper_strains[k],
            lower_maps[k],
            sign * upper_maps[k],
        )
        for k in range(len(chosen))
        for sign, theta in _both_turns(float(turn[k]))
        if angle is None or abs(math.remainder(theta - angle, 360)) <= NEAR_ANGLE
    ]


def _net(name: str, vectors: ArrayLike) -> FloatArray:
    net = finite_array(name, vectors, (2, 2))
    if abs(np.linalg.det(net)) <= 1e-6 * np.square(net).sum():
        raise InputError(
            f"{name}: the vectors {net.tolist()} span no area; give two that are not parallel."
        )
    return net


def _check_limits(max_area: float, max_strain: float, max_sigma: int | None, share: float) -> None:
    if not 0 < max_area < math.inf:
        raise InputError(f"largest area: given {max_area}, expected a positive number of Å^2.")
    if not 0 <= max_strain <= LARGEST_STRAIN:
        raise InputError(
            f"largest strain: given {max_strain}, expected 0 to {LARGEST_STRAIN}; it is "
            "dimensionless, 0.02 is 2 %."
        )
    if max_sigma is not None and max_sigma < 1:
        raise InputError(f"largest sigma: given {max_sigma}, expected 1 or more.")
    if not 0 <= share <= 1:
        raise InputError(
            f"share of the mismatch taken by the lower net: given {share}, expected 0 to 1."
        )


def _largest_index(net: FloatArray, max_area: float, max_sigma: int | None) -> int:
    index = math.floor(max_area / abs(np.linalg.det(net)) * (1 + ROUNDING))
    return index if max_sigma is None else min(index, max_sigma)


def _sublattices(net: FloatArray, largest_index: int) -> IntArray:
    """All sublattices, one reduced right-handed basis each, in the basis of the net."""
    hermite = [
        ((n // d, k), (0, d))
        for n in range(1, largest_index + 1)
        for d in range(1, n + 1)
        if n % d == 0
        for k in range(d)
    ]
    bases = np.array(hermite, dtype=np.int64).reshape(-1, 2, 2)
    bases[:, 1] *= int(np.sign(np.linalg.det(net)))
    return _reduction(_metrics(bases @ net)) @ bases


def _metrics(cells: FloatArray) -> FloatArray:
    return cells @ cells.swapaxes(1, 2)


def _reduction(metrics: FloatArray) -> IntArray:
    """Integer matrices, det +1, that make bases of these metric tensors Gauss-reduced."""
    a, b = np.repeat(np.eye(2, dtype=np.int64)[:, None], len(metrics), axis=1)

    def product(u: IntArray, v: IntArray) -> FloatArray:
        return np.asarray(np.einsum("ni,nij,nj->n", u, metrics, v))

    while True:
        overlap = np.rint(product(a, b) / product(a, a) * (1 - ROUNDING)).astype(np.int64)
        b = b - overlap[:, None] * a
        swap = (product(b, b) < product(a, a) * (1 - ROUNDING))[:, None]
        a, b = np.where(swap, b, a), np.where(swap, -a, b)
        if not swap.any():
            return np.stack([a, b], axis=1)


def _matching_bases(
    nets: tuple[FloatArray, FloatArray],
    lower_cells: IntArray,
    upper_cells: IntArray,
    max_strain: float,
    share: float,
) -> tuple[IntArray, IntArray, FloatArray]:
    """
    All pairs of bases, up to a common change of basis and a half turn, and their strain.

    The map F from the lower to the upper cell has principal stretches up to
    k = (1 + e)/(1 - e). In frames that have the first vectors along x it is [[p, t], [0, q]];
    (p - q)^2 + t^2 is the squared difference of the stretches, which bounds the shear t.
    """
    limit = max_strain + ROUNDING
    k = (1 + limit) / (1 - limit)
    i, j = _pairs_of_similar_minima(lower_cells @ nets[0], upper_cells @ nets[1], k)
    lower = np.repeat(lower_cells[i], len(FIRST_REDUCED_BASES), axis=0)
    upper = (FIRST_REDUCED_BASES @ upper_cells[j][:, None]).reshape(-1, 2, 2)

    (a, slope, height), (A, Slope, Height) = _columns(lower @ nets[0]), _columns(upper @ nets[1])
    middle, reach = slope - Slope, (k - 1 / k) * height / A + ROUNDING
    first, last = np.ceil(middle - reach), np.floor(middle + reach)
    tries = np.where(np.abs(np.log(A / a)) <= np.log(k), last - first + 1, 0).astype(np.int64)
    row = np.repeat(np.arange(len(tries)), tries)
    steps = np.arange(len(row)) - (np.cumsum(tries) - tries)[row] + first[row].astype(np.int64)

    p, q = (A / a)[row], (Height / height)[row]
    t = (A / height)[row] * (steps - middle[row])
    total, difference = np.hypot(p + q, t), np.hypot(p - q, t)
    stretch = np.stack([total + difference, total - difference]) / 2
    lower_stretch = np.sqrt(1 - share + share * stretch**2)
    strain = np.maximum(np.abs(lower_stretch - 1), np.abs(lower_stretch / stretch - 1)).max(axis=0)
    kept = strain <= limit
    lower, upper = lower[row[kept]], upper[row[kept]]
    upper[:, 1] += steps[kept, None] * upper[:, 0]
    return lower, upper, strain[kept]


def _pairs_of_similar_minima(
    lower: FloatArray, upper: FloatArray, k: float
) -> tuple[IntArray, IntArray]:
    """Pairs of reduced cells whose successive minima differ by less than a factor k."""

    def logarithms(cells: FloatArray) -> FloatArray:
        lengths = np.linalg.norm(cells, axis=2)
        return np.log(np.column_stack([lengths, np.sqrt(np.linalg.det(cells))]))

    pairs = cKDTree(logarithms(lower)).sparse_distance_matrix(
        cKDTree(logarithms(upper)), np.log(k), p=np.inf, output_type="ndarray"
    )
    return pairs["i"], pairs["j"]


def _columns(cells: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Length a of the first vector, a.b / a^2 and height over a of cells."""
    a, b = cells[:, 0], cells[:, 1]
    length = np.linalg.norm(a, axis=1)
    return length, (a * b).sum(axis=1) / length**2, np.linalg.det(cells) / length


def _common_metrics(
    nets: tuple[FloatArray, FloatArray], lower: IntArray, upper: IntArray, share: float
) -> FloatArray:
    return (1 - share) * _metrics(lower @ nets[0]) + share * _metrics(upper @ nets[1])


def _maps(cells: FloatArray, common: FloatArray) -> FloatArray:
    """Matrices that take the vectors of each cell, as columns, to those of the common cell."""
    return (np.linalg.inv(cells) @ common).swapaxes(1, 2)


def _strains(maps: FloatArray) -> FloatArray:
    """V - I of the left polar decomposition; V = (V^2 + det V I) / tr V in the plane."""
    scaled = maps @ maps.swapaxes(1, 2) + np.linalg.det(maps)[:, None, None] * np.eye(2)
    trace = np.sqrt(np.trace(scaled, axis1=1, axis2=2))
    return scaled / trace[:, None, None] - np.eye(2)


def _rotation(lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Angle of the polar rotation of the map from upper to lower cells, degrees."""
    F = _maps(upper, lower)
    return np.asarray(np.degrees(np.arctan2(F[:, 1, 0] - F[:, 0, 1], F[:, 0, 0] + F[:, 1, 1])))


def _first_of_each_angle(angles: FloatArray, order: IntArray) -> list[int]:
    """Find the indices, in this order, whose angle modulo 180 is not that of an earlier one."""
    _, first = np.unique(angles[order].round(6), return_index=True)
    bins = round(180 / SAME_ANGLE)
    taken: dict[int, list[float]] = {}
    kept = []
    for k in order[np.sort(first)].tolist():
        angle = float(angles[k]) % 180
        place = int(angle / SAME_ANGLE) % bins
        near = itertools.chain.from_iterable(
            taken.get((place + step) % bins, []) for step in (-1, 0, 1)
        )
        if all(abs(math.remainder(angle - other, 180)) >= SAME_ANGLE for other in near):
            taken.setdefault(place, []).append(angle)
            kept.append(k)
    return kept


def _both_turns(angle: float) -> tuple[tuple[int, float], tuple[int, float]]:
    """Give the rotation and its sum with a half turn, in (-180, 180], with their signs."""
    turns = (180 - (180 - round(theta, 9)) % 360 for theta in (angle, angle + 180))
    first, second = turns
    return (1, first), (-1, second)
