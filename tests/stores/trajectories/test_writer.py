"""What goes into a trajectory file and comes out of it again."""

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from physics.dynamics.frame import Frame
from physics.errors import InputError
from stores.trajectories.reader import Trajectory
from stores.trajectories.writer import TrajectoryWriter

EXACT = ("step", "time", "energy", "temperature", "grade", "cell", "stress")
ONE_ROUNDING = 2.0**-24
"""Relative error of a number that was rounded to float32."""


def assert_same(read: Frame, given: Frame) -> None:
    for name in EXACT:
        np.testing.assert_equal(getattr(read, name), getattr(given, name), name)
    np.testing.assert_array_equal(read.positions, given.positions.astype("f4"))
    for name in ("velocities", "forces"):
        values = getattr(read, name), getattr(given, name)
        assert (values[0] is None) == (values[1] is None)
        if values[0] is not None:
            np.testing.assert_allclose(*values, rtol=1.01 * ONE_ROUNDING)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    flushed=st.lists(st.booleans(), max_size=40),
    kept_quantities=st.fixed_dictionaries({"velocities": st.booleans(), "forces": st.booleans()}),
    pbc=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    data=st.data(),
)
@pytest.mark.usefixtures("small_blocks")
def test_frames_come_back_and_a_file_goes_on_after_any_of_them(
    make_frame: Callable[..., Frame],
    flushed: list[bool],
    kept_quantities: dict[str, bool],
    pbc: tuple[bool, bool, bool],
    data: st.DataObject,
) -> None:
    numbers = data.draw(st.lists(st.integers(1, 100), min_size=1, max_size=7))
    atoms = len(numbers)
    frames = [make_frame(number, atoms, **kept_quantities) for number in range(len(flushed))]
    kept = data.draw(st.integers(0, len(frames)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.h5md"
        with TrajectoryWriter.create(
            path,
            numbers,
            time_step=1.5,
            masses=np.arange(atoms) + 0.5,
            pbc=pbc,
            **kept_quantities,
            provenance={"seed": 7, "potential": "Å"},
        ) as writer:
            for frame, flush in zip(frames, flushed, strict=True):
                writer.append(frame)
                if flush:
                    writer.flush()
                    with Trajectory(path) as growing:
                        assert len(growing) == len(writer)
                        assert_same(growing[-1], frame)
        for resumed in (False, True):
            if resumed:
                with TrajectoryWriter.resume(path, kept) as writer:
                    assert len(writer) == kept
                    for frame in frames[kept:]:
                        writer.append(frame)
            with Trajectory(path) as trajectory:
                assert len(trajectory) == len(frames)
                for read, frame in zip(trajectory, frames, strict=True):
                    assert_same(read, frame)
                assert trajectory.numbers.tolist() == numbers
                assert trajectory.masses.tolist() == (np.arange(atoms) + 0.5).tolist()
                assert tuple(trajectory.pbc) == pbc
                assert trajectory.time_step == 1.5
                assert trajectory.provenance == {"seed": 7, "potential": "Å"}
        assert [file.name for file in Path(folder).iterdir()] == ["run.h5md"]


def test_the_file_is_h5md(ten_frames: Path) -> None:
    with h5py.File(ten_frames) as file:
        assert file["h5md"].attrs["version"].tolist() == [1, 1]
        assert {"name", "version"} <= set(file["h5md/creator"].attrs)
        assert "name" in file["h5md/author"].attrs
        box = file["particles/trajectory/box"]
        assert box.attrs["dimension"] == 3
        assert box.attrs["boundary"].tolist() == [b"periodic"] * 3
        elements = [file[f"particles/trajectory/{name}"] for name in ("velocity", "force")]
        elements += [box["edges"], *file["observables"].values()]
        for element in elements:
            assert set(element) == {"step", "time", "value"}
            assert element["step"] == file["particles/trajectory/position/step"]
            assert element["time"] == file["particles/trajectory/position/time"]
        assert file["particles/trajectory/position/value"].dtype == np.float32
        assert file["particles/trajectory/species"][:].tolist() == [3, 3, 15, 16, 16]


def test_nothing_is_overwritten(ten_frames: Path) -> None:
    before = ten_frames.read_bytes()
    with pytest.raises(InputError, match="exists and is not overwritten"):
        TrajectoryWriter.create(ten_frames, [3], time_step=1)
    assert ten_frames.read_bytes() == before


def test_one_writer_at_a_time(ten_frames: Path) -> None:
    with TrajectoryWriter(ten_frames), pytest.raises(InputError, match="is being written"):
        TrajectoryWriter(ten_frames)


def test_masses_are_those_of_the_elements(ten_frames: Path) -> None:
    masses = Trajectory(ten_frames).masses
    np.testing.assert_allclose(masses, [6.94, 6.94, 30.974, 32.06, 32.06], atol=0.005)


def test_a_frame_that_does_not_fit_is_refused_and_leaves_no_trace(
    tmp_path: Path, make_frame: Callable[..., Frame]
) -> None:
    path = tmp_path / "run.h5md"
    first, second = (make_frame(number, velocities=True) for number in (1, 2))
    with TrajectoryWriter.create(path, [3] * 5, time_step=2, velocities=True) as writer:
        writer.append(first)
        with pytest.raises(InputError, match=r"positions.*\(4, 3\).*\(5, 3\)"):
            writer.append(make_frame(2, 4, velocities=True))
        with pytest.raises(InputError, match="velocities of step 20: none given"):
            writer.append(make_frame(2))
        with pytest.raises(InputError, match=r"cell.*\(3,\)"):
            writer.append(dataclasses.replace(second, cell=np.ones(3)))
        with pytest.raises(InputError, match="step 10 given after step 10"):
            writer.append(first)
        writer.append(second)
    assert Trajectory(path).steps.tolist() == [10, 20]


@pytest.mark.parametrize("frames", [-1, 11])
def test_a_file_is_not_resumed_after_frames_that_it_lacks(ten_frames: Path, frames: int) -> None:
    with pytest.raises(InputError, match=f"after {frames} frames, but has 10"):
        TrajectoryWriter.resume(ten_frames, frames)


@pytest.mark.parametrize(
    ("numbers", "masses"), [([], None), ([[3, 15]], None), ([3, 15], [1.0, 2.0, 3.0])]
)
def test_atoms_without_number_or_mass_are_refused(
    tmp_path: Path, numbers: list[int], masses: list[float] | None
) -> None:
    with pytest.raises(InputError, match="given"):
        TrajectoryWriter.create(tmp_path / "run.h5md", numbers, time_step=1, masses=masses)
    assert not list(tmp_path.iterdir())


def test_an_error_in_the_run_keeps_its_frames(
    tmp_path: Path, make_frame: Callable[..., Frame]
) -> None:
    path = tmp_path / "run.h5md"

    def fail() -> None:
        with TrajectoryWriter.create(path, [3] * 5, time_step=2) as writer:
            writer.append(make_frame(0))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(Trajectory(path)) == 1
