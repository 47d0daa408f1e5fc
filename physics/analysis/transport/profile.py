"""Concentration of ions along the normal of boundaries."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from physics.analysis.transport.paths import Paths
from physics.analysis.transport.slab import height_of
from physics.errors import InputError
from physics.structures.plane_distances import plane_distances

FloatArray = NDArray[np.float64]

BANDWIDTH = 0.1
"""Standard deviation of the Gaussian that smooths a profile, Å [choice]."""

POINTS = 8
"""Points of a profile in a bandwidth: its discreteness changes the variance by a part in 800."""

REACH = 10.0
"""Distance from a boundary beyond which ions count as bulk, Å [choice]."""


@dataclass(frozen=True, eq=False)
class Profile:
    """
    Concentration along c, normal to the layers.

    Parameters
    ----------
    period : float
        Height of the cell, Å.
    heights : ndarray, shape (M,)
        Heights, evenly spaced over the cell, Å.
    density : ndarray, shape (M,)
        Ions per Å^3.
    """

    period: float
    heights: FloatArray
    density: FloatArray

    @property
    def mean(self) -> float:
        """Mean density, ions per Å^3."""
        return float(self.density.mean())

    @property
    def relative(self) -> FloatArray:
        """Density in parts of its mean."""
        return self.density / self.mean


def concentration_profile(paths: Paths, bandwidth: float = BANDWIDTH) -> Profile:
    """
    Find the concentration along c by a periodic Gaussian kernel.

    A published profile with the "covariance factor" f of `scipy.stats.gaussian_kde` has the
    bandwidth f times the standard deviation of the heights: f = 1e-4 is 0.002 Å for 20 Å, which
    does not smooth.

    Parameters
    ----------
    paths : Paths
        The paths.
    bandwidth : float
        Standard deviation of the kernel, Å.

    Returns
    -------
    Profile
        Its integral over the cell is the number of ions.

    Raises
    ------
    InputError
        If the bandwidth is not above zero.
    """
    if not bandwidth > 0:
        raise InputError(f"the bandwidth is {bandwidth:g} Å, expected more than 0, such as 0.1")
    period = height_of(paths.cell)
    area = paths.volume / period
    points = int(np.ceil(POINTS * period / bandwidth))
    counts = np.zeros(points)
    for fractional in paths.fractional():
        bins = np.floor(fractional[..., 2] % 1.0 * points).astype(np.int64) % points
        counts += np.bincount(bins.ravel(), minlength=points)
    waves = 2 * pi * np.arange(points // 2 + 1) / period
    smooth = np.fft.irfft(np.fft.rfft(counts) * np.exp(-((waves * bandwidth) ** 2) / 2), points)
    spacing = period / points
    density: FloatArray = smooth / (paths.frames * area * spacing)
    return Profile(period, np.arange(0.5, points) * spacing, density)


def excess(profile: Profile, planes: Sequence[float], reach: float = REACH) -> list[float]:
    """
    Integrate what boundaries have more than the bulk between them.

    Parameters
    ----------
    profile : Profile
        Concentration along c.
    planes : sequence of float
        Heights of the boundaries, in parts of c.
    reach : float
        Distance from a boundary beyond which is bulk, Å.

    Returns
    -------
    list of float
        For each boundary the integral of n - n_bulk within the reach, ions per Å^2: above zero
        where ions gather, below zero where they are depleted.

    Raises
    ------
    InputError
        If the boundaries are so close that there is no bulk between them.
    """
    spacing = profile.period / len(profile.heights)
    parts = profile.heights / profile.period
    near = [plane_distances(parts, [plane], profile.period) <= reach for plane in planes]
    if np.sum(near, axis=0).max() > 1 or np.any(near, axis=0).all():
        raise InputError(
            f"boundaries at {', '.join(f'{plane:g}' for plane in planes)} of a cell of "
            f"{profile.period:.1f} Å have no bulk farther than {reach:g} Å from all of them; give "
            "a smaller reach, or a higher cell"
        )
    bulk = profile.density[~np.any(near, axis=0)].mean()
    return [float((profile.density[each] - bulk).sum() * spacing) for each in near]
