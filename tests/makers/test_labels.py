"""Jobs that label configurations with an engine, effective medium theory."""

from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator
from ase.units import GPa
from explore_for_tests import labelled, shaken
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Structure

from makers.calculation import calculation
from makers.labels import LabelMaker, collect_labels
from physics.errors import InputError
from stores.documents import CalculationDocument, DatasetDocument, LabelledDocument


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
    good = point(shaken(bulk("Cu", cubic=True), 1, 0.1)[0])
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
def test_more_are_refused_with_what_to_do(lost: int, count: int, failed: float, limit: str) -> None:
    said = f"{lost} of {count} labels failed, at most {limit} may: group 0, number 1.*--retry"
    with pytest.raises(InputError, match=said):
        collect(lost, count, failed)


def test_the_debris_of_an_explosion_is_left_out_and_named() -> None:
    """A force beyond the limit ruins a fit; it is no calculation that failed."""
    good = point(shaken(bulk("Cu", cubic=True), 1, 0.1)[0])
    wild = good.model_copy(update={"forces": [(0.0, 40.0, 30.0), *good.forces[1:]]})
    given = [good, wild, wild, good]
    document = collect_labels.original(given, list("abcd"), engine="emt", failed=0.0)
    assert document.dataset.groups == ["a", "d"]
    assert document.failed == [
        f"{g}, number {n}: a force of 50 eV/Å, limit 30" for g, n in ("b2", "c3")
    ]
    with pytest.raises(InputError, match="a force of 50"):
        collect_labels.original([wild], ["a"], engine="emt", failed=0.0)


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> tuple[DatasetDocument, JobStore, Any]:
    """Shaken cells with labels of another engine, and what labelling them anew gave."""
    images = shaken(bulk("Cu", cubic=True), 3, 0.1)
    for atoms in images:
        atoms.positions += 5.0  # beyond the cell
        atoms.calc = SinglePointCalculator(atoms, energy=-1000.0)
    given = DatasetDocument.from_images(images, ["300 K", "900 K", "300 K"], source="test")
    job = LabelMaker(calculation=calculation("emt", "static")).make(given, ["select"])
    job.update_metadata({"system": "copper", "sweep": 3, "step": "x"}, dynamic=False)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("labels"))
        outputs = run_locally(job, store=store, create_folders=True, log=False, ensure_success=True)
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
        shift = atoms.cell.scaled_positions(atoms.positions - start.positions)
        np.testing.assert_allclose(shift, np.round(shift), rtol=0, atol=1e-9)
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
