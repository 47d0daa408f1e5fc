"""Conductivity from diffusivity by Nernst and Einstein, and back."""

import math

import pytest
from ase.data import atomic_masses, atomic_numbers
from hypothesis import given
from hypothesis import strategies as st
from scipy.constants import Avogadro

from physics.analysis.transport.conductivity import nernst_einstein, tracer_diffusivity
from physics.analysis.transport.estimate import Estimate
from physics.errors import InputError
from stores.published import published

BETA = 12 / 663.86
"""Lithium ions in a volume of beta-Li3PS4, 1/Å^3; cell of the potential of Jalem et al. 2023."""


def exact(value: float) -> Estimate:
    return Estimate(value, value, value)


@pytest.mark.parametrize(
    ("conductivity", "diffusivity"), [(7.4e-5, 6.61e-10), (1.1e-3, 9.82e-9), (3.1e-4, 2.77e-9)]
)
def test_diffusivities_behind_published_conductivities(
    conductivity: float, diffusivity: float
) -> None:
    """By hand with n = 1.8076e22 per cm^3, k_B T = 0.025852 eV and e = 1.602177e-19 C."""
    found = tracer_diffusivity(exact(conductivity), BETA, 300)
    assert found.value == pytest.approx(diffusivity, rel=2e-3)
    assert nernst_einstein(exact(diffusivity), BETA, 300).value == pytest.approx(
        conductivity, rel=2e-3
    )


def test_the_computed_glasses_conduct_ten_times_better_than_the_pellets() -> None:
    """Table S1 of Garcia-Mendez et al. 2020 gives 6.9, 8.0, 10.6, 7.6 and 0.14 mS/cm."""
    mass = sum(n * atomic_masses[atomic_numbers[s]] for s, n in (("Li", 3), ("P", 1), ("S", 4)))
    glasses = {
        value.conditions.density: value.value
        for value in published("diffusivity", "Li3PS4 glass")
        if value.conditions.temperature == 300
    }
    found = [
        1e3 * nernst_einstein(exact(glasses[density]), 3e-24 * density * Avogadro / mass, 300).value
        for density in (1.56, 1.65, 1.76, 1.89, 2.42)
    ]
    assert found == pytest.approx([6.9, 8.0, 10.6, 7.6, 0.14], rel=6e-3, abs=5e-3)
    pellets = [value.value for value in published("conductivity", "75Li2S-25P2S5 pellet")]
    assert max(found) == pytest.approx(9.6e3 * max(pellets), rel=0.01)


@given(
    value=st.floats(1e-14, 1e-3),
    density=st.floats(1e-4, 0.1),
    temperature=st.floats(1, 3000),
    charge=st.sampled_from([-2.0, -1.0, 1.0, 2.0]),
    haven=st.floats(0.05, 2),
)
def test_back_and_forth(
    value: float, density: float, temperature: float, charge: float, haven: float
) -> None:
    known = Estimate(value, value / 2, value * 3)
    there = nernst_einstein(known, density, temperature, charge, haven)
    back = tracer_diffusivity(there, density, temperature, charge, haven)
    assert (back.value, back.low, back.high) == pytest.approx((known.value, known.low, known.high))
    assert there.decades == pytest.approx(math.log10(6))


def test_charge_enters_squared_and_the_haven_ratio_divides() -> None:
    one = nernst_einstein(exact(1e-8), BETA, 300).value
    assert nernst_einstein(exact(1e-8), BETA, 300, charge=-2).value == pytest.approx(4 * one)
    assert nernst_einstein(exact(1e-8), BETA, 300, haven=0.5).value == pytest.approx(2 * one)
    assert nernst_einstein(exact(1e-8), BETA, 600).value == pytest.approx(one / 2)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"density": 0.0}, "density of ions of 0"),
        ({"temperature": -300.0}, "temperature of -300"),
        ({"haven": float("nan")}, "Haven ratio of nan"),
        ({"charge": 0.0}, "charge of 0"),
    ],
)
def test_numbers_that_are_not_positive_are_refused(changed: dict[str, float], named: str) -> None:
    arguments = {"density": BETA, "temperature": 300.0} | changed
    for function in (nernst_einstein, tracer_diffusivity):
        with pytest.raises(InputError, match=named):
            function(exact(1e-8), **arguments)
