"""Thermostats: Langevin dynamics, and Nosé-Hoover chains."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from physics.dynamics import protocol
from physics.dynamics.frame import FloatArray
from physics.dynamics.nose_hoover import LINKS, chain_step

ATOMS, CELL, PARTS = 0, 1, 4
"""Row of the chains for the atoms, the first of three for the cell, and their number."""


@dataclass(frozen=True)
class Part:
    """
    What a thermostat acts on.

    Parameters
    ----------
    row : int
        ATOMS, or CELL and the next.
    masses : ndarray
        In a shape that goes with that of the velocities.
    freedom : int
        Degrees of freedom.
    damping : float
        Time of the thermostat.
    project : callable
        Takes off velocities what these are kept free of.
    """

    row: int
    masses: FloatArray
    freedom: int
    damping: float
    project: Callable[[FloatArray], FloatArray]


class Thermostat:
    """
    A thermostat of the atoms, and others of the cell.

    Parameters
    ----------
    kind : {"nose-hoover", "langevin"}
        Which.
    seed : int
        Of the noise of Langevin dynamics.

    Attributes
    ----------
    chains : ndarray, shape (PARTS, LINKS)
        Rates of the chains.
    generator : numpy.random.Generator
        Of the noise.
    heat : float
        Energy that was given to atoms and cell so far.
    """

    def __init__(self, kind: protocol.Thermostat, seed: int) -> None:
        self.chains = np.zeros((PARTS, LINKS))
        self.generator = np.random.default_rng([seed, 1])
        self.heat = 0.0
        self._kind = kind

    def act(
        self, part: Part, velocities: FloatArray, thermal: float, duration: float
    ) -> FloatArray:
        """
        Act on velocities for a time, positions standing still.

        Langevin dynamics is solved exactly: v(t) = c v(0) + (1 - c^2)^1/2 n, c = exp(-t / τ), with
        velocities n drawn at the temperature.

        Parameters
        ----------
        part : Part
            Whose velocities these are.
        velocities : ndarray
            At the start.
        thermal : float
            kT.
        duration : float
            Time.

        Returns
        -------
        ndarray
            Velocities at the end.
        """
        before = np.sum(part.masses * velocities**2)
        if self._kind == "langevin":
            drawn = self.generator.normal(size=velocities.shape)
            noise = part.project(drawn * np.sqrt(thermal / part.masses))
            kept = np.exp(-duration / part.damping)
            changed = kept * velocities + np.sqrt(1 - kept**2) * noise
        else:
            scale, self.chains[part.row] = chain_step(
                self.chains[part.row],
                float(before),
                part.freedom,
                thermal,
                damping=part.damping,
                duration=duration,
            )
            changed = scale * velocities
        self.heat += float(np.sum(part.masses * changed**2) - before) / 2
        return changed
