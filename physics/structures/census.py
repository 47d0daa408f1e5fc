"""Which anions a structure of Li, P and S has, told from its bonds."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from physics.errors import InputError

CUTOFFS: Mapping[tuple[str, str], float] = MappingProxyType(
    {("P", "S"): 2.5, ("P", "P"): 2.5, ("S", "S"): 2.35}
)
"""Longest bonds, Å."""

TETRAHEDRAL = 2.5
"""A tetrahedral P has exactly four S that close, Å."""

Signature = tuple[int, int, int, int, int]

CLASSES: Mapping[Signature, str] = MappingProxyType(
    {
        (1, 4, 0, 0, 0): "PS4",
        (2, 7, 0, 1, 0): "P2S7",
        (2, 6, 1, 0, 0): "P2S6",
        (2, 6, 0, 2, 0): "P2S6 (shared edge)",
        (3, 10, 0, 2, 0): "P3S10",
        (2, 5, 0, 1, 0): "P2S5",
        (1, 3, 0, 0, 0): "PS3",
        (0, 2, 0, 0, 1): "S2",
        (0, 1, 0, 0, 0): "S",
    }
)
"""Anions by their number of P, of S, of P-P bonds, of P-S-P bridges and of S-S bonds."""


@dataclass(frozen=True)
class Census:
    """
    The anions of a structure.

    Parameters
    ----------
    counts : dict of str to int
        Number of each anion and of Li. What is none of `CLASSES` is ``other PnSm``.
    phosphorus, sulfur : dict of str to float
        Fraction of the P and of the S in each anion.
    tetrahedral : float
        Fraction of the P with exactly four S within `TETRAHEDRAL`; nan without P.
    bridging : dict of int to int
        Number of P with 0, 1, 2 ... S that they share with other P (Q^n by n).
    charge : int
        Formal charge of all anions, ``5 n_P - 2 n_PP - 2 n_S + 2 n_SS``, e.
    charge_mismatch : int
        That and one e for each Li: 0 in a structure of whole anions, rarely in a melt.
    """

    counts: dict[str, int]
    phosphorus: dict[str, float]
    sulfur: dict[str, float]
    tetrahedral: float
    bridging: dict[int, int]
    charge: int
    charge_mismatch: int


def formal_charge(signature: Signature) -> int:
    """
    Give the charge of an anion in which P-P and S-S bonds are shared evenly.

    Parameters
    ----------
    signature : tuple of int
        Number of P, of S, of P-P bonds, of P-S-P bridges and of S-S bonds.

    Returns
    -------
    int
        ``5 n_P - 2 n_PP - 2 n_S + 2 n_SS``, e.
    """
    p, s, pp, _, ss = signature
    return 5 * p - 2 * pp - 2 * s + 2 * ss


def census_of(structure: Structure, cutoffs: Mapping[tuple[str, str], float] = CUTOFFS) -> Census:
    """
    Count the anions of a snapshot.

    Anions are the components of the graph that the bonds between P and S make.

    Parameters
    ----------
    structure : Structure
        Periodic structure of Li, P and S, Å.
    cutoffs : mapping of (str, str) to float
        Longest bonds of the pairs P-S, P-P and S-S, Å.

    Returns
    -------
    Census
        The anions.

    Raises
    ------
    InputError
        If the structure has other elements, or is disordered.
    """
    symbols = _symbols(structure)
    is_p, is_s = symbols == "P", symbols == "S"
    first, second, distances = _directed_pairs(structure, max(*cutoffs.values(), TETRAHEDRAL))
    ps, sp = is_p[first] & is_s[second], is_s[first] & is_p[second]
    pp, ss = is_p[first] & is_p[second], is_s[first] & is_s[second]

    count = len(symbols)
    near_sulfur = np.bincount(first[ps & (distances <= TETRAHEDRAL)], minlength=count)
    longest = np.where(pp, cutoffs["P", "P"], np.where(ss, cutoffs["S", "S"], cutoffs["P", "S"]))
    bonded = (pp | ss | ps | sp) & (distances <= longest)
    bonds = coo_array((np.ones(bonded.sum()), (first[bonded], second[bonded])), (count, count))
    number, component = connected_components(bonds, directed=False)

    near_phosphorus = np.bincount(first[bonded & sp], minlength=count)
    bridges = near_phosphorus * (near_phosphorus - 1) // 2
    shared = bonded & ps & (near_phosphorus[second] > 1)
    rows = [
        np.bincount(component, weights, minlength=number)
        for weights in (
            is_p, is_s,
            np.bincount(first[bonded & pp], minlength=count) / 2,
            bridges,
            np.bincount(first[bonded & ss], minlength=count) / 2,
        )
    ]  # fmt: skip
    signatures = Counter(map(_signature, np.rint(rows).astype(int).T.tolist()))
    del signatures[0, 0, 0, 0, 0]  # lithium
    lithium = int((symbols == "Li").sum())
    charge = sum(formal_charge(each) * times for each, times in signatures.items())
    return Census(
        counts=_by_class(signatures) | ({"Li": lithium} if lithium else {}),
        phosphorus=_fractions(signatures, 0),
        sulfur=_fractions(signatures, 1),
        tetrahedral=float((near_sulfur[is_p] == 4).mean()) if is_p.any() else float("nan"),
        bridging=dict(
            sorted(Counter(np.bincount(first[shared], minlength=count)[is_p].tolist()).items())
        ),
        charge=charge,
        charge_mismatch=charge + lithium,
    )


def _symbols(structure: Structure) -> NDArray[np.str_]:
    if not structure.is_ordered:
        raise InputError(
            f"{structure.composition.formula} has partial occupancies, expected one species on "
            "every site"
        )
    symbols = np.array([site.specie.symbol for site in structure])
    if other := set(symbols.tolist()) - {"Li", "P", "S"}:
        raise InputError(
            f"the structure has {', '.join(sorted(other))}, expected Li, P and S alone: only their "
            "anions are known"
        )
    return symbols


def _directed_pairs(
    structure: Structure, reach: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """List neighbors, each pair in both directions, with distances in Å."""
    first, second, _, distances = structure.get_neighbor_list(reach, exclude_self=True)
    return first, second, distances


def _signature(row: list[int]) -> Signature:
    p, s, pp, psp, ss = row
    return p, s, pp, psp, ss


def _name(signature: Signature) -> str:
    if signature in CLASSES:
        return CLASSES[signature]
    parts = zip("PS", signature[:2], strict=True)
    return "other " + "".join(f"{symbol}{n if n > 1 else ''}" for symbol, n in parts if n)


def _by_class(signatures: Counter[Signature]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for signature, times in signatures.items():
        counts[_name(signature)] += times
    return dict(counts.most_common())


def _fractions(signatures: Counter[Signature], element: int) -> dict[str, float]:
    atoms: Counter[str] = Counter()
    for signature, times in signatures.items():
        atoms[_name(signature)] += signature[element] * times
    total = atoms.total()
    return {name: number / total for name, number in atoms.most_common() if number}
