"""Levenberg-Marquardt on problems with known minima."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from physics.potentials.least_squares import NormalEquations, State, solve, step


def rosenbrock(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return (
        np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]]),
        np.array([[-20 * x[0], 10.0], [-1.0, 0.0]]),
    )


def equations(x: NDArray[np.float64]) -> NormalEquations:
    r, J = rosenbrock(x)
    return NormalEquations(float(r @ r), J.T @ r, J.T @ J)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_it_finds_the_minimum_of_rosenbrock_downhill(a: float, b: float) -> None:
    x = np.array([a, b])
    state = State(x, (equations(x).loss,))
    for _ in range(200):
        if state.exhausted or state.losses[-1] == 0:
            break
        state = step(state, equations(state.parameters), lambda y: equations(y).loss)
    assert state.parameters == pytest.approx([1.0, 1.0], abs=1e-6)
    assert (np.diff(state.losses) < 0).all()


def test_one_undamped_step_solves_a_linear_problem() -> None:
    rng = np.random.default_rng(0)
    J, y = rng.normal(size=(9, 4)) * [1e-6, 1.0, 1e3, 1e8], rng.normal(size=9)
    change = solve(NormalEquations(float(y @ y), -J.T @ y, J.T @ J), 0.0)
    np.testing.assert_allclose(change, np.linalg.lstsq(J, y, rcond=None)[0], rtol=1e-6)


def test_parameters_that_change_nothing_are_left() -> None:
    matrix = np.diag([2.0, 0.0])
    change = solve(NormalEquations(1.0, np.array([1.0, 0.0]), matrix), 1e-9)
    assert change == pytest.approx([-0.5, 0.0])


def test_it_says_when_no_step_is_better() -> None:
    here = NormalEquations(1.0, np.array([1.0]), np.array([[1.0]]))
    assert step(State(np.zeros(1), (1.0,)), here, lambda _: 2.0).exhausted


def test_steps_to_where_there_is_no_number_are_not_taken() -> None:
    here = NormalEquations(1.0, np.array([1.0]), np.array([[1.0]]))
    found = step(State(np.zeros(1), (1.0,)), here, lambda x: np.nan if x[0] < -0.1 else 0.9)
    assert -0.1 <= found.parameters[0] < 0
