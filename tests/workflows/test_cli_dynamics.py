"""`thioflow md` as a user meets it."""

import fcntl
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from ase.io import read
from monty.serialization import loadfn
from pymatgen.core import Structure

from stores.documents import DynamicsDocument
from stores.trajectories.reader import Trajectory

THIOFLOW = str(Path(sys.executable).parent / "thioflow")
COPPER = Path(__file__).parents[2] / "workflows" / "studies" / "structures" / "copper.cif"
EMT = ("md", "copper.cif", "-e", "emt", "--atoms", "16")


def thioflow(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [THIOFLOW, *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture
def copper_file(workspace: Path) -> Path:
    return Path(shutil.copy(COPPER, workspace))


def test_an_engine_run_leaves_frames_with_forces_and_a_document(copper_file: Path) -> None:
    arguments = ("-T", "300", "--to", "600", "-t", "0.1", "--interval", "10", "-o", "run")
    done = thioflow(*EMT, *arguments, "--plot", "run.png")
    assert "Written: 6 frames in run" in done.stdout
    document = loadfn("run/run.json")
    assert isinstance(document, DynamicsDocument)
    assert (document.steps, document.completed) == (50, True)
    assert document.protocol.stages[0].temperatures == (300, 600)
    frames = read("run/trajectory.h5md", index=":")
    assert [atoms.info["step"] for atoms in frames] == [0, 10, 20, 30, 40, 50]
    assert np.abs(frames[-1].get_forces()).max() > 0.1
    assert len(Structure.from_file("run/final.cif")) == 16
    assert Path("run.png").stat().st_size > 10_000


def test_a_potential_with_its_active_set_is_graded_and_stops(copper_file: Path) -> None:
    thioflow(*EMT, "-T", "100", "-t", "0.2", "--interval", "4", "-o", "cold")
    thioflow("mtp", "fit", "cold/trajectory.h5md", "-o", "cu.mtp", "--level", "2",
             "--max-steps", "20")  # fmt: skip
    hot = ("md", "copper.cif", "-p", "cu.mtp", "--atoms", "32", "-T", "3000", "-t", "1")
    done = thioflow(*hot, "--interval", "10", "--stop", "4", "-o", "hot", status=1)
    assert "stopped early" in done.stderr
    assert "extrapolation grade" in done.stderr
    document = loadfn("hot/run.json")
    with Trajectory("hot/extrapolating.h5md") as kept:
        assert len(kept) == document.extrapolating.frames > 0
        assert kept.grades[-1] > 4


def test_a_killed_run_goes_on(copper_file: Path) -> None:
    arguments = (*EMT, "-T", "300", "-t", "1", "--interval", "2", "-o", "run")
    with subprocess.Popen([THIOFLOW, *arguments], stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not Path("run/trajectory.h5md").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert not Path("run/run.json").exists()
    thioflow(*arguments)
    with Trajectory("run/trajectory.h5md") as trajectory:
        assert trajectory.steps.tolist() == list(range(0, 501, 2))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "run"), "what gives the forces? Give --potential FILE.mtp or --engine NAME"),
        (("-e", "emtt", "-o", "run"), "did you mean 'emt'?"),
        (("-e", "lj", "-o", "run"), "does not know Cu"),
        (("-e", "emt", "-T", "-5", "-o", "run"), "temperature -5 K given"),
        (("-e", "emt", "--time-step", "200", "-o", "run"), "time step 200 fs given"),
        (("-e", "emt", "--driver", "lammps", "-o", "run"), "use driver 'ase'"),
        (("-e", "emt", "-o", "run", "--plot", "run.jpeg"), "run.jpeg"),
    ],
)
def test_what_cannot_be_run_is_said_and_nothing_is_written(
    copper_file: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = thioflow("md", "copper.cif", *arguments, status=2)
    assert said in done.stderr
    assert [path.name for path in Path.cwd().iterdir()] == ["copper.cif"]


def test_a_folder_of_another_run_is_refused(copper_file: Path) -> None:
    run = (*EMT, "-t", "0.02", "-o", "run")
    thioflow(*run, "-T", "300")
    before = Path("run/run.json").read_text()
    done = thioflow(*run, "-T", "400", status=2)
    assert "has a run with other settings" in done.stderr
    assert Path("run/run.json").read_text() == before


def test_a_folder_in_which_another_process_runs_is_left_to_it(copper_file: Path) -> None:
    Path("run").mkdir()
    with Path("run/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = thioflow(*EMT, "-t", "0.02", "-o", "run", status=2)
    assert "is being worked on by another process" in done.stderr
    assert [path.name for path in Path("run").iterdir()] == ["lock"]
