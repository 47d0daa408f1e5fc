"""Files that are about to be written."""

from collections.abc import Iterable
from pathlib import Path

from physics.errors import InputError


def require_free(paths: Iterable[Path], *, force: bool) -> None:
    """
    Insist that files can be written.

    Parameters
    ----------
    paths : iterable of Path
        The files.
    force : bool
        Whether files that exist may be replaced.

    Raises
    ------
    InputError
        If a folder is missing or in the way, or a file exists already.
    """
    for path in paths:
        if not path.parent.is_dir():
            raise InputError(f"there is no folder {path.parent} to write {path.name} to; make it")
        if path.is_dir():
            raise InputError(f"{path} is a folder; give the name of a file")
        if path.exists() and not force:
            raise InputError(f"{path} exists already; give another name, or --force to replace it")
