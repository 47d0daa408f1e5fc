"""Rows of maximal volume: known choices, the bound of Goreinov et al., and motep."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motep.grade.maxvol import MaxVol

from physics.errors import InputError
from physics.potentials.maxvol import dominant_rows, inverse, largest_coefficients

seeds = st.integers(0, 2**32 - 1)


def test_largest_coefficient_in_the_unit_basis() -> None:
    rows = np.array([[2.0, -3.0], [0.5, 0.25]])
    assert largest_coefficients(rows, inverse(np.eye(2))).tolist() == [3.0, 0.5]


def test_row_of_largest_coefficient_takes_the_place_of_its_unit_row() -> None:
    pool = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, -3.0]])
    assert dominant_rows(pool, np.array([0, 1])).tolist() == [0, 2]


def test_rows_within_the_threshold_exchange_nothing() -> None:
    pool = np.array([[1.0, 0.0], [0.0, 1.0], [1.9, -0.5]])
    assert dominant_rows(pool, np.array([0, 1]), threshold=2.0).tolist() == [0, 1]


@given(seeds, st.integers(2, 4), st.sampled_from([1.001, 1.5]))
def test_volume_is_within_the_bound_of_the_best(seed: int, m: int, threshold: float) -> None:
    pool = np.random.default_rng(seed).normal(size=(9, m))
    selected = dominant_rows(pool, np.arange(m), threshold)
    assert largest_coefficients(pool, inverse(pool[selected])).max() <= threshold + 1e-9
    best = max(abs(np.linalg.det(pool[list(rows)])) for rows in combinations(range(9), m))
    assert abs(np.linalg.det(pool[selected])) >= best / (threshold * m**0.5) ** m * (1 - 1e-9)


@given(seeds, st.integers(1, 12))
def test_dominant_rows_of_motep_are_dominant_here_and_the_reverse(seed: int, m: int) -> None:
    pool = np.random.default_rng(seed).normal(size=(60, m))
    theirs = MaxVol(threshold=1e-9).run(pool).indices
    np.testing.assert_array_equal(dominant_rows(pool, theirs, 1 + 1e-6), theirs)
    ours = dominant_rows(pool, np.arange(m), 1 + 1e-6)
    coefficients = np.linalg.lstsq(pool[ours].T, pool.T, rcond=None)[0]
    assert np.abs(coefficients).max() <= 1 + 2e-6


@given(seeds)
def test_scales_of_columns_leave_coefficients_unchanged(seed: int) -> None:
    rng = np.random.default_rng(seed)
    basis, rows = rng.normal(size=(5, 5)) + 3 * np.eye(5), rng.normal(size=(7, 5))
    scales = 10.0 ** rng.uniform(-6, 6, 5)
    np.testing.assert_allclose(
        largest_coefficients(rows * scales, inverse(basis * scales)),
        largest_coefficients(rows, inverse(basis)),
        rtol=1e-8,
    )


def test_small_unit_rows_stay_where_rows_span_no_direction() -> None:
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(30, 2)) @ rng.normal(size=(2, 3))
    pool = np.concatenate([1e-6 * np.eye(3), plane])
    selected = dominant_rows(pool, np.arange(3))
    assert (selected < 3).sum() == 1
    coefficients = largest_coefficients(plane, inverse(pool[selected]))
    assert coefficients.max() <= 1.001


def test_accuracy_lasts_over_many_exchanges() -> None:
    rng = np.random.default_rng(1)
    pool = np.concatenate([1e-9 * np.eye(40), rng.normal(size=(2000, 40))])
    selected = dominant_rows(pool, np.arange(40))
    assert selected.min() >= 40
    assert largest_coefficients(pool, inverse(pool[selected])).max() <= 1.001 + 1e-9


@pytest.mark.parametrize("threshold", [1.0, 0.5, -2.0, np.nan])
def test_threshold_that_would_never_end_is_refused(threshold: float) -> None:
    with pytest.raises(InputError, match="threshold"):
        dominant_rows(np.eye(2), np.arange(2), threshold)


def test_dependent_start_is_refused() -> None:
    with pytest.raises(InputError, match="dependent"):
        dominant_rows(np.ones((3, 2)), np.arange(2))
