"""Moment tensor potentials that are quickly made, and LAMMPS."""

from collections.abc import Callable, Iterator
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


@pytest.fixture(scope="session")
def argon_potential() -> MomentTensorPotential:
    """Fit level 2 to the pair potential of argon; stable at 40 K, where a is 5.46 Å."""
    rng = np.random.default_rng(0)
    images = [_labelled(bulk("Ar", "fcc", a=a, cubic=True) * 2, shake, rng)
              for a in (5.0, 5.2, 5.3, 5.4, 5.7) for shake in (0.1, 0.2, 0.3)]  # fmt: skip
    potential = untrained(images, 2, r_max=6.5)
    return train(potential, images, weights=Weights(forces=1.0, stress=0.1)).potential


@pytest.fixture(scope="session")
def repulsive_potential() -> MomentTensorPotential:
    """A potential of soft repulsive pairs of three species."""
    potential = MomentTensorPotential.initialise(
        2, ["P", "Li", "S"], r_min=2.0, r_max=5.0, n_chebyshev=2, rng=np.random.default_rng(0)
    )
    radial = np.ones_like(potential.radial)
    radial[..., 1] = -0.9
    radial[0, 1:] *= 0.7
    return potential.with_parameters(np.concatenate([radial.ravel(), [0, 0, 0], [0.3]]))


@pytest.fixture
def open_lammps() -> Iterator[Callable[[], Any]]:
    """Open LAMMPS; what was opened is closed at the end."""
    try:
        module = load_lammps()
    except InputError as error:
        pytest.skip(str(error))
    opened: list[Any] = []

    def instance() -> Any:
        opened.append(module.lammps(cmdargs=["-log", "none", "-screen", "none"]))
        return opened[-1]

    yield instance
    for lmp in opened:
        lmp.close()


def _labelled(atoms: Atoms, shake: float, rng: np.random.Generator) -> Atoms:
    atoms.positions += rng.normal(scale=shake, size=atoms.positions.shape)
    atoms.calc = LennardJones(sigma=SIGMA, epsilon=EPSILON, rc=6.5, smooth=True)
    labels = {"energy": atoms.get_potential_energy(), "forces": atoms.get_forces(),
              "stress": atoms.get_stress()}  # fmt: skip
    atoms.calc = SinglePointCalculator(atoms, **labels)
    return atoms
