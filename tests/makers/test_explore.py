"""The job that explores with a potential: configurations, grades, distances from boundaries."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from explore_for_tests import HEIGHT, HOT, PLANES, explorer, sheared

from makers.dynamics import DynamicsMaker
from makers.dynamics_run import EXTRAPOLATING, TRAJECTORY
from makers.explore import ExploreMaker
from physics.errors import InputError
from physics.potentials.active_set import ActiveSet
from stores.documents import ExploredDocument, PotentialDocument
from stores.trajectories.reader import Trajectory


def run(maker: Any, *given: Any) -> Any:
    """Run a job here and now."""
    return maker.make.original(maker, *given)


def active_set(potential: PotentialDocument) -> ActiveSet:
    active = potential.restored_active_set()
    assert active is not None
    return active


def images_of(document: ExploredDocument, name: str) -> tuple[list[Atoms], list[float]]:
    """Frames of a file of a run, and the grades that are written beside them."""
    with Trajectory(Path(document.directory) / name) as file:
        images = [file.atoms(frame) for frame in file]
        return images, file.grades.tolist() if name == EXTRAPOLATING else []


def test_exploring_needs_grades() -> None:
    bare = replace(explorer(300).run, grading=None)
    with pytest.raises(InputError, match="give a Grading"):
        ExploreMaker(run=bare, seed="bulk", temperature=300)


def test_grades_need_an_active_set(cold_copper: PotentialDocument, workspace: Path) -> None:
    bare = cold_copper.model_copy(update={"active_set": None})
    with pytest.raises(InputError, match="without an active set"):
        run(explorer(300), sheared(), bare)


def test_candidates_are_the_configurations_beyond_the_threshold(
    hot: ExploredDocument, cold_copper: PotentialDocument
) -> None:
    """Some of those that the run kept, with the last one, graded again from their positions."""
    assert hot.candidates is not None
    kept, grades = images_of(hot, EXTRAPOLATING)
    assert hot.record.kept == len(kept) > 4
    candidates = hot.candidates.to_images()
    assert hot.candidates.n_labelled == 0
    assert hot.candidates.groups == ["twin, 1500 K"] * 4
    places = [
        next(p for p, atoms in enumerate(kept) if np.array_equal(atoms.positions, c.positions))
        for c in candidates
    ]
    assert places[-1] == len(kept) - 1
    assert np.ptp(np.diff(places)) <= 1
    found = active_set(cold_copper).grade(candidates)
    assert found == pytest.approx([grades[place] for place in places], rel=1e-3)
    assert (found > 2).all()


def test_the_record_says_how_far_the_run_came(
    hot: ExploredDocument, cold_copper: PotentialDocument
) -> None:
    record = hot.record
    assert (record.seed, record.temperature, record.atoms) == ("twin", HOT, 48)
    assert record.picoseconds == pytest.approx(0.2)
    assert (record.completed, record.stopped) == (True, None)
    assert (hot.potential, hot.parents) == (cold_copper.checksum, ["a", "b"])
    frames, _ = images_of(hot, TRAJECTORY)
    _, grades = images_of(hot, EXTRAPOLATING)
    largest = max(*active_set(cold_copper).grade(frames), *grades)
    assert record.largest_grade == pytest.approx(largest, rel=1e-3)


def test_grades_are_binned_by_the_distance_from_the_nearest_plane(
    hot: ExploredDocument, cold_copper: PotentialDocument
) -> None:
    """By hand: the first two vectors are horizontal, so a height is a coordinate z."""
    frames, _ = images_of(hot, TRAJECTORY)
    z = np.concatenate([atoms.positions[:, 2] for atoms in frames])
    images = [HEIGHT * (plane + k) for plane in PLANES for k in range(-3, 4)]
    distances = np.min([abs(z - height) for height in images], axis=0)
    grades = np.concatenate(active_set(cold_copper).grades(frames))
    profile = hot.profile
    assert profile is not None
    assert (profile.seed, profile.temperature) == ("twin", HOT)
    assert profile.distances == [0.5, 1.5, 2.5]  # the planes are 5.4 Å apart
    for middle, mean, largest in zip(profile.distances, profile.mean, profile.largest, strict=True):
        inside = grades[abs(distances - middle) <= 0.5]
        assert mean == pytest.approx(inside.mean(), rel=1e-6)
        assert largest == pytest.approx(inside.max(), rel=1e-6)


def test_a_run_within_the_training_set_gives_nothing(calm: ExploredDocument) -> None:
    assert calm.candidates is None
    assert calm.profile is None
    assert calm.record.kept == 0
    assert calm.record.largest_grade is not None
    assert calm.record.largest_grade <= 2


def test_a_run_that_stops_gives_what_it_had_found(
    cold_copper: PotentialDocument, workspace: Path
) -> None:
    document = run(explorer(HOT, stop=2.0), sheared(), cold_copper)
    assert not document.record.completed
    assert "grade" in (document.record.stopped or "")
    assert document.record.picoseconds < 0.2
    assert document.candidates is not None
    assert document.candidates.n_configurations == document.record.kept == 1


def test_configurations_with_atoms_too_close_are_graded_but_no_candidates(
    cold_copper: PotentialDocument, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("makers.explore.CLOSE", 1.5)
    document = run(explorer(HOT, stop=2.0), sheared(), cold_copper)
    assert document.record.kept == 1
    assert document.record.largest_grade > 2
    assert document.candidates is None


def test_the_name_does_not_count_as_input(
    hot: ExploredDocument, cold_copper: PotentialDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(hot.directory).parent)  # there the run itself need not be repeated
    named = run(explorer(HOT, frames=4, name="explore: twin"), sheared(), cold_copper, PLANES)
    assert named.input_hash == hot.input_hash
    fewer = run(explorer(HOT, frames=3, name="explore: twin"), sheared(), cold_copper, PLANES)
    assert fewer.input_hash != hot.input_hash


def test_a_replayed_run_is_the_recorded_one(
    hot: ExploredDocument,
    cold_copper: PotentialDocument,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("THIOFLOW_RECORDINGS", str(tmp_path / "recordings"))
    monkeypatch.setenv("THIOFLOW_MODE", "record")
    monkeypatch.chdir(Path(hot.directory).parent)
    given = (explorer(HOT, frames=4), sheared(), cold_copper, PLANES)
    document = run(*given)
    monkeypatch.setenv("THIOFLOW_MODE", "replay")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delattr(DynamicsMaker, "run")
    replayed = run(*given)
    assert replayed.directory == str(tmp_path)
    assert replayed == document.model_copy(update={"directory": str(tmp_path)})
