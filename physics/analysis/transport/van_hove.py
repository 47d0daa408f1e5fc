"""Van Hove functions: how far ions get, and where others are then (Van Hove 1954)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from physics.analysis.transport.paths import Paths
from physics.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ORIGINS = 1000
"""Most time origins of the self part; more of them are too close to tell more [choice]."""

PAIRED = 20
"""Time origins of the distinct part, which counts all pairs of ions [choice]."""

WIDTH = 0.1
"""Width of a shell, Å [choice]."""

ROWS = 256
"""Ions whose distances to all others are measured at once."""


@dataclass(frozen=True, eq=False)
class SelfPart:
    """
    Self part of the van Hove function at K lags.

    Parameters
    ----------
    lags : ndarray, shape (K,)
        Lags, fs.
    radii : ndarray, shape (M,)
        Middles of the shells, Å.
    density : ndarray, shape (K, M)
        4 pi r^2 G_s(r, lag), Å^-1; its integral over all distances is 1.
    non_gaussian : ndarray, shape (K,)
        alpha_2 = 3 <r^4> / (5 <r^2>^2) - 1 (Rahman 1964); 0 where displacements are Gaussian,
        NaN where nothing moved.
    """

    lags: FloatArray
    radii: FloatArray
    density: FloatArray
    non_gaussian: FloatArray


@dataclass(frozen=True, eq=False)
class DistinctPart:
    """
    Distinct part of the van Hove function at K lags.

    Parameters
    ----------
    lags : ndarray, shape (K,)
        Lags, fs; at 0 it is the pair distribution function.
    radii : ndarray, shape (M,)
        Middles of the shells, Å.
    relative : ndarray, shape (K, M)
        G_d(r, lag) in parts of the density (N - 1) / V of the other ions; 1 far away.
    """

    lags: FloatArray
    radii: FloatArray
    relative: FloatArray


def self_part(paths: Paths, lags: Sequence[float], reach: float) -> SelfPart:
    """
    Find the distribution of the distances that ions move.

    Parameters
    ----------
    paths : Paths
        The paths.
    lags : sequence of float
        Lags, fs; they are rounded to frames.
    reach : float
        Largest distance of the histogram, Å. Longer ones count in alpha_2 and in the norm.

    Returns
    -------
    SelfPart
        Averaged over ions and up to 1000 time origins.

    Raises
    ------
    InputError
        If a lag is shorter than the time between frames or longer than the trajectory.
    """
    steps = _steps(paths, lags, least=1)
    edges = _edges(reach)
    counts = np.zeros((len(steps), len(edges) - 1))
    moments = np.zeros((len(steps), 2))
    numbers = np.zeros(len(steps))
    for positions in paths.positions():
        for row, step in enumerate(steps):
            begins = _origins(paths.frames - step, ORIGINS)
            squares = ((positions[begins + step] - positions[begins]) ** 2).sum(axis=2).ravel()
            counts[row] += _histogram(np.sqrt(squares), edges)
            moments[row] += squares.sum(), (squares**2).sum()
            numbers[row] += len(squares)
    second, fourth = (moments / numbers[:, None]).T
    with np.errstate(invalid="ignore", divide="ignore"):
        non_gaussian = 3 * fourth / (5 * second**2) - 1
    density: FloatArray = counts / (numbers[:, None] * np.diff(edges))
    return SelfPart(
        steps.astype(float) * paths.interval,
        _middles(edges),
        density,
        non_gaussian,
    )


def distinct_part(paths: Paths, lags: Sequence[float], reach: float) -> DistinctPart:
    """
    Find how many other ions are at a distance from where an ion was.

    Parameters
    ----------
    paths : Paths
        Paths of two ions or more.
    lags : sequence of float
        Lags, fs; they are rounded to frames.
    reach : float
        Largest distance, Å.

    Returns
    -------
    DistinctPart
        Averaged over pairs of ions and up to 20 time origins.

    Raises
    ------
    InputError
        If there is one ion only, a lag is below zero or longer than the trajectory, or the reach
        is half the distance between opposite faces of the cell or more.
    """
    if paths.ions < 2:
        raise InputError("1 ion was given, expected two or more: it has no distinct part")
    inner = float(1 / np.linalg.norm(np.linalg.inv(paths.cell), axis=0).max()) / 2
    if reach >= inner:
        raise InputError(
            f"the reach is {reach:g} Å, expected less than {inner:.2f} Å, half the distance "
            "between opposite faces of the cell; lower it, or simulate a larger cell"
        )
    steps = _steps(paths, lags, least=0)
    edges = _edges(reach)
    begins = [_origins(paths.frames - step, PAIRED) for step in steps]
    ends = [each + step for each, step in zip(begins, steps, strict=True)]
    needed = np.unique(np.concatenate([*begins, *ends]))
    gathered = np.concatenate([block[needed] for block in paths.fractional()], axis=1)
    counts = np.zeros((len(steps), len(edges) - 1))
    for row in range(len(steps)):
        for pair in np.searchsorted(needed, np.stack([begins[row], ends[row]], axis=1)):
            before, after = gathered[pair]
            counts[row] += _pairs(before, after, paths.cell, edges)
        counts[row] /= len(begins[row])
    shells = 4 / 3 * pi * np.diff(edges**3)
    pairs = paths.ions * (paths.ions - 1) / paths.volume
    relative: FloatArray = counts / (pairs * shells)
    return DistinctPart(steps.astype(float) * paths.interval, _middles(edges), relative)


def _pairs(
    before: FloatArray, after: FloatArray, cell: FloatArray, edges: FloatArray
) -> FloatArray:
    """Count distances between ions and other ions, each to the nearest image."""
    counts = np.zeros(len(edges) - 1)
    for start in range(0, len(before), ROWS):
        rows = np.arange(start, min(start + ROWS, len(before)))
        away = after[None] - before[rows, None]
        # Any image within half the distance of opposite faces is the one that rounding finds.
        distances = np.linalg.norm((away - np.rint(away)) @ cell, axis=2)
        distances[rows - start, rows] = np.inf
        counts += _histogram(distances.ravel(), edges)
    return counts


def _steps(paths: Paths, lags: Sequence[float], least: int) -> IntArray:
    """Round lags to frames."""
    steps = np.rint(np.asarray(lags, dtype=float) / paths.interval).astype(np.int64)
    wrong = (steps < least) | (steps >= paths.frames)
    if wrong.any():
        raise InputError(
            f"a lag of {np.asarray(lags)[wrong][0]:g} fs was given, expected "
            f"{least * paths.interval:g} to {paths.span:g} fs, the time between frames and that of "
            "all of them"
        )
    return steps


def _origins(available: int, most: int) -> IntArray:
    """Spread time origins evenly."""
    return np.unique(np.linspace(0, available - 1, min(most, available)).astype(np.int64))


def _edges(reach: float) -> FloatArray:
    return np.linspace(0, reach, max(round(reach / WIDTH), 1) + 1)


def _middles(edges: FloatArray) -> FloatArray:
    return (edges[1:] + edges[:-1]) / 2


def _histogram(distances: FloatArray, edges: FloatArray) -> FloatArray:
    """Count distances in shells of one width."""
    inner = distances[distances < edges[-1]]
    index = (inner * (len(edges) - 1) / edges[-1]).astype(np.int64)
    return np.bincount(index, minlength=len(edges) - 1)[: len(edges) - 1].astype(float)
