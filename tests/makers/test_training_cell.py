"""The job of a training cell: what it takes from a candidate, keeps and warns of."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder
from pymatgen.core import Structure

from makers.boundary import BoundaryMaker
from makers.training_cell import TrainingCellMaker
from physics.errors import InputError
from physics.structures.construction import Construction
from physics.structures.request import Request
from stores.documents import BuiltBoundaryDocument, BuiltCandidate, TrainingCellDocument

BETA = Path(__file__).parents[2] / "workflows" / "studies" / "structures" / "beta-Li3PS4.cif"
CRYSTAL = Structure.from_file(BETA)
WHICH: dict[str, Any] = {
    "request": Request(plane="2 0 1"),
    "label": "a tilt",
    "axes": "pnma",
    "construction": Construction(separation=15.0, keep=2),
}


@cache
def built() -> BuiltBoundaryDocument:
    maker = BoundaryMaker(**WHICH)
    document: BuiltBoundaryDocument = maker.make.original(maker, CRYSTAL)
    return document


def cell(like: BuiltCandidate | None = None, **fields: Any) -> TrainingCellDocument:
    maker = TrainingCellMaker(**WHICH | fields)
    document: TrainingCellDocument = maker.make.original(maker, CRYSTAL, like, ["a", "b"])
    return document


def relaxed(candidate: BuiltCandidate) -> BuiltCandidate:
    """The same one with other atoms in another cell."""
    structure = candidate.structure.copy().perturb(0.3, seed=1)
    structure.apply_strain([0.0, 0.0, 0.05])
    return candidate.model_copy(update={"structure": structure, "heights": (1.0, 20.0)})


def test_it_keeps_the_cell_and_what_it_holds() -> None:
    document = cell()
    assert document.label == "a tilt"
    assert document.axes == "pnma"
    assert document.parents == ["a", "b"]
    assert document.layers == (2, 2)
    assert document.atoms == len(document.structure) == 128
    assert document.full_atoms == 256
    assert document.coverage >= 0.9
    assert document.warnings == []
    assert document.structure.site_properties == {}
    assert document.heights[0] == 0
    assert document.heights[1] == pytest.approx(document.structure.lattice.c / 2)
    assert TrainingCellDocument.from_stored(document.model_dump()) == document


@pytest.mark.parametrize("number", [0, 1])
def test_terminations_translation_and_gap_are_those_of_the_candidate(number: int) -> None:
    candidate = built().candidates[number]
    document = cell(relaxed(candidate))
    assert document.joint.cuts == pytest.approx(candidate.cuts)
    assert document.joint.shift == pytest.approx(candidate.shift)
    assert document.joint.gap == candidate.gap
    assert document.joint.removed == candidate.removed
    assert document.structure.matches(cell(candidate).structure)


def test_the_hash_counts_what_determines_the_cell() -> None:
    first, second = built().candidates
    assert cell(first).input_hash == cell(relaxed(first)).input_hash
    hashes = {
        document.input_hash
        for document in (cell(first), cell(second), cell(), cell(max_atoms=64), cell(coverage=0.5))
    }
    assert len(hashes) == 5


def test_a_cell_that_holds_too_little_says_so() -> None:
    document = cell(max_atoms=64)
    (warning,) = document.warnings
    assert document.atoms == 64
    assert document.coverage < 0.9
    assert "a tilt, 64 atoms, holds" in warning
    assert "full cell of 256 atoms, 90.0% are wanted: raise max_atoms, now 64" in warning
    assert cell(max_atoms=64, coverage=0.1).warnings == []
    with pytest.raises(InputError, match="raise max_atoms"):
        cell(max_atoms=32)


def test_jobflow_runs_it_on_a_part_of_a_document(workspace: Path) -> None:
    build = BoundaryMaker(**WHICH).make(CRYSTAL)
    thin = TrainingCellMaker(**WHICH).make(CRYSTAL, build.output.candidates[1], [build.uuid])
    store = JobStore(MemoryStore())
    run_locally(Flow([build, thin]), store=store, log=False, ensure_success=True)
    document = MontyDecoder().process_decoded(store.get_output(thin.uuid))
    assert document.parents == [build.uuid]
    assert document.joint.cuts == pytest.approx(built().candidates[1].cuts)
    assert document.input_hash == cell(built().candidates[1]).input_hash
