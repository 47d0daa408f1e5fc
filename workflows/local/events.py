"""What a runner tells while it works."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workflows.local.schedule import Node, State

Kind = Literal["added", "started", "done", "failed", "retried", "blocked", "cancelled"]


@dataclass(frozen=True)
class Event:
    """
    Something that happened in a run, told after the ledger has it.

    Parameters
    ----------
    kind : str
        ``retried``: the worker died and the job will run again. The others speak for themselves.
    run : str
        Name of the run.
    node : Node
        The job.
    counts : dict
        Number of jobs of the run by state.
    directory : Path or None
        Folder of the job's attempt.
    error : str or None
        What went wrong.
    """

    kind: Kind
    run: str
    node: Node
    counts: dict[State, int]
    directory: Path | None = None
    error: str | None = None


class RunInterrupted(KeyboardInterrupt):
    """The runner was asked to stop (SIGINT, SIGTERM); the run can be resumed."""
