"""The job that sets a potential beside the engine whose labels it was fitted to."""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field
from typing import TypeVar

import numpy as np
from jobflow import Maker, job
from pymatgen.core import Structure

from makers.elastic import strain_structure
from makers.engines import get_engine
from makers.relaxation import CellMotion, Relaxed, relax
from physics.analysis.boundary_energy import boundary_energy
from physics.analysis.elasticity import elastic_tensor, strain_modes
from physics.potentials.calculator import MTPCalculator
from physics.potentials.potential import MomentTensorPotential
from stores.documents import (
    BestBoundary,
    BoundaryComparison,
    StoredPotential,
    StressStrainDocument,
    ValidationDocument,
    merge_warnings,
)
from stores.hashing import input_hash
from stores.versions import versions

logger = logging.getLogger(__name__)

BULK_TIGHTER = 10.0
"""Forces on the bulk of a boundary are relaxed so many times further: its error counts once for
every layer."""

Result = TypeVar("Result")


@dataclass
class ValidateMaker(Maker):
    """
    Set a potential beside its reference engine: lattice, elastic tensor, boundary energies.

    Parameters
    ----------
    name : str
        Name of the job.
    engine : str
        Name of the reference engine in the registry.
    strain : float
        Magnitude delta of each strain mode of the elastic tensor, dimensionless.
    fmax : float
        Largest force left in the crystal and in its strained cells, eV/Å.
    boundary_fmax : float
        Largest force left in boundaries, eV/Å.
    steps : int
        Most steps of a relaxation.
    """

    name: str = "validate potential"
    _: KW_ONLY
    engine: str
    strain: float = 0.015
    fmax: float = 1e-4
    boundary_fmax: float = 0.01
    steps: int = 1000

    @job(output_schema=ValidationDocument)
    def make(
        self,
        potential: StoredPotential,
        crystal: Structure,
        boundaries: Sequence[BestBoundary] = (),
        elastic: StressStrainDocument | None = None,
        parents: Sequence[str] = (),
    ) -> ValidationDocument:
        """
        Validate as a job; what the potential cannot relax is a warning and a missing number.

        Parameters
        ----------
        potential : StoredPotential
            The potential.
        crystal : Structure
            The crystal as the reference engine relaxed it, Å.
        boundaries : sequence of BestBoundary
            Its grain boundaries as the reference engine relaxed them.
        elastic : StressStrainDocument, optional
            Strains and stresses by the reference engine; the potential's elastic tensor is of the
            same crystal, which may have more symmetry than `crystal`.
        parents : sequence of str
            uuids of the jobs that made these.

        Returns
        -------
        ValidationDocument
            The values of both.

        Raises
        ------
        InputError
            If there is no such engine, the strain is out of range, or a strain of the reference
            engine is missing.
        """
        found = [BestBoundary.model_validate(boundary) for boundary in boundaries]
        judged = _Judged(self, potential.potential())
        bulk = judged.attempt("lattice", lambda: judged.relax(crystal, "free"))
        strained = elastic.structure if elastic else crystal
        stiffness = judged.attempt("elastic tensor", lambda: judged.stiffness(strained))
        compared = [judged.compare(boundary) for boundary in found]
        return ValidationDocument(
            input_hash=input_hash(
                "ValidateMaker",
                self,
                potential=potential.checksum,
                crystal=crystal,
                boundaries=[boundary.model_dump() for boundary in found],
                elastic=elastic.input_hash if elastic else None,
            ),
            parents=list(parents),
            versions=versions("numba", "ase"),
            warnings=merge_warnings(elastic.warnings if elastic else [], judged.warnings),
            engine=self.engine,
            functional=get_engine(self.engine).functional,
            potential=potential.checksum,
            crystal=crystal,
            relaxed=bulk.structure if bulk else None,
            strain=self.strain,
            reference_stiffness=_reference_stiffness(elastic) if elastic else None,
            stiffness=stiffness,
            boundaries=compared,
        )


