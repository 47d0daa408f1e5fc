"""The job that thins the grains of a boundary for labels that are dear."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, asdict, dataclass, field

from jobflow import Maker, job
from pymatgen.core import Structure

from makers.boundary import RELAXED_SYMPREC
from physics.structures.candidates import Joint
from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.request import Request
from physics.structures.training_cell import COVERED, MAX_ATOMS, training_cell
from physics.structures.units import bond_lengths
from stores.documents import BuiltCandidate, TrainingCellDocument
from stores.hashing import input_hash
from stores.versions import versions


@dataclass
class TrainingCellMaker(Maker):
    """
    Build a boundary with grains as thin as still hold the surroundings of its core.

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
        How the full cell is built.
    max_atoms : int
        Largest training cell.
    coverage : float
        Part of the core's surroundings that is enough.
    bonds, charges, symprec
        As for `makers.boundary.BoundaryMaker`.
    """

    name: str = "build training cell"
    _: KW_ONLY
    request: Request
    label: str = ""
    axes: str = "given"
    construction: Construction = field(default_factory=Construction)
    max_atoms: int = MAX_ATOMS
    coverage: float = COVERED
    bonds: Mapping[str, float] = field(default_factory=dict)
    charges: Mapping[str, float] = field(default_factory=dict)
    symprec: float = RELAXED_SYMPREC

    @job(output_schema=TrainingCellDocument)
    def make(
        self,
        structure: Structure,
        like: BuiltCandidate | None = None,
        parents: Sequence[str] = (),
    ) -> TrainingCellDocument:
        """
        Build the cell as a job.

        Parameters
        ----------
        structure : Structure
            The crystal, the one that `like` was built of, Å.
        like : BuiltCandidate, optional
            The candidate, relaxed or not, whose terminations, translation and gap are taken; None:
            that with least overlap.
        parents : sequence of str
            uuids of the jobs that made these.

        Returns
        -------
        TrainingCellDocument
            The cell, with a warning if it holds less than wanted.

        Raises
        ------
        InputError
            As for `physics.structures.training_cell.training_cell`.
        """
        crystal = Crystal(structure, bond_lengths(self.bonds), self.charges, self.symprec)
        joint = None if like is None else _joint(BuiltCandidate.model_validate(like))
        found = training_cell(
            crystal,
            self.request,
            self.construction,
            joint=joint,
            wanted=self.coverage,
            max_atoms=self.max_atoms,
        )
        label, boundary = self.label or self.request.label, found.boundary
        cell = boundary.structure
        atoms = len(cell)
        warnings = []
        if found.coverage < self.coverage:
            warnings.append(
                f"the training cell of {label}, {atoms} atoms, holds {found.coverage:.1%} of the "
                f"surroundings at the boundaries of its full cell of {found.full_atoms} atoms, "
                f"{self.coverage:.1%} are wanted: raise max_atoms, now {self.max_atoms}"
            )
        return TrainingCellDocument(
            input_hash=input_hash(
                "TrainingCellMaker",
                self,
                structure=structure,
                joint=None if joint is None else asdict(joint),
            ),
            parents=list(parents),
            versions=versions("pymatgen", "spglib"),
            warnings=warnings,
            label=label,
            axes=self.axes,
            joint=boundary.joint,
            structure=Structure(cell.lattice, cell.species, cell.frac_coords),
            heights=boundary.heights,
            planes=(
                boundary.heights[0] / boundary.structure.lattice.c,
                boundary.heights[1] / boundary.structure.lattice.c,
            ),
            layers=boundary.layers,
            coverage=found.coverage,
            atoms=atoms,
            full_atoms=found.full_atoms,
        )


def _joint(candidate: BuiltCandidate) -> Joint:
    return Joint(candidate.cuts, candidate.shift, candidate.gap, candidate.removed)
