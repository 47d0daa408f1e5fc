"""A potential beside its reference engine: lattice, density, elasticity, grain boundaries."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pymatgen.core import Structure

from stores.documents.base import Document, PropertyDocument
from stores.documents.calculation import Vector
from stores.documents.elastic import Matrix6


class BoundaryComparison(BaseModel):
    """The energy of one grain boundary, mean of the two of its cell."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(description="what the boundary is called")
    atoms: int = Field(description="atoms in the cell")
    reference: float = Field(description="by the reference engine, J/m^2")
    unrelaxed: float | None = Field(
        description="by the potential for boundary and bulk as the reference engine relaxed them, "
        "J/m^2; None if that failed"
    )
    relaxed: float | None = Field(
        description="by the potential after it relaxed boundary and bulk: atoms and height, with "
        "the in-plane cell of the reference engine, J/m^2; None if that failed"
    )


class ValidationDocument(Document):
    """What a potential and its reference engine say about one crystal and its boundaries."""

    engine: str = Field(description="name of the reference engine in the registry")
    functional: str = Field(description="its level of theory")
    potential: str = Field(description="checksum of the potential")
    crystal: Structure = Field(description="crystal relaxed by the reference engine, Å")
    relaxed: Structure | None = Field(
        description="the same relaxed by the potential, atoms and cell, Å; None if that failed"
    )
    strain: float = Field(description="strain magnitude of the potential's elastic tensor")
    reference_stiffness: Matrix6 | None = Field(
        description="elastic tensor by the reference engine, not symmetrised, GPa; None if it was "
        "not given"
    )
    stiffness: Matrix6 | None = Field(
        description="elastic tensor by the potential of the same crystal, which it relaxed, ions "
        "relaxed at each strain, not symmetrised, GPa; None if that failed"
    )
    boundaries: list[BoundaryComparison] = Field(description="the grain boundaries")


class PotentialValidationDocument(PropertyDocument):
    """Lattice, density, moduli and boundary energies of a potential and its reference engine."""

    collection: ClassVar[str] = "validations"
    columns: ClassVar[tuple[str, ...]] = (
        "study",
        "system",
        "engine",
        "potential",
        "reference_density",
        "density",
        "reference_bulk_hill",
        "bulk_hill",
        "reference_shear_hill",
        "shear_hill",
        "boundary_error",
    )

    formula: str = Field(description="reduced formula")
    engine: str = Field(
        title="reference engine", description="name of the reference engine in the registry"
    )
    functional: str = Field(description="its level of theory")
    potential: str = Field(title="potential", description="checksum of the potential")
    formula_units: int = Field(description="formula units in the cell of the crystal")
    reference_lattice: Vector = Field(description="a, b, c by the reference engine, Å")
    lattice: Vector | None = Field(description="a, b, c by the potential, Å")
    reference_density: float = Field(
        title="density, reference (g/cm^3)", description="by the reference engine, g/cm^3"
    )
    density: float | None = Field(
        title="density (g/cm^3)", description="by the potential, g/cm^3; None if it failed"
    )
    reference_bulk_hill: float | None = Field(
        title="bulk modulus B, reference (GPa)",
        description="Hill bulk modulus by the reference engine, GPa; None if it was not given",
    )
    bulk_hill: float | None = Field(
        title="bulk modulus B (GPa)",
        description="Hill bulk modulus by the potential, GPa; None if it failed",
    )
    reference_shear_hill: float | None = Field(
        title="shear modulus G, reference (GPa)",
        description="Hill shear modulus by the reference engine, GPa",
    )
    shear_hill: float | None = Field(
        title="shear modulus G (GPa)", description="Hill shear modulus by the potential, GPa"
    )
    reference_young_hill: float | None = Field(
        description="Young's modulus of the Hill means by the reference engine, GPa"
    )
    young_hill: float | None = Field(
        description="Young's modulus of the Hill means by the potential, GPa"
    )
    reference_poisson_hill: float | None = Field(
        description="Poisson ratio of the Hill means by the reference engine"
    )
    poisson_hill: float | None = Field(
        description="Poisson ratio of the Hill means by the potential"
    )
    boundaries: list[BoundaryComparison] = Field(
        description="the grain boundaries, the lowest energy by the reference engine first"
    )
    boundary_error: float | None = Field(
        title="boundary energies, MAE (J/m^2)",
        description="mean absolute error of the energies of boundaries that the potential relaxed, "
        "J/m^2; None without such boundaries",
    )
    unrelaxed_boundary_error: float | None = Field(
        description="the same of boundaries as the reference engine relaxed them, J/m^2"
    )
