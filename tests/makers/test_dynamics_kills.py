"""Runs of molecular dynamics that are killed, or held up while another process comes along."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from monty.json import MontyDecoder, MontyEncoder
from pymatgen.core import Structure

from makers.dynamics import DynamicsMaker
from makers.dynamics_run import CHECKPOINT, TRAJECTORY, Output
from makers.lammps import load_lammps
from physics.dynamics.frame import Frame
from physics.dynamics.grading import Grading
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from stores.documents import DynamicsDocument, StoredPotential, TrajectoryFile
from stores.trajectories.reader import Trajectory

SCRIPT = Path(__file__).parent / "dynamics_for_tests.py"
ROOT = SCRIPT.parent.parent.parent
KILLS = 10
INTERVAL = 5
FRAMES = 201
FIRST_FRAME = "first frame\n"


class Runner:
    """Runs one job in process after process."""

    def __init__(self, job: Path) -> None:
        threads = {"NUMBA_NUM_THREADS": "1", "NUMBA_THREADING_LAYER": "workqueue"}
        self._process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | threads | {"PYTHONPATH": str(ROOT)},
        )

    def start(self, folder: Path, pace: float = 0.0) -> int:
        """Start the job in a new folder; return the number of its process."""
        folder.mkdir(parents=True)
        assert self._process.stdin is not None
        print(folder, pace, file=self._process.stdin, flush=True)
        return int(self._line())

    def wait_for_first_frame(self) -> None:
        """Wait until the process that was started last is under way."""
        assert self._line() == FIRST_FRAME

    def status(self) -> int:
        """Wait for the process that was started last, and say how it ended."""
        return int(next(line for line in iter(self._line, "") if line != FIRST_FRAME))

    def close(self) -> None:
        """Let all processes end."""
        self._process.communicate(timeout=60)

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@pytest.fixture
def make_runner(
    tmp_path: Path, cold_argon: StoredPotential, argon_crystal: Structure
) -> Iterator[Callable[[DynamicsMaker], Runner]]:
    """Give the runner of a job of argon; it ends with the test."""
    runners: list[Runner] = []

    def runner_of(maker: DynamicsMaker) -> Runner:
        job = tmp_path / f"job-{len(runners)}.json"
        content = [maker, argon_crystal, cold_argon.model_dump()]
        job.write_text(json.dumps(content, cls=MontyEncoder))
        runners.append(Runner(job))
        return runners[-1]

    yield runner_of
    for runner in runners:
        runner.close()


def heating(driver: str, frames: int = FRAMES) -> DynamicsMaker:
    """Two stages, which meet between two frames."""
    heat = Stage("heat", 53, 10, 40)
    expand = Stage("expand", INTERVAL * (frames - 1) - heat.steps, 40, ensemble="npt")
    return DynamicsMaker(
        protocol=Protocol((heat, expand), time_step=4.0, seed=3),
        driver=driver,  # type: ignore[arg-type]
        output=Output(interval=INTERVAL),
        grading=Grading(keep=1.0, stop=1000.0, interval=2 * INTERVAL),
    )


def document_in(folder: Path) -> DynamicsDocument:
    return MontyDecoder().process_decoded(json.loads((folder / "document.json").read_text()))


def read(file: TrajectoryFile | None) -> list[Frame]:
    assert file is not None
    with file.open() as trajectory:
        return list(trajectory)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def assert_same(found: list[Frame], expected: list[Frame]) -> None:
    """
    Compare frames.

    Positions are equal to the four bytes of the file. Sums over neighbours come in another order
    where lists were found anew, which changes the last bits, and chaos makes that grow: by some
    powers of ten in these two hundred frames, from 1e-16.
    """
    assert [frame.step for frame in found] == [frame.step for frame in expected]
    for name, tolerance in {"positions": 2e-6, "cell": 1e-9, "energy": 1e-8, "temperature": 1e-5,
                            "stress": 1e-6}.items():  # fmt: skip
        np.testing.assert_allclose(
            np.array([getattr(frame, name) for frame in found]),
            np.array([getattr(frame, name) for frame in expected]),
            rtol=0,
            atol=tolerance,
            err_msg=name,
        )


@pytest.mark.xdist_group("killed dynamics")
@pytest.mark.parametrize("driver", ["ase", "lammps"])
def test_killed_at_random_moments_a_run_gives_the_frames_of_an_undisturbed_one(
    driver: str, make_runner: Callable[[DynamicsMaker], Runner], tmp_path: Path
) -> None:
    if driver == "lammps":
        try:
            load_lammps()
        except InputError as error:
            pytest.skip(str(error))
    runner = make_runner(heating(driver))
    chance = random.Random(0)
    lives = [chance.uniform(0.0, 0.4) for _ in range(KILLS)]
    pace = 1.2 * sum(lives) / FRAMES
    attempts, undisturbed = tmp_path / "attempts", tmp_path / "undisturbed" / "once"
    lengths = [0]
    for attempt, life in enumerate(lives):
        process = runner.start(attempts / f"attempt-{attempt}", pace)
        if attempt == 0:
            wait_for(lambda: list(attempts.glob(f"*/*/{CHECKPOINT}")))
        if attempt % 3 != 2:  # a third of them is killed while they read what is there
            runner.wait_for_first_frame()
        time.sleep(life)
        os.kill(process, signal.SIGKILL)
        assert runner.status() == signal.SIGKILL
        (path,) = attempts.glob(f"*/*/{TRAJECTORY}")
        with Trajectory(path) as trajectory:
            lengths.append(len(trajectory))
            assert trajectory.steps.tolist() == list(range(0, INTERVAL * lengths[-1], INTERVAL))
            assert all(np.isfinite(frame.positions).all() for frame in trajectory)
    assert 0 < lengths[-1] < FRAMES
    for folder in (undisturbed, attempts / "last"):
        runner.start(folder)
        assert runner.status() == 0
    expected, found = document_in(undisturbed), document_in(attempts / "last")
    assert Path(found.directory).parent == attempts / "attempt-0"
    assert found.input_hash == expected.input_hash
    assert (found.steps, found.completed) == (INTERVAL * (FRAMES - 1), True)
    frames = read(found.trajectory)
    assert [frame.step for frame in frames] == list(range(0, INTERVAL * FRAMES, INTERVAL))
    assert_same(frames, read(expected.trajectory))
    extrapolating = read(expected.extrapolating)
    assert extrapolating
    assert_same(read(found.extrapolating), extrapolating)
    assert found.energy == pytest.approx(expected.energy, abs=1e-8)
    for stage, same in zip(found.stages, expected.stages, strict=True):
        assert stage.frames == same.frames
        assert stage.temperature == pytest.approx(same.temperature, abs=1e-5)
        assert stage.density == pytest.approx(same.density, abs=1e-9)


@pytest.mark.xdist_group("killed dynamics")
def test_a_second_process_leaves_the_folder_of_the_first_alone(
    make_runner: Callable[[DynamicsMaker], Runner],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cold_argon: StoredPotential,
    argon_crystal: Structure,
) -> None:
    maker = heating("ase", frames=31)
    runner = make_runner(maker)
    first, second = tmp_path / "attempts" / "first", tmp_path / "attempts" / "second"
    process = runner.start(first, 0.01)
    wait_for(lambda: list(first.glob(f"*/{CHECKPOINT}")))
    os.kill(process, signal.SIGSTOP)
    try:
        contents = {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
        second.mkdir()
        monkeypatch.chdir(second)
        document = maker.make.original(maker, argon_crystal, cold_argon)
        assert {p: p.read_bytes() for p in first.rglob("*") if p.is_file()} == contents
    finally:
        os.kill(process, signal.SIGCONT)
    assert runner.status() == 0
    assert Path(document.directory).parent == second
    assert Path(document_in(first).directory).parent == first
    assert_same(read(document_in(first).trajectory), read(document.trajectory))
