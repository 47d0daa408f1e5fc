"""Annealed interfaces of a crystal and a glass, and what both sides are made of."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure
from scipy.constants import N_A

from physics.structures.census import TETRAHEDRAL, census_of
from physics.structures.plane import spaced
from stores.builders.base import PropertyBuilder
from stores.documents import AnnealedInterfaceDocument, InterfaceDocument
from stores.versions import versions

CRYSTAL, GLASS = 0, 1
"""Site property phase."""


class InterfaceBuilder(PropertyBuilder):
    """Derive an `AnnealedInterfaceDocument` from each `InterfaceDocument` after its anneal."""

    source = InterfaceDocument
    target = AnnealedInterfaceDocument
    criteria: ClassVar[dict[str, Any]] = {"output.crystal_displacement": {"$ne": None}}
    """Those that only joined both sides have none."""

    def analyse(
        self, output: InterfaceDocument, common: dict[str, Any]
    ) -> AnnealedInterfaceDocument:
        """
        Take an interface apart into its sides.

        Parameters
        ----------
        output : InterfaceDocument
            The annealed interface.
        common : dict
            Values of the fields that every property has.

        Returns
        -------
        AnnealedInterfaceDocument
            Density, units and tetrahedral fraction of the sides.
        """
        structure = output.structure
        phase = np.array(structure.site_properties["phase"])
        crystal, glass = (_side(structure, phase == side) for side in (CRYSTAL, GLASS))
        tetrahedral = _tetrahedral(structure)
        bottom, top = output.heights
        return AnnealedInterfaceDocument(
            **common,
            input_hash=output.input_hash,
            versions=output.versions | versions(),
            warnings=output.warnings,
            plane=f"({spaced(output.plane)})",
            crystal_formula=crystal.composition.reduced_formula,
            glass_formula=glass.composition.reduced_formula,
            crystal_thickness=output.thickness[CRYSTAL],
            glass_thickness=output.thickness[GLASS],
            crystal_density=_density(structure, bottom, top),
            glass_density=_density(structure, top, bottom + structure.lattice.c),
            crystal_tetrahedral=_mean(tetrahedral[phase == CRYSTAL]),
            glass_tetrahedral=_mean(tetrahedral[phase == GLASS]),
            crystal_units=census_of(crystal).counts,
            glass_units=census_of(glass).counts,
            **{
                name: getattr(output, name)
                for name in (
                    "label",
                    "engine",
                    "functional",
                    "potential",
                    "seed",
                    "formula",
                    "atoms",
                    "gap",
                    "heights",
                    "units",
                    "charge_mismatch",
                    "crystal_displacement",
                    "annealed",
                    "structure",
                )
            },
        )


def _side(structure: Structure, kept: NDArray[np.bool_]) -> Structure:
    """Give some atoms in the cell of all."""
    return Structure.from_sites([structure[number] for number in np.flatnonzero(kept)])


def _tetrahedral(structure: Structure) -> NDArray[np.float64]:
    """Tell of each atom whether it has four S around: 1 or 0, and nan where it is no P."""
    symbols = np.array([site.specie.symbol for site in structure])
    first, second, _, _ = structure.get_neighbor_list(TETRAHEDRAL, exclude_self=True)
    near = np.bincount(first[symbols[second] == "S"], minlength=len(structure))
    return np.where(symbols == "P", near == 4, np.nan)


def _mean(values: NDArray[np.float64]) -> float | None:
    """Average what is a number, if anything is."""
    numbers = values[~np.isnan(values)]
    return float(numbers.mean()) if len(numbers) else None


def _density(structure: Structure, bottom: float, top: float) -> float:
    """Average the density between two heights along c, in a Hann window, g/cm^3.

    Its weight is cos^2, 1 halfway and 0 at both: what the interfaces do to the density hardly
    counts, and neither do layers.
    """
    lattice = structure.lattice
    off = structure.frac_coords[:, 2] - (bottom + top) / (2 * lattice.c)
    off = (off - np.rint(off)) * lattice.c / (top - bottom)
    weight = np.where(np.abs(off) < 0.5, np.cos(np.pi * off) ** 2, 0.0)
    mass = weight @ [float(site.specie.atomic_mass) for site in structure]
    volume = lattice.volume * (top - bottom) / (2 * lattice.c)
    return float(mass / (N_A * 1e-24 * volume))
