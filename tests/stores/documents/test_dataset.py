"""Data sets of labelled configurations."""

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, molecule
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.units import GPa
from hypothesis import given
from hypothesis import strategies as st
from jobflow import run_locally
from monty.json import MontyDecoder
from pymatgen.io.ase import AseAtomsAdaptor

from makers.dataset import keep_dataset
from physics.errors import InputError
from stores.documents import CalculationDocument, DatasetDocument
from stores.jobstore import open_job_store


def labelled(atoms: Atoms, group: str, *labels: str) -> Atoms:
    """Attach what EMT gives."""
    atoms.calc = EMT()
    results = {label: atoms.calc.get_property(label, atoms) for label in labels}
    atoms.calc = SinglePointCalculator(atoms, **results)
    atoms.info["group"] = group
    return atoms


@pytest.fixture
def images() -> list[Atoms]:
    """A crystal with all labels, a slab without stress, a molecule with energy, one with none."""
    crystal = bulk("Cu", cubic=True)
    crystal.rattle(0.1, seed=1)
    slab = fcc111("Au", (1, 1, 2), vacuum=5)
    slab.positions[0] -= 20  # atoms stay where they are, outside of the cell too
    return [
        labelled(crystal, "bulk 300 K", "energy", "forces", "stress"),
        labelled(slab, "slab", "energy", "forces"),
        labelled(molecule("CO"), "gas", "energy"),
        bulk("Ni"),
    ]


def assert_same(found: list[Atoms], expected: list[Atoms]) -> None:
    """Compare configurations to the last bit."""
    assert len(found) == len(expected)
    for atoms, other in zip(found, expected, strict=True):
        for name in ("numbers", "positions", "pbc"):
            assert (getattr(atoms, name) == getattr(other, name)).all()
        assert (atoms.cell.array == other.cell.array).all()
        results = atoms.calc.results if atoms.calc else {}
        known = other.calc.results if other.calc else {}
        assert results.keys() == known.keys()
        assert all((np.array(results[k]) == np.array(known[k])).all() for k in known)


def test_nothing_of_the_images_is_lost(images: list[Atoms]) -> None:
    dataset = DatasetDocument.from_images(images, source="test")
    assert_same(dataset.to_images(), images)
    assert dataset.species == ["C", "O", "Ni", "Cu", "Au"]
    assert dataset.group_sizes == {"bulk 300 K": 1, "slab": 1, "gas": 1, "all": 1}
    assert (dataset.n_configurations, dataset.n_atoms, dataset.n_labelled) == (4, 9, 3)
    assert [atoms.info["group"] for atoms in dataset.to_images()] == dataset.groups


def test_arrays_are_large_objects_of_the_store(images: list[Atoms], workspace: Path) -> None:
    dataset = DatasetDocument.from_images(images, source="test")
    job = keep_dataset(dataset)
    with open_job_store("store.sqlite") as store:
        run_locally(job, store=store, log=False, ensure_success=True)
        stored = store.query_one({"uuid": job.uuid})["output"]
        assert stored["packed"]["store"] == "data"
        short = MontyDecoder().process_decoded(stored)
        full = MontyDecoder().process_decoded(store.get_output(job.uuid, load=True))
    assert full == dataset
    assert short.checksum == dataset.checksum
    with pytest.raises(InputError, match="load=True"):
        short.to_images()


def test_the_checksum_is_of_content_and_groups(images: list[Atoms]) -> None:
    def checksum(groups: list[str]) -> str:
        return DatasetDocument.from_images(images, groups, source="test").checksum

    same = checksum(list("abcd"))
    assert same == DatasetDocument.from_images(images, list("abcd"), source="other").checksum
    assert same != checksum(list("abcc"))
    images[0].calc.results["forces"][0, 0] += 1e-15
    assert same != checksum(list("abcd"))


def test_calculations_give_what_ase_gives(images: list[Atoms]) -> None:
    atoms = images[0]
    calculation = CalculationDocument(
        input_hash="h",
        kind="static",
        engine="emt",
        functional="EMT",
        structure=AseAtomsAdaptor.get_structure(atoms),
        energy=atoms.get_potential_energy(),
        forces=atoms.get_forces().tolist(),
        stress=(atoms.get_stress(voigt=False) / GPa).tolist(),
        converged=True,
        steps=1,
        seconds=0.0,
        directory="",
        warnings=["of the engine"],
    )
    dataset = DatasetDocument.from_calculations([calculation], ["one"], source="test")
    (found,) = dataset.to_images()
    assert (found.numbers == atoms.numbers).all()
    assert found.positions == pytest.approx(atoms.positions, abs=1e-13)
    assert found.get_potential_energy() == atoms.get_potential_energy()
    assert (found.get_forces() == atoms.get_forces()).all()
    assert found.get_stress() == pytest.approx(atoms.get_stress(), rel=1e-14)
    assert dataset.warnings == ["of the engine"]


