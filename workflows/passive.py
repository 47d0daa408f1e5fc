"""The passive stage of active learning: a first potential, of runs of an engine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jobflow import Flow, Job, Maker

from makers.dataset import collect_frames, take_labels
from makers.labels import LabelMaker
from makers.potential import FitMaker
from workflows.dynamics import parents_of
from workflows.potential import SearchFlowMaker


@dataclass
class PassiveFlowMaker(Maker):
    """
    A potential of runs of an engine, for a loop of active learning to begin with.

    Parameters
    ----------
    name : str
        Name of the flow.
    label : LabelMaker or None
        Labels the frames with another engine; None: they have the labels of the run.
    search : SearchFlowMaker or None
        Chooses cutoff and level; None: those of `fit`.
    fit : FitMaker
        Fits to all frames.
    """

    name: str = "passive stage"
    label: LabelMaker | None = None
    search: SearchFlowMaker | None = None
    fit: FitMaker = field(default_factory=FitMaker)

    def make(self, runs: Sequence[Any], groups: Sequence[str], count: int, atoms: int) -> Flow:
        """
        Assemble the flow.

        Parameters
        ----------
        runs : sequence of OutputReference of DynamicsDocument
            Runs of the engine, with forces.
        groups : sequence of str
            Group of the frames of each.
        count, atoms : int
            Number of their frames, and of the atoms of one, for the plan.

        Returns
        -------
        Flow
            Its output is a dictionary: ``potential``, a `PotentialDocument`, and ``training``, its
            training set, the whole output of a job.
        """
        collect = collect_frames(list(runs), list(groups), 1, parents_of(*runs))
        collect.update_metadata({"step": "collect frames"})
        parts: list[Flow | Job] = [collect]
        training = collect
        if self.label is not None:
            label = self.label.make(collect.output, [collect.uuid])
            about = {"step": "label frames", "jobs": count, "atoms": atoms}
            label.update_metadata(about, dynamic=False)
            training = take_labels(label.output, [label.uuid])
            training.update_metadata({"step": "take labels"})
            parts += [label, training]
        begin = None
        if self.search is not None:
            search = self.search.make(training.output)
            parts.append(search)
            begin = search.output.potential
        fit = self.fit.make(training.output, begin, parents_of(training.output, begin))
        fit.update_metadata({"step": "fit potential"})
        output = {"potential": fit.output, "training": training.output}
        return Flow([*parts, fit], output, name=self.name)
