"""Relaxation with a calculator, here and now."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import Calculator
from ase.filters import FrechetCellFilter
from ase.optimize import LBFGS
from numpy.typing import NDArray
from pymatgen.core import Structure

from makers.calculators import NormalCellFilter
from physics.errors import InputError

CellMotion = Literal["fixed", "normal", "free"]

FILTERS = {"normal": NormalCellFilter, "free": FrechetCellFilter}

MOST_SWELLING = 2.0
"""A cell that grows or shrinks by more than this factor has no minimum nearby."""


@dataclass(frozen=True)
class Relaxed:
    """
    A relaxed structure.

    Parameters
    ----------
    structure : Structure
        The structure, Å.
    energy : float
        Its energy, eV.
    stress : ndarray, shape (3, 3)
        Its Cauchy stress, GPa, tension positive.
    """

    structure: Structure
    energy: float
    stress: NDArray[np.float64]


def relax(
    structure: Structure, calculator: Calculator, *, cell: CellMotion, fmax: float, steps: int
) -> Relaxed:
    """
    Relax a structure.

    Parameters
    ----------
    structure : Structure
        Where to begin, Å.
    calculator : ase.calculators.calculator.Calculator
        Energies, forces and stresses.
    cell : {"fixed", "normal", "free"}
        What relaxes beside the atoms: nothing, the height of the cell along z, or all of it.
    fmax : float
        Largest force allowed at the end, eV/Å, on atoms and on the variables of the cell.
    steps : int
        Most steps of the optimiser.

    Returns
    -------
    Relaxed
        The minimum.

    Raises
    ------
    InputError
        If the forces do not become that small, the cell collapses or bursts, or the calculator
        refuses a structure on the way.
    """
    atoms = structure.to_ase_atoms()
    atoms.calc = calculator
    optimiser = LBFGS(
        FILTERS[cell](atoms) if cell in FILTERS else atoms,
        logfile=None,  # type: ignore[arg-type]
    )
    optimiser.attach(_require_cell, 1, atoms, atoms.get_volume())
    if not optimiser.run(fmax=fmax, steps=steps):
        raise InputError(
            f"not relaxed to {fmax:g} eV/Å in {steps} steps: the largest force is "
            f"{np.linalg.norm(atoms.get_forces(), axis=1).max():.2g} eV/Å"
        )
    return Relaxed(
        structure=Structure(atoms.cell.array, structure.species, atoms.get_scaled_positions()),
        energy=float(atoms.get_potential_energy()),
        stress=atoms.get_stress(voigt=False) / units.GPa,
    )


def _require_cell(atoms: Atoms, volume: float) -> None:
    if not 1 / MOST_SWELLING < atoms.get_volume() / volume < MOST_SWELLING:
        raise InputError(
            f"the volume went from {volume:.0f} to {atoms.get_volume():.0f} Å^3 on the way: there "
            "is no minimum near"
        )
