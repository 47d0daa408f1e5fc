"""Reference evaluation: equal to motep, forces are derivatives, symmetries hold."""

from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms
from hypothesis import given, settings
from hypothesis import strategies as st
from motep.calculator import MTP
from scipy.spatial.transform import Rotation

from physics.errors import InputError
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.reference import evaluate, scalars

DrawPotential = Callable[..., MomentTensorPotential]
DrawAtoms = Callable[..., Atoms]
Motep = Callable[[MomentTensorPotential], MTP]

TRICLINIC = [[5.2, 0.0, 0.0], [2.1, 4.6, 0.0], [-1.3, 1.7, 5.0]]
SKEWED = [[3.0, 0.0, 0.0], [2.9, 2.4, 0.0], [-2.6, 1.9, 3.1]]
seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("level", range(2, 21, 2))
@pytest.mark.parametrize("n_species", [1, 2, 3, 4])
def test_evaluation_equals_motep(
    level: int, n_species: int, draw_potential: DrawPotential, draw_atoms: DrawAtoms, motep: Motep
) -> None:
    potential = draw_potential(level, n_species, seed=level)
    n_atoms, cell = [(5, TRICLINIC), (1, SKEWED), (2, SKEWED), (6, None)][n_species - 1]
    atoms = draw_atoms(n_atoms, n_species, seed=level, cell=cell)
    result = evaluate(potential, atoms)
    atoms.calc = motep(potential)

    expected = atoms.get_potential_energies()
    assert result.energies == pytest.approx(expected, rel=1e-10, abs=1e-10 * abs(expected).max())
    expected = atoms.get_forces()
    assert result.forces == pytest.approx(expected, abs=1e-10 * max(abs(expected).max(), 1e-6))
    if cell:
        expected = atoms.get_stress(voigt=False)
        assert result.stress == pytest.approx(expected, abs=1e-10 * abs(expected).max())


@pytest.mark.parametrize("level", [2, 8, 16])
def test_forces_and_stress_are_derivatives_of_the_energy(
    level: int, draw_potential: DrawPotential, draw_atoms: DrawAtoms
) -> None:
    potential = draw_potential(level)
    atoms = draw_atoms(4, cell=TRICLINIC, seed=3)
    result = evaluate(potential, atoms)

    def energy(displacement: np.ndarray, strain: np.ndarray) -> float:
        moved = atoms.copy()
        moved.positions += displacement
        moved.set_cell(atoms.cell @ (np.eye(3) + strain), scale_atoms=True)
        return evaluate(potential, moved).energies.sum()

    still, unstrained = np.zeros((4, 3)), np.zeros((3, 3))
    scale = abs(result.forces).max()
    for atom, axis in np.ndindex(4, 3):
        step = np.zeros((4, 3))
        step[atom, axis] = 1e-5
        slope = (energy(step, unstrained) - energy(-step, unstrained)) / 2e-5
        assert -slope == pytest.approx(result.forces[atom, axis], abs=1e-6 * scale)
    scale = abs(result.stress).max()
    for row, column in np.ndindex(3, 3):
        strain = np.zeros((3, 3))
        strain[row, column] = 1e-6
        slope = (energy(still, strain) - energy(still, -strain)) / 2e-6 / atoms.get_volume()
        assert slope == pytest.approx(result.stress[row, column], abs=1e-6 * scale)


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_every_scalar_is_invariant_under_rotation(
    seed: int, draw_potential: DrawPotential, draw_atoms: DrawAtoms
) -> None:
    rng = np.random.default_rng(seed)
    potential, atoms = draw_potential(16), draw_atoms(6, seed=seed)
    turned = atoms.copy()
    turned.positions = atoms.positions @ Rotation.random(rng=rng).as_matrix().T
    mirrored = atoms.copy()
    mirrored.positions[:, 0] *= -1
    expected = scalars(potential, atoms)
    scale = abs(expected).max(axis=0)
    assert (abs(scalars(potential, turned) - expected) <= 1e-10 * scale).all()
    assert (abs(scalars(potential, mirrored) - expected) <= 1e-10 * scale).all()


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_rotation_permutation_and_translation_of_a_crystal(
    seed: int, draw_potential: DrawPotential, draw_atoms: DrawAtoms
) -> None:
    rng = np.random.default_rng(seed)
    potential, atoms = draw_potential(12), draw_atoms(5, seed=seed, cell=TRICLINIC)
    rotation, order = Rotation.random(rng=rng).as_matrix(), rng.permutation(5)
    changed = atoms[order]
    changed.positions += rng.uniform(-9, 9, 3)
    changed.set_cell(changed.cell @ rotation.T, scale_atoms=True)
    changed.wrap()
    before, after = evaluate(potential, atoms), evaluate(potential, changed)
    energy, force = abs(before.energies).max(), abs(before.forces).max()
    assert after.energies == pytest.approx(before.energies[order], abs=1e-10 * energy)
    assert after.forces == pytest.approx(before.forces[order] @ rotation.T, abs=1e-9 * force)
    stress = rotation @ before.stress @ rotation.T
    assert after.stress == pytest.approx(stress, abs=1e-9 * abs(stress).max())


