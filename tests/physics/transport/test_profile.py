"""Concentration profiles against distributions that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from walkers_for_tests import as_frames

from physics.analysis.transport.paths import Paths, gather_paths
from physics.analysis.transport.profile import concentration_profile, excess
from physics.errors import InputError

CELL = np.diag([6.0, 8.0, 30.0])


def still(heights: np.ndarray, frames: int = 2) -> Paths:
    """Ions that stay at heights, Å, or are at others in each frame."""
    positions = np.zeros((frames, heights.shape[-1], 3))
    positions[..., 2] = heights
    ions = heights.shape[-1]
    return gather_paths(as_frames(positions, CELL), np.ones(ions, dtype=bool), np.ones(ions))


def gaussian(distance: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-((distance / width) ** 2) / 2) / (width * np.sqrt(2 * np.pi))


@given(
    heights=st.lists(st.floats(-100, 100), min_size=1, max_size=5),
    bandwidth=st.floats(0.05, 3.0),
)
def test_its_integral_is_the_number_of_ions(heights: list[float], bandwidth: float) -> None:
    profile = concentration_profile(still(np.array(heights)), bandwidth)
    assert profile.mean * np.linalg.det(CELL) == pytest.approx(len(heights), rel=1e-9)
    assert profile.relative.mean() == pytest.approx(1)
    assert profile.density.min() > -1e-9


@pytest.mark.parametrize("bandwidth", [0.1, 1.0, 4.0])
def test_layers_become_gaussians_across_the_border_of_the_cell(bandwidth: float) -> None:
    layers = np.array([0.03, 11.37, 29.1])
    profile = concentration_profile(still(layers), bandwidth)
    images = layers[:, None] + 30.0 * np.arange(-3, 4)
    expected = gaussian(profile.heights - images.reshape(-1, 1), bandwidth).sum(axis=0) / 48.0
    # Points are an eighth of the bandwidth apart; layers are off by at most half of that.
    np.testing.assert_allclose(profile.density, expected, atol=0.05 * expected.max())


def test_a_uniform_gas_is_one_within_the_noise_of_counting() -> None:
    rng = np.random.default_rng(0)
    heights = np.cumsum(rng.uniform(-15, 15, size=(200, 500)), axis=0)  # uniform in the cell
    profile = concentration_profile(still(heights, 200), 0.5)
    # Of a Gaussian kernel, the noise is that of counts in 2 sqrt(pi) bandwidths.
    noise = 1 / np.sqrt(heights.size / 30 * 2 * np.sqrt(np.pi) * 0.5)
    assert (profile.relative - 1).std() == pytest.approx(noise, rel=0.3)
    assert abs(profile.relative - 1).max() < 5 * noise


def test_what_a_boundary_has_more_or_less_than_bulk() -> None:
    # 1600 ions per Å; 400 fewer within 5 Å of a boundary, 800 more within 3 Å of the other.
    heights = np.arange(0, 30, 1 / 400) + 1 / 800
    near, other = np.abs(heights - 7.5) < 5, np.abs(heights - 22.5) < 3
    weights = np.where(near, 3, np.where(other, 6, 4))
    paths = still(np.repeat(heights, weights))
    found = excess(concentration_profile(paths), [0.25, 0.75], reach=7.0)
    np.testing.assert_allclose(found, np.array([-10 * 400, 6 * 800]) / 48, rtol=0.01)


def test_a_cell_without_bulk_and_a_bandwidth_of_nothing_are_refused() -> None:
    paths = still(np.array([1.0]))
    with pytest.raises(InputError, match="expected more than 0"):
        concentration_profile(paths, 0.0)
    with pytest.raises(InputError, match="no bulk farther than 10 Å"):
        excess(concentration_profile(paths), [0.25, 0.75])
