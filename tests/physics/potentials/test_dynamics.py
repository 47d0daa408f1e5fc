"""Molecular dynamics with a moment tensor potential conserve what they should."""

import numpy as np
import pytest
from ase import units
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution, Stationary
from ase.md.verlet import VelocityVerlet
from ase.optimize import FIRE
from pymatgen.core import Structure

from physics.potentials.calculator import MTPCalculator
from physics.potentials.neighbours import SKIN
from physics.potentials.potential import MomentTensorPotential

PICOSECONDS = 2


@pytest.fixture
def repulsive() -> MomentTensorPotential:
    """A potential of soft repulsive pairs, with weak terms of many bodies."""
    rng = np.random.default_rng(0)
    potential = MomentTensorPotential.initialise(
        8, ["Li", "P", "S"], r_min=1.5, r_max=5.0, n_chebyshev=4, rng=rng
    )
    radial = rng.normal(0.0, 0.02, potential.radial.shape)
    radial[..., 0] += 1.0
    radial[..., 1] -= 0.9
    xi = rng.normal(0.0, 1e-5, potential.xi.shape)
    of_pairs = np.flatnonzero(~potential.table.basic.any(axis=1))
    xi[np.isin(potential.table.scalars, of_pairs)] = 0.1
    return potential.with_parameters(np.concatenate([radial.ravel(), np.zeros(3), xi]))


def test_energy_and_momentum_are_conserved(
    repulsive: MomentTensorPotential, li3ps4: Structure
) -> None:
    atoms = li3ps4.to_ase_atoms()
    atoms.calc = MTPCalculator(repulsive)
    assert FIRE(atoms, logfile=None).run(fmax=0.01, steps=1000)
    rest, at_rest = atoms.positions.copy(), atoms.get_potential_energy() / len(atoms)
    MaxwellBoltzmannDistribution(atoms, temperature_K=600, rng=np.random.default_rng(1))
    Stationary(atoms)
    dynamics = VelocityVerlet(atoms, timestep=1.0 * units.fs)
    totals, kinetic = [], []
    for _ in range(1000 * PICOSECONDS):
        dynamics.run(1)
        totals.append(atoms.get_total_energy() / len(atoms))
        kinetic.append(atoms.get_kinetic_energy() / len(atoms))

    drift = np.polyfit(np.linspace(0, PICOSECONDS, len(totals)), totals, 1)[0]
    assert abs(drift) < 1e-6
    assert np.ptp(totals) < 0.02 * np.ptp(kinetic)
    # half of the kinetic energy went into the potential energy: some 300 K are left
    assert 150 < np.mean(kinetic[500:]) / (1.5 * units.kB) < 450
    assert atoms.get_potential_energy() / len(atoms) > at_rest + 0.01
    assert abs(atoms.get_momenta().sum(axis=0)).max() < 1e-9
    # the skin was outrun: neighbours were found anew on the way
    assert np.linalg.norm(atoms.positions - rest, axis=1).max() > SKIN / 2
