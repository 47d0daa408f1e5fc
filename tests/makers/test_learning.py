"""Jobs of active learning: seeds, exploring, selecting, labelling, each by itself."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.units import GPa
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

from makers.calculation import calculation
from makers.dynamics import DynamicsMaker
from makers.dynamics_run import EXTRAPOLATING, TRAJECTORY, Output
from makers.grades import ActiveSetMaker
from makers.learning import ExploreMaker, LabelMaker, SelectMaker, collect_labels, keep_seeds
from makers.potential import FitMaker
from physics.dynamics.grading import Grading
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from physics.potentials.active_set import ActiveSet
from stores.documents import (
    CalculationDocument,
    DatasetDocument,
    ExploredDocument,
    LabelledDocument,
    PotentialDocument,
    SelectionDocument,
)
from stores.trajectories.reader import Trajectory

HEIGHT = 10.8
"""Of the sheared cell, Å: its third length is larger."""
PLANES = (0.1, 0.6)
HOT = 1500.0


def run(maker: Any, *given: Any) -> Any:
    """Run a job here and now."""
    return maker.make.original(maker, *given)


def labelled(atoms: Atoms) -> Atoms:
    """Attach what EMT gives."""
    atoms.calc = EMT()
    results = {"energy": atoms.get_potential_energy(), "forces": atoms.get_forces()}
    atoms.calc = SinglePointCalculator(atoms, **results, stress=atoms.get_stress())
    return atoms


def shaken(cells: int, displacement: float, seed: int) -> list[Atoms]:
    """Cells of four atoms of copper, labelled."""
    images = []
    for number in range(cells):
        atoms = bulk("Cu", cubic=True, a=3.6)
        atoms.rattle(displacement, seed=seed + number)
        images.append(labelled(atoms))
    return images


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> PotentialDocument:
    """A potential that has seen displacements of 0.05 Å, and its active set."""
    training = DatasetDocument.from_images(shaken(15, 0.05, 0), source="EMT")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("fit"))
        fit = FitMaker(level=2, n_chebyshev=4, max_steps=15)
        return run(ActiveSetMaker(), run(fit, training), training)


@pytest.fixture(scope="module")
def sheared() -> Structure:
    """Copper, 48 atoms, whose third vector leans: the sum of one of fcc and one along z."""
    cell = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
    tall = cell.make_supercell([2, 2, 3], in_place=False)
    lattice = Lattice([[7.2, 0, 0], [0, 7.2, 0], [1.8, 1.8, HEIGHT]])
    return Structure(lattice, tall.species, tall.cart_coords, coords_are_cartesian=True)


def explorer(
    kelvin: float, *, steps: int = 100, stop: float = 1000.0, **given: Any
) -> ExploreMaker:
    maker = DynamicsMaker(
        protocol=Protocol((Stage("explore", steps, kelvin),), 2.0, seed=1),
        driver="ase",
        output=Output(20),
        grading=Grading(2.0, stop, 10),
    )
    return ExploreMaker(run=maker, seed="twin", temperature=kelvin, **given)


@pytest.fixture(scope="module")
def hot(
    cold: PotentialDocument, sheared: Structure, tmp_path_factory: pytest.TempPathFactory
) -> ExploredDocument:
    """A run far beyond the training set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("hot"))
        return run(explorer(HOT, frames=4), sheared, cold, PLANES, ["a", "b"])


