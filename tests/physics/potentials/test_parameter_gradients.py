"""Derivatives by parameters and of all scalars, against finite differences."""

from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from physics.potentials.batch import Batch
from physics.potentials.kernel import evaluate, jacobian, parameter_gradients
from physics.potentials.neighbours import find_pairs
from physics.potentials.potential import MomentTensorPotential

CELL = [[7.0, 0.0, 0.0], [2.0, 6.0, 0.0], [0.0, 1.0, 6.5]]


def pairs_of(atoms: Atoms) -> tuple:
    return find_pairs(atoms.positions, atoms.cell.array, atoms.pbc, 4.6)[0]


@pytest.mark.parametrize(("level", "n_species"), [(2, 1), (8, 3), (12, 2), (16, 1)])
def test_gradients_by_parameters_equal_finite_differences(
    level: int,
    n_species: int,
    draw_potential: Callable[..., MomentTensorPotential],
    draw_atoms: Callable[..., Atoms],
) -> None:
    potential = draw_potential(level, n_species)
    atoms = draw_atoms(5, n_species, cell=CELL)
    types, pairs = potential.types(atoms.numbers), pairs_of(atoms)
    by_radial, by_scalar = parameter_gradients(potential, types, pairs)
    found = np.zeros((5, potential.n_parameters))
    n_radial = potential.radial.size
    for i, z in enumerate(types):
        radial = np.zeros(potential.radial.shape)
        radial[z] = by_radial[i]
        found[i, :n_radial] = radial.ravel()
        found[i, n_radial + z] = 1.0
    found[:, n_radial + n_species :] = by_scalar
    rng = np.random.default_rng(0)
    theta = potential.parameters
    for _ in range(5):
        direction = rng.normal(size=len(theta))
        step = 1e-5
        up, down = (
            evaluate(potential.with_parameters(theta + s * step * direction), types, pairs)[0]
            for s in (1, -1)
        )
        expected = (up - down) / (2 * step)
        np.testing.assert_allclose(
            found @ direction, expected, rtol=1e-6, atol=1e-7 * np.abs(expected).max()
        )


@pytest.mark.parametrize(("level", "n_species"), [(2, 1), (8, 3), (12, 2), (16, 1)])
def test_the_jacobian_equals_finite_differences(
    level: int,
    n_species: int,
    draw_potential: Callable[..., MomentTensorPotential],
    draw_atoms: Callable[..., Atoms],
) -> None:
    potential = draw_potential(level, n_species)
    images = [draw_atoms(n, n_species, seed=n, cell=CELL) for n in (3, 1, 6)]
    batch = Batch.of(potential, images)
    found = jacobian(potential, batch.types, batch.pairs, batch.starts)
    rng = np.random.default_rng(0)
    theta = potential.parameters
    for _ in range(5):
        direction = rng.normal(size=len(theta))
        step = 1e-5
        (up, f_up, v_up), (down, f_down, v_down) = (
            evaluate(
                potential.with_parameters(theta + s * step * direction), batch.types, batch.pairs
            )
            for s in (1, -1)
        )
        differences = batch.total(up - down), f_up - f_down, batch.total(v_up - v_down)
        for by_parameter, difference in zip(found, differences, strict=True):
            expected = difference / (2 * step)
            np.testing.assert_allclose(
                by_parameter @ direction,
                expected,
                rtol=1e-6,
                atol=2e-7 * np.abs(expected).max(),
            )


def test_many_neighbours_take_several_turns(
    draw_potential: Callable[..., MomentTensorPotential],
) -> None:
    potential = draw_potential(8, 2)
    atoms = bulk("LiP", "cesiumchloride", a=2.6) * (2, 1, 1)
    atoms.rattle(0.1, seed=3)
    batch = Batch.of(potential, [atoms])
    assert np.diff(batch.pairs.first).min() > 32
    _, by_force, by_virial = jacobian(potential, batch.types, batch.pairs, batch.starts)
    n_linear = len(potential.xi)
    _, forces, virials = evaluate(potential, batch.types, batch.pairs)
    np.testing.assert_allclose(
        by_force[..., -n_linear:] @ potential.xi, forces, atol=1e-10 * np.abs(forces).max()
    )
    np.testing.assert_allclose(
        by_virial[0, :, -n_linear:] @ potential.xi, virials.sum(axis=0), rtol=1e-9
    )
