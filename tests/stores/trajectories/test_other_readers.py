"""Trajectory files in MDAnalysis and ASE."""

from collections.abc import Callable
from pathlib import Path

import ase.io
import MDAnalysis
import numpy as np
import pytest
from ase.cell import Cell

from physics.dynamics.frame import Frame
from stores.trajectories.reader import Trajectory
from stores.trajectories.writer import TrajectoryWriter

SINGLE = 1e-6
"""A few roundings to float32, relative."""


@pytest.mark.parametrize("resumed", [False, True])
def test_mdanalysis(
    ten_frames: Path,
    make_frame: Callable[..., Frame],
    resumed: bool,
) -> None:
    frames = [make_frame(number, velocities=True, forces=True) for number in range(10)]
    if resumed:
        with TrajectoryWriter.resume(ten_frames, 6) as writer:
            for frame in frames[6:]:
                writer.append(frame)
    universe = MDAnalysis.Universe(ten_frames)
    assert len(universe.trajectory) == 10
    for read, frame in zip(universe.trajectory, frames, strict=True):
        np.testing.assert_allclose(read.positions, frame.positions, rtol=SINGLE)
        np.testing.assert_allclose(read.velocities, frame.velocities * 1000, rtol=SINGLE)  # Å/ps
        forces = frame.forces * 96.4853321  # kJ/(mol Å)
        np.testing.assert_allclose(read.forces, forces, rtol=SINGLE)
        np.testing.assert_allclose(read.dimensions, Cell(frame.cell).cellpar(), rtol=SINGLE)
        assert read.time == pytest.approx(frame.time / 1000)  # ps
        assert read.data["step"] == frame.step
        assert read.data["potential_energy"] == frame.energy
        assert read.data["temperature"] == frame.temperature


@pytest.mark.parametrize("index", [":", "2:9:3", "-1", "::-4"])
def test_ase(ten_frames: Path, index: str) -> None:
    read = list(ase.io.iread(ten_frames, index=index))
    with Trajectory(ten_frames) as trajectory:
        every = [trajectory.atoms(frame) for frame in trajectory]
    expected = every[-1:] if index == "-1" else every[slice(*_bounds(index))]
    assert len(read) == len(expected)
    for atoms, same in zip(read, expected, strict=True):
        assert atoms == same
        assert atoms.info == same.info
        assert atoms.get_potential_energy() == same.get_potential_energy()
        np.testing.assert_array_equal(atoms.get_velocities(), same.get_velocities())


def _bounds(index: str) -> list[int | None]:
    return [int(bound) if bound else None for bound in index.split(":")]


def test_ase_reads_the_last_frame_by_itself(ten_frames: Path) -> None:
    assert ase.io.read(ten_frames).info["step"] == 90
