"""Anisotropy of walkers whose diffusivities are known."""

import numpy as np
import pytest
from walkers_for_tests import brownian

from physics.analysis.transport.anisotropy import anisotropy
from physics.analysis.transport.displacements import Displacements, displacements_of
from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.window import Window

WINDOW = Window(100.0, 3000.0, 1.0)


def moved(seed: int, ions: int, variances: list[float]) -> Displacements:
    walked = brownian(np.random.default_rng(seed), ions, 300, variances)
    return displacements_of([walked], 100.0, 300)


def found(seed: int, ions: int, variances: list[float]) -> Estimate:
    return anisotropy(moved(seed, ions, variances), WINDOW, np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("variances", "expected"),
    [([0.1, 0.1, 0.3], 3.0), ([0.02, 0.1, 0.05], 0.5), ([0.1, 0.02, 0.1], 1.0)],
)
def test_it_is_the_slope_along_z_over_the_larger_other_one(
    variances: list[float], expected: float
) -> None:
    estimate = found(0, 400, variances)
    assert estimate.value == pytest.approx(expected, rel=0.1)
    assert estimate.low < expected < estimate.high
    assert estimate.high / estimate.low < 1.3


def test_its_interval_holds_the_truth_in_95_of_100_runs_of_few_ions() -> None:
    runs = [found(seed, 12, [0.1, 0.1, 0.05]) for seed in range(100)]
    # 5 misses are expected; 11 or more have a chance of 1 %.
    assert sum(not run.low < 0.5 < run.high for run in runs) <= 10


def test_where_directions_are_alike_it_is_low_and_its_interval_allows_for_it() -> None:
    runs = [found(seed, 60, [0.1, 0.1, 0.1]) for seed in range(80)]
    values = np.array([run.value for run in runs])
    # Of two slopes with the error e, the larger one is high by e / sqrt(pi), and its variance is
    # (1 - 1 / pi) e^2.
    error = values.std() / np.sqrt(2 - 1 / np.pi)
    assert values.mean() == pytest.approx(1 - error / np.sqrt(np.pi), abs=0.02)
    assert sum(not run.low < 1 < run.high for run in runs) <= 9


def test_no_motion_along_z() -> None:
    still = found(1, 50, [0.1, 0.1, 0.0])
    assert (still.value, still.low) == pytest.approx((0, 0), abs=1e-9)
