"""The section of a report about grain boundaries."""

from dataclasses import dataclass

from markupsafe import Markup

from stores.documents import GrainBoundaryDocument
from workflows.report.plots.boundary import boundary_plot
from workflows.report.plots.boundary_energies import boundary_energies_plot
from workflows.report.section import Notice, Section
from workflows.report.templates import render


@dataclass(frozen=True)
class _Result:
    """One boundary, ready for the template."""

    document: GrainBoundaryDocument
    anchor: str
    name: str
    picture: Markup


def section(documents: list[GrainBoundaryDocument]) -> Section:
    """
    Present grain boundaries, the one of lowest energy first.

    Parameters
    ----------
    documents : list of GrainBoundaryDocument
        The boundaries; at least one.

    Returns
    -------
    Section
        The section with its warnings.
    """
    ranked = sorted(documents, key=lambda d: (d.system, d.energy is None, d.energy or 0.0))
    results = [_result(document, index) for index, document in enumerate(ranked, start=1)]
    return Section(
        anchor="boundaries",
        title="Grain boundaries",
        contents=[(result.anchor, result.name) for result in results],
        body=render(
            "boundary.html",
            results=results,
            energies=boundary_energies_plot(ranked, "boundary-energies"),
        ),
        notices=[
            Notice(text=warning, concerns=result.name, anchor=result.anchor)
            for result in results
            for warning in result.document.warnings
        ],
    )


def _result(document: GrainBoundaryDocument, index: int) -> _Result:
    anchor = f"boundary-{index}"
    return _Result(
        document=document,
        anchor=anchor,
        name=f"{document.system}, {document.label}",
        picture=boundary_plot(document.structure, document.heights, f"{anchor}-cell"),
    )
