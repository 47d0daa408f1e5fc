"""Frames, columns and structures out of a trajectory file, and files that are none."""

import hashlib
import itertools
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from ase.units import GPa, fs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.constants import atomic_mass, elementary_charge

from physics.dynamics.frame import Frame
from physics.errors import InputError
from stores.trajectories import files
from stores.trajectories.reader import Trajectory
from stores.trajectories.writer import TrajectoryWriter


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    start=st.none() | st.integers(-12, 12),
    stop=st.none() | st.integers(-12, 12),
    step=st.none() | st.integers(-4, 4).filter(bool),
)
@pytest.mark.usefixtures("small_blocks")
def test_frames_are_chosen_like_items_of_a_list(
    ten_frames: Path, start: int | None, stop: int | None, step: int | None
) -> None:
    with Trajectory(ten_frames) as trajectory:
        chosen = list(trajectory.frames(start, stop, step))
        numbers = list(range(10))[start:stop:step]
        assert [frame.step for frame in chosen] == [10 * number for number in numbers]
        for number, frame in zip(numbers, chosen, strict=True):
            np.testing.assert_array_equal(frame.positions, trajectory[number].positions)
            np.testing.assert_array_equal(frame.cell, trajectory[number - 10].cell)


def test_columns(ten_frames: Path, make_frame: Callable[..., Frame]) -> None:
    frames = [make_frame(number) for number in range(10)]
    with Trajectory(ten_frames) as trajectory:
        columns = {
            "step": trajectory.steps,
            "time": trajectory.times,
            "energy": trajectory.energies,
            "temperature": trajectory.temperatures,
            "grade": trajectory.grades,
            "cell": trajectory.cells,
        }
        assert trajectory.symbols == ["Li", "Li", "P", "S", "S"]
        assert np.isnan(trajectory.stresses).all(axis=(1, 2)).tolist() == [
            frame.stress is None for frame in frames
        ]
    for name, values in columns.items():
        expected = np.array([getattr(frame, name) for frame in frames], float)
        np.testing.assert_array_equal(values, expected, name)


@pytest.mark.parametrize("index", [10, -11])
def test_frames_that_are_not_there(ten_frames: Path, index: int) -> None:
    with pytest.raises(IndexError):
        Trajectory(ten_frames)[index]


def test_atoms_have_the_units_of_ase(ten_frames: Path) -> None:
    with Trajectory(ten_frames) as trajectory:
        frame = trajectory[5]
        atoms = trajectory.atoms(frame)
        wrapped = trajectory.atoms(frame, wrap=True)
    np.testing.assert_array_equal(atoms.positions, frame.positions)
    assert atoms.info == {"step": 50, "time": 100.0, "grade": frame.grade}
    assert atoms.get_potential_energy() == frame.energy
    np.testing.assert_array_equal(atoms.get_forces(), frame.forces)
    np.testing.assert_allclose(
        atoms.get_stress(voigt=False) / GPa, (frame.stress + frame.stress.T) / 2
    )
    np.testing.assert_allclose(atoms.get_velocities() * fs, frame.velocities)
    speeds = frame.velocities * 1e5  # m/s
    joule = 0.5 * np.sum(trajectory.masses * atomic_mass * np.sum(speeds**2, axis=1))
    assert atoms.get_kinetic_energy() == pytest.approx(joule / elementary_charge, rel=1e-6)
    fractional = wrapped.get_scaled_positions(wrap=False)
    assert (fractional > -1e-6).all()
    assert (fractional < 1).all()
    np.testing.assert_allclose(wrapped.get_scaled_positions(), atoms.get_scaled_positions())
    assert wrapped.get_potential_energy() == frame.energy


def test_structure(ten_frames: Path) -> None:
    with Trajectory(ten_frames) as trajectory:
        frame = trajectory[3]
        structure = trajectory.structure(frame)
    np.testing.assert_allclose(structure.cart_coords, frame.positions, atol=1e-12)
    np.testing.assert_array_equal(structure.lattice.matrix, frame.cell)
    assert [site.specie.symbol for site in structure] == ["Li", "Li", "P", "S", "S"]


@pytest.mark.usefixtures("small_blocks")
def test_memory_does_not_grow_with_the_number_of_frames(
    tmp_path: Path, make_frame: Callable[..., Frame]
) -> None:
    frames = itertools.cycle(make_frame(number, 10) for number in range(10))

    def peak(number: int) -> int:
        path = tmp_path / f"{number}.h5md"
        tracemalloc.start()
        with TrajectoryWriter.create(path, [3] * 10, time_step=2) as writer:
            for step, frame in zip(range(number), frames, strict=False):
                writer.append(
                    Frame(step, 2.0 * step, frame.positions, frame.cell, 0.0, 300.0, frame.stress)
                )
        with Trajectory(path) as trajectory:
            assert sum(1 for _ in trajectory) == number
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        path.unlink()
        return peak

    peak(100)  # what is loaded once
    few, many = peak(100), peak(1000)
    assert many < few + 900 * 10 * 3 * 4 / 3  # a third of the added positions, in float32


def test_checksum_is_that_of_the_bytes(ten_frames: Path) -> None:
    assert files.checksum(ten_frames) == hashlib.sha256(ten_frames.read_bytes()).hexdigest()


@pytest.mark.usefixtures("small_blocks")
def test_a_file_without_its_end_is_refused(ten_frames: Path) -> None:
    content = ten_frames.read_bytes()
    random = np.random.default_rng(0)
    for size in [*random.integers(1, len(content), size=40), len(content) - 1, 47, 10]:
        ten_frames.write_bytes(content[:size])
        with pytest.raises(InputError, match=r"is damaged|is no trajectory"):
            Trajectory(ten_frames)


def test_a_file_with_a_hole_gives_right_frames_or_an_error(
    ten_frames: Path,
) -> None:
    content = ten_frames.read_bytes()
    with Trajectory(ten_frames) as trajectory:
        whole = [frame.positions for frame in trajectory]
    random = np.random.default_rng(0)
    refused = 0
    for start in random.integers(48, len(content), size=100):
        hole = min(200, len(content) - int(start))
        ten_frames.write_bytes(content[:start] + b"\0" * hole + content[start + hole :])
        try:
            with Trajectory(ten_frames) as trajectory:
                for frame, positions in zip(trajectory, whole, strict=False):
                    np.testing.assert_array_equal(frame.positions, positions)
        except InputError:
            refused += 1
    assert refused > 10


def test_files_of_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.h5md"
    with pytest.raises(InputError, match="no trajectory file"):
        Trajectory(path)
    path.touch()
    with pytest.raises(InputError, match="is no trajectory of thioflow"):
        Trajectory(path)
    path.write_text("100\nan XYZ file\n")
    with pytest.raises(InputError, match="is no trajectory of thioflow"):
        Trajectory(path)
    with h5py.File(path, "w", libver="latest") as file:
        file["x"] = 1
    with pytest.raises(InputError, match="of somebody, expected a trajectory of thioflow"):
        Trajectory(path)
    with h5py.File(path, "a") as file:
        file.create_group("h5md/creator").attrs["name"] = "lammps"
    with pytest.raises(InputError, match="of lammps, expected a trajectory of thioflow"):
        Trajectory(path)
