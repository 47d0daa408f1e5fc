"""Cells repeated to a size, as jobs."""

from jobflow import job
from pymatgen.core import Structure

from physics.structures.supercell import supercell


@job
def repeat_cell(structure: Structure, atoms: int, *, in_plane: bool = False) -> Structure:
    """
    Repeat a cell for molecular dynamics.

    Parameters
    ----------
    structure : Structure
        The cell, Å.
    atoms : int
        Least number of atoms.
    in_plane : bool
        Whether it is repeated in the xy plane alone, as a boundary is.

    Returns
    -------
    Structure
        The supercell.
    """
    return supercell(structure, atoms, (0, 1) if in_plane else (0, 1, 2))
