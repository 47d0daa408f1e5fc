"""Rows of maximal volume (Goreinov et al. 2010)."""

import numpy as np
from numpy.typing import NDArray

from physics.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

THRESHOLD = 1.001
"""Largest coefficient that ends the search; each exchange enlarges the volume by more."""
LEAST_THRESHOLD = 1.0 + 1e-6
"""Smaller ones would exchange rows of equal volume for ever, by rounding."""


def dominant_rows(pool: FloatArray, start: IntArray, threshold: float = THRESHOLD) -> IntArray:
    """
    Find rows of a matrix of which all rows are combinations with small coefficients.

    As long as a coefficient of pool = C A, with A = pool[selected], exceeds the threshold in
    modulus, its row takes the place of that of A to which the coefficient belongs. This multiplies
    |det A| by the coefficient. In the end, |det A| is at least the largest of all choices divided
    by (threshold^2 m)^(m / 2).

    Parameters
    ----------
    pool : ndarray, shape (n, m)
        Rows to select from; columns of similar magnitude keep rounding errors small.
    start : ndarray of int, shape (m,)
        Rows to start from, linearly independent.
    threshold : float
        Largest modulus of a coefficient in the end, greater than 1.

    Returns
    -------
    ndarray of int, shape (m,)
        The rows selected; those that stayed are at their place in `start`.

    Raises
    ------
    InputError
        If the threshold is not greater than 1, or the first rows are dependent.
    """
    if not threshold >= LEAST_THRESHOLD:
        raise InputError(
            f"the threshold {threshold} of MaxVol was given, expected at least {LEAST_THRESHOLD}"
        )
    selected = np.array(start)
    exchanges = m = len(selected)
    while exchanges == m:
        # begin anew now and then, without the rounding errors of the updates
        coefficients = pool @ inverse(pool[selected])
        exchanges = _exchange(coefficients, selected, threshold)
    return selected


def inverse(rows: FloatArray) -> FloatArray:
    """
    Invert a matrix.

    Raises
    ------
    InputError
        If its rows, shape (m, m), are dependent.
    """
    try:
        return np.linalg.inv(rows).astype(np.float64)
    except np.linalg.LinAlgError:
        raise InputError(
            "linearly dependent rows were given as active set, expected independent ones; add "
            "small multiples of unit rows"
        ) from None


def largest_coefficients(rows: FloatArray, inverse_of_basis: FloatArray) -> FloatArray:
    """
    Express rows by those of a basis, and find the largest modulus of a coefficient of each.

    Parameters
    ----------
    rows : ndarray, shape (n, m)
        Rows b.
    inverse_of_basis : ndarray, shape (m, m)
        A^-1.

    Returns
    -------
    ndarray, shape (n,)
        max |b A^-1|.
    """
    coefficients = rows @ inverse_of_basis
    return np.maximum(coefficients.max(axis=1), -coefficients.min(axis=1))


def _exchange(coefficients: FloatArray, selected: IntArray, threshold: float) -> int:
    """Exchange at most m rows, the largest coefficient first, and count the exchanges."""
    m = len(selected)
    for count in range(m):
        i, j = divmod(int(np.abs(coefficients).argmax()), m)
        pivot = coefficients[i, j]
        if abs(pivot) <= threshold:
            return count
        change = coefficients[i] / pivot
        change[j] -= 1.0 / pivot
        coefficients -= np.outer(coefficients[:, j], change)
        selected[j] = i
    return m
