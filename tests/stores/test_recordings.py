"""Mock mode: what was recorded is replayed without the engine, and nothing else is."""

import json
from pathlib import Path

import pytest
from pymatgen.core import Structure

from makers.calculation import CalculationMaker, calculation
from makers.engine import Engine
from physics.errors import InputError
from stores.documents import CalculationDocument


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
