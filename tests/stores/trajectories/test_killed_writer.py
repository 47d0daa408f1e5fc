"""Writers that end without closing their file."""

import multiprocessing
import os
import random
import resource
import signal
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

import h5py
import numpy as np
import pytest

from physics.dynamics.frame import Frame
from physics.errors import InputError
from stores.trajectories import files
from stores.trajectories.reader import Trajectory
from stores.trajectories.repair import repair
from stores.trajectories.writer import TrajectoryWriter

FORK = multiprocessing.get_context("fork")
ATOMS = 40
FRAMES = 600
KILLS = 12


def create(path: Path) -> TrajectoryWriter:
    return TrajectoryWriter.create(path, [3] * ATOMS, time_step=2, forces=True)


def datasets(path: Path) -> dict[str, np.ndarray]:
    """Read all numbers with h5py alone."""
    found = {}

    def collect(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(collect)
    return found


def killed_after(write: Callable[[Event], None], seconds: float) -> int | None:
    """Run a function in a process of its own; kill it, at the latest so long after its start."""
    started = FORK.Event()
    process = FORK.Process(target=write, args=(started,))
    process.start()
    assert started.wait(30)
    process.join(seconds)
    process.kill()
    process.join(30)
    return process.exitcode


@pytest.mark.usefixtures("small_blocks")
def test_killed_again_and_again_a_run_gives_the_file_of_an_undisturbed_one(
    tmp_path: Path, make_frame: Callable[..., Frame]
) -> None:
    frames = [make_frame(number, ATOMS, forces=True) for number in range(FRAMES)]
    undisturbed, disturbed = tmp_path / "undisturbed.h5md", tmp_path / "disturbed.h5md"
    with create(undisturbed) as writer:
        for frame in frames:
            writer.append(frame)
    create(disturbed).close()
    chance = random.Random(0)
    marks = []
    for _ in range(KILLS):
        with Trajectory(disturbed) as trajectory:
            found = len(trajectory)
            there = list(trajectory)
        assert found == len(there)
        for name in ("step", "time", "energy", "grade", "cell", "positions"):
            np.testing.assert_array_equal(
                np.array([getattr(frame, name) for frame in there], "f4"),
                np.array([getattr(frame, name) for frame in frames[:found]], "f4"),
            )
        checkpoint = chance.randint(max(found - 20, 0), found)
        lifetime = chance.choice([4, 30, 150])

        def write(started: Event, checkpoint: int = checkpoint, lifetime: int = lifetime) -> None:
            started.set()
            for life in range(FRAMES):  # closed and taken up again, so that this is killed too
                kept = min(checkpoint + lifetime * life, FRAMES // 2)
                with TrajectoryWriter.resume(disturbed, kept) as writer:
                    for frame in frames[kept : kept + lifetime]:
                        writer.append(frame)
                        if frame.step % 70 == 0:
                            writer.flush()

        assert killed_after(write, 0.15 * chance.random()) == -signal.SIGKILL
        marks.append(files.is_marked(disturbed))
    assert any(marks)
    with Trajectory(disturbed) as trajectory:
        found = len(trajectory)
    assert 0 < found < FRAMES
    with TrajectoryWriter.resume(disturbed, found - 1) as writer:
        for frame in frames[found - 1 :]:
            writer.append(frame)
    expected, given = datasets(undisturbed), datasets(disturbed)
    assert expected.keys() == given.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(given[name], values, name)


@pytest.mark.parametrize("writes", range(1, 10))
def test_killed_between_two_columns_of_a_block(
    tmp_path: Path, make_frame: Callable[..., Frame], writes: int
) -> None:
    path = tmp_path / "run.h5md"
    write_column = h5py.Dataset.__setitem__
    done = 0

    def write_and_die(dataset: h5py.Dataset, rows: object, values: object) -> None:
        nonlocal done
        write_column(dataset, rows, values)
        dataset.file.flush()
        done += 1
        if done == writes:
            os.kill(os.getpid(), signal.SIGKILL)

    def write(started: Event) -> None:
        writer = create(path)
        for number in range(20):
            writer.append(make_frame(number, ATOMS, forces=True))
            if number == 9:
                writer.flush()
        h5py.Dataset.__setitem__ = write_and_die
        started.set()
        writer.flush()

    assert killed_after(write, 30) == -signal.SIGKILL
    with Trajectory(path) as trajectory:
        assert len(trajectory) == (10 if writes < 9 else 20)
        for number, frame in enumerate(trajectory):
            expected = make_frame(number, ATOMS, forces=True)
            np.testing.assert_array_equal(frame.positions, expected.positions.astype("f4"))
            np.testing.assert_allclose(frame.forces, expected.forces, rtol=1e-6)


def left_by_a_killed_writer(path: Path, make_frame: Callable[..., Frame]) -> None:
    """Leave a file with 20 frames of which the writer knows, and then kill it."""

    def write(started: Event) -> None:
        writer = create(path)
        for number in range(25):
            writer.append(make_frame(number, ATOMS, forces=True))
            if number == 19:
                writer.flush()
        started.set()
        signal.pause()

    assert killed_after(write, 0) == -signal.SIGKILL


def test_what_was_flushed_is_there_and_repair_opens_it_to_all(
    tmp_path: Path, make_frame: Callable[..., Frame]
) -> None:
    path = tmp_path / "run.h5md"
    left_by_a_killed_writer(path, make_frame)
    with pytest.raises(OSError, match="already open for write"):
        h5py.File(path)
    assert len(Trajectory(path)) == 20
    with pytest.raises(InputError, match="its writer was killed"):
        TrajectoryWriter(path)

    assert repair(path) == 20
    assert [file.name for file in tmp_path.iterdir()] == ["run.h5md"]
    numbers = datasets(path)
    assert all(len(numbers[name]) == 20 for name in numbers if name.endswith("/value"))
    repaired = path.stat()
    assert repair(path) == 20
    assert path.stat() == repaired, "a whole file is left alone"


def test_a_frame_counts_only_with_its_step(
    tmp_path: Path, make_frame: Callable[..., Frame]
) -> None:
    path = tmp_path / "run.h5md"
    left_by_a_killed_writer(path, make_frame)
    repair(path)
    with h5py.File(path, "r+") as file:  # as if killed while a block was written
        for column in ("position/value", "box/edges/value", "position/time"):
            file[f"particles/trajectory/{column}"].resize(30, axis=0)
        file["particles/trajectory/position/step"].resize(27, axis=0)
    assert [frame.step for frame in Trajectory(path)] == list(range(0, 200, 10))
    with TrajectoryWriter.resume(path, 20) as writer:
        writer.append(make_frame(20, ATOMS, forces=True))
    assert {len(values) for name, values in datasets(path).items() if "value" in name} == {21}


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("flushed", [False, True])
def test_a_full_disk_leaves_the_frames_before_it(
    tmp_path: Path, make_frame: Callable[..., Frame], flushed: bool
) -> None:
    path = tmp_path / "run.h5md"

    def write() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
        writer = create(path)

        def write_on() -> None:
            for number in range(len(writer), FRAMES):
                writer.append(make_frame(number, ATOMS, forces=True))
                if flushed:
                    writer.flush()

        for _ in range(3):
            with pytest.raises(OSError, match="make room on the disk"):
                write_on()
        with pytest.raises(OSError, match="make room on the disk"):
            writer.close()

    process = FORK.Process(target=write)
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert [file.name for file in tmp_path.iterdir()] == ["run.h5md"]
    there = datasets(path)["particles/trajectory/position/value"]
    assert 10 < len(there) < FRAMES
    for number, positions in enumerate(there):
        np.testing.assert_array_equal(positions, make_frame(number, ATOMS).positions.astype("f4"))
