"""The section of a report about grain boundaries."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pymatgen.core import Structure

from physics.structures.audit import audit
from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.grain_boundaries import tilt_boundary
from stores.documents import CandidateResult, GrainBoundaryDocument
from workflows.report import write_report


@pytest.fixture(scope="module")
def document() -> GrainBoundaryDocument:
    """The built boundary (2 -1 0), as if it had been relaxed."""
    studies = Path(__file__).parents[2] / "workflows" / "studies" / "structures"
    crystal = Crystal(Structure.from_file(studies / "beta-Li3PS4.cif"))
    how = Construction(separation=15, keep=1)
    boundary = tilt_boundary(crystal, (2, -1, 0), construction=how)[0]
    candidate = CandidateResult(
        uuid="first",
        energy=0.083,
        excess_volume=0.26,
        refused=[],
        cuts=boundary.cuts,
        shift=boundary.shift,
        gap=boundary.gap,
        overlap=boundary.overlap,
        moved=boundary.moved,
        removed=0,
        steps=62,
    )
    refused = candidate.model_copy(
        update={"uuid": "second", "energy": 0.071, "refused": ["not converged after 9 steps"]}
    )
    geometry = boundary.geometry
    return GrainBoundaryDocument(
        uuid="boundary",
        study="s",
        system="beta-Li3PS4",
        last_updated=datetime(2026, 1, 1, tzinfo=UTC),
        input_hash="h",
        versions={"thioflow": "1"},
        formula="Li3PS4",
        engine="chgnet",
        functional="CHGNet",
        label="Σ5 [001] (2-10)",
        axes="pnma",
        kind=geometry.kind,
        plane="(2 -1 0)",
        misorientation=geometry.misorientation,
        rotation_axis="[0 0 1]",
        area=geometry.area,
        strain=geometry.strain,
        atoms=len(boundary.structure),
        energy=0.083,
        excess_volume=0.26,
        equivalent=True,
        geometry=geometry,
        layers=boundary.layers,
        structure=boundary.structure,
        heights=boundary.heights,
        shortest=audit(boundary.structure).shortest,
        candidates=[candidate, refused],
    )


def text_of(folder: Path, *documents: GrainBoundaryDocument) -> tuple[str, str]:
    """Write a report; give the page and its words."""
    page = write_report("s", documents, [], folder / "report.html").read_text()
    words = re.sub(r"<(svg|style).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return page, " ".join(words.split())


def changed(document: GrainBoundaryDocument, **fields: Any) -> GrainBoundaryDocument:
    return document.model_copy(update=fields)


def test_what_was_built_and_what_it_costs(tmp_path: Path, document: GrainBoundaryDocument) -> None:
    page, words = text_of(tmp_path, document)
    assert "Σ5 [001] (2-10) symmetric tilt, pnma axes (2 -1 0) 77.59° [0 0 1] 130.6 192" in words
    assert "0.083 0.26" in words
    assert "symmetric tilt, by 180° about the normal" in words
    assert "the same by symmetry" in words
    assert "3 of 5.093 Å and 3 of 5.093 Å" in words
    assert "not converged after 9 steps" in words
    assert page.count("<svg") == 2
    assert page.count("boundary 1") >= 1


def test_the_lowest_comes_first_and_the_refused_last(
    tmp_path: Path, document: GrainBoundaryDocument
) -> None:
    low = changed(document, uuid="low", label="low", energy=0.01)
    none = changed(
        document, uuid="none", label="none", energy=None, excess_volume=None, warnings=["no energy"]
    )
    page, words = text_of(tmp_path, document, none, low)
    table = words[words.index("the lowest energy of each system first") :]
    assert table.index("low") < table.index("Σ5") < table.index("none")
    assert "refused" in table
    assert "which is refused" in words
    assert words.index("no energy") < words.index("Grain boundaries")
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
