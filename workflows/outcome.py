"""What a sweep of active learning, and the loop as a whole, leave behind."""

from collections.abc import Sequence

from makers.engines import get_engine
from stores.documents import (
    LabelledDocument,
    LearningDocument,
    PotentialDocument,
    RunRecord,
    SelectionDocument,
    SweepRecord,
    merge_warnings,
)
from stores.documents.learning import REASONS, Reason
from workflows.loop_state import LoopState

DIVERGED, HOPELESS = 5.0, 1.0
"""A fit diverged whose mean absolute error of force components on its training set is so many times
larger than that of the fit before, and larger than so many eV/Å [choice]."""


def diverged(potential: PotentialDocument, before: PotentialDocument) -> bool:
    """
    Tell a fit that went wrong.

    Parameters
    ----------
    potential : PotentialDocument
        The potential.
    before : PotentialDocument
        The one that its fit began with.

    Returns
    -------
    bool
        Whether its errors on the training set are those of no potential.
    """
    error, known = (p.training.overall.forces.mae for p in (potential, before))
    return bool(error > max(HOPELESS, DIVERGED * known))


def counted(sweep: SweepRecord, temperatures: Sequence[float]) -> list[RunRecord]:
    """
    Give the runs of a sweep that a loop waits for.

    Parameters
    ----------
    sweep : SweepRecord
        The sweep.
    temperatures : sequence of float
        Temperatures that count, K.

    Returns
    -------
    list of RunRecord
        The runs at these.
    """
    return [run for run in sweep.runs if run.temperature in temperatures]


def largest_grade(sweep: SweepRecord, temperatures: Sequence[float]) -> float:
    """
    Give the largest grade of a sweep in the runs that count.

    Parameters
    ----------
    sweep : SweepRecord
        The sweep.
    temperatures : sequence of float
        Temperatures that count, K.

    Returns
    -------
    float
        The grade; 0 where none is known.
    """
    grades = [run.largest_grade for run in counted(sweep, temperatures)]
    return max((grade for grade in grades if grade is not None), default=0.0)


def sweep_record(
    state: LoopState,
    stop: float,
    potential: PotentialDocument,
    selection: SelectionDocument,
    labelled: LabelledDocument | None,
) -> SweepRecord:
    """
    Record a sweep.

    Parameters
    ----------
    state : LoopState
        Where the loop stands.
    stop : float
        Grade at which runs stopped.
    potential : PotentialDocument
        The potential that explored.
    selection : SelectionDocument
        What was selected.
    labelled : LabelledDocument or None
        What was labelled before the fit.

    Returns
    -------
    SweepRecord
        The record.
    """
    known = state.sweeps[-1].potential if state.sweeps else None
    return SweepRecord(
        sweep=state.sweep,
        stop=stop,
        potential=potential.checksum,
        training=potential.training,
        test=potential.test if "test" in state.jobs else None,
        labels=labelled.dataset.n_configurations if labelled else 0,
        failed_labels=labelled.failed if labelled else [],
        runs=selection.runs,
        candidates=selection.candidates,
        selected=selection.selected.n_configurations if selection.selected else 0,
        label_seconds=labelled.cpu_seconds if labelled else 0.0,
        fit_seconds=0.0 if potential.checksum == known else potential.cpu_seconds or 0.0,
        notes=[*state.notes, *(w for w in selection.warnings if w not in potential.warnings)],
    )


def learning_document(
    reason: Reason,
    state: LoopState,
    potential: PotentialDocument,
    selection: SelectionDocument | None,
    *,
    engine: str,
    threshold: float,
    input_hash: str,
) -> LearningDocument:
    """
    Say how a loop ended.

    Parameters
    ----------
    reason : str
        Why it ended, a key of `REASONS`.
    state : LoopState
        Where it stands.
    potential : PotentialDocument
        The potential that it ends with.
    selection : SelectionDocument or None
        What the last sweep selected; None if there was none.
    engine : str
        Engine of the labels.
    threshold : float
        Grade beyond which configurations were selected.
    input_hash : str
        Hash of what determines the loop.

    Returns
    -------
    LearningDocument
        The document, with a warning if the loop did not converge.
    """
    converged = reason == "converged"
    heard = [] if converged else [f"the loop did not converge: {REASONS[reason]}"]
    extrapolating = []
    for run in selection.runs if selection else []:
        grade = run.largest_grade
        if not run.completed or (grade is not None and grade > threshold):
            why = run.stopped or f"extrapolation grade {grade:.3g}"
            extrapolating.append(f"{run.seed}, {run.temperature:g} K: {why}")
    return LearningDocument(
        input_hash=input_hash,
        parents=[state.jobs[name] for name in ("potential", "training", "seeds")],
        versions=potential.versions,
        warnings=merge_warnings(potential.warnings, heard),
        engine=engine,
        functional=get_engine(engine).functional,
        reason=reason,
        converged=converged,
        extrapolating=extrapolating,
        threshold=threshold,
        sweeps=state.sweeps,
        profiles=selection.profiles if selection else [],
        potential=potential,
    )
