"""Initial velocities: no momentum, the temperature wanted, the distribution of Maxwell."""

import numpy as np
import pytest
from ase import Atoms
from ase.units import fs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from physics.dynamics.velocities import initial_velocities, temperature_of
from physics.errors import InputError


@settings(max_examples=30, deadline=None)
@given(
    masses=st.lists(st.floats(1.0, 240.0), min_size=2, max_size=40),
    temperature=st.floats(1.0, 5000.0),
    seed=st.integers(0, 2**32),
)
def test_momentum_is_zero_and_temperature_exact(
    masses: list[float], temperature: float, seed: int
) -> None:
    velocities = initial_velocities(masses, temperature, seed)
    weights = np.array(masses)
    scale = np.abs(weights[:, np.newaxis] * velocities).sum()
    assert np.abs(weights @ velocities).max() < 1e-13 * scale
    assert temperature_of(velocities, weights) == pytest.approx(temperature, rel=1e-12)


def test_temperature_is_that_of_ase_over_the_degrees_of_freedom_left() -> None:
    atoms = Atoms("LiPS4", positions=np.arange(18.0).reshape(6, 3))
    velocities = initial_velocities(atoms.get_masses(), 300.0, seed=1)
    atoms.set_velocities(velocities / fs)
    assert atoms.get_temperature() == pytest.approx(300.0 * (3 * 6 - 3) / (3 * 6), rel=1e-12)


def test_each_element_has_the_distribution_of_maxwell() -> None:
    masses = np.tile([6.94, 32.06], 2000)
    velocities = initial_velocities(masses, 300.0, seed=2)
    for mass in (6.94, 32.06):
        width = np.sqrt(8.314462618 * 300.0 / (mass * 1e-3)) * 1e-5
        drawn = velocities[masses == mass].ravel()
        assert kstest(drawn / width, "norm").pvalue > 0.01


def test_seed_decides() -> None:
    masses = np.ones(5)
    first, again, other = (initial_velocities(masses, 300.0, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0


def test_single_atom_moves() -> None:
    velocities = initial_velocities([39.95], 100.0, seed=0)
    assert temperature_of(velocities, np.array([39.95])) == pytest.approx(100.0)


@pytest.mark.parametrize(("masses", "temperature"), [([], 300.0), ([1.0], -1.0), ([1.0], np.nan)])
def test_what_has_no_velocities_is_refused(masses: list[float], temperature: float) -> None:
    with pytest.raises(InputError, match="expected one atom or more"):
        initial_velocities(masses, temperature, seed=0)
