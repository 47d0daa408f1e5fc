"""Vectors of compiled functions compute lane by lane."""

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

from physics.potentials.lanes import LANES, broadcast, load, square_root, store


@njit
def formula(array, factor):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    a, b, c = load(array, 0), load(array, 1), broadcast(factor)
    a += b
    value = (a * b - factor / b) / c + square_root(b) * 2.0 - (1.0 - a) / 3.0
    store(array, 2, value)


def test_arithmetic_is_that_of_each_lane() -> None:
    array = np.random.default_rng(0).uniform(0.5, 2.0, (4, LANES))
    a, b, after = array[0] + array[1], array[1].copy(), array[3].copy()
    formula(array.ravel(), 1.7)
    expected = (a * b - 1.7 / b) / 1.7 + np.sqrt(b) * 2 - (1 - a) / 3
    assert array[2] == pytest.approx(expected, rel=1e-14)
    assert array[3].tolist() == after.tolist()


def test_only_flat_arrays_of_floats_are_scratch() -> None:
    for array in (np.zeros((4, LANES)), np.zeros(4 * LANES, int), np.zeros(8 * LANES)[::2]):
        with pytest.raises(TypingError):
            formula(array, 1.0)
