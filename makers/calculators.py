"""Makers for ASE calculators that atomate2 has no Maker for, and a cell that relaxes along z."""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from ase.filters import FrechetCellFilter
from atomate2.ase.jobs import AseRelaxMaker
from atomate2.ase.md import AseMDMaker

from physics.errors import InputError

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

IN_PLANE_TOLERANCE = 1e-6


@dataclass
class EmtMDMaker(AseMDMaker):
    """Molecular dynamics with effective medium theory."""

    name: str = "EMT MD"

    def _get_calculator(self) -> "Calculator":
        from ase.calculators.emt import EMT  # noqa: PLC0415 - engines load in the job

        return EMT(**self.calculator_kwargs)


def gpaw_parameters() -> dict:
    """
    Give the default parameters of GPAW for thiophosphates.

    Returns
    -------
    dict
        Plane waves to 340 eV, Gamma point, optB88-vdW evaluated natively, no spin.
    """
    return {
        "mode": {"name": "pw", "ecut": 340},
        "xc": "optB88-vdW",
        "kpts": {"size": (1, 1, 1), "gamma": True},
        "occupations": {"name": "fixed-uniform"},
        "convergence": {"energy": 1e-6},
        "symmetry": "off",
        "txt": "gpaw.txt",
    }


def _gpaw(parameters: dict) -> "Calculator":
    from gpaw import GPAW  # noqa: PLC0415 - engines load in the job

    return GPAW(**parameters)


@dataclass
class GpawRelaxMaker(AseRelaxMaker):
    """Relaxation or single point with GPAW; see `gpaw_parameters`."""

    name: str = "GPAW relaxation"
    calculator_kwargs: dict = field(default_factory=gpaw_parameters)

    def _get_calculator(self) -> "Calculator":
        return _gpaw(self.calculator_kwargs)


@dataclass
class GpawMDMaker(AseMDMaker):
    """Molecular dynamics with GPAW; see `gpaw_parameters`."""

    name: str = "GPAW MD"
    calculator_kwargs: dict = field(default_factory=gpaw_parameters)

    def _get_calculator(self) -> "Calculator":
        return _gpaw(self.calculator_kwargs)


class NormalCellFilter(FrechetCellFilter):
    """
    Atoms, and of the cell only its height along z, as the variables of an optimiser.

    Parameters
    ----------
    atoms : Atoms
        Cell vectors a and b in the xy plane; they and the in-plane part of c stay as they are.

    Raises
    ------
    InputError
        If a or b leaves the xy plane by more than `IN_PLANE_TOLERANCE`, Å.

    Notes
    -----
    The variable is sqrt(N) ln(h/h0) Å for N atoms and height h. Its curvature V C33 / N is like
    that of an atom whatever the size of the cell, and its force V stress_zz / sqrt(N) leaves a
    stress of at most sqrt(N) fmax / V: 0.02 GPa at 0.05 eV/Å for 320 atoms of Li3PS4. ASE's
    N ln(h/h0) has the curvature V C33 / N^2, along which quasi-Newton steps are tiny, and takes a
    stress of N fmax / V, 0.4 GPa there, for converged.
    """

    def __init__(self, atoms: "Atoms") -> None:
        out_of_plane = np.abs(atoms.cell.array[:2, 2]).max()
        if out_of_plane > IN_PLANE_TOLERANCE:
            raise InputError(
                f"a cell whose vectors a and b leave the xy plane by {out_of_plane:.3g} Å was "
                f"given; relaxing its height alone expects both in that plane: turn the cell, "
                f"with the boundary normal along z"
            )
        super().__init__(atoms, mask=(0, 0, 1, 0, 0, 0), exp_cell_factor=math.sqrt(len(atoms)))
