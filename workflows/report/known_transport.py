"""Published activation energies and conductivities."""

from collections.abc import Iterable
from dataclasses import dataclass

from stores.published import PublishedValue, published
from workflows.notation import scientific
from workflows.report.comparison import conditions_in_words, ends, write
from workflows.report.conductor import Conductor

NEAR = 5.0
"""Difference of temperatures that is none, K [choice]."""


@dataclass(frozen=True)
class Known:
    """
    One row of the table: what a publication gives.

    Parameters
    ----------
    value : PublishedValue
        One of the two; both share their source, method and conditions.
    conditions : str
        The conditions in words.
    energy, conductivity : str
        Activation energy, eV, and conductivity, S/cm.
    """

    value: PublishedValue
    conditions: str
    energy: str
    conductivity: str


def known_rows(formulas: Iterable[str], temperature: float | None) -> dict[str, list[Known]]:
    """
    Look up the activation energies and conductivities of some compositions.

    Parameters
    ----------
    formulas : iterable of str
        Reduced formulas.
    temperature : float or None
        Temperature of the conductivities, K; None for none of them.

    Returns
    -------
    dict of str to list of Known
        By published name of the system; what one sample or simulation gave shares a row.
    """
    formulas = set(formulas)
    groups: dict[tuple[object, ...], dict[str, PublishedValue]] = {}
    for quantity in ("activation_energy", "conductivity"):
        for value in published(quantity):
            if value.formula in formulas and (
                quantity == "activation_energy" or _is_at(value, temperature)
            ):
                state = value.conditions.model_copy(update={"temperature": None})
                key = (value.system, value.source.key, value.location, value.method, state)
                groups.setdefault(key, {})[quantity] = value
    rows: dict[str, list[Known]] = {}
    for (system, *_), values in groups.items():
        first = next(iter(values.values()))
        energy, conductivity = (values.get(each) for each in ("activation_energy", "conductivity"))
        rows.setdefault(str(system), []).append(
            Known(
                value=first,
                conditions=conditions_in_words(first.conditions),
                energy=write(energy) if energy else "–",
                conductivity=scientific(ends(conductivity)[0]) if conductivity else "–",
            )
        )
    return rows


def known_conductivities(
    conductor: Conductor, temperature: float, method: str
) -> list[tuple[str, float]]:
    """
    Look up published conductivities of a system by one method.

    Parameters
    ----------
    conductor : Conductor
        The system.
    temperature : float
        Temperature, K.
    method : str
        How the method begins.

    Returns
    -------
    list of (str, float)
        Source and method of each, and the conductivity, S/cm.
    """
    return [
        (f"{value.source.label}, {value.method}", ends(value)[0])
        for value in published("conductivity")
        if alike(value.system, conductor)
        and value.method.startswith(method)
        and _is_at(value, temperature)
    ]


def alike(name: str, conductor: Conductor) -> bool:
    """
    Tell whether a published name is that of a system, or of its boundary.

    Parameters
    ----------
    name : str
        The published name.
    conductor : Conductor
        The system.

    Returns
    -------
    bool
        True if they differ by case and hyphens only.
    """
    about = conductor.about
    own = about.label if conductor.bounded else about.system
    return _plain(name) == _plain(own)


def _is_at(value: PublishedValue, temperature: float | None) -> bool:
    at = value.conditions.temperature
    return at is not None and temperature is not None and abs(at - temperature) <= NEAR


def _plain(name: str) -> str:
    return name.casefold().replace("-", " ")
