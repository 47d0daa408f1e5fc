"""Flows of potentials that are trained on runs of an engine, and of large runs with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from jobflow import Flow, Job, Maker, OutputReference
from pymatgen.core import Structure

from makers.dataset import collect_frames
from makers.dynamics import DynamicsMaker
from makers.supercell import repeat_cell
from stores.documents import DatasetDocument, DynamicsDocument, StoredPotential
from workflows.potential import PotentialFlowMaker


@dataclass
class TrainingFlowMaker(Maker):
    """
    A potential of the frames of molecular dynamics.

    Parameters
    ----------
    name : str
        Name of the flow.
    every : int
        Every so many frames one is taken.
    potential : PotentialFlowMaker
        Splits, fits, evaluates, and selects the active set.
    """

    name: str = "train potential"
    every: int = 1
    potential: PotentialFlowMaker = field(default_factory=PotentialFlowMaker)

    def make(
        self, runs: Sequence[DynamicsDocument | OutputReference], groups: Sequence[str]
    ) -> Flow:
        """
        Assemble the flow.

        Parameters
        ----------
        runs : sequence of DynamicsDocument
            Runs of an engine, with forces.
        groups : sequence of str
            Group of the frames of each.

        Returns
        -------
        Flow
            Its output is a `PotentialDocument`.
        """
        frames = collect_frames(list(runs), list(groups), self.every, parents_of(*runs))
        frames.update_metadata({"step": "collect frames"})
        potential = self.potential.make(cast("DatasetDocument", frames.output))
        return Flow([frames, potential], potential.output, name=self.name)


@dataclass
class LargeDynamicsFlowMaker(Maker):
    """
    Runs of a repeated cell with a moment tensor potential.

    Parameters
    ----------
    name : str
        What is run.
    runs : sequence of DynamicsMaker
        The runs.
    atoms : int
        Least number of atoms.
    in_plane : bool
        Whether the cell is repeated in the xy plane alone, as a boundary is.
    """

    name: str = "bulk"
    runs: Sequence[DynamicsMaker] = ()
    atoms: int = 12_288
    in_plane: bool = False

    def make(
        self,
        structure: Structure,
        potential: StoredPotential,
        heights: tuple[float, float] | None = None,
    ) -> Flow:
        """
        Assemble the flow.

        Parameters
        ----------
        structure : Structure
            The cell, Å.
        potential : StoredPotential
            The potential.
        heights : tuple of float, optional
            Heights of the boundaries of the cell along c, Å.

        Returns
        -------
        Flow
            Its output is a list of `DynamicsDocument`, in the order of the runs.
        """
        repeat = repeat_cell(structure, self.atoms, in_plane=self.in_plane)
        repeat.append_name(f": {self.name}")
        repeat.update_metadata({"step": "repeat cell"})
        jobs: list[Job] = [repeat]
        for maker in self.runs:
            run = replace(maker, name=f"{self.name}, {maker.name}").make(
                repeat.output, potential, [repeat.uuid, *parents_of(potential)], heights
            )
            run.update_metadata({"step": "large molecular dynamics", "atoms": self.atoms})
            jobs.append(run)
        return Flow([*jobs], [run.output for run in jobs[1:]], name=self.name)


def parents_of(*inputs: object) -> list[str]:
    """
    Give the jobs that inputs of a job come from.

    Parameters
    ----------
    *inputs : OutputReference or other
        Inputs; those that are no outputs of jobs have no parents.

    Returns
    -------
    list of str
        uuids.
    """
    return [given.uuid for given in inputs if isinstance(given, OutputReference)]
