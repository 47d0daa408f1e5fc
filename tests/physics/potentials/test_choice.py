"""The choice among potentials."""

from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import sem

from physics.errors import InputError
from physics.potentials.choice import (
    mean_and_standard_error,
    one_standard_error,
    operations,
    pareto_front,
)
from physics.potentials.potential import MomentTensorPotential

NUMBERS = st.integers(1, 8).map(float)
CANDIDATES = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=12)


def test_the_front_of_five() -> None:
    """(4, 1), (2, 2) and (1, 5) lie on the front; (3, 3) and (2, 4) are beaten by (2, 2)."""
    errors, costs = [1.0, 3.0, 2.0, 2.0, 4.0], [5.0, 3.0, 4.0, 2.0, 1.0]
    assert pareto_front(errors, costs).tolist() == [4, 3, 0]


def test_the_cheapest_within_one_standard_error_of_the_best() -> None:
    """The best has 1.0 with a standard error of 0.3: 1.25 counts, 1.31 does not."""
    errors, spreads, costs = [2.0, 1.31, 1.25, 1.0], [9.0, 9.0, 0.1, 0.3], [1.0, 2.0, 3.0, 4.0]
    assert one_standard_error(errors, spreads, costs) == 2
    assert one_standard_error(errors, [0.0] * 4, costs) == 3


@given(CANDIDATES)
def test_the_chosen_one_is_on_the_front_and_close_to_the_best(
    candidates: list[tuple[float, float, float]],
) -> None:
    errors, spreads, costs = np.array(candidates).T
    chosen = one_standard_error(errors, spreads, costs)
    assert chosen in pareto_front(errors, costs)
    best = min(range(len(errors)), key=lambda k: (errors[k], costs[k], spreads[k]))
    close = errors <= errors[best] + spreads[best]
    assert close[chosen]
    assert costs[chosen] == costs[close].min()


@given(CANDIDATES, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(
    candidates: list[tuple[float, float, float]], rng: Random
) -> None:
    shuffled = candidates.copy()
    rng.shuffle(shuffled)
    chosen, other = (c[one_standard_error(*np.array(c).T)] for c in (candidates, shuffled))
    assert (chosen[0], chosen[2]) == (other[0], other[2])
    fronts = [
        sorted((e, c) for e, _, c in np.array(cs)[pareto_front(*np.array(cs).T[[0, 2]])].tolist())
        for cs in (candidates, shuffled)
    ]
    assert fronts[0] == fronts[1]


@given(CANDIDATES)
def test_what_is_not_on_the_front_is_beaten(candidates: list[tuple[float, float, float]]) -> None:
    errors, _, costs = np.array(candidates).T
    front = pareto_front(errors, costs)
    for k in range(len(errors)):
        beaten = any(
            errors[f] <= errors[k] and costs[f] <= costs[k]
            and (errors[f], costs[f]) != (errors[k], costs[k])
            for f in front
        )  # fmt: skip
        assert beaten != (k in front)


def test_mean_and_standard_error_over_blocks() -> None:
    """Means of the blocks 1, 3 and 8: mean 4, variance 13, standard error sqrt(13 / 3)."""
    mean, spread = mean_and_standard_error([0.0, 2.0, 3.0, 7.0, 9.0], [5, 5, 1, 2, 2])
    assert mean == pytest.approx(4)
    assert spread == pytest.approx(np.sqrt(13 / 3))
    values = np.random.default_rng(0).exponential(size=30)
    assert mean_and_standard_error(values) == pytest.approx((values.mean(), sem(values)))


def test_operations_by_hand(draw_potential: Callable[..., MomentTensorPotential]) -> None:
    """Level 2 has one radial function of 6 polynomials, one moment, which is the scalar."""
    assert operations(draw_potential(2), 12) == 12 * (6 + 1) + 0 + 1


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="in 1 blocks"):
        mean_and_standard_error([1.0, 2.0], [0, 0])
    with pytest.raises(InputError, match="finite"):
        mean_and_standard_error([1.0, np.nan, 2.0])
    with pytest.raises(InputError, match="0 candidates"):
        one_standard_error([], [], [])
    with pytest.raises(InputError, match="finite"):
        one_standard_error([1.0], [np.nan], [1.0])
