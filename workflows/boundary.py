"""The flow of grain-boundary energies: bulk, building, relaxation of the best candidates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from makers.boundary import BoundaryMaker, RelaxBoundaryMaker, choose_bulk, rattle
from makers.calculation import CalculationMaker, calculation
from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.request import Request, describe, in_structure_axes
from physics.structures.units import bond_lengths


@dataclass
class BoundaryFlowMaker(Maker):
    """
    Energies of a list of grain boundaries of one crystal.

    The bulk is relaxed as it is given and from some rattled copies, without symmetry, and the
    lowest is taken: boundaries are built of it and compared with it, so that no grain interior can
    be lower than the reference.

    Parameters
    ----------
    name : str
        Name of the flow.
    boundaries : sequence of Request
        The boundaries.
    construction : Construction
        How they are built; `keep` candidates of each are relaxed.
    bulk : CalculationMaker
        Relaxes the crystal, atoms and cell.
    relax : CalculationMaker
        Relaxes a candidate, atoms and the cell length normal to the boundary.
    strained : CalculationMaker
        Relaxes the bulk at the strain of a grain in the same way.
    rattled : int
        Rattled copies of the crystal that are relaxed too.
    amplitude : float
        Standard deviation of their random displacements, Å.
    seed : int
        Seed of these.
    allow_negative : bool
        Whether boundary energies below zero count.
    bonds, charges : mapping
        Bond lengths and oxidation states beside the general rules, see `BoundaryMaker`.
    """

    name: str = "grain boundaries"
    boundaries: Sequence[Request] = ()
    construction: Construction = field(default_factory=Construction)
    bulk: CalculationMaker = field(
        default_factory=lambda: calculation("chgnet", "relax", fmax=0.002)
    )
    relax: CalculationMaker = field(
        default_factory=lambda: calculation("chgnet", "relax", cell="normal", fmax=0.02)
    )
    strained: CalculationMaker = field(
        default_factory=lambda: calculation("chgnet", "relax", cell="normal", fmax=0.002)
    )
    rattled: int = 3
    amplitude: float = 0.1
    seed: int = 0
    allow_negative: bool = False
    bonds: Mapping[str, float] = field(default_factory=dict)
    charges: Mapping[str, float] = field(default_factory=dict)

    def make(self, structure: Structure) -> Flow:
        """
        Assemble the flow.

        Parameters
        ----------
        structure : Structure
            The crystal, Å.

        Returns
        -------
        Flow
            Its output is a list of the lowest candidates, one for each boundary, each with the
            fields of `BestBoundary`.

        Raises
        ------
        InputError
            If a boundary cannot be, with the reason.
        """
        crystal = Crystal(structure, bond_lengths(self.bonds), self.charges)
        atoms = [
            self.construction.atoms_of(describe(crystal, request, self.construction))
            for request in self.boundaries
        ]
        jobs = self._bulk(structure)
        ground = jobs[-1]
        outputs = []
        for request, count in zip(self.boundaries, atoms, strict=True):
            build = BoundaryMaker(
                request=in_structure_axes(crystal, request),
                label=request.label,
                axes=request.axes,
                construction=self.construction,
                bonds=self.bonds,
                charges=self.charges,
            ).make(ground.output.structure)
            build.append_name(f": {request.label}")
            build.update_metadata({"step": "build boundary"})
            relax = RelaxBoundaryMaker(
                relax=self.relax, strained=self.strained, allow_negative=self.allow_negative
            ).make(build.output, ground.output, [ground.uuid, build.uuid])
            relax.append_name(f": {request.label}")
            relax.update_metadata(
                {"step": "relax boundary", "atoms": count, "jobs": self.construction.keep}
            )
            jobs += [build, relax]
            outputs.append(relax.output)
        return Flow([*jobs], outputs, name=self.name)

    def _bulk(self, structure: Structure) -> list[Job]:
        """Relax the crystal and its rattled copies, and choose the lowest, the last job."""
        jobs: list[Job] = []
        starts: list[Any] = [structure]
        if self.rattled:
            copies = rattle(structure, self.amplitude, self.rattled, self.seed)
            copies.update_metadata({"step": "rattle bulk"})
            jobs.append(copies)
            starts += [copies.output[number] for number in range(self.rattled)]
        attempts = []
        for number, start in enumerate(starts):
            attempt = self.bulk.make(start)
            attempt.append_name(f": free bulk {number}")
            attempt.update_metadata({"step": "relax free bulk"})
            attempts.append(attempt)
        choice = choose_bulk(
            [attempt.output for attempt in attempts], [attempt.uuid for attempt in attempts]
        )
        choice.update_metadata({"step": "choose bulk"})
        return [*jobs, *attempts, choice]
