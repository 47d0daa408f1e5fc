"""A study: which systems, which engine, which properties; read from YAML, made into a flow."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from jobflow import Flow, Job
from pydantic import Field, model_validator
from pymatgen.core import Structure

from makers.calculation import calculation
from makers.engine import Engine
from makers.engines import get_engine
from makers.training_cell import TrainingCellMaker
from physics.errors import InputError
from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.request import in_structure_axes
from physics.structures.units import bond_lengths
from stores.hashing import input_hash
from workflows.boundary import BoundaryFlowMaker
from workflows.dynamics import LargeDynamicsFlowMaker
from workflows.dynamics_settings import DynamicsSettings, GlassEntry, PotentialSettings
from workflows.elastic import ElasticFlowMaker
from workflows.interface_settings import InterfaceEntry
from workflows.learning_settings import LearningSettings
from workflows.marks import of_system
from workflows.study_file import read_structure, read_yaml, validated
from workflows.study_potential import StudyPotential
from workflows.study_settings import (
    BoundaryEntry,
    BoundarySettings,
    ElasticSettings,
    Name,
    RelaxSettings,
    StudyModel,
    System,
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
    glasses : list of GlassEntry
        The glasses that are packed, melted and quenched.
    interfaces : list of InterfaceEntry
        The interfaces of a crystal and a glass that are joined and annealed.
    potential : PotentialSettings or None
        The moment tensor potential: a file, or trained on runs of the engine.
    dynamics : DynamicsSettings or None
        Large molecular dynamics of all systems and boundaries with that potential.
    """

    name: Name
    engine: str
    systems: dict[Name, System] = Field(min_length=1)
    relax: RelaxSettings = Field(default_factory=RelaxSettings)
    elastic: ElasticSettings | None = None
    boundaries: list[BoundaryEntry] = Field(default_factory=list)
    boundary: BoundarySettings = Field(default_factory=BoundarySettings)
    glasses: list[GlassEntry] = Field(default_factory=list)
    interfaces: list[InterfaceEntry] = Field(default_factory=list)
    potential: PotentialSettings | None = None
    dynamics: DynamicsSettings | None = None

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        entries = [*self.glasses, *self.interfaces]
        if not (self.elastic or self.boundaries or entries or self.potential):
            raise ValueError(
                "nothing to compute: give one or more of elastic, boundaries, glasses, interfaces, "
                "potential"
            )
        large = self.dynamics is not None or any(entry.potential for entry in entries)
        if large and self.potential is None:
            raise ValueError(
                "dynamics, and glasses or interfaces with 'potential: true', need a potential: "
                "give 'potential: {file: ...}', or 'potential: {}' for one that is trained on runs "
                "of the engine"
            )
        _require_known("glass", "glasses", self.glasses, self.systems)
        _require_known("interface", "interfaces", self.interfaces, self.systems)
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
        if study.potential is not None and study.potential.file is not None:
            study.potential.file = (path.parent / study.potential.file).resolve()
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
            Every job carries study, system and step in its metadata.
        """
        flows: list[Flow | Job] = []
        boundaries: dict[str, list[Any]] = {}
        elastic: dict[str, Any] = {}
        for system, structure in structures.items():
            if self.elastic is not None:
                tensor = self._elastic(self.elastic).make(structure)
                elastic[system] = tensor.output
                flows.append(of_system(tensor, system))
            if self.boundaries:
                energies = self._boundaries(self.boundary).make(structure)
                boundaries[system] = energies.output
                flows.append(of_system(energies, system))
        glasses = [self._glass(g, structures) for g in self.glasses if not g.potential]
        interfaces = [self._interface(i, structures) for i in self.interfaces if not i.potential]
        flows += [*glasses, *interfaces]
        if self.potential is not None:
            learning = self.potential.learning
            made, potential = StudyPotential(
                self.potential,
                self.engine,
                structures,
                glasses=glasses,
                interfaces=interfaces,
                boundaries=boundaries,
                cells=self._cells(learning, structures) if learning else {},
                elastic=elastic,
            ).make()
            flows.append(made)
            flows += [self._glass(g, structures, potential) for g in self.glasses if g.potential]
            flows += [
                self._interface(i, structures, potential) for i in self.interfaces if i.potential
            ]
            if self.dynamics is not None:
                flows += self._dynamics(self.dynamics, structures, boundaries, potential)
        for flow in flows:
            flow.update_metadata({"study": self.name})
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
        unused |= {key for key in ("glasses", "interfaces") if not getattr(self, key)}
        settings = self.model_dump(mode="json", exclude=unused, exclude_none=True)
        inputs: dict[str, Any] = {f"system {k}": v for k, v in structures.items()}
        if self.potential is not None and (stored := self.potential.read()) is not None:
            settings["potential"]["file"] = stored.checksum
        return input_hash("study", settings, **inputs)

    def _glass(
        self, entry: GlassEntry, structures: dict[str, Structure], potential: Any = None
    ) -> Flow:
        elastic = self._elastic(
            (self.elastic or ElasticSettings()).model_copy(update={"symmetry": False})
        )
        maker = entry.flow_maker(self.engine, elastic, graded=self._graded())
        return maker.make(entry.start(structures), potential)

    def _interface(
        self, entry: InterfaceEntry, structures: dict[str, Structure], potential: Any = None
    ) -> Flow:
        maker = entry.flow_maker(self.engine, graded=self._graded())
        return maker.make(structures[entry.crystal], potential)

    def _graded(self) -> bool:
        """Whether the potential will have an active set, as one that is trained has."""
        stored = self.potential.read() if self.potential is not None else None
        return stored is None or stored.active_set is not None

    def _cells(
        self, learning: LearningSettings, structures: dict[str, Structure]
    ) -> dict[str, list[TrainingCellMaker]]:
        """Give what builds the training cells of the boundaries of each system."""
        bonds, charges = self.boundary.bonds, self.boundary.charges
        return {
            system: [
                TrainingCellMaker(
                    request=in_structure_axes(
                        Crystal(structure, bond_lengths(bonds), charges), entry.request()
                    ),
                    label=entry.request().label,
                    axes=entry.axes,
                    construction=self._construction(),
                    max_atoms=learning.cells.max_atoms,
                    coverage=learning.cells.coverage,
                    bonds=bonds,
                    charges=charges,
                )
                for entry in self.boundaries
            ]
            for system, structure in structures.items()
            if self.boundaries
        }

    def _construction(self) -> Construction:
        return Construction(
            keep=self.boundary.candidates,
            **self.boundary.model_dump(
                include={"separation", "translations", "max_strain", "max_area", "max_atoms"}
            ),
        )

    def _dynamics(
        self,
        settings: DynamicsSettings,
        structures: dict[str, Structure],
        boundaries: dict[str, list[Any]],
        potential: Any,
    ) -> list[Flow]:
        runs = settings.run_makers(graded=self._graded())
        flows = []
        for system, structure in structures.items():
            flow = LargeDynamicsFlowMaker("bulk", runs, settings.atoms).make(structure, potential)
            flows.append(of_system(flow, system))
            if settings.boundaries:
                for entry, built in zip(self.boundaries, boundaries.get(system, []), strict=False):
                    maker = LargeDynamicsFlowMaker(
                        entry.request().label, runs, settings.atoms, in_plane=True
                    )
                    flow = maker.make(built.built.structure, potential, built.built.heights)
                    flows.append(of_system(flow, system))
        return flows

    def _boundaries(self, settings: BoundarySettings) -> BoundaryFlowMaker:
        tight: dict[str, Any] = {"fmax": settings.fmax / 10, "steps": settings.steps}
        return BoundaryFlowMaker(
            boundaries=[entry.request() for entry in self.boundaries],
            construction=self._construction(),
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


def _require_known(
    one: str,
    several: str,
    entries: Sequence[GlassEntry | InterfaceEntry],
    systems: Mapping[str, System],
) -> None:
    """Refuse a crystal that is no system of the study, and a name that stands twice."""
    for entry in entries:
        if entry.crystal is not None and entry.crystal not in systems:
            raise ValueError(
                f"{one} {entry.name}: crystal '{entry.crystal}' given, expected one of the "
                f"systems {', '.join(systems)}"
            )
    names = [entry.name for entry in entries]
    if len(set(names)) < len(names):
        raise ValueError(f"two {several} have one name ({', '.join(names)}): rename one")
