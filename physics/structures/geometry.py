"""The geometry of a boundary: what it is, whatever it is called."""

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from physics.structures.coincidence import Coincidence
from physics.structures.crystal import Crystal
from physics.structures.misorientation import (
    angle_about,
    coincidence_index,
    disorientation,
    equivalent_rotations,
    twin_index,
)
from physics.structures.plane import LatticePlane, Miller, coprime

Operation = Literal["twofold", "mirror"]
Kind = Literal["symmetric tilt", "twist", "asymmetric tilt", "mixed", "interface"]
Strain = tuple[tuple[float, float, float], ...]

OPERATIONS: dict[str, NDArray[np.float64]] = {
    "twofold": np.diag([-1.0, -1.0, 1.0]),
    "mirror": np.diag([1.0, 1.0, -1.0]),
}
"""What makes the upper grain of a symmetric boundary, in the frame of the boundary."""

PARALLEL = 1e-3
"""Angle within which an axis lies in the plane or along the normal, rad."""

FIRST_TETRAGONAL, FIRST_CUBIC = 75, 195
"""Space group numbers."""

_HIGHEST_INDEX = 8


@dataclass(frozen=True)
class Geometry:
    """
    What a boundary is.

    Parameters
    ----------
    kind : str
        ``symmetric tilt``, ``twist``, ``asymmetric tilt``, ``mixed``, or ``interface`` of two
        crystals.
    operation : str
        What makes the upper grain: ``twofold`` (180 degrees about the normal), ``mirror`` (across
        the plane) or ``rotation``.
    planes : tuple of Miller indices
        Boundary plane in the axes of the lower and of the upper crystal.
    misorientation : float or None
        Smallest rotation that makes the upper grain from the lower, degrees; None between
        different crystals.
    axis : tuple of int or None
        Low-index direction of the lower crystal nearest to the axis of that rotation.
    rotation : float
        Rotation about the normal that was applied to the upper grain, degrees.
    sigma : int or None
        Index of the three-dimensional coincidence site lattice; None where there is none, or only
        by an accident of the lattice constants: below tetragonal symmetry, and for rotations of
        tetragonal and hexagonal crystals that are not about c.
    twin_index : int
        Lattice planes in the period of the twin lattice of the (lower) plane.
    obliquity : float
        Angle by which that twin lattice fails to be exact, degrees.
    periods : tuple of float
        Lengths of the in-plane cell vectors, Å.
    angle : float
        Angle between them, degrees.
    area : float
        Å^2.
    cells : tuple of int
        Net cells of the lower and of the upper crystal in the in-plane cell.
    spacings : tuple of float
        Layer spacings of the lower and of the upper crystal, Å.
    strains : tuple of 3x3
        Strain of the lower and of the upper grain in the frame of the cell, dimensionless.
    strain : float
        Largest principal strain of both, absolute.
    atoms_per_layer : tuple of int
        Atoms in a layer of the lower and of the upper grain.
    """

    kind: Kind
    operation: str
    planes: tuple[Miller, Miller]
    misorientation: float | None
    axis: Miller | None
    rotation: float
    sigma: int | None
    twin_index: int
    obliquity: float
    periods: tuple[float, float]
    angle: float
    area: float
    cells: tuple[int, int]
    spacings: tuple[float, float]
    strains: tuple[Strain, Strain]
    strain: float
    atoms_per_layer: tuple[int, int]


@dataclass(frozen=True)
class Side:
    """
    One side of a boundary: a plane of a crystal.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    miller : tuple of int
        The plane in the axes of its structure.
    plane : LatticePlane
        The plane in the basis of its primitive cell.
    """

    crystal: Crystal
    miller: Miller
    plane: LatticePlane


def symmetric(side: Side, operation: Operation) -> Geometry:
    """
    Describe the symmetric boundary on a plane.

    Parameters
    ----------
    side : Side
        The plane.
    operation : {"twofold", "mirror"}
        What makes the upper grain.

    Returns
    -------
    Geometry
        The geometry, free of strain.
    """
    rotation = operation_in_crystal(side, operation)
    unstrained = ((0.0, 0.0, 0.0),) * 3
    return _describe(
        (side, side),
        rotation,
        kind="symmetric tilt",
        operation=operation,
        turn=180.0 if operation == "twofold" else 0.0,
        cell=side.plane.net,
        cells=(1, 1),
        strains=(unstrained, unstrained),
    )


def rotated(sides: tuple[Side, Side], match: Coincidence) -> Geometry:
    """
    Describe a boundary of two planes, one turned onto the other.

    Parameters
    ----------
    sides : tuple of Side
        Lower and upper side.
    match : Coincidence
        The common cell of their nets.

    Returns
    -------
    Geometry
        The geometry.
    """
    lower, upper = sides
    rotation = rotation_in_crystal(sides, match.angle)
    one_crystal = lower.crystal is upper.crystal
    return _describe(
        sides,
        rotation if one_crystal else None,
        kind=_kind(sides, rotation) if one_crystal else "interface",
        operation="rotation",
        turn=match.angle,
        cell=match.cell,
        cells=match.sigma,
        strains=(_padded(match.lower_strain), _padded(match.upper_strain)),
    )


