"""Argon as a moment tensor potential that is quickly made, and LAMMPS to move it."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.lj import LennardJones
from ase.calculators.singlepoint import SinglePointCalculator

from makers.lammps import load_lammps
from physics.errors import InputError
from physics.potentials.loss import Weights
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.training import train, untrained

SIGMA, EPSILON = 3.405, 0.010323
"""Parameters of Lennard and Jones for argon, Å and eV."""


def crystal(length: float) -> Atoms:
    """32 atoms, cubic; at 40 K and no pressure a is 5.46 Å."""
    return bulk("Ar", "fcc", a=length, cubic=True) * 2


@cache
def fitted_potential() -> MomentTensorPotential:
    """Fit level 2 to the pair potential of argon; its crystal is stable at 40 K."""
    rng = np.random.default_rng(0)
    images = [_labelled(crystal(length), shake, rng)
              for length in (5.0, 5.2, 5.3, 5.4, 5.7) for shake in (0.1, 0.2, 0.3)]  # fmt: skip
    potential = untrained(images, 2, r_max=6.5)
    return train(potential, images, weights=Weights(forces=1.0, stress=0.1)).potential


def new_lammps() -> Any:
    """Open LAMMPS, silent; where there is none the test is skipped."""
    try:
        module = load_lammps()
    except InputError as error:
        pytest.skip(str(error))
    return module.lammps(cmdargs=["-log", "none", "-screen", "none"])


def _labelled(atoms: Atoms, shake: float, rng: np.random.Generator) -> Atoms:
    atoms.positions += rng.normal(scale=shake, size=atoms.positions.shape)
    atoms.calc = LennardJones(sigma=SIGMA, epsilon=EPSILON, rc=6.5, smooth=True)
    labels = {"energy": atoms.get_potential_energy(), "forces": atoms.get_forces(),
              "stress": atoms.get_stress()}  # fmt: skip
    atoms.calc = SinglePointCalculator(atoms, **labels)
    return atoms
