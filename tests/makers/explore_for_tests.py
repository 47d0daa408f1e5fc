"""Runs of copper that explore: from what, with what."""

from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from pymatgen.core import Lattice, Structure

from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.explore import ExploreMaker
from physics.dynamics.grading import Grading
from physics.dynamics.protocol import Protocol, Stage

HEIGHT = 10.8
"""Of the sheared cell, Å: its third length is larger."""
PLANES = (0.1, 0.6)
HOT = 1500.0


def sheared() -> Structure:
    """Copper, 48 atoms, whose third vector leans by a vector of the lattice."""
    cell = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
    tall = cell.make_supercell([2, 2, 3], in_place=False)
    lattice = Lattice([[7.2, 0, 0], [0, 7.2, 0], [1.8, 1.8, HEIGHT]])
    return Structure(lattice, tall.species, tall.cart_coords, coords_are_cartesian=True)


def labelled(atoms: Atoms) -> Atoms:
    """Attach what EMT gives."""
    atoms.calc = EMT()
    results = {"energy": atoms.get_potential_energy(), "forces": atoms.get_forces()}
    atoms.calc = SinglePointCalculator(atoms, **results, stress=atoms.get_stress())
    return atoms


def shaken(cell: Atoms, count: int, displacement: float) -> list[Atoms]:
    """Cells of a little different size, their atoms displaced, labelled."""
    rng = np.random.default_rng(0)
    images = []
    for _ in range(count):
        atoms = cell.copy()
        atoms.set_cell(atoms.cell.array * (1 + rng.normal(scale=0.01)), scale_atoms=True)
        atoms.positions += rng.normal(scale=displacement, size=atoms.positions.shape)
        images.append(labelled(atoms))
    return images


def explorer(
    kelvin: float, *, steps: int = 100, stop: float = 1000.0, **given: Any
) -> ExploreMaker:
    """Explore at a temperature, at constant volume."""
    maker = DynamicsMaker(
        protocol=Protocol((Stage("explore", steps, kelvin),), 2.0, seed=1),
        driver="ase",
        output=Output(20),
        grading=Grading(2.0, stop, 10),
    )
    return ExploreMaker(run=maker, seed="twin", temperature=kelvin, **given)
