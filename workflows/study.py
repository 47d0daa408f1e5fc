"""A study: which systems, which engine, which properties; read from YAML, made into a flow."""

from pathlib import Path
from typing import Annotated, Any, Self

from jobflow import Flow, Job
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pymatgen.core import Structure

from makers.calculation import calculation
from makers.engine import Engine
from makers.engines import get_engine
from physics.analysis.elasticity import LARGEST_STRAIN, SMALLEST_STRAIN
from physics.errors import InputError
from stores.hashing import input_hash
from workflows.elastic import ElasticFlowMaker
from workflows.study_file import read_structure, read_yaml, validated

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]


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
    elastic : ElasticSettings
        How the elastic tensor of every system is computed; ``{}`` for the defaults.
    """

    name: Name
    engine: str
    systems: dict[Name, System] = Field(min_length=1)
    relax: RelaxSettings = Field(default_factory=RelaxSettings)
    elastic: ElasticSettings

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
                f"engine '{engine.name}' has no stress tensor, which 'elastic' needs: choose an "
                f"engine with stress (thioflow engines)"
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
            flow = self._elastic().make(structure)
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
        settings = self.model_dump(mode="json", exclude={"systems"})
        return input_hash("study", settings, **{f"system {k}": v for k, v in structures.items()})

    def _elastic(self) -> ElasticFlowMaker:
        settings = self.elastic
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
