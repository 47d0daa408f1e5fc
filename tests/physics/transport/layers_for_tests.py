"""Walkers in layers of different diffusivity."""

import numpy as np
from numpy.typing import NDArray
from walkers_for_tests import as_frames

from physics.analysis.transport.paths import Paths, gather_paths

FloatArray = NDArray[np.float64]

HEIGHT = 80.0
"""Height of the cell, Å."""

SPACING = 0.5
"""Length of a step, Å: far below all that is resolved."""

INTERVAL = 100.0
"""Time between frames, in each of which a walker tries one step, fs."""

PLANES = (0.25, 0.75)
"""Middles of the layers, in parts of the height."""

SLOW = 0.1
"""Chance that a walker outside of them makes a step along an axis."""

DIFFUSIVITY = SLOW * SPACING**2 / (2 * INTERVAL) * 0.1
"""Along an axis outside of the layers, cm^2/s."""


def layered(
    rng: np.random.Generator,
    ions: int,
    frames: int,
    along: tuple[float, float],
    across: tuple[float, float],
) -> FloatArray:
    """
    Walk where layers of 10 Å are faster than the rest, by factors `along` and `across` them.

    A step across is as likely upwards as back downwards: the density at equilibrium is uniform.
    The positions have the shape (frames, ions, 3).
    """
    sites = round(HEIGHT / SPACING)
    middles = (np.arange(sites) + 0.5) * SPACING
    layer = [np.abs(middles - plane * HEIGHT) < 5 for plane in PLANES]
    sideways = SLOW * np.select(layer, along, 1.0)
    local = SLOW * np.select(layer, across, 1.0)
    upwards = 1 / (1 / local + 1 / np.roll(local, -1))  # half of the harmonic mean of both sites
    downwards = np.roll(upwards, 1)
    bounds = np.cumsum([sideways / 2] * 4 + [upwards, downwards], axis=0)
    assert bounds[-1].max() <= 1
    moves = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1], [0] * 3])
    position = np.zeros((ions, 3), dtype=np.int64)
    position[:, 2] = np.arange(ions) * sites // ions
    walked = np.empty((frames, ions, 3))
    for frame in range(frames):
        walked[frame] = position
        chosen = (rng.random(ions) > bounds[:, position[:, 2] % sites]).sum(axis=0)
        position += moves[chosen]
    return (walked + 0.5) * SPACING


def paths_of(positions: FloatArray) -> Paths:
    """Gather the paths of walkers alone."""
    ions = positions.shape[1]
    frames = as_frames(positions, np.diag([20.0, 20.0, HEIGHT]), INTERVAL)
    return gather_paths(frames, np.ones(ions, dtype=bool), np.ones(ions))
