"""Potentials in files, with their active sets."""

from pathlib import Path

from physics.potentials.active_set_file import read_active_set
from physics.potentials.files import read_potential
from stores.documents import StoredPotential

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
