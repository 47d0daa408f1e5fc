"""Hashes: equal for equal physics, different for anything that changes the result."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Structure

from makers.calculation import calculation
from stores.hashing import GRID, input_hash


def hashed(structure: Structure, **settings: float) -> str:
    maker = calculation("emt", "relax", **settings).maker
    return input_hash("relax", maker, structure=structure)


def test_last_bits_do_not_count(copper: Structure) -> None:
    noisy = copper.copy()
    noisy.lattice = noisy.lattice.__class__(noisy.lattice.matrix * (1 + 4e-16))
    for site in noisy:
        site.frac_coords = site.frac_coords + 3e-16
    assert hashed(noisy) == hashed(copper)


def test_a_displacement_counts(copper: Structure) -> None:
    moved = copper.copy()
    moved.translate_sites([0], [1e-4, 0, 0])
    assert hashed(moved) != hashed(copper)


def test_settings_count_exactly_and_names_do_not(copper: Structure) -> None:
    assert hashed(copper, fmax=1e-4) != hashed(copper, fmax=1.0000001e-4)
    maker = calculation("emt", "relax").maker
    maker.name = "another"
    maker.tags = ["tag"]
    assert input_hash("relax", maker, structure=copper) == hashed(copper)


def test_species_and_order_count(copper: Structure) -> None:
    silver = copper.copy()
    silver.replace_species({"Cu": "Ag"})
    assert hashed(silver) != hashed(copper)


@given(st.floats(-1e3, 1e3), st.floats(-1, 1))
def test_numbers_of_decimal_literals_are_far_from_rounding_boundaries(
    value: float, noise: float
) -> None:
    literal = round(value, 8)
    assert input_hash("f", {}, x=literal) == input_hash("f", {}, x=literal + noise * 1e-12)


@given(st.floats(-1e3, 1e3))
def test_a_step_of_two_grids_is_seen(value: float) -> None:
    assert input_hash("f", {}, x=value) != input_hash("f", {}, x=value + 2 * GRID)


def test_arrays_lists_and_numpy_scalars_are_one() -> None:
    assert (
        input_hash("f", {}, x=np.array([1.0, 2.0]))
        == input_hash("f", {}, x=[1.0, 2.0])
        == input_hash("f", {}, x=(np.float64(1.0), np.float32(2.0)))
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises((ValueError, OverflowError)):
        input_hash("f", {}, x=value)
