"""The output of one engine job, in the same words for every engine."""

from typing import Literal

from pydantic import Field
from pymatgen.core import Structure

from stores.documents.base import Document

Vector = tuple[float, float, float]
Matrix3 = tuple[Vector, Vector, Vector]


class CalculationDocument(Document):
    """Energy, forces and stress of one structure, and how they were obtained."""

    kind: Literal["static", "relax"] = Field(description="what the job did")
    engine: str = Field(description="name of the engine in the registry")
    functional: str = Field(description="level of theory of the engine")
    mode: Literal["run", "replay"] = Field(
        default="run", description="computed, or from a recording"
    )
    structure: Structure = Field(description="final structure, lengths in Å")
    energy: float = Field(description="potential energy of the final structure, eV")
    forces: list[Vector] = Field(description="forces of the final structure, eV/Å")
    stress: Matrix3 | None = Field(
        description="Cauchy stress of the final structure, GPa, tension positive; None if the "
        "engine has none"
    )
    converged: bool = Field(description="whether the force criterion of a relaxation was met")
    steps: int = Field(description="configurations evaluated, the first included")
    seconds: float = Field(description="wall time of the engine, s")
    cpu_seconds: float | None = Field(
        default=None, description="CPU time of the engine, s; None if it was not measured"
    )
    directory: str = Field(description="folder the job ran in")
