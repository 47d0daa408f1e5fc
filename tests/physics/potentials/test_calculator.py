"""The calculator: equal to the reference, its forces are derivatives, bad input is refused."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import PropertyNotImplementedError
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress
from ase.stress import full_3x3_to_voigt_6_stress

from physics.errors import InputError
from physics.potentials.calculator import MTPCalculator
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.reference import evaluate

DrawPotential = Callable[..., MomentTensorPotential]
DrawAtoms = Callable[..., Atoms]

TRICLINIC = [[5.2, 0.0, 0.0], [2.1, 4.6, 0.0], [-1.3, 1.7, 5.0]]
SKEWED = [[3.0, 0.0, 0.0], [2.9, 2.4, 0.0], [-2.6, 1.9, 3.1]]
CASES = [
    ("crystal", 4, TRICLINIC, True),
    ("one-atom", 1, SKEWED, True),
    ("two-atoms", 2, SKEWED, True),
    ("molecule", 6, None, False),
    ("slab", 4, TRICLINIC, [True, True, False]),
]


@pytest.mark.filterwarnings("ignore:two atoms are:UserWarning")
@pytest.mark.parametrize(
    ("n_atoms", "cell", "pbc"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
@pytest.mark.parametrize(("level", "n_species"), [(4, 1), (8, 2), (12, 3)])
def test_results_equal_the_reference(  # noqa: PLR0917
    level: int,
    n_species: int,
    n_atoms: int,
    cell: list[list[float]] | None,
    pbc: bool | list[bool],
    draw_potential: DrawPotential,
    draw_atoms: DrawAtoms,
) -> None:
    potential = draw_potential(level, n_species)
    atoms = draw_atoms(n_atoms, n_species, seed=level, cell=cell)
    atoms.pbc = pbc
    reference = evaluate(potential, atoms)
    atoms.calc = MTPCalculator(potential)

    scale = abs(reference.energies).max()
    assert atoms.get_potential_energies() == pytest.approx(reference.energies, abs=1e-10 * scale)
    energy = atoms.get_potential_energy()
    assert energy == pytest.approx(reference.energies.sum(), abs=1e-10 * n_atoms * scale)
    assert atoms.get_potential_energy(force_consistent=True) == energy
    scale = max(abs(reference.forces).max(), 1e-6)
    assert atoms.get_forces() == pytest.approx(reference.forces, abs=1e-10 * scale)
    if atoms.pbc.all():
        scale = abs(reference.stress).max()
        expected = full_3x3_to_voigt_6_stress(reference.stress)
        assert atoms.get_stress() == pytest.approx(expected, abs=1e-10 * scale)
    else:
        with pytest.raises(PropertyNotImplementedError):
            atoms.get_stress()


def test_forces_and_stress_are_derivatives_of_the_energy(
    draw_potential: DrawPotential, draw_atoms: DrawAtoms
) -> None:
    atoms = draw_atoms(3, cell=TRICLINIC, seed=3)
    atoms.calc = MTPCalculator(draw_potential(12))
    forces, stress = atoms.get_forces(), atoms.get_stress()
    expected = calculate_numerical_forces(atoms, eps=1e-5)
    assert forces == pytest.approx(expected, abs=1e-6 * abs(forces).max())
    expected = calculate_numerical_stress(atoms, eps=1e-6)
    assert stress == pytest.approx(expected, abs=1e-6 * abs(stress).max())


def test_a_calculator_follows_atoms_that_move_strain_and_change(
    draw_potential: DrawPotential, draw_atoms: DrawAtoms
) -> None:
    potential = draw_potential(8)
    calculator = MTPCalculator(potential)
    atoms = draw_atoms(4, cell=TRICLINIC, seed=5)
    rng = np.random.default_rng(0)
    for step in range(12):
        atoms.positions += rng.normal(0.0, 0.05, (4, 3))
        if step == 4:
            atoms.set_cell(atoms.cell @ np.diag([1.0, 1.02, 0.99]), scale_atoms=True)
        if step == 8:
            atoms.symbols[:] = ["P", "Li", "Li", "P"]
        forces = calculator.get_property("forces", atoms)
        expected = evaluate(potential, atoms).forces
        assert forces == pytest.approx(expected, abs=1e-10 * abs(expected).max())


def test_only_what_changes_the_energy_is_computed_anew(
    draw_potential: DrawPotential, draw_atoms: DrawAtoms
) -> None:
    atoms = draw_atoms(4, cell=TRICLINIC, seed=6)
    calculator = MTPCalculator(draw_potential(8))
    atoms.calc = calculator
    atoms.get_potential_energy()
    results = calculator.results
    atoms.set_initial_charges([1.0, 0.0, 0.0, -1.0])
    atoms.set_momenta(np.ones((4, 3)))
    atoms.get_forces()
    assert calculator.results is results
    for change in (
        lambda: atoms.set_pbc([True, True, False]),
        lambda: atoms.set_cell(1.01 * atoms.cell),
        lambda: atoms.symbols.__setitem__(0, "P" if atoms.symbols[0] == "Li" else "Li"),
        lambda: atoms.rattle(1e-9),
        atoms.pop,
    ):
        change()
        results = calculator.results
        atoms.get_forces()
        assert calculator.results is not results


def test_energy_and_force_are_continuous_at_the_cutoff_and_go_to_zero(
    draw_potential: DrawPotential,
) -> None:
    potential = draw_potential(12)
    atoms = Atoms("LiP", positions=np.zeros((2, 3)))
    atoms.calc = MTPCalculator(potential)
    lone = [MTPCalculator(potential).get_property("energy", Atoms(s)) for s in ("Li", "P")]
    energies, forces = [], []
    for gap in (1e-3, 1e-4, 0.0, -1e-4):
        atoms.positions[1] = [potential.r_max - gap, 0.0, 0.0]
        energies.append(atoms.get_potential_energy() - sum(lone))
        forces.append(atoms.get_forces()[1, 0])
    # within the cutoff the energy goes as C gap^2, and the force as 2 C gap
    curvature = energies[0] / 1e-6
    assert abs(curvature) > 1e-6
    assert energies[1] == pytest.approx(curvature * 1e-8, rel=0.02)
    assert forces[1] == pytest.approx(2 * curvature * 1e-4, rel=0.02)
    assert energies[2:] == [0.0, 0.0]
    assert forces[2:] == [0.0, 0.0]


def test_close_atoms_bring_one_warning(draw_potential: DrawPotential) -> None:
    atoms = Atoms("LiP", positions=[[0.0, 0.0, 0.0], [1.3, 0.0, 0.0]])
    atoms.calc = MTPCalculator(draw_potential(4))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        atoms.get_potential_energy()
        assert not caught
        for distance in (1.1, 1.0, 1.1):
            atoms.positions[1, 0] = distance
            atoms.get_potential_energy()
    assert [str(warning.message)[:31] for warning in caught] == ["two atoms are 1.100 Å apart, cl"]


def test_what_cannot_be_evaluated_is_refused(draw_potential: DrawPotential) -> None:
    calculator = MTPCalculator(draw_potential(4))
    with pytest.raises(InputError, match="atoms of O were given"):
        calculator.get_property("energy", Atoms("LiO", positions=[[0, 0, 0], [2, 0, 0]]))
    with pytest.raises(InputError, match="same place"):
        calculator.get_property("energy", Atoms("LiP", positions=[[1, 1, 1], [1, 1, 1]]))
    with pytest.raises(InputError, match="skin"):
        MTPCalculator(draw_potential(4), skin=-1.0)
