"""From runs of an engine to a potential, and from that to large runs: argon, end to end."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.lj import LennardJones
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

from makers.dataset import SplitMaker, collect_frames
from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.potential import FitMaker
from physics.dynamics.grading import Grading
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from physics.potentials.calculator import MTPCalculator
from stores.documents import DatasetDocument, DynamicsDocument, PotentialDocument
from stores.jobstore import open_job_store
from workflows.dynamics import LargeDynamicsFlowMaker, TrainingFlowMaker
from workflows.potential import PotentialFlowMaker

FRAMES = 12
INTERVAL = 4


def lennard_jones() -> LennardJones:
    """Argon as the registry has it, by ASE alone."""
    return LennardJones(sigma=3.405, epsilon=0.010323, rc=10.0, smooth=True)


def training_run(kelvin: float, *, forces: bool = True) -> DynamicsMaker:
    return DynamicsMaker(
        name=f"train at {kelvin:g} K",
        engine="lj",
        driver="ase",
        protocol=Protocol((Stage("run", FRAMES * INTERVAL, kelvin),), 5.0, seed=int(kelvin)),
        output=Output(INTERVAL, forces=forces),
    )


def large_run(kelvin: float) -> DynamicsMaker:
    return DynamicsMaker(
        name=f"{kelvin:g} K",
        protocol=Protocol((Stage("produce", 40, kelvin, ensemble="npt"),), 4.0, seed=1),
        output=Output(10),
        grading=Grading(keep=5.0, stop=1000.0),
    )


@dataclass
class Finished:
    """Jobs of a flow by name, and what came out of each."""

    jobs: dict[str, Any]
    outputs: dict[str, Any]

    def of(self, step: str) -> Any:
        """Output of the only job of a step."""
        (name,) = (n for n, job in self.jobs.items() if job.metadata.get("step") == step)
        return self.outputs[name]

    @property
    def data(self) -> DatasetDocument:
        """The frames."""
        document = self.of("collect frames")
        assert isinstance(document, DatasetDocument)
        return document

    @property
    def potential(self) -> PotentialDocument:
        """What was fitted to them."""
        document = self.of("select active set")
        assert isinstance(document, PotentialDocument)
        return document


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Two runs of argon, a potential of their frames, and two large runs with it."""
    cell = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.35), ["Ar"], [[0, 0, 0]]) * 2
    cold, hot = (training_run(kelvin).make(cell) for kelvin in (30, 90))
    training = TrainingFlowMaker(
        potential=PotentialFlowMaker(
            split=SplitMaker(fraction=0.25, blocks=4),
            fit=FitMaker(level=2, r_max=6.5, n_chebyshev=6),
        )
    ).make([cold.output, hot.output], ["cold", "hot"])
    large = LargeDynamicsFlowMaker("bulk", [large_run(20), large_run(40)], atoms=100).make(
        cell, training.output
    )
    flow = Flow([cold, hot, training, large])
    folder = tmp_path_factory.mktemp("argon")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = run_locally(
            flow,
            log=False,
            store=open_job_store(folder / "store.sqlite"),
            ensure_success=True,
            create_folders=True,
            allow_external_references=False,
        )
    names = {job.name: job for job, _ in flow.iterflow()}
    return Finished(names, {name: done[job.uuid][1].output for name, job in names.items()})


def test_the_data_set_is_all_frames_but_the_first_of_each_run(finished: Finished) -> None:
    data = finished.data
    assert data.n_configurations == 2 * FRAMES
    assert list(data.groups) == ["cold"] * FRAMES + ["hot"] * FRAMES
    images = data.to_images()
    number = 0
    for kelvin in (30, 90):
        with finished.outputs[f"train at {kelvin} K"].trajectory.open() as trajectory:
            assert len(trajectory) == FRAMES + 1
            for frame in trajectory.frames(1):
                positions = images[number].positions
                assert positions == pytest.approx(frame.positions, abs=1e-9)
                number += 1
    assert number == len(images)


