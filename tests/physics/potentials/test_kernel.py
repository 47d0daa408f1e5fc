"""The compiled kernel against the plain evaluation."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.neighborlist import neighbor_list
from ase.stress import voigt_6_to_full_3x3_stress

from physics.potentials.kernel import Pairs, evaluate
from physics.potentials.layout import layout
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.reference import evaluate as plain


def pairs_of(atoms: Atoms, cutoff: float) -> Pairs:
    """List neighbours with ASE; each pair beyond the cell has an image of its own."""
    i, j, vectors = neighbor_list("ijD", atoms, cutoff)
    order = np.argsort(i, kind="stable")
    i, j, vectors = i[order], j[order], vectors[order]
    count = len(atoms)
    return Pairs(
        positions=np.concatenate([atoms.positions, atoms.positions[i] + vectors]),
        owner=np.concatenate([np.arange(count), j]),
        first=np.searchsorted(i, np.arange(count + 1)),
        index=(count + np.arange(len(j))).astype(np.int32),
    )


def salt() -> Atoms:
    atoms = bulk("NaCl", "rocksalt", a=5.6) * (2, 1, 1)
    atoms.rattle(0.2, seed=1)
    return atoms


def skewed() -> Atoms:
    atoms = bulk("Cu", "fcc", a=3.6)
    atoms.set_cell(atoms.cell.array @ np.array([[1, 0.4, 0], [0, 1, 0.3], [0, 0, 1.1]]), True)
    return atoms


SYSTEMS = {"salt": salt, "skewed cell of one atom": skewed, "water": lambda: molecule("H2O")}


@pytest.mark.parametrize("level", [2, 4, 8, 12, 16])
@pytest.mark.parametrize("system", SYSTEMS)
def test_it_equals_the_plain_evaluation(level: int, system: str) -> None:
    atoms = SYSTEMS[system]()
    species = tuple(dict.fromkeys(atoms.get_chemical_symbols()))
    potential = MomentTensorPotential.initialise(
        level, species, r_min=0.8, r_max=5.0, n_chebyshev=6, rng=np.random.default_rng(level)
    )
    types = potential.types(atoms.numbers)
    found = evaluate(potential, types, pairs_of(atoms, 6.0))
    expected = plain(potential, atoms)
    energies, forces, virials = found
    np.testing.assert_allclose(energies, expected.energies, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(
        forces, expected.forces, rtol=1e-10, atol=1e-12 * np.abs(expected.forces).max() + 1e-15
    )
    if atoms.pbc.all():
        stress = voigt_6_to_full_3x3_stress(virials.sum(axis=0)) / atoms.get_volume()
        np.testing.assert_allclose(
            stress, expected.stress, rtol=1e-10, atol=1e-12 * np.abs(expected.stress).max()
        )


def test_an_atom_alone_has_its_offset() -> None:
    potential = MomentTensorPotential.initialise(
        8, ("Cu",), r_min=1.0, r_max=4.0, n_chebyshev=4, rng=np.random.default_rng(0)
    )
    atoms = Atoms("Cu")
    energies, forces, virials = evaluate(potential, np.zeros(1, int), pairs_of(atoms, 5.0))
    assert energies == pytest.approx(plain(potential, atoms).energies)
    assert not forces.any()
    assert not virials.any()


def test_the_layout_reaches_every_basic_moment_by_its_monomial() -> None:
    potential = MomentTensorPotential.initialise(
        12, ("Cu",), r_min=1.0, r_max=4.0, n_chebyshev=4, rng=np.random.default_rng(0)
    )
    plan = layout(potential.table)
    u = np.array([0.3, -0.5, 0.7])
    monomials = np.ones(len(plan.parent))
    for m in range(1, len(plan.parent)):
        monomials[m] = monomials[plan.parent[m]] * u[plan.axis[m]]
    for m in range(len(plan.parent)):
        for b in range(plan.start[m], plan.start[m + 1]):
            mu, *powers = potential.table.basic[plan.basic[b]]
            assert mu == plan.mu[b]
            assert monomials[m] == pytest.approx(np.prod(u**powers))
    assert plan.start[-1] == len(potential.table.basic)
