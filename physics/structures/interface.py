"""Interfaces of a crystal and a glass: two in each periodic cell, their normal along z."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pymatgen.core import Composition, Lattice, Structure
from scipy.constants import N_A

from physics.errors import InputError
from physics.structures.composition import POLYANIONS, ions_of
from physics.structures.contacts import thresholds
from physics.structures.crystal import Crystal
from physics.structures.packing import cell_of, pack
from physics.structures.relief import relieve
from physics.structures.slab import Slab, slab, terminations
from physics.structures.units import Units, find_units

GAP = 2.5
"""Distance of the cuts at both interfaces, Å."""

THINNEST = 10.0
"""A slab that is thinner has no inside, Å."""

SAME_CELL = 1e-3
"""By so much of their length in-plane periods may differ."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Interface:
    """
    A periodic cell of a crystal and a glass, its axis c along z, normal to both interfaces.

    Parameters
    ----------
    structure : Structure
        Site property ``phase`` is 0 in the crystal, whose atoms come first, and 1 in the glass, Å.
    units : Units
        Its units.
    heights : tuple of float
        Heights of the interfaces, the crystal between them, Å.
    thickness : tuple of float
        Of the crystal and of the glass, from cut to cut, Å.
    overlap : float
        Sum of (r_th - r)^2 over the contacts that are still too close, Å^2.
    """

    structure: Structure
    units: Units
    heights: tuple[float, float]
    thickness: tuple[float, float]
    overlap: float


def crystal_slab(
    crystal: Crystal,
    miller: Sequence[int],
    thickness: float,
    repeats: tuple[int, int] = (1, 1),
) -> Slab:
    """
    Cut the crystal's side of an interface, in whole units and whole layers.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    miller : sequence of int
        Plane of the interface.
    thickness : float
        Least thickness, Å.
    repeats : tuple of int
        In-plane cell in periods of the plane.

    Returns
    -------
    Slab
        The slab, cut where the sheets of unit centers are farthest apart.

    Raises
    ------
    InputError
        If the indices are no plane, or the slab would be thinner than `THINNEST`, or have none of
        a period.
    """
    _require_thick("the crystal", thickness)
    if min(repeats) < 1:
        raise InputError(f"repeats: given {repeats}, expected two numbers of at least 1")
    plane = crystal.plane(miller)
    cut = float(terminations(crystal, plane)[0])
    return slab(crystal, plane, ceil(thickness / plane.spacing - 1e-9), cut, np.diag(repeats))


def glass_slab(
    grain: Slab,
    formula: str,
    density: float,
    thickness: float,
    rng: Generator,
    *,
    anions: Sequence[str] = POLYANIONS,
) -> Structure:
    """
    Pack a glass into the in-plane cell of a crystal, to be melted and quenched by itself.

    Parameters
    ----------
    grain : Slab
        The crystal's side.
    formula : str
        Composition, such as ``Li3PS4``.
    density : float
        g/cm^3.
    thickness : float
        Å, at least; whole ions make it a little more.
    rng : Generator
        Source of the random numbers.
    anions : sequence of str
        Kinds of anions, see `physics.structures.composition.ions_of`.

    Returns
    -------
    Structure
        The packing, periodic in all directions; change its height alone (coupling of pressure
        along z).

    Raises
    ------
    InputError
        If the slab would be thinner than `THINNEST`, or as for `ions_of` and
        `physics.structures.packing.pack`.
    """
    _require_thick("the glass", thickness)
    volume = float(np.linalg.det(grain.cell)) * thickness
    composition = Composition(formula)
    atoms = density * volume * N_A * 1e-24 / composition.weight * composition.num_atoms
    ions = ions_of(formula, atoms=atoms, anions=anions)
    if cell_of(ions, density, grain.cell).c < thickness:
        ions = ions_of(formula, atoms=atoms + composition.num_atoms, anions=anions)
    return pack(ions, density, rng, in_plane=grain.cell)


