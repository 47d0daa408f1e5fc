"""Diffusivities with intervals."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from walkers_for_tests import as_frames, brownian, caged, hopping, lattice_gas

from physics.analysis.transport.diffusivity import (
    Diffusivity,
    _limit,
    diffusivity,
)
from physics.analysis.transport.displacements import (
    Displacements,
    averaged,
    displacements,
    displacements_of,
    squared_displacements,
)
from physics.analysis.transport.paths import gather_paths
from physics.analysis.transport.slope import Slope, resampled_slopes
from physics.errors import InputError

INTERVAL = 100.0
PER_FRAME = 0.1 / INTERVAL
"""1 Å^2 per frame, cm^2/s."""

VACANCY = 0.6531
"""Correlation factor of diffusion by vacancies in a simple cubic lattice, Montet 1973."""


def squared(positions: np.ndarray) -> Displacements:
    """Give the squared displacements of a run."""
    return displacements_of([positions], INTERVAL, len(positions))


def found(positions: np.ndarray, **options: float) -> Diffusivity:
    """Give the diffusivity of a run."""
    return diffusivity(squared(positions), **options)


def misses(
    true: float, make: Callable[[np.random.Generator], np.ndarray], runs: int = 100
) -> tuple[int, float]:
    """Count the intervals that miss, and compare their widths with the scatter of the values."""
    values, widths, missed = [], [], 0
    for seed in range(runs):
        estimate = found(make(np.random.default_rng(seed))).estimate
        assert estimate is not None
        missed += not estimate.low <= true * PER_FRAME <= estimate.high
        values.append(estimate.value)
        widths.append((estimate.high - estimate.low) / 2)
    assert np.mean(values) == pytest.approx(
        true * PER_FRAME, abs=3 * np.std(values) / np.sqrt(runs)
    )
    return missed, float(np.mean(widths) / np.std(values))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda rng: brownian(rng, 40, 300, 1.0), id="Brownian"),
        pytest.param(lambda rng: brownian(rng, 12, 300, 1.0), id="few ions"),
        pytest.param(
            lambda rng: brownian(rng, 20, 300, 1.0) + 3 * caged(rng, 20, 300), id="vibrations"
        ),
        pytest.param(lambda rng: hopping(rng, 40, 300, 0.02, np.sqrt(150)), id="hops"),
    ],
)
def test_intervals_hold_the_diffusivity_in_95_of_100_runs(
    make: Callable[[np.random.Generator], np.ndarray],
) -> None:
    missed, width = misses(0.5, make)
    assert missed <= 10  # of 5 expected: 11 or more in one of 90 tests that are right
    assert 1.6 < width < 2.6  # of 1.96 for a normal distribution that is known


def test_each_axis_has_its_own_diffusivity() -> None:
    variances = np.array([1.0, 0.3, 0.05])
    run = squared(brownian(np.random.default_rng(1), 100, 1500, variances))
    for axes in [(0,), (1,), (2,), (0, 1), (0, 1, 2)]:
        estimate = diffusivity(run, axes).estimate
        assert estimate is not None
        true = variances[list(axes)].mean() / 2 * PER_FRAME
        assert estimate.value == pytest.approx(true, rel=0.1)
        assert estimate.low / 1.05 < true < estimate.high * 1.05


@pytest.mark.parametrize(
    ("ions", "factor"),
    [
        pytest.param(5, 1.0, id="alone"),
        pytest.param(256, 0.8497, id="half full, Nakazato and Kitahara 1980"),
        pytest.param(500, VACANCY + 0.0075, id="vacancies, Montet 1973"),
    ],
)
def test_a_lattice_gas_has_its_tracer_diffusivity(ions: int, factor: float) -> None:
    edge, frames, jump = 8, 1000, 3.2
    values = []
    for seed in range(3):
        estimate = found(lattice_gas(seed, edge, ions, frames, jump)).estimate
        assert estimate is not None
        values.append(estimate)
    free = 1 - (ions - 1) / (edge**3 - 1)
    true = free * factor * jump**2 / 6 * PER_FRAME
    error = np.mean([each.high - each.low for each in values]) / 4 / np.sqrt(3)
    assert np.mean([each.value for each in values]) == pytest.approx(true, abs=3 * error)
    assert error < (0.1 if ions == 5 else 0.02) * true


def test_vibrations_count_neither_for_the_value_nor_for_the_hops() -> None:
    rng = np.random.default_rng(3)
    walk = brownian(rng, 100, 1000, 0.02)
    still, shaken = found(walk), found(walk + caged(rng, 100, 1000))
    assert still.estimate is not None
    assert shaken.estimate is not None
    assert shaken.estimate.value == pytest.approx(still.estimate.value, rel=0.03)
    assert shaken.hops == pytest.approx(100 * 0.06 * 999 / 3.2**2, rel=0.1)


def test_slow_and_fast_ions_have_a_mean() -> None:
    rng = np.random.default_rng(4)
    walk = np.concatenate([brownian(rng, 20, 1000, 2.0), brownian(rng, 20, 1000, 0.02)], axis=1)
    estimate = found(walk).estimate
    assert estimate is not None
    assert estimate.value == pytest.approx(1.01 / 2 * PER_FRAME, rel=0.1)
    assert estimate.low < 1.01 / 2 * PER_FRAME < estimate.high


@pytest.mark.parametrize("rate", [0.0, 5e-5, 2e-4])
def test_few_hops_give_a_limit_that_holds(rate: float) -> None:
    ions, frames, runs = 100, 500, 40
    limits = []
    for seed in range(runs):
        given = found(hopping(np.random.default_rng(seed), ions, frames, rate, 3.2))
        assert given.estimate is None
        assert given.limit is not None
        assert given.reason is not None
        limits.append(given.limit)
    true = rate * 3.2**2 / 6 * PER_FRAME
    assert (np.array(limits) < true).sum() <= 5  # of 2 expected
    one = 3.2**2 / 6 / (ions * frames) * PER_FRAME
    assert np.median(limits) < true + 5 * np.sqrt(true * one) + 12 * one


def test_no_hop_is_compatible_with_three() -> None:
    assert _limit(Slope(0.0, 0.0, 99.0), 2.0) == pytest.approx(2 * 2.996, rel=1e-3)
    assert _limit(Slope(-1.0, 0.0, 99.0), 2.0) == pytest.approx(2 * 2.996, rel=1e-3)
    # 95 % limits for 10 events: 16.96
    assert _limit(Slope(10.0, 0.0, 99.0), 1.0) == pytest.approx(16.96, abs=0.01)


def test_few_hops_are_told() -> None:
    given = found(brownian(np.random.default_rng(5), 10, 1000, 0.01))
    assert given.reason is not None
    assert "hops of 3.2 Å were seen, expected 50 or more" in given.reason
    assert given.hops < 50


def test_ions_in_cages_are_told() -> None:
    given = found(caged(np.random.default_rng(6), 50, 1000))
    assert given.reason is not None
    assert "not diffusive" in given.reason
    assert not given.window.diffusive


def test_ions_at_rest_are_below_three_hops() -> None:
    given = found(np.zeros((1000, 20, 3)))
    assert given.limit is not None
    assert given.limit == pytest.approx(2.996 * 3.2**2 / 6 / (20 * 999) * PER_FRAME, rel=1e-3)
    assert not given.warnings


def test_a_large_error_is_told() -> None:
    rng = np.random.default_rng(7)
    walk = brownian(rng, 40, 1000, 1e-3)
    walk[:, 0] = brownian(rng, 1, 1000, 30.0)[:, 0]
    given = found(walk)
    assert given.reason is not None
    assert "standard error" in given.reason


def test_one_ion_has_an_interval_from_parts_of_the_run() -> None:
    one, many = (found(brownian(np.random.default_rng(8), ions, 3000, 1.0)) for ions in (1, 100))
    assert one.estimate is not None
    assert many.estimate is not None
    assert one.estimate.low < 0.5 * PER_FRAME < one.estimate.high
    assert one.estimate.decades > 5 * many.estimate.decades


def test_ions_that_move_together_have_a_wider_interval() -> None:
    rng = np.random.default_rng(10)
    apart = brownian(rng, 50, 1000, 1.0)
    together = 0.1 * apart + brownian(rng, 1, 1000, 1.0)
    alone, joint = found(apart), found(together)
    assert alone.estimate is not None
    assert joint.estimate is not None
    assert not alone.warnings
    assert "parts of the run differ more" in joint.warnings[0]
    assert joint.estimate.decades > 5 * alone.estimate.decades
    assert joint.estimate.low < 0.505 * PER_FRAME < joint.estimate.high


def test_a_run_that_slows_down_is_told() -> None:
    rng = np.random.default_rng(11)
    slowing = np.linspace(2.0, 0.1, 1000)[:, None, None]
    walk = np.cumsum(np.sqrt(slowing) * rng.standard_normal((1000, 50, 3)), axis=0)
    assert "parts of the run differ more" in found(walk).warnings[0]


def test_origins_inside_a_region_count() -> None:
    rng = np.random.default_rng(12)
    walk = brownian(rng, 200, 1000, 1.0)
    inside = np.zeros((1000, 200), dtype=bool)
    begin = rng.integers(0, 900, 200)
    for ion, first in enumerate(begin):
        inside[first : first + rng.integers(0, 300), ion] = True
    given = diffusivity(averaged([squared_displacements(walk, inside)], INTERVAL, 1000))
    whole = found(walk)
    assert given.estimate is not None
    assert whole.estimate is not None
    assert given.estimate.low < 0.5 * PER_FRAME < given.estimate.high
    assert given.estimate.decades > 2 * whole.estimate.decades
    assert given.hops == pytest.approx(whole.hops * inside.mean(), rel=0.2)


def test_drift_and_cell_do_not_matter() -> None:
    rng = np.random.default_rng(13)
    walk = brownian(rng, 60, 600, 1.0)
    moved = (
        np.concatenate([walk, np.zeros((600, 4, 3))], axis=1)
        + np.linspace(0, 90, 600)[:, None, None]
    )
    mobile = np.arange(64) < 60
    cell = np.array([[30.0, 0, 0], [5, 28, 0], [2, -3, 33]])
    paths = gather_paths(as_frames(moved, cell, INTERVAL), mobile, np.ones(64))
    seen, expected = diffusivity(displacements(paths)).estimate, found(walk).estimate
    assert seen is not None
    assert expected is not None
    assert seen.value == pytest.approx(expected.value, rel=1e-4)
    assert seen.high == pytest.approx(expected.high, rel=1e-4)


def test_resampled_slopes_have_the_mean_and_the_error_of_the_slopes() -> None:
    variances = np.array([1.0, 0.5, 0.2])
    run = squared(brownian(np.random.default_rng(14), 80, 1000, variances))
    window = diffusivity(run).window
    slopes = resampled_slopes(run, window, np.random.default_rng(0), 2000)
    assert slopes.shape == (2000, 3)
    for axis in range(3):
        estimate = diffusivity(replace(run, parts=()), (axis,)).estimate
        assert estimate is not None
        unit = 2 / 0.1
        assert slopes[:, axis].mean() == pytest.approx(unit * estimate.value, rel=0.02)
        low, high = np.quantile(slopes[:, axis], [0.025, 0.975])
        assert high - low == pytest.approx(unit * (estimate.high - estimate.low), rel=0.15)


def test_a_region_without_ions_is_refused() -> None:
    nowhere = np.zeros((100, 3), dtype=bool)
    empty = averaged([squared_displacements(np.zeros((100, 3, 3)), nowhere)], INTERVAL, 100)
    with pytest.raises(InputError, match="no displacement begins"):
        diffusivity(empty)


def test_one_ion_without_parts_is_refused() -> None:
    walk = brownian(np.random.default_rng(15), 1, 200, 1.0)
    with pytest.raises(InputError, match="error of one ion"):
        diffusivity(replace(squared(walk), parts=()))
