"""The folder of a long run, which the next attempt at the same job finds again."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from physics.errors import InputError

LOCK_FILE = "lock"
KEY_FILE = "key"


@contextmanager
def run_folder(name: str) -> Iterator[Path]:
    """
    Give a run the folder that an earlier attempt left, or a new one.

    Job managers start each attempt in a folder of its own. The run lives in a folder within that
    of its first attempt; later attempts find it beside their own, by its name, and go on there. A
    folder in which a process is at work is left to it.

    Parameters
    ----------
    name : str
        Name of the folder; the same for attempts at the same job, and for no other.

    Yields
    ------
    Path
        The folder; it is this process's alone until the end of the context.
    """
    here = Path.cwd() / name
    left = [path for path in here.parent.parent.glob(f"*/{name}") if path != here]
    newest_first = sorted(left, key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in (*newest_first, here):
        folder.mkdir(exist_ok=True)
        lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if _locked(lock):
                yield folder
                return
        finally:
            os.close(lock)
    raise RuntimeError(f"{here} is being worked on by another process, which should not be")


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def sole(folder: Path) -> Iterator[None]:
    """
    Hold a folder for this process alone, until the end of the context.

    Parameters
    ----------
    folder : Path
        The folder; it exists.

    Raises
    ------
    InputError
        If another process works in it.
    """
    lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _locked(lock):
            raise InputError(
                f"{folder} is being worked on by another process; wait for it, or choose another "
                "folder"
            )
        yield
    finally:
        os.close(lock)


def claim(folder: Path, key: str) -> None:
    """
    Mark a folder as that of a run, or see that it is.

    Parameters
    ----------
    folder : Path
        The folder; it exists.
    key : str
        Hash of what determines the run.

    Raises
    ------
    InputError
        If it is the folder of another run.
    """
    mark = folder / KEY_FILE
    if not mark.exists():
        unfinished = mark.with_suffix(".part")
        unfinished.write_text(key)
        unfinished.replace(mark)
    elif mark.read_text() != key:
        raise InputError(
            f"{folder} has a run with other settings, another structure or another potential; "
            "choose another folder, or remove this one"
        )
