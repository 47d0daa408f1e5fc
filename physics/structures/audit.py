"""The audit of a structure: is it the compound it should be, whole, roomy and bulk-like inside."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np
from ase.data import atomic_numbers, covalent_radii
from pymatgen.core import Composition, Structure

from physics.errors import InputError
from physics.structures.charges import NEUTRAL, oxidation_states, total_charge
from physics.structures.contacts import THIOPHOSPHATE, contacts, shortest_contacts, thresholds
from physics.structures.crystal import Crystal
from physics.structures.environments import BULK_LIKE, environments, normal_period, widths
from physics.structures.units import Units, find_units

SEPARATION = 15.0
"""Two boundaries closer than this disturb each other, Å."""
OVERLAP = 0.7
"""Shortest distance of a pair that no crystal tells about, in sums of covalent radii."""
ROUNDING = 1e-3
"""A pair that is shorter than its limit by less is not too close, Å."""

Limits = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Audit:
    """
    What was found in a structure.

    Parameters
    ----------
    formula : str
        All atoms, such as ``Li120 P40 S160``.
    atoms : int
        Number of atoms.
    excess : dict of str to int
        Atoms of each element beyond a whole number of formula units of the crystal, negative for
        missing ones, with the fewest such atoms; empty without a crystal.
    states : dict of str to float
        Oxidation states, e.
    charge : float
        Net charge of the cell, e.
    units : dict of str to int
        Number of units of each kind, such as ``PS4``.
    broken : dict of str to int
        Those of kinds that the crystal has not. Without a crystal: polyatomic kinds less than
        half as common as the commonest with the same first element, and lone atoms less than
        half as common as the commonest polyatomic kind they occur in.
    shortest : dict of str to float
        Shortest distance between atoms of different units, by pair such as ``Li-S``, up to 6 Å.
    limits : dict of str to float
        Shortest allowed such distance, Å.
    too_close : dict of str to int
        Number of pairs below their limit.
    heights, deviations : tuple of float
        Profile along the normal of a and b: height of each framework unit and deviation of its
        surroundings from the crystal, see `physics.structures.environments`, Å. Empty without a
        crystal.
    bulk_like : float, optional
        Fraction of framework units whose deviation is at most 0.3 Å.
    boundaries : tuple of float
        Heights of the boundaries, given or found, Å.
    interior_deviation : tuple of float or None
        Largest deviation in the middle of each grain, from each boundary to the next one, Å; None
        for a grain without framework units. Empty without a crystal.
    separation : float, optional
        Smallest distance of neighboring boundaries, periodic images included, Å; None if there
        are none.
    faults : tuple of str
        A sentence for each check that fails.
    """

    formula: str
    atoms: int
    excess: dict[str, int]
    states: dict[str, float]
    charge: float
    units: dict[str, int]
    broken: dict[str, int]
    shortest: dict[str, float]
    limits: dict[str, float]
    too_close: dict[str, int]
    heights: tuple[float, ...]
    deviations: tuple[float, ...]
    bulk_like: float | None
    boundaries: tuple[float, ...]
    interior_deviation: tuple[float | None, ...]
    separation: float | None
    faults: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self.faults


def audit(
    structure: Structure,
    crystal: Crystal | None = None,
    *,
    boundaries: Sequence[float] | None = None,
    mobile: str | None = "Li",
) -> Audit:
    """
    Examine a structure, which may come from anywhere.

    Parameters
    ----------
    structure : Structure
        Ordered structure; boundaries are parallel to a and b, Å.
    crystal : Crystal, optional
        The crystal that it should consist of. Without it neither the composition nor the grain
        interiors can be judged, and no boundaries are found.
    boundaries : sequence of float, optional
        Heights of the boundaries along the normal of a and b, Å; found as the regions that are
        not bulk-like if not given.
    mobile : str, optional
        Element symbol of the mobile ion, which does not count as framework.

    Returns
    -------
    Audit
        The findings.

    Raises
    ------
    InputError
        If the structure has partial occupancies or no atoms.
    """
    if not structure.is_ordered or not len(structure):
        raise InputError(
            f"audit: given {structure.formula or 'no atoms'}, expected one species on every site; "
            "order partial occupancies first (pymatgen's OrderDisorderedStructure)"
        )
    composition = structure.composition.element_composition
    symbols = {element.symbol for element in composition}
    known = crystal.oxidation_states if crystal else {}
    states = oxidation_states(composition, {e: q for e, q in known.items() if e in symbols})
    bonds = (crystal and crystal.bonds) or {}
    units = find_units(structure, {p: d for p, d in bonds.items() if symbols.issuperset(p)})
    counts = dict(Counter(units.kinds))
    limits = _limits(sorted(symbols), crystal)
    period = normal_period(structure)
    around = environments(structure, units, crystal, mobile) if crystal else None
    if boundaries is not None:
        planes = tuple(sorted(float(height % period) for height in boundaries))
    else:
        planes = around.find_boundaries() if around else ()
    found = Audit(
        formula=composition.formula,
        atoms=len(structure),
        excess=_excess(composition, crystal) if crystal else {},
        states=states,
        charge=total_charge(composition, states),
        units=counts,
        broken={kind: counts[kind] for kind in _broken(counts, crystal)},
        shortest={"-".join(p): d for p, d in shortest_contacts(structure, units).items()},
        limits={"-".join(p): d for p, d in limits.items()},
        too_close=_too_close(structure, units, limits),
        heights=tuple(around.heights.tolist()) if around else (),
        deviations=tuple(around.deviations.tolist()) if around else (),
        bulk_like=float(around.bulk_like.mean()) if around and len(around.heights) else None,
        boundaries=planes,
        interior_deviation=around.interiors(planes) if around else (),
        separation=float(widths(planes, period).min()) if planes else None,
    )
    return replace(found, faults=tuple(_faults(found)))


def _excess(composition: Composition, crystal: Crystal) -> dict[str, int]:
    """Count atoms beyond the number of formula units that leaves the fewest to add or remove."""
    formula = crystal.structure.composition.element_composition.reduced_composition
    amounts = {e: (round(composition[e]), round(formula[e])) for e in {*composition, *formula}}
    whole = {n // f + step for n, f in amounts.values() if f for step in (0, 1)}
    best = min(whole, key=lambda n: (sum(abs(atoms - n * f) for atoms, f in amounts.values()), -n))
    excess = {e.symbol: atoms - best * f for e, (atoms, f) in sorted(amounts.items())}
    return {symbol: atoms for symbol, atoms in excess.items() if atoms}


def _broken(counts: Mapping[str, int], crystal: Crystal | None) -> list[str]:
    if crystal:
        return [kind for kind in counts if kind not in crystal.units.kinds]
    formulas = {kind: list(Composition(kind).as_dict()) for kind in counts}
    polyatomic = {kind: formulas[kind] for kind in counts if sum(Composition(kind).values()) > 1}

    def rare(kind: str) -> bool:
        first = formulas[kind][0]
        peers = [k for k, e in polyatomic.items() if first in (e[:1] if kind in polyatomic else e)]
        return counts[kind] < max((counts[peer] for peer in peers), default=0) / 2

    return [kind for kind in counts if rare(kind)]


def _limits(symbols: list[str], crystal: Crystal | None) -> Limits:
    """Take the limits of the crystal, or else those of thiophosphates or of overlapping atoms."""
    of_crystal = thresholds((crystal.primitive, crystal.units)) if crystal else None
    limits: Limits = {}
    for pair in combinations_with_replacement(symbols, 2):
        if of_crystal and set(pair) <= set(of_crystal.elements):
            i, j = of_crystal.kinds(pair)
            limits[pair] = float(of_crystal.lengths[i, j])
        else:
            radii = sum(covalent_radii[atomic_numbers[symbol]] for symbol in pair)
            limits[pair] = THIOPHOSPHATE.get(pair, OVERLAP * float(radii))
    return limits


def _too_close(structure: Structure, units: Units, limits: Limits) -> dict[str, int]:
    found = contacts(structure, units, max(limits.values()))
    symbols = np.array([site.specie.symbol for site in structure])
    pairs = np.sort(np.column_stack([symbols[found.first], symbols[found.second]]), axis=1)
    once = np.where(found.first == found.second, 0.5, 1.0)
    number = {
        "-".join(pair): round(
            once[(pairs == pair).all(axis=1) & (found.distances < limit - ROUNDING)].sum()
        )
        for pair, limit in limits.items()
    }
    return {pair: n for pair, n in number.items() if n}


def _faults(found: Audit) -> Iterator[str]:
    if found.excess:
        atoms = ", ".join(f"{symbol} {n:+d}" for symbol, n in found.excess.items())
        yield f"{found.formula} is no whole number of formula units of the crystal: {atoms}"
    if abs(found.charge) > NEUTRAL:
        yield f"net charge {found.charge:+g} e (limit 0)"
    if found.broken:
        kinds = ", ".join(f"{n} {kind}" for kind, n in found.broken.items())
        total = sum(found.broken.values())
        yield f"{total} broken unit{'s' * (total > 1)}: {kinds} (limit 0)"
    for pair, n in found.too_close.items():
        yield (
            f"{n} {pair} pair{'s' * (n > 1)} too close: shortest {found.shortest[pair]:.2f} Å "
            f"(limit {found.limits[pair]:.2f} Å)"
        )
    grains = [f"the grain above {height:.1f} Å" for height in found.boundaries] or ["the structure"]
    for grain, deviation in zip(grains, found.interior_deviation, strict=False):
        if deviation is None:
            yield f"{grain} holds no unit of the framework"
        elif deviation > BULK_LIKE:
            yield (
                f"{grain} is not bulk-like inside: distances deviate by {deviation:.2f} Å "
                f"(limit {BULK_LIKE} Å)"
            )
    if found.separation is not None and found.separation < SEPARATION:
        yield f"boundaries only {found.separation:.1f} Å apart (limit {SEPARATION:g} Å)"
