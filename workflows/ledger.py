"""The ledger: what is known of each run and of each of its jobs, in a SQLite file."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from physics.errors import InputError
from workflows.lock import is_held
from workflows.schedule import ENDED, Node, State, Stop

TABLES = """
CREATE TABLE IF NOT EXISTS ledger_runs (
    name TEXT PRIMARY KEY, created TEXT NOT NULL, root TEXT NOT NULL, study TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger_jobs (
    run TEXT NOT NULL REFERENCES ledger_runs (name),
    sequence INTEGER NOT NULL,
    uuid TEXT NOT NULL, "index" INTEGER NOT NULL, name TEXT NOT NULL, strict INTEGER NOT NULL,
    origin INTEGER, awaited INTEGER NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL, deaths INTEGER NOT NULL,
    stop TEXT NOT NULL, cause INTEGER, error TEXT,
    directory TEXT, pid INTEGER, started TEXT, finished TEXT,
    job TEXT NOT NULL,
    UNIQUE (run, sequence), UNIQUE (run, uuid, "index")
);
CREATE TABLE IF NOT EXISTS ledger_edges (
    run TEXT NOT NULL, parent INTEGER NOT NULL, child INTEGER NOT NULL,
    PRIMARY KEY (run, child, parent)
) WITHOUT ROWID;
"""


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
        Number of jobs by state.
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


@dataclass(frozen=True)
class Entry:
    """
    A job as it enters the ledger.

    Parameters
    ----------
    node : Node
        Its place in the schedule.
    text : str
        The job as JSON.
    """

    node: Node
    text: str = field(repr=False)


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
        raise InputError(f"no ledger at {path.resolve()}: no run was started there yet")
    with Ledger(path) as ledger:
        return ledger.summary(run)


class Ledger:
    """
    The runs of one SQLite file, which may be the file of the store.

    Every method that writes belongs inside `transaction`; what one transaction holds is in the
    file entirely or not at all, also after kill -9.

    Parameters
    ----------
    path : Path
        The file; its tables are created if they are missing.

    Raises
    ------
    InputError
        If the file cannot be written or is not a SQLite file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._sql = sqlite3.connect(path, timeout=60, isolation_level=None)
            self._sql.row_factory = sqlite3.Row
            self._sql.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {TABLES}")
        except sqlite3.Error as error:
            raise InputError(
                f"the ledger {path} cannot be used: {error}. It must be a SQLite file, or a new "
                f"file in a folder that can be written to."
            ) from error

    def __enter__(self) -> Self:
        """Return the ledger itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._sql.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """
        Write all that the block writes, or nothing.

        Raises
        ------
        InputError
            If the file cannot be written, for example because the disk is full.
        """
        try:
            with self._sql:
                self._sql.execute("BEGIN IMMEDIATE")
                yield
        except sqlite3.Error as error:
            raise InputError(
                f"the ledger {self.path} cannot be written: {error}. Nothing that it holds is "
                f"lost; make room or rights, then resume the run."
            ) from error

    def runs(self) -> list[str]:
        """
        List the runs.

        Returns
        -------
        list of str
            Their names, in the order in which they were created.
        """
        rows = self._sql.execute("SELECT name FROM ledger_runs ORDER BY created, name")
        return [name for (name,) in rows]

    def create(self, run: str, root: Path, study: str) -> None:
        """
        Begin a run.

        Parameters
        ----------
        run : str
            Its name.
        root : Path
            Its folder.
        study : str
            What the caller wants to know of it later.
        """
        self._sql.execute(
            "INSERT INTO ledger_runs VALUES (?, ?, ?, ?)", (run, _now(), str(root), study)
        )

    def root(self, run: str) -> Path:
        """
        Say where a run has its folder.

        Parameters
        ----------
        run : str
            Name of the run.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        InputError
            If the ledger has no such run.
        """
        row = self._sql.execute("SELECT root FROM ledger_runs WHERE name = ?", (run,)).fetchone()
        if row is None:
            known = ", ".join(self.runs()) or "none"
            raise InputError(
                f"{self.path} knows no run {run!r}; it knows: {known}. Start a run first, or "
                f"name the store that holds it."
            )
        return Path(row[0])

    def move(self, run: str, root: Path) -> None:
        """
        Note that the folder of a run was moved.

        Parameters
        ----------
        run : str
            Name of the run.
        root : Path
            The folder it has now.
        """
        self._sql.execute("UPDATE ledger_runs SET root = ? WHERE name = ?", (str(root), run))

    def nodes(self, run: str) -> list[Node]:
        """
        Read the jobs of a run.

        Parameters
        ----------
        run : str
            Name of the run.

        Returns
        -------
        list of Node
            In order of their sequence, in the states they were left in.
        """
        parents: dict[int, list[int]] = {}
        for parent, child in self._sql.execute(
            "SELECT parent, child FROM ledger_edges WHERE run = ?", (run,)
        ):
            parents.setdefault(child, []).append(parent)
        rows = self._sql.execute(
            'SELECT sequence, uuid, "index", name, strict, origin, awaited, state, attempts, '
            "deaths, stop, cause FROM ledger_jobs WHERE run = ? ORDER BY sequence",
            (run,),
        )
        return [
            Node(
                sequence=row["sequence"],
                uuid=row["uuid"],
                index=row["index"],
                name=row["name"],
                strict=bool(row["strict"]),
                parents=tuple(parents.get(row["sequence"], ())),
                origin=row["origin"],
                awaited=bool(row["awaited"]),
                state=State(row["state"]),
                attempts=row["attempts"],
                deaths=row["deaths"],
                stop=Stop(row["stop"]),
                cause=row["cause"],
            )
            for row in rows
        ]

    def job(self, run: str, sequence: int) -> str:
        """
        Read a job.

        Parameters
        ----------
        run : str
            Name of the run.
        sequence : int
            Number of the job.

        Returns
        -------
        str
            The job as JSON.
        """
        return self._sql.execute(
            "SELECT job FROM ledger_jobs WHERE run = ? AND sequence = ?", (run, sequence)
        ).fetchone()[0]

    def add(self, run: str, entries: Iterable[Entry]) -> None:
        """
        Write new jobs.

        Parameters
        ----------
        run : str
            Name of the run.
        entries : iterable of Entry
            The jobs.
        """
        for entry in entries:
            node = entry.node
            self._sql.execute(
                "INSERT INTO ledger_jobs VALUES "
                "(?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '', ?, NULL, NULL, NULL, NULL, NULL, ?)",
                (
                    run,
                    node.sequence,
                    node.uuid,
                    node.index,
                    node.name,
                    node.strict,
                    node.origin,
                    node.awaited,
                    node.state,
                    node.cause,
                    entry.text,
                ),
            )
            self._sql.executemany(
                "INSERT INTO ledger_edges VALUES (?, ?, ?)",
                [(run, parent, node.sequence) for parent in node.parents],
            )

    def start(self, run: str, node: Node, directory: Path, pid: int) -> None:
        """
        Note that a job was handed to a worker.

        Parameters
        ----------
        run : str
            Name of the run.
        node : Node
            The job.
        directory : Path
            Folder of this attempt.
        pid : int
            Process id of the worker.
        """
        self._sql.execute(
            "UPDATE ledger_jobs SET state = ?, attempts = ?, directory = ?, pid = ?, started = ?, "
            "finished = NULL, error = NULL WHERE run = ? AND sequence = ?",
            (node.state, node.attempts, str(directory), pid, _now(), run, node.sequence),
        )

    def change(self, run: str, node: Node, error: str | None = None) -> None:
        """
        Note the state that a job came to.

        Parameters
        ----------
        run : str
            Name of the run.
        node : Node
            The job.
        error : str or None
            What went wrong.
        """
        self._sql.execute(
            "UPDATE ledger_jobs SET state = ?, attempts = ?, deaths = ?, stop = ?, cause = ?, "
            "error = ?, finished = ? WHERE run = ? AND sequence = ?",
            (
                node.state,
                node.attempts,
                node.deaths,
                node.stop,
                node.cause,
                error,
                _now() if node.state in ENDED else None,
                run,
                node.sequence,
            ),
        )

    def remove(self, run: str, sequences: Iterable[int]) -> None:
        """
        Forget jobs.

        Parameters
        ----------
        run : str
            Name of the run.
        sequences : iterable of int
            Numbers of jobs that no remaining job depends on.
        """
        keys = [(run, sequence) for sequence in sequences]
        self._sql.executemany("DELETE FROM ledger_edges WHERE run = ? AND child = ?", keys)
        self._sql.executemany("DELETE FROM ledger_jobs WHERE run = ? AND sequence = ?", keys)

    def summary(self, run: str) -> Summary:
        """
        Sum up a run.

        Parameters
        ----------
        run : str
            Name of the run.

        Returns
        -------
        Summary
            How it stands; jobs that a lost runner left running count as ready.

        Raises
        ------
        InputError
            If the ledger has no such run.
        """
        root = self.root(run)
        active = is_held(root)
        created, study = self._sql.execute(
            "SELECT created, study FROM ledger_runs WHERE name = ?", (run,)
        ).fetchone()
        counts = dict.fromkeys(State, 0)
        for state, count in self._sql.execute(
            "SELECT state, count(*) FROM ledger_jobs WHERE run = ? GROUP BY state", (run,)
        ):
            counts[State(state)] = count
        if not active:
            counts[State.READY] += counts[State.RUNNING]
            counts[State.RUNNING] = 0
        return Summary(
            run=run,
            study=study,
            created=datetime.fromisoformat(created),
            root=root,
            active=active,
            counts=counts,
            failed=self._troubles(run, State.FAILED, "{error}"),
            blocked=self._troubles(run, State.BLOCKED, "it needs {cause}, which failed"),
            cancelled=self._troubles(run, State.CANCELLED, "stopped by {cause}"),
        )

    def _troubles(self, run: str, state: State, message: str) -> tuple[Trouble, ...]:
        rows = self._sql.execute(
            "SELECT job.sequence, job.name, job.uuid, job.directory, job.error, cause.name "
            "FROM ledger_jobs job LEFT JOIN ledger_jobs cause "
            "ON cause.run = job.run AND cause.sequence = job.cause "
            "WHERE job.run = ? AND job.state = ? ORDER BY job.sequence",
            (run, state),
        )
        return tuple(
            Trouble(
                sequence,
                name,
                uuid,
                Path(directory) if directory else None,
                message.format(error=error, cause=cause),
            )
            for sequence, name, uuid, directory, error, cause in rows
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
