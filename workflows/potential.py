"""Flows of moment tensor potentials: one potential, and the search for its hyperparameters."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import cast

from jobflow import Flow, Job, Maker, OnMissing, OutputReference

from makers.choice import choose_potential
from makers.dataset import SplitMaker, keep_dataset
from makers.grades import ActiveSetMaker
from makers.potential import EvaluateMaker, FitMaker
from physics.errors import InputError
from stores.documents import DatasetDocument
from stores.documents.potential import Cost, Label

CUTOFFS = (4.0, 5.0, 6.0, 7.0)
"""Cutoffs of the grid, Å."""

LEVELS = (8, 10, 12, 14, 16, 18, 20)
"""Levels of the grid."""


@dataclass
class PotentialFlowMaker(Maker):
    """
    A potential from labelled configurations, with test errors and active set.

    Parameters
    ----------
    name : str
        Name of the flow.
    split : SplitMaker
        Holds a test set back.
    fit : FitMaker
        Fits.
    evaluate : EvaluateMaker
        Finds the test errors.
    active_set : ActiveSetMaker
        Selects the active set of the training set.
    """

    name: str = "potential"
    split: SplitMaker = field(default_factory=SplitMaker)
    fit: FitMaker = field(default_factory=FitMaker)
    evaluate: EvaluateMaker = field(default_factory=EvaluateMaker)
    active_set: ActiveSetMaker = field(default_factory=ActiveSetMaker)

    def make(self, dataset: DatasetDocument) -> Flow:
        """
        Assemble the flow.

        Parameters
        ----------
        dataset : DatasetDocument
            Labelled configurations.

        Returns
        -------
        Flow
            Its output is a `PotentialDocument`.
        """
        keep, split = _divided(dataset, self.split)
        fit = self.fit.make(split.output.training, parents=[split.uuid])
        fit.update_metadata({"step": "fit potential"})
        evaluate = self.evaluate.make(fit.output, split.output.test, parents=[fit.uuid, split.uuid])
        evaluate.update_metadata({"step": "evaluate potential"})
        select = self.active_set.make(
            fit.output, split.output.training, evaluate.output, parents=[fit.uuid, evaluate.uuid]
        )
        select.update_metadata({"step": "select active set"})
        return Flow([keep, split, fit, evaluate, select], select.output, name=self.name)


@dataclass
class SearchFlowMaker(Maker):
    """
    Search for cutoff and level: a fit for each, and the choice by test error and cost.

    Fits that fail are left out of the choice, with a warning.

    Parameters
    ----------
    name : str
        Name of the flow.
    cutoffs : sequence of float
        Cutoffs, Å.
    levels : sequence of int
        Levels.
    split : SplitMaker
        Holds the test set back, the same for all.
    fit : FitMaker
        Fits; its cutoff and level do not count.
    evaluate : EvaluateMaker
        Finds the test errors.
    label : {"energy", "forces", "stress"}
        Whose mean absolute error is to be small.
    cost : {"operations", "seconds"}
        Estimated operations, the same everywhere, or seconds as they were measured.
    """

    name: str = "potential search"
    cutoffs: Sequence[float] = CUTOFFS
    levels: Sequence[int] = LEVELS
    split: SplitMaker = field(default_factory=SplitMaker)
    fit: FitMaker = field(default_factory=FitMaker)
    evaluate: EvaluateMaker = field(default_factory=EvaluateMaker)
    label: Label = "energy"
    cost: Cost = "operations"

    def make(self, dataset: DatasetDocument | OutputReference) -> Flow:
        """
        Assemble the flow.

        Parameters
        ----------
        dataset : DatasetDocument or OutputReference
            Labelled configurations.

        Returns
        -------
        Flow
            Its output is a `SearchDocument`.

        Raises
        ------
        InputError
            If there is no cutoff or no level, or the test set would have fewer than two blocks.
        """
        if not self.cutoffs or not self.levels:
            raise InputError(
                f"cutoffs {list(self.cutoffs)} and levels {list(self.levels)} were given, expected "
                "at least one of each"
            )
        if isinstance(dataset, DatasetDocument) and (
            len(set(self.split.divide(dataset.groups).test_blocks.tolist())) < 2
        ):
            raise InputError(
                f"a test set of one block of {dataset.n_configurations} configurations was asked "
                "for, expected at least two for a standard error; give more blocks or a larger "
                "fraction"
            )
        keep, split = _divided(dataset, self.split)
        fits: list[Job] = []
        evaluations: list[Job] = []
        names = []
        for r_max, level in product(self.cutoffs, self.levels):
            fit = replace(self.fit, r_max=r_max, level=level).make(
                split.output.training, parents=[split.uuid]
            )
            evaluation = self.evaluate.make(
                fit.output, split.output.test, parents=[fit.uuid, split.uuid]
            )
            names.append(f"level {level}, {r_max:g} Å")
            for part, step in ((fit, "fit potential"), (evaluation, "evaluate potential")):
                part.append_name(f": {names[-1]}")
                part.update_metadata({"step": step})
            fits.append(fit)
            evaluations.append(evaluation)
        choose = choose_potential(
            [fit.output for fit in fits],
            [evaluation.output for evaluation in evaluations],
            split.output.test_blocks,
            names,
            label=self.label,
            cost=self.cost,
            parents=[*(fit.uuid for fit in fits), *(e.uuid for e in evaluations)],
        )
        choose.config.on_missing_references = OnMissing.NONE
        choose.update_metadata({"step": "choose potential"})
        return Flow([keep, split, *fits, *evaluations, choose], choose.output, name=self.name)


def _divided(dataset: DatasetDocument | OutputReference, split: SplitMaker) -> tuple[Job, Job]:
    """Keep a data set, and divide it."""
    keep = keep_dataset(cast("DatasetDocument", dataset))
    keep.update_metadata({"step": "keep data set"})
    divide = split.make(keep.output, parents=[keep.uuid])
    divide.update_metadata({"step": "split data set"})
    return keep, divide
