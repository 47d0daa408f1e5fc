"""
Diffusivities with intervals.

The diffusivity is the slope of the line of least squares through the mean squared displacement in
the diffusive window; the line need not start at zero, so that vibrations do not count. Its error is
that of the mean over ions of their own slopes. It takes no model of the motion: it holds for hops,
vibrations and ions of different speed, as long as ions move on their own. That they do is tested by
the scatter between parts of the run, which widens the interval where it is more.

Generalised least squares with the covariance of Brownian motion, as in kinisi (McCluskey et al.
2025), has a scatter that is four times smaller for Brownian walkers, but then the shortest lags
decide. In a simple cubic lattice gas, where hops back are more frequent than others, it is 4 % too
large at half filling and 10 % at 90 %, many times its error; this line is right to 0.5 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isnan

import numpy as np
from scipy import stats

from physics.analysis.transport.displacements import Displacements
from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.slope import Slope, effective_ions, fitted_slope
from physics.analysis.transport.window import (
    DIFFUSIVE,
    PREFERRED,
    Window,
    find_window,
)
from physics.errors import InputError

CM2_PER_S = 0.1
"""1 Å^2/fs, cm^2/s."""

CONFIDENCE = 0.95
"""Of intervals and limits."""

JUMP = 3.2
"""Length of a hop of lithium in thiophosphates, Å."""

ENOUGH_HOPS = 50.0
"""Hops below which a diffusivity is only limited."""

LARGEST_ERROR = 0.5
"""Relative standard error above which a diffusivity is only limited [choice]."""


@dataclass(frozen=True)
class Diffusivity:
    """
    A diffusivity, or a limit of it.

    Parameters
    ----------
    estimate : Estimate or None
        With its 95 % interval, cm^2/s; None where only a limit is known.
    limit : float or None
        Where there is no estimate, what the diffusivity is below of, cm^2/s: in at most 5 of 100
        runs it is not.
    reason : str or None
        Why there is only a limit.
    window : Window
        The lags that were used.
    hops : float
        Number of hops of 3.2 Å that the diffusivity stands for.
    warnings : tuple of str
        What casts doubt on the number.
    """

    estimate: Estimate | None
    limit: float | None
    reason: str | None
    window: Window
    hops: float
    warnings: tuple[str, ...] = ()


def diffusivity(
    displacements: Displacements,
    axes: Sequence[int] = (0, 1, 2),
    *,
    longest: float | None = None,
    carriers: float | None = None,
) -> Diffusivity:
    """
    Find the diffusivity D of ions, slope of the mean squared displacement / 2 d.

    With the relative error e of the slope over N ions, the interval is D exp(-t e) to D exp(t e), t
    from Student's distribution of N - 1 degrees of freedom; where displacements count from some
    time origins only, N is the effective number of ions (sum o)^2 / sum o^2 of their numbers of
    origins o (Kish 1965). The mean squared displacement is a ratio of sums over ions then.

    A limit is given instead of an estimate where motion is not diffusive in any window, where it
    stands for less than 50 hops, or where the error is more than half of the value: the upper end
    of the one-sided interval of the slope, together with that of Poisson's distribution for the
    number of hops.

    Parameters
    ----------
    displacements : Displacements
        Squared displacements of the ions.
    axes : sequence of int
        The d components that count: 0, 1, 2 for x, y, z.
    longest : float, optional
        Largest lag that may be used, fs; half of the run if not given.
    carriers : float, optional
        Number of ions whose hops count; the mean number of those that displacements are counted
        of if not given.

    Returns
    -------
    Diffusivity
        In cm^2/s.

    Raises
    ------
    InputError
        If no ion has time origins, there are fewer than three lags that may be used, or there is
        one ion and the run has no parts from which an error would follow.
    """
    origins = displacements.origins[:, 0]
    if not origins.any():
        raise InputError(
            "no displacement begins where it would count; choose a region that has ions in it"
        )
    if carriers is None:
        carriers = origins.sum() / (displacements.frames - 1)
    if effective_ions(origins) < 2:
        alone = PREFERRED * displacements.span
        longest = alone if longest is None else min(alone, longest)
    window = find_window(displacements, axes, longest=longest)
    slope, warnings = fitted_slope(displacements, window, axes)
    hop = JUMP**2 / (carriers * displacements.span)
    hops = max(slope.value, 0.0) / hop
    unit = CM2_PER_S / (2 * len(axes))
    reason = _reason(window, hops, slope)
    if reason is not None:
        return Diffusivity(None, unit * _limit(slope, hop), reason, window, hops, warnings)
    factor = exp(stats.t.ppf((1 + CONFIDENCE) / 2, slope.freedom) * slope.relative)
    estimate = Estimate(slope.value, slope.value / factor, slope.value * factor).scaled(unit)
    return Diffusivity(estimate, None, None, window, hops, warnings)


def _reason(window: Window, hops: float, slope: Slope) -> str | None:
    """Tell why there is no estimate."""
    if not window.diffusive:
        told = f"motion is not diffusive up to {window.end / 1000:g} ps: "
        if isnan(window.exponent):
            return told + "displacements do not grow beyond those of the vibrations"
        return told + (
            f"the exponent is {window.exponent:.2f}, expected {DIFFUSIVE[0]:g} to {DIFFUSIVE[1]:g}"
        )
    if hops < ENOUGH_HOPS:
        return f"{hops:.1f} hops of {JUMP:g} Å were seen, expected {ENOUGH_HOPS:g} or more"
    if slope.relative > LARGEST_ERROR:
        return (
            f"the standard error is {slope.relative:.0%} of the value, expected at most "
            f"{LARGEST_ERROR:.0%}"
        )
    return None


def _limit(slope: Slope, hop: float) -> float:
    """Give the upper limit of a slope, to which each hop adds `hop`, Å^2/fs."""
    least = max(slope.value, 0.0)
    unseen = hop * stats.chi2.ppf(CONFIDENCE, 2 * (least / hop + 1)) / 2 - least
    return float(least + np.hypot(unseen, stats.t.ppf(CONFIDENCE, slope.freedom) * slope.error))