def test_labels_are_those_of_the_calculator(finished: Finished) -> None:
    for atoms in finished.data.to_images():
        bare = Atoms(atoms.symbols, atoms.positions, cell=atoms.cell, pbc=True)
        bare.calc = lennard_jones()
        assert atoms.get_potential_energy() == pytest.approx(bare.get_potential_energy(), abs=1e-6)
        assert atoms.get_forces() == pytest.approx(bare.get_forces(), abs=1e-6)
        assert atoms.get_stress() == pytest.approx(bare.get_stress(), abs=1e-8)


def test_the_potential_is_fitted_to_them(finished: Finished) -> None:
    document = finished.potential
    atoms = finished.data.to_images()[-1]
    energy, forces = atoms.get_potential_energy(), atoms.get_forces()
    atoms.calc = MTPCalculator(document.potential())
    assert atoms.get_potential_energy() == pytest.approx(energy, abs=1e-3 * len(atoms))
    assert np.corrcoef(atoms.get_forces().ravel(), forces.ravel())[0, 1] > 0.98
    assert document.active_set is not None


def test_large_runs_are_of_the_repeated_cell_with_that_potential(finished: Finished) -> None:
    checksum = finished.potential.checksum
    for kelvin in (20, 40):
        run = finished.outputs[f"bulk, {kelvin} K"]
        assert (run.engine, run.driver, run.potential) == ("mtp", "lammps", checksum)
        assert len(run.structure) == 128
        assert (run.completed, run.steps) == (True, 40)
        assert run.protocol.stages[0].temperature == kelvin
        atoms = run.structure.to_ase_atoms()
        atoms.calc = MTPCalculator(finished.potential.potential())
        assert run.energy == pytest.approx(atoms.get_potential_energy(), abs=1e-6)
        # beyond the cutoff of the potential lies little of the energy of Lennard-Jones
        atoms.calc = lennard_jones()
        assert run.energy / 128 == pytest.approx(atoms.get_potential_energy() / 128, abs=2e-3)
        assert run.stages[0].largest_grade is not None
    hotter, colder = (finished.outputs[f"bulk, {kelvin} K"].energy for kelvin in (40, 20))
    assert hotter > colder


def test_steps_and_sizes_stand_in_the_metadata(finished: Finished) -> None:
    steps = {name: job.metadata.get("step") for name, job in finished.jobs.items()}
    assert steps["repeat_cell: bulk"] == "repeat cell"
    assert steps["bulk, 20 K"] == steps["bulk, 40 K"] == "large molecular dynamics"
    assert steps["collect_frames"] == "collect frames"
    assert finished.jobs["bulk, 20 K"].metadata["atoms"] == 100


def test_boundaries_are_repeated_in_their_plane_alone(finished: Finished) -> None:
    slab = Structure(Lattice.orthorhombic(5, 9, 6), ["Ar"], [[0, 0, 0]])
    maker = LargeDynamicsFlowMaker("plane", [large_run(20)], 7, in_plane=True)
    flow = maker.make(slab, finished.potential)
    repeat = next(job for job, _ in flow.iterflow() if job.metadata["step"] == "repeat cell")
    store = JobStore(MemoryStore())
    store.connect()
    assert repeat.run(store).output.lattice.abc == pytest.approx((20, 18, 6))


def collected(runs: list[DynamicsDocument], groups: list[str], every: int) -> DatasetDocument:
    document: DatasetDocument = collect_frames.original(runs, groups, every)
    return document


def test_every_so_many_frames(finished: Finished) -> None:
    run = finished.outputs["train at 30 K"]
    taken = collected([run], ["cold"], 5)
    everything = finished.data.to_images()
    assert taken.n_configurations == 2  # frames 5 and 10
    for atoms, number in zip(taken.to_images(), (5, 10), strict=True):
        assert atoms.positions == pytest.approx(everything[number - 1].positions, abs=1e-9)
    assert taken.warnings == run.warnings != []
    assert "lj" in taken.source


def test_frames_that_cannot_be_taken(workspace: Path, argon: Structure) -> None:
    maker = training_run(20, forces=False)
    run = maker.make.original(maker, argon)
    with pytest.raises(InputError, match=r"has no forces; run it again with Output\(forces=True\)"):
        collected([run], ["cold"], 1)
    Path(run.trajectory.path).unlink()
    with pytest.raises(InputError, match="is not there"):
        collected([run], ["cold"], 1)
