"""Nonlinear least squares by the method of Levenberg and Marquardt, step by step."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

FloatArray = NDArray[np.float64]

START_OF_DAMPING = 1e-2
LEAST_DAMPING = 1e-14
MOST_DAMPING = 1e10
"""Relative to the diagonal; beyond the last one the steps are lost in rounding."""


@dataclass(frozen=True)
class NormalEquations:
    """
    A sum of squares around some parameters.

    Parameters
    ----------
    loss : float
        Sum of the squares of the residuals r.
    gradient : ndarray, shape (n,)
        J^T r.
    matrix : ndarray, shape (n, n)
        J^T J.
    """

    loss: float
    gradient: FloatArray
    matrix: FloatArray


@dataclass(frozen=True)
class State:
    """
    Where a search stands; it goes on from here the same way.

    Parameters
    ----------
    parameters : ndarray, shape (n,)
        Best parameters so far.
    losses : tuple of float
        Loss before each step taken and after the last.
    damping : float
        Relative to the diagonal of the matrix.
    exhausted : bool
        Whether no step makes the loss smaller any more.
    """

    parameters: FloatArray
    losses: tuple[float, ...]
    damping: float = START_OF_DAMPING
    exhausted: bool = False


def step(state: State, equations: NormalEquations, value: Callable[[FloatArray], float]) -> State:
    """
    Take one step (Marquardt 1963; damping after Nielsen 1999).

    Parameters
    ----------
    state : State
        Where the search stands.
    equations : NormalEquations
        At its parameters.
    value : callable
        Gives the loss of other parameters.

    Returns
    -------
    State
        With a smaller loss, or exhausted.
    """
    damping, growth = state.damping, 2.0
    while damping < MOST_DAMPING:
        change = solve(equations, damping)
        if change is not None:
            parameters = state.parameters + change
            loss = value(parameters)
            promised = -float(change @ (2 * equations.gradient + equations.matrix @ change))
            if np.isfinite(loss) and loss < equations.loss:
                gain = (equations.loss - loss) / promised
                damping *= max(0.2, 1.0 - (2 * gain - 1) ** 3)
                return State(
                    parameters, (*state.losses, loss), max(min(damping, 1.0), LEAST_DAMPING)
                )
        damping *= growth
        growth *= 2
    return replace(state, exhausted=True)


def solve(equations: NormalEquations, damping: float) -> FloatArray | None:
    """
    Solve the damped normal equations.

    Parameters
    ----------
    equations : NormalEquations
        With parameters of any scale; those that change nothing are left as they are.
    damping : float
        Added to the matrix, relative to its diagonal.

    Returns
    -------
    ndarray, shape (n,), or None
        Change of the parameters; None if the matrix is not positive to rounding.
    """
    scale = np.sqrt(np.diag(equations.matrix))
    scale[scale == 0] = 1.0
    matrix = equations.matrix / scale / scale[:, None]
    matrix[np.diag_indices_from(matrix)] += damping
    try:
        return -cho_solve(cho_factor(matrix), equations.gradient / scale) / scale
    except LinAlgError:
        return None
