"""Potentials in files, with their active sets."""

from collections.abc import Mapping
from pathlib import Path

import ase.io

from physics.errors import InputError
from physics.potentials.active_set_file import read_active_set, write_active_set
from physics.potentials.files import read_potential, write_potential
from stores.documents import DatasetDocument, StoredPotential

ACTIVE_SET = ".active.npz"
"""What the name of an active set ends in, in place of .mtp."""


def read_stored_potential(path: Path) -> StoredPotential:
    """
    Read a potential, and its active set if that is beside it.

    Parameters
    ----------
    path : Path
        The potential, NAME.mtp; its active set is NAME.active.npz.

    Returns
    -------
    StoredPotential
        Both.

    Raises
    ------
    InputError
        If a file is missing or cannot be read, or the active set is of another potential.
    """
    potential = read_potential(path)
    beside = path.with_suffix(ACTIVE_SET)
    active = read_active_set(beside, potential) if beside.exists() else None
    return StoredPotential.of(potential, active)


def files_of(path: Path, sets: Mapping[str, object]) -> dict[str, Path]:
    """
    Name the files of a potential.

    Parameters
    ----------
    path : Path
        The potential, NAME.mtp.
    sets : mapping
        Data sets by what they are, such as ``training``.

    Returns
    -------
    dict of str to Path
        ``potential``, ``active set``, and each data set, NAME.WHAT.extxyz.

    Raises
    ------
    InputError
        If the name does not end in .mtp.
    """
    if path.suffix != ".mtp":
        raise InputError(f"'{path}' given for a potential, expected a name that ends in .mtp")
    beside = {what: path.with_suffix(f".{what}.extxyz") for what in sets}
    return {"potential": path, "active set": path.with_suffix(ACTIVE_SET), **beside}


def write_stored_potential(
    path: Path, stored: StoredPotential, sets: Mapping[str, DatasetDocument]
) -> None:
    """
    Write a potential, its active set, and what it was trained and tested on.

    Parameters
    ----------
    path : Path
        The potential, NAME.mtp; files are replaced.
    stored : StoredPotential
        The potential, with an active set or without.
    sets : mapping of str to DatasetDocument
        Data sets by what they are; each becomes extended XYZ, with its labels and groups.

    Raises
    ------
    InputError
        If the name does not end in .mtp, or a document was read without its blobs.
    """
    files = files_of(path, sets)
    write_potential(path, stored.potential())
    if (active := stored.restored_active_set()) is not None:
        write_active_set(files["active set"], active)
    for what, dataset in sets.items():
        ase.io.write(files[what], dataset.to_images(), format="extxyz")