def test_a_supercell_is_as_many_cells(draw_potential: DrawPotential, draw_atoms: DrawAtoms) -> None:
    potential, atoms = draw_potential(12), draw_atoms(2, cell=SKEWED)
    once, many = evaluate(potential, atoms), evaluate(potential, atoms * (2, 1, 3))
    assert many.energies == pytest.approx(np.tile(once.energies, 6), rel=1e-12)
    assert many.forces == pytest.approx(np.tile(once.forces, (6, 1)), abs=1e-11)
    assert many.stress == pytest.approx(once.stress, abs=1e-13)


def test_energy_and_forces_are_continuous_at_the_cutoff(draw_potential: DrawPotential) -> None:
    potential = draw_potential(16)

    def pair(distance: float) -> Atoms:
        return Atoms("LiPLi", positions=[[0, 0, 0], [2, 0, 0], [0, distance, 0]])

    inside = evaluate(potential, pair(potential.r_max - 1e-6))
    outside = evaluate(potential, pair(potential.r_max + 1e-6))
    assert inside.energies == pytest.approx(outside.energies, abs=1e-11)
    assert inside.forces == pytest.approx(outside.forces, abs=1e-5)


def test_a_lone_atom_has_the_energy_of_its_species(draw_potential: DrawPotential) -> None:
    potential = draw_potential(16)
    offsets = np.array([-1.5, -7.25])
    radial, xi = potential.radial.ravel(), potential.xi
    potential = potential.with_parameters(np.concatenate([radial, offsets, xi]))
    result = evaluate(potential, Atoms("P"))
    assert result.energies.tolist() == [-7.25]
    assert not result.forces.any()
    assert np.isnan(result.stress).all()


def test_a_dimer_by_hand(draw_potential: DrawPotential) -> None:
    """Level 2, r in the middle of the interval: T = 1, 0, -1, 0, 1, 0."""
    potential = draw_potential(2)
    r = (potential.r_min + potential.r_max) / 2
    chebyshev = np.array([1, 0, -1, 0, 1, 0])
    smooth = potential.scaling * (potential.r_max - r) ** 2
    expected = [
        potential.offsets[z] + potential.xi[0] * smooth * potential.radial[z, 1 - z, 0] @ chebyshev
        for z in (0, 1)
    ]
    result = evaluate(potential, Atoms("LiP", positions=[[0, 0, 0], [0, 0, r]]))
    assert result.energies == pytest.approx(expected, rel=1e-12)


def test_atoms_at_one_place_are_refused(draw_potential: DrawPotential) -> None:
    with pytest.raises(InputError, match="same place"):
        evaluate(draw_potential(8), Atoms("Li2", positions=np.zeros((2, 3))))
