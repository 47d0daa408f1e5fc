"""Collective diffusivity and Haven ratio."""

import numpy as np
import pytest
from walkers_for_tests import as_frames, brownian

from physics.analysis.transport.collective import collective_diffusivity, haven_ratio
from physics.analysis.transport.diffusivity import Diffusivity, diffusivity
from physics.analysis.transport.displacements import displacements
from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.paths import Paths, gather_paths
from physics.analysis.transport.window import Window

INTERVAL = 100.0
PER_FRAME = 0.1 / INTERVAL


def paths(positions: np.ndarray) -> Paths:
    """Gather paths of ions without framework."""
    ions = positions.shape[1]
    frames = as_frames(positions, 1e3 * np.eye(3), INTERVAL)
    return gather_paths(frames, np.ones(ions, dtype=bool), np.ones(ions))


def test_ions_on_their_own_have_a_haven_ratio_of_one() -> None:
    missed, ratios = 0, []
    for seed in range(30):
        walk = paths(brownian(np.random.default_rng(seed), 20, 1000, 1.0))
        ratio = haven_ratio(diffusivity(displacements(walk)), collective_diffusivity(walk))
        assert ratio is not None
        ratios.append(ratio.value)
        missed += not ratio.low <= 1 <= ratio.high
    assert missed <= 4  # of 1.5 expected
    assert np.median(ratios) == pytest.approx(1.0, abs=0.06)
    assert np.std(np.log(ratios)) > 0.05


def test_ions_that_move_together_carry_more() -> None:
    rng = np.random.default_rng(1)
    shared = np.sqrt(0.2) * brownian(rng, 1, 3000, 1.0)
    walk = paths(shared + np.sqrt(0.8) * brownian(rng, 10, 3000, 1.0))
    collective = collective_diffusivity(walk)
    assert collective.estimate is not None
    # variance of the sum over 10 ions: 10 * 0.8 + 100 * 0.2
    true = 2.8 * 0.5 * PER_FRAME
    assert collective.estimate.low < true < collective.estimate.high
    assert collective.estimate.value == pytest.approx(true, rel=0.4)
    ratio = haven_ratio(diffusivity(displacements(walk)), collective)
    assert ratio is not None
    assert ratio.low < 1 / 2.8 < ratio.high < 1


def test_its_window_is_short_and_its_hops_are_those_of_all_ions() -> None:
    walk = paths(brownian(np.random.default_rng(2), 30, 3000, 1.0))
    collective = collective_diffusivity(walk)
    tracer = diffusivity(displacements(walk))
    assert collective.window.end == pytest.approx(0.02 * walk.span)
    assert collective.hops == pytest.approx(tracer.hops, rel=0.3)
    assert collective.estimate is not None
    assert tracer.estimate is not None
    assert collective.estimate.decades > 1.5 * tracer.estimate.decades


def test_few_hops_give_a_limit() -> None:
    walk = paths(brownian(np.random.default_rng(3), 10, 1000, 1e-3))
    collective = collective_diffusivity(walk)
    assert collective.estimate is None
    assert collective.limit is not None
    assert collective.limit > 5e-4 * PER_FRAME
    assert haven_ratio(diffusivity(displacements(walk)), collective) is None


def test_errors_of_both_add_up_in_the_logarithm() -> None:
    window = Window(1.0, 2.0, 1.0)
    tracer = Diffusivity(Estimate(1.0, 1 / 1.2, 1.2), None, None, window, 100.0)
    collective = Diffusivity(Estimate(2.0, 2 / 1.5, 3.0), None, None, window, 100.0)
    ratio = haven_ratio(tracer, collective)
    assert ratio is not None
    assert ratio.value == 0.5
    factor = np.exp(np.hypot(np.log(1.2), np.log(1.5)))
    assert ratio.high == pytest.approx(0.5 * factor)
    assert ratio.low == pytest.approx(0.5 / factor)


def test_too_short_a_run_tells_nothing() -> None:
    walk = paths(brownian(np.random.default_rng(4), 5, 20, 1.0))
    assert collective_diffusivity(walk) is None
    assert haven_ratio(diffusivity(displacements(walk)), None) is None


def test_a_window_of_too_few_lags_is_passed_over() -> None:
    """In 101 frames, 2 % of the run are two lags; 10 % are enough."""
    walk = paths(brownian(np.random.default_rng(5), 20, 101, 1.0))
    collective = collective_diffusivity(walk)
    assert collective is not None
    assert 2 * walk.interval < collective.window.end <= 10 * walk.interval
