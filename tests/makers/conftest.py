"""Data, potentials and runs that tests of this folder share, and modules that they import."""

import sys
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones
from ase.calculators.singlepoint import SinglePointCalculator
from pymatgen.core import Lattice, Structure

from makers.grades import ActiveSetMaker
from makers.potential import FitMaker
from physics.potentials.active_set import ActiveSet
from physics.potentials.loss import Weights
from physics.potentials.training import train, untrained
from stores.documents import (
    DatasetDocument,
    ExploredDocument,
    PotentialDocument,
    StoredPotential,
)

sys.path.append(str(Path(__file__).parent))

from explore_for_tests import HOT, PLANES, explorer, shaken, sheared


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
        atoms = _labelled(atoms, EMT())
        atoms.info["group"] = "first" if number < 20 else "second"
        images.append(atoms)
    return DatasetDocument.from_images(images, source="EMT")


@pytest.fixture(scope="session")
def cold_argon() -> StoredPotential:
    """Potential and active set of a cold crystal of argon: it knows small displacements only."""
    rng = np.random.default_rng(0)
    images: list[Atoms] = []
    for lattice_parameter in (5.2, 5.35, 5.5):
        for displacement in (0.05, 0.1, 0.15):
            atoms = bulk("Ar", cubic=True, a=lattice_parameter) * 2
            atoms.positions += rng.normal(scale=displacement, size=atoms.positions.shape)
            calculator = LennardJones(sigma=3.405, epsilon=0.010323, rc=6.5, smooth=True)
            images.append(_labelled(atoms, calculator))
    start = untrained(images, 2, r_max=6.5)
    potential = train(start, images, weights=Weights(forces=1.0, stress=0.1)).potential
    return StoredPotential.of(potential, ActiveSet.select(potential, images))


@pytest.fixture(scope="session")
def cold_copper(tmp_path_factory: pytest.TempPathFactory) -> PotentialDocument:
    """A potential that has seen small displacements, and its active set."""
    crystal = sheared()
    cell = Atoms("Cu48", crystal.cart_coords, cell=crystal.lattice.matrix, pbc=True)
    training = DatasetDocument.from_images(shaken(cell, 8, 0.05), source="EMT")
    maker = FitMaker(level=2, n_chebyshev=4, max_steps=50, weights=Weights(forces=1.0))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("fit"))
        fitted = maker.make.original(maker, training)
        select = ActiveSetMaker()
        return select.make.original(select, fitted, training)


@pytest.fixture(scope="session")
def hot(
    cold_copper: PotentialDocument, tmp_path_factory: pytest.TempPathFactory
) -> ExploredDocument:
    """A run far beyond the training set."""
    maker = explorer(HOT, frames=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("hot"))
        return maker.make.original(maker, sheared(), cold_copper, PLANES, ["a", "b"])


@pytest.fixture(scope="session")
def calm(
    cold_copper: PotentialDocument, tmp_path_factory: pytest.TempPathFactory
) -> ExploredDocument:
    """A run within the training set."""
    maker = explorer(30.0, steps=40)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("calm"))
        return maker.make.original(maker, sheared(), cold_copper)


@pytest.fixture
def argon_crystal() -> Structure:
    """32 atoms of argon, at the density of the cold crystal."""
    cell = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.35), ["Ar"], [[0, 0, 0]])
    return cell * 2


def _labelled(atoms: Atoms, calculator: Calculator) -> Atoms:
    atoms.calc = calculator
    results = {name: atoms.calc.get_property(name, atoms) for name in ("energy", "forces")}
    stress = {"stress": atoms.get_stress()}
    atoms.calc = SinglePointCalculator(atoms, **results, **stress)
    return atoms
