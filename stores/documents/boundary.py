"""Grain boundaries: as built, as relaxed, and their energies."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pymatgen.core import Structure

from physics.structures.geometry import Geometry
from stores.documents.base import Document, PropertyDocument


class BulkDocument(Document):
    """The crystal that boundaries are built of and compared with."""

    engine: str = Field(description="name of the engine in the registry")
    functional: str = Field(description="level of theory of the engine")
    structure: Structure = Field(description="relaxed crystal of lowest energy, Å")
    energy: float = Field(description="its energy, eV")
    gain: float = Field(
        description="how much lower it is than the crystal relaxed from the given one, eV per atom"
    )


class BuiltCandidate(BaseModel):
    """One way to put two grains together."""

    model_config = ConfigDict(extra="forbid")

    structure: Structure = Field(
        description="periodic cell of two boundaries normal to c, Å; site property grain is 0 or 1"
    )
    heights: tuple[float, float] = Field(description="heights of the boundaries along c, Å")
    cuts: tuple[float, float] = Field(
        description="terminations: heights of the cuts in units of the layer spacings"
    )
    shift: tuple[float, float] = Field(
        description="translation of the upper grain in units of the in-plane cell vectors"
    )
    gap: float = Field(description="distance of the grains beyond that of the sheets, Å")
    equivalent: bool = Field(description="whether a symmetry makes both boundaries the same")
    overlap: float = Field(
        description="sum of (r_th - r)^2 over the pairs that were too close at first, Å^2"
    )
    moved: float = Field(description="largest displacement of a unit that removed the overlap, Å")
    removed: int = Field(description="formula units taken out at each boundary")


class BuiltBoundaryDocument(Document):
    """A boundary with its candidates before relaxation."""

    label: str = Field(description="what the boundary is called, or was asked for as")
    axes: str = Field(description="axis setting that the label refers to")
    geometry: Geometry = Field(description="what was built")
    layers: tuple[int, int] = Field(description="layers of the lower and of the upper grain")
    crystal: Structure = Field(description="the crystal of both grains, Å")
    bonds: dict[str, float] = Field(description="longest bonds given, by pair such as Zr-O, Å")
    charges: dict[str, float] = Field(description="oxidation states given, e")
    strained: list[Structure] = Field(
        description="bulk of the lower and of the upper grain at the strain of the boundary, one "
        "layer, Å; empty where there is no strain"
    )
    candidates: list[BuiltCandidate] = Field(description="that with least overlap first")


class RelaxedCandidate(BaseModel):
    """A candidate after its relaxation."""

    model_config = ConfigDict(extra="forbid")

    built: BuiltCandidate = Field(description="how it was built; its structure is the relaxed one")
    uuid: str = Field(description="uuid of the relaxation")
    energy: float = Field(description="energy of the cell, eV")
    converged: bool = Field(description="whether the relaxation converged")
    steps: int = Field(description="configurations evaluated")


class RelaxedBoundaryDocument(Document):
    """Relaxed candidates of a boundary and the bulk that they are compared with."""

    engine: str = Field(description="name of the engine in the registry")
    functional: str = Field(description="level of theory of the engine")
    label: str = Field(description="what the boundary is called, or was asked for as")
    axes: str = Field(description="axis setting that the label refers to")
    geometry: Geometry = Field(description="what was built")
    layers: tuple[int, int] = Field(description="layers of the lower and of the upper grain")
    crystal: Structure = Field(description="relaxed crystal of both grains, Å")
    bonds: dict[str, float] = Field(description="longest bonds given, by pair such as Zr-O, Å")
    charges: dict[str, float] = Field(description="oxidation states given, e")
    allow_negative: bool = Field(description="whether an energy below zero counts")
    bulk_energies: tuple[float, float] = Field(
        description="energy of the bulk at the strain of each grain, eV per atom"
    )
    bulk_volumes: tuple[float, float] = Field(
        description="volume of the bulk at the strain of each grain, Å^3 per atom"
    )
    candidates: list[RelaxedCandidate] = Field(description="lowest energy per atom first")


class BestBoundary(BaseModel):
    """The relaxed candidate of lowest energy and the bulk that it is compared with."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(description="what the boundary is called, or was asked for as")
    crystal: Structure = Field(description="relaxed crystal of both grains, Å")
    built: BuiltCandidate = Field(description="how it was built; its structure is the relaxed one")
    energy: float = Field(description="energy of the cell, eV")
    bulks: tuple[Structure, Structure] = Field(
        description="relaxed bulk at the strain of the lower and of the upper grain, Å; vectors a "
        "and b lie in the plane of the boundary, which is normal to z"
    )
    bulk_energies: tuple[float, float] = Field(description="their energies, eV per atom")


