"""Jobs of grain boundaries: the bulk they are made of, their building, relaxation, collection."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field

import numpy as np
from jobflow import CURRENT_JOB, Flow, Job, Maker, Response, job
from pymatgen.core import Structure

from makers.calculation import CalculationMaker
from physics.errors import InputError
from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.request import Request, build
from physics.structures.slab import layer_cell
from physics.structures.units import bond_lengths
from stores.documents import (
    BuiltBoundaryDocument,
    BuiltCandidate,
    BulkDocument,
    CalculationDocument,
    RelaxedBoundaryDocument,
    RelaxedCandidate,
    merge_warnings,
)
from stores.hashing import input_hash
from stores.versions import versions

RELAXED_SYMPREC = 0.1
"""Tolerance of the symmetry of a crystal that an engine has relaxed without one, Å."""

SADDLE = 1e-4
"""The given crystal is no minimum where another is lower by more, eV per atom."""


@job
def rattle(structure: Structure, amplitude: float, copies: int, seed: int) -> list[Structure]:
    """
    Displace the atoms of a crystal at random, to leave a symmetric saddle point.

    Parameters
    ----------
    structure : Structure
        The crystal.
    amplitude : float
        Standard deviation of each component, Å.
    copies : int
        How many.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    list of Structure
        The copies.
    """
    random = np.random.default_rng(seed)
    moved = []
    for _ in range(copies):
        step = random.normal(scale=amplitude, size=(len(structure), 3))
        moved.append(
            Structure(
                structure.lattice,
                structure.species,
                structure.cart_coords + step,
                coords_are_cartesian=True,
            )
        )
    return moved


@job(output_schema=BulkDocument)
def choose_bulk(attempts: list[CalculationDocument], uuids: list[str]) -> BulkDocument:
    """
    Choose the bulk of a boundary: the relaxed crystal of lowest energy.

    Parameters
    ----------
    attempts : list of CalculationDocument
        Relaxations of the same atoms; the first one from the crystal as it was given.
    uuids : list of str
        Their jobs.

    Returns
    -------
    BulkDocument
        The lowest that converged, with a warning where the given crystal is no minimum.

    Raises
    ------
    InputError
        If none converged.
    """
    converged = [attempt for attempt in attempts if attempt.converged]
    if not converged:
        raise InputError(
            f"none of {len(attempts)} relaxations of the bulk converged in {attempts[0].steps} "
            "steps: allow more steps or a larger fmax under 'boundary' in the study"
        )
    best = min(converged, key=lambda attempt: attempt.energy)
    gain = (attempts[0].energy - best.energy) / len(best.structure)
    warnings = []
    if gain > SADDLE:
        warnings.append(
            f"the crystal as given is no minimum of {best.engine}: without symmetry it goes down "
            f"by {1000 * gain:.2f} meV per atom; boundaries are built of and compared with that one"
        )
    return BulkDocument(
        input_hash=input_hash("choose_bulk", {}, parents=[a.input_hash for a in attempts]),
        parents=uuids,
        versions=best.versions,
        warnings=merge_warnings(best.warnings, warnings),
        engine=best.engine,
        functional=best.functional,
        structure=best.structure,
        energy=best.energy,
        gain=gain,
    )


@dataclass
class BoundaryMaker(Maker):
    """
    Build a grain boundary with its candidates.

    Parameters
    ----------
    name : str
        Name of the job.
    request : Request
        Which boundary; its planes are in the axes of the structure.
    label : str
        What it is called.
    axes : str
        Axis setting that the label refers to.
    construction : Construction
        How to build.
    bonds : mapping of str to float
        Longest bonds by pair such as ``Zr-O``, Å, beside the general rule.
    charges : mapping of str to float
        Oxidation states that are known.
    symprec : float
        Tolerance of the symmetry of the crystal, Å.
    """

    name: str = "build boundary"
    _: KW_ONLY
    request: Request
    label: str = ""
    axes: str = "given"
    construction: Construction = field(default_factory=Construction)
    bonds: Mapping[str, float] = field(default_factory=dict)
    charges: Mapping[str, float] = field(default_factory=dict)
    symprec: float = RELAXED_SYMPREC

    @job(output_schema=BuiltBoundaryDocument)
    def make(self, structure: Structure) -> BuiltBoundaryDocument:
        """
        Build the boundary as a job.

        Parameters
        ----------
        structure : Structure
            The crystal, Å.

        Returns
        -------
        BuiltBoundaryDocument
            The candidates, that with least overlap first.

        Raises
        ------
        InputError
            If the boundary cannot be built.
        """
        crystal = Crystal(structure, bond_lengths(self.bonds), self.charges, self.symprec)
        built = build(crystal, self.request, self.construction)
        return BuiltBoundaryDocument(
            input_hash=input_hash("BoundaryMaker", self, structure=structure),
            versions=versions("pymatgen", "spglib"),
            label=self.label or self.request.label,
            axes=self.axes,
            geometry=built[0].geometry,
            layers=built[0].layers,
            crystal=structure,
            bonds=dict(self.bonds),
            charges=dict(self.charges),
            strained=list(built[0].bulks),
            candidates=[
                BuiltCandidate(
                    structure=boundary.structure,
                    heights=boundary.heights,
                    cuts=boundary.cuts,
                    shift=boundary.shift,
                    gap=boundary.gap,
                    equivalent=boundary.equivalent,
                    overlap=boundary.overlap,
                    moved=boundary.moved,
                    removed=boundary.removed,
                )
                for boundary in built
            ],
        )


@dataclass
class RelaxBoundaryMaker(Maker):
    """
    Relax the candidates of a boundary, and its bulk where it is strained.

    Parameters
    ----------
    name : str
        Name of the job.
    relax : CalculationMaker
        Relaxes a candidate: the atoms and the cell length normal to the boundary.
    strained : CalculationMaker
        Relaxes the strained bulk in the same way; its error counts once for every layer.
    allow_negative : bool
        Whether an energy below zero counts, for engines whose ground state is another crystal.
    """

    name: str = "relax boundary"
    _: KW_ONLY
    relax: CalculationMaker
    strained: CalculationMaker
    allow_negative: bool = False

    @job
    def make(
        self, built: BuiltBoundaryDocument, bulk: BulkDocument, parents: list[str]
    ) -> Response:
        """
        Start one relaxation for each candidate.

        Parameters
        ----------
        built : BuiltBoundaryDocument
            The candidates.
        bulk : BulkDocument
            The relaxed crystal of both grains.
        parents : list of str
            uuids of the jobs that made both.

        Returns
        -------
        Response
            Replaced by the relaxations and their collection, a `RelaxedBoundaryDocument`; the
            output is the candidate of lowest energy, with the fields of `BestBoundary`.
        """
        metadata = CURRENT_JOB.job.metadata if CURRENT_JOB.job else {}
        candidates: list[Job] = []
        for number, candidate in enumerate(built.candidates, start=1):
            bare = candidate.structure.copy(site_properties={})
            relaxation = self.relax.make(bare)
            relaxation.append_name(f": candidate {number}")
            candidates.append(relaxation)
        strained: list[Job] = []
        for side, cell in zip(("lower", "upper"), built.strained, strict=False):
            relaxation = self.strained.make(cell)
            relaxation.append_name(f": strained bulk {side}")
            strained.append(relaxation)
        collect = collect_boundary(
            built,
            bulk,
            [relaxation.output for relaxation in candidates],
            [relaxation.output for relaxation in strained],
            allow_negative=self.allow_negative,
            uuids=[relaxation.uuid for relaxation in candidates],
            parents=[*parents, *(relaxation.uuid for relaxation in (*candidates, *strained))],
        )
        best = {
            "label": built.label,
            "crystal": built.crystal,
            "built": collect.output.candidates[0].built,
            "energy": collect.output.candidates[0].energy,
            "bulks": [relaxation.output.structure for relaxation in strained] or _oriented(built),
            "bulk_energies": collect.output.bulk_energies,
        }
        flow = Flow([*candidates, *strained, collect], best, name=built.label)
        for part, step in [
            *((relaxation, "relax boundary") for relaxation in candidates),
            *((relaxation, "relax strained bulk") for relaxation in strained),
            (collect, "collect boundary"),
        ]:
            part.update_metadata({**metadata, "step": step})
        return Response(replace=flow)


@job(output_schema=RelaxedBoundaryDocument)
def collect_boundary(
    built: BuiltBoundaryDocument,
    bulk: BulkDocument,
    candidates: list[CalculationDocument],
    strained: list[CalculationDocument],
    *,
    allow_negative: bool,
    uuids: list[str],
    parents: list[str],
) -> RelaxedBoundaryDocument:
    """
    Collect the relaxed candidates of a boundary.

    Parameters
    ----------
    built : BuiltBoundaryDocument
        The candidates before relaxation.
    bulk : BulkDocument
        The relaxed crystal of both grains.
    candidates : list of CalculationDocument
        Relaxation of each candidate.
    strained : list of CalculationDocument
        Relaxed bulk at the strain of the lower and of the upper grain; empty without strain.
    allow_negative : bool
        Whether an energy below zero counts.
    uuids : list of str
        Jobs of the candidates.
    parents : list of str
        All jobs that this rests on.

    Returns
    -------
    RelaxedBoundaryDocument
        Energies of candidates and bulk.
    """
    references: list[BulkDocument | CalculationDocument] = [*strained] or [bulk, bulk]
    parts = [bulk, *candidates, *strained]
    return RelaxedBoundaryDocument(
        input_hash=input_hash(
            "collect_boundary",
            {"allow_negative": allow_negative},
            parents=[built.input_hash, *(c.input_hash for c in parts)],
        ),
        parents=parents,
        versions=built.versions | bulk.versions,
        warnings=merge_warnings(built.warnings, *(c.warnings for c in parts)),
        engine=bulk.engine,
        functional=bulk.functional,
        label=built.label,
        axes=built.axes,
        geometry=built.geometry,
        layers=built.layers,
        crystal=built.crystal,
        bonds=built.bonds,
        charges=built.charges,
        allow_negative=allow_negative,
        bulk_energies=_per_atom(references, [c.energy for c in references]),
        bulk_volumes=_per_atom(references, [c.structure.volume for c in references]),
        candidates=sorted(
            (
                RelaxedCandidate(
                    built=_relaxed(candidate, calculation.structure),
                    uuid=uuid,
                    energy=calculation.energy,
                    converged=calculation.converged,
                    steps=calculation.steps,
                )
                for candidate, calculation, uuid in zip(
                    built.candidates, candidates, uuids, strict=True
                )
            ),
            key=lambda relaxed: relaxed.energy / len(relaxed.built.structure),
        ),
    )


def _oriented(built: BuiltBoundaryDocument) -> list[Structure]:
    """Give the bulk of both grains of a boundary without strain, its normal along z."""
    crystal = Crystal(built.crystal, bond_lengths(built.bonds), built.charges, RELAXED_SYMPREC)
    return [layer_cell(crystal, crystal.plane(plane), np.eye(2)) for plane in built.geometry.planes]


def _per_atom(
    references: Sequence[BulkDocument | CalculationDocument], values: list[float]
) -> tuple[float, float]:
    lower, upper = (
        value / len(reference.structure)
        for reference, value in zip(references, values, strict=True)
    )
    return lower, upper


def _relaxed(candidate: BuiltCandidate, structure: Structure) -> BuiltCandidate:
    """Put the relaxed structure in place; boundaries move with the cell length."""
    stretch = structure.lattice.c / candidate.structure.lattice.c
    first, second = candidate.heights
    labelled = structure.copy(
        site_properties={"grain": candidate.structure.site_properties["grain"]}
    )
    return candidate.model_copy(
        update={"structure": labelled, "heights": (first * stretch, second * stretch)}
    )
