"""Cells repeated to a size."""

from collections.abc import Sequence
from math import prod

from pymatgen.core import Structure

from physics.errors import InputError


def supercell(structure: Structure, atoms: int, axes: Sequence[int] = (0, 1, 2)) -> Structure:
    """
    Repeat a cell until it has enough atoms, along its shortest period each time.

    Parameters
    ----------
    structure : Structure
        The cell, Å.
    atoms : int
        Least number of atoms.
    axes : sequence of int
        Axes along which it may be repeated; 0 and 1 for a boundary normal to the third.

    Returns
    -------
    Structure
        The supercell; its periods are as nearly equal as whole repeats make them.

    Raises
    ------
    InputError
        If there are no axes.
    """
    if not axes:
        raise InputError("no axes were given to repeat a cell along, expected some of 0, 1 and 2")
    repeats = [1, 1, 1]
    while prod(repeats) * len(structure) < atoms:
        axis = min(axes, key=lambda axis: structure.lattice.abc[axis] * repeats[axis])
        repeats[axis] += 1
    return structure * repeats