@pytest.fixture(scope="module")
def calm(
    cold: PotentialDocument, sheared: Structure, tmp_path_factory: pytest.TempPathFactory
) -> ExploredDocument:
    """A run within the training set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("calm"))
        return run(explorer(30.0, steps=40), sheared, cold)


def active_set(potential: PotentialDocument) -> ActiveSet:
    active = potential.restored_active_set()
    assert active is not None
    return active


def images_of(document: ExploredDocument, name: str) -> tuple[list[Atoms], list[float]]:
    """Frames of a file of a run, and the grades that are written beside them."""
    with Trajectory(Path(document.directory) / name) as file:
        images = [file.atoms(frame) for frame in file]
        return images, file.grades.tolist() if name == EXTRAPOLATING else []


def test_seeds_are_kept_without_what_is_attached_to_their_sites(copper: Structure) -> None:
    decorated = copper.copy(site_properties={"magmom": [1.0] * 4})
    names, planes = ["bulk", "twin"], [None, (0.0, 0.5)]
    document = keep_seeds.original(names, [copper, decorated], planes, ["a"])
    assert [(seed.name, seed.planes) for seed in document.seeds] == [
        ("bulk", None),
        ("twin", (0.0, 0.5)),
    ]
    assert all(seed.structure == copper for seed in document.seeds)
    assert all(seed.structure.site_properties == {} for seed in document.seeds)
    assert document.parents == ["a"]


@pytest.mark.parametrize("names", [["bulk", "bulk"], []])
def test_each_seed_has_its_own_name(names: list[str], copper: Structure) -> None:
    with pytest.raises(InputError, match="each with its own name"):
        keep_seeds.original(names, [copper] * len(names), [None] * len(names))


def test_exploring_needs_grades(cold: PotentialDocument, copper: Structure) -> None:
    bare = replace(explorer(300).run, grading=None)
    with pytest.raises(InputError, match="give a Grading"):
        ExploreMaker(run=bare, seed="bulk", temperature=300)


def test_grades_need_an_active_set(
    cold: PotentialDocument, sheared: Structure, workspace: Path
) -> None:
    bare = cold.model_copy(update={"active_set": None})
    with pytest.raises(InputError, match="without an active set"):
        run(explorer(300), sheared, bare)


def test_candidates_are_the_configurations_beyond_the_threshold(
    hot: ExploredDocument, cold: PotentialDocument
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
    found = active_set(cold).grade(candidates)
    assert found == pytest.approx([grades[place] for place in places], rel=1e-3)
    assert (found > 2).all()


def test_the_record_says_how_far_the_run_came(
    hot: ExploredDocument, cold: PotentialDocument
) -> None:
    record = hot.record
    assert (record.seed, record.temperature, record.atoms) == ("twin", HOT, 48)
    assert record.picoseconds == pytest.approx(0.2)
    assert (record.completed, record.stopped) == (True, None)
    assert (hot.potential, hot.parents) == (cold.checksum, ["a", "b"])
    frames, _ = images_of(hot, TRAJECTORY)
    _, grades = images_of(hot, EXTRAPOLATING)
    largest = max(*active_set(cold).grade(frames), *grades)
    assert record.largest_grade == pytest.approx(largest, rel=1e-3)


def test_grades_are_binned_by_the_distance_from_the_nearest_plane(
    hot: ExploredDocument, cold: PotentialDocument
) -> None:
    """By hand: the first two vectors are horizontal, so a height is a coordinate z."""
    frames, _ = images_of(hot, TRAJECTORY)
    z = np.concatenate([atoms.positions[:, 2] for atoms in frames])
    images = [HEIGHT * (plane + k) for plane in PLANES for k in range(-3, 4)]
    distances = np.min([abs(z - height) for height in images], axis=0)
    grades = np.concatenate(active_set(cold).grades(frames))
    profile = hot.profile
    assert profile is not None
    assert (profile.seed, profile.temperature) == ("twin", HOT)
    assert profile.distances == [0.5, 1.5, 2.5]  # the planes are 5.4 Å apart
    for middle, mean, largest in zip(
        profile.distances, profile.mean, profile.largest, strict=True
    ):
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
    cold: PotentialDocument, sheared: Structure, workspace: Path
) -> None:
    document = run(explorer(HOT, stop=2.0), sheared, cold)
    assert not document.record.completed
    assert "grade" in (document.record.stopped or "")
    assert document.record.picoseconds < 0.2
    assert document.candidates is not None
    assert document.candidates.n_configurations == document.record.kept == 1


def test_the_name_does_not_count_as_input(
    hot: ExploredDocument, cold: PotentialDocument, sheared: Structure, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(Path(hot.directory).parent)  # there the run itself need not be repeated
    named = run(explorer(HOT, frames=4, name="explore: twin"), sheared, cold, PLANES)
    assert named.input_hash == hot.input_hash
    fewer = run(explorer(HOT, frames=3, name="explore: twin"), sheared, cold, PLANES)
    assert fewer.input_hash != hot.input_hash


def select(
    potential: PotentialDocument | None, *runs: ExploredDocument | None, **fields: Any
) -> SelectionDocument:
    names = [f"run {number}" for number in range(len(runs))]
    return run(SelectMaker(**fields), potential, list(runs), names)


@pytest.fixture(scope="module")
def selection(
    cold: PotentialDocument, hot: ExploredDocument, calm: ExploredDocument
) -> SelectionDocument:
    return select(cold, hot, calm, hot)


def test_once_those_selected_are_known_no_candidate_is_beyond_the_threshold(
    selection: SelectionDocument, hot: ExploredDocument, cold: PotentialDocument
) -> None:
    assert hot.candidates is not None
    assert selection.selected is not None
    active, candidates = active_set(cold), hot.candidates.to_images()
    assert (active.grade(candidates) > 2).all()
    known = active.extended(selection.selected.to_images(), 2.0)
    assert (known.grade(candidates) <= 2 * (1 + 1e-9)).all()
    assert selection.selected.n_labelled == 0
    assert set(selection.selected.groups) == {"twin, 1500 K"}


def test_what_two_runs_found_is_selected_once(
    selection: SelectionDocument, hot: ExploredDocument
) -> None:
    assert selection.selected is not None
    positions = [atoms.positions.tobytes() for atoms in selection.selected.to_images()]
    assert len(set(positions)) == len(positions)
    assert selection.candidates == 8
    assert selection.profiles == [hot.profile, hot.profile]
    assert [run.temperature for run in selection.runs] == [HOT, 30.0, HOT]
    assert selection.warnings == []


def test_of_many_those_of_the_largest_grades_are_taken(
    cold: PotentialDocument, hot: ExploredDocument, selection: SelectionDocument
) -> None:
    spread = hot.model_copy(update={"candidates": far_apart(hot)})
    all_of_them = select(cold, spread).selected
    assert all_of_them is not None
    assert all_of_them.n_configurations > 2
    images = all_of_them.to_images()
    grades = active_set(cold).grade(images)
    largest = sorted(np.argsort(grades)[-2:])
    two = select(cold, spread, most=2).selected
    assert two is not None
    for atoms, place in zip(two.to_images(), largest, strict=True):
        np.testing.assert_array_equal(atoms.positions, images[place].positions)


def far_apart(hot: ExploredDocument) -> DatasetDocument:
    """Its candidates, each squeezed differently, so that none stands for another."""
    assert hot.candidates is not None
    images = hot.candidates.to_images()
    for factor, atoms in zip((0.95, 0.9, 0.85, 0.8), images, strict=True):
        atoms.set_cell(atoms.cell.array * factor, scale_atoms=True)
    return DatasetDocument.from_images(images, source="test")


def test_nothing_beyond_the_threshold_nothing_selected(
    cold: PotentialDocument, calm: ExploredDocument
) -> None:
    document = select(cold, calm)
    assert document.selected is None
    assert document.candidates == 0


def test_a_run_that_failed_is_told(
    cold: PotentialDocument, hot: ExploredDocument, selection: SelectionDocument
) -> None:
    document = select(cold, None, hot)
    assert document.warnings == ["run 0: the run failed, and nothing of it was used"]
    assert len(document.runs) == 1
    assert document.selected == select(cold, hot).selected


def test_without_runs_of_the_potential_nothing_is_selected(
    cold: PotentialDocument, hot: ExploredDocument
) -> None:
    with pytest.raises(InputError, match="0 of 2 runs"):
        select(cold, None, None)
    with pytest.raises(InputError, match="2 of 2 runs .* all with the potential"):
        select(cold, hot, hot.model_copy(update={"potential": "another"}))
    with pytest.raises(InputError, match="1 of 1 runs .* all with a potential"):
        select(None, hot)


def point(atoms: Atoms) -> CalculationDocument:
    """A single point, made up of the labels of a configuration."""
    return CalculationDocument(
        input_hash=f"{atoms.get_potential_energy():.6f}",
        kind="static",
        engine="emt",
        functional="EMT",
        structure=Structure(
            atoms.cell.array, atoms.get_chemical_symbols(), atoms.get_scaled_positions()
        ),
        energy=atoms.get_potential_energy(),
        forces=atoms.get_forces().tolist(),
        stress=(atoms.get_stress(voigt=False) / GPa).tolist(),
        converged=True,
        steps=1,
        seconds=1.0,
        cpu_seconds=2.0,
        directory="",
    )


def collect(lost: int, count: int, failed: float) -> LabelledDocument:
    """Of so many labels the first ones failed."""
    good = point(shaken(1, 0.1, 0)[0])
    given = [None] * lost + [good] * (count - lost)
    groups = [f"group {number}" for number in range(count)]
    return collect_labels.original(given, groups, engine="emt", failed=failed)


@pytest.mark.parametrize(
    ("lost", "count", "failed"), [(0, 3, 0.0), (2, 10, 0.2), (3, 10, 0.3), (29, 100, 0.29)]
)
def test_as_many_labels_may_fail_as_was_said(lost: int, count: int, failed: float) -> None:
    document = collect(lost, count, failed)
    assert document.dataset.n_configurations == count - lost
    assert document.dataset.groups == [f"group {number}" for number in range(lost, count)]
    assert document.failed == [f"group {n}, number {n + 1}" for n in range(lost)]
    assert document.cpu_seconds == pytest.approx(2 * (count - lost))
    assert (document.engine, document.dataset.source) == ("emt", "single points with emt")


@pytest.mark.parametrize(
    ("lost", "count", "failed", "limit"),
    [(1, 3, 0.0, "0%"), (3, 10, 0.2, "20%"), (30, 100, 0.29, "29%"), (2, 2, 0.99, "99%")],
)
def test_more_are_refused_with_what_to_do(
    lost: int, count: int, failed: float, limit: str
) -> None:
    said = f"{lost} of {count} labels failed, at most {limit} may: group 0, number 1.*--retry"
    with pytest.raises(InputError, match=said):
        collect(lost, count, failed)


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> tuple[DatasetDocument, JobStore, Any]:
    """Shaken cells with labels of another engine, and what labelling them anew gave."""
    images = shaken(3, 0.1, 7)
    for atoms in images:
        atoms.positions += 5.0  # beyond the cell
        atoms.calc = SinglePointCalculator(atoms, energy=-1000.0)
    given = DatasetDocument.from_images(images, ["300 K", "900 K", "300 K"], source="test")
    job = LabelMaker(calculation=calculation("emt", "static")).make(given, ["select"])
    job.update_metadata({"system": "copper", "sweep": 3, "step": "label configurations"})
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("labels"))
        outputs = run_locally(
            job, store=store, create_folders=True, log=False, ensure_success=True
        )
    (document,) = [
        response.output
        for turns in outputs.values()
        for response in turns.values()
        if isinstance(response.output, LabelledDocument)
    ]
    return given, store, document


def test_labels_are_those_of_the_engine_in_the_order_given(
    labels: tuple[DatasetDocument, JobStore, LabelledDocument],
) -> None:
    given, _, document = labels
    assert document.dataset.groups == given.groups
    assert document.failed == []
    for atoms, start in zip(document.dataset.to_images(), given.to_images(), strict=True):
        expected = labelled(start.copy())
        np.testing.assert_allclose(atoms.positions, start.positions, rtol=0, atol=1e-9)
        assert atoms.get_potential_energy() == pytest.approx(
            expected.get_potential_energy(), abs=1e-6
        )
        np.testing.assert_allclose(atoms.get_forces(), expected.get_forces(), rtol=0, atol=1e-6)
        np.testing.assert_allclose(atoms.get_stress(), expected.get_stress(), rtol=0, atol=1e-6)


def test_each_label_is_a_job_of_its_own_and_says_of_what(
    labels: tuple[DatasetDocument, JobStore, LabelledDocument],
) -> None:
    _, store, document = labels
    jobs = list(store.query({"metadata.step": "label"}, properties=["uuid", "name", "metadata"]))
    assert sorted(job["name"] for job in jobs) == [
        "emt static: 300 K, number 1",
        "emt static: 300 K, number 3",
        "emt static: 900 K, number 2",
    ]
    assert all(job["metadata"]["system"] == "copper" for job in jobs)
    assert all(job["metadata"]["sweep"] == 3 for job in jobs)
    assert set(document.parents) == {"select", *(job["uuid"] for job in jobs)}
