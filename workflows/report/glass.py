"""The section of a report about glasses."""

from dataclasses import dataclass

from markupsafe import Markup

from physics.analysis.glass import Check
from stores.documents import GlassDocument
from workflows.notation import significant
from workflows.report.comparison import Comparison, compare_glass
from workflows.report.plots.cell import cell_plot
from workflows.report.section import Notice, Section, distinct
from workflows.report.templates import render


@dataclass(frozen=True)
class _Result:
    """One glass, ready for the template."""

    document: GlassDocument
    anchor: str
    name: str
    picture: Markup
    densities: list[Comparison]
    checks: list[tuple[Check, str]]
    units: list[tuple[str, int, int]]


def section(documents: list[GlassDocument]) -> Section:
    """
    Present glasses, by system, pressure and seed.

    Parameters
    ----------
    documents : list of GlassDocument
        The glasses; at least one.

    Returns
    -------
    Section
        The section with its warnings.
    """
    ordered = sorted(documents, key=lambda d: (d.system, d.pressure, d.label, d.seed))
    names = distinct([f"{d.label}, seed {d.seed}" for d in ordered])
    results = [
        _result(document, f"glass-{index}", name)
        for index, (document, name) in enumerate(zip(ordered, names, strict=True), start=1)
    ]
    return Section(
        anchor="glasses",
        title="Glasses",
        contents=[(result.anchor, result.name) for result in results],
        body=render("glass.html", results=results),
        notices=[
            Notice(text=warning, concerns=result.name, anchor=result.anchor)
            for result in results
            for warning in result.document.warnings
        ],
        references=[key for d in documents for key in (d.engine, *d.versions)],
    )


def _result(document: GlassDocument, anchor: str, name: str) -> _Result:
    packed, found = document.packed_units, document.units
    return _Result(
        document=document,
        anchor=anchor,
        name=name,
        picture=cell_plot(document.structure, f"{anchor}-cell"),
        densities=compare_glass(document.formula, document.pressure, {"density": document.density}),
        checks=[(check, _found(check.value)) for check in document.checks],
        units=[
            (unit, packed.get(unit, 0), found.get(unit, 0))
            for unit in dict.fromkeys([*packed, *found])
        ],
    )


def _found(value: float | None) -> str:
    """Write what a test found: counts as whole numbers."""
    if value is None:
        return "not found"
    return f"{value:g}" if float(value).is_integer() else significant(value)
