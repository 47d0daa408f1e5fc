"""What stops a run of molecular dynamics that has gone wrong."""

from collections.abc import Sequence

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list
from numpy.typing import NDArray
from scipy.stats import chi2

from physics.dynamics.frame import FloatArray, Frame, degrees_of_freedom
from physics.errors import InputError

IntArray = NDArray[np.int64]

HOTTER, ABOVE = 3.0, 500.0
"""A run is too hot above HOTTER times the temperature of its stage plus ABOVE K."""

CHANCE = 1e-12
"""Probability that a healthy run of few atoms is as hot as the limit that is set for these."""

VOLUMES = (0.5, 2.0)
"""Smallest and largest volume, in parts of that at the start."""

BOND = 2.5
"""Longest distance of P and S that counts as a bond, Å."""


class Guards:
    """
    Limits that a healthy run does not pass.

    Temperature may reach three times that of the stage plus 500 K, which a relaxing start stays
    below. Of few atoms it fluctuates more, so that the limit also is at least where the
    distribution of Maxwell and Boltzmann leaves a probability of 1e-12, plus 500 K.

    Parameters
    ----------
    symbols : sequence of str
        Chemical symbols of the atoms.
    first : Frame
        Configuration at the start.
    broken_units : float, optional
        Largest part of the P atoms whose number of S atoms within 2.5 Å may have changed.

    Raises
    ------
    InputError
        If that part is not between 0 and 1, or there is no P.
    """

    def __init__(
        self, symbols: Sequence[str], first: Frame, broken_units: float | None = None
    ) -> None:
        self._symbols = list(symbols)
        self._volume = first.volume
        freedom = degrees_of_freedom(len(self._symbols))
        self._hotter = max(HOTTER, float(chi2.isf(CHANCE, freedom)) / freedom)
        self._broken_units = broken_units
        if broken_units is not None:
            if not 0 <= broken_units <= 1 or "P" not in self._symbols:
                raise InputError(
                    f"a limit of {broken_units:g} broken units given for "
                    f"{self._symbols.count('P')} atoms of P, expected 0 to 1, and P"
                )
            self._bonds = self._sulfur_of_phosphorus(first)

    def check(self, frame: Frame, temperature: float) -> str | None:
        """
        Look at a configuration.

        Parameters
        ----------
        frame : Frame
            Configuration.
        temperature : float
            Of the stage at that time, K.

        Returns
        -------
        str or None
            What is wrong, its limit and the likely cause; None if nothing is.
        """
        return (
            self._not_finite(frame)
            or self._too_hot(frame, temperature)
            or self._cell_gone(frame)
            or self._broken(frame)
        )

    def _not_finite(self, frame: Frame) -> str | None:
        values: dict[str, float | FloatArray | None] = {
            "energy": frame.energy,
            "temperature": frame.temperature,
            "positions": frame.positions,
            "cell": frame.cell,
            "stress": frame.stress,
            "velocities": frame.velocities,
            "forces": frame.forces,
        }
        wrong = [
            name
            for name, value in values.items()
            if value is not None and not np.isfinite(value).all()
        ]
        if not wrong:
            return None
        return (
            f"{_when(frame)}: {' and '.join(wrong)} are not finite; the time step is too long, or "
            "atoms came where the potential knows nothing"
        )

    def _too_hot(self, frame: Frame, temperature: float) -> str | None:
        limit = self._hotter * temperature + ABOVE
        if frame.temperature <= limit:
            return None
        return (
            f"{_when(frame)}: the temperature is {frame.temperature:.0f} K, more than {limit:.0f} "
            f"K at a stage of {temperature:.0f} K; the time step is too long, the start has atoms "
            "too close to each other, or the potential extrapolates"
        )

    def _cell_gone(self, frame: Frame) -> str | None:
        if self._volume == 0:
            return None
        part = frame.volume / self._volume
        if VOLUMES[0] <= part <= VOLUMES[1]:
            return None
        return (
            f"{_when(frame)}: the volume is {frame.volume:.1f} Å^3, {part:.2f} times that of the "
            f"start, outside {VOLUMES[0]:g} to {VOLUMES[1]:g}; the density at the start is far "
            "off, the damping time of the pressure is too short, or the potential extrapolates"
        )

    def _broken(self, frame: Frame) -> str | None:
        if self._broken_units is None:
            return None
        part = float(np.mean(self._sulfur_of_phosphorus(frame) != self._bonds))
        if part <= self._broken_units:
            return None
        return (
            f"{_when(frame)}: {part:.3f} of the P atoms have other numbers of S within {BOND:g} Å "
            f"than at the start, more than {self._broken_units:g}; the potential extrapolates, or "
            "units react at this temperature"
        )

    def _sulfur_of_phosphorus(self, frame: Frame) -> IntArray:
        atoms = Atoms(self._symbols, frame.positions, cell=frame.cell, pbc=frame.volume > 0)
        starts = neighbor_list("i", atoms, {("P", "S"): BOND})
        bonds: IntArray = np.bincount(starts, minlength=len(atoms))
        return bonds[np.array(self._symbols) == "P"]


def _when(frame: Frame) -> str:
    return f"step {frame.step} ({frame.time / 1000:.3f} ps)"
