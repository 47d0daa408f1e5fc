"""Equations of a cell that moves, against numerical integration and differentiation."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.units import kB
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from physics.dynamics.cell_motion import (
    TIED,
    coupled,
    drift,
    kick,
    stretch_axes,
    stretch_force,
    stretch_mass,
)
from physics.dynamics.protocol import Coupling

TILTED = np.array([[5.0, 0, 0], [1.0, 4.5, 0], [0.5, -1.2, 5.5]])
RATES = np.array([0.1, -0.2, 0.3])
COUPLINGS: list[Coupling | None] = [None, "iso", "aniso", "z"]


def gradient(axes: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """G of the equations."""
    return np.linalg.inv(axes) @ np.diag(rates) @ axes


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_drift_solves_its_equation(coupling: Coupling | None) -> None:
    rng = np.random.default_rng(1)
    start, velocities = rng.normal(size=(2, 4, 3))
    axes, rates = stretch_axes(TILTED, coupling), coupled(RATES, coupling)
    G = gradient(axes, rates)
    solved = solve_ivp(
        lambda _, r: (velocities + r.reshape(4, 3) @ G).ravel(), (0, 1.5), start.ravel(),
        rtol=1e-10, atol=1e-12,
    )  # fmt: skip
    found = drift(axes, rates, start, velocities, 1.5)
    np.testing.assert_allclose(found.ravel(), solved.y[:, -1], atol=1e-8)


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_kick_solves_its_equation(coupling: Coupling | None) -> None:
    rng = np.random.default_rng(2)
    start, accelerations = rng.normal(size=(2, 4, 3))
    axes, rates = stretch_axes(TILTED, coupling), coupled(RATES, coupling)
    drag = gradient(axes, rates).T + np.eye(3) * rates.sum() / 9
    solved = solve_ivp(
        lambda _, v: (accelerations - v.reshape(4, 3) @ drag).ravel(), (0, 1.5), start.ravel(),
        rtol=1e-10, atol=1e-12,
    )  # fmt: skip
    found = kick(axes, rates, start, accelerations, 1.5)
    np.testing.assert_allclose(found.ravel(), solved.y[:, -1], atol=1e-8)


def copper() -> Atoms:
    atoms = bulk("Cu", a=3.5) * (2, 2, 3)
    atoms.rattle(0.1, seed=3)
    atoms.calc = EMT()
    return atoms


@pytest.mark.parametrize("coupling", ["iso", "aniso", "z"])
def test_force_is_the_derivative_of_the_energy(coupling: Coupling) -> None:
    """Of U + P V of atoms that stretch with the cell, and of their kinetic energy."""
    atoms, pressure = copper(), 0.02
    cell = atoms.cell.array.copy()
    axes = stretch_axes(cell, coupling)
    masses = atoms.get_masses()[:, np.newaxis]
    velocities = np.random.default_rng(4).normal(size=(len(atoms), 3)) * 0.02

    def energy(strain: np.ndarray) -> float:
        stretch = np.linalg.inv(axes) @ np.diag(np.exp(strain)) @ axes
        moved = atoms.copy()
        moved.calc = EMT()
        moved.set_cell(cell @ stretch)
        moved.positions = atoms.positions @ stretch
        slowed = velocities @ np.linalg.inv(stretch).T
        kinetic = np.sum(masses * slowed**2) / 2
        return moved.get_potential_energy() + pressure * moved.get_volume() + kinetic

    step = 1e-4
    numerical = [-(energy(step * axis) - energy(-step * axis)) / (2 * step) for axis in np.eye(3)]
    measure = np.sum(masses * velocities**2) / (3 * len(atoms) - 3)
    found = stretch_force(
        axes, cell, velocities, masses, stress=atoms.get_stress(voigt=False), pressure=pressure
    )
    np.testing.assert_allclose(found, np.add(numerical, measure), atol=2e-5)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=3, max_size=3), st.sampled_from(COUPLINGS))
def test_projection_is_one(numbers: list[float], coupling: Coupling | None) -> None:
    rates = np.array(numbers)
    projected = coupled(rates, coupling)
    np.testing.assert_array_equal(coupled(projected, coupling), projected)
    assert projected @ (rates - projected) == pytest.approx(0, abs=1e-9)
    groups = [projected[tied] for tied in TIED[coupling]]
    assert all(np.ptp(group) == 0 for group in groups)
    assert np.count_nonzero(projected) <= sum(len(group) for group in groups)


def test_mass_is_that_of_martyna_tobias_and_klein() -> None:
    thermal = kB * 300.0
    together = 3 * stretch_mass(11, thermal, 50.0)
    assert together == pytest.approx((30 + 3) * thermal * 50.0**2)
