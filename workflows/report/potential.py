"""The section of a report about potentials."""

from dataclasses import dataclass

from stores.documents import FittedPotentialDocument
from workflows.report.section import Notice, Section, distinct
from workflows.report.templates import render


@dataclass(frozen=True)
class _Result:
    """One potential, ready for the template."""

    document: FittedPotentialDocument
    anchor: str
    name: str


def section(documents: list[FittedPotentialDocument]) -> Section:
    """
    Present fitted potentials, by elements, level and cutoff; each once, with its active set.

    Parameters
    ----------
    documents : list of FittedPotentialDocument
        The potentials; at least one.

    Returns
    -------
    Section
        The section with its warnings.
    """
    with_active_set_last = sorted(documents, key=lambda d: d.rank is not None)
    once = {document.checksum: document for document in with_active_set_last}.values()
    ordered = sorted(once, key=lambda d: (d.formula, d.level, d.r_max))
    names = distinct([f"{d.formula}, level {d.level}, {d.r_max:g} Å" for d in ordered])
    results = [
        _Result(document, f"potential-{index}", name)
        for index, (document, name) in enumerate(zip(ordered, names, strict=True), start=1)
    ]
    references = ["mtp", *(document.engine for document in documents)]
    if any(document.rank is not None for document in documents):
        references.append("extrapolation")
    return Section(
        anchor="potentials",
        title="Potentials",
        contents=[(result.anchor, result.name) for result in results],
        body=render("potential.html", results=results),
        notices=[
            Notice(text=warning, concerns=result.name, anchor=result.anchor)
            for result in results
            for warning in result.document.warnings
        ],
        references=references,
    )
