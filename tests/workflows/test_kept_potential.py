"""The potential that GPAW taught, as it is kept beside its study."""

from pathlib import Path

import ase.io
import pytest

from physics.potentials.errors import Errors, errors, predictions
from stores.documents import StoredPotential
from workflows.potential_file import read_stored_potential

FOLDER = Path(__file__).parent.parent.parent / "workflows" / "studies" / "beta-Li3PS4-gpaw"


@pytest.fixture(scope="module")
def kept() -> StoredPotential:
    return read_stored_potential(FOLDER / "lps.mtp")


def test_its_errors_are_those_that_are_told(kept: StoredPotential) -> None:
    """The held-out set, labelled by GPAW; docs/learning.md has these numbers."""
    images = ase.io.read(FOLDER / "lps.test.extxyz", ":")
    found = Errors.by_group(
        predictions(kept.potential(), images), [atoms.info["group"] for atoms in images]
    )
    told = {
        "beta-Li3PS4, 300 K": (6.7, 99),
        "beta-Li3PS4, 800 K": (16.9, 153),
        "Σ5 [001] (2-10), 300 K": (19.8, 142),
        "Σ5 [001] (2-10), 800 K": (14.3, 179),
    }
    for group, (energy, forces) in told.items():
        assert 1000 * found[group].energy.mae == pytest.approx(energy, abs=0.06)
        assert 1000 * found[group].forces.mae == pytest.approx(forces, abs=0.6)


def test_it_interpolates_on_what_it_was_taught(kept: StoredPotential) -> None:
    images = ase.io.read(FOLDER / "lps.training.extxyz", ":")
    active = kept.restored_active_set()
    assert active is not None
    assert active.grade(images).max() <= 1.01
    assert errors(kept.potential(), images).forces.mae < 0.16
