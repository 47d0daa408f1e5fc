"""Frames and files for the tests of trajectories."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from physics.dynamics.frame import Frame
from stores.trajectories import reader, writer
from stores.trajectories.writer import TrajectoryWriter

MakeFrame = Callable[..., Frame]


def _make_frame(
    number: int, atoms: int = 5, *, velocities: bool = False, forces: bool = False
) -> Frame:
    """Make the same frame for the same number: every third without stress, every fifth graded."""
    random = np.random.default_rng(number)
    return Frame(
        step=10 * number,
        time=20.0 * number,
        positions=random.normal(scale=10, size=(atoms, 3)),
        cell=np.diag([20.0, 21, 22]) + np.tril(random.random((3, 3))),
        energy=random.normal() - 100,
        temperature=300 + random.normal(),
        stress=random.normal(size=(3, 3)) if number % 3 else None,
        velocities=random.normal(scale=0.01, size=(atoms, 3)) if velocities else None,
        forces=random.normal(size=(atoms, 3)) if forces else None,
        grade=None if number % 5 else 1 + number / 8,
    )


@pytest.fixture(scope="session")
def make_frame() -> MakeFrame:
    return _make_frame


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few frames fill a chunk and a few chunks a block."""
    monkeypatch.setattr(writer, "_BLOCK", 600)
    monkeypatch.setattr(writer, "_CHUNK_OF_ATOMS", 200)
    monkeypatch.setattr(writer, "_CHUNK", 100)
    monkeypatch.setattr(reader, "_BLOCK", 500)


@pytest.fixture
def ten_frames(tmp_path: Path, make_frame: MakeFrame) -> Path:
    """A file of ten frames of Li2PS2 with velocities and forces."""
    path = tmp_path / "ten.h5md"
    with TrajectoryWriter.create(
        path, [3, 3, 15, 16, 16], time_step=2, velocities=True, forces=True
    ) as file:
        for number in range(10):
            file.append(make_frame(number, velocities=True, forces=True))
    return path
