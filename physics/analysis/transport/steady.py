"""Whether a trajectory has one temperature."""

import numpy as np
from numpy.typing import ArrayLike

from physics.errors import InputError

LARGEST_DRIFT = 0.1
"""Part of the mean by which the two halves of a trajectory may differ in temperature [choice]."""

BLOCKS = 5
"""Blocks of a half between which its noise is measured [choice]."""

CERTAIN = 5.0
"""Standard errors that a drift must exceed [choice]: small cells fluctuate by more than a tenth,
and few blocks know the error badly."""


def require_steady(temperatures: ArrayLike) -> None:
    """
    Refuse a trajectory that heats up, cools down or is made of runs at several temperatures.

    The means of the two halves are compared. Their standard error comes from differences between
    successive blocks, which a drift hardly changes (von Neumann, Ann. Math. Stat. 12, 367 (1941)).

    Parameters
    ----------
    temperatures : array_like, shape (frames,)
        Temperatures of consecutive frames, K. Fewer than 20, two for each block, are not judged.

    Raises
    ------
    InputError
        If the halves differ by more than a tenth of the mean and by more than five standard
        errors.
    """
    values = np.asarray(temperatures, dtype=float)
    if len(values) < 4 * BLOCKS:
        return
    halves = [
        np.array([block.mean() for block in np.array_split(half, BLOCKS)])
        for half in np.array_split(values, 2)
    ]
    first, second = (float(half.mean()) for half in halves)
    error = np.sqrt(sum(np.mean(np.diff(half) ** 2) / 2 for half in halves) / BLOCKS)
    drift = abs(second - first)
    if drift > LARGEST_DRIFT * values.mean() and drift > CERTAIN * error:
        raise InputError(
            f"the temperature is {first:.0f} K in the first half of the trajectory and "
            f"{second:.0f} K in the second, expected one temperature; leave out the equilibration, "
            "and analyse runs at different temperatures one by one"
        )
