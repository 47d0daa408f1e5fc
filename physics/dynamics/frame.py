"""One configuration of a trajectory, and what was measured on it."""

from dataclasses import dataclass

import numpy as np
from ase.units import GPa, kB
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def degrees_of_freedom(atoms: int) -> int:
    """
    Count the degrees of freedom of atoms whose total momentum is zero.

    Parameters
    ----------
    atoms : int
        Number N of atoms.

    Returns
    -------
    int
        3 N - 3, and 3 for a single atom.
    """
    return max(3 * atoms - 3, 3)


@dataclass(frozen=True, eq=False)
class Frame:
    """
    One configuration of N atoms.

    Parameters
    ----------
    step : int
        Time steps since the start of the run.
    time : float
        Time since then, fs.
    positions : ndarray, shape (N, 3)
        Unwrapped positions, Å: atoms do not jump where they cross a face of the cell.
    cell : ndarray, shape (3, 3)
        Lattice vectors as rows, Å.
    energy : float
        Potential energy, eV.
    temperature : float
        Of the kinetic energy over 3 N - 3 degrees of freedom, K.
    stress : ndarray, shape (3, 3), optional
        Stress of the potential energy alone, without that of the motion, GPa, tension positive.
    velocities : ndarray, shape (N, 3), optional
        Å/fs.
    forces : ndarray, shape (N, 3), optional
        eV/Å.
    grade : float, optional
        Largest extrapolation grade of an atom.
    """

    step: int
    time: float
    positions: FloatArray
    cell: FloatArray
    energy: float
    temperature: float
    stress: FloatArray | None = None
    velocities: FloatArray | None = None
    forces: FloatArray | None = None
    grade: float | None = None

    @property
    def volume(self) -> float:
        """Volume of the cell, Å^3."""
        return float(abs(np.linalg.det(self.cell)))

    @property
    def kinetic_energy(self) -> float:
        """Kinetic energy, eV."""
        return degrees_of_freedom(len(self.positions)) / 2 * kB * self.temperature

    @property
    def pressure(self) -> float | None:
        """Pressure with the part of the motion, GPa; None if the engine has no stress."""
        if self.stress is None:
            return None
        motion = 2 * self.kinetic_energy / (3 * self.volume) / GPa
        return float(motion - np.trace(self.stress) / 3)
