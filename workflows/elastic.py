"""The flow of an elastic tensor: relax, strain six ways, collect the stresses."""

from dataclasses import dataclass, field

import numpy as np
from jobflow import Flow, Maker
from pymatgen.core import Structure

from makers.calculation import CalculationMaker, calculation
from makers.elastic import collect_stress_strain, strain_structure
from physics.analysis.elasticity import point_group, strain_modes, symmetry_distinct


@dataclass
class ElasticFlowMaker(Maker):
    """
    Stress-strain data of a crystal, from which `stores.builders` derive the elastic tensor.

    Defaults are the published settings of Garcia-Mendez et al. 2020: six Voigt modes at +-0.015,
    ions relaxed to 1e-4 eV/Å.

    Parameters
    ----------
    name : str
        Name of the flow.
    relax : CalculationMaker
        Relaxes the cell and the ions first.
    strained : CalculationMaker
        Computes the strained structures at fixed cell; a relaxation, or a static for clamped ions.
    strain : float
        Magnitude delta of each mode, dimensionless.
    linearity : bool
        Whether delta/2 is computed too, to measure how far from linear the response is.
    symmetry : bool
        Whether strains that are equivalent by symmetry are computed once.
    symprec : float
        Tolerance of the symmetry search, Å.
    """

    name: str = "elastic"
    relax: CalculationMaker = field(
        default_factory=lambda: calculation("chgnet", "relax", fix_symmetry=True)
    )
    strained: CalculationMaker = field(
        default_factory=lambda: calculation("chgnet", "relax", cell=False)
    )
    strain: float = 0.015
    linearity: bool = True
    symmetry: bool = True
    symprec: float = 0.01

    def make(self, structure: Structure) -> Flow:
        """
        Assemble the flow.

        Parameters
        ----------
        structure : Structure
            The crystal, ordered, lengths in Å.

        Returns
        -------
        Flow
            Relaxation, strained structures, one calculation for each distinct strain, collection;
            the output is a `StressStrainDocument`.

        Raises
        ------
        InputError
            If the strain is out of range.
        """
        strains = self._strains()
        rotations = point_group(structure, self.symprec) if self.symmetry else np.eye(3)[np.newaxis]
        distinct = symmetry_distinct(strains, rotations)
        computed = strains[distinct].tolist()

        relax = self.relax.make(structure)
        relax.append_name(": bulk")
        relax.update_metadata({"step": "relax bulk"})
        strained = strain_structure(relax.output.structure, computed)
        strained.update_metadata({"step": "strain structure"})
        calculations = []
        for number, index in enumerate(distinct):
            job = self.strained.make(strained.output[number])
            job.update_metadata({"step": f"{self.strained.kind} strained"})
            job.append_name(f": strain {_label(strains[index])}")
            calculations.append(job)
        collect = collect_stress_strain(
            relax.output,
            [job.output for job in calculations],
            computed,
            [job.uuid for job in (relax, *calculations)],
            rotations=rotations.tolist(),
            strain=self.strain,
            halved=self.linearity,
            relax_ions=self.strained.kind == "relax",
            symprec=self.symprec,
        )
        collect.update_metadata({"step": "collect stresses"})
        return Flow([relax, strained, *calculations, collect], collect.output, name=self.name)

    def _strains(self) -> np.ndarray:
        magnitudes = [self.strain, self.strain / 2] if self.linearity else [self.strain]
        return np.concatenate([strain_modes(magnitude) for magnitude in magnitudes])


def _label(strain: np.ndarray) -> str:
    """Name a single-mode strain in engineering convention, such as ``yz +0.015``."""
    row, column = np.unravel_index(np.argmax(np.abs(strain)), (3, 3))
    engineering = strain[row, column] * (1 if row == column else 2)
    return f"{'xyz'[row]}{'xyz'[column]} {engineering:+g}"
