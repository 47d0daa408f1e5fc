"""Walkers whose diffusivity is known."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

NEIGHBOURS = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])


@dataclass(frozen=True, eq=False)
class Still:
    """A configuration, as a trajectory gives it."""

    time: float
    positions: FloatArray
    cell: FloatArray


def as_frames(positions: FloatArray, cell: ArrayLike, interval: float = 1.0) -> Iterator[Still]:
    """Give the frames of a trajectory of a fixed cell, `interval` fs apart."""
    lattice = np.asarray(cell, dtype=float)
    for number, each in enumerate(positions):
        yield Still(number * interval, each, lattice)


def brownian(rng: np.random.Generator, ions: int, frames: int, variances: ArrayLike) -> FloatArray:
    """
    Walk at random, from the origin.

    `variances` are those of the steps between two frames along x, y and z, Å^2; the diffusivity
    along an axis is half of it for each frame. The positions have the shape (frames, ions, 3).
    """
    steps = rng.standard_normal((frames, ions, 3)) * np.sqrt(np.broadcast_to(variances, 3))
    steps[0] = 0.0
    return np.cumsum(steps, axis=0)


def lattice_gas(seed: int, edge: int, ions: int, frames: int, jump: float) -> FloatArray:
    """
    Hop between the sites of a simple cubic lattice, each of which holds one ion.

    Between two frames each ion tries one hop on average, to a neighbour at the distance `jump`, Å;
    there are `edge` sites along each axis of a periodic cell. The positions have the shape
    (frames, ions, 3).
    """
    return jump * _hop(seed, edge, ions, frames, NEIGHBOURS)


@njit(cache=True)
def _hop(seed: int, edge: int, ions: int, frames: int, neighbours: NDArray[np.int64]) -> FloatArray:
    """Give positions in units of the lattice."""
    np.random.seed(seed)  # noqa: NPY002 - numba has no other
    taken = np.zeros((edge, edge, edge), dtype=np.bool_)
    positions = np.zeros((frames, ions, 3))
    now = np.zeros((ions, 3), dtype=np.int64)
    sites = np.random.permutation(edge**3)[:ions]  # noqa: NPY002
    for ion in range(ions):
        now[ion] = sites[ion] // edge**2, sites[ion] // edge % edge, sites[ion] % edge
        taken[now[ion, 0], now[ion, 1], now[ion, 2]] = True
    for frame in range(frames):
        positions[frame] = now
        for _ in range(ions):
            ion = np.random.randint(ions)  # noqa: NPY002
            to = now[ion] + neighbours[np.random.randint(6)]  # noqa: NPY002
            if not taken[to[0] % edge, to[1] % edge, to[2] % edge]:
                taken[now[ion, 0] % edge, now[ion, 1] % edge, now[ion, 2] % edge] = False
                taken[to[0] % edge, to[1] % edge, to[2] % edge] = True
                now[ion] = to
    return positions


def caged(rng: np.random.Generator, ions: int, frames: int, amplitude: float = 0.3) -> FloatArray:
    """Rattle about the origin, `amplitude` Å along each axis; shape (frames, ions, 3)."""
    return amplitude * rng.standard_normal((frames, ions, 3))


def hopping(
    rng: np.random.Generator, ions: int, frames: int, rate: float, jump: float
) -> FloatArray:
    """
    Hop at random along the axes, `rate` times per frame and `jump` Å far, and rattle.

    The positions have the shape (frames, ions, 3); the diffusivity is rate jump^2 / 6 per frame.
    """
    hops = rng.random((frames, ions)) < rate
    steps = NEIGHBOURS[rng.integers(len(NEIGHBOURS), size=(frames, ions))] * hops[..., None]
    return jump * np.cumsum(steps, axis=0) + caged(rng, ions, frames)
