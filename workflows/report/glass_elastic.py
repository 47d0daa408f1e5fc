"""The section of a report about the elasticity of glasses."""

from dataclasses import dataclass
from itertools import groupby

from physics.analysis.elasticity import VOIGT_NAMES
from stores.documents import GlassElasticDocument
from stores.published import QUALITIES
from workflows.report.comparison import Comparison, compare_glass
from workflows.report.plots.glass_moduli import MODULI, glass_moduli_plot
from workflows.report.section import Notice, Section, distinct
from workflows.report.shades import shades
from workflows.report.templates import render


@dataclass(frozen=True)
class _Result:
    """The elasticity of one glass, ready for the template."""

    document: GlassElasticDocument
    anchor: str
    name: str
    comparisons: list[Comparison]
    shades: list[list[str]]


def section(documents: list[GlassElasticDocument]) -> Section:
    """
    Present the elasticity of glasses, by composition and pressure, beside published values.

    Parameters
    ----------
    documents : list of GlassElasticDocument
        Averages over quenches; at least one.

    Returns
    -------
    Section
        The section with its warnings.
    """
    ordered = sorted(documents, key=lambda d: (d.formula, d.system, d.pressure, d.label))
    names = distinct([d.label for d in ordered])
    results = [
        _result(document, f"glass-elastic-{index}", name)
        for index, (document, name) in enumerate(zip(ordered, names, strict=True), start=1)
    ]
    plots = [
        (formula, glass_moduli_plot(list(glasses), f"glass-moduli-{index}"))
        for index, (formula, glasses) in enumerate(groupby(ordered, key=lambda d: d.formula), 1)
    ]
    return Section(
        anchor="glass-elastic",
        title="Elasticity of glasses",
        contents=[(result.anchor, result.name) for result in results],
        body=render(
            "glass_elastic.html",
            results=results,
            plots=plots,
            voigt=VOIGT_NAMES,
            qualities=QUALITIES,
        ),
        notices=[
            Notice(text=warning, concerns=result.name, anchor=result.anchor)
            for result in results
            for warning in result.document.warnings
        ],
        references=[
            *(key for d in documents for key in (d.engine, *d.versions)),
            *("hill", "ranganathan", "mouhat"),
        ],
    )


def _result(document: GlassElasticDocument, anchor: str, name: str) -> _Result:
    here = {quantity: float(getattr(document, field)) for quantity, field in MODULI.items()}
    here |= {"poisson_ratio": document.poisson_hill, "density": document.density}
    return _Result(
        document=document,
        anchor=anchor,
        name=name,
        comparisons=compare_glass(document.formula, document.pressure, here),
        shades=shades(document.stiffness),
    )
