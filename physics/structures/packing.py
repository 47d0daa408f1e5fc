"""Random packings of whole ions: where the melt-quench of a glass begins."""

from collections.abc import Mapping

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from pymatgen.core import Lattice, Structure
from scipy.constants import N_A
from scipy.spatial.transform import Rotation

from physics.errors import InputError
from physics.structures.composition import composition_of, require_balanced
from physics.structures.contacts import THIOPHOSPHATE, Thresholds, contacts
from physics.structures.ions import IONS
from physics.structures.relief import Relief, relieve
from physics.structures.units import Units

DENSITIES = (0.1, 10.0)
"""What can be a density in g/cm^3; glasses of Li, P and S have 1.5 to 2.5."""

ATTEMPTS = 3
"""Packings begun anew before giving up."""

FloatArray = NDArray[np.float64]


def pack(
    ions: Mapping[str, int],
    density: float,
    rng: Generator,
    in_plane: ArrayLike | None = None,
) -> Structure:
    """
    Pack ions at random.

    The ions are put at uniformly random places with uniformly random orientations, whatever they
    overlap, and then pushed apart as rigid bodies (`physics.structures.relief.relieve`) until no
    two atoms of different ions are closer than `physics.structures.contacts.THIOPHOSPHATE` allows.

    Parameters
    ----------
    ions : mapping of str to int
        Number of each ion, by its name in `physics.structures.ions.IONS`.
    density : float
        g/cm^3.
    rng : Generator
        Source of the random numbers.
    in_plane : array-like, shape (2, 2), optional
        Periods of the cell in the xy plane, in rows, Å; its third vector is along z, as long as
        the density asks. None: a cubic cell.

    Returns
    -------
    Structure
        The packing: whole ions one after the other, their centers within the cell, Å.

    Raises
    ------
    InputError
        If the ions are charged or unknown, the density or the cell is none, or the ions cannot be
        pushed apart at that density.
    """
    require_balanced(ions)
    lattice = cell_of(ions, density, in_plane)
    limits = pair_limits()
    for _ in range(ATTEMPTS):
        structure, units = _scattered(ions, lattice, rng)
        relief = relieve(structure, units, limits)
        if relief.overlap == 0:
            return _in_cell(relief, lattice)
    raise InputError(_jammed(relief, limits, density))


def cell_of(ions: Mapping[str, int], density: float, in_plane: ArrayLike | None = None) -> Lattice:
    """
    Give the cell that ions fill at a density.

    Parameters
    ----------
    ions : mapping of str to int
        Number of each ion.
    density : float
        g/cm^3.
    in_plane : array-like, shape (2, 2), optional
        Periods in the xy plane, in rows, Å. None: a cubic cell.

    Returns
    -------
    Lattice
        The cell, Å.

    Raises
    ------
    InputError
        If the density is not between those in `DENSITIES`, or the periods span no right-handed
        area.
    """
    low, high = DENSITIES
    if not low <= density <= high:
        hint = f"; {density} kg/m3 are {density / 1000:g} g/cm3" if 100 < density < np.inf else ""
        raise InputError(
            f"density: given {density} g/cm3, expected {low} to {high}, for a glass of Li, P and S "
            f"some 1.9{hint}"
        )
    volume = composition_of(ions).weight / (N_A * 1e-24) / density
    if in_plane is None:
        return Lattice.cubic(volume ** (1 / 3))
    periods = np.asarray(in_plane, dtype=float)
    if periods.shape != (2, 2) or not np.linalg.det(periods) > 0:
        raise InputError(
            f"in-plane cell: given {np.asarray(in_plane).tolist()}, expected two right-handed "
            "vectors in the xy plane, Å"
        )
    matrix = np.zeros((3, 3))
    matrix[:2, :2] = periods
    matrix[2, 2] = volume / np.linalg.det(periods)
    return Lattice(matrix)


def pair_limits() -> Thresholds:
    """
    Give the shortest distances of atoms of different ions.

    Returns
    -------
    Thresholds
        `physics.structures.contacts.THIOPHOSPHATE` as a matrix, Å.
    """
    elements = ("Li", "P", "S")
    lengths = [[THIOPHOSPHATE[min(a, b), max(a, b)] for b in elements] for a in elements]
    return Thresholds(elements, np.array(lengths))


def overlaps(
    structure: Structure, units: Units, limits: Thresholds
) -> tuple[NDArray[np.int64], FloatArray]:
    """
    List the atoms of different units that are too close.

    Parameters
    ----------
    structure : Structure
        Periodic structure, Å.
    units : Units
        Its units.
    limits : Thresholds
        Shortest allowed distances r_th.

    Returns
    -------
    pairs : ndarray of int, shape (n, 2)
        The atoms.
    short : ndarray, shape (n,)
        r_th - r > 0 of each pair, Å.
    """
    kinds = limits.kinds([site.specie.symbol for site in structure])
    near = contacts(structure, units, float(limits.lengths.max()))
    short = limits.lengths[kinds[near.first], kinds[near.second]] - near.distances
    close = short > 0
    return np.column_stack([near.first, near.second])[close], short[close]


def _scattered(
    ions: Mapping[str, int], lattice: Lattice, rng: Generator
) -> tuple[Structure, Units]:
    """Put ions anywhere in the cell, turned at random."""
    kinds = [name for name, count in ions.items() for _ in range(count)]
    symbols = [symbol for name in kinds for symbol in IONS[name].symbols]
    of_atom = np.repeat(np.arange(len(kinds)), [len(IONS[name].symbols) for name in kinds])
    turns = Rotation.random(len(kinds), rng=rng)
    offsets = turns[of_atom].apply(np.concatenate([IONS[name].positions for name in kinds]))
    centers = rng.random((len(kinds), 3)) @ lattice.matrix
    positions = centers[of_atom] + offsets
    structure = Structure(lattice, symbols, positions, coords_are_cartesian=True)
    return structure, Units(of_atom, centers, offsets, tuple(kinds))


def _in_cell(relief: Relief, lattice: Lattice) -> Structure:
    """Bring the centers of ions into the cell, the ions whole."""
    units = relief.units
    cells = np.floor(lattice.get_fractional_coords(units.centers))
    positions = (units.centers - cells @ lattice.matrix)[units.of_atom] + units.offsets
    return Structure(lattice, relief.structure.species, positions, coords_are_cartesian=True)


def _jammed(relief: Relief, limits: Thresholds, density: float) -> str:
    """Say how far a packing came."""
    pairs, short = overlaps(relief.structure, relief.units, limits)
    free = 1 - len(np.unique(relief.units.of_atom[pairs])) / len(relief.units)
    return (
        f"given {density} g/cm3, at which the ions could not be pushed apart in {ATTEMPTS} "
        f"attempts: {100 * free:.1f} % of them are free of overlap, {len(short)} contacts are too "
        f"short by up to {short.max():.2f} Å; give a lower density, or compress after packing"
    )
