"""Running a study: check, run or continue, build properties, write the report."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from makers.engine import Engine
from makers.engines import get_engine
from makers.lammps import load_lammps
from physics.errors import InputError
from stores.documents import PropertyDocument
from stores.jobstore import open_job_store
from stores.results import PROPERTIES, Results
from stores.settings import Settings, get_settings
from workflows.local.crew import cores
from workflows.local.events import Event
from workflows.local.ledger import Ledger
from workflows.local.runner import resume, run_flow
from workflows.local.summary import Summary, status, summarise
from workflows.plan import PlannedJobs, plan_flow
from workflows.report import JobSummary, write_report
from workflows.study import Study

Listener = Callable[[Event], None]


@dataclass(frozen=True)
class Plan:
    """
    What a study would do.

    Parameters
    ----------
    study : str
        Its name.
    jobs : list of PlannedJobs
        Its jobs by kind.
    unavailable : str or None
        Why its engine cannot run here; None if it can.
    workers : int
        Worker processes that would share the work.
    """

    study: str
    jobs: list[PlannedJobs]
    unavailable: str | None
    workers: int


@dataclass(frozen=True)
class Outcome:
    """
    What a study has given.

    Parameters
    ----------
    summary : Summary
        How its jobs ended.
    properties : list of PropertyDocument
        Its results.
    report : Path
        The HTML report.
    store : Path
        The store that holds everything.
    faults : list of str
        Outputs that could not be analysed, and why.
    """

    summary: Summary
    properties: list[PropertyDocument]
    report: Path
    store: Path
    faults: list[str]

    @property
    def complete(self) -> bool:
        """Whether every job and every analysis succeeded."""
        return self.summary.succeeded and not self.faults


def plan_study(study_file: Path) -> Plan:
    """
    Say what a study would run and cost.

    Parameters
    ----------
    study_file : Path
        YAML file.

    Returns
    -------
    Plan
        Jobs, engine and cost; nothing was run or written.

    Raises
    ------
    InputError
        If the study, a structure or the engine cannot be used.
    """
    study = Study.from_file(study_file)
    structures = study.structures()
    engine = study.checked_engine()
    return Plan(
        study=study.name,
        jobs=plan_flow(study.flow(structures), structures),
        unavailable=engine.why_unavailable(),
        workers=_workers(get_settings(), None),
    )


def run_study(
    study_file: Path, listener: Listener, store: Path | None = None, workers: int | None = None
) -> Outcome:
    """
    Run a study, or continue it if it was started before.

    Parameters
    ----------
    study_file : Path
        YAML file.
    listener : callable
        Told of every event of the run.
    store : Path or None
        SQLite file of the store; default: the setting.
    workers : int or None
        Worker processes; default: the setting, or one a core.

    Returns
    -------
    Outcome
        How it ended, its results and its report.

    Raises
    ------
    InputError
        Before the first job, if the study, a structure, the engine or the store cannot be used,
        or if the store has a study of this name with another content.
    """
    settings = get_settings()
    path = store or settings.store
    study = Study.from_file(study_file)
    structures = study.structures()
    engine = study.checked_engine()
    for structure in structures.values():
        engine.require_elements(structure)
    _require(engine, settings)
    if study.dynamics is not None or any(glass.potential for glass in study.glasses):
        load_lammps()
    identity = json.dumps({"content": study.content_hash(structures), "engine": engine.name})
    job_store = open_job_store(path)
    with job_store:
        _refuse_other_content(path, study.name, identity)
    settings.export()
    summary = run_flow(
        study.flow(structures),
        run=study.name,
        store=job_store,
        ledger=path,
        root=settings.runs,
        workers=_workers(settings, workers),
        study=identity,
        on_event=listener,
    )
    return _finish(summary, path)


def resume_study(
    name: str,
    listener: Listener,
    store: Path | None = None,
    workers: int | None = None,
    *,
    retry_failed: bool = False,
) -> Outcome:
    """
    Continue a study that was stopped or killed.

    Parameters
    ----------
    name : str
        Name of the study.
    listener : callable
        Told of every event of the run.
    store : Path or None
        SQLite file of the store; default: the setting.
    workers : int or None
        Worker processes; default: the setting, or one a core.
    retry_failed : bool
        Whether jobs that failed run again.

    Returns
    -------
    Outcome
        How it ended, its results and its report.

    Raises
    ------
    InputError
        If the store has no such study, or if jobs are left and its engine is not available.
    """
    settings = get_settings()
    path = _existing(store or settings.store)
    before = status(path, name)
    if retry_failed or not before.finished:
        _require(get_engine(json.loads(before.study)["engine"]), settings)
    settings.export()
    summary = resume(
        name,
        store=open_job_store(path),
        ledger=path,
        root=settings.runs,
        workers=_workers(settings, workers),
        retry_failed=retry_failed,
        on_event=listener,
    )
    return _finish(summary, path)


def statuses(name: str | None, store: Path | None = None) -> list[Summary]:
    """
    Say how far studies are.

    Parameters
    ----------
    name : str or None
        One study; None for all of the store.
    store : Path or None
        SQLite file of the store; default: the setting.

    Returns
    -------
    list of Summary
        In the order in which they were started.

    Raises
    ------
    InputError
        If there is no store, or no such study in it.
    """
    path = _existing(store or get_settings().store)
    if name is not None:
        return [status(path, name)]
    with Ledger(path) as ledger:
        return [summarise(ledger, run) for run in ledger.runs()]


def open_results(store: Path | None) -> Results:
    """
    Open the query API on a store.

    Parameters
    ----------
    store : Path or None
        SQLite file; default: the setting.

    Returns
    -------
    Results
        The query API.

    Raises
    ------
    InputError
        If there is no store.
    """
    return Results(store or get_settings().store)


def write_study_report(results: Results, name: str, path: Path | None = None) -> Path:
    """
    Write the report of a study from what the store knows of it.

    Parameters
    ----------
    results : Results
        The store.
    name : str
        Name of the study.
    path : Path or None
        HTML file to write; default: ``report.html`` in the folder of the run.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the store knows nothing of this study, or the file cannot be written.
    """
    summary = status(results.path, name)
    faults = [f"job failed: {trouble.name}: {trouble.error}" for trouble in summary.failed]
    if not summary.finished:
        faults.append("the study is not finished: thioflow study resume goes on with it")
    jobs = [job for stored in results.jobs(name) if (job := JobSummary.from_job(stored))]
    return write_report(
        name, _properties(results, name), jobs, path or summary.root / "report.html", faults
    )


def _finish(summary: Summary, path: Path) -> Outcome:
    results = Results(path)
    faults = [fault for _, faults in results.build().values() for fault in faults]
    report = write_study_report(results, summary.run)
    return Outcome(summary, _properties(results, summary.run), report, path, faults)


def _properties(results: Results, name: str) -> list[PropertyDocument]:
    return [
        document
        for kind in PROPERTIES.values()
        for document in results.find(kind, {"study": name}, sort={"system": 1})
    ]


def _refuse_other_content(path: Path, name: str, identity: str) -> None:
    with Ledger(path) as ledger:
        if name not in ledger.runs():
            return
        known = ledger.about(name)["study"]
    if known != identity:
        raise InputError(
            f"the store {path} has a study '{name}' with another content (engine, settings or "
            f"structures): give this one another name, or another store with --store"
        )


def _require(engine: Engine, settings: Settings) -> None:
    if settings.mode != "replay":
        engine.require()


def _existing(path: Path) -> Path:
    return Results(path).path


def _workers(settings: Settings, asked: int | None) -> int:
    return asked or settings.workers or cores()
