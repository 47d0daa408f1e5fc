"""Contacts between units: how close is too close, and how close it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from physics.structures.units import Units, find_units, longest_bonds

THIOPHOSPHATE = {
    ("Li", "Li"): 2.4,
    ("Li", "P"): 2.4,
    ("Li", "S"): 2.0,
    ("P", "P"): 3.2,
    ("P", "S"): 2.9,
    ("S", "S"): 3.0,
}
"""Shortest distances of atoms of different units in lithium thiophosphates, Å."""

SHARE_OF_BULK = 0.8
"""For all other pairs: the same in units of the shortest such distance in the crystal."""

LARGEST = 3.2
"""No pair is held farther apart than that, unless it could bond, Å."""

NO_BOND = 0.05
"""By so much units that could bond are kept farther apart than a bond, Å."""

REACH = 6.0
_WHOLE = 1e-4


@dataclass(frozen=True)
class Thresholds:
    """
    Shortest allowed distances of atoms of different units.

    Parameters
    ----------
    elements : tuple of str
        Element symbols, in order.
    lengths : ndarray, shape (E, E)
        Symmetric, Å.
    """

    elements: tuple[str, ...]
    lengths: NDArray[np.float64]

    def kinds(self, symbols: Sequence[str]) -> NDArray[np.int64]:
        """
        Give the row of each atom's element.

        Parameters
        ----------
        symbols : sequence of str
            Element symbols, length N.

        Returns
        -------
        ndarray of int, shape (N,)
            Rows of `lengths`.
        """
        number = {symbol: index for index, symbol in enumerate(self.elements)}
        return np.array([number[symbol] for symbol in symbols])


def thresholds(*crystals: tuple[Structure, Units]) -> Thresholds:
    """
    Derive the shortest allowed distances from crystals.

    Parameters
    ----------
    *crystals : tuple of Structure and Units
        The crystals that a boundary joins.

    Returns
    -------
    Thresholds
        `THIOPHOSPHATE` for pairs of Li, P and S, otherwise `SHARE_OF_BULK` of the shortest
        distance between units in any of the crystals, at most `LARGEST`; so long that no new
        bond is found between units, and never longer than that shortest distance itself.
    """
    elements = sorted({site.specie.symbol for structure, _ in crystals for site in structure})
    bonds = longest_bonds(elements, {})
    found = [shortest_contacts(structure, units) for structure, units in crystals]
    lengths = np.zeros((len(elements), len(elements)))
    for (i, a), (j, b) in combinations_with_replacement(enumerate(elements), 2):
        in_bulk = min((contacts.get((a, b), REACH) for contacts in found), default=REACH)
        length = min(THIOPHOSPHATE.get((a, b), SHARE_OF_BULK * in_bulk), LARGEST)
        bond = bonds.get(frozenset((a, b)), 0.0)
        if bond < in_bulk:
            length = max(length, bond + NO_BOND)
        length = min(length, in_bulk)
        lengths[i, j] = lengths[j, i] = length
    return Thresholds(tuple(elements), lengths)


def shortest_contacts(
    structure: Structure, units: Units | None = None, reach: float = REACH
) -> dict[tuple[str, str], float]:
    """
    Find the shortest distance between atoms of different units for each pair of elements.

    Parameters
    ----------
    structure : Structure
        Any periodic structure, Å.
    units : Units, optional
        Its units; found by their bonds if not given.
    reach : float
        Longest distance looked for, Å.

    Returns
    -------
    dict of (str, str) to float
        Distance by the symbols in alphabetic order, Å; pairs farther apart than `reach` are
        missing.
    """
    units = find_units(structure) if units is None else units
    found = contacts(structure, units, reach)
    elements = sorted({site.specie.symbol for site in structure})
    kinds = np.array([elements.index(site.specie.symbol) for site in structure])
    shortest = np.full((len(elements), len(elements)), np.inf)
    np.minimum.at(shortest, (kinds[found.first], kinds[found.second]), found.distances)
    shortest = np.minimum(shortest, shortest.T)
    return {
        (a, b): float(shortest[i, j])
        for (i, a), (j, b) in combinations_with_replacement(enumerate(elements), 2)
        if np.isfinite(shortest[i, j])
    }


@dataclass(frozen=True)
class Contacts:
    """
    Pairs of atoms of different units; a unit and its periodic image are different.

    Parameters
    ----------
    first, second : ndarray of int, shape (C,)
        The atoms.
    translations : ndarray, shape (C, 3)
        Lattice vector added to the second atom, Å.
    distances : ndarray, shape (C,)
        Å.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    translations: NDArray[np.float64]
    distances: NDArray[np.float64]


def contacts(structure: Structure, units: Units, reach: float) -> Contacts:
    """
    List the pairs of atoms of different units up to a distance.

    Parameters
    ----------
    structure : Structure
        Any periodic structure, Å.
    units : Units
        Its units.
    reach : float
        Longest distance, Å.

    Returns
    -------
    Contacts
        Each pair once; an atom and its own image stand twice.
    """
    first, second, images, distances = structure.get_neighbor_list(reach, exclude_self=True)
    once = first <= second
    first, second, images, distances = first[once], second[once], images[once], distances[once]
    translations = images @ structure.lattice.matrix
    vectors = structure.cart_coords[second] + translations - structure.cart_coords[first]
    within = units.offsets[second] - units.offsets[first]
    same_unit = (units.of_atom[first] == units.of_atom[second]) & (
        np.abs(vectors - within).max(axis=1, initial=0) < _WHOLE
    )
    apart = ~same_unit
    return Contacts(first[apart], second[apart], translations[apart], distances[apart])
