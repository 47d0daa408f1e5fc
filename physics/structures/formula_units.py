"""Taking whole formula units out of an overcrowded boundary."""

from collections import Counter
from math import gcd

import numpy as np
from pymatgen.core import Structure

from physics.errors import InputError
from physics.structures.bicrystal import Bicrystal
from physics.structures.contacts import Thresholds, contacts
from physics.structures.units import Units


def formula_unit(kinds: tuple[str, ...]) -> dict[str, int]:
    """
    Count the units of one formula unit.

    Parameters
    ----------
    kinds : tuple of str
        Kinds of the units of a cell.

    Returns
    -------
    dict of str to int
        Units by kind, such as ``{"Li": 3, "PS4": 1}``.
    """
    counts = Counter(kinds)
    whole = gcd(*counts.values())
    return {kind: count // whole for kind, count in counts.items()}


def without_formula_unit(
    bicrystal: Bicrystal, thresholds: Thresholds, formula: dict[str, int]
) -> Bicrystal:
    """
    Take one formula unit out of each boundary, so that composition and charge stay exact.

    Of each kind those units go that overlap most with others near the boundary; where too few
    overlap, the ones nearest to the boundary.

    Parameters
    ----------
    bicrystal : Bicrystal
        Cell with overlaps.
    thresholds : Thresholds
        Shortest allowed distances.
    formula : dict of str to int
        Units of a formula unit by kind.

    Returns
    -------
    Bicrystal
        The cell without these units.

    Raises
    ------
    InputError
        If the grains have too few units.
    """
    structure, units = bicrystal.structure, bicrystal.units
    overlap = _overlap_of_units(structure, units, thresholds)
    height = structure.lattice.matrix[2, 2]
    from_boundary = [
        np.abs((units.centers[:, 2] - z + height / 2) % height - height / 2)
        for z in bicrystal.heights
    ]
    nearest = np.argmin(from_boundary, axis=0)
    kinds = np.array(units.kinds)
    gone: list[int] = []
    for boundary, distance in enumerate(from_boundary):
        for kind, count in formula.items():
            of_kind = np.flatnonzero((kinds == kind) & (nearest == boundary))
            if len(of_kind) <= count:
                raise InputError(
                    f"the boundary has no room and only {len(of_kind)} units {kind} beside it; "
                    "use more layers, a larger gap or another plane"
                )
            ranked = of_kind[np.lexsort((distance[of_kind], -overlap[of_kind].round(6)))]
            gone += ranked[:count].tolist()
    return _without(bicrystal, np.array(gone))


def _overlap_of_units(
    structure: Structure, units: Units, thresholds: Thresholds
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    kinds = thresholds.kinds([site.specie.symbol for site in structure])
    pairs = contacts(structure, units, float(thresholds.lengths.max()))
    limits = thresholds.lengths[kinds[pairs.first], kinds[pairs.second]]
    excess = np.maximum(limits - pairs.distances, 0.0) ** 2
    total = np.zeros(len(units))
    np.add.at(total, units.of_atom[pairs.first], excess)
    np.add.at(total, units.of_atom[pairs.second], excess)
    return total


def _without(bicrystal: Bicrystal, gone: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Bicrystal:
    units = bicrystal.units
    stays = ~np.isin(np.arange(len(units)), gone)
    atoms = np.flatnonzero(stays[units.of_atom])
    renumbered = np.cumsum(stays) - 1
    return Bicrystal(
        Structure.from_sites([bicrystal.structure[int(atom)] for atom in atoms]),
        Units(
            renumbered[units.of_atom[atoms]],
            units.centers[stays],
            units.offsets[atoms],
            tuple(kind for kind, kept in zip(units.kinds, stays, strict=True) if kept),
        ),
        bicrystal.heights,
    )
