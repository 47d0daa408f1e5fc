"""Names of boundaries: axis settings, and sigma, axis and plane as labels of what is built."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from physics.errors import InputError
from physics.structures.crystal import Crystal
from physics.structures.plane import Miller, coprime, direction_indices

Axes = Literal["given", "pnma", "std"]

PNMA = 62

_LABEL = re.compile(
    r"^\s*(?:(?:Σ|sigma|S)\s*(?P<sigma>\d+))?\s*\[(?P<axis>[-\d\s,]+)\]\s*/?\s*"
    r"\((?P<plane>[-\d\s,]+)\)\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Name:
    """
    A boundary as the literature names it.

    Parameters
    ----------
    sigma : int or None
        Index of the coincidence site lattice.
    axis : tuple of int
        Rotation axis [u v w].
    plane : tuple of int
        Boundary plane (h k l).
    """

    sigma: int | None
    axis: Miller
    plane: Miller

    @property
    def is_tilt(self) -> bool:
        """Whether the axis lies in the plane."""
        return sum(u * h for u, h in zip(self.axis, self.plane, strict=True)) == 0


def parse_name(text: str) -> Name:
    """
    Read the name of a boundary.

    Parameters
    ----------
    text : str
        Such as ``Σ5 [001] (120)``, ``Sigma3[110]/(-111)`` or ``[0 0 1] (-2 5 0)``.

    Returns
    -------
    Name
        The name.

    Raises
    ------
    InputError
        If the text is no such name.
    """
    found = _LABEL.match(text)
    if not found:
        raise InputError(
            f"given the name '{text}', expected sigma, axis and plane such as 'Σ5 [001] (120)'"
        )
    sigma = found["sigma"]
    return Name(
        int(sigma) if sigma else None,
        parse_direction(found["axis"]),
        parse_plane(found["plane"]),
    )


def parse_plane(text: str) -> Miller:
    """
    Read the indices of a plane.

    Parameters
    ----------
    text : str
        Such as ``1 2 0``, ``2,-1,0``, ``(2-10)`` or, of a hexagonal crystal, ``1 0 -1 2``.

    Returns
    -------
    tuple of int
        Coprime indices (h k l).

    Raises
    ------
    InputError
        If there are not three or four integers.
    """
    return coprime(_integers(text))


def parse_direction(text: str) -> Miller:
    """
    Read the indices of a direction.

    Parameters
    ----------
    text : str
        Such as ``0 0 1``, ``[1-10]`` or, of a hexagonal crystal, ``2 -1 -1 0``.

    Returns
    -------
    tuple of int
        Coprime indices [u v w].

    Raises
    ------
    InputError
        If there are not three or four integers.
    """
    return direction_indices(_integers(text))


def _integers(text: str) -> list[int]:
    bare = text.strip(" ()[]{}")
    spaced = re.search(r"[\s,]", bare) is not None
    found = re.findall(r"-?\d+" if spaced else r"-?\d", bare)
    if re.sub(r"[\s,]", "", bare) != "".join(found):
        raise InputError(f"given indices '{text}', expected integers such as '1 2 0' or '(2-10)'")
    return [int(index) for index in found]


def in_given_axes(crystal: Crystal, indices: Sequence[int], axes: Axes) -> Miller:
    """
    Translate indices from a named axis setting to the axes of the crystal's structure.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    indices : sequence of int
        Plane or direction in the setting `axes`.
    axes : {"given", "pnma", "std"}
        ``given``: the axes of the structure; ``pnma``: the standard setting of space group 62;
        ``std``: orthorhombic axes in the order a < b < c, which pymatgen and aimsgb use.

    Returns
    -------
    tuple of int
        The same plane or direction in the axes of the structure.

    Raises
    ------
    InputError
        If the crystal has no such setting.
    """
    indices = coprime(indices)
    if axes == "given":
        return indices
    order = _order(crystal, axes)
    translated = [0, 0, 0]
    for index, position in zip(indices, order, strict=True):
        translated[position] = index
    return coprime(translated)


def _order(crystal: Crystal, axes: Axes) -> list[int]:
    """Give the axis of the structure that is the first, second and third one of the setting."""
    symbol, number = crystal.space_group
    lattice = crystal.structure.lattice
    if axes == "std":
        if not 16 <= number <= 74 or not np.allclose(lattice.angles, 90, atol=1e-3):
            raise InputError(
                f"axes 'std' (a < b < c) are those of orthorhombic cells, given {symbol} with "
                f"angles {', '.join(f'{angle:.2f}' for angle in lattice.angles)}; use 'given'"
            )
        return [int(axis) for axis in np.argsort(lattice.abc)]
    if number != PNMA:
        raise InputError(f"axes 'pnma' are those of space group 62, given {symbol}; use 'given'")
    return [int(axis) for axis in np.argmax(np.abs(crystal.to_standard), axis=1)]


def nominal_angles(name: Name) -> list[float]:
    """
    List the rotations that a sigma stands for in a cubic lattice.

    Parameters
    ----------
    name : Name
        A name with a sigma.

    Returns
    -------
    list of float
        Angles about the axis, degrees, from 0 to 180; empty if there is none.
    """
    if name.sigma is None:
        return []
    from pymatgen.core.interface import GrainBoundaryGenerator  # noqa: PLC0415 - takes a second

    angles: dict[int, list[float]] = GrainBoundaryGenerator.enum_sigma_cubic(
        name.sigma + 1, name.axis
    )
    return sorted(angles.get(name.sigma, []))
