"""Paths of ions in the mean cell, without the drift of the framework."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walkers_for_tests import Still, as_frames, brownian

from physics.analysis.transport import paths as module
from physics.analysis.transport.displacements import displacements
from physics.analysis.transport.paths import Paths, gather_paths
from physics.errors import InputError

CUBE = np.diag([20.0, 20.0, 20.0])
TRICLINIC = np.array([[20.0, 0.0, 0.0], [4.0, 18.0, 0.0], [-3.0, 5.0, 22.0]])

IONS = 5
ATOMS = 8
MOBILE = np.arange(ATOMS) < IONS
MASSES = np.where(MOBILE, 7.0, [1, 1, 1, 1, 1, 31.0, 32.0, 32.0])


def walk(seed: int = 0, frames: int = 50) -> np.ndarray:
    """Five ions that walk, and three atoms of a framework that rattles but stays."""
    rng = np.random.default_rng(seed)
    positions = 20 * rng.random((ATOMS, 3)) + brownian(rng, ATOMS, frames, 1.0)
    positions[:, IONS:] = positions[0, IONS:] + 0.1 * rng.standard_normal((frames, 3, 3))
    positions[:, IONS:] -= (MASSES[IONS:] / MASSES[IONS:].sum() @ positions[:, IONS:])[:, None]
    return positions


def gathered(positions: np.ndarray, cell: np.ndarray = CUBE) -> np.ndarray:
    """Give the positions of the ions."""
    return of(gather_paths(as_frames(positions, cell), MOBILE, MASSES))


def of(paths: Paths) -> np.ndarray:
    """Give all positions of paths."""
    return np.concatenate(list(paths.positions()), axis=1)


@pytest.mark.parametrize("cell", [CUBE, TRICLINIC])
def test_paths_are_those_of_the_ions(cell: np.ndarray) -> None:
    positions = walk()
    paths = gather_paths(as_frames(positions, cell, 2.0), MOBILE, MASSES)
    np.testing.assert_allclose(of(paths), positions[:, MOBILE], atol=1e-4)
    assert (paths.ions, paths.frames, paths.interval, paths.span) == (IONS, 50, 2.0, 98.0)
    assert paths.volume == pytest.approx(np.linalg.det(cell))
    np.testing.assert_allclose(paths.cell, cell)


@given(velocity=st.tuples(*[st.floats(-1, 1)] * 3), seed=st.integers(0, 2**31))
@settings(max_examples=20)
def test_drift_of_the_framework_is_taken_away(
    velocity: tuple[float, float, float], seed: int
) -> None:
    positions = walk(seed, 20)
    drift = np.outer(np.arange(20), velocity)[:, None]
    np.testing.assert_allclose(gathered(positions + drift), gathered(positions), atol=1e-4)


def test_without_framework_nothing_is_taken_away() -> None:
    positions = walk()[:, :IONS] + np.arange(50)[:, None, None]
    every = np.ones(IONS, dtype=bool)
    paths = gather_paths(as_frames(positions, CUBE), every, np.ones(IONS))
    np.testing.assert_allclose(of(paths), positions, atol=1e-4)


def test_other_atoms_may_be_the_framework() -> None:
    positions = walk()
    still = np.arange(ATOMS) == ATOMS - 1
    paths = gather_paths(as_frames(positions, CUBE), MOBILE, MASSES, still)
    moved = positions[:, still] - positions[0, still]
    np.testing.assert_allclose(of(paths), positions[:, MOBILE] - moved, atol=1e-4)


def test_a_breathing_cell_counts_as_its_mean() -> None:
    rng = np.random.default_rng(1)
    fractional = walk(2) @ np.linalg.inv(TRICLINIC)
    cells = TRICLINIC * (1 + 0.05 * rng.standard_normal((50, 1, 1)))
    frames = [
        Still(float(number), scaled @ cell, cell)
        for number, (scaled, cell) in enumerate(zip(fractional, cells, strict=True))
    ]
    breathing = gather_paths(frames, MOBILE, MASSES)
    fixed = gather_paths(
        as_frames(fractional @ cells.mean(axis=0), cells.mean(axis=0)), MOBILE, MASSES
    )
    np.testing.assert_allclose(
        displacements(breathing).mean, displacements(fixed).mean, rtol=1e-4, atol=1e-4
    )


def test_disk_gives_what_memory_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    positions = np.concatenate([walk(seed) for seed in range(30)], axis=1)
    mobile, masses = np.tile(MOBILE, 30), np.tile(MASSES, 30)
    kept = of(gather_paths(as_frames(positions, CUBE), mobile, masses))
    monkeypatch.setattr(module, "MEMORY", 0)
    monkeypatch.setattr(module, "BUFFER", 1000)
    spooled = gather_paths(as_frames(positions, CUBE), mobile, masses)
    np.testing.assert_array_equal(of(spooled), kept)
    np.testing.assert_array_equal(of(spooled), kept)  # and again
    np.testing.assert_allclose(kept, positions[:, mobile], atol=1e-4)


def test_wrapped_positions_are_refused() -> None:
    with pytest.raises(InputError, match="wrapped"):
        gathered(walk() % 20.0)


def test_one_frame_is_refused() -> None:
    with pytest.raises(InputError, match="1 frames were given, expected two"):
        gathered(walk()[:1])


def test_uneven_times_are_refused() -> None:
    frames = list(as_frames(walk(), CUBE))
    del frames[7]
    with pytest.raises(InputError, match="1 to 2 fs apart"):
        gather_paths(frames, MOBILE, MASSES)


def test_frames_at_one_time_are_refused() -> None:
    with pytest.raises(InputError, match="fs apart"):
        gather_paths(as_frames(walk(), CUBE, 0.0), MOBILE, MASSES)


def test_no_mobile_ion_is_refused() -> None:
    with pytest.raises(InputError, match="none of 8 atoms is mobile"):
        gather_paths(as_frames(walk(), CUBE), np.zeros(ATOMS, dtype=bool), MASSES)


def test_a_changed_number_of_atoms_is_refused() -> None:
    frames = list(as_frames(walk(), CUBE))
    frames[3] = replace(frames[3], positions=frames[3].positions[1:])
    with pytest.raises(InputError, match="frame 3 has 7 atoms, expected 8"):
        gather_paths(frames, MOBILE, MASSES)


def test_positions_that_are_no_numbers_are_refused() -> None:
    positions = walk()
    positions[4, 1, 1] = np.nan
    with pytest.raises(InputError, match="frame 4 has positions that are not finite"):
        gathered(positions)