class CandidateResult(BaseModel):
    """What became of one candidate."""

    model_config = ConfigDict(extra="forbid")

    uuid: str = Field(description="uuid of the relaxation")
    energy: float = Field(description="mean energy of the two boundaries, J/m^2")
    excess_volume: float = Field(description="mean excess volume of the two boundaries, Å")
    refused: list[str] = Field(description="checks that it fails; empty if it counts")
    cuts: tuple[float, float] = Field(description="terminations, see BuiltCandidate")
    shift: tuple[float, float] = Field(description="translation, see BuiltCandidate")
    gap: float = Field(description="gap before relaxation, Å")
    overlap: float = Field(description="overlap before it was relieved, Å^2")
    moved: float = Field(description="largest displacement of a unit that relieved it, Å")
    removed: int = Field(description="formula units taken out at each boundary")
    steps: int = Field(description="configurations evaluated in the relaxation")


class GrainBoundaryDocument(PropertyDocument):
    """The energy of a grain boundary: the lowest of its candidates that pass all checks."""

    collection: ClassVar[str] = "grain_boundaries"
    columns: ClassVar[tuple[str, ...]] = (
        "study",
        "system",
        "engine",
        "functional",
        "label",
        "kind",
        "plane",
        "misorientation",
        "rotation_axis",
        "area",
        "strain",
        "atoms",
        "energy",
        "excess_volume",
    )
    line: ClassVar[tuple[str, ...]] = (
        "system",
        "label",
        "plane",
        "misorientation",
        "atoms",
        "energy",
    )

    formula: str = Field(description="reduced formula")
    engine: str = Field(title="engine", description="name of the engine in the registry")
    functional: str = Field(title="level of theory", description="level of theory of the engine")
    label: str = Field(
        title="label", description="what the boundary is called; see geometry for what it is"
    )
    axes: str = Field(description="axis setting that the label refers to")
    kind: str = Field(title="kind", description="symmetric tilt, twist, asymmetric tilt or mixed")
    plane: str = Field(title="plane", description="Miller indices in the axes of the structure")
    misorientation: float | None = Field(
        title="misorientation (degrees)",
        description="smallest rotation between the grains, degrees",
    )
    rotation_axis: str = Field(
        title="axis", description="low-index direction nearest to the axis of that rotation"
    )
    area: float = Field(title="area (Å^2)", description="in-plane cell, Å^2")
    strain: float = Field(title="strain", description="largest principal strain of a grain")
    atoms: int = Field(title="atoms", description="atoms in the cell of the best candidate")
    energy: float | None = Field(
        title="energy (J/m^2)",
        description="mean energy of the two boundaries of the best candidate that counts, J/m^2; "
        "None if none does",
    )
    excess_volume: float | None = Field(
        title="excess volume (Å)",
        description="mean excess volume of the two boundaries of that candidate, Å",
    )
    equivalent: bool = Field(
        description="whether both boundaries of that candidate are the same by symmetry; if not, "
        "only the mean of their energies is defined"
    )
    geometry: Geometry = Field(description="what was built")
    layers: tuple[int, int] = Field(description="layers of the lower and of the upper grain")
    structure: Structure = Field(
        description="relaxed cell of the best candidate, Å; site property grain is 0 or 1"
    )
    heights: tuple[float, float] = Field(description="heights of its boundaries along c, Å")
    shortest: dict[str, float] = Field(
        description="shortest distance between atoms of different units in it, by pair, Å"
    )
    candidates: list[CandidateResult] = Field(description="lowest energy first, refused ones last")
