"""The loop of active learning: explore, select, label, fit, until a sweep selects nothing."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, replace

from jobflow import CURRENT_JOB, Flow, Job, Maker, OnMissing, OutputReference, Response, job

from makers.dataset import extend_dataset
from makers.grades import ActiveSetMaker
from makers.labels import LabelMaker
from makers.potential import EvaluateMaker, FitMaker
from makers.recall import recall
from makers.seeds import keep_seeds
from physics.errors import InputError
from stores.arrays import BLOB
from stores.documents import (
    LabelledDocument,
    LearningDocument,
    PotentialDocument,
    SelectionDocument,
    merge_warnings,
)
from stores.documents.learning import Reason
from stores.hashing import input_hash
from workflows.dynamics import parents_of
from workflows.loop_state import LoopState, Parts, SeedInput
from workflows.outcome import (
    counted,
    diverged,
    largest_grade,
    learning_document,
    sweep_record,
)
from workflows.sweep import SweepMaker


@dataclass
class ActiveLearningFlowMaker(Maker):
    """
    Teach a potential where molecular dynamics with it extrapolates.

    Each seed is run at each temperature, with extrapolation grades on the fly. Configurations
    beyond the threshold are selected, labelled by an engine and added to the training set, and the
    potential is fitted again. Runs stop at a grade that comes down once a sweep ran to its end.
    The loop ends when a full sweep passes none of these grades and selects nothing (Jalem et al.
    2023, figure 2; Podryabinkin et al. 2023), or passes no grade that is given as small enough:
    with a threshold below that, what is near the limit is labelled too, and other runs stay below
    it. A sweep that ends so before the last of these grades is reached ends the loop, as with the
    last of them its runs would be the same.

    Parameters
    ----------
    name : str
        Name of the flow.
    label : LabelMaker
        Labels with an engine.
    explore : SweepMaker
        Explores and selects.
    fit : FitMaker
        Fits again, from the potential before; its level and cutoff do not count.
    evaluate : EvaluateMaker
        Finds the errors on the held-out set.
    active_set : ActiveSetMaker
        Selects the active set of the training set.
    enough : float or None
        Largest grade of a full sweep that ends the loop; None: the threshold.
    sweeps : int
        Most sweeps.
    labels : int
        Most labels.
    """

    name: str = "active learning"
    _: KW_ONLY
    label: LabelMaker
    explore: SweepMaker = field(default_factory=SweepMaker)
    fit: FitMaker = field(default_factory=FitMaker)
    evaluate: EvaluateMaker = field(default_factory=EvaluateMaker)
    active_set: ActiveSetMaker = field(default_factory=ActiveSetMaker)
    enough: float | None = None
    sweeps: int = 30
    labels: int = 1000

    def __post_init__(self) -> None:
        """Refuse limits that make no sense."""
        threshold = self.explore.select.threshold
        if self.enough is not None and self.enough < threshold:
            raise InputError(
                f"a grade of {self.enough:g} that ends the loop was given, expected the threshold "
                f"{threshold:g}, beyond which is selected, or more"
            )
        if self.sweeps < 1 or self.labels < 1:
            raise InputError(
                f"at most {self.sweeps} sweeps and {self.labels} labels were given, expected 1 or "
                "more"
            )

    def make(
        self,
        potential: PotentialDocument,
        training: OutputReference,
        seeds: Sequence[SeedInput],
        test: OutputReference | None = None,
    ) -> Flow:
        """
        Assemble the flow.

        Parameters
        ----------
        potential : OutputReference of PotentialDocument
            The potential to begin with.
        training : OutputReference of DatasetDocument
            Its training set, the whole output of a job.
        seeds : sequence of SeedInput
            Structures that exploring starts from.
        test : OutputReference of DatasetDocument, optional
            Held-out set, the whole output of a job. Nothing of it is ever trained on.

        Returns
        -------
        Flow
            Its output is a `PotentialDocument`; the output of the job ``decide`` is a
            `LearningDocument`.
        """
        keep = keep_seeds(
            [seed.name for seed in seeds],
            [seed.structure for seed in seeds],
            [seed.planes for seed in seeds],
            parents_of(*(seed.structure for seed in seeds)),
        )
        parts = Parts(
            jobs={"seeds": keep.uuid, "training": training.uuid},
            references={"seeds": keep.output, "potential": potential, "training": training},
        )
        if test is not None:
            parts.jobs["test"], parts.references["test"] = test.uuid, test
        fitted = self._tested(parts, parents_of(potential, training))
        state = LoopState(
            sweep=1,
            names=[seed.name for seed in seeds],
            fixed_cells=[seed.fixed_cell for seed in seeds],
            jobs=parts.jobs,
        )
        explore, decide = self._sweep(state, parts)
        final = take_potential(decide.output, [decide.uuid])
        final.update_metadata({"step": "take potential"})
        keep.update_metadata({"step": "keep seeds"})
        decide.update_metadata(
            {
                "runs": len(seeds) * len(self.explore.explored),
                "atoms": round(sum(seed.atoms for seed in seeds) / len(seeds)),
            },
            dynamic=False,
        )
        for place, run in enumerate(explore.jobs[:-1]):
            seed = seeds[place // len(self.explore.explored)]
            run.update_metadata({"atoms": seed.atoms})
        for part in fitted:
            part.update_metadata({"sweep": 1})
        return Flow([keep, *fitted, explore, decide, final], final.output, name=self.name)

    @job(data=BLOB, output_schema=LearningDocument)
    def decide(
        self,
        state: LoopState,
        potential: PotentialDocument | None,
        selection: SelectionDocument | None,
        *,
        before: PotentialDocument | None,
        labelled: LabelledDocument | None,
        selecting: str,
    ) -> LearningDocument | Response:
        """
        Decide what follows a sweep.

        Parameters
        ----------
        state : LoopState
            Where the loop stands.
        potential : PotentialDocument or None
            The potential that explored; None if it could not be fitted.
        selection : SelectionDocument or None
            What was selected; None if no run gave anything.
        before : PotentialDocument or None
            The potential of the turn before.
        labelled : LabelledDocument or None
            Labels that were added for this turn; None if too many failed, or in the first turn.
        selecting : str
            Job that selected.

        Returns
        -------
        LearningDocument or Response
            The end of the loop, or its next state, in whose end this job runs again.

        Raises
        ------
        InputError
            If there is no potential at all.
        """
        state = state.model_copy(update={"jobs": {**state.jobs, "selection": selecting}})
        if potential is None or (before is not None and diverged(potential, before)):
            return self._without_potential(state, before, labelled)
        if selection is None:
            return self._ended("runs failed", state, potential, None)
        record = sweep_record(state, self.explore.stops[state.stop], potential, selection, labelled)
        state = state.model_copy(update={"sweeps": [*state.sweeps, record]})
        if (reason := self._reason(state)) is not None:
            return self._ended(reason, state, potential, selection)
        lower = self._whole(state) and state.stop < len(self.explore.stops) - 1
        jobs = {name: uuid for name, uuid in state.jobs.items() if name != "labelled"}
        following = state.model_copy(
            update={
                "sweep": state.sweep + 1,
                "stop": state.stop + lower,
                "jobs": {**jobs, "before": state.jobs["potential"]},
                "untrained": False,
                "notes": [],
            }
        )
        return self._continued(following, potential, label=record.selected > 0)

    def _without_potential(
        self, state: LoopState, before: PotentialDocument | None, labelled: LabelledDocument | None
    ) -> LearningDocument | Response:
        """Fit once more, from an untrained potential, or end with the potential before."""
        if before is None:
            raise InputError("there is no potential to begin with; look at its fit")
        if "labelled" in state.jobs and labelled is None:
            return self._ended("labels failed", state, before, None)
        if state.untrained:
            return self._ended("fits failed", state, before, None)
        note = "the fit failed, and was repeated from an untrained potential"
        failed = ("potential", "selection")
        jobs = {name: uuid for name, uuid in state.jobs.items() if name not in failed}
        again = state.model_copy(
            update={"jobs": jobs, "untrained": True, "notes": [*state.notes, note]}
        )
        return self._continued(again, before, label=False)

    def _reason(self, state: LoopState) -> Reason | None:
        """Say why the loop ends after the last of its sweeps; None if it goes on."""
        sweep = state.sweeps[-1]
        limit = self.explore.select.threshold if self.enough is None else self.enough
        limit = min(limit, self.explore.stops[-1])
        if self._whole(state) and largest_grade(sweep, self.explore.temperatures) <= limit:
            return "converged"
        if state.sweep >= self.sweeps:
            return "sweeps"
        if sum(record.labels for record in state.sweeps) + sweep.selected > self.labels:
            return "labels"
        return None

    def _whole(self, state: LoopState) -> bool:
        """Whether all runs of the last sweep that count came to their end."""
        runs = counted(state.sweeps[-1], self.explore.temperatures)
        expected = len(state.names) * len(self.explore.temperatures)
        return len(runs) == expected and all(run.completed for run in runs)

    def _ended(
        self,
        reason: Reason,
        state: LoopState,
        potential: PotentialDocument,
        selection: SelectionDocument | None,
    ) -> LearningDocument:
        return learning_document(
            reason,
            state,
            potential,
            selection,
            engine=self.label.calculation.engine,
            threshold=self.explore.select.threshold,
            input_hash=input_hash(
                "ActiveLearningFlowMaker", self, potential=potential.input_hash, sweep=state.sweep
            ),
        )

    def _continued(
        self, state: LoopState, potential: PotentialDocument, *, label: bool
    ) -> Response:
        """Go on: label what was selected and fit, or only fit again, or only explore again."""
        known = recall(sorted(set(state.jobs.values())))
        known.config.expose_store = True
        references = {name: known.output[uuid] for name, uuid in state.jobs.items()}
        parts = Parts(dict(state.jobs), references)
        jobs: list[Job] = [known]
        if label:
            jobs += self._labelled(parts)
        if label or state.untrained:
            jobs += self._fitted(parts, potential, untrained=state.untrained)
        state = state.model_copy(update={"jobs": parts.jobs})
        explore, decide = self._sweep(state, parts)
        here = CURRENT_JOB.job
        known.update_metadata({"step": "recall"})
        for part in (*jobs, *explore.jobs, decide):
            own = {**here.metadata, **part.metadata, "sweep": state.sweep}
            part.update_metadata(own, dynamic=False)
        for part in jobs:
            part.append_name(f", sweep {state.sweep}", dynamic=False)
        decide.set_uuid(here.uuid)
        decide.index = here.index + 1
        return Response(replace=Flow([*jobs, explore, decide], name=f"sweep {state.sweep}"))

    def _labelled(self, parts: Parts) -> list[Job]:
        """Label what was selected, and add it to the training set."""
        label = self.label.make(parts.references["selection"].selected, [parts.jobs["selection"]])
        label.update_metadata({"step": "label configurations"}, dynamic=False)
        parents = [parts.jobs["training"], label.uuid]
        extend = extend_dataset(parts.references["training"], label.output, parents)
        extend.update_metadata({"step": "extend training set"})
        parts.put("labelled", label)
        parts.put("training", extend)
        return [label, extend]

    def _fitted(self, parts: Parts, before: PotentialDocument, *, untrained: bool) -> list[Job]:
        """Fit to the training set, from the potential before or untrained."""
        fit = replace(
            self.fit,
            level=before.level,
            r_max=before.r_max,
            n_chebyshev=before.n_chebyshev,
            starts=self.fit.starts if untrained else 1,
        ).make(
            parts.references["training"],
            None if untrained else parts.references["before"],
            [parts.jobs[name] for name in ("training", "before")],
        )
        fit.update_metadata({"step": "fit potential"})
        parts.put("potential", fit)
        return [fit, *self._tested(parts, [fit.uuid])]

    def _tested(self, parts: Parts, parents: list[str]) -> list[Job]:
        """Find the errors on the held-out set, and the active set."""
        potential, training = parts.references["potential"], parts.references["training"]
        jobs: list[Job] = []
        if "test" in parts.references:
            evaluate = self.evaluate.make(
                potential, parts.references["test"], training=training, parents=parents
            )
            evaluate.update_metadata({"step": "evaluate potential"})
            jobs.append(evaluate)
        select = self.active_set.make(
            potential,
            training,
            jobs[0].output if jobs else None,
            [*parents, *(job.uuid for job in jobs)],
        )
        select.update_metadata({"step": "select active set"})
        parts.put("potential", select)
        return [*jobs, select]

    def _sweep(self, state: LoopState, parts: Parts) -> tuple[Flow, Job]:
        """Explore and select; decide."""
        explore = self.explore.make(
            parts.references["seeds"],
            state.names,
            state.fixed_cells,
            parts.references["potential"],
            [parts.jobs[name] for name in ("seeds", "potential")],
            number=state.sweep,
            stop=state.stop,
        )
        decide = self.decide(
            state,
            parts.references["potential"],
            explore.output,
            before=parts.references.get("before"),
            labelled=parts.references.get("labelled"),
            selecting=explore.jobs[-1].uuid,
        )
        decide.config.on_missing_references = OnMissing.NONE
        decide.name = f"decide, sweep {state.sweep}"
        decide.update_metadata({"step": "decide", "sweep": state.sweep}, dynamic=False)
        explore.append_name(f", sweep {state.sweep}", dynamic=False)
        explore.update_metadata({"sweep": state.sweep})
        return explore, decide


@job(data=BLOB, output_schema=PotentialDocument)
def take_potential(learning: LearningDocument, parents: list[str]) -> PotentialDocument:
    """
    Take the potential of a loop, for the jobs that use it.

    Parameters
    ----------
    learning : LearningDocument
        How the loop ended.
    parents : list of str
        The job that decided.

    Returns
    -------
    PotentialDocument
        The potential, with a warning if the loop did not converge.
    """
    heard = merge_warnings(learning.potential.warnings, learning.warnings)
    return learning.potential.model_copy(update={"parents": parents, "warnings": heard})
