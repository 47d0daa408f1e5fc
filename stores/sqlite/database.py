"""One connection to an SQLite file: opened late, shared by threads, never carried over a fork."""

import contextlib
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

from physics.errors import InputError

APPLICATION_ID = 0x7468696F
FORMAT = 1
TIMEOUT = 60.0

_REMEDIES = {
    sqlite3.SQLITE_NOTADB: "is not an SQLite database; give the file of a thioflow store or a new "
    "file name",
    sqlite3.SQLITE_CORRUPT: "is a damaged SQLite database; restore it from a copy, or rescue it "
    "with 'sqlite3 FILE .recover'",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; an existing folder was expected in which this user "
    "may create files; create the folder or give another file",
    sqlite3.SQLITE_READONLY: "cannot be written; a file and a folder were expected which this user "
    "may write; change their permissions or copy the store to a writable folder",
    sqlite3.SQLITE_PERM: "cannot be written; a file and a folder were expected which this user "
    "may write; change their permissions or copy the store to a writable folder",
    sqlite3.SQLITE_FULL: "has no room to grow: the disk is full; nothing of this update was "
    "written; free some space and repeat it",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error or is full; "
    "nothing of this update was written; check the disk ('df', 'dmesg') and repeat it",
    sqlite3.SQLITE_BUSY: "stayed locked by another process; expected it to be free in time; end "
    "the process that holds it ('fuser FILE' names it) and repeat",
    sqlite3.SQLITE_TOOBIG: "cannot hold a document beyond 1 GB; keep large data in files",
}


class Database:
    """
    One connection to one SQLite file in write-ahead mode.

    It opens on first use. Threads take turns on it; processes each have their own: it is closed
    before a fork and opened again, on both sides, when next used. Acknowledged writes survive the
    death of the process at any moment (kill -9). After a loss of power the file is intact but the
    last moments may be missing, since ``synchronous=NORMAL`` does not wait for the disk at each
    commit.

    Parameters
    ----------
    path
        The file; it is created if missing, its folder is not.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.matches: Callable[[str], bool] = lambda _: True
        self.lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._fault: BaseException | None = None
        _OPEN.add(self)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """
        Lend the connection to this thread.

        Yields
        ------
        sqlite3.Connection
            In autocommit mode; statements begun on it must end within the block.

        Raises
        ------
        InputError
            If the file cannot be used: what it is, what was expected, what to do.
        """
        with self.lock, self._explained():
            if self._connection is None:
                self._connection = self._opened()
            yield self._connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """
        Lend the connection within a write transaction: all of the block is kept, or nothing.

        Yields
        ------
        sqlite3.Connection
            Holding the write lock of the file.

        Raises
        ------
        InputError
            If the file cannot be used, or stays locked for longer than ``TIMEOUT`` (in s).
        """
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the connection; it opens again on next use."""
        with self.lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=TIMEOUT, isolation_level=None, check_same_thread=False
        )
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                self._claim(connection)
            self._check(connection)
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.create_function("matches", 1, self._matches)
        except BaseException:
            connection.close()
            raise
        return connection

    def _claim(self, connection: sqlite3.Connection) -> None:
        """Turn an empty file into a store; several processes may do so at once."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                    connection.execute(f"PRAGMA user_version={FORMAT}")
                connection.execute("COMMIT")
                if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
                    connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    def _check(self, connection: sqlite3.Connection) -> None:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if application != APPLICATION_ID or version != FORMAT:
            raise InputError(
                f"store {self.path}: given an SQLite database of another program or version "
                f"(application {application:#x}, format {version}), expected a store of thioflow "
                f"(application {APPLICATION_ID:#x}, format {FORMAT}); give another file."
            )

    def _matches(self, text: str) -> bool:
        try:
            return self.matches(text)
        except BaseException as fault:
            self._fault = fault
            raise

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn SQLite's errors into messages that say what to do."""
        self._fault = None
        try:
            yield
        except sqlite3.Error as error:
            if self._fault is not None:
                raise self._fault from None
            remedy = _REMEDIES.get(_code(error))
            if remedy is None:
                raise
            if not Path(self.path).parent.is_dir():
                remedy = "lies in a folder that does not exist; create the folder first"
            elif Path(self.path).is_dir():
                remedy = "is a folder; an SQLite file or a new file name was expected"
            raise InputError(f"store {self.path}: given file {remedy} ({error}).") from error


_OPEN: weakref.WeakSet[Database] = weakref.WeakSet()
_HELD: list[Database] = []


def _code(error: sqlite3.Error) -> int:
    """Return the primary result code of an error of SQLite, 0 if it has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _before_fork() -> None:
    _HELD.extend(_OPEN)
    for database in _HELD:
        database.lock.acquire()
        database.close()


def _after_fork_in_parent() -> None:
    while _HELD:
        _HELD.pop().lock.release()


def _after_fork_in_child() -> None:
    while _HELD:
        _HELD.pop().lock = threading.RLock()


os.register_at_fork(
    before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
)
