"""The section of a report about potentials beside their reference engine."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_for_tests import Page, in_order, labels_of, page_of

from stores.documents import BoundaryComparison, PotentialValidationDocument
from workflows.report.plots.boundary_parity import boundary_parity_plot

BOUNDARIES = [
    BoundaryComparison(label="(0 1 0)", atoms=192, reference=0.1, unrelaxed=0.2, relaxed=0.15),
    BoundaryComparison(label="(2 0 1)", atoms=256, reference=0.4, unrelaxed=0.3, relaxed=None),
]


def validation(**changes: Any) -> PotentialValidationDocument:
    fields: dict[str, Any] = {
        "uuid": "u",
        "study": "a study",
        "system": "beta-Li3PS4",
        "last_updated": datetime(2026, 1, 1, tzinfo=UTC),
        "input_hash": "h",
        "warnings": ["CHGNet is soft"],
        "formula": "Li3PS4",
        "engine": "chgnet",
        "functional": "CHGNet 0.3.0",
        "potential": "0123456789abcdef" * 4,
        "formula_units": 4,
        "reference_lattice": (12.0, 8.0, 6.5),
        "lattice": (12.3, 8.0, 6.4),
        "reference_density": 1.76,
        "density": 1.77,
        "reference_bulk_hill": 10.0,
        "bulk_hill": 15.0,
        "reference_shear_hill": 4.0,
        "shear_hill": None,
        "reference_young_hill": None,
        "young_hill": None,
        "reference_poisson_hill": 0.33,
        "poisson_hill": 0.38,
        "boundaries": BOUNDARIES,
        "boundary_error": 0.05,
        "unrelaxed_boundary_error": 0.1,
    }
    return PotentialValidationDocument(**fields | changes)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Of one potential."""
    return page_of(tmp_path_factory.mktemp("report"), validation())


def test_both_stand_beside_the_published_potential_and_its_functional(page: Page) -> None:
    """Published: Jalem et al. 2023, Table 1."""
    rows = [
        "Quantity Here Published: Jalem 2023 , Table 1",
        "chgnet potential difference DFT MTP difference",
        "Lattice parameter a (Å) 12.000 12.300 +2.5 % 13.07 13.06 −0.1 %",
        "Lattice parameter b (Å) 8.000 8.000 0.0 % 8.13 8.12 −0.1 %",
        "Density (g/cm³) 1.760 1.770 +0.6 % 1.798 recomputed 1.801 recomputed +0.2 %",
        "Bulk modulus B (GPa) 10.0 15.0 +50 % 22 30.5 +39 %",
        "Shear modulus G (GPa) 4.00 – 11 9.8 −11 %",
        "Poisson ratio ν 0.330 0.380 +15 %",
        "Published: DFT, optB88-vdW, and a moment tensor potential (MTP) that was fitted to it;",
        "recomputed – not printed: computed by this project from the printed numbers.",
    ]
    assert in_order(page.text.replace("\u00a0", " "), rows)
    assert "modulus E" not in page.text


def test_boundaries_and_their_errors(page: Page) -> None:
    rows = [
        "(0 1 0) 192 0.100 0.200 +0.100 0.150 +0.050",
        "(2 0 1) 256 0.400 0.300 −0.100 – Mean absolute error 0.100 0.050",
        "The published potential is within 0.10 J/m² of its DFT in the mean ( Jalem 2023 )",
    ]
    assert in_order(page.text, rows)
    assert labels_of(page) == ["Energies of grain boundaries by the potential against chgnet"]


def test_warnings_name_the_potential(page: Page) -> None:
    assert "CHGNet is soft Concerns beta-Li3PS4, potential 0123456789ab" in page.text
    assert "Multiscale Model. Simul. 14, 1153" in page.text
    assert "Nat. Mach. Intell. 5, 1031" in page.text


def test_lattices_of_another_cell_are_not_compared(tmp_path: Path) -> None:
    text = page_of(tmp_path, validation(formula_units=8)).text
    assert in_order(text, ["12.300 +2.5 % Lattice parameter b", "30.5 +39 %"])
    assert "13.07" not in text


def test_a_crystal_without_published_values_has_no_such_columns(tmp_path: Path) -> None:
    text = page_of(tmp_path, validation(system="salt", formula="LiCl", boundaries=[])).text
    assert in_order(text, ["chgnet potential difference Lattice", "15.0 +50 % Shear"])
    assert "Published:" not in text
    assert "Energies of grain boundaries" not in text


def test_boundaries_that_all_failed_are_not_drawn(tmp_path: Path) -> None:
    failed = BOUNDARIES[0].model_copy(update={"unrelaxed": None, "relaxed": None})
    page = page_of(
        tmp_path,
        validation(boundaries=[failed], boundary_error=None, unrelaxed_boundary_error=None),
    )
    assert labels_of(page) == []
    assert "(0 1 0) 192 0.100 – – Mean absolute error – –" in page.text


def test_two_potentials_are_told_apart(tmp_path: Path) -> None:
    text = page_of(tmp_path, validation(), validation(uuid="v", potential="f" * 64)).text
    assert in_order(text, ["potential 0123456789ab beside", "potential ffffffffffff beside"])


def test_dots_stand_where_the_energies_are() -> None:
    """Equal axes: the distance of a dot from the line is the error, to one scale for all."""
    boundaries = [
        BoundaryComparison(label=f"b{n}", atoms=8, reference=x, unrelaxed=None, relaxed=x + shift)
        for n, (x, shift) in enumerate([(0.1, 0.0), (0.2, 0.1), (0.4, -0.1), (0.5, 0.0)])
    ]
    svg = str(boundary_parity_plot(boundaries, "chgnet", "a"))
    dots = re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)"[^>]*fill: #0b6e6e', svg)[:4]
    x, y = np.array(dots, dtype=float).T
    scale = (x[3] - x[0]) / 0.4
    assert (x - x[0]) / scale == pytest.approx([0, 0.1, 0.3, 0.4], abs=1e-4)
    assert (y[0] - y) / scale == pytest.approx([0, 0.2, 0.2, 0.4], abs=1e-4)
    for boundary in boundaries:
        assert f">{boundary.label}<" in svg


def test_names_of_boundaries_of_one_energy_do_not_overlap() -> None:
    boundaries = [
        BoundaryComparison(label=f"b{n}", atoms=8, reference=0.3, unrelaxed=0.3, relaxed=0.3)
        for n in range(12)
    ]
    svg = str(boundary_parity_plot(boundaries, "chgnet", "a"))
    found = re.findall(r'translate\([\d.]+ ([\d.]+)\)">b\d+<|y="([\d.]+)"[^>]*>b\d+<', svg)
    heights = sorted(float(a or b) for a, b in found)
    assert len(heights) == 12
    assert min(np.diff(heights)) > 9
