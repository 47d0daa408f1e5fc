"""Glasses: as quenched, as tested, and their elasticity over several quenches."""

from typing import ClassVar, NamedTuple

from pydantic import Field
from pymatgen.core import Structure

from physics.analysis.glass import Acceptance, Check, check_glass
from physics.dynamics.summary import StageSummary
from physics.structures.census import Census, census_of
from stores.documents.base import Document, PropertyDocument
from stores.documents.elastic import Matrix6


class QuenchDocument(Document):
    """One melt-quench: what went in and what came out."""

    label: str = Field(description="what the glass is called")
    engine: str = Field(description="engine of the registry, or mtp")
    functional: str = Field(description="level of theory of the engine")
    potential: str | None = Field(description="checksum of the potential; None for other engines")
    seed: int = Field(description="of packing, velocities and noise")
    pressure: float = Field(description="pressure of the melt-quench, GPa")
    acceptance: Acceptance = Field(description="what is demanded")
    start: Structure = Field(description="what was melted, Å")
    structure: Structure = Field(description="the glass, Å")
    completed: bool = Field(description="whether all stages were run")
    stopped: str | None = Field(description="why not")
    stages: list[StageSummary] = Field(description="what each stage gave")

    def tested(self) -> "TestedGlass":
        """
        Test the glass.

        Returns
        -------
        TestedGlass
            Units before and after, the tests, and why the glass is refused.
        """
        known = {element.symbol for element in self.start.elements} <= {"Li", "P", "S"}
        packed = census_of(self.start) if known else None
        found = census_of(self.structure) if known else None
        checks = check_glass(
            self.acceptance,
            self.stages,
            tetrahedral=found.tetrahedral if found else None,
            packed=packed.counts if packed else {},
            found=found.counts if found else {},
        )
        refused = [f"refused: {check.told}" for check in checks if check.refuses]
        if not self.completed:
            refused.append(f"refused: the melt-quench stopped early ({self.stopped})")
        return TestedGlass(packed, found, checks, refused)


class TestedGlass(NamedTuple):
    """What the tests of a glass gave; there is a census of Li, P and S alone."""

    packed: Census | None
    found: Census | None
    checks: list[Check]
    refused: list[str]


class GlassDocument(PropertyDocument):
    """A glass and its acceptance tests."""

    collection: ClassVar[str] = "glasses"
    columns: ClassVar[tuple[str, ...]] = (
        "study",
        "system",
        "label",
        "engine",
        "atoms",
        "seed",
        "pressure",
        "density",
        "published_density",
        "tetrahedral",
        "accepted",
    )
    line: ClassVar[tuple[str, ...]] = (
        "system",
        "label",
        "engine",
        "atoms",
        "pressure",
        "density",
        "tetrahedral",
        "accepted",
    )

    label: str = Field(title="glass", description="what the glass is called")
    formula: str = Field(description="reduced formula")
    engine: str = Field(title="engine", description="engine of the registry, or mtp")
    functional: str = Field(title="level of theory", description="level of theory of the engine")
    atoms: int = Field(title="atoms", description="number of atoms")
    seed: int = Field(title="seed", description="of packing, velocities and noise")
    pressure: float = Field(title="pressure (GPa)", description="of the melt-quench, GPa")
    density: float = Field(
        title="density (g/cm^3)", description="mean density of the last stage, g/cm^3"
    )
    published_density: float | None = Field(
        title="published density (g/cm^3)",
        description="of Li3PS4 glass at this pressure by Garcia-Mendez et al. 2020; None at others",
    )
    tetrahedral: float | None = Field(
        title="tetrahedral P",
        description="part of the phosphorus with four sulfur atoms; None in other glasses",
    )
    units: dict[str, int] = Field(description="units of each kind in the glass")
    packed_units: dict[str, int] = Field(description="units of each kind in what was melted")
    charge_mismatch: int | None = Field(
        description="charge of the units and of lithium, e; 0 where all units are whole"
    )
    displacements: dict[str, dict[str, float]] = Field(
        description="mean squared displacement of each element in each stage, Å^2"
    )
    checks: list[Check] = Field(description="the acceptance tests")
    accepted: bool = Field(title="accepted", description="whether all that is demanded is so")
    structure: Structure = Field(description="the glass, Å")
    stages: list[StageSummary] = Field(description="what each stage of the melt-quench gave")


class QuenchTensorsDocument(Document):
    """Elastic tensors of several quenches of one glass."""

    label: str = Field(description="what the glass is called")
    engine: str = Field(description="name of the engine in the registry")
    functional: str = Field(description="level of theory of the engine")
    formula: str = Field(description="reduced formula")
    pressure: float = Field(description="pressure of the melt-quench, GPa")
    seeds: list[int] = Field(description="seed of each quench")
    densities: list[float] = Field(description="density of each relaxed glass, g/cm^3")
    tensors: list[Matrix6] = Field(description="symmetrised elastic tensor of each, GPa")


class GlassElasticDocument(PropertyDocument):
    """The elastic tensor of a glass, averaged over quenches."""

    collection: ClassVar[str] = "glass_elastic"
    columns: ClassVar[tuple[str, ...]] = (
        "study",
        "system",
        "label",
        "engine",
        "pressure",
        "density",
        "quenches",
        "bulk_hill",
        "bulk_hill_sd",
        "shear_hill",
        "shear_hill_sd",
        "young_hill",
        "young_hill_sd",
        "poisson_hill",
        "poisson_hill_sd",
        "universal_anisotropy",
        "stable",
    )
    line: ClassVar[tuple[str, ...]] = (
        "system",
        "label",
        "pressure",
        "density",
        "quenches",
        "bulk_hill",
        "shear_hill",
        "young_hill",
        "poisson_hill",
    )

    label: str = Field(title="glass", description="what the glass is called")
    formula: str = Field(description="reduced formula")
    engine: str = Field(title="engine", description="name of the engine in the registry")
    functional: str = Field(title="level of theory", description="level of theory of the engine")
    pressure: float = Field(title="pressure (GPa)", description="of the melt-quench, GPa")
    density: float = Field(title="density (g/cm^3)", description="mean density, g/cm^3")
    quenches: int = Field(title="quenches", description="number of quenches")
    bulk_hill: float = Field(title="B (GPa)", description="Hill bulk modulus of the mean, GPa")
    bulk_hill_sd: float | None = Field(
        title="sd of B (GPa)", description="its standard deviation over quenches; None for one"
    )
    shear_hill: float = Field(title="G (GPa)", description="Hill shear modulus of the mean, GPa")
    shear_hill_sd: float | None = Field(title="sd of G (GPa)", description="likewise")
    young_hill: float = Field(title="E (GPa)", description="Young's modulus of the mean, GPa")
    young_hill_sd: float | None = Field(title="sd of E (GPa)", description="likewise")
    poisson_hill: float = Field(title="Poisson ratio", description="Poisson ratio of the mean")
    poisson_hill_sd: float | None = Field(title="sd of Poisson ratio", description="likewise")
    universal_anisotropy: float = Field(
        title="universal anisotropy A^U", description="A^U of the mean, 0 for an isotropic solid"
    )
    stable: bool = Field(title="Born stable", description="whether the mean tensor is stable")
    stiffness: Matrix6 = Field(description="mean tensor, GPa")
    isotropic: Matrix6 = Field(description="isotropic tensor closest to it, GPa")
    tensors: list[Matrix6] = Field(description="tensor of each quench, GPa")
    seeds: list[int] = Field(description="seed of each quench")