def join(crystal: Crystal, grain: Slab, glass: Structure, gap: float = GAP) -> Interface:
    """
    Join a crystal with a glass that has its in-plane cell.

    The glass is opened at the plane z = 0 of its cell; each unit stays whole, on the side of its
    center. Units of glass that are too close to others are pushed away as rigid bodies, the
    crystal stays as it is.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    grain : Slab
        A slab of it.
    glass : Structure
        Periodic glass, its first two vectors in the xy plane, Å.
    gap : float
        Distance of the cuts at both interfaces, Å.

    Returns
    -------
    Interface
        The cell: half a gap, crystal, a gap, glass, half a gap.

    Raises
    ------
    InputError
        If the in-plane cells differ, a side is thinner than `THINNEST`, or the gap is negative.
    """
    if not 0 <= gap < np.inf:
        raise InputError(f"gap: given {gap} Å, expected at least 0, such as {GAP}")
    _require_cell(grain, glass)
    height = float(glass.lattice.matrix[2, 2])
    _require_thick("the crystal", grain.thickness)
    _require_thick("the glass", height)

    melted = find_units(glass)
    inside = glass.lattice.get_fractional_coords(melted.centers)
    opened = (inside - np.floor(inside)) @ glass.lattice.matrix
    bottom = grain.thickness + 3 * gap / 2
    up = np.array([0.0, 0.0, 1.0])
    centers = np.vstack([grain.centers + gap / 2 * up, opened + bottom * up])
    copies = len(grain.centers) // len(crystal.units)
    units = Units(
        np.concatenate([grain.unit, melted.of_atom + len(grain.centers)]),
        centers,
        np.vstack([grain.offsets, melted.offsets]),
        crystal.units.kinds * copies + melted.kinds,
    )
    matrix = np.zeros((3, 3))
    matrix[:2, :2] = grain.cell
    matrix[2, 2] = grain.thickness + height + 2 * gap
    structure = Structure(
        Lattice(matrix),
        [crystal.primitive[site].specie.symbol for site in grain.site.tolist()]
        + [site.specie.symbol for site in glass],
        centers[units.of_atom] + units.offsets,
        coords_are_cartesian=True,
        site_properties={"phase": [0] * len(grain.site) + [1] * len(glass)},
    )
    limits = thresholds((crystal.primitive, crystal.units), (glass, melted))
    relief = relieve(structure, units, limits, fixed=len(grain.centers))
    return Interface(
        relief.structure,
        relief.units,
        heights=(0.0, float(grain.thickness) + gap),
        thickness=(float(grain.thickness), height),
        overlap=relief.overlap,
    )


def _require_thick(side: str, thickness: float) -> None:
    if not THINNEST <= thickness < np.inf:
        raise InputError(
            f"{side} is {thickness:g} Å thick, expected at least {THINNEST:g} Å between its "
            "interfaces, better 25"
        )


def _require_cell(grain: Slab, glass: Structure) -> None:
    """Insist on one in-plane cell, and say by how much the two differ."""
    matrix = glass.lattice.matrix
    lengths = np.linalg.norm(grain.cell, axis=1)
    off = np.linalg.norm(matrix[:2] - np.pad(grain.cell, ((0, 0), (0, 1))), axis=1) / lengths
    if off.max() > SAME_CELL:
        raise InputError(
            f"the in-plane cells differ by {100 * off[0]:.2f} % of a and {100 * off[1]:.2f} % of "
            f"b: the crystal has {grain.cell.round(3).tolist()} Å and the glass "
            f"{matrix[:2].round(3).tolist()} Å; pack the glass with glass_slab, and let only its "
            "height change"
        )
    if not matrix[2, 2] > 0:
        raise InputError(
            f"the third vector of the glass is {matrix[2].round(3).tolist()} Å, expected one that "
            "leads up along z"
        )
