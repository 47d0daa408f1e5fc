"""Jobs of the stress-strain method: strained structures out, stresses collected."""

import numpy as np
from jobflow import job
from pymatgen.core import Lattice, Structure

from physics.analysis.elasticity import deformation_gradient, point_group
from physics.errors import InputError
from stores.documents import StressStrainDocument, merge_warnings
from stores.documents.calculation import CalculationDocument, Matrix3
from stores.hashing import input_hash

MAX_PRESTRESS = 0.1
ROTATION_TOLERANCE = 1e-3


@job
def strain_structure(structure: Structure, strains: list[Matrix3]) -> list[Structure]:
    """
    Apply homogeneous strains to a structure.

    Parameters
    ----------
    structure : Structure
        Unstrained structure.
    strains : list of 3x3
        Green-Lagrange strains E, dimensionless.

    Returns
    -------
    list of Structure
        Lattice vectors mapped by the symmetric F = (I + 2E)^(1/2), fractional coordinates kept.
    """
    return [
        Structure(
            Lattice(structure.lattice.matrix @ deformation_gradient(np.array(strain)).T),
            structure.species,
            structure.frac_coords,
        )
        for strain in strains
    ]


@job(output_schema=StressStrainDocument)
def collect_stress_strain(
    reference: CalculationDocument,
    calculations: list[CalculationDocument],
    strains: list[Matrix3],
    uuids: list[str],
    *,
    rotations: list[Matrix3],
    strain: float,
    halved: bool,
    relax_ions: bool,
    symprec: float,
) -> StressStrainDocument:
    """
    Collect the stresses of the strained structures.

    Parameters
    ----------
    reference : CalculationDocument
        The unstrained structure and its stress.
    calculations : list of CalculationDocument
        One for each strain.
    strains : list of 3x3
        Green-Lagrange strains, dimensionless, in the order of `calculations`.
    uuids : list of str
        Jobs of the reference and of the calculations.
    rotations : list of 3x3
        Cartesian point group that reduced the set of strains.
    strain : float
        Strain magnitude of the modes.
    halved : bool
        Whether half of it was computed too.
    relax_ions : bool
        Whether the ions were relaxed at each strain.
    symprec : float
        Tolerance with which the point group was found, Å.

    Returns
    -------
    StressStrainDocument
        The data of the elastic tensor, with the warnings of all calculations.

    Raises
    ------
    InputError
        If an engine gave no stress, or if the relaxed structure lost a symmetry that was used.
    """
    prestress, *stresses = (_stress(c) for c in (reference, *calculations))
    _require_symmetry(reference.structure, np.array(rotations), symprec)
    largest = float(np.max(np.abs(prestress)))
    warnings = []
    if largest > MAX_PRESTRESS:
        warnings.append(
            f"the unstrained structure is under {largest:.2f} GPa of stress (limit "
            f"{MAX_PRESTRESS} GPa): the tensor holds Birch coefficients of that state"
        )
    return StressStrainDocument(
        input_hash=input_hash(
            "collect_stress_strain",
            {"strain": strain, "relax_ions": relax_ions},
            parents=[c.input_hash for c in (reference, *calculations)],
        ),
        parents=uuids,
        versions=reference.versions,
        warnings=merge_warnings(reference.warnings, *(c.warnings for c in calculations), warnings),
        engine=reference.engine,
        functional=reference.functional,
        structure=reference.structure,
        prestress=prestress,
        strain=strain,
        halved=halved,
        relax_ions=relax_ions,
        strains=strains,
        stresses=stresses,
        rotations=rotations,
    )


def _stress(calculation: CalculationDocument) -> Matrix3:
    if calculation.stress is None:
        raise InputError(
            f"engine '{calculation.engine}' gave no stress tensor, which elasticity needs: choose "
            f"an engine with stress (thioflow engines)"
        )
    return calculation.stress


def _require_symmetry(structure: Structure, rotations: np.ndarray, symprec: float) -> None:
    if len(rotations) == 1:
        return
    kept = point_group(structure, symprec)
    distance = np.abs(rotations[:, None] - kept[None]).max(axis=(2, 3)).min(axis=1)
    lost = int(np.sum(distance > ROTATION_TOLERANCE))
    if lost:
        raise InputError(
            f"the relaxed structure has lost {lost} of the {len(rotations)} rotations that "
            f"reduced the set of strains: set 'symmetry: false' under 'elastic' in the study, so "
            f"that all strains are computed"
        )
