"""Grain boundaries of any crystal: tilt, twist and general, in whole units and exactly periodic."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import ceil, radians

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from physics.errors import InputError
from physics.structures.bicrystal import Grains
from physics.structures.candidates import Candidate, candidates
from physics.structures.coincidence import Coincidence, near_coincidences
from physics.structures.contacts import thresholds
from physics.structures.crystal import Crystal
from physics.structures.geometry import (
    OPERATIONS,
    Geometry,
    Operation,
    Side,
    operation_in_crystal,
    rotated,
    rotation_in_crystal,
    symmetric,
)
from physics.structures.misorientation import angle_about, equivalent_rotations, is_symmetry
from physics.structures.plane import coprime, direction_indices
from physics.structures.slab import equivalent_cuts, layer_cell, slab, terminations

ANGLE_TOLERANCE = 1.0
"""A twist boundary is taken for the angle asked for within that, degrees."""

SAME_ROTATION = 0.05
"""Rotations that differ by less are the same, degrees."""

UNSTRAINED = 1e-6
"""A strain below that is none."""

MOST_STRAIN = 0.1
"""The smallest strain that exists is looked for up to here."""

MOST_CELLS = 60
"""Net cells in the cell of a twist or general boundary."""

PAIRED = 3
"""Terminations of each side that are paired at a boundary of two planes."""


@dataclass(frozen=True)
class Construction:
    """
    How boundaries are built.

    Parameters
    ----------
    separation : float
        Smallest distance of the two boundaries in the cell, Å.
    layers : int or None
        Layers of each grain; None: as few as `separation` asks for.
    translations : int
        In-plane translations tried for each termination; 1 for none but the origin.
    terminations : int or None
        Terminations tried, those in the widest gaps between sheets first; None for all.
    gaps : tuple of float
        Distances of the grains tried, beyond the distance of the sheets at the cut, Å.
    keep : int
        Most candidates built.
    max_atoms : int
        Largest cell built.
    max_strain : float
        Largest principal strain of a grain.
    max_area : float
        Largest in-plane cell of a twist or general boundary, Å^2.
    """

    separation: float = 20.0
    layers: int | None = None
    translations: int = 64
    terminations: int | None = None
    gaps: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
    keep: int = 4
    max_atoms: int = 20_000
    max_strain: float = 0.02
    max_area: float = 1500.0

    def layers_of(self, geometry: Geometry) -> tuple[int, int]:
        """
        Count the layers of the grains.

        Parameters
        ----------
        geometry : Geometry
            The boundary.

        Returns
        -------
        tuple of int
            Layers of the lower and of the upper grain.
        """
        if self.layers is not None:
            return self.layers, self.layers
        lower, upper = (ceil(self.separation / d - 1e-9) for d in geometry.spacings)
        return lower, upper

    def atoms_of(self, geometry: Geometry) -> int:
        """
        Count the atoms of a boundary's cell.

        Parameters
        ----------
        geometry : Geometry
            The boundary.

        Returns
        -------
        int
            Number of atoms.
        """
        pairs = zip(self.layers_of(geometry), geometry.atoms_per_layer, strict=True)
        return sum(layers * atoms for layers, atoms in pairs)


@dataclass(frozen=True)
class GrainBoundary:
    """
    A periodic cell with two grain boundaries.

    Parameters
    ----------
    structure : Structure
        Axis c is normal to the boundaries; site property ``grain`` is 0 in the lower and 1 in the
        upper grain, ``boundary_distance`` the distance to the nearer boundary, Å.
    geometry : Geometry
        What was built.
    layers : tuple of int
        Layers of the grains.
    heights : tuple of float
        Heights of the boundaries along c, Å.
    cuts : tuple of float
        Terminations: heights of the cuts of both crystals in units of the layer spacings.
    shift : tuple of float
        Translation of the upper grain in units of the in-plane cell vectors, from the place where
        the lattice of the lower grain goes on.
    gap : float
        Distance of the grains beyond the distance of the sheets at the cut, Å.
    equivalent : bool
        Whether a symmetry makes both boundaries the same.
    overlap : float
        Sum of (r_th - r)^2 over the pairs that were too close when the grains were put together,
        Å^2.
    moved : float
        Largest displacement of a unit that gave all pairs room, Å.
    removed : int
        Formula units taken out at each boundary.
    bulks : tuple of Structure
        One layer of bulk at the strain of the lower and of the upper grain, Å; empty where there
        is no strain.
    """

    structure: Structure
    geometry: Geometry
    layers: tuple[int, int]
    heights: tuple[float, float]
    cuts: tuple[float, float]
    shift: tuple[float, float]
    gap: float
    equivalent: bool
    overlap: float
    moved: float
    removed: int
    bulks: tuple[Structure, ...]


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
            f"the mirror across ({_text(plane)}) changes the hand of the crystal, which is chiral "
            f"({crystal.space_group[0]}): use the operation 'twofold'"
        )
    if is_symmetry(rotation, crystal.point_group) and not allow_degenerate:
        name = "180 degrees about its normal" if operation == "twofold" else "the mirror across it"
        raise InputError(
            f"no boundary on ({_text(plane)}): {name} is a symmetry of {crystal.space_group[0]}, "
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
    _require_atoms(geometry, how)
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
    return _built(stacks, geometry, how)


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
        `ANGLE_TOLERANCE`. None: the rotation with the smallest cell.
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
    match = _match(sides, angle, how)
    geometry = rotated(sides, match)
    _require_atoms(geometry, how)
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
    return _built(stacks, geometry, how)


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
    return rotated(sides, _match(sides, angle, construction or Construction()))


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


def _sides(
    lower: Crystal, lower_plane: Sequence[int], upper: Crystal, upper_plane: Sequence[int]
) -> tuple[Side, Side]:
    return (
        Side(lower, coprime(lower_plane), lower.plane(lower_plane)),
        Side(upper, coprime(upper_plane), upper.plane(upper_plane)),
    )


def _match(sides: tuple[Side, Side], angle: float | None, how: Construction) -> Coincidence:
    """Choose the rotation that was asked for, or the one with the smallest cell."""
    normal = f"the normal of ({_text(sides[0].miller)})"
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


def _cuts(sides: tuple[Side, Side], how: Construction) -> list[tuple[float, float]]:
    """Pair the terminations of both sides; a plane is paired with itself cut at the same height."""
    lower, upper = (terminations(side.crystal, side.plane)[: how.terminations] for side in sides)
    if sides[0].crystal is sides[1].crystal and sides[0].miller == sides[1].miller:
        return [(cut, cut) for cut in lower.tolist()]
    return list(product(lower[:PAIRED].tolist(), upper[:PAIRED].tolist()))


def _built(stacks: list[Grains], geometry: Geometry, how: Construction) -> list[GrainBoundary]:
    crystals = stacks[0].crystals
    found = candidates(
        stacks,
        thresholds(*((crystal.primitive, crystal.units) for crystal in crystals)),
        translations=how.translations,
        gaps=how.gaps,
        keep=how.keep,
    )
    return [_finished(candidate, geometry, how) for candidate in found]


def _finished(candidate: Candidate, geometry: Geometry, how: Construction) -> GrainBoundary:
    bicrystal, grains = candidate.bicrystal, candidate.grains
    structure = bicrystal.structure
    height = structure.lattice.c
    z = structure.cart_coords[:, 2]
    structure.add_site_property(
        "boundary_distance",
        np.min(
            [np.abs((z - b + height / 2) % height - height / 2) for b in bicrystal.heights], axis=0
        ).tolist(),
    )
    return GrainBoundary(
        structure=structure,
        geometry=geometry,
        layers=how.layers_of(geometry),
        heights=bicrystal.heights,
        cuts=grains.cuts,
        shift=candidate.shift,
        gap=candidate.gap,
        equivalent=grains.equivalent and not candidate.removed,
        overlap=candidate.overlap,
        moved=candidate.moved,
        removed=candidate.removed,
        bulks=grains.bulks,
    )


def _require_tilt(side: Side, axis: Sequence[int], rotation: NDArray[np.float64]) -> None:
    """Insist that an axis lies in the plane and that the grains are turned about it."""
    scalar = sum(h * u for h, u in zip(side.miller, axis, strict=True))
    if scalar != 0:
        raise InputError(
            f"the axis [{_text(axis)}] is not in the plane ({_text(side.miller)}): hu + kv + lw = "
            f"{scalar}, expected 0 for a tilt boundary; choose an axis in the plane"
        )
    if angle_about(rotation, side.crystal.point_group, side.crystal.direction(axis)) is None:
        true = symmetric(side, "twofold")
        raise InputError(
            f"the symmetric boundary on ({_text(side.miller)}) is no tilt about [{_text(axis)}]: "
            f"the crystal has no symmetry that makes it one; its misorientation is "
            f"{true.misorientation:.2f} degrees about [{_text(true.axis or ())}]; leave the axis "
            "out"
        )


def _require_atoms(geometry: Geometry, how: Construction) -> None:
    atoms = how.atoms_of(geometry)
    if atoms > how.max_atoms:
        lower, upper = how.layers_of(geometry)
        raise InputError(
            f"the cell would have {atoms} atoms ({lower} and {upper} layers of "
            f"{geometry.atoms_per_layer[0]} and {geometry.atoms_per_layer[1]} atoms, area "
            f"{geometry.area:.0f} Å^2), at most {how.max_atoms} are allowed; reduce the separation "
            f"({how.separation:g} Å) or the layers, choose a plane of smaller area, or raise "
            "max_atoms"
        )


def _text(indices: Sequence[int]) -> str:
    return " ".join(str(index) for index in indices)
