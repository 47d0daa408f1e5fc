"""How a run stands, in numbers and names."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from physics.errors import InputError
from workflows.local.ledger import Ledger
from workflows.local.lock import is_held
from workflows.local.schedule import ENDED, State


@dataclass(frozen=True)
class Trouble:
    """
    A job of a run that has no result.

    Parameters
    ----------
    sequence : int
        Number of the job in its run.
    name, uuid : str
        The job's own.
    directory : Path or None
        Folder of its last attempt, with ``job.log``; None if it was not started.
    error : str
        What went wrong, or the name of the job that blocked or stopped it.
    """

    sequence: int
    name: str
    uuid: str
    directory: Path | None
    error: str


@dataclass(frozen=True)
class Summary:
    """
    How a run stands.

    Parameters
    ----------
    run, study : str
        Its name, and what the caller noted of its study.
    created : datetime
        When it was started first.
    root : Path
        Folder of the run.
    active : bool
        Whether a runner works on it now.
    counts : dict
        Number of jobs by state; jobs that a lost runner left running count as ready.
    failed, blocked, cancelled : tuple of Trouble
        The jobs without result, in order of their sequence.
    """

    run: str
    study: str
    created: datetime
    root: Path
    active: bool
    counts: dict[State, int]
    failed: tuple[Trouble, ...]
    blocked: tuple[Trouble, ...]
    cancelled: tuple[Trouble, ...]

    @property
    def finished(self) -> bool:
        """Whether nothing is left to run."""
        return all(not count or state in ENDED for state, count in self.counts.items())

    @property
    def succeeded(self) -> bool:
        """Whether nothing is left to run and nothing failed."""
        return self.finished and not self.failed


def status(path: Path, run: str) -> Summary:
    """
    Say how a run stands, whether it is being worked on or not.

    Parameters
    ----------
    path : Path
        File of the ledger.
    run : str
        Name of the run.

    Returns
    -------
    Summary
        Counts by state, and the jobs without result.

    Raises
    ------
    InputError
        If there is no such file or no such run in it.
    """
    if not path.is_file():
        raise InputError(
            f"no store at {path.resolve()}: no run was started there yet. Start a run first, or "
            f"name the store that holds it."
        )
    with Ledger(path) as ledger:
        return summarise(ledger, run)


def summarise(ledger: Ledger, run: str) -> Summary:
    """
    Sum a run up.

    Parameters
    ----------
    ledger : Ledger
        The ledger.
    run : str
        Name of the run.

    Returns
    -------
    Summary
        How it stands.

    Raises
    ------
    InputError
        If the ledger has no such run.
    """
    about = ledger.about(run)
    root = Path(about["root"])
    active = is_held(root)
    counts = dict.fromkeys(State, 0)
    for state, count in ledger.read(
        "SELECT state, count(*) FROM ledger_jobs WHERE run = ? GROUP BY state", (run,)
    ):
        counts[State(state)] = count
    if not active:
        counts[State.READY] += counts[State.RUNNING]
        counts[State.RUNNING] = 0
    return Summary(
        run=run,
        study=about["study"],
        created=datetime.fromisoformat(about["created"]),
        root=root,
        active=active,
        counts=counts,
        failed=_troubles(ledger, run, State.FAILED, "{error}"),
        blocked=_troubles(ledger, run, State.BLOCKED, "it needs {cause}, which failed"),
        cancelled=_troubles(ledger, run, State.CANCELLED, "stopped by {cause}"),
    )


def _troubles(ledger: Ledger, run: str, state: State, message: str) -> tuple[Trouble, ...]:
    rows = ledger.read(
        "SELECT job.*, cause.name cause_name FROM ledger_jobs job LEFT JOIN ledger_jobs cause "
        "ON cause.run = job.run AND cause.sequence = job.cause "
        "WHERE job.run = ? AND job.state = ? ORDER BY job.sequence",
        (run, state),
    )
    return tuple(
        Trouble(
            sequence=row["sequence"],
            name=row["name"],
            uuid=row["uuid"],
            directory=Path(row["directory"]) if row["directory"] else None,
            error=message.format(error=row["error"], cause=row["cause_name"]),
        )
        for row in rows
    )
