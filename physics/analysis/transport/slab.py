"""Slabs of a cell, normal to c."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from physics.errors import InputError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

TILT = 0.02
"""Largest cosine of the angles between c and a, b and between c and z [choice]: 1.1 degrees."""


class Region(Protocol):
    """Part of a cell, in which time origins count."""

    @property
    def drift(self) -> FloatArray:
        """Its displacement along c since the first frame, in parts of c, shape (frames,) or ()."""

    def inside(self, along: FloatArray) -> BoolArray:
        """Tell where the coordinates along c, in parts of c, shape (frames, n), are in it."""


@dataclass(frozen=True, eq=False)
class Slab:
    """
    A layer around a plane normal to c.

    Parameters
    ----------
    plane : float
        Height of the plane in the first frame, in parts of c.
    part : float
        Thickness, in parts of c.
    drift : ndarray, shape (frames,) or ()
        Displacement of the plane since the first frame, in parts of c.
    """

    plane: float
    part: float
    drift: FloatArray

    def inside(self, along: FloatArray) -> BoolArray:
        """Tell where the coordinates along c, in parts of c, shape (frames, n), are in it."""
        away = along - self.plane - self.drift[..., None]
        within: BoolArray = np.abs(away - np.rint(away)) <= self.part / 2
        return within


@dataclass(frozen=True, eq=False)
class Rest:
    """
    What is in none of some slabs.

    Parameters
    ----------
    slabs : sequence of Slab
        The slabs.
    """

    slabs: Sequence[Slab]

    @property
    def drift(self) -> FloatArray:
        """None: it is where the framework is."""
        return np.zeros(())

    def inside(self, along: FloatArray) -> BoolArray:
        """Tell where the coordinates along c, in parts of c, shape (frames, n), are in it."""
        within: BoolArray = ~np.any([slab.inside(along) for slab in self.slabs], axis=0)
        return within


def height_of(cell: FloatArray) -> float:
    """
    Give the distance of the faces of a cell that a and b span.

    Parameters
    ----------
    cell : ndarray, shape (3, 3)
        Lattice vectors as rows, Å.

    Returns
    -------
    float
        Its height, Å.
    """
    return float(abs(np.linalg.det(cell)) / np.linalg.norm(np.cross(cell[0], cell[1])))


def require_normal(cell: FloatArray) -> None:
    """
    Check that layers normal to z are layers between heights along c.

    Parameters
    ----------
    cell : ndarray, shape (3, 3)
        Lattice vectors as rows, Å.

    Raises
    ------
    InputError
        If c is not along z, or a or b is not normal to it.
    """
    cosines = np.abs(np.append(cell[:2, 2], np.linalg.norm(cell[2, :2])))
    cosines /= np.linalg.norm(cell, axis=1)
    if cosines.max() > TILT:
        degrees = np.degrees(np.arcsin(min(cosines.max(), 1.0)))
        raise InputError(
            f"the cell is off by {degrees:.1f} degrees from one with c along z and a and b normal "
            "to it, expected of a cell with boundaries normal to c; turn it, or choose such a cell"
        )


def require_apart(
    planes: Sequence[float], moves: Sequence[FloatArray], thickness: float, height: float
) -> None:
    """
    Check that slabs are in the cell and apart.

    Parameters
    ----------
    planes : sequence of float
        Heights of their middles in the first frame, in parts of c.
    moves : sequence of ndarray, shape (frames,) or ()
        Displacements of the middles since then, in parts of c.
    thickness : float
        Thickness of the slabs, Å.
    height : float
        Height of the cell, Å.

    Raises
    ------
    InputError
        If one is outside of the cell, moves by more than half the distance between them, or
        overlaps another.
    """
    if not len(planes) or not all(0 <= plane < 1 for plane in planes):
        raise InputError(
            f"boundaries are at {list(planes)} of c, expected one or more heights from 0 to below 1"
        )
    ordered = np.sort(planes)
    apart = float(np.diff(ordered, append=ordered[0] + 1).min())
    if thickness > apart * height:
        raise InputError(
            f"slabs of {thickness:g} Å around boundaries that are {apart * height:.1f} Å apart, "
            "which overlap; give thinner ones, or use a higher cell"
        )
    moved = max(float(np.abs(move).max()) for move in moves)
    if moved > apart / 2:
        raise InputError(
            f"a boundary moves by {moved * height:.1f} Å and leaves its part of the cell, expected "
            f"less than half the {apart * height:.1f} Å between boundaries; analyse a shorter run"
        )
