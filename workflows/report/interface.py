"""The section of a report about interfaces of a crystal and a glass."""

from dataclasses import dataclass

from markupsafe import Markup

from stores.documents import AnnealedInterfaceDocument
from workflows.report.plots.boundary import boundary_plot
from workflows.report.section import Notice, Section, distinct
from workflows.report.templates import render


@dataclass(frozen=True)
class _Result:
    """One interface, ready for the template."""

    document: AnnealedInterfaceDocument
    anchor: str
    name: str
    picture: Markup
    units: list[tuple[str, list[int]]]


def section(documents: list[AnnealedInterfaceDocument]) -> Section:
    """
    Present interfaces, by name and seed.

    Parameters
    ----------
    documents : list of AnnealedInterfaceDocument
        The interfaces; at least one.

    Returns
    -------
    Section
        The section with its warnings.
    """
    ordered = sorted(documents, key=lambda d: (d.label, d.engine, d.seed))
    names = distinct([d.label for d in ordered])
    results = [
        _result(document, f"interface-{index}", name)
        for index, (document, name) in enumerate(zip(ordered, names, strict=True), start=1)
    ]
    return Section(
        anchor="interfaces",
        title="Amorphous/crystal interfaces",
        contents=[(result.anchor, result.name) for result in results],
        body=render("interface.html", results=results),
        notices=[
            Notice(text=warning, concerns=result.name, anchor=result.anchor)
            for result in results
            for warning in result.document.warnings
        ],
        references=[key for d in documents for key in (d.engine, *d.versions)],
    )


def _result(document: AnnealedInterfaceDocument, anchor: str, name: str) -> _Result:
    cell = document.structure.copy()
    cell.add_site_property("grain", cell.site_properties["phase"])
    sides = (document.crystal_units, document.glass_units, document.units)
    return _Result(
        document=document,
        anchor=anchor,
        name=name,
        picture=boundary_plot(cell, document.heights, f"{anchor}-cell", kind="interface"),
        units=[
            (unit, [side.get(unit, 0) for side in sides])
            for unit in dict.fromkeys(unit for side in sides for unit in side)
        ],
    )
