"""``thioflow mtp take``: the potential of a study and its data, as files."""

from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from command_for_tests import thioflow
from jobflow import run_locally

from makers.dataset import SplitMaker
from makers.potential import FitMaker
from stores.documents import DatasetDocument
from stores.jobstore import open_job_store
from workflows.potential import PotentialFlowMaker
from workflows.potential_file import read_stored_potential


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a potential of rattled copper, of a study called copper."""
    folder = tmp_path_factory.mktemp("take")
    rng = np.random.default_rng(0)
    images = []
    for _ in range(10):
        atoms = bulk("Cu", cubic=True)
        atoms.rattle(0.1, rng=rng)
        atoms.calc = EMT()
        results = {
            "energy": atoms.get_potential_energy(),
            "forces": atoms.get_forces(),
            "stress": atoms.get_stress(),
        }
        atoms.calc = SinglePointCalculator(atoms, **results)
        images.append(atoms)
    flow = PotentialFlowMaker(
        split=SplitMaker(fraction=0.2, blocks=10), fit=FitMaker(level=2, max_steps=5)
    ).make(DatasetDocument.from_images(images, ["rattled"] * 10, source="EMT"))
    flow.update_metadata({"study": "copper", "system": "potential"})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run_locally(flow, store=open_job_store(folder / "thioflow.sqlite"), log=False)
    return folder


def test_potential_active_set_and_data_are_written(folder: Path) -> None:
    result = thioflow(folder, "mtp", "take", "copper", "-o", "cu.mtp")
    assert result.returncode == 0, result.stderr
    assert "training: cu.training.extxyz (8 configurations)" in result.stdout
    stored = read_stored_potential(folder / "cu.mtp")
    assert stored.active_set is not None
    training = ase.io.read(folder / "cu.training.extxyz", ":")
    test = ase.io.read(folder / "cu.test.extxyz", ":")
    assert (len(training), len(test)) == (8, 2)
    for atoms in [*training, *test]:
        assert atoms.info["group"] == "rattled"
        again = atoms.copy()
        again.calc = EMT()
        assert atoms.get_potential_energy() == pytest.approx(again.get_potential_energy(), abs=1e-6)
        assert atoms.get_forces() == pytest.approx(again.get_forces(), abs=1e-6)
    assert stored.potential().species == ("Cu",)
    grades = stored.restored_active_set().grade(training)
    assert grades.max() <= 1.01


def test_files_that_exist_are_left_unless_forced(folder: Path) -> None:
    (folder / "kept.mtp").write_text("mine")
    refused = thioflow(folder, "mtp", "take", "copper", "-o", "kept.mtp")
    assert refused.returncode == 2
    assert "kept.mtp exists already" in refused.stderr
    assert (folder / "kept.mtp").read_text() == "mine"
    assert not (folder / "kept.training.extxyz").exists()
    forced = thioflow(folder, "mtp", "take", "copper", "-o", "kept.mtp", "--force")
    assert forced.returncode == 0
    assert (folder / "kept.mtp").read_text().startswith("MTP")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("iron", "-o", "fe.mtp"), "'iron' has no potential"),
        (("copper", "-o", "cu.txt"), "ends in .mtp"),
        (("copper", "-o", "nowhere/cu.mtp"), "no folder"),
    ],
)
def test_what_cannot_be_done_is_told(folder: Path, given: tuple[str, ...], told: str) -> None:
    before = set(folder.iterdir())
    result = thioflow(folder, "mtp", "take", *given)
    assert result.returncode == 2
    assert told in result.stderr
    assert set(folder.iterdir()) == before
