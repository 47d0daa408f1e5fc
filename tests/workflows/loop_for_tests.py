"""A loop of active learning that takes seconds: copper, taught by effective medium theory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ase.build import bulk
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor

from makers.calculation import calculation
from makers.dataset import collect_frames, collect_stages
from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.labels import LabelMaker
from makers.potential import FitMaker
from makers.selection import SelectMaker
from physics.dynamics.protocol import Protocol, Stage
from physics.potentials.active_set import SELECT
from stores.documents import LearningDocument
from workflows.active_learning import ActiveLearningFlowMaker
from workflows.loop_state import SeedInput
from workflows.sweep import SweepMaker

HOT = 1500.0
"""Of the hotter runs, K: the first potential has seen 600 K."""


def copper() -> Structure:
    """Thirty-two atoms."""
    return AseAtomsAdaptor.get_structure(bulk("Cu", cubic=True).repeat((2, 2, 2)))


def engine_run(seed: int, *stages: Stage) -> DynamicsMaker:
    return DynamicsMaker(
        engine="emt", driver="ase", protocol=Protocol(stages, 2.0, seed=seed),
        output=Output(5, forces=True),
    )  # fmt: skip


def copper_loop(
    *,
    temperatures: Sequence[float] = (300.0, HOT),
    beyond: Sequence[float] = (),
    picoseconds: float = 1.0,
    strains: Sequence[float] = (-0.05, 0.05),
    failed: float = 0.4,
    threshold: float = SELECT,
    **settings: Any,
) -> Flow:
    """Passive stage, held-out set and loop; the crystal has boundaries in name only."""
    crystal = copper()
    trained = engine_run(1, Stage("heat", 100, 300, 600)).make(crystal)
    tested = engine_run(2, Stage("heat", 50, 300, 800), Stage("produce", 50, 800)).make(crystal)
    training = collect_frames([trained.output], ["bulk"], 1, [trained.uuid])
    test = collect_stages([tested.output], ["bulk, 800 K"], [2, 5], [tested.uuid])
    fit = FitMaker(level=4).make(training.output)
    loop = ActiveLearningFlowMaker(
        label=LabelMaker(calculation=calculation("emt", "static"), failed=failed),
        explore=SweepMaker(
            temperatures=temperatures,
            beyond=beyond,
            picoseconds=picoseconds,
            select=SelectMaker(threshold=threshold),
        ),
        **settings,
    )
    seeds = [
        *(
            SeedInput(f"bulk {100 * strain:+g} %", copper().apply_strain(strain), fixed_cell=True)
            for strain in strains
        ),
        SeedInput("twin", crystal, (0.0, 0.5)),
    ]
    learned = loop.make(fit.output, training.output, seeds, test.output)
    return Flow([trained, tested, training, test, fit, learned], learned.output)


@dataclass
class Loop:
    """Outputs of a loop that was run, by job, and the store."""

    outputs: dict[str, dict[int, Any]]
    store: JobStore
    names: dict[str, str]

    @property
    def document(self) -> LearningDocument:
        """How the loop ended."""
        (found,) = [
            response.output
            for turns in self.outputs.values()
            for response in turns.values()
            if isinstance(response.output, LearningDocument)
        ]
        return found


def run_loop(flow: Flow) -> Loop:
    """Run in this process, whatever fails on the way."""
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    outputs = run_locally(flow, store=store, log=False, create_folders=True)
    names = {d["uuid"]: d["name"] for d in store.query(properties=["uuid", "name"])}
    return Loop(outputs, store, names)