def test_some_configurations_are_taken_in_the_order_asked_for(images: list[Atoms]) -> None:
    dataset = DatasetDocument.from_images(images, source="test")
    part = dataset.taken([2, 0], "test set")
    assert_same(part.to_images(), [images[2], images[0]])
    assert part.groups == ["gas", "bulk 300 K"]
    assert part.source == "test: test set"


def test_bad_data_are_refused(images: list[Atoms]) -> None:
    with pytest.raises(InputError, match="0 configurations"):
        DatasetDocument.from_images([], source="test")
    with pytest.raises(InputError, match="1 groups"):
        DatasetDocument.from_images(images, ["a"], source="test")
    images[1].calc.results["forces"][0, 2] = np.nan
    with pytest.raises(InputError, match="not finite"):
        DatasetDocument.from_images(images, source="test")


SEEDS = st.integers(0, 10_000)


def liquid(seed: int) -> Atoms:
    """Six atoms of two elements in a leaning cell, some beyond it."""
    rng = np.random.default_rng(seed)
    cell = 6 * np.eye(3) + rng.uniform(-1.5, 1.5, (3, 3))
    return Atoms("Cu4Au2", rng.uniform(-8, 8, (6, 3)), cell=cell, pbc=True)


def shared(one: Atoms, other: Atoms) -> bool:
    """Whether a data set with one shares it with a data set of others and the other one."""
    strangers = [liquid(10_001), liquid(10_002)]
    test = DatasetDocument.from_images([liquid(10_003), one], source="test")
    training = DatasetDocument.from_images([*strangers, other], source="training")
    found = test.shared_with(training)
    assert found in ([], [1])
    return bool(found)


@given(seed=SEEDS)
def test_a_copy_is_shared_whatever_its_labels(seed: int) -> None:
    atoms = liquid(seed)
    copy = atoms.copy()
    copy.calc = SinglePointCalculator(copy, energy=1.0)
    assert shared(atoms, copy)


@given(
    seed=SEEDS,
    cells=st.lists(st.tuples(*[st.integers(-3, 3)] * 3), min_size=6, max_size=6),
    shift=st.tuples(*[st.floats(-5, 5)] * 3),
)
def test_a_configuration_is_shared_through_the_faces_of_its_cell(
    seed: int, cells: list[tuple[int, int, int]], shift: tuple[float, float, float]
) -> None:
    """Atoms moved by lattice vectors, wrapped, or all moved together are where they were."""
    atoms = liquid(seed)
    moved = atoms.copy()
    moved.positions += np.array(cells) @ atoms.cell.array + shift
    assert shared(atoms, moved)
    moved.wrap()
    assert shared(atoms, moved)


@given(
    seed=SEEDS,
    atom=st.integers(0, 5),
    direction=st.integers(0, 2),
    size=st.floats(3e-4, 1.0),
)
def test_a_configuration_with_an_atom_elsewhere_is_another(
    seed: int, atom: int, direction: int, size: float
) -> None:
    atoms = liquid(seed)
    moved = atoms.copy()
    moved.positions[atom, direction] += size
    assert not shared(atoms, moved)


@given(seed=SEEDS, strain=st.floats(1e-3, 0.1))
def test_other_elements_order_or_cell_make_another(seed: int, strain: float) -> None:
    atoms = liquid(seed)
    others = [atoms.copy() for _ in range(3)]
    others[0].symbols[0] = "Ag"
    others[1].positions = atoms.positions[[1, 0, 2, 3, 4, 5]]
    others[2].set_cell(atoms.cell.array * (1 + strain), scale_atoms=True)
    assert not any(shared(atoms, other) for other in others)


def test_atoms_of_a_free_surface_have_no_images() -> None:
    """Without periodicity a lattice vector leads elsewhere."""
    atoms = liquid(0)
    atoms.pbc = (True, True, False)
    moved = atoms.copy()
    moved.positions[1] += atoms.cell.array[2]
    assert not shared(atoms, moved)
    moved.positions[1] += atoms.cell.array[0] - atoms.cell.array[2]
    assert shared(atoms, moved)
