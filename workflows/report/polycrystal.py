"""Conductivity of a polycrystal of each crystal of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from markupsafe import Markup

from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.polycrystal import GrainBoundaryConductivity, total_conductivity
from stores.documents import ArrheniusDocument, GrainBoundaryDocument
from workflows.report.conductivity import RESOLVED
from workflows.report.conductor import Conductor
from workflows.report.known_transport import known_conductivities
from workflows.report.plots.polycrystal import polycrystal_plot
from workflows.report.validation import PUBLISHED_METHOD

GRAIN_SIZES = np.geomspace(10, 1e5, 81)
"""1 nm to 10 µm, Å."""


@dataclass(frozen=True)
class Polycrystal:
    """
    A crystal with its boundaries.

    Parameters
    ----------
    name : str
        Name of the crystal.
    boundaries : list of str
        Names of the boundaries.
    temperature : float
        Temperature, K.
    picture : Markup
        Conductivity against grain size.
    resolved : bool
        Whether all intervals are narrower than a decade.
    weighted : bool
        Whether the energies of all boundaries are known.
    """

    name: str
    boundaries: list[str]
    temperature: float
    picture: Markup
    resolved: bool
    weighted: bool


def polycrystals(
    conductors: Sequence[Conductor], energies: Sequence[GrainBoundaryDocument]
) -> list[Polycrystal]:
    """
    Estimate the conductivity of polycrystals.

    Parameters
    ----------
    conductors : sequence of Conductor
        Crystals, and their boundaries.
    energies : sequence of GrainBoundaryDocument
        Energies of the boundaries.

    Returns
    -------
    list of Polycrystal
        One for each crystal with a prediction that has a boundary with predictions along and
        across it.
    """
    found: list[Polycrystal] = []
    for bulk in conductors:
        conductivity = _predicted(bulk.fits.get(("cell", "all")))
        if bulk.bounded or conductivity is None:
            continue
        boundaries = [
            boundary
            for each in conductors
            if each.bounded
            and _origin(each) == _origin(bulk)
            and (boundary := _boundary(each, energies)) is not None
        ]
        if boundaries:
            index = len(found) + 1
            found.append(_polycrystal(bulk, conductivity, boundaries, f"polycrystal-{index}"))
    return found


def _polycrystal(
    bulk: Conductor,
    conductivity: Estimate,
    boundaries: Sequence[GrainBoundaryConductivity],
    prefix: str,
) -> Polycrystal:
    temperature = bulk.fits["cell", "all"].temperature
    estimates = [conductivity, *(end for each in boundaries for end in (each.along, each.across))]
    resolved = all(each.decades <= RESOLVED for each in estimates)
    return Polycrystal(
        name=bulk.name,
        boundaries=[each.name for each in boundaries],
        temperature=temperature,
        picture=polycrystal_plot(
            total_conductivity(conductivity, boundaries, GRAIN_SIZES),
            conductivity.value,
            known_conductivities(bulk, temperature, PUBLISHED_METHOD),
            resolved=resolved,
            prefix=prefix,
        ),
        resolved=resolved,
        weighted=all(each.energy is not None for each in boundaries),
    )


def _boundary(
    conductor: Conductor, energies: Sequence[GrainBoundaryDocument]
) -> GrainBoundaryConductivity | None:
    along = _predicted(conductor.fits.get(("boundary", "along")))
    across = _predicted(conductor.fits.get(("boundary", "across")))
    if along is None or across is None:
        return None
    about = conductor.about
    known = [
        each.energy
        for each in energies
        if (each.system, each.label) == (about.system, about.label)
        and each.energy is not None
        and each.energy > 0
    ]
    return GrainBoundaryConductivity(conductor.name, along, across, next(iter(known), None))


def _predicted(fit: ArrheniusDocument | None) -> Estimate | None:
    """Give the predicted conductivity; None without one, or without bounds."""
    if fit is None:
        return None
    value, low, high = fit.conductivity, fit.conductivity_low, fit.conductivity_high
    if value is None or low is None or high is None or not isfinite(high):
        return None
    return Estimate(value, low, high)


def _origin(conductor: Conductor) -> tuple[str, str, str | None]:
    """Give what a crystal and its boundaries share."""
    about = conductor.about
    return about.system, about.engine, about.potential
