"""Rotations about the normal that join two planes with little strain."""

from dataclasses import replace
from math import radians

from physics.errors import InputError
from physics.structures.coincidence import Coincidence, near_coincidences
from physics.structures.construction import Construction
from physics.structures.geometry import Side, rotation_in_crystal
from physics.structures.misorientation import angle_about, is_symmetry
from physics.structures.plane import spaced

ANGLE_TOLERANCE = 1.0
"""A twist boundary is taken for the angle asked for within that, degrees."""

SAME_ROTATION = 0.05
"""Rotations that differ by less are the same, degrees."""

MOST_STRAIN = 0.1
"""The smallest strain that exists is looked for up to here."""

MOST_CELLS = 60
"""Net cells in the cell of a twist or general boundary."""


def twists(sides: tuple[Side, Side], how: Construction) -> list[Coincidence]:
    """
    Find the rotations that join two planes within the limits of strain and area.

    Parameters
    ----------
    sides : tuple of Side
        Lower and upper plane.
    how : Construction
        The limits.

    Returns
    -------
    list of Coincidence
        One for each rotation that is different by symmetry and makes a boundary, smallest first.
    """
    found = near_coincidences(
        sides[0].plane.net,
        sides[1].plane.net,
        max_area=how.max_area,
        max_strain=how.max_strain,
        max_sigma=MOST_CELLS,
    )
    distinct: dict[float, Coincidence] = {}
    for match in found:
        turn = folded(sides, match.angle)
        if not _is_symmetry(sides, match.angle) and not any(
            abs(turn - other) < SAME_ROTATION for other in distinct
        ):
            distinct[turn] = match
    return list(distinct.values())


def folded(sides: tuple[Side, Side], angle: float) -> float:
    """
    Give the smallest rotation about the normal that is the same by symmetry.

    Parameters
    ----------
    sides : tuple of Side
        Lower and upper plane.
    angle : float
        Rotation about the normal, degrees.

    Returns
    -------
    float
        Degrees; from 0 to 180 where both planes are the same, else from 0 to 360.
    """
    lower, upper = sides
    if lower.crystal is upper.crystal and lower.miller == upper.miller:
        rotation = rotation_in_crystal(sides, angle)
        smallest = angle_about(rotation, lower.crystal.point_group, lower.plane.normal)
        return angle % 360 if smallest is None else smallest
    return angle % 360


def _is_symmetry(sides: tuple[Side, Side], angle: float) -> bool:
    """Tell whether both grains would be one crystal."""
    if sides[0].crystal is not sides[1].crystal:
        return False
    group = sides[0].crystal.point_group
    return is_symmetry(rotation_in_crystal(sides, angle), group, tolerance=radians(SAME_ROTATION))


def match_planes(sides: tuple[Side, Side], angle: float | None, how: Construction) -> Coincidence:
    """
    Choose the rotation that was asked for, or the one with the smallest cell.

    Parameters
    ----------
    sides : tuple of Side
        Lower and upper plane.
    angle : float or None
        Rotation about the normal, degrees, up to symmetry; None for the smallest cell.
    how : Construction
        Limits of strain and area.

    Returns
    -------
    Coincidence
        The common cell.

    Raises
    ------
    InputError
        If both grains would be one crystal, or nothing lies within the limits; the message has
        the smallest strain that exists.
    """
    normal = f"the normal of ({spaced(sides[0].miller)})"
    if angle is not None and _is_symmetry(sides, angle):
        raise InputError(
            f"no boundary: {angle:g} degrees about {normal} is a symmetry of "
            f"{sides[0].crystal.space_group[0]}, so both grains would be one crystal; choose "
            "another angle (thioflow gb list)"
        )
    wanted = None if angle is None else folded(sides, angle)

    def fits(match: Coincidence) -> bool:
        return wanted is None or abs(folded(sides, match.angle) - wanted) <= ANGLE_TOLERANCE

    found = twists(sides, how)
    for match in found:
        if fits(match):
            return match
    wider = twists(sides, replace(how, max_strain=MOST_STRAIN))
    strained = min((match.max_strain for match in wider if fits(match)), default=None)
    asked = "any rotation" if angle is None else f"{angle:g} degrees"
    remedy = f"the smallest that exists within max_area {how.max_area:g} Å^2 is " + (
        f"above {MOST_STRAIN:.0%}" if strained is None else f"{strained:.2%}"
    )
    nearest = sorted(found, key=lambda m: abs(folded(sides, m.angle) - (wanted or 0.0)))[:3]
    others = ", ".join(f"{folded(sides, m.angle):.2f}" for m in nearest)
    raise InputError(
        f"no coincidence for {asked} about {normal} with a strain of at most "
        f"{how.max_strain:.2%}: {remedy}; raise max_strain or max_area"
        + (f", or take one of {others} degrees" if others and angle is not None else "")
    )
