"""The lags over which motion is diffusive."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from walkers_for_tests import brownian, caged

from physics.analysis.transport.displacements import Displacements, displacements_of
from physics.analysis.transport.window import Window, find_window, slope_weights
from physics.errors import InputError

INTERVAL = 100.0
FRAMES = 2001
SPAN = (FRAMES - 1) * INTERVAL


def curve(squared: np.ndarray) -> Displacements:
    """Squared displacements whose mean is given at all lags, for lags of `INTERVAL`."""
    frames = len(squared) + 1
    still = displacements_of([np.zeros((frames, 2, 3))], INTERVAL, frames)
    mean = np.repeat(squared[:, None] / 3, 3, axis=1)
    sums = still.origins[..., None] * mean[still.steps - 1]
    return replace(still, mean=mean, sums=sums)


LAGS = INTERVAL * np.arange(1, FRAMES)


@pytest.mark.parametrize("plateau", [0.0, 0.5, 20.0])
def test_a_line_is_diffusive_from_the_first_lag(plateau: float) -> None:
    window = find_window(curve(plateau + 1e-3 * LAGS))
    assert window.start == INTERVAL
    assert window.end == pytest.approx(0.1 * SPAN)
    assert window.exponent == pytest.approx(1.0, abs=1e-6)
    assert window.diffusive


@given(exponent=st.floats(0.2, 0.7))
def test_a_power_of_the_lag_is_not_diffusive(exponent: float) -> None:
    window = find_window(curve(LAGS**exponent))
    assert not window.diffusive
    assert window.end == pytest.approx(0.5 * SPAN)


def test_faster_than_diffusion_is_not_diffusive() -> None:
    window = find_window(curve(LAGS**1.5))
    assert window.exponent == pytest.approx(1.5)
    assert not window.diffusive


def test_hops_to_and_fro_make_it_longer_and_leave_the_slope() -> None:
    squared = curve(1e-3 * LAGS + 5 * (1 - np.exp(-LAGS / 2000.0)))
    window = find_window(squared)
    assert window.diffusive
    assert window.end == pytest.approx(0.5 * SPAN)
    held = window.holds(squared.lags)
    slope = slope_weights(squared.lags[held]) @ squared.total[squared.steps - 1][held]
    assert slope == pytest.approx(1e-3, rel=0.03)


def test_it_ends_late_where_motion_is_diffusive_late() -> None:
    onset = 0.15 * SPAN
    squared = np.where(onset > LAGS, np.sqrt(LAGS * onset), LAGS)
    window = find_window(curve(squared))
    assert window.end == pytest.approx(0.5 * SPAN)
    assert window.diffusive


def test_the_longest_lag_is_kept_to() -> None:
    window = find_window(curve(LAGS), longest=2000.0)
    assert window.end == 2000.0
    assert window.diffusive


def test_ions_in_cages_are_not_diffusive() -> None:
    positions = caged(np.random.default_rng(1), 30, 1000)
    assert not find_window(displacements_of([positions], INTERVAL, 1000)).diffusive


def test_of_few_lags_it_begins_with_the_first() -> None:
    """Eleven frames: a tenth of the longest lag is shorter than the first one."""
    positions = caged(np.random.default_rng(1), 20, 11)
    short = displacements_of([positions], 200.0, 11)
    window = find_window(short)
    assert not window.diffusive
    assert window.start == short.lags[0] == 200


def test_components_are_taken_on_their_own() -> None:
    rng = np.random.default_rng(2)
    positions = brownian(rng, 50, 1000, [1.0, 1.0, 0.0]) + caged(rng, 50, 1000)
    squared = displacements_of([positions], INTERVAL, 1000)
    assert find_window(squared, (0, 1)).diffusive
    assert not find_window(squared, (2,)).diffusive


@pytest.mark.parametrize(("frames", "longest"), [(5, None), (1000, 250.0)])
def test_too_few_lags_are_refused(frames: int, longest: float | None) -> None:
    squared = displacements_of([np.zeros((frames, 2, 3))], INTERVAL, frames)
    with pytest.raises(InputError, match="fewer than 3 lags"):
        find_window(squared, longest=longest)


def test_a_window_holds_its_ends() -> None:
    held = Window(2.0, 4.0, 1.0).holds(np.arange(6.0))
    np.testing.assert_array_equal(held, [False, False, True, True, True, False])


@given(
    lags=st.lists(st.floats(1, 1e3), min_size=2, max_size=9, unique_by=round),
    slope=st.floats(-5, 5),
    intercept=st.floats(-5, 5),
)
def test_weights_give_the_slope_of_a_line(
    lags: list[float], slope: float, intercept: float
) -> None:
    abscissas = np.array(lags)
    found = slope_weights(abscissas) @ (intercept + slope * abscissas)
    assert found == pytest.approx(slope, abs=1e-6)
