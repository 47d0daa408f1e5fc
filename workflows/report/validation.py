"""The section of a report about potentials beside their reference engine."""

from dataclasses import dataclass

from markupsafe import Markup

from stores.documents import PotentialValidationDocument
from stores.published import QUALITIES, PublishedValue, published
from workflows.notation import number, significant
from workflows.report.comparison import LABELS, ends, signed_percent, write
from workflows.report.plots.boundary_parity import boundary_parity_plot
from workflows.report.section import Notice, Section, distinct
from workflows.report.templates import render

PUBLISHED_METHOD = "moment tensor potential"
"""Method of the published values of a potential."""

PUBLISHED_BOUNDARY_ERRORS = {"jalem-2023": 0.10}
"""Mean absolute error of boundary energies between the published potential and DFT, J/m^2."""

_QUALITIES = ("printed", "recomputed", "ocr_repaired", "reconstructed", "inconsistent")
"""Best first: where a publication gives a quantity twice, the better one is shown."""

_UNITS = {"density": "g/cm³", "poisson_ratio": ""} | {f"lattice_{axis}": "Å" for axis in "abc"}


@dataclass(frozen=True)
class _Row:
    """One quantity, by the reference and by the potential: here, and published."""

    label: str
    unit: str
    here: tuple[str, str, str]
    known: tuple[PublishedValue, PublishedValue] | None
    known_written: tuple[str, str, str]


@dataclass(frozen=True)
class _Result:
    """One potential on one crystal, ready for the template."""

    document: PotentialValidationDocument
    anchor: str
    name: str
    rows: list[_Row]
    known: tuple[PublishedValue, PublishedValue] | None
    parity: Markup | None

    @property
    def qualities(self) -> list[str]:
        """Those of the published values that are not as printed."""
        values = [value for row in self.rows for value in row.known or ()]
        return sorted({value.quality for value in values} - {"printed"})

    @property
    def known_boundary_error(self) -> float | None:
        """Of the publication that the rows are compared with, J/m^2."""
        return PUBLISHED_BOUNDARY_ERRORS.get(self.known[1].source.key) if self.known else None


def section(documents: list[PotentialValidationDocument]) -> Section:
    """
    Present potentials beside their reference engine, and a published potential beside its own.

    Parameters
    ----------
    documents : list of PotentialValidationDocument
        The comparisons, in the order of the report; at least one.

    Returns
    -------
    Section
        The section with its warnings.
    """
    names = distinct([f"{d.system}, potential {d.potential[:12]}" for d in documents])
    results = [
        _result(document, f"validation-{index}", name)
        for index, (document, name) in enumerate(zip(documents, names, strict=True), start=1)
    ]
    return Section(
        anchor="validations",
        title="Validation of potentials",
        contents=[(result.anchor, result.name) for result in results],
        body=render("validation.html", results=results, qualities=QUALITIES),
        notices=[
            Notice(text=warning, concerns=result.name, anchor=result.anchor)
            for result in results
            for warning in result.document.warnings
        ],
        references=["mtp", "hill", *(document.engine for document in documents)],
    )


def _result(document: PotentialValidationDocument, anchor: str, name: str) -> _Result:
    rows = _rows(document)
    drawn = any(b.unrelaxed is not None or b.relaxed is not None for b in document.boundaries)
    return _Result(
        document=document,
        anchor=anchor,
        name=name,
        rows=rows,
        known=next((row.known for row in rows if row.known), None),
        parity=boundary_parity_plot(document.boundaries, document.engine, f"{anchor}-parity")
        if drawn
        else None,
    )


def _rows(document: PotentialValidationDocument) -> list[_Row]:
    reference = _quantities(document, document.reference_lattice, "reference_")
    found = _quantities(document, document.lattice, "")
    return [
        _row(quantity, reference[quantity], found[quantity], document)
        for quantity in reference
        if (reference[quantity], found[quantity]) != (None, None)
    ]


def _quantities(
    document: PotentialValidationDocument,
    lattice: tuple[float, float, float] | None,
    prefix: str,
) -> dict[str, float | None]:
    """Give the values by one of the two, under the names of published quantities."""
    a, b, c = lattice or (None, None, None)
    fields = {
        "density": "density",
        "bulk_modulus": "bulk_hill",
        "shear_modulus": "shear_hill",
        "young_modulus": "young_hill",
        "poisson_ratio": "poisson_hill",
    }
    return {"lattice_a": a, "lattice_b": b, "lattice_c": c} | {
        quantity: getattr(document, f"{prefix}{field}") for quantity, field in fields.items()
    }


def _row(
    quantity: str,
    reference: float | None,
    found: float | None,
    document: PotentialValidationDocument,
) -> _Row:
    unit = _UNITS.get(quantity, "GPa")
    known = _known(quantity, document)
    return _Row(
        label=LABELS[quantity],
        unit=unit,
        here=(
            _written(reference, unit),
            _written(found, unit),
            "" if reference is None or found is None else signed_percent(found, reference),
        ),
        known=known,
        known_written=(
            write(known[0]),
            write(known[1]),
            signed_percent(ends(known[1])[0], ends(known[0])[0]),
        )
        if known
        else ("", "", ""),
    )


def _written(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return significant(value) if unit == "GPa" else number(value, 3)


def _known(
    quantity: str, document: PotentialValidationDocument
) -> tuple[PublishedValue, PublishedValue] | None:
    """Find a published value by DFT and by a potential that was fitted to it, of one source."""
    values = sorted(
        (
            value
            for value in published(quantity, document.system)
            if value.kind == "computed"
            and (
                value.conditions.formula_units in (None, document.formula_units)
                or not quantity.startswith("lattice")
            )
        ),
        key=lambda value: _QUALITIES.index(value.quality),
    )
    for found in values:
        if found.method == PUBLISHED_METHOD:
            for reference in values:
                if reference.source == found.source and reference.method != PUBLISHED_METHOD:
                    return reference, found
    return None
