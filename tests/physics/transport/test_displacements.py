"""Squared displacements over all time origins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from walkers_for_tests import as_frames, brownian

from physics.analysis.transport import displacements as module
from physics.analysis.transport.displacements import (
    PART_FRAMES,
    PARTS,
    averaged,
    displacements,
    displacements_of,
    logarithmic,
    squared_displacements,
)
from physics.analysis.transport.paths import gather_paths

CELL = np.diag([20.0, 20.0, 20.0])


def directly(
    positions: np.ndarray, inside: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Sum squared displacements as they are defined."""
    frames, ions, _ = positions.shape
    inside = np.ones((frames, ions), dtype=bool) if inside is None else inside
    sums, origins = np.zeros((frames - 1, ions, 3)), np.zeros((frames - 1, ions))
    for lag in range(1, frames):
        moved = (positions[lag:] - positions[:-lag]) ** 2
        sums[lag - 1] = (moved * inside[:-lag, :, None]).sum(axis=0)
        origins[lag - 1] = inside[:-lag].sum(axis=0)
    return sums, origins


@given(frames=st.integers(2, 60), ions=st.integers(1, 4), seed=st.integers(0, 2**31))
def test_transforms_give_the_sums_of_the_definition(frames: int, ions: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    positions = 30 * rng.random(3) + brownian(rng, ions, frames, [1.0, 0.1, 0.0])
    sums, origins = squared_displacements(positions)
    expected, number = directly(positions)
    np.testing.assert_allclose(sums, expected, atol=1e-9, rtol=1e-9)
    np.testing.assert_array_equal(origins, number)


@given(
    frames=st.integers(2, 60),
    ions=st.integers(1, 4),
    part=st.floats(0, 1),
    seed=st.integers(0, 2**31),
)
def test_only_origins_inside_count(frames: int, ions: int, part: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    positions = brownian(rng, ions, frames, 1.0)
    inside = rng.random((frames, ions)) < part
    sums, origins = squared_displacements(positions, inside)
    expected, number = directly(positions, inside)
    np.testing.assert_allclose(sums, expected, atol=1e-9, rtol=1e-9)
    np.testing.assert_array_equal(origins, number)


def test_a_long_run_far_from_the_origin_keeps_seven_digits() -> None:
    positions = 1e3 + brownian(np.random.default_rng(2), 3, 3000, 1.0)
    sums, _ = squared_displacements(positions)
    lags = np.array([1, 10, 100, 2999])
    expected = [((positions[lag:] - positions[:-lag]) ** 2).sum(axis=0) for lag in lags]
    np.testing.assert_allclose(sums[lags - 1], expected, rtol=1e-7)


def test_averages_are_those_of_all_ions_however_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    positions = brownian(np.random.default_rng(3), 7, 90, [1.0, 2.0, 3.0])
    whole = displacements_of([positions], 2.0, 90)
    monkeypatch.setattr(module, "AT_ONCE", 180)
    pieces = displacements_of([positions[:, :3], positions[:, 3:]], 2.0, 90)
    sums, origins = directly(positions)
    each = sums / origins[..., None]
    np.testing.assert_allclose(whole.mean, each.mean(axis=1), rtol=1e-9)
    np.testing.assert_allclose(whole.total, each.sum(axis=2).mean(axis=1), rtol=1e-9)
    np.testing.assert_allclose(
        whole.error, each.sum(axis=2).std(axis=1, ddof=1) / np.sqrt(7), rtol=1e-6
    )
    np.testing.assert_allclose(whole.sums, np.moveaxis(sums[whole.steps - 1], 0, 1), rtol=1e-9)
    np.testing.assert_allclose(pieces.mean, whole.mean, rtol=1e-12)
    np.testing.assert_allclose(pieces.sums, whole.sums, rtol=1e-12)
    assert whole.span == pytest.approx(178.0)
    assert whole.ions == 7
    np.testing.assert_allclose(whole.lags, 2.0 * whole.steps)


def test_ions_count_by_their_origins() -> None:
    positions = brownian(np.random.default_rng(4), 2, 40, 1.0)
    inside = np.ones((40, 2), dtype=bool)
    inside[10:, 1] = False
    found = averaged([squared_displacements(positions, inside)], 1.0, 40)
    moved = (positions[5:] - positions[:-5]) ** 2
    expected = np.concatenate([moved[:, 0], moved[:10, 1]]).mean(axis=0)
    np.testing.assert_allclose(found.mean[4], expected, rtol=1e-9)


def test_lags_without_origins_have_no_mean() -> None:
    inside = np.zeros((20, 1), dtype=bool)
    inside[15:] = True
    found = averaged([squared_displacements(np.zeros((20, 1, 3)), inside)], 1.0, 20)
    np.testing.assert_array_equal(np.isnan(found.mean[:, 0]), np.arange(1, 20) > 4)


def test_parts_are_runs_of_their_own() -> None:
    positions = brownian(np.random.default_rng(5), 3, 503, 1.0)
    found = displacements_of([positions], 1.0, 503)
    assert len(found.parts) == PARTS
    second = displacements_of([positions[100:200]], 1.0, 100)
    np.testing.assert_allclose(found.parts[1].sums, second.sums, rtol=1e-9)
    assert found.parts[1].span == 99


def test_long_parts_are_thinned() -> None:
    frames = 2 * PARTS * PART_FRAMES
    positions = brownian(np.random.default_rng(6), 1, frames, 1.0)
    part = displacements_of([positions], 1.0, frames).parts[0]
    assert (part.frames, part.interval) == (PART_FRAMES, 2.0)
    moved = positions[2 : 2 * PART_FRAMES : 2] - positions[: 2 * PART_FRAMES - 2 : 2]
    np.testing.assert_allclose(part.sums[0, 0], (moved**2).sum(axis=0)[0], rtol=1e-9)


def test_too_short_a_run_has_no_parts() -> None:
    assert displacements_of([np.zeros((9, 1, 3))], 1.0, 9).parts == ()


def test_paths_are_averaged() -> None:
    positions = 5 + brownian(np.random.default_rng(7), 70, 30, 1.0)
    paths = gather_paths(as_frames(positions, CELL, 10.0), np.ones(70, dtype=bool), np.ones(70))
    found = displacements(paths)
    sums, origins = directly(positions)
    np.testing.assert_allclose(
        found.mean, sums.sum(axis=1) / origins.sum(axis=1)[:, None], rtol=1e-4
    )
    assert found.interval == 10.0


@given(most=st.integers(1, 10**6))
def test_lags_are_even_on_a_logarithmic_scale(most: int) -> None:
    lags = logarithmic(most)
    assert lags[0] == 1
    assert lags[-1] == most
    assert (np.diff(lags) > 0).all()
    assert np.diff(np.log(lags[lags > 100])).max(initial=0) < np.log(10) / 24 * 1.15
