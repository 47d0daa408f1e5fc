"""Langevin thermostat: the process of Ornstein and Uhlenbeck; heat of both thermostats."""

import numpy as np
import pytest

from physics.dynamics.protocol import Thermostat as Kind
from physics.dynamics.thermostat import ATOMS, Part, Thermostat

THERMAL, DAMPING = 0.03, 50.0
MASSES = np.repeat([2.0, 7.0, 30.0], 4000)[:, np.newaxis]


def free(velocities: np.ndarray) -> np.ndarray:
    return velocities


def part() -> Part:
    return Part(ATOMS, MASSES, 3 * len(MASSES), DAMPING, free)


def test_velocities_decay_and_noise_replaces_them() -> None:
    """<v(t)> = v(0) exp(-t/τ); <(v - <v>)^2> = (1 - exp(-2t/τ)) kT/m."""
    start = np.full((len(MASSES), 3), 0.1)
    velocities = Thermostat("langevin", 3).act(part(), start, THERMAL, 20.0)
    for mass in (2.0, 7.0, 30.0):
        reached = velocities[MASSES[:, 0] == mass].ravel()
        variance = (1 - np.exp(-0.8)) * THERMAL / mass
        n = len(reached)
        assert reached.mean() == pytest.approx(0.1 * np.exp(-0.4), abs=4 * np.sqrt(variance / n))
        assert reached.var() == pytest.approx(variance, rel=4 * np.sqrt(2 / n))


def test_noise_is_projected() -> None:
    still = Part(ATOMS, MASSES, 3 * len(MASSES), DAMPING, lambda noise: noise - noise.mean(axis=0))
    start = np.zeros((len(MASSES), 3))
    velocities = Thermostat("langevin", 3).act(still, start, THERMAL, 20.0)
    np.testing.assert_allclose(velocities.mean(axis=0), 0, atol=1e-15)
    assert velocities.std() > 0


@pytest.mark.parametrize("kind", ["langevin", "nose-hoover"])
def test_heat_is_what_the_kinetic_energy_gains(kind: Kind) -> None:
    thermostat = Thermostat(kind, 4)
    velocities = start = np.full((len(MASSES), 3), 0.01)
    for _ in range(5):
        velocities = thermostat.act(part(), velocities, THERMAL, 20.0)
    gained = np.sum(MASSES * (velocities**2 - start**2)) / 2
    assert thermostat.heat == pytest.approx(gained, rel=1e-12)
    assert thermostat.heat > 0


def test_chain_without_excess_does_nothing_at_first() -> None:
    """The first link feels no force at the temperature, and friction above it."""
    velocities = np.full((len(MASSES), 3), 1.0) * np.sqrt(THERMAL / MASSES)
    thermostat = Thermostat("nose-hoover", 0)
    changed = thermostat.act(part(), velocities, THERMAL, 0.1)
    np.testing.assert_allclose(changed, velocities, rtol=1e-9)
    hot = thermostat.act(part(), 2 * velocities, THERMAL, 1.0)
    assert (np.abs(hot) < np.abs(2 * velocities)).all()
