"""``thioflow mtp`` as a user meets it: output, exit status, files."""

import csv
import io
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator

from physics.potentials.calculator import MTPCalculator
from physics.potentials.files import read_potential
from workflows.cli import main

MTP = Callable[..., tuple[int, str, str]]
THIOFLOW = (str(Path(sys.executable).with_name("thioflow")), "mtp")
SIZE = ("--level", "8", "--cutoff", "4.5")
QUICK = ("--max-steps", "1", "--test-fraction", "0")


def copper(seed: int, displacement: float = 0.1, group: str = "cold") -> Atoms:
    """Eight displaced atoms with the labels of EMT."""
    atoms = bulk("Cu", a=3.6).repeat(2)
    atoms.rattle(displacement, seed=seed)
    atoms.calc = EMT()
    results = {
        "energy": atoms.get_potential_energy(),
        "forces": atoms.get_forces(),
        "stress": atoms.get_stress(),
    }
    atoms.calc = SinglePointCalculator(atoms, **results)
    atoms.info["group"] = group
    return atoms


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which a potential was fitted with the command, and what that printed."""
    folder = tmp_path_factory.mktemp("fitted")
    frames = [copper(seed, *((0.1, "cold") if seed % 2 else (0.2, "hot"))) for seed in range(30)]
    ase.io.write(folder / "data.extxyz", frames)
    done = subprocess.run(
        [*THIOFLOW, "fit", "data.extxyz", "-o", "cu.mtp", *SIZE, "--test-fraction", "0.2"],
        check=True, capture_output=True, text=True, cwd=folder, timeout=120,
    )  # fmt: skip
    return folder, done.stdout


@pytest.fixture
def mtp(
    fitted: tuple[Path, str],
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> MTP:
    """Run ``thioflow mtp`` beside labels and a potential: exit status, output, errors."""
    shutil.copytree(fitted[0], workspace, dirs_exist_ok=True)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["thioflow", "mtp", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err

    return run


def test_fit_writes_a_potential_its_errors_and_its_active_set(fitted: tuple[Path, str]) -> None:
    folder, out = fitted
    steps = [line.split() for line in out.splitlines() if line.startswith("step")]
    record = json.loads((folder / "cu.json").read_text())
    assert [int(step[1]) for step in steps] == list(range(1, len(steps) + 1))
    assert float(steps[-1][3]) == pytest.approx(record["losses"][-1], rel=1e-6)
    training, test = record["errors"]
    assert (training["configurations"], test["configurations"]) == (24, 6)
    assert test["energy_mae"] < 5  # meV/atom
    assert sorted(path.name for path in folder.iterdir()) == [
        "cu.active.npz", "cu.json", "cu.mtp", "data.extxyz",
    ]  # fmt: skip
    atoms = copper(100)
    expected = atoms.get_potential_energy()
    atoms.calc = MTPCalculator(read_potential(folder / "cu.mtp"))
    assert atoms.get_potential_energy() == pytest.approx(expected, abs=0.05)


def test_a_file_can_test(mtp: MTP) -> None:
    ase.io.write("test.extxyz", [copper(1000)])
    command = ("fit", "data.extxyz", "-o", "new.mtp", *SIZE, "--test", "test.extxyz")
    status, out, _ = mtp(*command, "--max-steps", "1")
    assert status == 0
    assert "30 configurations train, 1 test" in out
    assert "still falling after 1 steps; go on with --start new.mtp" in out
    status, _, err = mtp(*command, "--test-fraction", "0.1", "--force")
    assert (status, "give one of them" in err) == (2, True)


def test_fit_goes_on_from_a_potential(mtp: MTP) -> None:
    before = json.loads(Path("cu.json").read_text())
    command = ("fit", "data.extxyz", "-o", "more.mtp", "--start", "cu.mtp")
    status, _, err = mtp(*command, "--test-fraction", "0.2", "--max-steps", "1")
    assert status == 0, err
    after = json.loads(Path("more.json").read_text())
    assert after["losses"][0] <= before["losses"][-1] * (1 + 1e-6)
    assert after["start"] == "cu.mtp"
    status, _, err = mtp(*command, "--level", "8", "--force")
    assert (status, "leave them out" in err) == (2, True)


def test_files_are_replaced_only_by_force(mtp: MTP) -> None:
    Path("new.json").write_text("mine")
    command = ("fit", "data.extxyz", "-o", "new.mtp", *SIZE, *QUICK)
    status, _, err = mtp(*command)
    assert (status, "new.json exists already" in err) == (2, True)
    assert Path("new.json").read_text() == "mine"
    assert mtp(*command, "--force")[0] == 0
    assert json.loads(Path("new.json").read_text())["level"] == 8


def test_interrupted_fit_goes_on_with_the_same_command(mtp: MTP) -> None:
    """A real interruption, of a process that has made a step."""
    ase.io.write("many.extxyz", [copper(seed, 0.3) for seed in range(40)])
    command = [
        *THIOFLOW, "fit", "many.extxyz", "-o", "new.mtp", *SIZE, "--test-fraction", "0",
    ]  # fmt: skip
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdout is not None
        while not (line := process.stdout.readline()).startswith("step"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "the same command goes on" in err
    assert not Path("new.mtp").exists()
    last = int([line, *rest.splitlines()][-1].split()[1])

    again = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    assert "Going on from new.checkpoint.npz" in again.stdout
    steps = [text for text in again.stdout.splitlines() if text.startswith("step")]
    assert int(steps[0].split()[1]) in {last + 1, last + 2}  # told, or only kept
    assert Path("new.mtp").exists()
    assert not Path("new.checkpoint.npz").exists()


def test_checkpoint_of_other_data_is_refused(mtp: MTP) -> None:
    Path("new.checkpoint.npz").write_text("nothing")
    status, _, err = mtp("fit", "data.extxyz", "-o", "new.mtp", *SIZE)
    assert (status, "is no checkpoint of a fit" in err) == (2, True)


def test_errors_by_group_and_in_all_formats(mtp: MTP) -> None:
    status, out, _ = mtp("errors", "cu.mtp", "data.extxyz", "--plot", "parity.png")
    assert status == 0
    assert {line.split()[0] for line in out.splitlines() if "15" in line} == {"hot", "cold"}
    assert Path("parity.png").read_bytes().startswith(b"\x89PNG")
    _, out, _ = mtp("errors", "cu.mtp", "data.extxyz", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    _, out, _ = mtp("errors", "cu.mtp", "data.extxyz", "--format", "json")
    assert [row["group"] for row in rows] == [row["group"] for row in json.loads(out)]
    by_group = {row["group"]: row for row in rows}
    mean = np.mean([float(by_group[group]["force_mae"]) for group in ("hot", "cold")])
    assert float(by_group["all"]["force_mae"]) == pytest.approx(mean)


def test_errors_of_shifted_labels_are_the_shift(mtp: MTP) -> None:
    atoms = copper(50)
    atoms.calc = MTPCalculator(read_potential(Path("cu.mtp")))
    energy, forces = atoms.get_potential_energy(), atoms.get_forces()
    atoms.calc = SinglePointCalculator(atoms, energy=energy + 0.04, forces=forces + 0.02)
    ase.io.write("shifted.extxyz", [atoms])
    _, out, _ = mtp("errors", "cu.mtp", "shifted.extxyz", "--format", "json")
    (row,) = json.loads(out)
    assert row["energy_mae"] == pytest.approx(5.0, rel=1e-4)
    assert row["force_rmse"] == pytest.approx(20.0, rel=1e-4)
    assert row["stress_mae"] is None


def test_grades_tell_known_from_new(mtp: MTP) -> None:
    status, out, _ = mtp("grade", "cu.mtp", "cu.active.npz", "data.extxyz", "--format", "json")
    assert status == 0
    rows = json.loads(out)
    assert [row["configuration"] for row in rows] == list(range(30))
    assert sum(row["grade"] <= 1.001 for row in rows) >= 24  # those that trained
    squeezed = copper(0)
    squeezed.set_cell(squeezed.cell * 0.85, scale_atoms=True)
    candidates = [copper(1), squeezed, squeezed, copper(3)]
    ase.io.write("candidates.extxyz", candidates)
    status, out, _ = mtp(
        "grade", "cu.mtp", "cu.active.npz", "candidates.extxyz", "--select", "new.extxyz"
    )
    assert "2 of 4 configurations have a grade beyond 2" in out
    assert "Selected: 1" in out
    chosen = ase.io.read("new.extxyz")
    assert isinstance(chosen, Atoms)
    assert chosen.calc is None
    assert chosen.positions == pytest.approx(squeezed.positions, abs=1e-7)
    assert chosen.info["grade"] > 2


def test_unusable_input_is_one_line_and_status_2(mtp: MTP) -> None:
    mtp("fit", "data.extxyz", "-o", "later.mtp", *SIZE, *QUICK)
    ase.io.write("silver.extxyz", [Atoms("Ag2", [[0, 0, 0], [2.5, 0, 0]])])
    ase.io.write("one.extxyz", [copper(0)])
    text = Path("cu.mtp").read_text()
    Path("cut.mtp").write_text(text[: len(text) // 2])
    shutil.copy("data.extxyz", "foreign.mtp")
    faults = [
        (("grade", "cu.mtp", "cu.active.npz", "silver.extxyz"), "atoms of Ag were given"),
        (("grade", "later.mtp", "cu.active.npz", "data.extxyz"), "select the active set anew"),
        (("grade", "cu.mtp", "cu.mtp", "data.extxyz"), "no active set"),
        (("errors", "cut.mtp", "data.extxyz"), "give a complete"),
        (("errors", "foreign.mtp", "data.extxyz"), "does not begin with the line `MTP`"),
        (("errors", "cu.mtp", "silver.extxyz"), "no energy"),
        (("errors", "cu.mtp", "data.extxyz", "--plot", "parity.txt"), "ends in .png"),
        (("fit", "one.extxyz", "-o", "a.mtp"), "test fraction"),
        (("fit", "one.extxyz", "-o", "a.mtp", "--level", "16", "--test-fraction", "0"), "more"),
        (("fit", "data.extxyz", "-o", "a.mtp", "--level", "7"), "level"),
        (("fit", "data.extxyz", "-o", "a.mtp", "--level", "0"), "level"),
        (("fit", "data.extxyz", "-o", "a.mtp", "--weights", "0", "0", "0"), "weights"),
        (("fit", "data.extxyz", "-o", "a.txt"), ".mtp"),
    ]
    for arguments, message in faults:
        status, _, err = mtp(*arguments)
        assert status == 2, (arguments, err)
        assert message in err, (arguments, err)
        assert err.startswith("Error: "), err
        assert len(err.splitlines()) == 1, err
    assert not Path("a.mtp").exists()
