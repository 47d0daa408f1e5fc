"""A lattice plane: its two-dimensional lattice, its layers and its Cartesian frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import NDArray

from physics.errors import InputError

Miller = tuple[int, int, int]

_TIE = 1e-9


@dataclass(frozen=True)
class LatticePlane:
    """
    A family of lattice planes.

    Parameters
    ----------
    miller : tuple of int
        Coprime indices in the basis of the lattice.
    periods : ndarray, shape (2, 3)
        Reduced basis of the plane's own lattice, the shorter vector first, Å.
    layer : ndarray, shape (3,)
        Shortest lattice vector to the next plane, Å.
    frame : ndarray, shape (3, 3)
        Rows are the axes of a boundary on this plane in the Cartesian axes of the crystal: along
        the first period, across it in the plane, along the normal. A position r of the crystal is
        ``frame @ r`` in the boundary.
    """

    miller: Miller
    periods: NDArray[np.float64]
    layer: NDArray[np.float64]
    frame: NDArray[np.float64]

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit normal, shape (3,)."""
        return self.frame[2]

    @property
    def net(self) -> NDArray[np.float64]:
        """The plane's lattice in its own axes, rows are vectors, shape (2, 2), Å."""
        return (self.periods @ self.frame.T)[:, :2]

    @property
    def spacing(self) -> float:
        """Distance of neighboring planes, Å."""
        return float(self.layer @ self.normal)

    @property
    def area(self) -> float:
        """Smallest area that repeats, Å^2."""
        return float(np.linalg.det(self.net))


def lattice_plane(lattice: NDArray[np.float64], miller: Miller) -> LatticePlane:
    """
    Describe a plane of a lattice.

    Parameters
    ----------
    lattice : ndarray, shape (3, 3)
        Rows are basis vectors, Å.
    miller : tuple of int
        Indices in that basis; a common factor is taken out.

    Returns
    -------
    LatticePlane
        The plane.

    Raises
    ------
    InputError
        If all indices are zero.
    """
    h, k, l = coprime(miller)  # noqa: E741 - Miller's letters
    g, p, q = _bezout(h, k)
    _, r, s = _bezout(g, l)
    in_plane = [(-k // g, h // g, 0), (-p * l, -q * l, g)] if g else [(1, 0, 0), (0, 1, 0)]
    periods = reduced_basis(np.array(in_plane, dtype=float) @ lattice)
    layer = np.array([r * p, r * q, s], dtype=float) @ lattice
    normal = np.linalg.solve(lattice, np.array([h, k, l], dtype=float))
    normal /= np.linalg.norm(normal)

    if periods[0][np.argmax(np.abs(periods[0]) > _TIE)] < 0:
        periods[0] *= -1
    if np.cross(periods[0], periods[1]) @ normal < 0:
        periods[1] *= -1
    along = periods[0] / np.linalg.norm(periods[0])
    frame = np.array([along, np.cross(normal, along), normal])
    layer -= np.rint(np.linalg.lstsq(periods.T, layer, rcond=None)[0] - _TIE) @ periods
    return LatticePlane((h, k, l), periods, layer, frame)


def coprime(indices: Sequence[int]) -> Miller:
    """
    Take the common factor out of three indices.

    Parameters
    ----------
    indices : sequence of int
        Miller indices of a plane or indices of a direction; four are Miller-Bravais indices of a
        plane of a hexagonal lattice.

    Returns
    -------
    tuple of int
        Three coprime indices.

    Raises
    ------
    InputError
        If they are not three integers, or all zero, or four that do not fit together.
    """
    given = list(indices)
    if len(given) == 4 and given[0] + given[1] + given[2] == 0:
        del given[2]
    if len(given) != 3 or any(int(index) != index for index in given) or not any(given):
        raise InputError(
            f"given indices ({' '.join(map(str, indices))}), expected three integers that are not "
            "all zero, or four Miller-Bravais indices (h k i l) with i = -(h + k)"
        )
    factor = gcd(*given)
    return given[0] // factor, given[1] // factor, given[2] // factor


def direction_indices(indices: Sequence[int]) -> Miller:
    """
    Take the common factor out of the indices of a direction.

    Parameters
    ----------
    indices : sequence of int
        [u v w], or [u v t w] with t = -(u + v) of a hexagonal lattice.

    Returns
    -------
    tuple of int
        Three coprime indices [u v w].

    Raises
    ------
    InputError
        If they are no direction.
    """
    if len(indices) == 4 and sum(indices[:3]) == 0:
        u, v, t, w = indices
        return coprime((u - t, v - t, w))
    return coprime(indices)


def spaced(indices: Sequence[int]) -> str:
    """
    Write indices as they stand between brackets.

    Parameters
    ----------
    indices : sequence of int
        Indices of a plane or a direction.

    Returns
    -------
    str
        Such as ``2 -1 0``.
    """
    return " ".join(map(str, indices))


def reduced_basis(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Reduce the basis of a two-dimensional lattice (Gauss).

    Parameters
    ----------
    vectors : ndarray, shape (2, n)
        Basis vectors, in a space of any dimension, Å.

    Returns
    -------
    ndarray, shape (2, n)
        The two shortest vectors that span the lattice, the shorter one first.
    """
    short, long = np.array(vectors, dtype=float)
    while True:
        if long @ long < short @ short - _TIE:
            short, long = long, short
        step = np.rint(short @ long / (short @ short) - _TIE)
        if step == 0:
            return np.array([short, long])
        long = long - step * short


def _bezout(a: int, b: int) -> tuple[int, int, int]:
    """Give the greatest common divisor g >= 0 and p, q with p a + q b = g."""
    p, q, next_p, next_q = 1, 0, 0, 1
    while b:
        quotient, remainder = divmod(a, b)
        a, b = b, remainder
        p, q, next_p, next_q = next_p, next_q, p - quotient * next_p, q - quotient * next_q
    return (a, p, q) if a >= 0 else (-a, -p, -q)
