"""How far ions go that start in a slab of the cell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from physics.analysis.transport.displacements import (
    Displacements,
    averaged,
    squared_displacements,
)
from physics.analysis.transport.paths import Paths
from physics.analysis.transport.slab import Region
from physics.analysis.transport.window import Window, slope_weights
from physics.errors import InputError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

CROSSED = 0.25
"""Largest root mean square displacement across a slab, in parts of its thickness [choice]."""


@dataclass(frozen=True, eq=False)
class StartIn:
    """
    How far ions go that were in a region, wherever they are afterwards.

    Parameters
    ----------
    displacements : Displacements
        Of the ions that were ever in it, over the time origins at which they were.
    ions : float
        Mean number of ions in it.
    left : ndarray, shape (L,)
        Part of the ions that are elsewhere after lags 1 to L = frames - 1; NaN without origins.
    """

    displacements: Displacements
    ions: float
    left: FloatArray

    def left_in(self, window: Window) -> float:
        """
        Average the part that has left as the slope of a mean squared displacement does.

        Parameters
        ----------
        window : Window
            Lags that are used.

        Returns
        -------
        float
            Slope of the mean time that ions have been elsewhere.
        """
        elsewhere = np.cumsum(self.left) * self.displacements.interval
        held = window.holds(self.displacements.lags)
        lags, steps = self.displacements.lags[held], self.displacements.steps[held]
        return float(slope_weights(lags) @ elsewhere[steps - 1])


def start_in(paths: Paths, regions: Sequence[Region]) -> StartIn | None:
    """
    Average squared displacements over the time origins at which ions are in regions.

    Ions that leave count on: to ask that they stay, or that they are back, picks the slow ones.

    Parameters
    ----------
    paths : Paths
        The paths.
    regions : sequence of Region
        Regions that do not overlap, pooled; an ion that visits two counts in each by itself.
        Displacements along c are relative to the drift of the region.

    Returns
    -------
    StartIn or None
        Pooled over the regions; None if no ion is in them in any frame but the last.
    """
    present = np.zeros(paths.frames)
    begun, stayed = np.zeros((2, paths.frames - 1))

    def summed() -> Iterator[tuple[FloatArray, FloatArray]]:
        for fractional in paths.fractional():
            for region in regions:
                inside = region.inside(fractional[..., 2])
                visitors = inside[:-1].any(axis=0)
                if visitors.any():
                    inside, followed = inside[:, visitors], fractional[:, visitors]
                    followed[..., 2] -= region.drift[..., None]
                    sums, origins = squared_displacements(followed @ paths.cell, inside)
                    present[:] += inside.sum(axis=1)
                    begun[:] += origins.sum(axis=1)
                    stayed[:] += _coincidences(inside)
                    yield sums, origins

    stream = summed()
    first = next(stream, None)
    if first is None:
        return None
    found = averaged(chain([first], stream), paths.interval, paths.frames)
    left = 1 - np.divide(stayed, begun, out=np.full_like(begun, np.nan), where=begun > 0)
    return StartIn(found, float(present.mean()), left)


def longest_lag(found: Displacements, thickness: float) -> float:
    """
    Give the longest lag at which displacements across a slab are short against it.

    Parameters
    ----------
    found : Displacements
        Of the ions that start in it.
    thickness : float
        Thickness of the slab, Å.

    Returns
    -------
    float
        Last lag before the root mean square displacement along z exceeds `CROSSED`, fs.

    Raises
    ------
    InputError
        If it does between two frames.
    """
    near = found.mean[:, 2] <= (CROSSED * thickness) ** 2
    lags = len(near) if near.all() else int(near.argmin())
    if not lags:
        raise InputError(
            f"ions move {np.sqrt(found.mean[0, 2]):.1f} Å across a slab of {thickness:g} Å between "
            f"two frames, expected at most {CROSSED * thickness:g} Å; write frames more often, or "
            "give a thicker slab"
        )
    return lags * found.interval


def _coincidences(inside: BoolArray) -> FloatArray:
    """Count over ions and time origins how often ions are inside both before and after a lag."""
    frames = len(inside)
    size = fft.next_fast_len(2 * frames, real=True)
    spectrum = fft.rfft(np.ascontiguousarray(inside.T, dtype=float), size)
    counted: FloatArray = fft.irfft((np.abs(spectrum) ** 2).sum(axis=0), size)[1:frames]
    return counted