@dataclass
class _Judged:
    """A potential at work, and what it failed at."""

    how: ValidateMaker
    potential: MomentTensorPotential
    warnings: list[str] = field(default_factory=list)

    def attempt(self, what: str, compute: Callable[[], Result]) -> Result | None:
        """Compute something; where that fails, note why."""
        logger.info("%s", what)
        with self._heard(what):
            try:
                return compute()
            except (ValueError, ArithmeticError) as error:
                self.warnings.append(f"no {what} by the potential: {error}")
                logger.info("%s failed: %s", what, error)
                return None

    def relax(self, structure: Structure, cell: CellMotion) -> Relaxed:
        """Relax the crystal, free or strained."""
        calculator = MTPCalculator(self.potential)
        return relax(structure, calculator, cell=cell, fmax=self.how.fmax, steps=self.how.steps)

    def stiffness(self, crystal: Structure) -> list[list[float]]:
        """Give the elastic tensor of the crystal as the potential relaxes it, ions relaxed, GPa."""
        strains = strain_modes(self.how.strain)
        strain = strain_structure.original  # type: ignore[attr-defined]
        strained = strain(self.relax(crystal, "free").structure, strains.tolist())
        stresses = [self.relax(structure, "fixed").stress for structure in strained]
        return elastic_tensor(strains, stresses, np.eye(3)[np.newaxis], self.how.strain).tolist()

    def compare(self, boundary: BestBoundary) -> BoundaryComparison:
        """Give the energies of a boundary by the reference engine and by the potential."""
        label, structure = boundary.label, boundary.built.structure
        comparison = BoundaryComparison(
            label=label,
            atoms=len(structure),
            reference=_energy(boundary, boundary.energy, boundary.bulk_energies),
            unrelaxed=self.attempt(
                f"energy of {label} as the reference engine relaxed it",
                lambda: self._of_given(boundary),
            ),
            relaxed=self.attempt(f"relaxed energy of {label}", lambda: self._of_relaxed(boundary)),
        )
        logger.info("%s", _line(comparison))
        return comparison

    def _of_given(self, boundary: BestBoundary) -> float:
        energies = [self._static(s) for s in (boundary.built.structure, *boundary.bulks)]
        per_atom = [e / len(s) for e, s in zip(energies[1:], boundary.bulks, strict=True)]
        return _energy(boundary, energies[0], per_atom)

    def _of_relaxed(self, boundary: BestBoundary) -> float:
        fmax, steps = self.how.boundary_fmax, self.how.steps
        calculator = MTPCalculator(self.potential)
        per_atom = [
            relax(bulk, calculator, cell="normal", fmax=fmax / BULK_TIGHTER, steps=steps).energy
            / len(bulk)
            for bulk in boundary.bulks
        ]
        structure = boundary.built.structure
        best = relax(structure, calculator, cell="normal", fmax=fmax, steps=steps)
        return _energy(boundary, best.energy, per_atom)

    def _static(self, structure: Structure) -> float:
        atoms = structure.to_ase_atoms()
        atoms.calc = MTPCalculator(self.potential)
        return float(atoms.get_potential_energy())

    @contextmanager
    def _heard(self, what: str) -> Iterator[None]:
        """Keep what the calculator warns of."""
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always", UserWarning)
            yield
        self.warnings += [
            f"{what}: {warning.message}" for warning in heard if warning.category is UserWarning
        ]


def _energy(boundary: BestBoundary, energy: float, bulk: Sequence[float]) -> float:
    """Give the energy of a boundary from that of its cell, eV, and those of the bulk, eV/atom."""
    structure = boundary.built.structure
    grain = structure.site_properties["grain"]
    a, b, _ = structure.lattice.matrix
    area = float(np.linalg.norm(np.cross(a, b)))
    return boundary_energy(energy, area, [grain.count(0), grain.count(1)], bulk)


def _line(comparison: BoundaryComparison) -> str:
    reference, unrelaxed, relaxed = (
        "none" if energy is None else f"{energy:.3f}"
        for energy in (comparison.reference, comparison.unrelaxed, comparison.relaxed)
    )
    return (
        f"{comparison.label}: {reference} J/m^2 by the reference engine, {unrelaxed} by the "
        f"potential at the same places, {relaxed} after it relaxed"
    )


def _reference_stiffness(elastic: StressStrainDocument) -> list[list[float]]:
    return elastic_tensor(
        np.array(elastic.strains),
        np.array(elastic.stresses),
        np.array(elastic.rotations),
        elastic.strain,
    ).tolist()
