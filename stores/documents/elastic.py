"""Stress-strain data and the elastic tensor that follows from it."""

from typing import ClassVar, Literal

from pydantic import Field
from pymatgen.core import Structure

from stores.documents.base import Document, PropertyDocument
from stores.documents.calculation import Matrix3

Voigt = tuple[float, float, float, float, float, float]
Matrix6 = tuple[Voigt, Voigt, Voigt, Voigt, Voigt, Voigt]


class StressStrainDocument(Document):
    """Stresses of one crystal under a set of homogeneous strains."""

    engine: str = Field(description="name of the engine in the registry")
    functional: str = Field(description="level of theory of the engine")
    structure: Structure = Field(description="unstrained structure, lengths in Å")
    prestress: Matrix3 = Field(
        description="Cauchy stress of the unstrained structure, GPa, tension positive"
    )
    strain: float = Field(description="strain magnitude delta of each mode, dimensionless")
    relax_ions: bool = Field(description="whether the ions were relaxed at each strain")
    halved: bool = Field(description="whether delta/2 was computed too")
    strains: list[Matrix3] = Field(description="Green-Lagrange strains, dimensionless")
    stresses: list[Matrix3] = Field(
        description="Cauchy stress at each strain, GPa, tension positive"
    )
    rotations: list[Matrix3] = Field(
        description="Cartesian point group of the structure that reduced the set of strains"
    )


class ElasticDocument(PropertyDocument):
    """The elastic tensor of one crystal, its moduli and how far they can be trusted."""

    collection: ClassVar[str] = "elastic"
    columns: ClassVar[tuple[str, ...]] = (
        "study",
        "system",
        "engine",
        "functional",
        "density",
        "bulk_hill",
        "shear_hill",
        "young_hill",
        "poisson_hill",
        "universal_anisotropy",
        "nonlinearity",
        "asymmetry",
        "stable",
    )

    formula: str = Field(description="reduced formula")
    engine: str = Field(title="engine", description="name of the engine in the registry")
    functional: str = Field(title="level of theory", description="level of theory of the engine")
    structure: Structure = Field(description="unstrained structure, lengths in Å")
    density: float = Field(title="density (g/cm^3)", description="mass density, g/cm^3")
    strain: float = Field(description="strain magnitude delta of each mode, dimensionless")
    relax_ions: bool = Field(description="whether the ions were relaxed at each strain")
    strains: list[Matrix3] = Field(description="Green-Lagrange strains, dimensionless")
    stresses: list[Matrix3] = Field(
        description="Cauchy stress at each strain, GPa, tension positive"
    )
    convention: Literal["green_lagrange_cauchy"] = Field(
        "green_lagrange_cauchy",
        description="central differences of Cauchy stress over Green-Lagrange strain, engineering "
        "shear; Cartesian axes of `structure`",
    )
    stiffness: Matrix6 = Field(description="symmetrised elastic tensor C, Voigt order, GPa")
    asymmetry: float = Field(
        title="asymmetry of C", description="max|C - C^T| / max|C| before symmetrising"
    )
    compliance: Matrix6 = Field(description="S = C^-1, 1/GPa")
    bulk_voigt: float = Field(description="Voigt bulk modulus, GPa")
    bulk_reuss: float = Field(description="Reuss bulk modulus, GPa")
    bulk_hill: float = Field(
        title="bulk modulus B, Hill (GPa)", description="Hill bulk modulus, GPa"
    )
    shear_voigt: float = Field(description="Voigt shear modulus, GPa")
    shear_reuss: float = Field(description="Reuss shear modulus, GPa")
    shear_hill: float = Field(
        title="shear modulus G, Hill (GPa)", description="Hill shear modulus, GPa"
    )
    young_hill: float = Field(
        title="Young's modulus E (GPa)", description="Young's modulus from the Hill means, GPa"
    )
    poisson_hill: float = Field(
        title="Poisson ratio", description="Poisson ratio from the Hill means, dimensionless"
    )
    universal_anisotropy: float = Field(
        title="universal anisotropy A^U", description="A^U, 0 for an isotropic solid"
    )
    eigenvalues: Voigt = Field(description="eigenvalues of C, ascending, GPa")
    stable: bool = Field(
        title="Born stable", description="Born stability: all eigenvalues of C positive"
    )
    prestress: Matrix3 = Field(
        description="Cauchy stress of the unstrained structure, GPa, tension positive"
    )
    nonlinearity: float | None = Field(
        title="nonlinearity of C",
        description="max|C(delta) - C(delta/2)| / max|C(delta/2)|; None if not computed",
    )
