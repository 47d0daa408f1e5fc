"""Structural units: polyanions found by their bonds, every other atom by itself."""

from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ase.data import covalent_radii
from numpy.typing import NDArray
from pymatgen.core import Element, Structure

from physics.errors import InputError

BOND_FACTOR = 1.2
"""Longest covalent bond in sums of covalent radii: P-S 2.54 Å, S-S 2.52 Å; in Li3PS4 the bonds
are 2.01 to 2.08 Å and the next S-S contact is 3.34 Å."""

BondLengths = Mapping[tuple[str, str], float]
Cell = tuple[int, int, int]
Bonds = dict[int, list[tuple[int, Cell]]]
ORIGIN: Cell = (0, 0, 0)


@dataclass(frozen=True)
class Units:
    """
    The rigid units of a structure.

    Parameters
    ----------
    of_atom : ndarray of int, shape (N,)
        Unit of each atom.
    centers : ndarray, shape (U, 3)
        Cartesian position of the most bonded atom of each unit, or of its centroid where several
        atoms have as many bonds, Å.
    offsets : ndarray, shape (N, 3)
        Cartesian vector from the center of its unit to each atom, the unit being whole, Å.
    kinds : tuple of str, length U
        Formula of each unit, such as ``PS4`` or ``Li``.
    """

    of_atom: NDArray[np.int64]
    centers: NDArray[np.float64]
    offsets: NDArray[np.float64]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        """Count the units."""
        return len(self.kinds)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of atoms of each unit, shape (U,)."""
        return np.bincount(self.of_atom, minlength=len(self))


def find_units(structure: Structure, bonds: BondLengths | None = None) -> Units:
    """
    Find the units of a structure.

    Two atoms of p-block elements are bonded when they are closer than `BOND_FACTOR` times the sum
    of their covalent radii; bonded atoms form a unit. A network without end, such as a covalent
    solid, is taken apart into its atoms.

    Parameters
    ----------
    structure : Structure
        Ordered structure, Å.
    bonds : mapping of (str, str) to float, optional
        Longest bond of pairs of elements, Å, in place of the general rule; 0 for no bond.

    Returns
    -------
    Units
        The units, in the order of their first atom.

    Raises
    ------
    InputError
        If a length in `bonds` is negative or names an element that the structure has not.
    """
    neighbors = _bonds(structure, bonds or {})
    symbols = [site.specie.symbol for site in structure]
    fractional, lattice = structure.frac_coords, structure.lattice.matrix
    of_atom = np.full(len(structure), -1)
    centers: list[NDArray[np.float64]] = []
    kinds: list[str] = []
    offsets = np.zeros((len(structure), 3))
    endless: set[int] = set()
    for start in range(len(structure)):
        if of_atom[start] >= 0:
            continue
        cells = {start: ORIGIN} if start in endless else _unfold(neighbors, start)
        if cells is None:
            endless |= _component(neighbors, start)
            cells = {start: ORIGIN}
        unit = list(cells)
        positions = (fractional[unit] + np.array(list(cells.values()))) @ lattice
        center = _center(positions, [len(neighbors[atom]) for atom in unit])
        of_atom[unit] = len(kinds)
        offsets[unit] = positions - center
        centers.append(center)
        kinds.append(_formula([symbols[atom] for atom in unit]))
    return Units(of_atom, np.array(centers), offsets, tuple(kinds))


def bond_lengths(given: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """
    Read bond lengths by the names of pairs.

    Parameters
    ----------
    given : mapping of str to float
        Longest bond by pair such as ``Zr-O``, Å.

    Returns
    -------
    dict of (str, str) to float
        As `find_units` takes them.

    Raises
    ------
    InputError
        If a name is not two elements.
    """
    lengths = {}
    for name, length in given.items():
        pair = name.split("-")
        if len(pair) != 2 or not all(map(Element.is_valid_symbol, pair)):
            raise InputError(f"bonds: given '{name}', expected two elements such as 'Zr-O'")
        lengths[pair[0], pair[1]] = length
    return lengths


def _bonds(structure: Structure, given: BondLengths) -> Bonds:
    """Give the bonded neighbors of each atom with the cell that each of them lies in."""
    symbols = [site.specie.symbol for site in structure]
    longest = longest_bonds(sorted(set(symbols)), given)
    reach = max(longest.values(), default=0.0)
    neighbors: Bonds = defaultdict(list)
    if reach > 0:
        lists = structure.get_neighbor_list(reach, exclude_self=True)
        for i, j, cell, distance in zip(*(array.tolist() for array in lists), strict=True):
            if distance <= longest.get(frozenset((symbols[i], symbols[j])), 0.0):
                neighbors[i].append((j, (int(cell[0]), int(cell[1]), int(cell[2]))))
    return neighbors


def longest_bonds(symbols: list[str], given: BondLengths) -> dict[frozenset[str], float]:
    """
    Give the longest bond of each pair of elements that can bond.

    Parameters
    ----------
    symbols : list of str
        Elements.
    given : mapping of (str, str) to float
        Lengths in place of the general rule, Å.

    Returns
    -------
    dict of frozenset of str to float
        Å, by pair.

    Raises
    ------
    InputError
        If a length is negative or of an element that is not among the symbols.
    """
    for pair, length in given.items():
        if not set(pair) <= set(symbols) or length < 0:
            raise InputError(
                f"bonds: given {'-'.join(pair)}: {length} Å, expected a length of at least 0 for "
                f"two of the elements {', '.join(symbols)}"
            )
    covalent = [symbol for symbol in symbols if _is_p_block(symbol)]
    longest = {
        frozenset((a, b)): BOND_FACTOR * (_radius(a) + _radius(b))
        for a in covalent
        for b in covalent
    }
    return longest | {frozenset(pair): length for pair, length in given.items()}


def _is_p_block(symbol: str) -> bool:
    return symbol == "H" or Element(symbol).block == "p"


def _radius(symbol: str) -> float:
    return float(covalent_radii[Element(symbol).Z])


def _unfold(neighbors: Bonds, start: int) -> dict[int, Cell] | None:
    """
    Walk along the bonds and give the cell of each atom of the unit.

    A walk that comes back to an atom in another cell has found a network without end: None.
    """
    cells: dict[int, Cell] = {start: ORIGIN}
    queue = deque([start])
    while queue:
        atom = queue.popleft()
        here = cells[atom]
        for neighbor, (a, b, c) in neighbors[atom]:
            cell = (here[0] + a, here[1] + b, here[2] + c)
            if neighbor not in cells:
                cells[neighbor] = cell
                queue.append(neighbor)
            elif cells[neighbor] != cell:
                return None
    return cells


def _component(neighbors: Bonds, start: int) -> set[int]:
    """Collect all atoms that bonds connect to an atom, in whatever cell."""
    found = {start}
    queue = deque([start])
    while queue:
        new = {neighbor for neighbor, _ in neighbors[queue.popleft()]} - found
        found |= new
        queue.extend(new)
    return found


def _center(positions: NDArray[np.float64], bonds: list[int]) -> NDArray[np.float64]:
    most = np.flatnonzero(np.array(bonds) == max(bonds))
    center: NDArray[np.float64] = positions[most[0]] if len(most) == 1 else positions.mean(axis=0)
    return center


def _formula(symbols: list[str]) -> str:
    """Write a unit with the least electronegative element first: PS4, not S4P."""
    counts = sorted(Counter(symbols).items(), key=lambda item: Element(item[0]).X)
    return "".join(f"{symbol}{count if count > 1 else ''}" for symbol, count in counts)
