"""Grain boundaries of any crystal: tilt, twist and general, in whole units and exactly periodic."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from physics.errors import InputError
from physics.structures.bicrystal import Grains
from physics.structures.candidates import Joint
from physics.structures.construction import (
    Construction,
    GrainBoundary,
    best_boundaries,
    require_atoms,
)
from physics.structures.crystal import Crystal
from physics.structures.geometry import (
    OPERATIONS,
    Geometry,
    Operation,
    Side,
    operation_in_crystal,
    rotated,
    symmetric,
)
from physics.structures.misorientation import angle_about, equivalent_rotations, is_symmetry
from physics.structures.plane import coprime, direction_indices, spaced
from physics.structures.rotations import match_planes
from physics.structures.slab import equivalent_cuts, layer_cell, slab, terminations

UNSTRAINED = 1e-6
"""A strain below that is none."""

PAIRED = 3
"""Terminations of each side that are paired at a boundary of two planes."""


def tilt_geometry(
    crystal: Crystal,
    plane: Sequence[int],
    *,
    axis: Sequence[int] | None = None,
    operation: Operation = "twofold",
    allow_degenerate: bool = False,
) -> Geometry:
    """
    Describe the symmetric boundary on a lattice plane.

    Parameters
    ----------
    crystal, plane, axis, operation, allow_degenerate
        As for `tilt_boundary`.

    Returns
    -------
    Geometry
        The geometry.

    Raises
    ------
    InputError
        If the plane or the axis cannot be, or the operation is a symmetry of the crystal or
        changes its hand.
    """
    side = Side(crystal, coprime(plane), crystal.plane(plane))
    rotation = operation_in_crystal(side, operation)
    if not len(equivalent_rotations(rotation, crystal.point_group)):
        raise InputError(
            f"the mirror across ({spaced(plane)}) changes the hand of the crystal, which is chiral "
            f"({crystal.space_group[0]}): use the operation 'twofold'"
        )
    if is_symmetry(rotation, crystal.point_group) and not allow_degenerate:
        name = "180 degrees about its normal" if operation == "twofold" else "the mirror across it"
        raise InputError(
            f"no boundary on ({spaced(plane)}): {name} is a symmetry of {crystal.space_group[0]}, "
            "so both grains would be one crystal; choose a plane that is not normal to a symmetry "
            "axis (thioflow gb list)"
        )
    if axis is not None:
        _require_tilt(side, direction_indices(axis), rotation)
    return symmetric(side, operation)


def tilt_boundary(
    crystal: Crystal,
    plane: Sequence[int],
    *,
    axis: Sequence[int] | None = None,
    operation: Operation = "twofold",
    allow_degenerate: bool = False,
    construction: Construction | None = None,
    joint: Joint | None = None,
) -> list[GrainBoundary]:
    """
    Build the symmetric boundary on a lattice plane.

    Both grains share the whole two-dimensional lattice of the plane, and the stacking of the upper
    grain undoes that of the lower: the cell is free of strain and exactly periodic for any crystal.
    The twofold rotation about the normal keeps the hand of the crystal, joins each termination to
    its complement and makes both boundaries of the cell the same. For a centrosymmetric crystal
    the mirror gives the same misorientation.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    plane : sequence of int
        Miller indices of the boundary plane.
    axis : sequence of int, optional
        Tilt axis [u v w] that the boundary is expected to have.
    operation : {"twofold", "mirror"}
        What makes the upper grain: 180 degrees about the normal, or the mirror across the plane.
    allow_degenerate : bool
        Whether to build what is no boundary but the perfect crystal.
    construction : Construction, optional
        How to build.
    joint : Joint, optional
        The only candidate to build; None: search.

    Returns
    -------
    list of GrainBoundary
        The candidates, that with least overlap first.

    Raises
    ------
    InputError
        If the plane or the axis cannot be, the operation is a symmetry of the crystal or changes
        its hand, or the cell is too large.
    """
    how = construction or Construction()
    geometry = tilt_geometry(
        crystal, plane, axis=axis, operation=operation, allow_degenerate=allow_degenerate
    )
    described = crystal.plane(plane)
    require_atoms(geometry, how)
    layers, _ = how.layers_of(geometry)
    onward = (described.frame @ described.layer)[:2]
    stacks = []
    for cut in terminations(crystal, described)[: how.terminations]:
        lower = slab(crystal, described, layers, cut)
        symmetric_cut = equivalent_cuts(crystal, described, cut, cut, flipped=True)
        stacks.append(
            Grains(
                crystals=(crystal, crystal),
                lower=lower,
                upper=lower.turned(OPERATIONS[operation]),
                cuts=(cut / described.spacing, cut / described.spacing),
                origin=layers * onward,
                special=np.array([-onward, -2 * onward]),
                equivalent=operation == "twofold" or symmetric_cut,
            )
        )
    return best_boundaries(stacks, geometry, how, joint)


def twist_boundary(
    crystal: Crystal,
    plane: Sequence[int],
    *,
    angle: float | None = None,
    construction: Construction | None = None,
) -> list[GrainBoundary]:
    """
    Build the twist boundary on a lattice plane, with a little strain where it cannot be without.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    plane : sequence of int
        Miller indices of the boundary plane.
    angle : float, optional
        Rotation about the normal, degrees, up to the symmetry of the crystal; taken within
        `physics.structures.rotations.ANGLE_TOLERANCE`. None: the rotation with the smallest cell.
    construction : Construction, optional
        How to build; its `max_strain` and `max_area` limit the search.

    Returns
    -------
    list of GrainBoundary
        The candidates, that with least overlap first.

    Raises
    ------
    InputError
        If the angle is a symmetry of the crystal, nothing lies within the limits, or the cell is
        too large.
    """
    return general_boundary(crystal, plane, crystal, plane, angle=angle, construction=construction)


def general_boundary(
    lower: Crystal,
    lower_plane: Sequence[int],
    upper: Crystal,
    upper_plane: Sequence[int],
    *,
    angle: float | None = None,
    construction: Construction | None = None,
    joint: Joint | None = None,
) -> list[GrainBoundary]:
    """
    Join two planes of one crystal or of two: twist, asymmetric tilt, mixed, interface.

    Parameters
    ----------
    lower, upper : Crystal
        The crystals; the same object for a grain boundary.
    lower_plane, upper_plane : sequence of int
        Their planes at the boundary.
    angle : float, optional
        Rotation about the normal that brings the first in-plane period of the upper plane away
        from that of the lower, degrees, up to symmetry. None: the one with the smallest cell.
    construction : Construction, optional
        How to build; its `max_strain` and `max_area` limit the search.
    joint : Joint, optional
        The only candidate to build; None: search.

    Returns
    -------
    list of GrainBoundary
        The candidates, that with least overlap first.

    Raises
    ------
    InputError
        If the rotation is a symmetry of the crystal, nothing lies within the limits, or the cell is
        too large.
    """
    how = construction or Construction()
    sides = _sides(lower, lower_plane, upper, upper_plane)
    match = match_planes(sides, angle, how)
    geometry = rotated(sides, match)
    require_atoms(geometry, how)
    layers = how.layers_of(geometry)
    onward = match.lower_map @ (sides[0].plane.frame @ sides[0].plane.layer)[:2]
    bulks = tuple(
        layer_cell(side.crystal, side.plane, deformation)
        for side, deformation in zip(sides, (match.lower_map, match.upper_map), strict=True)
    )
    stacks = []
    for lower_cut, upper_cut in _cuts(sides, how):
        slabs = (
            slab(lower, sides[0].plane, layers[0], lower_cut, match.lower),
            slab(upper, sides[1].plane, layers[1], upper_cut, match.upper),
        )
        stacks.append(
            Grains(
                crystals=(lower, upper),
                lower=slabs[0].deformed(match.lower_map, match.cell),
                upper=slabs[1].deformed(match.upper_map, match.cell),
                cuts=(lower_cut / sides[0].plane.spacing, upper_cut / sides[1].plane.spacing),
                origin=layers[0] * onward,
                special=np.zeros((0, 2)),
                equivalent=False,
                bulks=bulks if match.max_strain > UNSTRAINED else (),
            )
        )
    return best_boundaries(stacks, geometry, how, joint)


def general_geometry(
    lower: Crystal,
    lower_plane: Sequence[int],
    upper: Crystal,
    upper_plane: Sequence[int],
    *,
    angle: float | None = None,
    construction: Construction | None = None,
) -> Geometry:
    """
    Describe what `general_boundary` would build.

    Parameters
    ----------
    lower, lower_plane, upper, upper_plane, angle, construction
        As for `general_boundary`.

    Returns
    -------
    Geometry
        The geometry.

    Raises
    ------
    InputError
        If the rotation is a symmetry of the crystal or nothing lies within the limits.
    """
    sides = _sides(lower, lower_plane, upper, upper_plane)
    return rotated(sides, match_planes(sides, angle, construction or Construction()))


def _sides(
    lower: Crystal, lower_plane: Sequence[int], upper: Crystal, upper_plane: Sequence[int]
) -> tuple[Side, Side]:
    return (
        Side(lower, coprime(lower_plane), lower.plane(lower_plane)),
        Side(upper, coprime(upper_plane), upper.plane(upper_plane)),
    )


def _cuts(sides: tuple[Side, Side], how: Construction) -> list[tuple[float, float]]:
    """Pair the terminations of both sides; a plane is paired with itself cut at the same height."""
    lower, upper = (terminations(side.crystal, side.plane)[: how.terminations] for side in sides)
    if sides[0].crystal is sides[1].crystal and sides[0].miller == sides[1].miller:
        return [(cut, cut) for cut in lower.tolist()]
    return list(product(lower[:PAIRED].tolist(), upper[:PAIRED].tolist()))


def _require_tilt(side: Side, axis: Sequence[int], rotation: NDArray[np.float64]) -> None:
    """Insist that an axis lies in the plane and that the grains are turned about it."""
    scalar = sum(h * u for h, u in zip(side.miller, axis, strict=True))
    if scalar != 0:
        raise InputError(
            f"the axis [{spaced(axis)}] is not in the plane ({spaced(side.miller)}): hu + kv + lw "
            f"= {scalar}, expected 0 for a tilt boundary; choose an axis in the plane"
        )
    if angle_about(rotation, side.crystal.point_group, side.crystal.direction(axis)) is None:
        true = symmetric(side, "twofold")
        raise InputError(
            f"the symmetric boundary on ({spaced(side.miller)}) is no tilt about [{spaced(axis)}]: "
            f"the crystal has no symmetry that makes it one; its misorientation is "
            f"{true.misorientation:.2f} degrees about [{spaced(true.axis or ())}]; leave the axis "
            "out"
        )
