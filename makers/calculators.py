"""Makers for ASE calculators that atomate2 has no Maker for: EMT dynamics, and GPAW."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from atomate2.ase.jobs import AseRelaxMaker
from atomate2.ase.md import AseMDMaker

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator


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
