"""Interfaces of a crystal and a glass."""

from pydantic import Field
from pymatgen.core import Structure

from stores.documents.base import Document


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
