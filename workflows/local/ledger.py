"""The ledger: what is known of each run and of each of its jobs, in a SQLite file."""

import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from physics.errors import InputError
from stores.sqlite.database import Database
from workflows.local.schedule import ENDED, Node, State, Stop

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS ledger_runs (
        name TEXT PRIMARY KEY, created TEXT NOT NULL, root TEXT NOT NULL, study TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS ledger_jobs (
        run TEXT NOT NULL, sequence INTEGER NOT NULL,
        uuid TEXT NOT NULL, "index" INTEGER NOT NULL, name TEXT NOT NULL, strict INTEGER NOT NULL,
        origin INTEGER, awaited INTEGER NOT NULL,
        state TEXT NOT NULL, attempts INTEGER NOT NULL, deaths INTEGER NOT NULL,
        stop TEXT NOT NULL, cause INTEGER, error TEXT,
        directory TEXT, pid INTEGER, started TEXT, finished TEXT,
        job TEXT NOT NULL,
        UNIQUE (run, sequence), UNIQUE (run, uuid, "index")
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS ledger_edges (
        run TEXT NOT NULL, parent INTEGER NOT NULL, child INTEGER NOT NULL,
        PRIMARY KEY (run, child, parent)
    ) WITHOUT ROWID
    """,
    "ALTER TABLE ledger_edges ADD COLUMN reads INTEGER NOT NULL DEFAULT 0",
)


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


class Ledger:
    """
    The runs of one SQLite file, which may be the file of the store.

    Every method that writes belongs inside `transaction`; what one transaction holds is in the
    file entirely or not at all, also after kill -9.

    Parameters
    ----------
    path : Path
        The file; it and its tables are created if they are missing.

    Raises
    ------
    InputError
        If the file cannot be used, by any method.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = Database(str(path))
        if not self._has_tables():
            with self.transaction():
                for statement in () if self._has_tables() else TABLES:
                    self._write(statement)

    def __enter__(self) -> Self:
        """Return the ledger itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()

    def transaction(self) -> AbstractContextManager[object]:
        """
        Write all that the block writes, or nothing.

        Returns
        -------
        context manager
            Of the transaction.
        """
        return self._file.writing()

    def runs(self) -> list[str]:
        """
        List the runs.

        Returns
        -------
        list of str
            Their names, in the order in which they were created.
        """
        rows = self.read("SELECT name FROM ledger_runs ORDER BY created, name")
        return [row["name"] for row in rows]

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
        return Path(self.about(run)["root"])

    def create(self, run: str, root: Path, study: str) -> None:
        """
        Begin a run.

        Parameters
        ----------
        run : str
            Name of the run.
        root : Path
            Its folder.
        study : str
            What the caller wants to know of it later.
        """
        self._write("INSERT INTO ledger_runs VALUES (?, ?, ?, ?)", (run, _now(), str(root), study))

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
        self._write("UPDATE ledger_runs SET root = ? WHERE name = ?", (str(root), run))

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
        read: dict[int, list[int]] = {}
        for parent, child, reads in self.read(
            "SELECT parent, child, reads FROM ledger_edges WHERE run = ?", (run,)
        ):
            parents.setdefault(child, []).append(parent)
            if reads:
                read.setdefault(child, []).append(parent)
        rows = self.read(
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
                reads=tuple(read.get(row["sequence"], ())),
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
            Its number.

        Returns
        -------
        str
            The job as JSON.
        """
        (row,) = self.read(
            "SELECT job FROM ledger_jobs WHERE run = ? AND sequence = ?", (run, sequence)
        )
        return row["job"]

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
            self._write(
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
            for parent in node.parents:
                self._write(
                    "INSERT INTO ledger_edges VALUES (?, ?, ?, ?)",
                    (run, parent, node.sequence, parent in node.reads),
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
        self._write(
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
        self._write(
            "UPDATE ledger_jobs SET state = ?, deaths = ?, stop = ?, cause = ?, error = ?, "
            "finished = ? WHERE run = ? AND sequence = ?",
            (
                node.state,
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
        for key in [(run, sequence) for sequence in sequences]:
            self._write("DELETE FROM ledger_edges WHERE run = ? AND child = ?", key)
            self._write("DELETE FROM ledger_jobs WHERE run = ? AND sequence = ?", key)

    def about(self, run: str) -> sqlite3.Row:
        """
        Read what is known of a run as a whole.

        Parameters
        ----------
        run : str
            Name of the run.

        Returns
        -------
        sqlite3.Row
            Its name, created, root and study.

        Raises
        ------
        InputError
            If the ledger has no such run.
        """
        rows = self.read("SELECT * FROM ledger_runs WHERE name = ?", (run,))
        if not rows:
            raise InputError(
                f"{self.path} knows no run {run!r}; it knows: "
                f"{', '.join(self.runs()) or 'none'}. Start the run first, or name the store that "
                f"holds it."
            )
        return rows[0]

    def read(self, query: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """
        Query the tables.

        Parameters
        ----------
        query : str
            A SELECT statement.
        values : tuple
            Values of its parameters.

        Returns
        -------
        list of sqlite3.Row
            All rows.
        """
        with self._file.reading() as connection:
            cursor = connection.cursor()
            cursor.row_factory = sqlite3.Row
            return cursor.execute(query, values).fetchall()

    def _has_tables(self) -> bool:
        return bool(self.read("SELECT 1 FROM pragma_table_info('ledger_edges') WHERE name='reads'"))

    def _write(self, statement: str, values: tuple[Any, ...] = ()) -> None:
        with self._file.reading() as connection:
            connection.execute(statement, values)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
