"""Boundaries by their names: exact for cubic, tetragonal and hexagonal crystals, else labels."""

from dataclasses import replace
from math import atan2, degrees, radians

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from physics.errors import InputError
from physics.structures.crystal import Crystal
from physics.structures.geometry import Side, rotated
from physics.structures.grain_boundaries import (
    Construction,
    GrainBoundary,
    general_boundary,
    tilt_boundary,
    tilt_geometry,
    twist_boundary,
    twists,
)
from physics.structures.names import Axes, Name, in_given_axes, nominal_angles
from physics.structures.plane import Miller, coprime

FIRST_TETRAGONAL, FIRST_CUBIC = 75, 195
"""Space group numbers."""

NEAR_NOMINAL = 3.0
"""A twist boundary of a lattice without sigma lies so near to the angle of its name, degrees."""

EXACT = 1e-5
"""Largest strain of a boundary that is exact."""

_LARGEST_INDEX = 200


def named_boundary(
    crystal: Crystal,
    name: Name,
    *,
    axes: Axes = "given",
    angle: float | None = None,
    construction: Construction | None = None,
) -> list[GrainBoundary]:
    """
    Build the boundary that a name stands for.

    In cubic, tetragonal and hexagonal crystals the name is taken at its word: the boundary has that
    sigma, or it is refused. In other crystals sigma is a label only: a plane that contains the axis
    gives the symmetric tilt boundary on that plane, a plane normal to it the twist boundary nearest
    to the nominal (cubic) angle; what was built stands in the geometry.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    name : Name
        Sigma, axis and plane.
    axes : {"given", "pnma", "std"}
        Setting of the axes that axis and plane refer to.
    angle : float, optional
        Twist angle in place of the nominal one, degrees.
    construction : Construction, optional
        How to build.

    Returns
    -------
    list of GrainBoundary
        The candidates, that with least overlap first.

    Raises
    ------
    InputError
        If there is no such boundary, with what there is instead.
    """
    how = construction or Construction()
    axis, plane = (in_given_axes(crystal, indices, axes) for indices in (name.axis, name.plane))
    number = crystal.space_group[1]
    if name.sigma is None or number < FIRST_TETRAGONAL:
        return _labelled(crystal, name, axis, plane, angle=angle, how=how)
    if name.is_tilt and tilt_geometry(crystal, plane, allow_degenerate=True).sigma == name.sigma:
        return tilt_boundary(crystal, plane, axis=axis, construction=how)
    if angle is None and _parallel(crystal, axis, plane):
        return _exact_twist(crystal, name.sigma, plane, how)
    if number < FIRST_CUBIC:
        raise InputError(
            f"sigma {name.sigma} about [{_text(axis)}] on ({_text(plane)}): outside cubic crystals "
            "names are accepted of symmetric tilt boundaries, whose sigma must fit, and of twist "
            "boundaries; give planes and angle instead"
        )
    return _exact_general(crystal, name, axis, plane, how)


def _labelled(
    crystal: Crystal,
    name: Name,
    axis: Miller,
    plane: Miller,
    *,
    angle: float | None,
    how: Construction,
) -> list[GrainBoundary]:
    if name.is_tilt:
        return tilt_boundary(crystal, plane, construction=how)
    if not _parallel(crystal, axis, plane):
        raise InputError(
            f"the axis [{_text(name.axis)}] is neither in the plane ({_text(name.plane)}), as of a "
            f"tilt, nor normal to it, as of a twist boundary; give two planes for a mixed one"
        )
    nominal = nominal_angles(name)
    if angle is not None or not nominal:
        return twist_boundary(crystal, plane, angle=angle, construction=how)
    side = Side(crystal, plane, crystal.plane(plane))
    found = [abs(match.angle) for match in twists((side, side), how)]
    for turn in found:
        if any(abs(turn - wanted) <= NEAR_NOMINAL for wanted in nominal):
            return twist_boundary(crystal, plane, angle=turn, construction=how)
    raise InputError(
        f"no twist boundary on ({_text(plane)}) within {NEAR_NOMINAL:g} degrees of the nominal "
        f"{', '.join(f'{wanted:.2f}' for wanted in nominal)}; there are "
        f"{', '.join(f'{turn:.2f}' for turn in sorted(found))}: give one of them as the angle"
    )


def _exact_twist(
    crystal: Crystal, sigma: int, plane: Miller, how: Construction
) -> list[GrainBoundary]:
    side = Side(crystal, plane, crystal.plane(plane))
    exact = replace(how, max_strain=EXACT)
    there: dict[int | None, float] = {}
    for match in twists((side, side), exact):
        there.setdefault(rotated((side, side), match).sigma, match.angle)
    if sigma not in there:
        raise InputError(
            f"no twist boundary of sigma {sigma} on ({_text(plane)}); there are sigma "
            f"{', '.join(str(found) for found in sorted(s for s in there if s))}"
        )
    return twist_boundary(crystal, plane, angle=there[sigma], construction=exact)


def _exact_general(
    crystal: Crystal, name: Name, axis: Miller, plane: Miller, how: Construction
) -> list[GrainBoundary]:
    """Turn a cubic crystal about the axis by an angle of this sigma and find the upper plane."""
    angles = nominal_angles(name)
    if not angles:
        raise InputError(f"no rotation about [{_text(axis)}] has sigma {name.sigma}")
    turn = Rotation.from_rotvec(radians(angles[0]) * crystal.direction(axis)).as_matrix()
    lower = crystal.plane(plane)
    above = _plane_of(crystal, turn.T @ lower.normal)
    about = lower.frame @ turn @ crystal.plane(above).frame.T
    return general_boundary(
        crystal,
        plane,
        crystal,
        above,
        angle=degrees(atan2(about[1, 0], about[0, 0])),
        construction=replace(how, max_strain=EXACT),
    )


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


def _text(indices: Miller) -> str:
    return " ".join(str(index) for index in indices)
