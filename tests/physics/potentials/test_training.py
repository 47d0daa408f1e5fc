"""Fits: known potentials found again, interrupted and killed ones continued."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.morse import MorsePotential
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write

from physics.errors import InputError
from physics.potentials.calculator import MTPCalculator
from physics.potentials.loss import Loss, Weights
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.training import train, untrained


def rattled(count: int, amplitude: float = 0.15, seed: int = 0) -> list[Atoms]:
    """Crystals of two elements, strained and rattled."""
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(count):
        atoms = bulk("LiS", "cesiumchloride", a=3.2) * (2, 1, 1)
        atoms.set_cell(atoms.cell.array * rng.uniform(0.96, 1.06), scale_atoms=True)
        atoms.positions += rng.normal(scale=amplitude, size=atoms.positions.shape)
        images.append(atoms)
    return images


def labelled(images: list[Atoms], calculator: MTPCalculator | MorsePotential) -> list[Atoms]:
    """Attach energies, forces and stresses of a calculator."""
    for atoms in images:
        atoms.calc = calculator
        results = {
            "energy": atoms.get_potential_energy(),
            "forces": atoms.get_forces(),
            "stress": atoms.get_stress(),
        }
        atoms.calc = SinglePointCalculator(atoms, **results)
    return images


@pytest.fixture(scope="module")
def morse() -> list[Atoms]:
    return labelled(rattled(25), MorsePotential(epsilon=0.8, r0=2.6, rho0=4.0))


def test_a_known_potential_is_recovered_from_its_labels() -> None:
    rng = np.random.default_rng(4)
    known = MomentTensorPotential.initialise(
        6, ("Li", "S"), r_min=1.8, r_max=4.5, n_chebyshev=4, rng=rng
    )
    known = replace(known, offsets=[-1.9, -4.2])
    images = labelled(rattled(60, seed=1), MTPCalculator(known))
    start = MomentTensorPotential.initialise(
        6, ("Li", "S"), r_min=1.8, r_max=4.5, n_chebyshev=4, rng=np.random.default_rng(7)
    )
    fit = train(start, images, max_steps=400, tolerance=1e-6)
    others = labelled(rattled(20, seed=2), MTPCalculator(known))
    calculator = MTPCalculator(fit.potential)
    errors = [
        calculator.get_potential_energy(atoms) - atoms.get_potential_energy() for atoms in others
    ]
    assert np.mean(np.abs(errors)) < 1e-9


def test_a_fit_learns_forces_it_has_not_seen(morse: list[Atoms]) -> None:
    fit = train(untrained(morse, 6, r_max=4.5, n_chebyshev=6), morse)
    assert fit.converged
    others = labelled(rattled(10, seed=3), MorsePotential(epsilon=0.8, r0=2.6, rho0=4.0))
    calculator = MTPCalculator(fit.potential)
    forces = np.array([atoms.get_forces() for atoms in others])
    found = np.array([calculator.get_forces(atoms) for atoms in others])
    assert np.sqrt(np.mean((found - forces) ** 2)) < 0.1 * forces.std()


def test_losses_fall_and_are_those_of_the_potential(morse: list[Atoms]) -> None:
    start = untrained(morse, 4, r_max=4.5, n_chebyshev=5, seed=1)
    told: list[tuple[int, float]] = []
    fit = train(start, morse, max_steps=12, report=lambda k, loss: told.append((k, loss)))
    assert (np.diff(fit.losses) < 0).all()
    assert told == list(enumerate(fit.losses))[1:]
    assert Loss(start, morse, Weights()).value(fit.potential) == pytest.approx(fit.losses[-1])


def test_a_seed_gives_the_same_fit_again(morse: list[Atoms]) -> None:
    first, again, other = (
        train(untrained(morse, 4, r_max=4.5, n_chebyshev=5, seed=seed), morse, max_steps=5)
        for seed in (1, 1, 2)
    )
    assert (first.potential.parameters == again.potential.parameters).all()
    assert (first.potential.parameters != other.potential.parameters).any()


def test_an_interrupted_fit_goes_on_as_if_nothing_had_been(
    morse: list[Atoms], tmp_path: Path
) -> None:
    start = untrained(morse, 4, r_max=4.5, n_chebyshev=5)
    whole = train(start, morse, max_steps=12)

    def interrupt(number: int, loss: float) -> None:
        if number == 4:
            raise KeyboardInterrupt

    checkpoint = tmp_path / "fit.npz"
    with pytest.raises(KeyboardInterrupt):
        train(start, morse, max_steps=12, checkpoint=checkpoint, report=interrupt)
    fit = train(start, morse, max_steps=12, checkpoint=checkpoint)
    assert fit.losses == whole.losses
    assert (fit.potential.parameters == whole.potential.parameters).all()


FIT = """
import sys
from pathlib import Path
from ase.io import read
from physics.potentials.training import train, untrained
images = read(sys.argv[1], ":")
train(untrained(images, 4, r_max=4.5, n_chebyshev=5), images, tolerance=0, max_steps=100000,
      checkpoint=Path(sys.argv[2]))
"""


def test_a_killed_fit_leaves_a_sound_checkpoint(morse: list[Atoms], tmp_path: Path) -> None:
    data, checkpoint = tmp_path / "data.extxyz", tmp_path / "fit.npz"
    write(data, morse)
    process = subprocess.Popen([sys.executable, "-c", FIT, str(data), str(checkpoint)])
    while not checkpoint.exists():
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    images = read(data, ":")
    start = untrained(images, 4, r_max=4.5, n_chebyshev=5)
    steps: list[int] = []
    train(
        start, images, max_steps=8, tolerance=0, checkpoint=checkpoint,
        report=lambda k, _: steps.append(k),
    )  # fmt: skip
    assert steps == list(range(9 - len(steps), 9))
    assert len(steps) < 8


def test_a_trained_potential_is_a_start(morse: list[Atoms]) -> None:
    fit = train(untrained(morse, 4, r_max=4.5, n_chebyshev=5), morse, max_steps=10)
    warm = train(fit.potential, morse, max_steps=3)
    assert warm.losses[0] <= fit.losses[-1]


def test_what_cannot_be_fitted_is_refused(morse: list[Atoms], tmp_path: Path) -> None:
    start = untrained(morse, 4, r_max=4.5, n_chebyshev=5)
    with pytest.raises(InputError, match=r"1 configurations with 19 labels .* parameters"):
        train(start, morse[:1])
    copper = labelled([bulk("Cu").repeat(2) for _ in range(3)], MorsePotential())
    with pytest.raises(InputError, match="knows only Li, S"):
        train(start, copper)
    with pytest.raises(InputError, match="cutoff of 0"):
        untrained(morse, 4, r_max=0)
    with pytest.raises(InputError, match="shortest distance"):
        untrained([Atoms("Cu")], 4)
    checkpoint = tmp_path / "fit.npz"
    train(start, morse, max_steps=1, checkpoint=checkpoint)
    with pytest.raises(InputError, match="belongs to a fit of other data"):
        train(start, morse[:20], checkpoint=checkpoint)
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    with pytest.raises(InputError, match="is no checkpoint"):
        train(start, morse, checkpoint=checkpoint)


def test_an_untrained_potential_fits_the_elements_and_distances(morse: list[Atoms]) -> None:
    potential = untrained(morse, 4, r_max=4.5)
    distances = np.array([atoms.get_all_distances(mic=True) for atoms in morse])
    shortest = distances[:, ~np.eye(4, dtype=bool)].min()
    assert potential.species == ("Li", "S")
    assert potential.r_min == pytest.approx(shortest)
