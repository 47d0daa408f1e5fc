"""The section of a report about interfaces of a crystal and a glass."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pymatgen.core import Lattice, Structure
from report_for_tests import Page, in_order, labels_of, page_of

from stores.documents import AnnealedInterfaceDocument
from workflows.report.plots.svg import ACCENT, WARM

CORNERS = [[1.2, 1.2, 1.2], [1.2, -1.2, -1.2], [-1.2, 1.2, -1.2], [-1.2, -1.2, 1.2]]


def cell() -> Structure:
    """One PS4 in the crystal, two in the glass, none near a face of the cell."""
    centers = [(4.5, 4.5, 6.0, 0), (4.5, 4.5, 20.0, 1), (4.5, 4.5, 28.0, 1)]
    species, places, phases = [], [], []
    for *center, phase in centers:
        species += ["P", "S", "S", "S", "S"]
        moved = [[x + dx for x, dx in zip(center, step, strict=True)] for step in CORNERS]
        places += [center, *moved]
        phases += [phase] * 5
    return Structure(
        Lattice.orthorhombic(9.0, 9.1, 36.0), species, places, coords_are_cartesian=True,
        site_properties={"phase": phases},
    )  # fmt: skip


def interface(**changes: Any) -> AnnealedInterfaceDocument:
    fields: dict[str, Any] = {
        "input_hash": "0123456789abcdef",
        "uuid": "a-job",
        "study": "a study",
        "system": "glass/(0 0 1)",
        "last_updated": datetime(2026, 1, 1, tzinfo=UTC),
        "label": "glass/(0 0 1)",
        "plane": "(0 0 1)",
        "engine": "chgnet",
        "functional": "CHGNet",
        "potential": None,
        "seed": 3,
        "formula": "Li3PS4",
        "crystal_formula": "Li3PS4",
        "glass_formula": "Li7P3S11",
        "atoms": 15,
        "gap": 2.5,
        "heights": (0.0, 12.0),
        "crystal_thickness": 9.5,
        "glass_thickness": 21.5,
        "crystal_density": 1.876,
        "glass_density": 1.7345,
        "crystal_tetrahedral": 1.0,
        "glass_tetrahedral": 0.875,
        "units": {"PS4": 3, "P2S7": 1},
        "crystal_units": {"PS4": 1},
        "glass_units": {"PS4": 1, "P2S7": 1, "S": 2},
        "charge_mismatch": 0,
        "crystal_displacement": 0.234,
        "annealed": True,
        "structure": cell(),
    }
    return AnnealedInterfaceDocument(**fields | changes)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Of one interface."""
    return page_of(tmp_path_factory.mktemp("report"), interface())


def test_an_interface_stands_in_the_table(page: Page) -> None:
    assert "glass/(0 0 1) (0 0 1) 3 chgnet 15 9.5 21.5 1.734 0.23 to the end" in page.text
    assert "stopped" not in page.text


def test_its_facts(page: Page) -> None:
    facts = [
        "Crystal Li 3 PS 4 , plane (0 0 1), 9.5 Å",
        "Glass Li 7 P 3 S 11 , 21.5 Å",
        "In-plane cell 9.00 × 9.10 Å, 90.0°",
        "gaps of 2.50 Å",
        "1.876 g/cm³ of the crystal, 1.734 g/cm³ of the glass",
        "100 % in the crystal, 88 % in the glass",
    ]
    assert in_order(page.text, facts)


def test_units_of_both_sides_and_of_the_cell(page: Page) -> None:
    assert in_order(page.text, ["Unit Crystal Glass Cell PS 4 1 1 3", "P 2 S 7 0 1 1", "S 0 2 0"])
    assert "Charge of the units" not in page.text


def test_the_sides_are_drawn_in_two_colors(page: Page) -> None:
    (label,) = labels_of(page)
    assert label.startswith("Interfaces of PS4, seen along a")
    edges = [style for style in page.values("style") if "fill-opacity: 0.2" in style]
    faces = [sum(f"stroke: {color}" in style for style in edges) for color in (ACCENT, WARM)]
    assert faces == [4, 2 * 4]


def test_warnings_lead_to_the_interface(tmp_path: Path) -> None:
    page = page_of(tmp_path, interface(annealed=False, charge_mismatch=-2, warnings=["too thin"]))
    assert "too thin" in page.text
    assert "#interface-1" in page.values("href")
    assert "0.23 stopped early" in page.text
    assert "Charge of the units and of lithium: −2 e" in page.text


def test_without_phosphorus_there_is_no_tetrahedral_part(tmp_path: Path) -> None:
    page = page_of(tmp_path, interface(crystal_tetrahedral=None))
    assert "– in the crystal, 88 % in the glass" in page.text


def test_interfaces_come_by_name(tmp_path: Path) -> None:
    given = [interface(label=label, seed=seed) for label, seed in (("b", 1), ("a", 2), ("b", 0))]
    page = page_of(tmp_path, *given)
    assert in_order(page.text, ["a (0 0 1) 2", "b, no. 1 (0 0 1) 0", "b, no. 2 (0 0 1) 1"])
