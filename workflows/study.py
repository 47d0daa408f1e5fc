"""A study: which systems, which engine, which properties; read from YAML, made into a flow."""

from pathlib import Path
from typing import Annotated, Any, Self

from jobflow import Flow, Job
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pymatgen.core import Structure

from makers.calculation import calculation
from makers.engine import Engine
from makers.engines import get_engine
from physics.analysis.elasticity import LARGEST_STRAIN, SMALLEST_STRAIN
from physics.errors import InputError
from physics.structures.construction import Construction
from physics.structures.geometry import Operation
from physics.structures.names import Axes
from physics.structures.request import Request
from stores.hashing import input_hash
from workflows.boundary import BoundaryFlowMaker
from workflows.elastic import ElasticFlowMaker
from workflows.study_file import read_structure, read_yaml, validated

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]


def _as_text(indices: object) -> object:
    """Write a list of indices as a request has them."""
    return " ".join(map(str, indices)) if isinstance(indices, list | tuple) else indices


Indices = Annotated[str, BeforeValidator(_as_text)]


class StudyModel(BaseModel):
    """Base of all parts of a study: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


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


class Study(StudyModel):
    """
    A study as its YAML file has it.

    Attributes
    ----------
    name : str
        Key of the study in the store and name of its folder.
    engine : str
        Name of the engine in the registry.
    systems : dict
        The crystals by name.
    relax : RelaxSettings
        How structures are relaxed.
    elastic : ElasticSettings or None
        How the elastic tensor of every system is computed; ``{}`` for the defaults.
    boundaries : list of BoundaryEntry
        The grain boundaries that are computed of every system.
    boundary : BoundarySettings
        How they are built and relaxed.
    """

    name: Name
    engine: str
    systems: dict[Name, System] = Field(min_length=1)
    relax: RelaxSettings = Field(default_factory=RelaxSettings)
    elastic: ElasticSettings | None = None
    boundaries: list[BoundaryEntry] = Field(default_factory=list)
    boundary: BoundarySettings = Field(default_factory=BoundarySettings)

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.elastic is None and not self.boundaries:
            raise ValueError("nothing to compute: give elastic, boundaries or both")
        return self

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """
        Read and check a study file.

        Parameters
        ----------
        path : Path
            YAML file.

        Returns
        -------
        Study
            The study, with the paths of its structures made absolute.

        Raises
        ------
        InputError
            If the file is missing, is not YAML, or has a wrong key or value; the message names
            the line.
        """
        content, lines = read_yaml(path)
        study = validated(cls, content, path, lines)
        for system in study.systems.values():
            system.structure = (path.parent / system.structure).resolve()
        return study

    def structures(self) -> dict[str, Structure]:
        """
        Read the structures of all systems.

        Returns
        -------
        dict of str to Structure
            Structure by system name.

        Raises
        ------
        InputError
            If a file is missing, unreadable or has partial occupancies.
        """
        return {name: read_structure(system.structure) for name, system in self.systems.items()}

    def checked_engine(self) -> Engine:
        """
        Give the engine of the study, checked against what the study needs of it.

        Returns
        -------
        Engine
            The engine, available here or not.

        Raises
        ------
        InputError
            If the engine is unknown or has no stress.
        """
        engine = get_engine(self.engine)
        if not engine.stress:
            raise InputError(
                f"engine '{engine.name}' has no stress tensor, which strained and stretched "
                f"cells need: choose an engine with stress (thioflow engines)"
            )
        return engine

    def flow(self, structures: dict[str, Structure]) -> Flow:
        """
        Assemble the flow of the study.

        Parameters
        ----------
        structures : dict of str to Structure
            Structure by system name.

        Returns
        -------
        Flow
            One flow for each system; every job carries study, system and step in its metadata.
        """
        flows: list[Flow | Job] = []
        for system, structure in structures.items():
            for maker in self._makers():
                flow = maker.make(structure)
                flow.append_name(f"{system}: ", prepend=True)
                flow.update_metadata({"study": self.name, "system": system})
                flows.append(flow)
        return Flow(flows, name=self.name)

    def content_hash(self, structures: dict[str, Structure]) -> str:
        """
        Hash what the study computes.

        Parameters
        ----------
        structures : dict of str to Structure
            Structure by system name.

        Returns
        -------
        str
            Equal for two studies that would run the same jobs.
        """
        unused = {"systems"} if self.boundaries else {"systems", "boundaries", "boundary"}
        settings = self.model_dump(mode="json", exclude=unused, exclude_none=True)
        return input_hash("study", settings, **{f"system {k}": v for k, v in structures.items()})

    def _makers(self) -> list[ElasticFlowMaker | BoundaryFlowMaker]:
        makers: list[ElasticFlowMaker | BoundaryFlowMaker] = []
        if self.elastic is not None:
            makers.append(self._elastic(self.elastic))
        if self.boundaries:
            makers.append(self._boundaries(self.boundary))
        return makers

    def _boundaries(self, settings: BoundarySettings) -> BoundaryFlowMaker:
        tight: dict[str, Any] = {"fmax": settings.fmax / 10, "steps": settings.steps}
        return BoundaryFlowMaker(
            boundaries=[entry.request() for entry in self.boundaries],
            construction=Construction(
                keep=settings.candidates,
                **settings.model_dump(
                    include={"separation", "translations", "max_strain", "max_area", "max_atoms"}
                ),
            ),
            bulk=calculation(self.engine, "relax", **tight),
            strained=calculation(self.engine, "relax", cell="normal", **tight),
            relax=calculation(
                self.engine, "relax", cell="normal", fmax=settings.fmax, steps=settings.steps
            ),
            **settings.model_dump(
                include={"rattled", "seed", "allow_negative", "bonds", "charges"}
            ),
        )

    def _elastic(self, settings: ElasticSettings) -> ElasticFlowMaker:
        forces: dict[str, Any] = self.relax.model_dump()
        return ElasticFlowMaker(
            relax=calculation(
                self.engine,
                "relax",
                fix_symmetry=settings.symmetry,
                symprec=settings.symprec,
                **forces,
            ),
            strained=(
                calculation(self.engine, "relax", cell=False, **forces)
                if settings.relax_ions
                else calculation(self.engine, "static")
            ),
            strain=settings.strain,
            linearity=settings.linearity,
            symmetry=settings.symmetry,
            symprec=settings.symprec,
        )
