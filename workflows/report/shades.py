"""Backgrounds of the constants of an elastic tensor."""

import numpy as np
from numpy.typing import ArrayLike


def shades(stiffness: ArrayLike) -> list[list[str]]:
    """
    Give each constant a background: green for positive, orange for negative, by magnitude.

    Parameters
    ----------
    stiffness : array-like, shape (6, 6)
        Tensor C in Voigt order, any unit.

    Returns
    -------
    list of list of str
        Colors of CSS.
    """
    C = np.array(stiffness)
    strength = np.sqrt(np.abs(C) / np.abs(C).max())
    return [
        [
            f"rgb({'11 110 110' if value >= 0 else '192 86 33'} / {0.45 * weight:.2f})"
            for value, weight in zip(*row, strict=True)
        ]
        for row in zip(C, strength, strict=True)
    ]
