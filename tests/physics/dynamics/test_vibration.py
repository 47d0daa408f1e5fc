"""Fastest vibration: diatomic molecule, chain, and copper against its whole Hessian."""

import math

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.units import fs
from ase.vibrations import Vibrations

from physics.dynamics.vibration import check_time_step, fastest_period
from physics.errors import InputError


class Chain(Calculator):
    """A ring of atoms and springs along x; U = k/2 Σ (u_i+1 - u_i)^2, from sites 1 Å apart."""

    implemented_properties = ("energy", "forces")
    stiffness = 4.0
    evaluations = 0

    def calculate(self, *arguments: object) -> None:
        """Give energy and forces."""
        super().calculate(*arguments)
        self.evaluations += 1
        away = self.atoms.positions[:, 0] - np.arange(len(self.atoms))
        stretch = np.roll(away, -1) - away
        forces = np.zeros((len(self.atoms), 3))
        forces[:, 0] = self.stiffness * (stretch - np.roll(stretch, 1))
        self.results = {"energy": self.stiffness / 2 * stretch @ stretch, "forces": forces}


def ring(symbols: str, count: int) -> Atoms:
    sites = np.zeros((count, 3))
    sites[:, 0] = np.arange(count)
    return Atoms(symbols, positions=sites)


def test_two_atoms() -> None:
    """Two springs between them: ω^2 = 2 k (1/m_1 + 1/m_2)."""
    atoms = ring("LiS", 2)
    squared = 2 * Chain.stiffness * np.sum(1 / atoms.get_masses())
    period = 2 * math.pi / math.sqrt(squared) / fs
    assert fastest_period(atoms, Chain()) == pytest.approx(period, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_chain(seed: int) -> None:
    """Neighbours against each other: ω^2 = 4 k / m."""
    atoms = ring("Cu8", 8)
    period = 2 * math.pi / math.sqrt(4 * Chain.stiffness / atoms.get_masses()[0]) / fs
    calculator = Chain()
    assert fastest_period(atoms, calculator, seed=seed) == pytest.approx(period, rel=1e-6)
    assert calculator.evaluations <= 12


def test_few_evaluations_give_a_period_too_long() -> None:
    atoms, calculator = ring("Cu40", 40), Chain()
    period = 2 * math.pi / math.sqrt(4 * Chain.stiffness / atoms.get_masses()[0]) / fs
    found = fastest_period(atoms, calculator, evaluations=4)
    assert calculator.evaluations == 4
    assert period < found < 1.3 * period


def test_molecule_of_ase(tmp_path: pytest.TempPathFactory) -> None:
    atoms = molecule("H2O")
    atoms.calc = EMT()
    vibrations = Vibrations(atoms, name=str(tmp_path / "vib"))
    vibrations.run()
    highest = vibrations.get_frequencies().real.max()
    period = 1e15 / (highest * 2.99792458e10)
    assert fastest_period(atoms, EMT()) == pytest.approx(period, rel=0.03)


@pytest.mark.parametrize(("shake", "tolerance"), [(0.0, 0.003), (0.08, 0.04)])
def test_copper(shake: float, tolerance: float) -> None:
    atoms = bulk("Cu", cubic=True) * 2
    atoms.rattle(shake, seed=2)
    moved = atoms.copy()
    moved.calc = EMT()
    size, step = 3 * len(atoms), 1e-3
    hessian = np.empty((size, size))
    for row, one in enumerate(np.eye(size).reshape(size, -1, 3)):
        forces = []
        for sign in (1, -1):
            moved.positions = atoms.positions + sign * step * one
            forces.append(moved.get_forces().ravel())
        hessian[row] = (forces[1] - forces[0]) / (2 * step)
    highest = np.linalg.eigvalsh((hessian + hessian.T) / 2)[-1] / atoms.get_masses()[0]
    period = 2 * math.pi / math.sqrt(highest) / fs
    for seed in range(3):
        found = fastest_period(atoms, EMT(), seed=seed)
        assert found == pytest.approx(period, rel=tolerance)


def test_structure_and_seed() -> None:
    atoms = ring("Cu20", 20)
    before = atoms.positions.copy()
    first, again, other = (fastest_period(atoms, Chain(), evaluations=5, seed=s) for s in (0, 0, 1))
    assert first == again != other
    np.testing.assert_array_equal(atoms.positions, before)


def test_nothing_vibrates() -> None:
    calculator = Chain()
    calculator.stiffness = 0.0
    assert fastest_period(ring("Cu3", 3), calculator) == math.inf
    assert check_time_step(20.0, math.inf) is None


def test_one_evaluation_is_refused() -> None:
    with pytest.raises(InputError, match="1 evaluations given"):
        fastest_period(ring("Cu3", 3), Chain(), evaluations=1)


def test_time_step_is_compared_with_the_period() -> None:
    assert check_time_step(2.0, 30.0) is None
    warning = check_time_step(5.0, 56.1)
    assert warning is not None
    for number in ("5 fs", "1/11.2", "56.1 fs", "1/15", "3.7 fs"):
        assert number in warning


def test_limit_keeps_the_frequency_to_a_percent() -> None:
    """Velocity Verlet of ω Δt = x has the frequency 2 asin(x / 2) / Δt."""
    x = 2 * math.pi / 15
    assert 2 * math.asin(x / 2) / x - 1 == pytest.approx(x**2 / 24, rel=0.05)
    assert x**2 / 24 < 0.01
    assert check_time_step(1.0, 15.0) is None
