"""Heat maps against places that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from walkers_for_tests import as_frames

from physics.analysis.transport.heat_map import HeatMap, heat_maps
from physics.analysis.transport.paths import Paths, gather_paths

BOX = np.diag([6.0, 8.1, 15.0])
SKEWED = np.array([[6.0, 0, 0], [-2.0, 7.0, 0], [1.0, 0.5, 9.0]])


def paths_of(positions: np.ndarray, cell: np.ndarray) -> Paths:
    ions = positions.shape[1]
    return gather_paths(as_frames(positions, cell), np.ones(ions, dtype=bool), np.ones(ions))


def integral(found: HeatMap) -> float:
    areas = np.outer(np.diff(found.first), np.diff(found.second))
    return float((found.values * areas).sum())


@given(seed=st.integers(0, 2**31), ions=st.integers(1, 70), cell=st.sampled_from([BOX, SKEWED]))
def test_the_integral_of_each_map_is_the_number_of_ions(
    seed: int, ions: int, cell: np.ndarray
) -> None:
    fractional = np.random.default_rng(seed).uniform(-2, 2, size=(1, ions, 3))
    found = heat_maps(paths_of(np.repeat(fractional @ cell, 3, axis=0), cell))
    for each in found.values():
        assert integral(each) == pytest.approx(ions)


def test_an_ion_is_seen_where_it_is() -> None:
    at = np.array([1.25, 8.0, -2.33])  # wrapped: 12.67
    found = heat_maps(paths_of(np.repeat(at[None, None], 4, axis=0), BOX))
    assert found["xz"].values.shape == (30, 75)
    for name, place in {"xz": (1.25, 12.67), "yz": (8.0, 12.67), "xy": (1.25, 8.0)}.items():
        each = found[name]
        index = np.unravel_index(each.values.argmax(), each.values.shape)
        for edges, bin_, value in zip((each.first, each.second), index, place, strict=True):
            assert edges[bin_] <= value < edges[bin_ + 1]
        assert np.count_nonzero(each.values) == 1


def test_bins_fill_the_cell() -> None:
    found = heat_maps(paths_of(np.zeros((2, 1, 3)), BOX), width=0.2)["yz"]
    assert (found.first[0], found.first[-1]) == (0, 8.1)
    assert (found.second[0], found.second[-1]) == (0, 15.0)
    np.testing.assert_allclose(np.diff(found.first), 8.1 / 40)


def test_a_uniform_gas_fills_the_projection_of_a_skewed_cell_evenly() -> None:
    fractional = np.random.default_rng(1).uniform(size=(400, 300, 3))
    fractional[1:] = fractional[0] + (fractional[1:] - 0.5) / 2  # no jumps of a period
    found = heat_maps(paths_of(fractional @ SKEWED, SKEWED), width=1.0)["xy"]
    # Far from the rims the projection is the whole height of the cell thick.
    middle = found.values[np.searchsorted(found.first, 2.0), np.searchsorted(found.second, 3.5)]
    assert middle == pytest.approx(300 / 42, rel=0.2)
    assert found.values[0, 0] == 0  # a corner that the cell does not reach
