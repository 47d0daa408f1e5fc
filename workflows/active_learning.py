"""The loop of active learning: explore, select, label, fit, until a sweep selects nothing."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any

from jobflow import CURRENT_JOB, Flow, Job, Maker, OnMissing, OutputReference, Response, job

from makers.dataset import extend_dataset
from makers.engines import get_engine
from makers.grades import ActiveSetMaker
from makers.learning import LabelMaker, keep_seeds
from makers.potential import EvaluateMaker, FitMaker
from physics.errors import InputError
from stores.arrays import BLOB
from stores.documents import (
    LabelledDocument,
    LearningDocument,
    PotentialDocument,
    SelectionDocument,
    SweepRecord,
    merge_warnings,
)
from stores.documents.learning import REASONS, Reason
from stores.hashing import input_hash
from workflows.dynamics import parents_of
from workflows.sweep import SweepMaker
from workflows.turn import SeedInput, Turn


@dataclass
class ActiveLearningFlowMaker(Maker):
    """
    Teach a potential where molecular dynamics with it extrapolates.

    Each seed is run at each temperature, with extrapolation grades on the fly. Configurations
    beyond the threshold are selected, labelled by an engine and added to the training set, and the
    potential is fitted again. Runs stop at a grade that comes down once a sweep ran to its end.
    The loop ends when a full sweep at the last of these grades selects nothing (Jalem et al. 2023,
    figure 2; Podryabinkin et al. 2023).

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
    sweeps: int = 30
    labels: int = 1000

    def __post_init__(self) -> None:
        """Refuse limits that make no sense."""
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
        fitted = self._tested(potential, training, test, parents_of(potential, training))
        turn = Turn(
            sweep=1,
            names=[seed.name for seed in seeds],
            fixed_cells=[seed.fixed_cell for seed in seeds],
            seeds=keep.uuid,
            test=test.uuid if test is not None else None,
            potential=fitted[-1].uuid,
            training=training.uuid,
        )
        explore, decide = self._sweep(turn)
        final = take_potential(decide.output, [decide.uuid])
        final.update_metadata({"step": "take potential"})
        keep.update_metadata({"step": "keep seeds"})
        decide.update_metadata(
            {
                "runs": len(seeds) * len(self.explore.temperatures),
                "atoms": round(sum(seed.atoms for seed in seeds) / len(seeds)),
            }
        )
        for place, run in enumerate(explore.jobs[:-1]):
            seed = seeds[place // len(self.explore.temperatures)]
            run.update_metadata({"atoms": seed.atoms})
        for part in fitted:
            part.update_metadata({"sweep": 1})
        return Flow([keep, *fitted, explore, decide, final], final.output, name=self.name)

    @job(data=BLOB, output_schema=LearningDocument)
    def decide(
        self,
        turn: Turn,
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
        turn : Turn
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
            The end of the loop, or its next turn, in whose end this job runs again.

        Raises
        ------
        InputError
            If there is no potential at all.
        """
        if potential is None:
            return self._without_potential(turn, before, labelled)
        if selection is None:
            return self._ended("runs failed", turn, potential, None)
        record = self._record(turn, potential, selection, labelled)
        turn = turn.model_copy(update={"sweeps": [*turn.sweeps, record]})
        if (reason := self._reason(turn)) is not None:
            return self._ended(reason, turn, potential, selection)
        return self._continued(*self._following(turn, potential, selecting))

    def _without_potential(
        self, turn: Turn, before: PotentialDocument | None, labelled: LabelledDocument | None
    ) -> LearningDocument | Response:
        """Fit once more, from an untrained potential, or end with the potential before."""
        if before is None:
            raise InputError("there is no potential to begin with; look at its fit")
        if turn.labelled is not None and labelled is None:
            return self._ended("labels failed", turn, before, None)
        if turn.untrained:
            return self._ended("fits failed", turn, before, None)
        note = "the fit failed, and was repeated from an untrained potential"
        again = turn.model_copy(update={"untrained": True, "notes": [*turn.notes, note]})
        return self._continued(again, self._fitted(again, before))

    def _reason(self, turn: Turn) -> Reason | None:
        """Say why the loop ends after the last of its sweeps; None if it goes on."""
        sweep = turn.sweeps[-1]
        last = turn.stop == len(self.explore.stops) - 1
        if last and self._whole(turn) and not sweep.selected:
            return "converged"
        if turn.sweep >= self.sweeps:
            return "sweeps"
        if sum(record.labels for record in turn.sweeps) + sweep.selected > self.labels:
            return "labels"
        return None

    def _whole(self, turn: Turn) -> bool:
        """Whether all runs of the last sweep came to their end."""
        runs = turn.sweeps[-1].runs
        expected = len(turn.names) * len(self.explore.temperatures)
        return len(runs) == expected and all(run.completed for run in runs)

    def _following(
        self, turn: Turn, potential: PotentialDocument, selecting: str
    ) -> tuple[Turn, list[Job]]:
        """Give the next turn, and the jobs that make its potential."""
        lower = self._whole(turn) and turn.stop < len(self.explore.stops) - 1
        turn = turn.model_copy(
            update={
                "sweep": turn.sweep + 1,
                "stop": turn.stop + lower,
                "before": turn.potential,
                "labelled": None,
                "untrained": False,
                "notes": [],
            }
        )
        if not turn.sweeps[-1].selected:
            return turn, []
        label = self.label.make(OutputReference(selecting).selected, [selecting])
        label.update_metadata({"step": "label configurations"})
        extend = extend_dataset(
            OutputReference(turn.training), label.output, [turn.training, label.uuid]
        )
        extend.update_metadata({"step": "extend training set"})
        turn = turn.model_copy(update={"labelled": label.uuid, "training": extend.uuid})
        return turn, [label, extend, *self._fitted(turn, potential)]

    def _fitted(self, turn: Turn, before: PotentialDocument) -> list[Job]:
        """Fit to the training set of a turn, from the potential before it or untrained."""
        fit = replace(
            self.fit,
            level=before.level,
            r_max=before.r_max,
            n_chebyshev=before.n_chebyshev,
            starts=self.fit.starts if turn.untrained else 1,
        ).make(
            OutputReference(turn.training),
            None if turn.before is None or turn.untrained else OutputReference(turn.before),
            [turn.training, *([turn.before] if turn.before else [])],
        )
        fit.update_metadata({"step": "fit potential"})
        test = OutputReference(turn.test) if turn.test else None
        return [fit, *self._tested(fit.output, OutputReference(turn.training), test, [fit.uuid])]

    def _tested(self, potential: Any, training: Any, test: Any, parents: list[str]) -> list[Job]:
        """Find the errors on the held-out set, and the active set; the last job has both."""
        jobs: list[Job] = []
        if test is not None:
            evaluate = self.evaluate.make(potential, test, training=training, parents=parents)
            evaluate.update_metadata({"step": "evaluate potential"})
            jobs.append(evaluate)
        select = self.active_set.make(
            potential,
            training,
            jobs[0].output if jobs else None,
            [*parents, *(job.uuid for job in jobs)],
        )
        select.update_metadata({"step": "select active set"})
        return [*jobs, select]

    def _sweep(self, turn: Turn) -> tuple[Flow, Job]:
        """Explore and select; decide."""
        potential = OutputReference(turn.potential)
        explore = self.explore.make(
            OutputReference(turn.seeds),
            turn.names,
            turn.fixed_cells,
            potential,
            number=turn.sweep,
            stop=turn.stop,
        )
        decide = self.decide(
            turn,
            potential,
            explore.output,
            before=OutputReference(turn.before) if turn.before else None,
            labelled=OutputReference(turn.labelled) if turn.labelled else None,
            selecting=explore.jobs[-1].uuid,
        )
        decide.config.on_missing_references = OnMissing.NONE
        decide.update_metadata({"step": "decide"})
        for part in (explore, decide):
            part.append_name(f", sweep {turn.sweep}", dynamic=False)
            part.update_metadata({"sweep": turn.sweep})
        return explore, decide

    def _continued(self, turn: Turn, jobs: list[Job]) -> Response:
        """Go on with a turn: jobs that make its potential, its sweep, and this job again."""
        if jobs:
            turn = turn.model_copy(update={"potential": jobs[-1].uuid})
        explore, decide = self._sweep(turn)
        here = CURRENT_JOB.job
        for part in (*jobs, *explore.jobs, decide):
            part.update_metadata({**here.metadata, **part.metadata, "sweep": turn.sweep})
        for part in jobs:
            part.append_name(f", sweep {turn.sweep}", dynamic=False)
        decide.set_uuid(here.uuid)
        decide.index = here.index + 1
        return Response(replace=Flow([*jobs, explore, decide], name=f"sweep {turn.sweep}"))

    def _record(
        self,
        turn: Turn,
        potential: PotentialDocument,
        selection: SelectionDocument,
        labelled: LabelledDocument | None,
    ) -> SweepRecord:
        known = turn.sweeps[-1].potential if turn.sweeps else None
        return SweepRecord(
            sweep=turn.sweep,
            stop=self.explore.stops[turn.stop],
            potential=potential.checksum,
            training=potential.training,
            test=potential.test if turn.test else None,
            labels=labelled.dataset.n_configurations if labelled else 0,
            failed_labels=labelled.failed if labelled else [],
            runs=selection.runs,
            candidates=selection.candidates,
            selected=selection.selected.n_configurations if selection.selected else 0,
            label_seconds=labelled.cpu_seconds if labelled else 0.0,
            fit_seconds=0.0 if potential.checksum == known else potential.cpu_seconds or 0.0,
            notes=[*turn.notes, *(w for w in selection.warnings if w not in potential.warnings)],
        )

    def _ended(
        self,
        reason: Reason,
        turn: Turn,
        potential: PotentialDocument,
        selection: SelectionDocument | None,
    ) -> LearningDocument:
        engine = self.label.calculation.engine
        extrapolating = []
        for run in selection.runs if selection else []:
            beyond = (
                run.largest_grade is not None and run.largest_grade > self.explore.select.threshold
            )
            if beyond or not run.completed:
                extrapolating.append(
                    f"{run.seed}, {run.temperature:g} K: "
                    f"{run.stopped or f'extrapolation grade {run.largest_grade:.3g}'}"
                )
        heard = [] if reason == "converged" else [f"the loop did not converge: {REASONS[reason]}"]
        return LearningDocument(
            input_hash=input_hash(
                "ActiveLearningFlowMaker", self, potential=potential.input_hash, sweep=turn.sweep
            ),
            parents=[turn.potential, turn.training, turn.seeds],
            versions=potential.versions,
            warnings=merge_warnings(potential.warnings, heard),
            engine=engine,
            functional=get_engine(engine).functional,
            reason=reason,
            converged=reason == "converged",
            extrapolating=extrapolating,
            threshold=self.explore.select.threshold,
            sweeps=turn.sweeps,
            profiles=selection.profiles if selection else [],
            potential=potential,
        )


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
