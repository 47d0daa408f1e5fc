"""Results beside the published values for the same quantity."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from physics.errors import InputError
from stores.published import Conditions, PublishedValue, published
from workflows.notation import number, significant

LABELS = {
    "bulk_modulus": "Bulk modulus B",
    "shear_modulus": "Shear modulus G",
    "young_modulus": "Young’s modulus E",
    "poisson_ratio": "Poisson ratio ν",
    "density": "Density",
    "lattice_a": "Lattice parameter a",
    "lattice_b": "Lattice parameter b",
    "lattice_c": "Lattice parameter c",
}
_UNITS = {"g/cm^3": "g/cm³"}


@dataclass(frozen=True)
class Comparison:
    """
    One quantity, computed here and published.

    Parameters
    ----------
    label, unit : str
        Name and unit of the quantity.
    here : str
        Value of this study.
    entries : list of (PublishedValue, str, str)
        Each published value, how it is written, and the difference of the value here from it.
    """

    label: str
    unit: str
    here: str
    entries: list[tuple[PublishedValue, str, str]]


@dataclass(frozen=True)
class OtherSystem:
    """
    Published values of another phase or preparation of the same composition.

    Parameters
    ----------
    first : PublishedValue
        One of the values; all share its system, method, conditions and source.
    conditions : str
        The conditions in words.
    written : dict of str to str
        How each value is written, by quantity.
    qualities : list of str
        The qualities other than ``printed`` among the values.
    """

    first: PublishedValue
    conditions: str
    written: dict[str, str]
    qualities: list[str]


def compare(system: str, here: dict[str, float], formula_units: int) -> list[Comparison]:
    """
    Set results beside the published values of the same system.

    Parameters
    ----------
    system : str
        Name of the system, such as ``beta-Li3PS4``.
    here : dict of str to float
        Results by quantity, in the units of the published values.
    formula_units : int
        Formula units in the cell; lattice parameters of another cell are not compared.

    Returns
    -------
    list of Comparison
        One for each quantity that has a published value, in the order of `here`.
    """
    comparisons = []
    for quantity, value in here.items():
        found = [
            known
            for known in published(quantity, system)
            if known.conditions.formula_units in (None, formula_units)
            or not quantity.startswith("lattice")
        ]
        if found:
            comparisons.append(_comparison(quantity, value, found))
    return comparisons


def compare_glass(formula: str, pressure: float, here: Mapping[str, float]) -> list[Comparison]:
    """
    Set results beside the published values of the glass of the same composition and pressure.

    Parameters
    ----------
    formula : str
        Reduced formula, such as ``Li3PS4``.
    pressure : float
        Pressure of the melt-quench, GPa; values at other pressures are not compared.
    here : mapping of str to float
        Results by quantity, in the units of the published values.

    Returns
    -------
    list of Comparison
        One for each quantity that has a published value, in the order of `here`.
    """
    comparisons = []
    for quantity, value in here.items():
        found = [
            known
            for known in published(quantity, glass_of(formula))
            if known.conditions.pressure is not None
            and math.isclose(known.conditions.pressure, 1000 * pressure)
        ]
        if found:
            comparisons.append(_comparison(quantity, value, found))
    return comparisons


def glass_of(formula: str) -> str:
    """
    Give the name under which the values of a glass are published.

    Parameters
    ----------
    formula : str
        Reduced formula.

    Returns
    -------
    str
        Name of the system.
    """
    return f"{formula} glass"


def other_systems(system: str, formula: str) -> list[OtherSystem]:
    """
    Find published moduli of the same composition in other phases and preparations.

    Parameters
    ----------
    system : str
        The system to leave out.
    formula : str
        Reduced formula.

    Returns
    -------
    list of OtherSystem
        One for each system, method, conditions and place of publication, the computed
        ones first, sorted by system.
    """
    groups: dict[tuple[object, ...], list[PublishedValue]] = {}
    for value in published():
        if value.formula == formula and value.system.casefold() != system.casefold():
            key = (value.system, value.conditions, value.method, value.location, value.source.key)
            groups.setdefault(key, []).append(value)
    return [
        OtherSystem(
            first=values[0],
            conditions=conditions_in_words(values[0].conditions),
            written={value.quantity: write(value) for value in values if value.quantity in LABELS},
            qualities=sorted(
                {value.quality for value in values if value.quantity in LABELS} - {"printed"}
            ),
        )
        for values in sorted(groups.values(), key=_computed_first)
        if any(value.quantity.endswith("modulus") for value in values)
    ]


def write(value: PublishedValue) -> str:
    """
    Write a published number or range as printed.

    Parameters
    ----------
    value : PublishedValue
        A number or range with or without uncertainty.

    Returns
    -------
    str
        The value without unit; empty for a tensor.
    """
    low, high = ends(value)
    if low != high:
        return f"{low:g}–{high:g}"
    return f"{low:g}" + (f" ± {value.uncertainty:g}" if value.uncertainty else "")


def difference(here: float, known: PublishedValue) -> str:
    """
    Write how far a result is from a published value.

    Parameters
    ----------
    here : float
        The result, in the unit of the published value.
    known : PublishedValue
        A number or range.

    Returns
    -------
    str
        Signed difference in % of the published number or of the nearer end of the range.
    """
    low, high = ends(known)
    if low <= here <= high and low != high:
        return "within"
    return signed_percent(here, low if here < low else high)


def signed_percent(value: float, reference: float) -> str:
    """
    Write how far a value is from another.

    Parameters
    ----------
    value, reference : float
        The values, in one unit.

    Returns
    -------
    str
        Signed difference in % of the reference.
    """
    percent = 100 * (value - reference) / reference
    text = number(percent, 0 if abs(percent) >= 10 else 1)
    sign = "+" if percent > 0 and text != "0.0" else ""
    return f"{sign}{text} %"


def ends(value: PublishedValue) -> tuple[float, float]:
    """
    Give the ends of a published range; those of a number are equal.

    Parameters
    ----------
    value : PublishedValue
        A number or range.

    Returns
    -------
    tuple of float
        Lower and upper end.

    Raises
    ------
    InputError
        If the value is a tensor.
    """
    match value.value:
        case float() as only:
            return only, only
        case (float() as low, float() as high):
            return low, high
    raise InputError(f"{value.quantity} of {value.system} is a tensor, expected a number or range.")


def conditions_in_words(conditions: Conditions) -> str:
    """
    Write what a published value was obtained at.

    Parameters
    ----------
    conditions : Conditions
        The conditions.

    Returns
    -------
    str
        Density and pressures; empty if none is given.
    """
    parts = []
    if conditions.density is not None:
        parts.append(f"{conditions.density:g} g/cm³")
    if conditions.pressure is not None:
        parts.append(f"{conditions.pressure:g} MPa")
    if conditions.molding_pressure is not None:
        parts.append(
            f"molded at {conditions.molding_pressure:g} MPa, {conditions.molding_temperature:g} °C"
        )
    return ", ".join(parts)


def _comparison(quantity: str, here: float, found: list[PublishedValue]) -> Comparison:
    unit = found[0].unit
    return Comparison(
        label=LABELS[quantity],
        unit=_UNITS.get(unit, unit),
        here=significant(here) if unit == "GPa" else number(here, 3),
        entries=[(known, write(known), difference(here, known)) for known in found],
    )


def _computed_first(values: list[PublishedValue]) -> tuple[str, str]:
    return values[0].kind, values[0].system.casefold()
