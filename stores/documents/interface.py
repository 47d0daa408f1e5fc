"""Interfaces of a crystal and a glass."""

from typing import ClassVar

from pydantic import Field
from pymatgen.core import Structure

from stores.documents.base import Document, PropertyDocument


class InterfaceDocument(Document):
    """A periodic cell of a crystal and a glass with two interfaces, their normal along c."""

    label: str = Field(description="what the interface is called")
    plane: tuple[int, int, int] = Field(
        description="plane of the crystal at the interfaces, in the axes of the crystal given"
    )
    engine: str = Field(description="engine of the registry, or mtp")
    functional: str = Field(description="level of theory of the engine")
    potential: str | None = Field(description="checksum of the potential; None for other engines")
    seed: int = Field(description="of packing, velocities and noise of the glass")
    formula: str = Field(description="reduced formula of the cell")
    atoms: int = Field(description="number of atoms")
    units: dict[str, int] = Field(description="units of each kind")
    charge_mismatch: int = Field(
        description="charge of the units and of lithium, e; 0 where all units are whole"
    )
    gap: float = Field(description="distance of the cuts at which both sides were joined, Å")
    overlap: float = Field(
        description="sum of (r_th - r)^2 over the contacts that joining left too close, Å^2"
    )
    heights: tuple[float, float] = Field(
        description="heights of the interfaces along c, the crystal between them, Å"
    )
    thickness: tuple[float, float] = Field(
        description="of the crystal and of the glass, from cut to cut, Å"
    )
    annealed: bool = Field(description="whether the cell has been annealed to the end")
    crystal_displacement: float | None = Field(
        description="root mean square displacement of P and S of the crystal by the anneal, that "
        "of the cell and of the crystal as a whole taken out, Å; None before it"
    )
    structure: Structure = Field(
        description="the cell, Å; site property phase is 0 in the crystal, whose atoms come first, "
        "and 1 in the glass"
    )


class AnnealedInterfaceDocument(PropertyDocument):
    """What became of both sides of an interface when it was annealed."""

    collection: ClassVar[str] = "interfaces"
    columns: ClassVar[tuple[str, ...]] = (
        "study",
        "system",
        "plane",
        "engine",
        "atoms",
        "seed",
        "crystal_formula",
        "glass_formula",
        "crystal_thickness",
        "glass_thickness",
        "crystal_density",
        "glass_density",
        "crystal_tetrahedral",
        "glass_tetrahedral",
        "crystal_displacement",
        "annealed",
    )
    line: ClassVar[tuple[str, ...]] = (
        "system",
        "engine",
        "atoms",
        "crystal_thickness",
        "glass_thickness",
        "glass_density",
        "crystal_displacement",
        "annealed",
    )

    label: str = Field(title="interface", description="what the interface is called")
    plane: str = Field(
        title="plane",
        description="plane of the crystal at the interfaces, in the axes of the crystal given",
    )
    engine: str = Field(title="engine", description="engine of the registry, or mtp")
    functional: str = Field(title="level of theory", description="level of theory of the engine")
    potential: str | None = Field(description="checksum of the potential; None for other engines")
    seed: int = Field(title="seed", description="of packing, velocities and noise")
    formula: str = Field(description="reduced formula of the cell")
    crystal_formula: str = Field(title="crystal", description="reduced formula of the crystal")
    glass_formula: str = Field(title="glass", description="reduced formula of the glass")
    atoms: int = Field(title="atoms", description="number of atoms")
    gap: float = Field(description="distance of the cuts at which both sides were joined, Å")
    heights: tuple[float, float] = Field(
        description="heights of the interfaces along c, the crystal between them, Å"
    )
    crystal_thickness: float = Field(
        title="crystal (Å)", description="of the crystal, from cut to cut, Å"
    )
    glass_thickness: float = Field(
        title="glass (Å)", description="of the glass, from cut to cut, Å"
    )
    crystal_density: float = Field(
        title="crystal density (g/cm^3)",
        description="density between the interfaces in a Hann window, whose weight is 1 halfway, 0 "
        "at both, g/cm^3",
    )
    glass_density: float = Field(
        title="glass density (g/cm^3)", description="likewise, of the glass, g/cm^3"
    )
    crystal_tetrahedral: float | None = Field(
        title="tetrahedral P in the crystal",
        description="part of the crystal's phosphorus with four sulfur atoms of either side; None "
        "without phosphorus",
    )
    glass_tetrahedral: float | None = Field(
        title="tetrahedral P in the glass", description="likewise, of the glass"
    )
    units: dict[str, int] = Field(description="units of each kind in the cell")
    crystal_units: dict[str, int] = Field(
        description="units that the atoms of the crystal make by themselves"
    )
    glass_units: dict[str, int] = Field(
        description="units that the atoms of the glass make by themselves; one that has atoms of "
        "both sides stands in pieces on each"
    )
    charge_mismatch: int = Field(
        description="charge of the units and of lithium, e; 0 where all units are whole"
    )
    crystal_displacement: float = Field(
        title="displacement of the crystal (Å)",
        description="root mean square displacement of P and S of the crystal by the anneal, Å",
    )
    annealed: bool = Field(title="annealed", description="whether the anneal ran to the end")
    structure: Structure = Field(
        description="the annealed cell, Å; site property phase is 0 in the crystal, 1 in the glass"
    )
