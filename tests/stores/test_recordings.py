"""Mock mode: what was recorded is replayed without the engine, and nothing else is."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from pymatgen.core import Structure

from makers.calculation import CalculationMaker, calculation
from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.engine import Engine
from makers.grades import ActiveSetMaker
from makers.potential import FitMaker
from physics.dynamics.grading import Grading
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from stores.documents import (
    CalculationDocument,
    DatasetDocument,
    DynamicsDocument,
    PotentialDocument,
)
from stores.hashing import input_hash
from stores.recordings import recorded as recorded_output


def run(maker: CalculationMaker, structure: Structure) -> CalculationDocument:
    return maker.make.original(maker, structure)


@pytest.fixture
def recorded(
    workspace: Path, copper: Structure, monkeypatch: pytest.MonkeyPatch
) -> CalculationDocument:
    """A recorded single point; afterwards the mode is replay and no engine can run."""
    monkeypatch.setenv("THIOFLOW_MODE", "record")
    document = run(calculation("emt", "static"), copper)
    monkeypatch.setenv("THIOFLOW_MODE", "replay")

    def fail(*_: object) -> None:
        pytest.fail("the engine ran in replay")

    monkeypatch.setattr(Engine, "run", fail)
    monkeypatch.setattr(Engine, "require", fail)
    return document


def test_replay_gives_the_recorded_numbers(
    recorded: CalculationDocument, copper: Structure
) -> None:
    replayed = run(calculation("emt", "static"), copper)
    assert replayed.mode == "replay"
    assert replayed.energy == recorded.energy
    assert replayed.forces == recorded.forces
    assert replayed.stress == recorded.stress
    assert replayed.structure == recorded.structure


def test_replay_on_another_machine(recorded: CalculationDocument, copper: Structure) -> None:
    copper.lattice = copper.lattice.__class__(copper.lattice.matrix * (1 + 3e-16))
    assert run(calculation("emt", "static"), copper).energy == recorded.energy


def test_a_missing_recording_says_which_job_and_how_to_record(
    recorded: CalculationDocument, copper: Structure
) -> None:
    copper.apply_strain(0.01)
    with pytest.raises(InputError, match=r"'emt static'.*THIOFLOW_MODE=record"):
        run(calculation("emt", "static"), copper)


def test_a_damaged_recording_is_refused(
    recorded: CalculationDocument, copper: Structure, workspace: Path
) -> None:
    (path,) = (workspace / "recordings").iterdir()
    content = json.loads(path.read_text())
    del content["output"]["energy"]
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="cannot be read"):
        run(calculation("emt", "static"), copper)
    path.write_text(path.read_text()[:100])
    with pytest.raises(InputError, match="cannot be read"):
        run(calculation("emt", "static"), copper)


def test_run_mode_writes_no_recording(workspace: Path, copper: Structure) -> None:
    run(calculation("emt", "static"), copper)
    assert not (workspace / "recordings").exists()


def dynamics(structure: Structure) -> DynamicsDocument:
    """Run or replay twenty steps."""
    stages = (Stage("hold", 20, 300.0),)
    maker = DynamicsMaker(
        protocol=Protocol(stages), engine="emt", driver="ase", output=Output(5, velocities=True)
    )
    return maker.make.original(maker, structure)


@pytest.fixture
def recorded_run(
    workspace: Path, copper: Structure, monkeypatch: pytest.MonkeyPatch
) -> DynamicsDocument:
    """A recorded run; afterwards the mode is replay and no engine can run."""
    (workspace / "there").mkdir()
    monkeypatch.setenv("THIOFLOW_MODE", "record")
    monkeypatch.setenv("THIOFLOW_RECORDINGS", str(workspace / "recordings"))
    monkeypatch.chdir(workspace / "there")
    document = dynamics(copper)
    monkeypatch.setenv("THIOFLOW_MODE", "replay")
    monkeypatch.chdir(workspace)

    def fail(*_: object) -> None:
        pytest.fail("the engine ran in replay")

    monkeypatch.setattr(Engine, "calculator", fail)
    monkeypatch.setattr(Engine, "require", fail)
    return document


def test_a_replayed_run_has_its_trajectory(
    recorded_run: DynamicsDocument,
    copper: Structure,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where the recordings came with a repository, and the folder of the run is gone."""
    with recorded_run.trajectory.open() as trajectory:
        expected = list(trajectory)
    shutil.rmtree(workspace / "there")
    shutil.move(workspace / "recordings", workspace / "elsewhere")
    monkeypatch.setenv("THIOFLOW_RECORDINGS", str(workspace / "elsewhere"))
    replayed = dynamics(copper)
    assert (replayed.mode, replayed.steps) == ("replay", 20)
    assert replayed.stages == recorded_run.stages
    assert Path(replayed.trajectory.path).parent == workspace / "elsewhere"
    with replayed.trajectory.open() as trajectory:
        found = list(trajectory)
    assert [frame.step for frame in found] == [0, 5, 10, 15, 20]
    for frame, same in zip(found, expected, strict=True):
        assert (frame.energy, frame.temperature) == (same.energy, same.temperature)
        np.testing.assert_array_equal(frame.positions, same.positions)
        np.testing.assert_array_equal(frame.velocities, same.velocities)


