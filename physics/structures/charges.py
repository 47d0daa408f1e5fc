"""Formal charges of the elements of a compound."""

from collections.abc import Mapping
from itertools import product

from pymatgen.core import Composition, Element

from physics.errors import InputError

NEUTRAL = 1e-6


def oxidation_states(
    composition: Composition, given: Mapping[str, float] | None = None
) -> dict[str, float]:
    """
    Assign one oxidation state to each element, so that the compound is as neutral as can be.

    Each element takes one of its common states; an element that is alone, and the metals of an
    alloy, have 0. Among assignments that are as neutral, the one with the largest states of the
    most electronegative element is taken: sulfide before sulfite.

    Parameters
    ----------
    composition : Composition
        Any composition, not only a neutral one.
    given : mapping of str to float, optional
        States that are known.

    Returns
    -------
    dict of str to float
        State by element symbol, in units of e.

    Raises
    ------
    InputError
        If a state is given for an element that the composition has not.
    """
    given = given or {}
    elements = sorted((Element(e.symbol) for e in composition.elements), key=lambda e: -e.X)
    if unknown := set(given) - {e.symbol for e in elements}:
        raise InputError(
            f"oxidation states: given for {', '.join(sorted(unknown))}, which "
            f"{composition.reduced_formula} has not"
        )
    metallic = len(elements) == 1 or all(min(_common(e)) >= 0 for e in elements)
    choices = [
        (given[e.symbol],) if e.symbol in given else (0,) if metallic else _common(e)
        for e in elements
    ]
    best = min(
        product(*choices),
        key=lambda states: (
            round(abs(sum(n * composition[e] for e, n in zip(elements, states, strict=True))), 6),
            states,
        ),
    )
    return {e.symbol: float(state) for e, state in zip(elements, best, strict=True)}


def total_charge(composition: Composition, states: Mapping[str, float]) -> float:
    """
    Sum the formal charges of a composition.

    Parameters
    ----------
    composition : Composition
        The composition.
    states : mapping of str to float
        Oxidation state by element symbol.

    Returns
    -------
    float
        Net charge, e.
    """
    return float(sum(states[e.symbol] * amount for e, amount in composition.items()))


def require_neutral(composition: Composition, states: Mapping[str, float]) -> None:
    """
    Insist that the charges of a compound balance.

    Parameters
    ----------
    composition : Composition
        The composition.
    states : mapping of str to float
        Oxidation state by element symbol.

    Raises
    ------
    InputError
        If they do not.
    """
    formula = composition.reduced_composition
    charge = total_charge(formula, states)
    if abs(charge) > NEUTRAL:
        assigned = ", ".join(f"{symbol} {state:+g}" for symbol, state in states.items())
        raise InputError(
            f"the charges of {formula.reduced_formula} do not balance: {charge:+g} e per formula "
            f"unit with {assigned}; give the oxidation states, or correct the structure"
        )


def _common(element: Element) -> tuple[int, ...]:
    return tuple(element.common_oxidation_states) or (0,)
