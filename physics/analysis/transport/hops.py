"""How often each ion hops, how far, and whether it goes back."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.stats import chi2

from physics.analysis.transport.diffusivity import JUMP
from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.paths import Paths

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

AVERAGED = 500.0
"""Time over which positions are averaged, fs: several periods of the vibrations [choice]."""


@dataclass(frozen=True, eq=False)
class HopStatistics:
    """
    Hops of N ions.

    Parameters
    ----------
    hops : ndarray of int, shape (N,)
        Number of hops of each ion.
    rate : Estimate
        Hops of one ion per ps.
    immobile : float
        Part of the ions that never hopped.
    squared_length : float or None
        Mean squared length of a hop, Å^2; None without hops.
    mean_cosine : float or None
        Of the angle between successive hops of an ion: 0 if they are independent, -1 if each
        goes back; None if no ion hopped twice.
    returned : float or None
        Part of the hops after the first that lead back to the site before.
    """

    hops: IntArray
    rate: Estimate
    immobile: float
    squared_length: float | None
    mean_cosine: float | None
    returned: float | None


def hop_statistics(paths: Paths, hop_length: float = JUMP) -> HopStatistics:
    """
    Count the hops of ions.

    Positions are averaged over 0.5 ps, one average after the other. An ion stays at a site, the
    mean of its averages there, until two averages in succession are farther from it than half a
    hop length; the second one begins the next site. So what only rattles at the border between
    two sites does not count: to come back, an ion has to move by half a hop length again. Stays
    that are shorter than some 1 ps are not seen.

    Parameters
    ----------
    paths : Paths
        The paths.
    hop_length : float
        Distance between neighbouring sites, Å.

    Returns
    -------
    HopStatistics
        The interval of the rate is that of a Poisson distribution, widened by the ratio of
        variance and mean of the hops of the ions where that is above 1: hops back and forth and
        unlike ions scatter more.
    """
    width = min(max(round(AVERAGED / paths.interval), 1), paths.frames)
    hops, lengths, cosines, returns = [], [], [], []
    for positions in paths.positions():
        averages = positions[: len(positions) // width * width]
        averages = averages.reshape(-1, width, *positions.shape[1:]).mean(axis=1)
        for path in np.moveaxis(averages, 1, 0):
            steps = np.diff(_sites(np.ascontiguousarray(path), hop_length / 2), axis=0)
            squares = (steps**2).sum(axis=1)
            products = (steps[1:] * steps[:-1]).sum(axis=1)
            hops.append(len(steps))
            lengths.append(squares)
            cosines.append(products / np.sqrt(squares[1:] * squares[:-1]))
            returns.append(squares[1:] + squares[:-1] + 2 * products < (hop_length / 2) ** 2)
    counts = np.array(hops, dtype=np.int64)
    return HopStatistics(
        counts,
        _rate(counts, paths.span / 1000),
        float((counts == 0).mean()),
        _mean(lengths),
        _mean(cosines),
        _mean(returns),
    )


@njit(cache=True)
def _sites(path: FloatArray, threshold: float) -> FloatArray:  # pragma: no cover - compiled
    """List the sites where an ion stayed, shape (hops + 1, 3)."""
    sites = np.empty_like(path)
    sites[0] = path[0]
    number, stayed, away = 0, 1, False
    for average in path[1:]:
        far = ((average - sites[number]) ** 2).sum() > threshold**2
        if far and away:
            number += 1
            sites[number] = average
            stayed, away = 1, False
        elif far:
            away = True
        else:
            stayed += 1
            sites[number] += (average - sites[number]) / stayed
            away = False
    return sites[: number + 1]


def _rate(hops: IntArray, span: float) -> Estimate:
    """Give the hops per time of an ion, and the interval of Garwood 1936 for a Poisson mean."""
    total = float(hops.sum())
    scatter = max(1.0, float(hops.var(ddof=1)) / hops.mean()) if total and len(hops) > 1 else 1.0
    events = total / scatter
    low = chi2.ppf(0.025, 2 * events) / 2 if total else 0.0
    high = chi2.ppf(0.975, 2 * events + 2) / 2
    return Estimate(total, low * scatter, high * scatter).scaled(1 / (len(hops) * span))


def _mean(parts: list[FloatArray]) -> float | None:
    joined = np.concatenate(parts)
    return float(joined.mean()) if len(joined) else None
