"""How a run stands, in numbers and names."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

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
