"""Energy and excess volume of a grain boundary."""

from collections.abc import Sequence

import numpy as np

from physics.errors import InputError

EV_PER_A2_IN_J_PER_M2 = 16.02176634


def boundary_energy(
    energy: float, area: float, atoms: Sequence[int], bulk: Sequence[float]
) -> float:
    """
    Give the mean energy of the two boundaries of a periodic bicrystal.

    gamma = (E - sum_i N_i e_i) / (2 A), where the composition of each grain is that of its bulk.

    Parameters
    ----------
    energy : float
        Energy E of the cell, eV.
    area : float
        Area A of the in-plane cell, Å^2.
    atoms : sequence of int
        Number of atoms N_i of each grain.
    bulk : sequence of float
        Energy e_i per atom of each grain's crystal at the same strain, eV.

    Returns
    -------
    float
        J/m^2.

    Raises
    ------
    InputError
        If the area is not positive, or the grains and bulk energies do not pair.
    """
    return EV_PER_A2_IN_J_PER_M2 * _excess(energy, area, atoms, bulk)


def excess_volume(volume: float, area: float, atoms: Sequence[int], bulk: Sequence[float]) -> float:
    """
    Give the mean volume that a boundary adds per area.

    Parameters
    ----------
    volume : float
        Volume of the cell, Å^3.
    area : float
        Area of the in-plane cell, Å^2.
    atoms : sequence of int
        Number of atoms of each grain.
    bulk : sequence of float
        Volume per atom of each grain's crystal at the same strain, Å^3.

    Returns
    -------
    float
        Å^3/Å^2 = Å.

    Raises
    ------
    InputError
        If the area is not positive, or the grains and bulk volumes do not pair.
    """
    return _excess(volume, area, atoms, bulk)


def _excess(total: float, area: float, atoms: Sequence[int], bulk: Sequence[float]) -> float:
    if not area > 0 or len(atoms) != len(bulk):
        raise InputError(
            f"given an area of {area} Å^2, {len(atoms)} grains and {len(bulk)} bulk values, "
            "expected a positive area and one bulk value for each grain"
        )
    return float((total - np.dot(atoms, bulk)) / (2 * area))
