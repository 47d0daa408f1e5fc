"""The report of a study: sections, warnings, provenance and citations on one page."""

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from physics.errors import InputError
from stores.documents import (
    AnnealedInterfaceDocument,
    ArrheniusDocument,
    DynamicsRunDocument,
    ElasticDocument,
    FittedPotentialDocument,
    GlassDocument,
    GlassElasticDocument,
    GrainBoundaryDocument,
    LearningRunDocument,
    PotentialValidationDocument,
    PropertyDocument,
    TransportDocument,
)
from stores.published import published
from stores.versions import versions
from workflows.report import (
    boundary,
    dynamics,
    elastic,
    glass,
    glass_elastic,
    interface,
    learning,
    potential,
    transport,
    validation,
)
from workflows.report.citations import CITATIONS, PLATFORM, Citation
from workflows.report.provenance import JobSummary, software
from workflows.report.section import Notice, Section
from workflows.report.templates import FOLDER, render

Kinds = tuple[type[PropertyDocument], ...]

SECTIONS: dict[Kinds, Callable[[list[Any]], Section | None]] = {
    (ElasticDocument,): elastic.section,
    (GrainBoundaryDocument,): boundary.section,
    (DynamicsRunDocument,): dynamics.section,
    (TransportDocument, ArrheniusDocument, GrainBoundaryDocument): transport.section,
    (GlassDocument,): glass.section,
    (GlassElasticDocument,): glass_elastic.section,
    (AnnealedInterfaceDocument,): interface.section,
    (FittedPotentialDocument,): potential.section,
    (LearningRunDocument,): learning.section,
    (PotentialValidationDocument,): validation.section,
}
"""What presents types of properties, in the order of the report."""


def write_report(
    study: str,
    documents: Sequence[PropertyDocument],
    jobs: Sequence[JobSummary],
    path: Path,
    faults: Sequence[str] = (),
) -> Path:
    """
    Write the report of a study as one HTML file without any reference to other files.

    Parameters
    ----------
    study : str
        Name of the study.
    documents : sequence of PropertyDocument
        The properties of the study; an empty report says what is missing.
    jobs : sequence of JobSummary
        The engine jobs that the properties rest on.
    path : Path
        File to write; its folder is made, an older report is replaced at once.
    faults : sequence of str
        What went wrong in the study as a whole; the first of the warnings.

    Returns
    -------
    Path
        The absolute path of the file.

    Raises
    ------
    InputError
        If there is no section for a type of property, or the file cannot be written.
    """
    known = dict.fromkeys(kind for kinds in SECTIONS for kind in kinds)
    for document in documents:
        if type(document) not in known:
            raise InputError(
                f"report: no section for {type(document).__name__}, expected one of "
                f"{', '.join(kind.__name__ for kind in known)}; add it to "
                "workflows.report.page.SECTIONS."
            )
    sections = []
    for kinds, present in SECTIONS.items():
        of_kinds = [document for document in documents if isinstance(document, kinds)]
        if of_kinds and (part := present(of_kinds)) is not None:
            sections.append(part)
    page = render(
        "page.html",
        study=study,
        style=Markup((FOLDER / "style.css").read_text(encoding="utf-8")),  # noqa: S704 - our own
        version=versions()["thioflow"],
        date=max((f"{document.last_updated:%Y-%m-%d}" for document in documents), default=""),
        notices=_merge(
            [Notice(fault, "the study") for fault in faults]
            + [notice for part in sections for notice in part.notices]
            + _unconverged(jobs)
        ),
        sections=sections,
        jobs=jobs,
        engines=sorted({(job.engine, job.functional) for job in jobs}),
        seconds=sum(job.seconds for job in jobs),
        replayed=sum(job.mode == "replay" for job in jobs),
        software=software(list(jobs), [document.versions for document in documents]),
        citations=_citations(sections, jobs),
        sources=_sources(documents),
    )
    return _write(Path(path), page)


def _unconverged(jobs: Sequence[JobSummary]) -> list[Notice]:
    return [
        Notice("not converged: the force criterion was not met", f"job {job.name} {job.uuid}")
        for job in jobs
        if job.converged is False
    ]


def _merge(notices: list[Notice]) -> list[tuple[str, list[Notice]]]:
    """Say each warning once, with all it concerns."""
    merged: dict[str, list[Notice]] = {}
    for notice in notices:
        merged.setdefault(notice.text, []).append(notice)
    return list(merged.items())


def _citations(sections: list[Section], jobs: Sequence[JobSummary]) -> list[Citation]:
    keys = [*PLATFORM, *(job.engine for job in jobs)]
    keys += [key for part in sections for key in part.references]
    return [CITATIONS[key] for key in dict.fromkeys(keys) if key in CITATIONS]


def _sources(documents: Sequence[PropertyDocument]) -> list[Any]:
    """Give the publications of values for the compositions of the study, each once."""
    formulas = {getattr(document, "formula", None) for document in documents}
    found = {v.source.key: v.source for v in published() if v.formula in formulas}
    return list(found.values())


def _write(path: Path, text: str) -> Path:
    """Replace the file in one step, so that a reader never sees half of it."""
    path = path.expanduser().absolute()
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise InputError(
            f"report: cannot write {path}: {error.strerror}; give another file with --output."
        ) from error
    return path
