"""The parts of a study: crystals, and how each property is computed."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from physics.analysis.elasticity import LARGEST_STRAIN, SMALLEST_STRAIN
from physics.structures.geometry import Operation
from physics.structures.names import Axes
from physics.structures.request import Request

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]


def _as_text(indices: object) -> object:
    """Write a list of indices as a request has them."""
    return " ".join(map(str, indices)) if isinstance(indices, list | tuple) else indices


Indices = Annotated[str, BeforeValidator(_as_text)]


class StudyModel(BaseModel):
    """Base of all parts of a study: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class System(StudyModel):
    """One crystal of the study."""

    structure: Path = Field(
        description="structure file (CIF, POSCAR ...), relative to the study file"
    )


class RelaxSettings(StudyModel):
    """How structures are relaxed."""

    fmax: float = Field(default=1e-4, gt=0, le=0.1, description="largest force at the end, eV/Å")
    steps: int = Field(default=500, ge=1, description="most ionic steps")


class ElasticSettings(StudyModel):
    """The stress-strain method; defaults are the published settings."""

    strain: float = Field(
        default=0.015,
        ge=SMALLEST_STRAIN,
        le=LARGEST_STRAIN,
        description="magnitude delta of each mode, dimensionless",
    )
    relax_ions: bool = Field(default=True, description="relax the ions at each strain")
    linearity: bool = Field(
        default=True, description="compute delta/2 too, to measure nonlinearity"
    )
    symmetry: bool = Field(default=True, description="compute equivalent strains once")
    symprec: float = Field(default=0.01, gt=0, le=0.5, description="symmetry tolerance, Å")

    @model_validator(mode="after")
    def _half_strain_is_measurable(self) -> Self:
        if self.linearity and self.strain < 2 * SMALLEST_STRAIN:
            raise ValueError(
                f"strain {self.strain} is too small to be halved for the linearity check "
                f"(delta/2 must be at least {SMALLEST_STRAIN}): use {2 * SMALLEST_STRAIN} or more, "
                f"or linearity: false"
            )
        return self


class BoundaryEntry(StudyModel):
    """One grain boundary: by its plane, by plane and twist, by two planes, or by its name."""

    name: str | None = Field(default=None, description="such as Σ5 [001] (120)")
    plane: Indices | None = Field(default=None, description="Miller indices, such as [1, 2, 0]")
    axis: Indices | None = Field(default=None, description="tilt axis that is expected")
    twist: float | None = Field(default=None, description="rotation about the normal, degrees")
    upper_plane: Indices | None = Field(default=None, description="plane of the upper grain")
    operation: Operation = Field(
        default="twofold", description="what makes the upper grain of a symmetric tilt boundary"
    )
    axes: Axes = Field(default="given", description="axis setting of all indices")

    @model_validator(mode="after")
    def _is_a_request(self) -> Self:
        self.request()
        return self

    def request(self) -> Request:
        """
        Give the boundary as the construction takes it.

        Returns
        -------
        Request
            The boundary.
        """
        return Request(**self.model_dump())


class BoundarySettings(StudyModel):
    """How grain boundaries are built and relaxed."""

    candidates: int = Field(default=4, ge=1, le=50, description="candidates relaxed of each")
    separation: float = Field(
        default=20.0, ge=5, description="smallest distance of the two boundaries in a cell, Å"
    )
    translations: int = Field(
        default=64, ge=1, le=10_000, description="translations tried of each termination"
    )
    max_strain: float = Field(
        default=0.02, gt=0, le=0.1, description="largest principal strain of a grain"
    )
    max_area: float = Field(
        default=1500.0, gt=0, description="largest in-plane cell of a twist boundary, Å^2"
    )
    max_atoms: int = Field(default=20_000, ge=1, description="largest cell")
    fmax: float = Field(
        default=0.02,
        gt=0,
        le=0.5,
        description="largest force of a relaxed boundary, eV/Å; of its bulk a tenth",
    )
    steps: int = Field(default=500, ge=1, description="most ionic steps")
    rattled: int = Field(
        default=3, ge=0, le=50, description="rattled copies in the search for the lowest bulk"
    )
    seed: int = Field(default=0, ge=0, description="seed of the rattling")
    allow_negative: bool = Field(
        default=False,
        description="accept energies below zero, of engines whose ground state is another crystal",
    )
    bonds: dict[str, float] = Field(
        default_factory=dict, description="longest bonds of further pairs, such as Zr-O: 2.3, Å"
    )
    charges: dict[str, float] = Field(
        default_factory=dict, description="oxidation states, such as Fe: 2.667"
    )
