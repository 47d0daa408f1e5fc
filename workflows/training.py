"""The flow of a first potential: runs of an engine, their frames, a fit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from jobflow import Flow, Job, Maker

from makers.dataset import collect_frames
from stores.documents import DatasetDocument, DynamicsDocument
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
        self, runs: Sequence[DynamicsDocument], groups: Sequence[str], parents: Sequence[str]
    ) -> Flow:
        """
        Assemble the flow.

        Parameters
        ----------
        runs : sequence of DynamicsDocument
            Runs of an engine, with forces.
        groups : sequence of str
            Group of the frames of each.
        parents : sequence of str
            Jobs that made them.

        Returns
        -------
        Flow
            Its output is a `PotentialDocument`.
        """
        frames = collect_frames(list(runs), list(groups), self.every, list(parents))
        frames.update_metadata({"step": "collect frames"})
        potential = self.potential.make(cast("DatasetDocument", frames.output))
        jobs: list[Flow | Job] = [frames, potential]
        return Flow(jobs, potential.output, name=self.name)
