"""Squared displacements of ions over all time origins, by fast Fourier transform."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from physics.analysis.transport.paths import Paths

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PER_DECADE = 24
"""Lags in a power of ten at which the displacements of each ion are kept."""

AT_ONCE = 2**18
"""Positions that are transformed at once: they fit into the caches."""

PARTS = 5
"""Equal parts of a run, in time, that are averaged on their own too."""

PART_FRAMES = 500
"""Frames that are enough for a part; of more, evenly spaced ones are taken."""


@dataclass(frozen=True, eq=False)
class Displacements:
    """
    Squared displacements of N ions, averaged over time origins.

    At K of all L = frames - 1 lags, evenly spaced on a logarithmic scale, the sums of each ion are
    kept; at all lags the mean over ions and its standard error.

    Parameters
    ----------
    interval : float
        Time between frames, fs.
    frames : int
        Number of frames.
    steps : ndarray of int, shape (K,)
        Lags at which each ion is kept, in frames.
    sums : ndarray, shape (N, K, 3)
        Squared displacements along x, y and z, summed over time origins, Å^2.
    origins : ndarray, shape (N, K)
        Number of time origins.
    mean : ndarray, shape (L, 3)
        Mean squared displacement along x, y and z at lags 1 to L, Å^2; NaN without origins.
    error : ndarray, shape (L,)
        Standard error, over ions, of their sum, Å^2.
    parts : tuple of Displacements
        The same within each of `PARTS` equal parts of the run, of at most `PART_FRAMES` evenly
        spaced frames; empty where they are not known.
    """

    interval: float
    frames: int
    steps: IntArray
    sums: FloatArray
    origins: FloatArray
    mean: FloatArray
    error: FloatArray
    parts: tuple["Displacements", ...] = ()

    @property
    def ions(self) -> int:
        """Number of ions."""
        return len(self.sums)

    @property
    def span(self) -> float:
        """Time from the first to the last frame, fs."""
        return (self.frames - 1) * self.interval

    @property
    def lags(self) -> FloatArray:
        """Lags at which each ion is kept, fs; shape (K,)."""
        return self.steps.astype(float) * self.interval

    @property
    def total(self) -> FloatArray:
        """Mean squared displacement at all lags, Å^2; shape (L,)."""
        summed: FloatArray = self.mean.sum(axis=1)
        return summed


def displacements(paths: Paths) -> Displacements:
    """
    Average squared displacements over all time origins.

    Parameters
    ----------
    paths : Paths
        The paths.

    Returns
    -------
    Displacements
        Of each ion and on average, in the whole run and in `PARTS` parts of it.
    """
    return displacements_of(paths.positions(), paths.interval, paths.frames)


def displacements_of(blocks: Iterable[FloatArray], interval: float, frames: int) -> Displacements:
    """
    Average squared displacements over all time origins.

    Parameters
    ----------
    blocks : iterable of ndarray, shape (frames, n, 3)
        Unwrapped positions of some walkers each, Å.
    interval : float
        Time between frames, fs.
    frames : int
        Number of frames.

    Returns
    -------
    Displacements
        Of each walker and on average, in the whole run and in `PARTS` parts of it, if each has two
        frames or more.
    """
    length = frames // PARTS
    stride = max(-(-length // PART_FRAMES), 1)
    thinned = len(range(0, length, stride))
    whole = _Averages(interval, frames)
    parts = [_Averages(stride * interval, thinned) for _ in range(PARTS if length > 1 else 0)]
    for block in blocks:
        pieces = min(block.shape[1], -(-block.shape[1] * frames // AT_ONCE))
        for positions in np.array_split(block, pieces, axis=1):
            whole.add(*squared_displacements(positions))
            for number, part in enumerate(parts):
                begin = number * length
                part.add(*squared_displacements(positions[begin : begin + length : stride]))
    return replace(whole.displacements(), parts=tuple(part.displacements() for part in parts))


def squared_displacements(
    positions: FloatArray, inside: NDArray[np.bool_] | None = None
) -> tuple[FloatArray, FloatArray]:
    """
    Sum squared displacements over time origins for all lags.

    For a lag k the sum over t of m(t) [x(t + k) - x(t)]^2, with m = 1 for each origin that counts,
    is a sum of three correlations (Calandrini et al., Collection SFN 12, 201 (2011), for m = 1).

    Parameters
    ----------
    positions : ndarray, shape (frames, n, 3)
        Unwrapped positions of n ions, Å.
    inside : ndarray of bool, shape (frames, n), optional
        Whether the ion is where displacements count from; everywhere if not given.

    Returns
    -------
    sums : ndarray, shape (L, n, 3)
        Sums at lags 1 to L = frames - 1, Å^2.
    origins : ndarray, shape (L, n)
        Number of time origins.
    """
    frames = len(positions)
    size = fft.next_fast_len(2 * frames, real=True)
    # Ions are last in what is given and first in what is transformed: FFTs run along memory.
    moved = np.ascontiguousarray(np.moveaxis(positions - positions.mean(axis=0), 0, -1))
    squares = moved**2
    if inside is None:
        spectrum = fft.rfft(moved, size)
        products = fft.irfft(np.abs(spectrum) ** 2, size)[..., 1:frames]
        summed = np.cumsum(squares, axis=-1)
        later = summed[..., -1:] - summed[..., :-1]
        sums = summed[..., -2::-1] + later - 2 * products
        origins = np.broadcast_to(
            np.arange(frames - 1, 0, -1.0)[:, None], (frames - 1, positions.shape[1])
        )
        return np.moveaxis(sums, -1, 0), origins.copy()
    counted = np.ascontiguousarray(inside.T, dtype=float)[:, None]
    begins = np.conj(fft.rfft(counted, size)) * fft.rfft(squares, size)
    begins -= 2 * np.conj(fft.rfft(counted * moved, size)) * fft.rfft(moved, size)
    correlated = fft.irfft(begins, size)[..., 1:frames]
    sums = correlated + np.cumsum(counted * squares, axis=-1)[..., -2::-1]
    origins = np.cumsum(counted[:, 0], axis=-1)[:, -2::-1].T
    # Rounding of the transforms leaves what is zero slightly off.
    return np.moveaxis(np.where(origins.T[:, None] > 0, sums, 0.0), -1, 0), origins


def averaged(
    blocks: Iterable[tuple[FloatArray, FloatArray]], interval: float, frames: int
) -> Displacements:
    """
    Average squared displacements over ions.

    Parameters
    ----------
    blocks : iterable of (ndarray, ndarray)
        Sums and numbers of origins of some ions each, as `squared_displacements` gives them.
    interval : float
        Time between frames, fs.
    frames : int
        Number of frames.

    Returns
    -------
    Displacements
        Of each ion and on average: sums of all ions over the origins of all ions.
    """
    averages = _Averages(interval, frames)
    for sums, origins in blocks:
        averages.add(sums, origins)
    return averages.displacements()


class _Averages:
    """Sums over ions, which come some at a time."""

    def __init__(self, interval: float, frames: int) -> None:
        lags = frames - 1
        self.interval = interval
        self.frames = frames
        self.steps = logarithmic(lags)
        self.kept: list[FloatArray] = []
        self.origins: list[FloatArray] = []
        self.sums = np.zeros((lags, 3))
        self.counts = np.zeros(lags)
        self.moments = np.zeros((3, lags))
        self.ions = 0

    def add(self, sums: FloatArray, origins: FloatArray) -> None:
        """Add some ions: sums, shape (L, n, 3), and numbers of origins, shape (L, n)."""
        self.kept.append(np.moveaxis(sums[self.steps - 1], 0, 1))
        self.origins.append(origins[self.steps - 1].T)
        self.sums += sums.sum(axis=1)
        self.counts += origins.sum(axis=1)
        total = sums.sum(axis=2)
        self.moments[0] += np.einsum("ki,ki->k", total, total)
        self.moments[1] += np.einsum("ki,ki->k", total, origins)
        self.moments[2] += np.einsum("ki,ki->k", origins, origins)
        self.ions += sums.shape[1]

    def displacements(self) -> Displacements:
        """Average what was added."""
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = self.sums / self.counts[:, None]
            ratio = mean.sum(axis=1)
            # Of a ratio of sums over ions: residuals are sum_i - ratio * origins_i.
            moments = self.moments
            scatter = moments[0] - 2 * ratio * moments[1] + ratio**2 * moments[2]
            spread = np.sqrt(np.maximum(scatter, 0) * self.ions / max(self.ions - 1, 1))
            error = spread / self.counts
        return Displacements(
            self.interval,
            self.frames,
            self.steps,
            np.concatenate(self.kept),
            np.concatenate(self.origins),
            mean,
            error,
        )


def logarithmic(most: int, per_decade: int = PER_DECADE) -> IntArray:
    """
    Give whole numbers that are evenly spaced on a logarithmic scale.

    Parameters
    ----------
    most : int
        The largest one; the smallest is 1.
    per_decade : int
        How many in a power of ten, as far as there are so many.

    Returns
    -------
    ndarray of int
        The numbers, ascending, each once.
    """
    count = max(2, round(per_decade * np.log10(max(most, 2))) + 1)
    return np.unique(np.rint(np.geomspace(1, most, count)).astype(np.int64))
