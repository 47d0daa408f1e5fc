"""One straight line, or two that meet, through points with or without errors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

GIVEN = 1
"""
Observations of scatter that the errors of the points count for. [choice]

With none, errors that are well known are forgotten, and the interval of three points is that of
Student with one degree of freedom; with many, errors that are too small are believed. With one,
three to six points cover 91 % or more even where all errors are two times too small, and 96 % to
99.9 % where they are right.
"""

SIDE = 3
"""Different abscissas that each of two lines needs. [choice]"""

BREAKS = 200
"""Places where two lines may meet that are tried. [choice]"""

EVIDENCE = 6.0
"""By how much two lines must lower the Bayesian information criterion. [choice]"""

ROUNDING = 1e-18
"""Sum of squares that rounding may leave of a perfect fit."""


@dataclass(frozen=True, eq=False)
class Lines:
    """
    y = a + b x, and y = a + b x + c (x - m) beyond x = m.

    Parameters
    ----------
    meeting : float or None
        Where two lines meet, m; None for one line.
    coefficients : ndarray, shape (2,) or (3,)
        a, b and c.
    covariance : ndarray, shape (2, 2) or (4, 4)
        Of a, b, c and m.
    degrees_of_freedom : int
        Of the scatter; 0 if it is unknown.
    """

    meeting: float | None
    coefficients: FloatArray
    covariance: FloatArray
    degrees_of_freedom: int


def fit_lines(x: FloatArray, y: FloatArray, errors: FloatArray | None) -> Lines:
    """
    Fit one straight line, or two that meet, by least squares.

    Errors of the points are their weights, and their scale is learned: the scatter about the lines
    and `GIVEN` further observations of scatter as the errors foretell it are taken together,
    s^2 = (GIVEN + chi^2) / (GIVEN + n - p), with as many degrees of freedom as the denominator.
    This is the posterior under a scaled inverse chi^2 prior (Gelman et al., Bayesian Data
    Analysis, chapter 14); without errors there is no prior.

    Two lines are accepted with three abscissas or more on each side if the Bayesian information
    criterion, of the same scatter, falls by more than `EVIDENCE`. Of points on one line 2 % are
    then taken for two lines, 8 % of six points without errors. A bend too weak to be found is not
    in the covariance.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Points with two or more different x.
    errors : ndarray, shape (n,), optional
        Standard errors of y.

    Returns
    -------
    Lines
        With the covariance of all that is fitted, where two lines meet included.
    """
    prior = 0 if errors is None else GIVEN
    weights = np.ones(len(x)) if errors is None else 1 / errors
    meeting = _meeting(x, y, weights, prior)
    rows = _rows(x, meeting)
    coefficients, misfit = _least_squares(rows, y, weights)
    if meeting is not None:
        rows = np.column_stack([rows, -coefficients[2] * (x > meeting)])
    freedom = prior + len(x) - rows.shape[1]
    scatter = (prior + misfit) / freedom if freedom else 1.0
    weighted = rows * weights[:, None]
    covariance = scatter * np.linalg.inv(weighted.T @ weighted)
    return Lines(meeting, coefficients, np.asarray(covariance, dtype=float), freedom)


def _meeting(x: FloatArray, y: FloatArray, weights: FloatArray, prior: int) -> float | None:
    """Find where two lines meet; None if one line describes the points as well."""
    different = np.unique(x)
    if len(different) < 2 * SIDE:
        return None
    places = np.linspace(different[SIDE - 1], different[-SIDE], BREAKS + 2)[1:-1]
    line = np.linalg.qr(_rows(x, None) * weights[:, None])[0]
    bends = np.maximum(x[:, None] - places, 0) * weights[:, None]
    bends -= line @ (line.T @ bends)
    rest = y * weights - line @ (line.T @ (y * weights))
    gains = (rest @ bends) ** 2 / (bends**2).sum(axis=0)
    one = float(rest @ rest)
    two = max(one - float(gains.max()), 0.0)
    evidence = (prior + len(x)) * np.log((prior + ROUNDING + one) / (prior + ROUNDING + two))
    evidence -= 2 * np.log(len(x))
    return float(places[gains.argmax()]) if evidence > EVIDENCE else None


def _rows(x: FloatArray, meeting: float | None) -> FloatArray:
    """Give the derivatives of y by the coefficients at each x."""
    rows = [np.ones(len(x)), x]
    if meeting is not None:
        rows.append(np.maximum(x - meeting, 0))
    return np.column_stack(rows)


def _least_squares(
    rows: FloatArray, y: FloatArray, weights: FloatArray
) -> tuple[FloatArray, float]:
    """Give the coefficients of the weighted least squares, and chi^2."""
    coefficients = np.asarray(np.linalg.lstsq(rows * weights[:, None], y * weights)[0], dtype=float)
    return coefficients, float((((y - rows @ coefficients) * weights) ** 2).sum())
