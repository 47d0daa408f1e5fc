"""The lock of a run: held by its runner and by each of its workers, until the last has died."""

import fcntl
import os
import socket
import time
from pathlib import Path
from typing import Self

from physics.errors import InputError

LOCK_FILE = "runner.lock"
PATIENCE = 30.0
"""Seconds that the workers of a lost runner are given to die."""


class RunLock:
    """
    The exclusive right to work on a run.

    The lock is one on an open file, which worker processes inherit: it is free again when the
    runner and all its workers are gone, however they went. A runner that was killed leaves
    workers that die within moments; the next one waits for that.

    Parameters
    ----------
    folder : Path
        Folder of the run.

    Raises
    ------
    InputError
        If another runner works on the run, or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / LOCK_FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise InputError(
                f"the folder {folder} cannot be used for the run: {error}. Choose a folder that "
                f"can be written to."
            ) from error
        try:
            self._wait(path)
            os.ftruncate(self.descriptor, 0)
            os.pwrite(self.descriptor, f"{os.getpid()} {socket.gethostname()}".encode(), 0)
        except BaseException:
            os.close(self.descriptor)
            raise

    def __enter__(self) -> Self:
        """Return the lock itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go, as far as this process is concerned."""
        os.ftruncate(self.descriptor, 0)
        os.close(self.descriptor)

    def _wait(self, path: Path) -> None:
        deadline = time.monotonic() + PATIENCE
        while not _lock(self.descriptor, fcntl.LOCK_EX):
            owner = path.read_text()
            if time.monotonic() > deadline or _lives(owner):
                raise InputError(
                    f"the run in {path.parent} is being worked on (process and machine: "
                    f"{owner or 'unknown'}). Wait for it, or stop it first; if that process is "
                    f"gone, its workers are still busy dying: try again in a minute."
                )
            time.sleep(0.05)


def is_held(folder: Path) -> bool:
    """
    Say whether a run is being worked on.

    Parameters
    ----------
    folder : Path
        Folder of the run.

    Returns
    -------
    bool
        True while a runner, or a worker that it left, lives.
    """
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lives(owner: str) -> bool:
    """Say whether the process that wrote the lock file may be alive."""
    pid, _, host = owner.partition(" ")
    if not pid or host != socket.gethostname():
        return bool(pid)
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
