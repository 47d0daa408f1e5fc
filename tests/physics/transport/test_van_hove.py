"""Van Hove functions against those of Brownian walkers, hops and an ideal gas."""

import numpy as np
import pytest
from walkers_for_tests import NEIGHBOURS, as_frames, brownian

from physics.analysis.transport.paths import Paths, gather_paths
from physics.analysis.transport.van_hove import distinct_part, self_part
from physics.errors import InputError

BOX = np.diag([20.0, 22.0, 24.0])
SKEWED = np.array([[20.0, 0, 0], [-9.0, 18.0, 0], [6.0, 5.0, 21.0]])


def paths_of(positions: np.ndarray, cell: np.ndarray = BOX, interval: float = 10.0) -> Paths:
    ions = positions.shape[1]
    return gather_paths(
        as_frames(positions, cell, interval), np.ones(ions, dtype=bool), np.ones(ions)
    )


def maxwell(radii: np.ndarray, variance: float) -> np.ndarray:
    """4 pi r^2 times a Gaussian of three dimensions."""
    return (
        4 * np.pi * radii**2 * np.exp(-(radii**2) / (2 * variance)) / (2 * np.pi * variance) ** 1.5
    )


def test_the_self_part_of_brownian_walkers_is_a_gaussian() -> None:
    walked = brownian(np.random.default_rng(0), 400, 600, [0.05] * 3)
    found = self_part(paths_of(walked), [10.0, 200.0, 1000.0], reach=12.0)
    assert (found.lags == [10, 200, 1000]).all()
    for steps, density in zip([1, 20, 100], found.density, strict=True):
        expected = maxwell(found.radii, 0.05 * steps)
        assert np.abs(density - expected).max() < 0.06 * expected.max()
        assert (density * 0.1).sum() == pytest.approx(1, abs=1e-3)
    assert np.abs(found.non_gaussian).max() < 0.05


def test_what_is_beyond_the_reach_counts_in_the_norm() -> None:
    walked = np.zeros((2, 4, 3))
    walked[1, :, 0] = [0.55, 0.55, 3.0, 7.0]
    found = self_part(paths_of(walked), [10.0], reach=1.0)
    assert found.density.sum() * 0.1 == pytest.approx(0.5)
    assert found.radii[found.density[0].argmax()] == pytest.approx(0.55)


def test_alpha_2_of_fast_and_slow_walkers() -> None:
    rng = np.random.default_rng(1)
    slow, fast = brownian(rng, 300, 500, [0.02] * 3), brownian(rng, 300, 500, [0.1] * 3)
    found = self_part(paths_of(np.concatenate([slow, fast], axis=1)), [100.0], reach=5.0)
    # Moments of two Gaussians: 2 (D^2 + D'^2) / (D + D')^2 - 1.
    assert found.non_gaussian[0] == pytest.approx(2 * (1 + 25) / 36 - 1, abs=0.04)


def test_alpha_2_of_hops_at_random_times() -> None:
    rng = np.random.default_rng(2)
    numbers = rng.poisson(0.05, size=(1000, 300))
    kinds = NEIGHBOURS[rng.integers(6, size=(1000, 300))]
    found = self_part(paths_of(np.cumsum(3.2 * kinds * (numbers[..., None] > 0), axis=0)),
                      [10.0, 100.0], reach=5.0)  # fmt: skip
    # At most one hop in a frame, with p = 1 - exp(-0.05): <r^2> = n p and, for n frames,
    # <r^4> = n p + 5/3 n (n - 1) p^2 in units of the hop.
    chance = 1 - np.exp(-0.05)
    for steps, alpha in zip([1, 10], found.non_gaussian, strict=True):
        mean = steps * chance
        fourth = mean + 5 / 3 * steps * (steps - 1) * chance**2
        assert alpha == pytest.approx(3 * fourth / (5 * mean**2) - 1, rel=0.05)


def test_ions_that_do_not_move_have_no_alpha_2() -> None:
    assert np.isnan(self_part(paths_of(np.zeros((3, 2, 3))), [10.0], 1.0).non_gaussian[0])


@pytest.mark.parametrize("cell", [BOX, SKEWED])
def test_the_distinct_part_of_an_ideal_gas_is_one(cell: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    start = rng.uniform(size=(400, 3)) @ cell
    walked = start + brownian(rng, 400, 100, [0.5] * 3)
    found = distinct_part(paths_of(walked, cell), [0.0, 500.0], reach=7.5)
    far = found.radii > 2
    assert np.abs(found.relative[:, far] - 1).max() < 0.25
    # The counts in all shells together have a noise of 0.5 % or less.
    weights = found.radii**2
    np.testing.assert_allclose((found.relative * weights).sum(axis=1) / weights.sum(), 1, atol=0.03)


def test_the_distinct_part_of_a_lattice_has_its_shells() -> None:
    grid = np.stack(np.meshgrid(*[np.arange(5)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    cell = np.eye(3) * 16.0
    positions = np.repeat(grid[None] * 3.2, 4, axis=0)
    found = distinct_part(paths_of(positions, cell), [0.0, 20.0], reach=5.0)
    number = found.relative * 124 / 16.0**3 * 4 / 3 * np.pi * np.diff(
        np.linspace(0, 5, 51) ** 3
    )  # fmt: skip
    for row in number:
        assert row[found.radii < 3.0].sum() == 0
        assert row[(found.radii > 3.0) & (found.radii < 3.4)].sum() == pytest.approx(6)
        assert row[(found.radii > 4.3) & (found.radii < 4.7)].sum() == pytest.approx(12)


def test_an_ion_that_takes_the_place_of_another_is_seen_at_distance_zero() -> None:
    positions = np.zeros((2, 2, 3))
    positions[0, 1, 0] = positions[1, 0, 0] = 3.0
    found = distinct_part(paths_of(positions), [0.0, 10.0], reach=4.0)
    assert found.relative[0].argmax() in {29, 30}
    assert found.relative[1].argmax() == 0


def test_a_reach_beyond_half_the_cell_and_lags_beyond_the_run_are_refused() -> None:
    paths = paths_of(np.zeros((3, 2, 3)))
    with pytest.raises(InputError, match=r"expected less than 10\.00 Å"):
        distinct_part(paths, [0.0], reach=10.0)
    with pytest.raises(InputError, match="a lag of 30 fs was given, expected 10 to 20 fs"):
        self_part(paths, [30.0], reach=1.0)
    with pytest.raises(InputError, match="a lag of 2 fs was given, expected 10 to 20 fs"):
        self_part(paths, [2.0], reach=1.0)
    with pytest.raises(InputError, match="expected two or more"):
        distinct_part(paths_of(np.zeros((3, 1, 3))), [0.0], reach=1.0)
