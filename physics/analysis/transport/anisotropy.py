"""Whether ions move faster across a boundary than along it."""

import numpy as np
from scipy import stats

from physics.analysis.transport.displacements import Displacements
from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.slope import effective_ions, resampled_slopes
from physics.analysis.transport.window import Window, mean_squared, slope_weights

QUANTILES = (0.025, 0.975)
"""Of an interval of 95 %."""


def anisotropy(displacements: Displacements, window: Window, rng: np.random.Generator) -> Estimate:
    """
    Compare the motion along z with the faster one along x and y.

    xi = m_z / max(m_x, m_y) with the slopes m of the mean squared displacement along each axis. It
    is not bounded by 1. As the larger one of two noisy slopes is taken, xi is low by about half its
    error where both are alike. The interval allows for that: ions are resampled, and the
    quantiles q of their xi* give an interval from xi^2 / q_high to xi^2 / q_low (the basic
    bootstrap of ln xi), which is wider by the ratio of Student's and the normal quantile for the
    effective number of ions. The interval of the quantiles themselves misses twice as often.

    Parameters
    ----------
    displacements : Displacements
        Squared displacements.
    window : Window
        Lags that are used for all axes.
    rng : numpy.random.Generator
        For the bootstrap.

    Returns
    -------
    Estimate
        xi; where motion along z is not resolved, from 0 to the upper quantile.
    """
    lags = displacements.lags
    held = window.holds(lags) & displacements.origins.any(axis=0)
    x, y, z = (
        float(slope_weights(lags[held]) @ mean_squared(displacements, [axis])[held])
        for axis in range(3)
    )
    value = z / max(x, y)
    resampled = resampled_slopes(displacements, window, rng)
    ratios = resampled[:, 2] / resampled[:, :2].max(axis=1)
    low, high = np.quantile(ratios, QUANTILES)
    if low <= 0:
        return Estimate(max(value, 0.0), 0.0, float(high))
    ions = effective_ions(displacements.origins[:, 0])
    wider = stats.t.ppf(QUANTILES[1], ions - 1) / stats.norm.ppf(QUANTILES[1])
    return Estimate(
        value, float(value * (value / high) ** wider), float(value * (value / low) ** wider)
    )
