"""The section of a report about lithium transport."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan

from markupsafe import Markup

from physics.analysis.transport.diffusivity import Diffusivity
from physics.analysis.transport.region import BoundaryTransport
from stores.documents import (
    ArrheniusDocument,
    GrainBoundaryDocument,
    PropertyDocument,
    TransportDocument,
)
from stores.published import QUALITIES
from workflows.notation import interval, scientific
from workflows.report.conductivity import materials
from workflows.report.conductor import PARTS, Conductor, conductors
from workflows.report.plots.anisotropy import anisotropy_plot
from workflows.report.plots.arrhenius import arrhenius_plot
from workflows.report.plots.concentration import concentration_plot
from workflows.report.plots.heat_map import heat_map_plot
from workflows.report.plots.squared_displacements import squared_displacements_plot
from workflows.report.polycrystal import polycrystals
from workflows.report.section import Notice, Section
from workflows.report.templates import render

REFERENCES = ("squared displacements", "haven", "jalem")


@dataclass(frozen=True)
class _Result:
    """One system, ready for the template."""

    conductor: Conductor
    anchor: str
    displacements: Markup
    concentration: Markup
    heat_map: Markup


def section(documents: Sequence[PropertyDocument]) -> Section | None:
    """
    Present the transport of ions: predictions beside published ones, and the runs.

    Parameters
    ----------
    documents : sequence of TransportDocument, ArrheniusDocument or GrainBoundaryDocument
        Runs, fits, and energies of the boundaries.

    Returns
    -------
    Section or None
        The section with its warnings; None if there are no runs and no fits.
    """
    found = conductors(
        [each for each in documents if isinstance(each, TransportDocument | ArrheniusDocument)]
    )
    if not found:
        return None
    energies = [each for each in documents if isinstance(each, GrainBoundaryDocument)]
    results = [_result(each, f"transport-{index}") for index, each in enumerate(found, start=1)]
    grains = polycrystals(found, energies)
    fits = [each.principal for each in found if each.principal]
    return Section(
        anchor="transport",
        title="Lithium transport",
        contents=[(result.anchor, result.conductor.name) for result in results],
        body=render(
            "transport.html",
            results=results,
            arrhenius=arrhenius_plot(found, "transport-arrhenius") if fits else Markup(),
            temperature=fits[0].temperature if fits else nan,
            materials=materials(found),
            polycrystals=grains,
            anisotropy=anisotropy_plot(found, "transport-anisotropy"),
            diffusivity=_diffusivity,
            reasons=_reasons,
            cautions=_cautions,
            qualities=QUALITIES,
        ),
        notices=[notice for result in results for notice in _notices(result)],
        references=[*REFERENCES, *(("brick layer", "coated sphere") if grains else ())],
    )


def _result(conductor: Conductor, anchor: str) -> _Result:
    bounded = [run for run in conductor.runs if run.planes]
    ends = list({run.uuid: run for run in (*bounded[:1], *bounded[-1:])}.values())
    return _Result(
        conductor=conductor,
        anchor=anchor,
        displacements=squared_displacements_plot(conductor.runs, f"{anchor}-displacements")
        if conductor.runs
        else Markup(),
        concentration=concentration_plot(ends, f"{anchor}-concentration") if ends else Markup(),
        heat_map=heat_map_plot(ends, f"{anchor}-map") if ends else Markup(),
    )


def _diffusivity(found: Diffusivity) -> str:
    """Write a diffusivity with its interval, or its limit."""
    if found.estimate is not None:
        return interval(found.estimate)
    return "–" if found.limit is None else f"< {scientific(found.limit)}"


def _reasons(boundary: BoundaryTransport) -> list[str]:
    """Say why there are limits only."""
    return [
        f"{name}, a limit only: {each.reason}"
        for name, each in _directions(boundary).items()
        if each.reason
    ]


def _cautions(boundary: BoundaryTransport) -> list[str]:
    """Give the warnings of a boundary, then those of each direction."""
    return [*boundary.warnings] + [
        f"{name}: {warning}"
        for name, each in _directions(boundary).items()
        for warning in each.warnings
    ]


def _directions(boundary: BoundaryTransport) -> dict[str, Diffusivity]:
    return {"along": boundary.along, "across": boundary.across, "all": boundary.total}


def _notices(result: _Result) -> Iterator[Notice]:
    """Give the warnings of runs, and those of fits that are not of their runs."""
    name, anchor = result.conductor.name, result.anchor
    heard = set()
    for run in result.conductor.runs:
        for warning in run.warnings:
            heard.add(warning)
            yield Notice(warning, f"{name}, {run.temperature:.0f} K", anchor)
    for key, fit in result.conductor.fits.items():
        for warning in fit.warnings:
            if warning not in heard:
                yield Notice(warning, f"{name}, fit of {PARTS[key]}", anchor)
