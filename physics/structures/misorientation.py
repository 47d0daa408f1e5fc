"""
Misorientation of two grains of one crystal: rotation angle, axis, coincidence and twin index.

Grains that differ by a symmetry of the crystal are the same, so the orientation of a grain is a
set of operations; the disorientation is the proper one of smallest angle among them.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from physics.analysis.arrays import finite_array
from physics.errors import InputError

FloatArray = NDArray[np.float64]

ORTHOGONAL = 1e-4
"""Largest error of a component of an operation."""
SAME_ANGLE = 1e-4
"""Rotations whose angles differ by less are equally small, rad."""
PARALLEL = 1e-3
"""Directions within this angle are parallel, rad."""
RATIONAL = 1e-5
"""A rotation is rational in a lattice if no component is farther from its fraction."""
LONGEST_ROW = 12
"""Twin index: rows of the lattice with indices up to this are tried."""
INDEX_PER_DEGREE = 10
"""Twin index: so much index is as bad as one degree of obliquity."""


@dataclass(frozen=True)
class Misorientation:
    """
    A rotation from the lower to the upper grain.

    Parameters
    ----------
    angle : float
        Degrees, from 0 to 180.
    axis : ndarray, shape (3,)
        Cartesian unit vector in the frame of the lower crystal; along z if the angle is 0.
    """

    angle: float
    axis: FloatArray


def disorientation(operation: ArrayLike, point_group: ArrayLike) -> Misorientation | None:
    """
    Find the smallest rotation that makes the upper grain from the lower one.

    Parameters
    ----------
    operation : array_like, shape (3, 3)
        Orthogonal matrix, proper or not, that takes the lower crystal to the upper one, acting on
        Cartesian column vectors.
    point_group : array_like, shape (n, 3, 3)
        All orthogonal matrices, improper ones included, that map the crystal onto itself.

    Returns
    -------
    Misorientation or None
        Of the axes equivalent by symmetry of the lower crystal, the one with the largest x
        component, then y, then z. None if no rotation makes the upper grain: it has the other
        hand, as the mirror image of a chiral crystal has.

    Raises
    ------
    InputError
        If a matrix is not orthogonal or the point group is empty.
    """
    group = _orthogonal("point group", point_group, (None, 3, 3))
    rotations = equivalent_rotations(operation, group)
    if not len(rotations):
        return None
    vectors = Rotation.from_matrix(rotations).as_rotvec()
    angles = np.linalg.norm(vectors, axis=1)
    smallest = angles.min()
    if smallest < SAME_ANGLE:
        return Misorientation(float(np.degrees(smallest)), np.array([0.0, 0.0, 1.0]))
    # g R g^-1 turns about det(g) g n; a half turn about n is one about -n
    axes = vectors[angles < smallest + SAME_ANGLE] / smallest
    images = np.einsum("g,gij,kj->gki", np.linalg.det(group), group, axes).reshape(-1, 3)
    if np.pi - smallest < SAME_ANGLE:
        images = np.concatenate([images, -images])
    first = np.lexsort(images.round(6).T[::-1])[-1]
    axis = images[first] / np.linalg.norm(images[first])
    return Misorientation(float(np.degrees(smallest)), axis)


def equivalent_rotations(operation: ArrayLike, point_group: ArrayLike) -> FloatArray:
    """
    Find all proper rotations that make the same upper grain.

    Parameters
    ----------
    operation, point_group : array_like
        As for `disorientation`.

    Returns
    -------
    ndarray, shape (n, 3, 3)
        The products operation @ g of determinant +1; empty if there is none.

    Raises
    ------
    InputError
        If a matrix is not orthogonal or the point group is empty.
    """
    matrix = _orthogonal("operation", operation, (3, 3))
    products = matrix @ _orthogonal("point group", point_group, (None, 3, 3))
    return np.asarray(products[np.linalg.det(products) > 0])


def angle_about(operation: ArrayLike, point_group: ArrayLike, direction: ArrayLike) -> float | None:
    """
    Find the smallest rotation about a direction that makes the upper grain.

    A boundary is a twist boundary if there is one about its normal, a tilt boundary if there is
    one about a direction in its plane.

    Parameters
    ----------
    operation, point_group : array_like
        As for `disorientation`.
    direction : array_like, shape (3,)
        Cartesian vector of any length, in the frame of the lower crystal.

    Returns
    -------
    float or None
        Degrees, from 0 to 180; None if no equivalent rotation axis is parallel to the direction
        within 1e-3 rad.

    Raises
    ------
    InputError
        If a matrix is not orthogonal or the direction is zero.
    """
    vector = finite_array("direction", direction, (3,))
    length = np.linalg.norm(vector)
    if length == 0:
        raise InputError("direction: given a zero vector, expected the direction of an axis.")
    rotations = equivalent_rotations(operation, point_group)
    if not len(rotations):
        return None
    turns = Rotation.from_matrix(rotations).as_rotvec()
    angles = np.linalg.norm(turns, axis=1)
    off_axis = np.linalg.norm(np.cross(turns, vector / length), axis=1)
    about = angles[(off_axis <= PARALLEL * angles) | (angles < SAME_ANGLE)]
    return float(np.degrees(about.min())) if len(about) else None


def is_symmetry(
    operation: ArrayLike, point_group: ArrayLike, tolerance: float = ORTHOGONAL
) -> bool:
    """
    Tell whether an operation maps the crystal onto itself, so that there is no boundary.

    Parameters
    ----------
    operation, point_group : array_like
        As for `disorientation`.
    tolerance : float
        Largest difference of a component.

    Returns
    -------
    bool
        Whether the operation is in the point group.

    Raises
    ------
    InputError
        If a matrix is not orthogonal or the point group is empty.
    """
    matrix = _orthogonal("operation", operation, (3, 3))
    group = _orthogonal("point group", point_group, (None, 3, 3))
    return bool((np.abs(group - matrix) <= tolerance).all(axis=(1, 2)).any())


def coincidence_index(lattice: ArrayLike, rotation: ArrayLike, max_index: int = 200) -> int | None:
    """
    Find sigma of the coincidence site lattice of a lattice and its rotated image.

    In the basis of the lattice the rotation is a matrix T; sigma is the smallest positive integer
    that makes both sigma T and sigma T^-1 integral (H. Grimmer, Acta Cryst. A 32, 783 (1976)).

    Parameters
    ----------
    lattice : array_like, shape (3, 3)
        Rows: primitive vectors, Å. A centred cell gives the index of its own vectors instead.
    rotation : array_like, shape (3, 3)
        Orthogonal matrix acting on Cartesian column vectors, exact within 1e-5.
    max_index : int
        Largest sigma to try.

    Returns
    -------
    int or None
        None if the lattices have no coincidence site lattice in three dimensions up to
        `max_index`.

    Raises
    ------
    InputError
        If the lattice has no volume or the rotation is not orthogonal.
    """
    columns = _lattice(lattice).T
    T = np.linalg.solve(columns, _orthogonal("rotation", rotation, (3, 3)) @ columns)
    both = np.stack([T, np.linalg.inv(T)])
    sigmas = np.arange(1, max_index + 1)[:, None, None, None]
    error = np.abs(np.rint(sigmas * both) / sigmas - both).max(axis=(1, 2, 3))
    fits = np.flatnonzero(error <= RATIONAL)
    return int(fits[0]) + 1 if len(fits) else None


def twin_index(lattice: ArrayLike, miller: ArrayLike) -> tuple[int, float]:
    """
    Find twin index and obliquity of the mirror twin across a lattice plane.

    A row u of the lattice that is nearly normal to the plane h spans, with the plane, a cell that
    the two twins nearly share. Index and obliquity should both be small; the row with the
    smallest n + 10 omega (omega in degrees) among those with indices up to 12 is taken.

    Parameters
    ----------
    lattice : array_like, shape (3, 3)
        Rows: basis vectors, Å.
    miller : array_like of int, shape (3,)
        Indices of the plane in this basis; a common factor is divided out.

    Returns
    -------
    n : int
        |h.u|, or its half if that is even.
    omega : float
        Angle between u and the normal of the plane, degrees.

    Raises
    ------
    InputError
        If the lattice has no volume, or the Miller indices are zero or not integers.
    """
    vectors = _lattice(lattice)
    given = finite_array("Miller indices", miller, (3,))
    if not given.any() or (given != np.rint(given)).any():
        raise InputError(
            f"Miller indices: given {given.tolist()}, expected three integers, not all zero."
        )
    h = np.rint(given).astype(np.int64)
    h //= np.gcd.reduce(h)
    u = _coprime_rows()
    product = u @ h
    u, product = u[product > 0], product[product > 0]
    rows, normal = u @ vectors, np.linalg.solve(vectors, h)
    omega = np.degrees(np.arctan2(np.linalg.norm(np.cross(rows, normal), axis=1), rows @ normal))
    n = np.where(product % 2 == 0, product // 2, product)
    best = np.argmin(n + INDEX_PER_DEGREE * omega)
    return int(n[best]), float(omega[best])


def _coprime_rows() -> NDArray[np.int64]:
    indices = range(-LONGEST_ROW, LONGEST_ROW + 1)
    u = np.array(list(itertools.product(indices, repeat=3)))
    return np.asarray(u[np.gcd.reduce(u, axis=1) == 1])


def _lattice(lattice: ArrayLike) -> FloatArray:
    vectors = finite_array("lattice", lattice, (3, 3))
    if abs(np.linalg.det(vectors)) <= 1e-6 * np.linalg.norm(vectors) ** 3:
        raise InputError(
            f"lattice: the vectors {vectors.tolist()} span no volume; give three that are not "
            "in one plane."
        )
    return vectors


def _orthogonal(name: str, matrices: ArrayLike, shape: tuple[int | None, ...]) -> FloatArray:
    arrays = finite_array(name, matrices, shape)
    if not arrays.size:
        raise InputError(f"{name}: given no matrix, expected at least the identity.")
    error = np.abs(arrays @ arrays.swapaxes(-1, -2) - np.eye(3)).max()
    if error > ORTHOGONAL:
        raise InputError(
            f"{name}: expected orthogonal matrices, given one whose product with its transpose "
            f"differs from 1 by {error:.2g}; give Cartesian matrices, not those of a lattice basis."
        )
    return arrays
