"""The loop of a run: frames on their grid, guards, grades, and going on from every checkpoint."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from makers import dynamics_run
from makers.dynamics_run import CHECKPOINT, EXTRAPOLATING, TRAJECTORY, DynamicsRun, Output
from physics.dynamics.frame import Frame
from physics.dynamics.grading import Grading
from physics.dynamics.guards import Guards
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from stores.trajectories.reader import Trajectory

ATOMS = Atoms("Ar2", positions=[[0, 0, 0], [0, 0, 5]], cell=[10, 10, 10], pbc=True)


class Clockwork:
    """
    An `Integrator` whose frames follow from the number of steps alone.

    Parameters
    ----------
    stop : int
        Step after which `advance` fails, as LAMMPS does when atoms fly apart.
    temperature : callable
        Temperature of a step, K.
    """

    def __init__(
        self, stop: int = 10**9, temperature: Callable[[int], float] = lambda _: 20.0
    ) -> None:
        self.step, self.stop, self.temperature = 0, stop, temperature
        self.begun: list[tuple[str, int]] = []
        self.left = 0

    def begin(self, stage: Stage, done: int = 0) -> None:
        """Take up a stage that follows one that is over."""
        assert self.left == 0, "a stage was left before its end"
        self.begun.append((stage.name, done))
        self.left = stage.steps - done

    def advance(self, steps: int) -> None:
        """Make steps within the stage."""
        assert 0 < steps <= self.left
        if self.step + steps > self.stop:
            raise RuntimeError("atoms are lost")
        self.step += steps
        self.left -= steps

    def frame(self, *, velocities: bool = False, forces: bool = False) -> Frame:
        """Give the frame of the present step."""
        assert self.begun
        positions = ATOMS.positions + 0.001 * self.step
        moving = np.full((2, 3), 0.5 * self.step)
        return Frame(
            self.step, 2.0 * self.step, positions, ATOMS.cell.array,
            energy=-0.1 * self.step, temperature=self.temperature(self.step),
            velocities=moving if velocities else None, forces=-moving if forces else None,
        )  # fmt: skip

    def state(self) -> bytes:
        """Give the step."""
        return json.dumps(self.step).encode()

    def restore(self, state: bytes) -> None:
        """Go to a step."""
        self.step = json.loads(state)
        self.left = 0

    def close(self) -> None:
        """Nothing is held."""


class StepGrader:
    """Gives every step the grade that a table says, and 0.5 to all others."""

    def __init__(self, grading: Grading, grades: dict[int, float]) -> None:
        self.grading, self.grades = grading, grades
        self.graded: list[int] = []

    def grade(self, frame: Frame) -> float:
        """Look the grade up."""
        self.graded.append(frame.step)
        return self.grades.get(frame.step, 0.5)


def protocol(*steps: int) -> Protocol:
    return Protocol(tuple(Stage(f"stage {n}", count, 20.0) for n, count in enumerate(steps)))


def start(
    folder: Path,
    given_protocol: Protocol,
    integrator: Clockwork,
    output: Output | None = None,
    **given: Any,
) -> DynamicsRun:
    folder.mkdir(exist_ok=True)
    first = Frame(0, 0.0, ATOMS.positions, ATOMS.cell.array, 0.0, 0.0)
    return DynamicsRun(
        integrator, given_protocol, ATOMS, folder, output=output or Output(10),
        guards=Guards(["Ar", "Ar"], first), **given,
    )  # fmt: skip


def frames(path: Path) -> list[Frame]:
    with Trajectory(path) as trajectory:
        return list(trajectory)


def steps(path: Path) -> list[int]:
    return [frame.step for frame in frames(path)]


def test_frames_are_on_the_grid_across_stages(tmp_path: Path) -> None:
    integrator = Clockwork()
    run = start(tmp_path, protocol(25, 3, 36), integrator, Output(10, velocities=True, forces=True))
    assert run.go() is None
    assert integrator.begun == [("stage 0", 0), ("stage 1", 0), ("stage 2", 0)]
    assert run.step == run.last.step == 64
    written = frames(tmp_path / TRAJECTORY)
    assert [frame.step for frame in written] == [0, 10, 20, 30, 40, 50, 60]
    for frame in written:
        np.testing.assert_allclose(frame.positions, ATOMS.positions + 0.001 * frame.step, atol=1e-6)
        np.testing.assert_allclose(frame.velocities, 0.5 * frame.step, rtol=1e-6)
        np.testing.assert_allclose(frame.forces, -0.5 * frame.step, rtol=1e-6)
        assert (frame.time, frame.energy) == (2.0 * frame.step, -0.1 * frame.step)


@settings(
    max_examples=10, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    st.lists(st.integers(1, 25), min_size=1, max_size=3),
    st.integers(2, 15),
    st.lists(st.integers(0, 60), max_size=3),
)
@example(counts=[1], interval=2, cuts=[0])
def test_cut_off_anywhere_a_run_gives_what_it_gives_at_once(
    tmp_path_factory: pytest.TempPathFactory,
    counts: list[int],
    interval: int,
    cuts: list[int],
) -> None:
    """Each process is lost at some step, its checkpoint at each frame before it."""
    folder = tmp_path_factory.mktemp("cut")
    grades = {step: 1 + step / 100 for step in range(0, 75, 3)}
    given = protocol(*counts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dynamics_run, "CHECKPOINT_SECONDS", -1.0)
        for cut in [*sorted(cuts), 10**9]:
            integrator = Clockwork(stop=cut)
            grader: Any = StepGrader(Grading(1.0, 100.0, 3), grades)
            run = start(folder, given, integrator, Output(interval), grader=grader)
            resumed_at = run.step
            told = run.go()
            assert (told is None) == (cut >= given.steps)
            assert grader.graded == [
                step for step in range(resumed_at, run.last.step + 1)
                if step % 3 == 0 and (step > resumed_at or step == 0)
            ]  # fmt: skip
    assert steps(folder / TRAJECTORY) == list(range(0, given.steps + 1, interval))
    kept = frames(folder / EXTRAPOLATING)
    assert [frame.step for frame in kept] == list(range(3, given.steps + 1, 3))
    assert [frame.grade for frame in kept] == [1 + frame.step / 100 for frame in kept]


def test_a_run_that_ended_is_not_run_again(tmp_path: Path) -> None:
    start(tmp_path, protocol(20, 20), Clockwork()).go()
    before = (tmp_path / TRAJECTORY).read_bytes()
    again = start(tmp_path, protocol(20, 20), Clockwork(stop=0))
    assert again.go() is None
    assert again.last.step == 40
    assert (tmp_path / TRAJECTORY).read_bytes() == before


def test_a_guard_stops_the_run_and_its_frame_is_not_written(tmp_path: Path) -> None:
    integrator = Clockwork(temperature=lambda step: 20.0 if step < 35 else 1e6)
    run = start(tmp_path, protocol(32, 20), integrator)
    told = run.go()
    assert told is not None
    assert "step 40" in told
    assert "1000000 K" in told
    assert run.last.step == 32
    assert steps(tmp_path / TRAJECTORY) == [0, 10, 20, 30]


def test_what_an_engine_cannot_go_on_from_stops_the_run(tmp_path: Path) -> None:
    run = start(tmp_path, protocol(50), Clockwork(stop=25))
    assert run.go() == "after step 20: atoms are lost"
    assert run.last.step == 20
    assert steps(tmp_path / TRAJECTORY) == [0, 10, 20]


def test_a_bad_start_is_refused_and_hinders_no_second_attempt(tmp_path: Path) -> None:
    hot = start(tmp_path, protocol(20), Clockwork(temperature=lambda _: np.nan))
    with pytest.raises(InputError, match=r"cannot start.*temperature.*relax the structure first"):
        hot.go()
    assert not (tmp_path / CHECKPOINT).exists()
    assert start(tmp_path, protocol(20), Clockwork()).go() is None
    assert steps(tmp_path / TRAJECTORY) == [0, 10, 20]


def test_grades_are_kept_and_stop_the_run(tmp_path: Path) -> None:
    table = {4: 1.9, 8: 2.1, 20: 3.0, 24: 9.9, 28: 10.1}
    grader: Any = StepGrader(Grading(keep=2.0, stop=10.0, interval=4), table)
    run = start(tmp_path, protocol(100), Clockwork(), grader=grader)
    told = run.go()
    assert told is not None
    assert told.startswith("step 28: extrapolation grade 10.1, limit 10")
    assert run.last.step == 28
    kept = frames(tmp_path / EXTRAPOLATING)
    assert [(frame.step, frame.grade) for frame in kept] == [
        (8, 2.1), (20, 3.0), (24, 9.9), (28, 10.1),
    ]  # fmt: skip
    written = frames(tmp_path / TRAJECTORY)
    assert [(frame.step, frame.grade) for frame in written] == [(0, 0.5), (10, None), (20, 3.0)]


def test_a_run_that_was_stopped_stops_there_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not go on from a checkpoint of the configuration at which it was to stop."""
    monkeypatch.setattr(dynamics_run, "CHECKPOINT_SECONDS", -1.0)
    told, kept = [], []
    for _ in range(2):
        grader: Any = StepGrader(Grading(keep=2.0, stop=10.0, interval=10), {10: 3.0, 20: 11.0})
        told.append(start(tmp_path, protocol(100), Clockwork(), grader=grader).go())
        kept.append(steps(tmp_path / EXTRAPOLATING))
        assert steps(tmp_path / TRAJECTORY) == [0, 10, 20]
    assert told[0] is not None
    assert told[0] == told[1]
    assert kept == [[10, 20], [10, 20]]


def test_a_start_that_extrapolates_stops_at_once(tmp_path: Path) -> None:
    grader: Any = StepGrader(Grading(), {0: 11.0})
    run = start(tmp_path, protocol(100), Clockwork(), grader=grader)
    told = run.go()
    assert told is not None
    assert told.startswith("step 0")
    assert steps(tmp_path / TRAJECTORY) == steps(tmp_path / EXTRAPOLATING) == [0]


def test_each_written_frame_is_reported(tmp_path: Path) -> None:
    told: list[int] = []
    run = start(tmp_path, protocol(25), Clockwork(), report=lambda frame: told.append(frame.step))
    run.go()
    assert told == [0, 10, 20]


def test_output_without_interval_is_refused() -> None:
    with pytest.raises(InputError, match="every 0 steps"):
        Output(interval=0)
