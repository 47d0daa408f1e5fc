"""The flow that the potential of a study comes from: trained on runs, or by active learning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobflow import Flow, Job
from pymatgen.core import Structure

from makers.calculation import calculation
from makers.potential import FitMaker, keep_potential
from makers.training_cell import TrainingCellMaker
from makers.validation import ValidateMaker
from physics.errors import InputError
from physics.structures.supercell import supercell
from workflows.dynamics import TrainingFlowMaker, parents_of
from workflows.dynamics_settings import PotentialSettings
from workflows.learning_settings import LearningSettings
from workflows.loop_state import SeedInput
from workflows.marks import POTENTIAL, of_system
from workflows.passive import PassiveFlowMaker
from workflows.potential import SearchFlowMaker
from workflows.training_cells import CellsFlowMaker

RELAXED = 1e-3
"""Largest force left in a crystal that a potential is set beside, eV/Å."""


@dataclass
class StudyPotential:
    """
    What the potential of a study is made of.

    Parameters
    ----------
    settings : PotentialSettings
        The part of the study about it.
    engine : str
        Engine of the study.
    structures : mapping of str to Structure
        Structure by system name.
    glasses, interfaces : sequence of Flow
        Flows of glasses and interfaces that are run with the engine.
    boundaries : mapping of str to list
        References to the best candidates of the boundaries of each system (`BestBoundary`).
    cells : mapping of str to list of TrainingCellMaker
        Builds the training cells of these.
    elastic : mapping of str to reference
        Reference to the `StressStrainDocument` of each system.
    """

    settings: PotentialSettings
    engine: str
    structures: Mapping[str, Structure]
    glasses: Sequence[Flow] = ()
    interfaces: Sequence[Flow] = ()
    boundaries: Mapping[str, list[Any]] = field(default_factory=dict)
    cells: Mapping[str, list[TrainingCellMaker]] = field(default_factory=dict)
    elastic: Mapping[str, Any] = field(default_factory=dict)

    def make(self) -> tuple[Flow | Job, Any]:
        """
        Assemble the flow.

        Returns
        -------
        flow : Flow or Job
            The jobs that the potential comes from.
        potential : OutputReference
            The potential, with its active set.

        Raises
        ------
        InputError
            If the file of the potential cannot be read, or there is nothing to explore.
        """
        stored = self.settings.read()
        if stored is not None:
            keep = keep_potential(stored)
            keep.update_metadata({"step": "keep potential"})
            return of_system(keep, POTENTIAL), keep.output
        jobs, groups = self._runs()
        if self.settings.learning is not None:
            return self._learned(self.settings.learning, jobs, groups)
        runs = [run.output for run in jobs] + self._quenches(self.glasses)
        groups += [glass.name for glass in self.glasses for _ in glass.output]
        training = TrainingFlowMaker(potential=self.settings.flow_maker()).make(runs, groups)
        return Flow([*jobs, of_system(training, POTENTIAL)], name="potential"), training.output

    def _runs(self) -> tuple[list[Job], list[str]]:
        """Give the runs of the crystals that are trained on, and the groups of their frames."""
        jobs, groups = [], []
        for system, structure in self.structures.items():
            for strain in self.settings.strains:
                run = self.settings.run_maker(self.engine).make(_strained(structure, strain))
                run.append_name(f", {100 * strain:+g} %")
                run.update_metadata({"step": "run to train on"})
                jobs.append(of_system(run, system))
                groups.append(f"{system} {strain:+g}")
        return jobs, groups

    def _learned(
        self, learning: LearningSettings, jobs: list[Job], groups: list[str]
    ) -> tuple[Flow, Any]:
        """Assemble passive stage, held-out set, loop and validation."""
        settings = self.settings
        glasses = self.glasses if learning.glasses else ()
        runs = [run.output for run in jobs] + self._quenches(glasses)
        groups += [glass.name for glass in glasses for _ in glass.output]
        own_labels = learning.label in (None, self.engine)
        passive = PassiveFlowMaker(
            label=None if own_labels else learning.label_maker(self.engine),
            search=SearchFlowMaker(cutoffs=learning.search.cutoffs, levels=learning.search.levels)
            if learning.search
            else None,
            fit=FitMaker(
                level=settings.level,
                r_max=settings.cutoff,
                n_chebyshev=settings.chebyshev,
                seed=settings.seed,
            ),
        ).make(runs, groups, len(runs) * settings.frames, max(map(len, self.structures.values())))
        cells, defects = self._cells(learning)
        parts: list[Flow | Job] = [*jobs, of_system(passive, POTENTIAL), *cells]
        test = None
        held_out = learning.held_out_maker(self.engine, settings.seed)
        if held_out is not None:
            whole = [
                SeedInput(name, structure, atoms=len(structure))
                for name, structure in self.structures.items()
            ]
            tested = held_out.make([*whole, *defects])
            parts.append(of_system(tested, POTENTIAL))
            test = tested.output
        seeds = [*self._crystals(learning), *defects, *self._disordered(learning)]
        if not seeds:
            raise InputError(
                "the study has nothing to explore: give strains, or the boundaries, glasses or "
                "interfaces that learning asks for"
            )
        loop = learning.flow_maker(self.engine, settings.seed).make(
            passive.output["potential"], passive.output["training"], seeds, test
        )
        parts.append(of_system(loop, POTENTIAL))
        if own_labels:
            parts += self._validated(loop.output)
        return Flow(parts, name="potential"), loop.output

    def _crystals(self, learning: LearningSettings) -> list[SeedInput]:
        """Give the crystals as they are and strained; these keep their strain."""
        return [
            SeedInput(
                f"{system} {100 * strain:+g} %" if strain else system,
                _strained(repeated, strain),
                atoms=len(repeated),
                fixed_cell=strain != 0,
            )
            for system, structure in self.structures.items()
            for repeated in [supercell(structure, learning.atoms)]
            for strain in learning.strains
        ]

    def _cells(self, learning: LearningSettings) -> tuple[list[Flow], list[SeedInput]]:
        """Give the flows of training cells, and the cells."""
        flows, seeds = [], []
        if not learning.boundaries:
            return [], []
        relax = calculation(
            self.engine,
            "relax",
            cell="normal",
            fmax=learning.cells.fmax,
            steps=learning.cells.steps,
        )
        for system, makers in self.cells.items():
            flow = CellsFlowMaker(cells=makers, relax=relax).make(self.boundaries[system])
            flows.append(of_system(flow, system))
            several = len(self.structures) > 1
            for maker, cell in zip(makers, flow.output, strict=True):
                name = f"{system}, {maker.label}" if several else maker.label
                seeds.append(SeedInput(name, cell["structure"], cell["planes"], maker.max_atoms))
        return flows, seeds

    def _disordered(self, learning: LearningSettings) -> list[SeedInput]:
        """Give glasses and interfaces."""
        seeds = []
        if learning.glasses:
            for glass in self.glasses:
                for number, run in enumerate(glass.output):
                    name = glass.name if len(glass.output) == 1 else f"{glass.name} {number}"
                    seeds.append(SeedInput(name, run.structure, atoms=_planned(glass)))
        if learning.interfaces:
            seeds += [
                SeedInput(flow.name, flow.output.structure, atoms=_planned(flow))
                for flow in self.interfaces
            ]
        return seeds

    def _validated(self, potential: Any) -> list[Flow | Job]:
        """Set the potential beside the engine, for each crystal."""
        jobs: list[Flow | Job] = []
        for system, structure in self.structures.items():
            boundaries = self.boundaries.get(system, [])
            elastic = self.elastic.get(system)
            if boundaries:
                crystal = boundaries[0].crystal
            elif elastic is not None:
                crystal = elastic.structure
            else:
                relax = calculation(self.engine, "relax", fmax=RELAXED).make(structure)
                relax.update_metadata({"step": "relax bulk"})
                jobs.append(of_system(relax, system))
                crystal = relax.output.structure
            validate = ValidateMaker(engine=self.engine).make(
                potential,
                crystal,
                boundaries,
                elastic,
                parents_of(potential, crystal, *boundaries, elastic),
            )
            validate.update_metadata({"step": "validate potential"})
            jobs.append(of_system(validate, system))
        return jobs

    @staticmethod
    def _quenches(glasses: Sequence[Flow]) -> list[Any]:
        return [run for glass in glasses for run in glass.output]


def _planned(flow: Flow) -> int:
    """Give the atoms of the largest cell of a flow, as its jobs are planned with."""
    return max(job.metadata.get("atoms", 0) for job, _ in flow.iterflow())


def _strained(structure: Structure, strain: float) -> Structure:
    return structure.copy().apply_strain(strain) if strain else structure
