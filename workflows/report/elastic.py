"""The section of a report about elastic tensors."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from physics.analysis.elasticity import VOIGT_NAMES
from physics.analysis.moduli import directional_young
from stores.documents import ElasticDocument
from stores.published import QUALITIES, published
from workflows.report.comparison import Comparison, OtherSystem, compare, other_systems
from workflows.report.plots.cell import cell_plot
from workflows.report.plots.moduli import moduli_plot
from workflows.report.plots.stress_strain import stress_strain_plot
from workflows.report.plots.young import young_plot
from workflows.report.section import Notice, Section
from workflows.report.shades import shades
from workflows.report.templates import render

SYMPREC = 0.01
_DIRECTIONS = 4000


@dataclass(frozen=True)
class _Result:
    """One elastic tensor, ready for the template."""

    document: ElasticDocument
    anchor: str
    name: str
    space_group: tuple[str, int]
    formula_units: int
    comparisons: list[Comparison]
    others: list[OtherSystem]
    shades: list[list[str]]
    young_range: tuple[float, float] | None
    cell_svg: Markup
    moduli_svg: Markup | None
    stress_strain_svg: Markup
    young_svg: Markup | None


def section(documents: list[ElasticDocument]) -> Section:
    """
    Present elastic tensors, each beside the published values of its system.

    Parameters
    ----------
    documents : list of ElasticDocument
        The tensors, in the order of the report; at least one.

    Returns
    -------
    Section
        The section with its warnings.
    """
    results = [_result(document, index) for index, document in enumerate(documents, start=1)]
    references = ["hill", "ranganathan", "mouhat"]
    return Section(
        anchor="elastic",
        title="Elastic tensor",
        contents=[(result.anchor, result.name) for result in results],
        body=render("elastic.html", results=results, voigt=VOIGT_NAMES, qualities=QUALITIES),
        notices=[
            Notice(text=warning, concerns=result.name, anchor=result.anchor)
            for result in results
            for warning in result.document.warnings
        ],
        references=references,
    )


def _result(document: ElasticDocument, index: int) -> _Result:
    anchor = f"elastic-{index}"
    formula_units = int(document.structure.composition.get_reduced_composition_and_factor()[1])
    here = {
        "bulk_modulus": document.bulk_hill,
        "shear_modulus": document.shear_hill,
        "young_modulus": document.young_hill,
        "poisson_ratio": document.poisson_hill,
        "density": document.density,
        "lattice_a": document.structure.lattice.a,
        "lattice_b": document.structure.lattice.b,
        "lattice_c": document.structure.lattice.c,
    }
    stable = document.stable
    return _Result(
        document=document,
        anchor=anchor,
        name=f"{document.system}, {document.engine}",
        space_group=document.structure.get_space_group_info(SYMPREC),
        formula_units=formula_units,
        comparisons=compare(document.system, here, formula_units),
        others=other_systems(document.system, document.formula),
        shades=shades(document.stiffness),
        young_range=_young_range(document) if stable else None,
        cell_svg=cell_plot(document.structure, f"{anchor}-cell"),
        moduli_svg=moduli_plot(document.system, here, f"{anchor}-moduli")
        if published("bulk_modulus", document.system)
        else None,
        stress_strain_svg=stress_strain_plot(document, f"{anchor}-stress"),
        young_svg=young_plot(document, f"{anchor}-young") if stable else None,
    )


def _young_range(document: ElasticDocument) -> tuple[float, float]:
    """Find the extremes of Young's modulus over directions spread evenly on the sphere."""
    index = np.arange(_DIRECTIONS) + 0.5
    z = 1 - 2 * index / _DIRECTIONS
    angle = np.pi * (1 + 5**0.5) * index
    radius = np.sqrt(1 - z**2)
    directions = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), z])
    young = directional_young(document.stiffness, directions)
    return float(young.min()), float(young.max())
