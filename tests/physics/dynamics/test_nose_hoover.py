"""Nosé-Hoover chain against numerical integration of its equations."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from physics.dynamics.nose_hoover import chain_step

THERMAL, FREEDOM, DAMPING = 0.025, 21, 100.0


def equations(_: float, values: np.ndarray) -> list[float]:
    """Give the derivatives of ln(scale) and of three rates, of twice the kinetic energy 0.8 eV."""
    log_scale, first, second, third = values
    masses = np.array([FREEDOM, 1, 1]) * THERMAL * DAMPING**2
    return [
        -first,
        (0.8 * np.exp(2 * log_scale) - FREEDOM * THERMAL) / masses[0] - first * second,
        (masses[0] * first**2 - THERMAL) / masses[1] - second * third,
        (masses[1] * second**2 - THERMAL) / masses[2],
    ]


RATES = np.array([0.004, -0.007, 0.012])


@pytest.mark.parametrize("duration", [1.0, -1.0])
def test_chain_solves_its_equations(duration: float) -> None:
    solved = solve_ivp(equations, (0, duration), [0.0, *RATES], rtol=1e-12, atol=1e-14).y[:, -1]
    scale, rates = chain_step(RATES, 0.8, FREEDOM, THERMAL, damping=DAMPING, duration=duration)
    assert np.log(scale) == pytest.approx(solved[0], rel=1e-3)
    np.testing.assert_allclose(rates, solved[1:], rtol=1e-3)


def test_error_is_of_second_order() -> None:
    """A step of half the length leaves an eighth of the error."""
    errors = []
    for duration in (4.0, 2.0):
        solved = solve_ivp(equations, (0, duration), [0.0, *RATES], rtol=1e-12, atol=1e-15).y
        scale, _ = chain_step(RATES, 0.8, FREEDOM, THERMAL, damping=DAMPING, duration=duration)
        errors.append(abs(np.log(scale) - solved[0, -1]))
    assert errors[0] / errors[1] == pytest.approx(8, rel=0.15)


@pytest.mark.parametrize("start", [0.01, 0.5, 2.0, 50.0])
@pytest.mark.parametrize("duration", [2.0, 20.0])
def test_many_atoms_far_from_the_temperature_come_near_it(start: float, duration: float) -> None:
    freedom, rates = 300_000, np.zeros(3)
    twice_kinetic = start * freedom * THERMAL
    reached = []
    for _ in range(int(100 * DAMPING / duration)):
        scale, rates = chain_step(
            rates, twice_kinetic, freedom, THERMAL, damping=DAMPING, duration=duration
        )
        twice_kinetic *= scale**2
        reached.append(twice_kinetic / (freedom * THERMAL))
    assert np.isfinite(rates).all()
    assert 0.8 < np.mean(reached[len(reached) // 2 :]) < 1.2


def test_chain_goes_back_the_way_it_came() -> None:
    scale, rates = chain_step(RATES, 0.8, FREEDOM, THERMAL, damping=DAMPING, duration=30.0)
    back, again = chain_step(
        rates, 0.8 * scale**2, FREEDOM, THERMAL, damping=DAMPING, duration=-30.0
    )
    assert scale * back == pytest.approx(1, abs=1e-13)
    np.testing.assert_allclose(again, RATES, rtol=1e-11)
