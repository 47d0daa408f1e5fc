"""Velocities at the start of a run."""

import numpy as np
from ase.units import fs, kB
from numpy.typing import ArrayLike

from physics.dynamics.frame import FloatArray, degrees_of_freedom
from physics.errors import InputError


def temperature_of(velocities: FloatArray, masses: FloatArray) -> float:
    """
    Give the temperature of the kinetic energy over 3 N - 3 degrees of freedom.

    Parameters
    ----------
    velocities : ndarray, shape (N, 3)
        Å/fs.
    masses : ndarray, shape (N,)
        Atomic mass units.

    Returns
    -------
    float
        Temperature, K.
    """
    twice_kinetic = float(masses @ np.sum((velocities / fs) ** 2, axis=1))
    return twice_kinetic / (degrees_of_freedom(len(masses)) * kB)


def initial_velocities(masses: ArrayLike, temperature: float, seed: int) -> FloatArray:
    """
    Draw velocities without total momentum, whose temperature is exactly that wanted.

    They are drawn from the distribution of Maxwell and Boltzmann, the velocity of the centre of
    mass is taken off, and all are scaled alike. A single atom keeps its momentum.

    Parameters
    ----------
    masses : array_like, shape (N,)
        Atomic mass units.
    temperature : float
        K, over 3 N - 3 degrees of freedom.
    seed : int
        Of the random numbers.

    Returns
    -------
    ndarray, shape (N, 3)
        Velocities, Å/fs.

    Raises
    ------
    InputError
        If the temperature is negative or there is no atom.
    """
    weights = np.asarray(masses, dtype=np.float64)
    if len(weights) == 0 or not temperature >= 0:
        raise InputError(
            f"{len(weights)} atoms at {temperature:g} K given for initial velocities, expected "
            "one atom or more and a temperature of 0 K or more"
        )
    drawn = np.random.default_rng(seed).normal(size=(len(weights), 3))
    velocities = drawn / np.sqrt(weights)[:, np.newaxis]
    if len(weights) > 1:
        velocities -= weights @ velocities / weights.sum()
    return velocities * np.sqrt(temperature / temperature_of(velocities, weights))
