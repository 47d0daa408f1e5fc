"""The section of a report about runs of molecular dynamics."""

from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from stores.documents import DynamicsRunDocument
from workflows.report.plots.displacements import ELEMENT, displacements_plot
from workflows.report.plots.dynamics import dynamics_plot
from workflows.report.section import Notice, Section, distinct
from workflows.report.templates import render


@dataclass(frozen=True)
class _Result:
    """One run, ready for the template."""

    document: DynamicsRunDocument
    anchor: str
    name: str
    picture: Markup
    elements: list[str]


def section(documents: list[DynamicsRunDocument]) -> Section:
    """
    Present runs of molecular dynamics, by system, run and temperature.

    Parameters
    ----------
    documents : list of DynamicsRunDocument
        The runs; at least one.

    Returns
    -------
    Section
        The section with its warnings.
    """
    ordered = sorted(documents, key=lambda d: (d.system, d.label, d.temperature))
    names = distinct([f"{d.system}, {d.label}" for d in ordered])
    results = [
        _Result(
            document=document,
            anchor=(anchor := f"dynamics-{index}"),
            name=name,
            picture=dynamics_plot(document, f"{anchor}-course"),
            elements=list(document.series.displacements),
        )
        for index, (document, name) in enumerate(zip(ordered, names, strict=True), start=1)
    ]
    return Section(
        anchor="dynamics",
        title="Molecular dynamics",
        contents=[(result.anchor, result.name) for result in results],
        body=render("dynamics.html", results=results, together=_together(ordered)),
        notices=[
            Notice(text=warning, concerns=result.name, anchor=result.anchor)
            for result in results
            for warning in result.document.warnings
        ],
        references=_references(documents),
    )


def _together(ordered: list[DynamicsRunDocument]) -> list[tuple[str, Markup]]:
    """Draw lithium in all runs of each system that has several."""
    plots: list[tuple[str, Markup]] = []
    for system, of_system in groupby(ordered, key=lambda d: d.system):
        runs = [run for run in of_system if ELEMENT in run.series.displacements]
        if len(runs) > 1:
            plots.append((system, displacements_plot(runs, f"dynamics-together-{len(plots) + 1}")))
    return plots


def _references(documents: list[DynamicsRunDocument]) -> list[str]:
    keys = [key for document in documents for key in (document.engine, *document.versions)]
    if any(document.largest_grade is not None for document in documents):
        keys.append("extrapolation")
    return keys
