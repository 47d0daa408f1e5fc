"""Moment tensor potentials that are quickly made, and LAMMPS."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from argon_for_tests import fitted_potential, new_lammps

from physics.potentials.potential import MomentTensorPotential


@pytest.fixture(scope="session")
def argon_potential() -> MomentTensorPotential:
    """Argon, stable at 40 K, where a is 5.46 Å."""
    return fitted_potential()


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
    opened: list[Any] = []

    def instance() -> Any:
        opened.append(new_lammps())
        return opened[-1]

    yield instance
    for lmp in opened:
        lmp.close()
