"""The job that selects what a sweep found."""

from typing import Any

import numpy as np
import pytest
from ase import Atoms
from explore_for_tests import HOT, sheared

from makers.selection import SelectMaker
from physics.errors import InputError
from physics.potentials.active_set import ActiveSet
from stores.documents import (
    DatasetDocument,
    ExploredDocument,
    PotentialDocument,
    SelectionDocument,
)


def active_set(potential: PotentialDocument) -> ActiveSet:
    active = potential.restored_active_set()
    assert active is not None
    return active


def select(
    potential: PotentialDocument | None, *runs: ExploredDocument | None, **fields: Any
) -> SelectionDocument:
    names = [f"run {number}" for number in range(len(runs))]
    maker = SelectMaker(**fields)
    return maker.make.original(maker, potential, list(runs), names)


@pytest.fixture(scope="module")
def selection(
    cold_copper: PotentialDocument, hot: ExploredDocument, calm: ExploredDocument
) -> SelectionDocument:
    return select(cold_copper, hot, calm, hot)


def test_once_those_selected_are_known_no_candidate_is_beyond_the_threshold(
    hot: ExploredDocument, various: ExploredDocument, cold_copper: PotentialDocument
) -> None:
    assert hot.candidates is not None
    assert various.candidates is not None
    active = active_set(cold_copper)
    candidates = [*hot.candidates.to_images(), *various.candidates.to_images()]
    assert (active.grade(candidates) > 2).all()
    selected = select(cold_copper, hot, various).selected
    assert selected is not None
    assert selected.n_configurations < len(candidates)
    known = active.extended(selected.to_images(), 2.0)
    assert (known.grade(candidates) <= 2 * (1 + 1e-9)).all()


def test_what_two_runs_found_is_selected_once(
    selection: SelectionDocument, hot: ExploredDocument
) -> None:
    assert selection.selected is not None
    positions = [atoms.positions.tobytes() for atoms in selection.selected.to_images()]
    assert len(set(positions)) == len(positions)
    assert selection.selected.n_labelled == 0
    assert set(selection.selected.groups) == {"twin, 1500 K"}
    assert selection.candidates == 8
    assert selection.profiles == [hot.profile, hot.profile]
    assert [run.temperature for run in selection.runs] == [HOT, 30.0, HOT]
    assert selection.warnings == []


@pytest.fixture(scope="module")
def various(hot: ExploredDocument) -> ExploredDocument:
    """As if a run had found compressed and expanded crystals."""
    crystal = sheared()
    images = []
    for seed, factor in enumerate((0.9, 1.0, 1.1, 1.2, 1.3, 1.35)):
        atoms = Atoms("Cu48", crystal.cart_coords, cell=crystal.lattice.matrix, pbc=True)
        atoms.set_cell(atoms.cell.array * factor, scale_atoms=True)
        atoms.rattle(0.1, seed=seed)
        images.append(atoms)
    candidates = DatasetDocument.from_images(images, source="test")
    return hot.model_copy(update={"candidates": candidates, "input_hash": "various"})


@pytest.mark.parametrize("most", [1, 2])
def test_of_many_those_of_the_largest_grades_are_taken(
    most: int, cold_copper: PotentialDocument, various: ExploredDocument
) -> None:
    unlimited = select(cold_copper, various).selected
    assert unlimited is not None
    images = unlimited.to_images()
    assert len(images) > 2
    grades = active_set(cold_copper).grade(images)
    limited = select(cold_copper, various, most=most).selected
    assert limited is not None
    places = sorted(np.argsort(grades)[-most:])
    assert limited == unlimited.taken(places, "").model_copy(
        update={"source": limited.source, "versions": limited.versions, "warnings": []}
    )


def test_nothing_beyond_the_threshold_nothing_selected(
    cold_copper: PotentialDocument, calm: ExploredDocument
) -> None:
    document = select(cold_copper, calm)
    assert document.selected is None
    assert document.candidates == 0


def test_a_run_that_failed_is_told(
    cold_copper: PotentialDocument, hot: ExploredDocument, selection: SelectionDocument
) -> None:
    document = select(cold_copper, None, hot)
    assert document.warnings == ["run 0: the run failed, and nothing of it was used"]
    assert len(document.runs) == 1
    assert document.selected == select(cold_copper, hot).selected


def test_without_runs_of_the_potential_nothing_is_selected(
    cold_copper: PotentialDocument, hot: ExploredDocument
) -> None:
    with pytest.raises(InputError, match="0 of 2 runs"):
        select(cold_copper, None, None)
    with pytest.raises(InputError, match=r"2 of 2 runs .* all with the potential"):
        select(cold_copper, hot, hot.model_copy(update={"potential": "another"}))
    with pytest.raises(InputError, match=r"1 of 1 runs .* all with a potential"):
        select(None, hot)
