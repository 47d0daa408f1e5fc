"""Jobs of labelled configurations: keep, split, take those that were selected."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from ase import Atoms
from jobflow import Maker, job

from physics.errors import InputError
from physics.potentials.splits import Split, block_split, random_split
from stores.arrays import BLOB
from stores.documents import (
    DatasetDocument,
    DynamicsDocument,
    GradeDocument,
    LabelledDocument,
    SplitDocument,
    merge_warnings,
)
from stores.hashing import input_hash
from stores.trajectories.reader import Trajectory

LEAK = (
    "the test set was drawn at random: if configurations are frames of trajectories, its errors "
    "are too small, as nearly equal frames train; split by blocks"
)


@job(data=BLOB, output_schema=DatasetDocument)
def keep_dataset(dataset: DatasetDocument) -> DatasetDocument:
    """
    Keep a data set in the store, for the jobs that use it.

    Parameters
    ----------
    dataset : DatasetDocument
        The data set.

    Returns
    -------
    DatasetDocument
        The same.
    """
    return dataset


@dataclass
class SplitMaker(Maker):
    """
    Divide a data set into a training set and a test set.

    Parameters
    ----------
    name : str
        Name of the job.
    method : {"blocks", "random"}
        Contiguous blocks of each group, or single configurations at random; random frames of one
        trajectory leak from the training set into the test set, and a warning says so.
    fraction : float
        Part that tests.
    blocks : int
        Blocks of each group: many, for the standard error of test errors, and longer than frames
        of a trajectory resemble each other.
    seed : int
        Of the random numbers.
    """

    name: str = "split"
    method: Literal["blocks", "random"] = "blocks"
    fraction: float = 0.1
    blocks: int = 50
    seed: int = 0

    def divide(self, groups: Sequence[str]) -> Split:
        """
        Divide here and now.

        Parameters
        ----------
        groups : sequence of str
            Group of each configuration.

        Returns
        -------
        Split
            Places of the configurations that train and that test.

        Raises
        ------
        InputError
            If one of the parts would be empty, or the method is unknown.
        """
        if self.method == "blocks":
            return block_split(groups, self.fraction, blocks=self.blocks, seed=self.seed)
        if self.method == "random":
            return random_split(len(groups), self.fraction, self.seed)
        raise InputError(f"method {self.method!r} was given, expected 'blocks' or 'random'")

    @job(data=BLOB, output_schema=SplitDocument)
    def make(self, dataset: DatasetDocument, parents: list[str] | None = None) -> SplitDocument:
        """
        Divide as a job.

        Parameters
        ----------
        dataset : DatasetDocument
            The data set; in a group configurations are in the order of time.
        parents : list of str, optional
            Job that made it.

        Returns
        -------
        SplitDocument
            Both parts.

        Raises
        ------
        InputError
            If one of them would be empty, or the method is unknown.
        """
        split = self.divide(dataset.groups)
        heard = [LEAK] if self.method == "random" else []
        common = {
            "parents": parents or [],
            "versions": dataset.versions,
            "warnings": merge_warnings(dataset.warnings, heard),
        }
        return SplitDocument(
            input_hash=input_hash("SplitMaker", self, dataset=dataset.checksum),
            method=self.method,
            training=dataset.taken(split.training.tolist(), "training set", **common),
            test=dataset.taken(split.test.tolist(), "test set", **common),
            test_blocks=split.test_blocks.tolist(),
            **common,
        )


@job(data=BLOB, output_schema=DatasetDocument)
def take_selected(
    candidates: DatasetDocument, graded: GradeDocument, parents: list[str] | None = None
) -> DatasetDocument:
    """
    Take the configurations that were selected by their grades.

    Parameters
    ----------
    candidates : DatasetDocument
        The configurations that were graded.
    graded : GradeDocument
        Their grades.
    parents : list of str, optional
        Jobs that made both.

    Returns
    -------
    DatasetDocument
        Those selected.

    Raises
    ------
    InputError
        If none was selected, or others were graded.
    """
    if candidates.checksum != graded.candidates.checksum or not graded.selected:
        raise InputError(
            f"{len(graded.selected)} configurations were selected of a data set "
            f"{graded.candidates.checksum[:8]}, given was {candidates.checksum[:8]}; expected some "
            "of the same"
        )
    return candidates.taken(
        graded.selected, f"grade above {graded.threshold:g}", parents=parents or []
    )


@job(data=BLOB, output_schema=DatasetDocument)
def collect_frames(
    runs: list[DynamicsDocument], groups: list[str], every: int, parents: list[str] | None = None
) -> DatasetDocument:
    """
    Collect frames of molecular dynamics, with their energies, forces and stresses.

    Parameters
    ----------
    runs : list of DynamicsDocument
        Runs whose trajectories have forces.
    groups : list of str
        Group of the frames of each run.
    every : int
        Every so many frames one is taken, the first of all left out: it is no sample.
    parents : list of str, optional
        Jobs that made the runs.

    Returns
    -------
    DatasetDocument
        The frames, labelled.

    Raises
    ------
    InputError
        If a trajectory is not where it was, is another one, or has no forces.
    """
    images, names = [], []
    for run, group in zip(runs, groups, strict=True):
        with run.trajectory.open() as trajectory:
            places = range(every, run.trajectory.frames, every)
            frames = [_frame(trajectory, place, run) for place in places]
        images += frames
        names += [group] * len(frames)
    return _of_runs(runs, images, names, [], parents)


@job(data=BLOB, output_schema=DatasetDocument)
def collect_stages(
    runs: list[DynamicsDocument],
    groups: list[str],
    counts: list[int],
    parents: list[str] | None = None,
) -> DatasetDocument:
    """
    Collect frames of each stage of molecular dynamics, with their labels.

    Parameters
    ----------
    runs : list of DynamicsDocument
        Runs whose trajectories have forces, all of as many stages.
    groups : list of str
        Group of the frames of each run.
    counts : list of int
        Frames of each stage, evenly spaced up to its end.
    parents : list of str, optional
        Jobs that made the runs.

    Returns
    -------
    DatasetDocument
        The frames, labelled.

    Raises
    ------
    InputError
        If a trajectory is not where it was, or has no forces, or a stage has fewer frames.
    """
    images, names, heard = [], [], []
    for run, group in zip(runs, groups, strict=True):
        with run.trajectory.open() as trajectory:
            for stage, start, count in zip(
                run.protocol.stages, run.protocol.starts, counts, strict=True
            ):
                inside = np.flatnonzero(
                    (trajectory.steps > start) & (trajectory.steps <= start + stage.steps)
                )
                if len(inside) < count:
                    if run.stopped is None:
                        raise InputError(
                            f"{count} frames of stage '{stage.name}' of {run.label} were asked "
                            f"for, which has {len(inside)}; write frames more often"
                        )
                    heard.append(f"{group}: no frames of stage '{stage.name}', {run.stopped}")
                    break
                places = inside[np.linspace(len(inside) - 1, 0, count).round().astype(int)][::-1]
                images += [_frame(trajectory, int(place), run) for place in places]
                names += [group] * count
    return _of_runs(runs, images, names, heard, parents)


@job(data=BLOB, output_schema=DatasetDocument)
def extend_dataset(
    dataset: DatasetDocument, labelled: LabelledDocument, parents: list[str] | None = None
) -> DatasetDocument:
    """
    Add labelled configurations to a data set.

    Parameters
    ----------
    dataset : DatasetDocument
        The data set.
    labelled : LabelledDocument
        What is added at its end.
    parents : list of str, optional
        Jobs that made both.

    Returns
    -------
    DatasetDocument
        Both together.
    """
    together = DatasetDocument.from_images(
        [*dataset.to_images(), *labelled.dataset.to_images()],
        source=f"{dataset.source}, {labelled.dataset.source}"
        if labelled.dataset.source not in dataset.source
        else dataset.source,
        versions=dataset.versions,
        warnings=merge_warnings(dataset.warnings, labelled.warnings),
        parents=parents or [],
    )
    key = input_hash("extend_dataset", {}, parents=[dataset.input_hash, labelled.input_hash])
    return together.model_copy(update={"input_hash": key})


@job(data=BLOB, output_schema=DatasetDocument)
def take_labels(labelled: LabelledDocument, parents: list[str] | None = None) -> DatasetDocument:
    """
    Take the configurations that an engine labelled.

    Parameters
    ----------
    labelled : LabelledDocument
        What the engine gave.
    parents : list of str, optional
        Job that made it.

    Returns
    -------
    DatasetDocument
        The labelled configurations.
    """
    return labelled.dataset.model_copy(update={"parents": parents or []})


def _of_runs(
    runs: Sequence[DynamicsDocument],
    images: Sequence[Atoms],
    groups: Sequence[str],
    heard: list[str],
    parents: list[str] | None,
) -> DatasetDocument:
    """Make a data set of frames of runs."""
    return DatasetDocument.from_images(
        images,
        groups,
        source=f"molecular dynamics with {', '.join(sorted({run.engine for run in runs}))}",
        warnings=merge_warnings(heard, *(run.warnings for run in runs)),
        parents=parents or [],
    )


def _frame(trajectory: Trajectory, place: int, run: DynamicsDocument) -> Atoms:
    """Give a frame with its labels."""
    (frame,) = trajectory.frames(place, place + 1)
    atoms = trajectory.atoms(frame)
    if "forces" not in atoms.calc.results:
        raise InputError(
            f"the trajectory of a {run.engine} run, {run.trajectory.path}, has no forces; run it "
            "again with Output(forces=True)"
        )
    return atoms
