"""Boundaries by their names: exact for cubic, tetragonal and hexagonal crystals, else labels."""

from dataclasses import dataclass, replace
from math import atan2, degrees, radians

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from physics.errors import InputError
from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.geometry import FIRST_CUBIC, FIRST_TETRAGONAL, Side, rotated
from physics.structures.grain_boundaries import tilt_geometry
from physics.structures.names import Axes, Name, in_given_axes, nominal_angles
from physics.structures.plane import Miller, coprime, spaced
from physics.structures.rotations import folded, twists

NEAR_NOMINAL = 3.0
"""A twist boundary of a lattice without sigma lies so near to the angle of its name, degrees."""

EXACT = 1e-5
"""Largest strain of a boundary that is exact."""

_LARGEST_INDEX = 200


@dataclass(frozen=True)
class Placement:
    """
    Which planes meet, and how, in the axes of the crystal's structure.

    Parameters
    ----------
    planes : tuple of Miller indices
        Planes of the lower and of the upper grain.
    symmetric : bool
        Whether it is the symmetric tilt boundary on a plane.
    angle : float or None
        Rotation about the normal of any other boundary, degrees; None for that with the smallest
        cell.
    exact : bool
        Whether no strain is allowed.
    """

    planes: tuple[Miller, Miller]
    symmetric: bool = False
    angle: float | None = None
    exact: bool = False


def place(
    crystal: Crystal, name: Name, *, axes: Axes, angle: float | None, construction: Construction
) -> Placement:
    """
    Find the boundary that a name stands for.

    In cubic, tetragonal and hexagonal crystals the name is taken at its word: the boundary has that
    sigma, or it is refused. In other crystals sigma is a label only: a plane that contains the axis
    gives the symmetric tilt boundary on that plane, a plane normal to it the twist boundary near
    the nominal (cubic) angle.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    name : Name
        Sigma, axis and plane.
    axes : {"given", "pnma", "std"}
        Setting of the axes that axis and plane refer to.
    angle : float or None
        Twist angle in place of the nominal one, degrees.
    construction : Construction
        Limits of strain and area.

    Returns
    -------
    Placement
        Planes and rotation.

    Raises
    ------
    InputError
        If there is no such boundary, with what there is instead.
    """
    axis, plane = (in_given_axes(crystal, indices, axes) for indices in (name.axis, name.plane))
    twisted = _parallel(crystal, axis, plane)
    if angle is not None and not twisted:
        raise InputError(
            f"a twist of {angle:g} degrees, but the axis [{spaced(name.axis)}] is not normal to "
            f"the plane ({spaced(name.plane)}); leave the twist out"
        )
    number = crystal.space_group[1]
    if name.sigma is None or number < FIRST_TETRAGONAL or angle is not None:
        return _labelled(crystal, name, plane, twisted=twisted, angle=angle, how=construction)
    if name.is_tilt and tilt_geometry(crystal, plane, allow_degenerate=True).sigma == name.sigma:
        return Placement((plane, plane), symmetric=True)
    if twisted:
        return _exact_twist(crystal, name.sigma, plane, construction)
    if number < FIRST_CUBIC:
        raise InputError(
            f"sigma {name.sigma} about [{spaced(axis)}] on ({spaced(plane)}): outside cubic "
            "crystals names are accepted of symmetric tilt boundaries, whose sigma must fit, and "
            "of twist boundaries; give planes and angle instead"
        )
    return _exact_general(crystal, name, axis, plane)


def _labelled(
    crystal: Crystal,
    name: Name,
    plane: Miller,
    *,
    twisted: bool,
    angle: float | None,
    how: Construction,
) -> Placement:
    if name.is_tilt:
        return Placement((plane, plane), symmetric=True)
    if not twisted:
        raise InputError(
            f"the axis [{spaced(name.axis)}] is neither in the plane ({spaced(name.plane)}), as of "
            f"a tilt, nor normal to it, as of a twist boundary; give two planes for a mixed one"
        )
    if angle is not None:
        return Placement((plane, plane), angle=angle)
    nominal = nominal_angles(name)
    side = Side(crystal, plane, crystal.plane(plane))
    found = [folded((side, side), match.angle) for match in twists((side, side), how)]
    for turn in found:
        if not nominal or any(abs(turn - wanted) <= NEAR_NOMINAL for wanted in nominal):
            return Placement((plane, plane), angle=turn)
    raise InputError(
        f"no twist boundary on ({spaced(plane)}) within {NEAR_NOMINAL:g} degrees of the nominal "
        f"{', '.join(f'{wanted:.2f}' for wanted in nominal)}; there are "
        f"{', '.join(f'{turn:.2f}' for turn in sorted(found))}: give one of them as the twist"
    )


def _exact_twist(crystal: Crystal, sigma: int, plane: Miller, how: Construction) -> Placement:
    side = Side(crystal, plane, crystal.plane(plane))
    there: dict[int | None, float] = {}
    for match in twists((side, side), replace(how, max_strain=EXACT)):
        there.setdefault(rotated((side, side), match).sigma, match.angle)
    if sigma not in there:
        raise InputError(
            f"no twist boundary of sigma {sigma} on ({spaced(plane)}); there are sigma "
            f"{', '.join(str(found) for found in sorted(s for s in there if s))}"
        )
    return Placement((plane, plane), angle=there[sigma], exact=True)


def _exact_general(crystal: Crystal, name: Name, axis: Miller, plane: Miller) -> Placement:
    """Turn a cubic crystal about the axis by an angle of this sigma and find the upper plane."""
    angles = nominal_angles(name)
    if not angles:
        raise InputError(f"no rotation about [{spaced(axis)}] has sigma {name.sigma}")
    turn = Rotation.from_rotvec(radians(angles[0]) * crystal.direction(axis)).as_matrix()
    lower = crystal.plane(plane)
    above = _plane_of(crystal, turn.T @ lower.normal)
    about = lower.frame @ turn @ crystal.plane(above).frame.T
    turned = degrees(atan2(about[1, 0], about[0, 0]))
    return Placement((plane, above), angle=turned, exact=True)


def _plane_of(crystal: Crystal, normal: NDArray[np.float64]) -> Miller:
    """Give the Miller indices of the rational plane with this normal."""
    indices = crystal.structure.lattice.matrix @ normal
    indices /= np.abs(indices).max()
    for scale in range(1, _LARGEST_INDEX + 1):
        if np.allclose(scale * indices, np.rint(scale * indices), atol=1e-4):
            return coprime([int(index) for index in np.rint(scale * indices)])
    raise InputError("the plane of the upper grain has indices above 200; choose a simpler one")


def _parallel(crystal: Crystal, axis: Miller, plane: Miller) -> bool:
    cosine = abs(crystal.direction(axis) @ crystal.plane(plane).normal)
    return bool(cosine > 1 - 1e-6)