def operation_in_crystal(side: Side, operation: Operation) -> NDArray[np.float64]:
    """
    Give the operation of a symmetric boundary in the Cartesian axes of the crystal.

    Parameters
    ----------
    side : Side
        The plane.
    operation : {"twofold", "mirror"}
        What makes the upper grain.

    Returns
    -------
    ndarray, shape (3, 3)
        Orthogonal matrix.
    """
    frame = side.plane.frame
    turned: NDArray[np.float64] = frame.T @ OPERATIONS[operation] @ frame
    return turned


def rotation_in_crystal(sides: tuple[Side, Side], angle: float) -> NDArray[np.float64]:
    """
    Give the orientation of the upper crystal in the Cartesian axes of the lower one.

    Parameters
    ----------
    sides : tuple of Side
        Lower and upper side, normals and first periods aligned before the rotation.
    angle : float
        Rotation about the normal, degrees.

    Returns
    -------
    ndarray, shape (3, 3)
        Rotation matrix.
    """
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    about_normal = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    turned: NDArray[np.float64] = sides[0].plane.frame.T @ about_normal @ sides[1].plane.frame
    return turned


def nearest_direction(crystal: Crystal, vector: NDArray[np.float64]) -> Miller:
    """
    Find the low-index direction of a crystal nearest to a vector.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    vector : ndarray, shape (3,)
        Cartesian vector.

    Returns
    -------
    tuple of int
        Direction [u v w] in the axes of the structure; of directions equally near, the shortest.
    """
    indices = np.array(list(product(range(-_HIGHEST_INDEX, _HIGHEST_INDEX + 1), repeat=3)))
    indices = indices[np.gcd.reduce(indices, axis=1) == 1]
    rows = indices @ crystal.structure.lattice.matrix
    cosines = rows @ vector / np.linalg.norm(rows, axis=1) / np.linalg.norm(vector)
    best = np.lexsort((np.linalg.norm(rows, axis=1), -cosines.round(6)))[0]
    return coprime(indices[best].tolist())


def _describe(
    sides: tuple[Side, Side],
    rotation: NDArray[np.float64] | None,
    *,
    kind: Kind,
    operation: str,
    turn: float,
    cell: NDArray[np.float64],
    cells: tuple[int, int],
    strains: tuple[Strain, Strain],
) -> Geometry:
    lower = sides[0]
    angle, axis, sigma = None, None, None
    if rotation is not None:
        smallest = disorientation(rotation, lower.crystal.point_group)
        if smallest is not None:
            angle = round(smallest.angle, 6)
            axis = nearest_direction(lower.crystal, smallest.axis)
            if _has_sigma(lower.crystal, rotation):
                proper = equivalent_rotations(rotation, lower.crystal.point_group)[0]
                sigma = coincidence_index(lower.crystal.primitive.lattice.matrix, proper)
    index, obliquity = twin_index(lower.crystal.primitive.lattice.matrix, lower.plane.miller)
    lengths = np.linalg.norm(cell, axis=1)
    between = np.degrees(np.arccos(np.clip(cell[0] @ cell[1] / lengths.prod(), -1, 1)))
    per_cell = [len(side.crystal.primitive) for side in sides]
    return Geometry(
        kind=kind,
        operation=operation,
        planes=(sides[0].miller, sides[1].miller),
        misorientation=angle,
        axis=axis,
        rotation=turn,
        sigma=sigma,
        twin_index=index,
        obliquity=obliquity,
        periods=(float(lengths[0]), float(lengths[1])),
        angle=float(between),
        area=float(np.linalg.det(cell)),
        cells=cells,
        spacings=(sides[0].plane.spacing, sides[1].plane.spacing),
        strains=strains,
        strain=round(float(np.abs(np.linalg.eigvalsh(np.array(strains))).max()), 9),
        atoms_per_layer=(per_cell[0] * cells[0], per_cell[1] * cells[1]),
    )


def _has_sigma(crystal: Crystal, rotation: NDArray[np.float64]) -> bool:
    """Tell whether a coincidence site lattice is more than an accident of lattice constants."""
    number = crystal.space_group[1]
    if number >= FIRST_CUBIC:
        return True
    unique = crystal.direction((0, 0, 1))
    return (
        number >= FIRST_TETRAGONAL
        and angle_about(rotation, crystal.point_group, unique) is not None
    )


def _kind(sides: tuple[Side, Side], rotation: NDArray[np.float64]) -> Kind:
    """
    Name a boundary within one crystal.

    It is a twist boundary if any of the rotations that make it is about the normal, and a tilt
    boundary if one of the smallest is about an axis in the plane.
    """
    equivalent = equivalent_rotations(rotation, sides[0].crystal.point_group)
    turns = Rotation.from_matrix(equivalent).as_rotvec()
    angles = np.linalg.norm(turns, axis=1)
    along = np.abs(turns @ sides[0].plane.normal) / np.maximum(angles, PARALLEL)
    if (along > np.cos(PARALLEL)).any():
        return "twist"
    tilts = (along < np.sin(PARALLEL)) & (angles < angles.min() + PARALLEL)
    return "asymmetric tilt" if tilts.any() else "mixed"


def _padded(strain: NDArray[np.float64]) -> Strain:
    full = np.zeros((3, 3))
    full[:2, :2] = strain
    return tuple((float(row[0]), float(row[1]), float(row[2])) for row in full)
