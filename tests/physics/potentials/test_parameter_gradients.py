"""Derivatives by parameters and of all scalars, against finite differences."""

from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms

from physics.potentials.kernel import evaluate, parameter_gradients, scalar_slopes
from physics.potentials.neighbours import find_pairs
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.reference import scalars

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


@pytest.mark.parametrize(("level", "n_species"), [(4, 1), (8, 3), (16, 2)])
def test_slopes_of_scalars_give_their_part_of_forces_and_virial(
    level: int,
    n_species: int,
    draw_potential: Callable[..., MomentTensorPotential],
    draw_atoms: Callable[..., Atoms],
) -> None:
    potential = draw_potential(level, n_species)
    atoms = draw_atoms(6, n_species, cell=CELL)
    types, pairs = potential.types(atoms.numbers), pairs_of(atoms)
    values, by_position, virials = scalar_slopes(potential, types, pairs, np.array([0, 6]))
    plain = scalars(potential, atoms)
    np.testing.assert_allclose(values.T, plain, rtol=1e-10, atol=1e-12 * np.abs(plain).max())
    _, forces, per_atom = evaluate(potential, types, pairs)
    np.testing.assert_allclose(
        -np.einsum("s,sia->ia", potential.xi, by_position),
        forces, rtol=1e-9, atol=1e-11 * np.abs(forces).max(),
    )  # fmt: skip
    expected = per_atom.sum(axis=0)
    np.testing.assert_allclose(
        potential.xi @ virials[:, 0], expected, rtol=1e-9, atol=1e-11 * np.abs(expected).max()
    )


def test_several_configurations_are_kept_apart(
    draw_potential: Callable[..., MomentTensorPotential], draw_atoms: Callable[..., Atoms]
) -> None:
    from physics.potentials.batch import Batch

    potential = draw_potential(8, 2)
    images = [draw_atoms(n, 2, seed=n, cell=CELL) for n in (3, 1, 8, 5)]
    batch = Batch.of(potential, images)
    values, by_position, virials = scalar_slopes(
        potential, batch.types, batch.pairs, batch.starts
    )
    for c, atoms in enumerate(images):
        own = slice(batch.starts[c], batch.starts[c + 1])
        alone = scalar_slopes(
            potential, potential.types(atoms.numbers), pairs_of(atoms), np.array([0, len(atoms)])
        )
        for found, expected in zip(
            (values[:, own], by_position[:, own], virials[:, c : c + 1]), alone, strict=True
        ):
            np.testing.assert_allclose(
                found, expected, rtol=1e-9, atol=1e-11 * np.abs(expected).max() + 1e-15
            )
