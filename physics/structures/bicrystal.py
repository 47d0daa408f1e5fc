"""Two grains stacked into one periodic cell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Lattice, Structure

from physics.structures.crystal import Crystal
from physics.structures.slab import Slab
from physics.structures.units import Units

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Grains:
    """
    Two slabs with a common in-plane cell, not yet placed on each other.

    Parameters
    ----------
    crystals : tuple of Crystal
        The crystals of the lower and of the upper grain.
    lower, upper : Slab
        The slabs.
    cuts : tuple of float
        Heights of the cuts in units of the layer spacing of each crystal.
    origin : ndarray, shape (2,)
        In-plane place of the upper slab where the lattice of the lower grain goes on, Å.
    special : ndarray, shape (n, 2)
        Translations from there at which both lattices have planes or points in common, Å.
    equivalent : bool
        Whether a symmetry makes both boundaries of the cell the same.
    bulks : tuple of Structure
        Bulk of the lower and of the upper grain at its strain; empty where there is none.
    """

    crystals: tuple[Crystal, Crystal]
    lower: Slab
    upper: Slab
    cuts: tuple[float, float]
    origin: FloatArray
    special: FloatArray
    equivalent: bool
    bulks: tuple[Structure, ...] = ()

    @property
    def cell(self) -> FloatArray:
        """In-plane periods, shape (2, 2), Å."""
        return self.lower.cell

    @property
    def area(self) -> float:
        """Area of the in-plane cell, Å^2."""
        return float(np.linalg.det(self.cell))


@dataclass(frozen=True)
class Bicrystal:
    """
    A periodic cell of two grains, its axis c normal to both boundaries.

    Parameters
    ----------
    structure : Structure
        Site property ``grain`` is 0 in the lower and 1 in the upper grain, Å.
    units : Units
        Its units.
    heights : tuple of float
        Heights of the two boundaries along c, Å.
    """

    structure: Structure
    units: Units
    heights: tuple[float, float]


def stacked(grains: Grains, shift: FloatArray, gap: float) -> Bicrystal:
    """
    Put the upper grain on the lower one and close the cell.

    Parameters
    ----------
    grains : Grains
        The slabs.
    shift : ndarray, shape (2,)
        In-plane translation of the upper grain from `Grains.origin`, Å.
    gap : float
        Distance of the cuts at both boundaries, Å.

    Returns
    -------
    Bicrystal
        The cell: half a gap, lower grain, a gap, upper grain, half a gap.
    """
    lower, upper = grains.lower, grains.upper
    second = lower.thickness + gap
    height = second + upper.thickness + gap
    lift = np.array([0.0, 0.0, gap / 2])
    placed = np.append(grains.origin + shift, second + gap / 2)
    centers = np.concatenate([lower.centers + lift, upper.centers + placed])
    offsets = np.concatenate([lower.offsets, upper.offsets])
    of_atom = np.concatenate([lower.unit, upper.unit + len(lower.centers)])
    inside = centers[:, :2] @ np.linalg.inv(grains.cell)
    centers[:, :2] -= np.floor(inside + _EDGE) @ grains.cell

    matrix = np.zeros((3, 3))
    matrix[:2, :2] = grains.cell
    matrix[2, 2] = height
    parts = list(zip(grains.crystals, (lower, upper), strict=True))
    structure = Structure(
        Lattice(matrix),
        [crystal.primitive[site].specie for crystal, slab in parts for site in slab.site.tolist()],
        centers[of_atom] + offsets,
        coords_are_cartesian=True,
        site_properties={"grain": [0] * len(lower.site) + [1] * len(upper.site)},
    )
    kinds = tuple(
        kind
        for crystal, slab in parts
        for kind in crystal.units.kinds * (len(slab.centers) // len(crystal.units))
    )
    return Bicrystal(structure, Units(of_atom, centers, offsets, kinds), (0.0, second))


_EDGE = 1e-9
