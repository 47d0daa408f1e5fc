"""Derivatives of energies by the parameters, against finite differences and exact dependences."""

from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms

from physics.errors import InputError
from physics.potentials.batch import Batch
from physics.potentials.energy_gradients import energy_gradients, row_origins
from physics.potentials.kernel import evaluate
from physics.potentials.potential import MomentTensorPotential

CELL = [[7.0, 0.0, 0.0], [2.0, 6.0, 0.0], [0.0, 1.0, 6.5]]

Draw = Callable[..., MomentTensorPotential]
DrawAtoms = Callable[..., Atoms]


@pytest.fixture
def images(draw_atoms: DrawAtoms) -> list[Atoms]:
    return [draw_atoms(n, 2, seed=n, cell=CELL) for n in (4, 1, 6)]


def test_rows_equal_finite_differences(draw_potential: Draw, images: list[Atoms]) -> None:
    potential = draw_potential(8, 2)
    batch = Batch.of(potential, images)
    rng = np.random.default_rng(0)
    for _ in range(3):
        direction = rng.normal(size=potential.n_parameters)
        up, down = (
            evaluate(
                potential.with_parameters(potential.parameters + step * direction),
                batch.types,
                batch.pairs,
            )[0]
            for step in (1e-5, -1e-5)
        )
        expected = (up - down) / 2e-5
        tolerance = {"rtol": 1e-6, "atol": 1e-7 * np.abs(expected).max()}
        atoms = energy_gradients(potential, batch, "neighbourhood")
        np.testing.assert_allclose(atoms @ direction, expected, **tolerance)
        whole = energy_gradients(potential, batch, "configuration")
        sums = [expected[:4].sum(), expected[4], expected[5:].sum()]
        np.testing.assert_allclose(whole @ direction, sums, **tolerance)


def test_scalars_are_the_last_columns(draw_potential: Draw, images: list[Atoms]) -> None:
    potential = draw_potential(8, 2)
    batch = Batch.of(potential, images)
    rows = energy_gradients(potential, batch, "scalars")
    theta = np.concatenate([potential.offsets, potential.xi])
    energies = evaluate(potential, batch.types, batch.pairs)[0]
    np.testing.assert_allclose(rows @ theta, energies, rtol=1e-10, atol=1e-14)


def test_mixtures_of_radial_functions_are_undone_by_scalars(
    draw_potential: Draw, draw_atoms: DrawAtoms
) -> None:
    potential = draw_potential(8, 2)
    images = [draw_atoms(8, 2, seed=seed, cell=CELL) for seed in range(8)]
    rows = energy_gradients(potential, Batch.of(potential, images), "neighbourhood")
    radial = rows[:, : potential.radial.size].reshape(-1, *potential.radial.shape)
    scalars = rows[:, potential.radial.size + 2 :]
    # f_mu + epsilon f_nu with nu <= mu keeps the level of every scalar within that of the table
    for mu, nu in [(0, 0), (1, 0), (1, 1)]:
        mixed = np.einsum("nabq,abq->n", radial[:, :, :, mu], potential.radial[:, :, nu])
        fit = scalars @ np.linalg.lstsq(scalars, mixed, rcond=None)[0]
        np.testing.assert_allclose(fit, mixed, atol=1e-9 * np.abs(mixed).max())
    other = np.einsum("nabq,abq->n", radial[:, :, :, 0], potential.radial[:, :, 1])
    fit = scalars @ np.linalg.lstsq(scalars, other, rcond=None)[0]
    assert np.abs(fit - other).max() > 1e-3 * np.abs(other).max()


def test_rows_know_where_they_come_from(draw_potential: Draw, images: list[Atoms]) -> None:
    batch = Batch.of(draw_potential(8, 2), images)
    expected = [(c, a) for c, n in enumerate((4, 1, 6)) for a in range(n)]
    assert row_origins(batch, "neighbourhood").tolist() == [list(pair) for pair in expected]
    assert row_origins(batch, "configuration").tolist() == [[0, -1], [1, -1], [2, -1]]


def test_coinciding_atoms_are_refused(draw_potential: Draw) -> None:
    atoms = Atoms("Li2", [[0, 0, 0], [0, 0, 0]], cell=CELL, pbc=True)
    potential = draw_potential(8, 2)
    with pytest.raises(InputError, match="same place"):
        energy_gradients(potential, Batch.of(potential, [atoms]), "neighbourhood")
