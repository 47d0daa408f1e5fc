"""Polycrystals: known values, limits, bounds, bands and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.grain_models import (
    boundary_fraction,
    brick_layer,
    coated_sphere,
    hart,
    wiener_bounds,
)
from physics.analysis.transport.polycrystal import (
    ENERGY_SCALE,
    GrainBoundaryConductivity,
    total_conductivity,
)
from physics.errors import InputError

BULK, TILT, TWIST = 7.4e-5, 3.9e-4, 2.0e-3
"""Of Jalem et al. 2023, table 2: crystal, Σ25 [001] (170) and Σ5 [001] (001), S/cm."""

CONDUCTIVITIES = st.floats(1e-9, 1e-1)
SIZES = st.floats(1, 1e7)


def exact(value: float) -> Estimate:
    return Estimate(value, value, value)


def boundary(
    name: str, along: Estimate, across: Estimate | None = None, energy: float | None = None
) -> GrainBoundaryConductivity:
    return GrainBoundaryConductivity(name, along, across or along, energy)


@pytest.mark.parametrize(
    ("conductivity", "size", "brick", "sphere"),
    [
        (TILT, 100, 1.34e-4, 1.35e-4),
        (TILT, 1000, 8.1e-5, 8.1e-5),
        (TWIST, 100, 4.1e-4, 4.3e-4),
        (TWIST, 1000, 1.13e-4, 1.13e-4),
    ],
)
def test_fast_boundaries_matter_in_small_grains_only(
    conductivity: float, size: float, brick: float, sphere: float
) -> None:
    """By hand, with boundaries of 1 nm."""
    found = brick_layer(BULK, conductivity, conductivity, size)
    assert found == pytest.approx(brick, rel=0.015)
    fraction = boundary_fraction(size)
    assert coated_sphere(BULK, conductivity, fraction) == pytest.approx(sphere, rel=0.015)


def test_the_law_of_hart_passes_above_all_mixtures_and_fails_for_slow_boundaries() -> None:
    assert hart(BULK, TWIST, 100) == pytest.approx(6.5e-4, rel=0.005)
    assert hart(BULK, TWIST, 100) > wiener_bounds(BULK, TWIST, boundary_fraction(100))[1]
    assert hart(BULK, TWIST, 100, directions=1) == pytest.approx(0.1 * TWIST + 0.9 * BULK)
    slow = BULK / 100
    assert brick_layer(BULK, slow, slow, 100) == pytest.approx(6.2e-6, rel=0.01)
    with pytest.raises(InputError, match="for fast boundaries"):
        hart(BULK, slow, 100)
    with pytest.raises(InputError, match="expected less than 1"):
        hart(BULK, TWIST, [20, 1000])


@given(bulk=CONDUCTIVITIES, other=CONDUCTIVITIES, size=SIZES)
def test_models_lie_between_the_bounds_of_wiener(bulk: float, other: float, size: float) -> None:
    fraction = boundary_fraction(size)
    low, high = wiener_bounds(bulk, other, fraction)
    for found in (coated_sphere(bulk, other, fraction), brick_layer(bulk, other, other, size)):
        assert low * (1 - 1e-9) <= found <= high * (1 + 1e-9)


@given(bulk=CONDUCTIVITIES, other=CONDUCTIVITIES, size=SIZES)
def test_boundaries_like_the_bulk_change_nothing_and_large_grains_are_bulk(
    bulk: float, other: float, size: float
) -> None:
    assert brick_layer(bulk, bulk, bulk, size) == pytest.approx(bulk)
    assert coated_sphere(bulk, bulk, boundary_fraction(size)) == pytest.approx(bulk)
    huge = 1e6 * 10 * max(other / bulk, bulk / other)
    assert brick_layer(bulk, other, other, huge) == pytest.approx(bulk, rel=1e-5)
    assert coated_sphere(bulk, other, boundary_fraction(huge)) == pytest.approx(bulk, rel=1e-5)


@given(
    size=st.floats(10, 1e5),
    conductivities=st.tuples(CONDUCTIVITIES, CONDUCTIVITIES, CONDUCTIVITIES),
    place=st.integers(0, 2),
)
def test_no_part_that_conducts_better_makes_the_whole_conduct_worse(
    size: float, conductivities: tuple[float, float, float], place: int
) -> None:
    better = [2 * each if n == place else each for n, each in enumerate(conductivities)]
    before = brick_layer(*conductivities, size)
    assert brick_layer(*better, size) >= before * (1 - 1e-12)
    fraction = boundary_fraction(size)
    assert coated_sphere(better[0], better[1], fraction) >= coated_sphere(
        conductivities[0], conductivities[1], fraction
    ) * (1 - 1e-12)


def test_layers_that_do_not_conduct() -> None:
    assert brick_layer(BULK, TILT, 0, 100) == pytest.approx((1 - (100 / 110) ** 2) * TILT)
    assert brick_layer(0, 0, 0, 100) == 0
    assert coated_sphere(BULK, 0, [0.0, 0.1]).tolist() == [BULK, 0]
    assert coated_sphere(0, TILT, 0.5) == pytest.approx(TILT * 2 * 0.5 / (3 - 0.5))
    assert wiener_bounds(BULK, 0, 0.5)[0] == 0


def test_boundary_fraction_of_cubes() -> None:
    np.testing.assert_allclose(boundary_fraction([90, 10], 10), [1 - 0.9**3, 1 - 0.5**3])


def test_a_band_without_intervals_holds_all_models_and_mixes() -> None:
    sizes = np.geomspace(50, 1e5, 12)
    tilt = boundary("tilt", exact(TILT), exact(TILT / 5), 0.2)
    twist = boundary("twist", exact(TWIST), exact(TWIST / 2), 0.4)
    found = total_conductivity(exact(BULK), [tilt, twist], sizes)
    assert {mix for _, mix in found.values} == {
        "tilt", "twist", "equal", "1 / energy", "exp(-energy)"
    }  # fmt: skip
    assert {model for model, _ in found.values} == {"brick layer", "coated sphere"}
    every = np.array(list(found.values.values()))
    np.testing.assert_allclose(found.low, every.min(axis=0))
    np.testing.assert_allclose(found.high, every.max(axis=0))
    np.testing.assert_allclose(
        found.values["brick layer", "tilt"], brick_layer(BULK, TILT, TILT / 5, sizes)
    )
    np.testing.assert_allclose(
        found.values["coated sphere", "twist"],
        coated_sphere(BULK, TWIST * 2.5 / 3, boundary_fraction(sizes)),
    )
    assert (np.diff(found.high) < 0).all()


def test_weights_of_the_mixes() -> None:
    first = boundary("first", exact(1e-4), exact(2e-4), 0.2)
    second = boundary("second", exact(4e-4), exact(1e-4), 0.3)
    found = total_conductivity(exact(BULK), [first, second], [100]).values
    boltzmann = 1 / (1 + np.exp(-0.1 / ENERGY_SCALE))
    for mix, weight in (("equal", 0.5), ("1 / energy", 0.6), ("exp(-energy)", boltzmann)):
        along = weight * 1e-4 + (1 - weight) * 4e-4
        across = 1 / (weight / 2e-4 + (1 - weight) / 1e-4)
        np.testing.assert_allclose(
            found["brick layer", mix], brick_layer(BULK, along, across, [100])
        )


def test_mixes_by_energy_need_all_energies() -> None:
    boundaries = [boundary("one", exact(TILT), energy=0.2), boundary("other", exact(TWIST))]
    found = total_conductivity(exact(BULK), boundaries, [100])
    assert {mix for _, mix in found.values} == {"one", "other", "equal"}


def test_the_band_of_one_boundary_is_that_of_the_ends_of_the_intervals() -> None:
    bulk, along = Estimate(BULK, BULK / 2, BULK * 2), Estimate(TILT, TILT / 10, TILT * 3)
    across = Estimate(TILT / 4, 0, TILT)
    found = total_conductivity(bulk, [boundary("tilt", along, across)], [100, 1e4], width=20)
    low = brick_layer(bulk.low, along.low, across.low, [100, 1e4], 20)
    high = [
        brick_layer(bulk.high, along.high, across.high, [100, 1e4], 20),
        coated_sphere(
            bulk.high, (2 * along.high + across.high) / 3, boundary_fraction([100, 1e4], 20)
        ),
    ]
    np.testing.assert_allclose(found.low, low)
    np.testing.assert_allclose(found.high, np.max(high, axis=0))
    assert (found.low < found.values["brick layer", "tilt"]).all()


TILT_BOUNDARY = boundary("tilt", exact(TILT))


@pytest.mark.parametrize(
    ("boundaries", "sizes", "width", "named"),
    [
        ([], [100], 10, "the boundaries are none"),
        ([TILT_BOUNDARY, TILT_BOUNDARY], [100], 10, "the boundaries are tilt, tilt"),
        ([TILT_BOUNDARY], [100, 0], 10, "grains of 0 Å"),
        ([TILT_BOUNDARY], [100, np.nan], 10, "grains of nan Å"),
        ([TILT_BOUNDARY], [100], -1, "boundaries of -1 Å"),
        ([boundary("tilt", exact(-TILT))], [100], 10, "conductivity of tilt, along is -0.00039"),
        ([boundary("tilt", exact(TILT), exact(0))], [100], 10, "tilt, across is 0 S/cm"),
        ([boundary("tilt", exact(TILT), energy=-0.1)], [100], 10, "energy of -0.1 J/m"),
    ],
)
def test_bad_polycrystals_are_refused(
    boundaries: list[GrainBoundaryConductivity], sizes: list[float], width: float, named: str
) -> None:
    with pytest.raises(InputError, match=named):
        total_conductivity(exact(BULK), boundaries, sizes, width)


def test_bad_bulk_fractions_and_conductivities_are_refused() -> None:
    with pytest.raises(InputError, match="conductivity of bulk is 1"):
        total_conductivity(Estimate(1, 2, 3), [TILT_BOUNDARY], [100])
    with pytest.raises(InputError, match=r"boundary fraction of 0\.1 to 1\.5"):
        coated_sphere(BULK, TILT, [0.1, 1.5])
    with pytest.raises(InputError, match="conductivity of -1 S/cm"):
        wiener_bounds(BULK, -1, 0.1)
    with pytest.raises(InputError, match="conductivity of inf S/cm"):
        brick_layer(np.inf, TILT, TILT, 100)
