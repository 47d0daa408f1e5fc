"""The job that explores with a potential, and finds where it extrapolates."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list
from jobflow import Maker, job
from numpy.typing import NDArray
from pymatgen.core import Structure

from makers.cost import cpu_seconds
from makers.dynamics import STOPPED, DynamicsMaker
from makers.run_folder import run_folder
from physics.errors import InputError
from physics.structures.plane_distances import plane_distances
from stores.arrays import BLOB
from stores.documents import (
    DatasetDocument,
    DynamicsDocument,
    ExploredDocument,
    GradeProfile,
    PotentialDocument,
    RunRecord,
    merge_warnings,
)
from stores.hashing import input_hash
from stores.recordings import recorded

CLOSE = 0.8
"""Atoms closer than this part of the shortest distance that a potential expects are debris of an
explosion: no label is worth its price there [choice]."""

BIN = 1.0
"""Width of the bins of a profile of grades, Å."""

FloatArray = NDArray[np.float64]


@dataclass
class ExploreMaker(Maker):
    """
    Run molecular dynamics with a potential, and look where it extrapolates.

    Parameters
    ----------
    name : str
        Name of the job.
    run : DynamicsMaker
        The run, with grading.
    seed : str
        Name of the structure.
    temperature : float
        Temperature that it is run at, K.
    frames : int
        Most configurations beyond the threshold that are given on, evenly spaced in time with the
        last one.
    samples : int
        Frames of the trajectory whose atoms are graded for the profile.
    """

    name: str = "explore"
    _: KW_ONLY
    run: DynamicsMaker
    seed: str
    temperature: float
    frames: int = 10
    samples: int = 10

    def __post_init__(self) -> None:
        """Refuse a run without grades."""
        if self.run.grading is None:
            raise InputError("a run without grading was given to explore with; give a Grading")

    @job(data=BLOB, output_schema=ExploredDocument)
    def make(
        self,
        structure: Structure,
        potential: PotentialDocument,
        planes: tuple[float, float] | None = None,
        parents: Sequence[str] = (),
    ) -> ExploredDocument:
        """
        Explore as a job.

        Parameters
        ----------
        structure : Structure
            Where the run starts, Å.
        potential : PotentialDocument
            The potential, with its active set.
        planes : tuple of float, optional
            Heights of boundaries in parts of c.
        parents : sequence of str
            Jobs that made these.

        Returns
        -------
        ExploredDocument
            Largest grade, configurations beyond the threshold, and grades at the boundaries.

        Raises
        ------
        InputError
            As `makers.dynamics.DynamicsMaker.make` does.
        """
        key = input_hash(
            "ExploreMaker",
            self,
            structure=structure,
            potential=potential.checksum,
            training=potential.training.dataset.checksum,
            planes=planes,
        )
        document = recorded(
            lambda: self._explored(structure, potential, planes, key),
            key,
            self.name,
            ExploredDocument,
        )
        return document.model_copy(update={"parents": list(parents)})

    def _explored(
        self,
        structure: Structure,
        potential: PotentialDocument,
        planes: tuple[float, float] | None,
        key: str,
    ) -> ExploredDocument:
        start = cpu_seconds()
        run = self.run.key(structure, potential)
        with run_folder(f"dynamics-{run}") as folder:
            document = self.run.run(structure, potential, folder=folder)
        heard = [w for w in document.warnings if not w.startswith(STOPPED)]
        kept, grades = self._kept(document, CLOSE * potential.r_min)
        sampled, profile = self._sampled(document, potential, planes)
        group = f"{self.seed}, {self.temperature:g} K"
        return ExploredDocument(
            input_hash=key,
            versions=document.versions,
            warnings=merge_warnings(potential.warnings, heard),
            potential=potential.checksum,
            record=RunRecord(
                seed=self.seed,
                temperature=self.temperature,
                atoms=len(structure),
                picoseconds=document.steps * self.run.protocol.time_step / 1000,
                completed=document.completed,
                stopped=document.stopped,
                largest_grade=max([*grades, sampled]),
                kept=len(grades),
                cpu_seconds=cpu_seconds() - start,
            ),
            candidates=DatasetDocument.from_images(kept, [group] * len(kept), source=self.name)
            if kept
            else None,
            profile=profile,
            directory=document.directory,
        )

    def _kept(self, document: DynamicsDocument, close: float) -> tuple[list[Atoms], list[float]]:
        """Give configurations beyond the threshold, without debris; and the grades of all."""
        if document.extrapolating is None:
            return [], []
        with document.extrapolating.open() as file:
            images = [_bare(file.atoms(frame)) for frame in file.frames()]
            whole = [atoms for atoms in images if not len(neighbor_list("i", atoms, close))]
            taken = _spread(len(whole), self.frames)
            return [whole[place] for place in taken], [float(grade) for grade in file.grades]

    def _sampled(
        self,
        document: DynamicsDocument,
        potential: PotentialDocument,
        planes: tuple[float, float] | None,
    ) -> tuple[float, GradeProfile | None]:
        """Grade atoms of some frames: the largest of all, and by distance from the boundaries."""
        active = potential.require_active_set()
        with document.trajectory.open() as file:
            frames = list(file.frames())
            taken = [file.atoms(frames[p]) for p in _spread(len(frames), self.samples)]
        grades = active.grades(taken)
        largest = float(max(g.max() for g in grades))
        if planes is None:
            return largest, None
        distances = [_distances(atoms, planes) for atoms in taken]
        return largest, _profile(
            self.seed, self.temperature, np.concatenate(distances), np.concatenate(grades)
        )


def _spread(count: int, most: int) -> list[int]:
    """Give at most so many places from 0 to count - 1, evenly spaced, the last one among them."""
    return sorted({round(x) for x in np.linspace(count - 1, 0, min(most, count))}) if count else []


def _bare(atoms: Atoms) -> Atoms:
    """Leave out the results of the potential, which are no labels."""
    bare = atoms.copy()
    bare.calc = None
    return bare


def _distances(atoms: Atoms, planes: tuple[float, float]) -> FloatArray:
    """Measure how far atoms are from the nearest boundary, whose height is a part of c, Å."""
    height = atoms.get_volume() / np.linalg.norm(np.cross(*atoms.cell.array[:2]))
    return plane_distances(atoms.get_scaled_positions()[:, 2], planes, float(height))


def _profile(
    seed: str, temperature: float, distances: FloatArray, grades: FloatArray
) -> GradeProfile:
    """Collect grades in bins of the distance."""
    bins = (distances / BIN).astype(int)
    filled = np.unique(bins)
    own = [grades[bins == number] for number in filled]
    return GradeProfile(
        seed=seed,
        temperature=temperature,
        distances=((filled + 0.5) * BIN).tolist(),
        mean=[float(g.mean()) for g in own],
        largest=[float(g.max()) for g in own],
    )