def test_a_recorded_trajectory_that_was_changed_is_refused(
    recorded_run: DynamicsDocument, copper: Structure, workspace: Path
) -> None:
    path = workspace / "recordings" / f"{recorded_run.input_hash}.h5md"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="was changed after its run"):
        dynamics(copper).trajectory.open()
    path.unlink()
    with pytest.raises(InputError, match="is not there"):
        dynamics(copper).trajectory.open()


def test_a_recording_of_another_kind_is_refused(
    recorded: CalculationDocument, copper: Structure
) -> None:
    key = input_hash(
        "CalculationMaker.static", calculation("emt", "static").maker, structure=copper
    )
    assert key == recorded.input_hash
    with pytest.raises(InputError, match="cannot be read"):
        recorded_output(lambda: pytest.fail("it ran"), key, "dynamics", DynamicsDocument)


@pytest.fixture(scope="module")
def rattled() -> DatasetDocument:
    """Cells of copper, labelled by EMT."""
    rng = np.random.default_rng(0)
    images = []
    for _ in range(12):
        atoms = bulk("Cu", cubic=True, a=3.6)
        atoms.set_cell(atoms.cell.array * (1 + rng.normal(scale=0.01)), scale_atoms=True)
        atoms.positions += rng.normal(scale=0.05, size=(4, 3))
        atoms.calc = EMT()
        results = {"energy": atoms.get_potential_energy(), "forces": atoms.get_forces()}
        atoms.calc = SinglePointCalculator(atoms, **results)
        images.append(atoms)
    return DatasetDocument.from_images(images, source="EMT")


def fit(dataset: DatasetDocument, **fields: Any) -> PotentialDocument:
    """Fit or replay."""
    maker = FitMaker(level=2, n_chebyshev=4, max_steps=3, **fields)
    return maker.make.original(maker, dataset, None, ["a"])


@pytest.fixture
def recorded_fit(
    workspace: Path, rattled: DatasetDocument, monkeypatch: pytest.MonkeyPatch
) -> PotentialDocument:
    """A recorded fit; afterwards the mode is replay and nothing can be fitted."""
    monkeypatch.setenv("THIOFLOW_MODE", "record")
    document = fit(rattled)
    monkeypatch.setenv("THIOFLOW_MODE", "replay")

    def fail(*_: object, **__: object) -> None:
        pytest.fail("it was fitted in replay")

    monkeypatch.setattr("makers.potential.train", fail)
    return document


def test_a_replayed_fit_is_the_recorded_one(
    recorded_fit: PotentialDocument, rattled: DatasetDocument
) -> None:
    """A document has neither mode nor folder, and is the same to the last bit."""
    assert not {"mode", "directory"} & PotentialDocument.model_fields.keys()
    replayed = fit(rattled)
    assert replayed.model_dump_json() == recorded_fit.model_dump_json()
    parameters = recorded_fit.potential().parameters
    np.testing.assert_array_equal(replayed.potential().parameters, parameters)
    assert replayed.parents == ["a"]


def test_a_fit_with_other_settings_or_data_was_not_recorded(
    recorded_fit: PotentialDocument, rattled: DatasetDocument
) -> None:
    with pytest.raises(InputError, match=r"no recording of job 'fit potential'"):
        fit(rattled, seed=1)
    with pytest.raises(InputError, match=r"no recording of job 'fit potential'"):
        fit(rattled.taken(range(11), "part"))


def graded_run(structure: Structure, potential: PotentialDocument) -> DynamicsDocument:
    """Run or replay twenty steps with a potential, with grades."""
    maker = DynamicsMaker(
        protocol=Protocol((Stage("hold", 20, 2000.0),)),
        driver="ase",
        output=Output(10),
        grading=Grading(1.0, 1e6, 5),
    )
    return maker.make.original(maker, structure, potential)


def test_a_replayed_run_of_a_potential_has_what_it_extrapolated_on(
    workspace: Path,
    rattled: DatasetDocument,
    copper: Structure,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (workspace / "there").mkdir()
    monkeypatch.chdir(workspace / "there")
    select = ActiveSetMaker()
    potential = select.make.original(select, fit(rattled), rattled)
    monkeypatch.setenv("THIOFLOW_RECORDINGS", str(workspace / "recordings"))
    monkeypatch.setenv("THIOFLOW_MODE", "record")
    document = graded_run(copper, potential)
    assert document.extrapolating is not None
    with document.extrapolating.open() as file:
        expected, grades = list(file), file.grades.tolist()
    assert len(expected) > 0
    monkeypatch.setenv("THIOFLOW_MODE", "replay")
    monkeypatch.chdir(workspace)
    shutil.rmtree(workspace / "there")
    shutil.move(workspace / "recordings", workspace / "elsewhere")
    monkeypatch.setenv("THIOFLOW_RECORDINGS", str(workspace / "elsewhere"))

    def fail(*_: object) -> None:
        pytest.fail("the potential was used in replay")

    monkeypatch.setattr(DynamicsMaker, "run", fail)
    replayed = graded_run(copper, potential)
    assert (replayed.mode, replayed.potential) == ("replay", potential.checksum)
    assert replayed.stages == document.stages
    assert replayed.extrapolating is not None
    assert replayed.trajectory.path != replayed.extrapolating.path
    with replayed.extrapolating.open() as file:
        assert file.grades.tolist() == grades
        for frame, same in zip(file, expected, strict=True):
            assert frame.step == same.step
            np.testing.assert_array_equal(frame.positions, same.positions)
    with replayed.trajectory.open() as file:
        assert file.steps.tolist() == [0, 10, 20]
