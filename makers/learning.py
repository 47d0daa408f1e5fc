"""Jobs of active learning: seeds, exploring, selecting, labelling."""

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from ase import Atoms
from jobflow import CURRENT_JOB, Flow, Maker, OnMissing, Response, job
from numpy.typing import NDArray
from pymatgen.core import Structure

from makers.calculation import CalculationMaker
from makers.cost import cpu_seconds
from makers.dynamics import DynamicsMaker
from makers.engines import get_engine
from makers.run_folder import run_folder
from physics.errors import InputError
from physics.potentials.active_set import SELECT, ActiveSet
from stores.arrays import BLOB
from stores.documents import (
    CalculationDocument,
    DatasetDocument,
    DynamicsDocument,
    ExploredDocument,
    GradeProfile,
    LabelledDocument,
    PotentialDocument,
    RunRecord,
    Seed,
    SeedsDocument,
    SelectionDocument,
    merge_warnings,
)
from stores.hashing import input_hash
from stores.recordings import recorded

BIN = 1.0
"""Width of the bins of a profile of grades, Å."""

FloatArray = NDArray[np.float64]


@job(output_schema=SeedsDocument)
def keep_seeds(
    names: list[str],
    structures: list[Structure],
    planes: list[tuple[float, float] | None],
    parents: list[str] | None = None,
) -> SeedsDocument:
    """
    Keep the structures that exploring starts from, for all sweeps.

    Parameters
    ----------
    names : list of str
        What they are called.
    structures : list of Structure
        The structures, Å.
    planes : list of tuple of float or None
        Heights of their boundaries in parts of c; None without boundaries.
    parents : list of str, optional
        Jobs that made them.

    Returns
    -------
    SeedsDocument
        The same.

    Raises
    ------
    InputError
        If there are none, or two have one name.
    """
    if not names or len(set(names)) < len(names):
        raise InputError(f"seeds {names} were given, expected one or more, each with its own name")
    return SeedsDocument(
        input_hash=input_hash("keep_seeds", {"names": names}, structures=structures),
        parents=parents or [],
        seeds=[
            Seed(
                name=name,
                structure=Structure(structure.lattice, structure.species, structure.frac_coords),
                planes=heights,
            )
            for name, structure, heights in zip(names, structures, planes, strict=True)
        ],
    )


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
        kept, grades = self._kept(document)
        sampled, profile = self._sampled(document, potential, planes)
        group = f"{self.seed}, {self.temperature:g} K"
        return ExploredDocument(
            input_hash=key,
            versions=document.versions,
            warnings=potential.warnings,
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

    def _kept(self, document: DynamicsDocument) -> tuple[list[Atoms], list[float]]:
        """Give some of the configurations beyond the threshold, and the grades of all."""
        if document.extrapolating is None:
            return [], []
        with document.extrapolating.open() as file:
            frames, grades = list(file.frames()), file.grades
            taken = _spread(len(frames), self.frames)
            return [_bare(file.atoms(frames[place])) for place in taken], list(map(float, grades))

    def _sampled(
        self,
        document: DynamicsDocument,
        potential: PotentialDocument,
        planes: tuple[float, float] | None,
    ) -> tuple[float, GradeProfile | None]:
        """Grade atoms of some frames: the largest of all, and by distance from the boundaries."""
        active = _active_set(potential)
        with document.trajectory.open() as file:
            frames = list(file.frames())
            taken = [file.atoms(frames[p]) for p in _spread(len(frames), self.samples)]
        grades = active.grades(taken)
        largest = float(max(g.max() for g in grades))
        if planes is None:
            return largest, None
        distances = [_distances(atoms, np.array(planes)) for atoms in taken]
        return largest, _profile(
            self.seed, self.temperature, np.concatenate(distances), np.concatenate(grades)
        )


@dataclass
class SelectMaker(Maker):
    """
    Select what a sweep found for labelling.

    Parameters
    ----------
    name : str
        Name of the job.
    threshold : float
        Grade beyond which a configuration is selected.
    most : int or None
        Most configurations, those of the largest grades; None for no limit.
    """

    name: str = "select configurations"
    threshold: float = SELECT
    most: int | None = None

    @job(data=BLOB, output_schema=SelectionDocument)
    def make(
        self,
        potential: PotentialDocument | None,
        explored: list[ExploredDocument | None],
        names: list[str],
        parents: list[str] | None = None,
    ) -> SelectionDocument:
        """
        Select as a job.

        Parameters
        ----------
        potential : PotentialDocument or None
            The potential that explored, with its active set; None if it could not be fitted.
        explored : list of ExploredDocument or None
            The runs; None where one failed.
        names : list of str
            What the runs are called in a warning.
        parents : list of str, optional
            Jobs that made these.

        Returns
        -------
        SelectionDocument
            Of nearly equal configurations one (`physics.potentials.active_set.ActiveSet`).

        Raises
        ------
        InputError
            If there is no potential, all runs failed, or one was made with another potential.
        """
        runs = [run for run in explored if run is not None]
        if potential is None or not runs or {run.potential for run in runs} != {potential.checksum}:
            raise InputError(
                f"{len(runs)} of {len(names)} runs were given, expected one or more, all with "
                f"{'the' if potential else 'a'} potential; look at the messages of what failed "
                "before"
            )
        key = input_hash(
            "SelectMaker",
            self,
            potential=potential.checksum,
            runs=sorted(run.input_hash for run in runs),
        )
        failed = [
            f"{name}: the run failed, and nothing of it was used"
            for name, run in zip(names, explored, strict=True)
            if run is None
        ]
        document = recorded(
            lambda: self._selected(potential, runs, key), key, self.name, SelectionDocument
        )
        return document.model_copy(
            update={
                "parents": parents or [],
                "warnings": merge_warnings(document.warnings, failed),
            }
        )

    def _selected(
        self, potential: PotentialDocument, runs: list[ExploredDocument], key: str
    ) -> SelectionDocument:
        images = [atoms for run in runs if run.candidates for atoms in run.candidates.to_images()]
        chosen: list[int] = []
        if images:
            active = _active_set(potential)
            chosen = active.select_new(images, self.threshold).tolist()
            if self.most is not None and len(chosen) > self.most:
                grades = active.grade(images)
                chosen = sorted(sorted(chosen, key=lambda place: -grades[place])[: self.most])
        return SelectionDocument(
            input_hash=key,
            versions=potential.versions,
            warnings=potential.warnings,
            potential=potential.checksum,
            threshold=self.threshold,
            runs=[run.record for run in runs],
            profiles=[run.profile for run in runs if run.profile],
            candidates=len(images),
            selected=DatasetDocument.from_images(
                [images[place] for place in chosen],
                source=f"grade above {self.threshold:g} in molecular dynamics",
            )
            if chosen
            else None,
        )


@dataclass
class LabelMaker(Maker):
    """
    Label configurations by single points of an engine, each a job of its own.

    Parameters
    ----------
    name : str
        Name of the job.
    calculation : CalculationMaker
        The single point.
    failed : float
        Largest part of the calculations that may fail; those are left out.
    """

    name: str = "label configurations"
    _: KW_ONLY
    calculation: CalculationMaker
    failed: float = 0.2

    @job
    def make(self, dataset: DatasetDocument, parents: list[str] | None = None) -> Response:
        """
        Start one calculation for each configuration.

        Parameters
        ----------
        dataset : DatasetDocument
            The configurations; labels that they have are not used.
        parents : list of str, optional
            Jobs that made them.

        Returns
        -------
        Response
            Replaced by the calculations and their collection, a `LabelledDocument`.
        """
        metadata = CURRENT_JOB.job.metadata if CURRENT_JOB.job else {}
        points = []
        for number, (atoms, group) in enumerate(
            zip(dataset.to_images(), dataset.groups, strict=True), start=1
        ):
            point = self.calculation.make(
                Structure(
                    atoms.cell.array,
                    atoms.get_chemical_symbols(),
                    atoms.positions,
                    coords_are_cartesian=True,
                )
            )
            point.append_name(f": {group}, number {number}")
            point.update_metadata({**metadata, "step": "label"})
            points.append(point)
        collect = collect_labels(
            [point.output for point in points],
            dataset.groups,
            engine=self.calculation.engine,
            failed=self.failed,
            parents=[*(parents or []), *(point.uuid for point in points)],
        )
        collect.config.on_missing_references = OnMissing.NONE
        collect.update_metadata({**metadata, "step": "collect labels"})
        return Response(replace=Flow([*points, collect], collect.output, name=self.name))


@job(data=BLOB, output_schema=LabelledDocument)
def collect_labels(
    calculations: list[CalculationDocument | None],
    groups: list[str],
    *,
    engine: str,
    failed: float,
    parents: list[str] | None = None,
) -> LabelledDocument:
    """
    Collect labels, without the calculations that failed.

    Parameters
    ----------
    calculations : list of CalculationDocument or None
        Single points; None where one failed.
    groups : list of str
        Group of each configuration.
    engine : str
        Name of the engine in the registry.
    failed : float
        Largest part of the calculations that may have failed.
    parents : list of str, optional
        Jobs that made these.

    Returns
    -------
    LabelledDocument
        The labels, and which failed.

    Raises
    ------
    InputError
        If more failed.
    """
    good = [(c, group) for c, group in zip(calculations, groups, strict=True) if c is not None]
    lost = [
        f"{group}, number {number}"
        for number, (c, group) in enumerate(zip(calculations, groups, strict=True), start=1)
        if c is None
    ]
    if not good or len(lost) > failed * len(calculations):
        raise InputError(
            f"{len(lost)} of {len(calculations)} labels failed, at most {failed:.0%} may: "
            f"{'; '.join(lost)}. Look at their messages; thioflow study resume --retry-failed "
            "repeats them"
        )
    found = [calculation for calculation, _ in good]
    key = input_hash("collect_labels", {}, parents=[c.input_hash for c in found])
    dataset = DatasetDocument.from_calculations(
        found, [group for _, group in good], source=f"single points with {engine}"
    )
    return LabelledDocument(
        input_hash=key,
        parents=parents or [],
        versions=found[0].versions,
        warnings=dataset.warnings,
        engine=engine,
        functional=get_engine(engine).functional,
        dataset=dataset.model_copy(update={"input_hash": key}),
        failed=lost,
        cpu_seconds=math.fsum(calculation.cpu_seconds or 0.0 for calculation in found),
    )


def _active_set(potential: PotentialDocument) -> ActiveSet:
    active = potential.restored_active_set()
    if active is None:
        raise InputError(
            "a potential without an active set was given, with which nothing can be graded; "
            "select one with ActiveSetMaker"
        )
    return active


def _spread(count: int, most: int) -> list[int]:
    """Give at most so many places from 0 to count - 1, evenly spaced, the last one among them."""
    return sorted({round(x) for x in np.linspace(count - 1, 0, min(most, count))}) if count else []


def _bare(atoms: Atoms) -> Atoms:
    """Leave out the results of the potential, which are no labels."""
    bare = atoms.copy()
    bare.calc = None
    return bare


def _distances(atoms: Atoms, planes: FloatArray) -> FloatArray:
    """Measure how far atoms are from the nearest boundary, whose height is a part of c, Å."""
    along = atoms.get_scaled_positions()[:, 2, None] - planes
    height = atoms.get_volume() / np.linalg.norm(np.cross(*atoms.cell.array[:2]))
    nearest: FloatArray = np.abs(along - np.round(along)).min(axis=1) * height
    return nearest


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
