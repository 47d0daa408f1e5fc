"""A data set of a copper-gold alloy, labelled by ASE's EMT."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator

from stores.documents import DatasetDocument


@pytest.fixture(scope="session")
def alloy() -> DatasetDocument:
    """Thirty strained and rattled cells of Cu3Au, in two groups."""
    rng = np.random.default_rng(0)
    images: list[Atoms] = []
    for number in range(30):
        atoms = bulk("Cu", cubic=True, a=3.7)
        atoms.symbols[0] = "Au"
        strain = np.eye(3) + rng.normal(scale=0.02, size=(3, 3))
        atoms.set_cell(atoms.cell.array @ strain, scale_atoms=True)
        atoms.rattle(0.1, rng=rng)
        atoms.calc = EMT()
        results = {name: atoms.calc.get_property(name, atoms) for name in ("energy", "forces")}
        stress = {"stress": atoms.get_stress()}
        atoms.calc = SinglePointCalculator(atoms, **results, **stress)
        atoms.info["group"] = "first" if number < 20 else "second"
        images.append(atoms)
    return DatasetDocument.from_images(images, source="EMT")
