"""The lags over which motion is diffusive."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.analysis.transport.displacements import Displacements
from physics.errors import InputError

FloatArray = NDArray[np.float64]

DIFFUSIVE = (0.9, 1.1)
"""Exponents that count as 1 [choice]."""

STRAIGHT = (0.85, 1.15)
"""Exponents of either half of a window that do [choice]: half of it is less certain."""

PREFERRED = 0.1
"""Part of the run that the window ends at: ten displacements follow each other [choice]."""

LONGEST = 0.5
"""Part of the run that it may reach where motion is not diffusive before [choice]."""

NARROWEST = 4.0
"""Least ratio of its end to its start [choice]."""

FEWEST = 3
"""Fewest lags for a line and what is off it."""

VIBRATION = 1000.0
"""Lag by which vibrations have reached their plateau, fs [choice]: several of their periods."""


@dataclass(frozen=True)
class Window:
    """
    A window of lags.

    Parameters
    ----------
    start, end : float
        Its first and last lag, fs.
    exponent : float
        d ln(MSD - plateau) / d ln lag over it, or over that half of it, on a logarithmic scale,
        which is not straight; NaN where the plateau is not exceeded.
    """

    start: float
    end: float
    exponent: float

    @property
    def diffusive(self) -> bool:
        """Whether the exponent is that of diffusion."""
        return DIFFUSIVE[0] <= self.exponent <= DIFFUSIVE[1]

    def holds(self, lags: FloatArray) -> NDArray[np.bool_]:
        """
        Tell which lags are in it.

        Parameters
        ----------
        lags : ndarray
            Lags, fs.

        Returns
        -------
        ndarray of bool
            True from start to end.
        """
        held: NDArray[np.bool_] = (lags >= self.start) & (lags <= self.end)
        return held


def find_window(
    displacements: Displacements, axes: Sequence[int] = (0, 1, 2), *, longest: float | None = None
) -> Window:
    """
    Find the lags over which motion is diffusive.

    The window ends at a tenth of the run and starts as early as its exponent allows; only where
    there is no such start does it end at half of the run. The exponent is that of the mean squared
    displacement less the plateau of the vibrations: what is left of it at lag zero, and at 1 ps,
    without what the slope in the window explains; the smaller of both.

    Parameters
    ----------
    displacements : Displacements
        Squared displacements.
    axes : sequence of int
        Components that are summed.
    longest : float, optional
        Largest lag that may be used, fs; half of the run if not given.

    Returns
    -------
    Window
        The window; where motion is not diffusive, the lags from a tenth of the largest that may be
        used.

    Raises
    ------
    InputError
        If there are fewer than three lags that may be used.
    """
    span = displacements.span
    last = LONGEST * span if longest is None else min(longest, LONGEST * span)
    seen = displacements.origins.sum(axis=0) > 0
    lags = displacements.lags[seen]
    if (lags <= last).sum() < FEWEST:
        raise InputError(
            f"{displacements.frames} frames, {displacements.interval:g} fs apart, leave fewer than "
            f"{FEWEST} lags up to {last:g} fs; give a longer run, or frames that are closer"
        )
    squared = mean_squared(displacements, axes)[seen]
    vibrated = min(int(np.searchsorted(lags, VIBRATION)), len(lags) - 1)

    def window(start: float, end: float) -> Window:
        within = (lags >= start) & (lags <= end)
        if within.sum() < FEWEST:
            return Window(float(start), float(end), float("nan"))
        slope = slope_weights(lags[within]) @ squared[within]
        plateau = min((squared - slope * lags)[vibrated], (squared - slope * lags)[within].mean())
        above = squared[within] - max(plateau, 0.0)
        return Window(float(start), float(end), _exponent(lags[within], above))

    for end in dict.fromkeys((min(PREFERRED * span, last), last)):
        for start in lags[lags <= end / NARROWEST]:
            found = window(start, end)
            if found.diffusive:
                return found
    start = min(last / 10, lags[lags <= last][-FEWEST])
    return window(max(start, lags[0]), last)


def mean_squared(displacements: Displacements, axes: Sequence[int]) -> FloatArray:
    """
    Give the mean squared displacement at the lags at which each ion is kept.

    Parameters
    ----------
    displacements : Displacements
        Squared displacements.
    axes : sequence of int
        Components that are summed.

    Returns
    -------
    ndarray, shape (K,)
        Å^2; NaN without origins.
    """
    squared: FloatArray = displacements.mean[displacements.steps - 1][:, list(axes)].sum(axis=1)
    return squared


def slope_weights(lags: FloatArray) -> FloatArray:
    """
    Give the weights whose sum with ordinates is the slope of the line of least squares.

    Parameters
    ----------
    lags : ndarray, shape (k,)
        Abscissas, two or more.

    Returns
    -------
    ndarray, shape (k,)
        Weights, one over the unit of the lags.
    """
    away = lags - lags.mean()
    weights: FloatArray = away / (away @ away)
    return weights


def _exponent(lags: FloatArray, above: FloatArray) -> float:
    """Give the exponent over all lags, or over the later half of them that is not straight."""
    if (above <= 0).any():
        return float("nan")
    half = len(lags) // 2
    halves = [_steepness(lags[part], above[part]) for part in (slice(half + 1), slice(half, None))]
    bent = [each for each in halves if not STRAIGHT[0] <= each <= STRAIGHT[1]]
    return bent[-1] if bent else _steepness(lags, above)


def _steepness(lags: FloatArray, above: FloatArray) -> float:
    """Give the slope of the logarithms."""
    return float(slope_weights(np.log(lags)) @ np.log(above))
