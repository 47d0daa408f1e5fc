"""Slopes of mean squared displacements, with errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from physics.analysis.transport.displacements import Displacements
from physics.analysis.transport.window import FEWEST, Window, slope_weights
from physics.errors import InputError

FloatArray = NDArray[np.float64]

CHANCE = 0.01
"""Probability of a scatter between parts that is taken for more than chance [choice]."""


@dataclass(frozen=True)
class Slope:
    """
    A slope with its error.

    Parameters
    ----------
    value, error : float
        Slope and its standard error, Å^2/fs.
    freedom : float
        Degrees of freedom of the error.
    """

    value: float
    error: float
    freedom: float

    @property
    def relative(self) -> float:
        """Error over value; infinite where the slope is not positive."""
        return self.error / self.value if self.value > 0 else inf


def fitted_slope(
    displacements: Displacements, window: Window, axes: Sequence[int]
) -> tuple[Slope, tuple[str, ...]]:
    """
    Find the slope of the line of least squares through the mean squared displacement.

    Parameters
    ----------
    displacements : Displacements
        Squared displacements of N ions.
    window : Window
        Lags that are used.
    axes : sequence of int
        Components that are summed.

    Returns
    -------
    slope : Slope
        With an error from the scatter between ions; from that between parts of the run where it
        is larger than ions that move on their own make it (F test), or where there is one ion.
    warnings : tuple of str
        Whether it is larger.

    Raises
    ------
    InputError
        If there is one ion and the run has no parts that are long enough.
    """
    slope = _of_ions(displacements, window, axes)
    parts = [_of_ions(part, each, axes) for part, each in _halves(displacements, window)]
    if not parts:
        if slope.error == inf:
            raise InputError(
                "the error of one ion follows from parts of the run, but it is too short for them; "
                "give more ions or a longer run"
            )
        return slope, ()
    values = np.array([part.value for part in parts])
    scatter, freedom = values.var(ddof=1), len(parts) - 1
    if slope.error == inf:
        return Slope(slope.value, sqrt(scatter / len(parts)), freedom), ()
    expected = np.mean([part.error**2 for part in parts])
    if scatter <= expected * stats.f.isf(CHANCE, freedom, len(parts) * slope.freedom):
        return slope, ()
    told = " ".join(f"{value / values.mean():.2g}" for value in values)
    warning = (
        f"{len(parts)} parts of the run differ more than ions that move on their own would: {told} "
        "of their mean; the interval is wider for it"
    )
    return Slope(slope.value, slope.error * sqrt(scatter / expected), freedom), (warning,)


def resampled_slopes(
    displacements: Displacements,
    window: Window,
    rng: np.random.Generator,
    samples: int = 1000,
) -> FloatArray:
    """
    Resample ions, and find the slopes of the components of the mean squared displacement.

    Parameters
    ----------
    displacements : Displacements
        Squared displacements of N ions.
    window : Window
        Lags that are used, of all components alike.
    rng : numpy.random.Generator
        Draws N ions with replacement.
    samples : int
        How often.

    Returns
    -------
    ndarray, shape (samples, 3)
        Slopes along x, y and z, twice the diffusivities, Å^2/fs.
    """
    lags, sums, origins = _within(displacements, window)
    drawn = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=samples)
    drawn = drawn.astype(float)
    mean = np.tensordot(drawn, sums, axes=1) / (drawn @ origins)[..., None]
    slopes: FloatArray = np.einsum("k,skc->sc", slope_weights(lags), mean)
    return slopes


def effective_ions(origins: FloatArray) -> float:
    """
    Give the effective number of ions that count by their numbers of time origins (Kish 1965).

    Parameters
    ----------
    origins : ndarray, shape (N,)
        Numbers of time origins, not all 0.

    Returns
    -------
    float
        N where all have the same number.
    """
    return float(origins.sum() ** 2 / (origins**2).sum())


def _within(
    displacements: Displacements, window: Window
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give lags (k,), sums (N, k, 3) and origins (N, k) in a window, where there are origins."""
    held = window.holds(displacements.lags) & displacements.origins.any(axis=0)
    return displacements.lags[held], displacements.sums[:, held], displacements.origins[:, held]


def _of_ions(displacements: Displacements, window: Window, axes: Sequence[int]) -> Slope:
    """Give the slope, with an error from the scatter between ions; it is infinite for one ion."""
    lags, sums, origins = _within(displacements, window)
    squared = sums[..., list(axes)].sum(axis=2)
    weights = slope_weights(lags) / origins.sum(axis=0)
    mean = squared.sum(axis=0) / origins.sum(axis=0)
    # what each ion adds to the slope beyond what its origins add to the mean
    added = (squared - mean * origins) @ weights
    ions = effective_ions(displacements.origins[:, 0])
    error = sqrt(added @ added * ions / (ions - 1)) if ions >= 2 else inf
    return Slope(float(slope_weights(lags) @ mean), error, ions - 1)


def _halves(displacements: Displacements, window: Window) -> list[tuple[Displacements, Window]]:
    """Give the parts of a run, each with the window up to half of it, if it has enough lags."""
    found = []
    for part in displacements.parts:
        short = Window(window.start, min(window.end, part.span / 2), window.exponent)
        held = short.holds(part.lags) & part.origins.any(axis=0)
        if held.sum() < FEWEST:
            return []
        found.append((part, short))
    return found
