"""Structures as LAMMPS takes them: cells in lower triangular form, masses by type."""

from collections.abc import Sequence

import numpy as np
from ase import Atoms
from ase.data import atomic_masses, atomic_numbers

from physics.dynamics.frame import FloatArray
from physics.dynamics.protocol import Protocol
from physics.errors import InputError

TILT = 1e-6
"""Angle by which the normal of the first two lattice vectors may differ from z."""


def standard_orientation(atoms: Atoms) -> tuple[FloatArray, FloatArray]:
    """
    Turn a cell so that its first vector is along x, and the second in the xy plane.

    Parameters
    ----------
    atoms : ase.Atoms
        Structure, periodic in three dimensions.

    Returns
    -------
    cell : ndarray, shape (3, 3)
        Turned lattice vectors L as rows, lower triangular with a positive diagonal, Å.
    rotation : ndarray, shape (3, 3)
        Orthogonal Q with L Q the given cell; turned rows times Q are as given. A left-handed cell
        is mirrored too; one that has the form is not turned at all.

    Raises
    ------
    InputError
        If the structure is not periodic in three dimensions, its cell has no volume, or there are
        fewer than two atoms.
    """
    given = atoms.cell.array.copy()
    if len(atoms) < 2 or not atoms.pbc.all() or not atoms.cell.volume > 0:
        raise InputError(
            f"{len(atoms)} atoms with periodicity {atoms.pbc.tolist()} and cell "
            f"{given.tolist()} were given to LAMMPS, expected two or more in a cell periodic in "
            "three dimensions; add vacuum and make it periodic"
        )
    if not np.triu(given, 1).any() and (np.diag(given) > 0).all():
        return given, np.eye(3)
    turned, rotation = atoms.cell.standard_form()
    handedness = atoms.cell.handedness
    return np.tril(turned.array) * handedness, rotation * handedness


def check_couplings(protocol: Protocol, rotation: FloatArray) -> None:
    """
    Refuse a cell that is to move along z alone but is turned so that LAMMPS has another z.

    Parameters
    ----------
    protocol : Protocol
        What is to be run.
    rotation : ndarray, shape (3, 3)
        As `standard_orientation` gives it.

    Raises
    ------
    InputError
        If a stage has the coupling "z", and the first two lattice vectors are not in the xy plane.
    """
    for stage in protocol.stages:
        along_z = stage.ensemble == "npt" and stage.coupling == "z"
        if along_z and np.abs(rotation[2, :2]).max() > TILT:
            raise InputError(
                f"stage '{stage.name}': coupling 'z' given for a cell whose first two lattice "
                "vectors are not in the xy plane, expected them there: turn the structure"
            )


def type_masses(atoms: Atoms, species: Sequence[str]) -> list[float]:
    """
    Give the mass of each species.

    Parameters
    ----------
    atoms : ase.Atoms
        Structure.
    species : sequence of str
        Chemical symbols.

    Returns
    -------
    list of float
        Masses in that order, atomic mass units; the usual one where the structure has no such
        atom.

    Raises
    ------
    InputError
        If atoms of one element differ in mass.
    """
    masses = []
    for symbol in species:
        found = np.unique(atoms.get_masses()[atoms.symbols == symbol])
        if len(found) > 1:
            raise InputError(
                f"atoms of {symbol} with masses {found.tolist()} were given, expected one mass "
                "for an element, as LAMMPS has it; give all the same"
            )
        masses.append(float(found[0] if len(found) else atomic_masses[atomic_numbers[symbol]]))
    return masses
