"""
Speed and quality of training beside motep, from the same potential on the same configurations.

The configurations are taken from molecular dynamics of beta-Li3PS4 (32 atoms) with CHGNet at
several temperatures and strains; they are made in a few minutes when the file given does not
exist. Every third is a test. Both fits start from the same random potential after a linear fit of
its scalar coefficients and offsets, minimise the same loss (energies, forces, stresses with weights
1, 0.01, 0.001), and run on one core; times are CPU time, without compilation. motep uses BFGS of
scipy, its default, and stops after a time limit, so "best" is its best within that. Run
``python benchmarks/mtp_training.py --help`` for the options.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numba
import numpy as np
from ase import Atoms, units
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

from physics.potentials.files import write_potential
from physics.potentials.loss import Loss, Weights
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.training import train, untrained

BETA = Path(__file__).parent.parent / "workflows/studies/structures/beta-Li3PS4.cif"
RUNS = [(300, 0.0), (600, 0.0), (900, 0.02), (1200, 0.0), (900, -0.02), (600, 0.03)]
"""Temperature, K, and linear strain of the molecular dynamics."""
FRAMES = 28
"""Configurations of each run, 12 fs apart."""
TARGETS = (
    "per step of level 16: 60 times faster than motep; a test error no worse than motep's best; "
    "level 16 on 112 configurations in under 60 s"
)


@dataclass
class Course:
    """
    How a fit went on.

    Parameters
    ----------
    seconds : list of float
        CPU time after each step.
    errors : list of float
        Root mean square error of the force components of the test set, meV/Å.
    """

    seconds: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)

    def when(self, error: float) -> str:
        """Say after what time the test error was first as low as that."""
        reached = [s for s, e in zip(self.seconds, self.errors, strict=True) if e <= error]
        return f"{reached[0]:.1f} s" if reached else "never"


def make(path: Path) -> None:
    """
    Make the configurations.

    Parameters
    ----------
    path
        File for them, in ASE's extended xyz format.
    """
    import torch  # noqa: PLC0415 - not needed when the file exists
    from chgnet.model.dynamics import CHGNetCalculator  # noqa: PLC0415

    torch.set_num_threads(1)
    calculator = CHGNetCalculator(use_device="cpu")
    images = []
    for seed, (temperature, strain) in enumerate(RUNS):
        given = read(BETA)
        atoms = Atoms(given.numbers, cell=given.cell, pbc=True)
        atoms.set_scaled_positions(given.get_scaled_positions())
        atoms.set_cell(atoms.cell * (1 + strain), scale_atoms=True)
        atoms.calc = calculator
        rng = np.random.default_rng(seed)
        MaxwellBoltzmannDistribution(atoms, temperature_K=2 * temperature, rng=rng)
        dynamics = Langevin(
            atoms, 1.5 * units.fs, temperature_K=temperature, friction=0.02, rng=rng, fixcm=False
        )
        dynamics.run(40)
        for _ in range(FRAMES):
            dynamics.run(8)
            frame = Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=True)
            frame.calc = SinglePointCalculator(
                frame,
                energy=atoms.get_potential_energy(),
                forces=atoms.get_forces(),
                stress=atoms.get_stress(),
            )
            images.append(frame)
        print(f"made {len(images)} of {FRAMES * len(RUNS)} configurations", flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, images)


def force_error(test: list[Atoms]) -> Callable[[MomentTensorPotential], float]:
    """
    Prepare the error on a test set.

    Parameters
    ----------
    test
        The test set.

    Returns
    -------
    callable
        Gives the root mean square error of force components, meV/Å.
    """
    losses: dict[float, Loss] = {}

    def error(potential: MomentTensorPotential) -> float:
        if potential.r_max not in losses:
            losses[potential.r_max] = Loss(potential, test, Weights(0.0, 1.0, 0.0))
        return 1e3 * float(np.sqrt(losses[potential.r_max].value(potential) / 3))

    return error


def ours(start: MomentTensorPotential, images: list[Atoms], test: list[Atoms]) -> Course:
    """
    Fit with thioflow.

    Parameters
    ----------
    start
        Where the fit starts.
    images, test
        Training and test set.

    Returns
    -------
    Course
        How it went on.
    """
    error, course = force_error(test), Course()
    potential, begin = start, time.process_time()
    with TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "fit.npz"

        def report(_: int, __: float) -> None:
            nonlocal begin
            course.seconds.append(time.process_time() - begin)
            with np.load(checkpoint) as file:
                potential_now = potential.with_parameters(file["parameters"])
            before = time.process_time()
            course.errors.append(error(potential_now))
            begin += time.process_time() - before

        train(start, images, checkpoint=checkpoint, report=report)
    return course


def motep(
    start: MomentTensorPotential, images: list[Atoms], test: list[Atoms], limit: float
) -> Course:
    """
    Fit with motep.

    Parameters
    ----------
    start
        Where the fit starts.
    images, test
        Training and test set.
    limit
        CPU time, s.

    Returns
    -------
    Course
        How it went on.
    """
    from motep.io.mlip.mtp import read_mtp  # noqa: PLC0415 - not everyone has it
    from motep.loss import LossFunction, LossSetting  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        path = Path(folder) / "start.mtp"
        write_potential(path, start, "MLIP-2")
        data = read_mtp(path)
    data.species = Atoms(list(start.species)).numbers
    data.optimized = ["species_coeffs", "moment_coeffs", "radial_coeffs"]
    weights = Weights()
    setting = LossSetting(
        energy_weight=weights.energy, forces_weight=weights.forces, stress_weight=weights.stress
    )
    loss = LossFunction(images, data, setting, engine="cext")
    error, course, begin = force_error(test), Course(), time.process_time()

    def callback(intermediate_result: OptimizeResult) -> None:
        nonlocal begin
        course.seconds.append(time.process_time() - begin)
        before = time.process_time()
        course.errors.append(error(_from_motep(start, intermediate_result.x)))
        begin += time.process_time() - before
        if course.seconds[-1] > limit:
            raise StopIteration

    minimize(
        loss, data.parameters, jac=loss.jac, method="BFGS", callback=callback,
        options={"maxiter": 10**6, "gtol": 0.0},
    )  # fmt: skip
    return course


def _from_motep(start: MomentTensorPotential, theta: NDArray[np.float64]) -> MomentTensorPotential:
    """Order parameters of motep as the potential does."""
    scalars = len(start.xi)
    xi, offsets, radial = np.split(theta, [scalars, scalars + len(start.species)])
    return start.with_parameters(np.concatenate([radial, offsets, xi]))


def compare(images: list[Atoms], test: list[Atoms], level: int, limit: float) -> None:
    """
    Print how both fits of a level went on.

    Parameters
    ----------
    images, test
        Training and test set.
    level
        Level of the potential.
    limit
        CPU time of motep, s; without it if 0.
    """
    # a step from a start of its own compiles everything, and a fit of no steps is the linear one
    start = train(untrained(images, level), images, max_steps=0).potential
    train(start, images[:40], max_steps=1)
    mine = ours(start, images, test)
    steps = len(mine.seconds)
    print(
        f"{level:5d} {start.n_parameters:10d} thioflow {steps:6d} {mine.seconds[-1] / steps:9.3f} "
        f"{mine.seconds[-1]:8.1f} {min(mine.errors):10.2f}",
        flush=True,
    )
    if not limit:
        return
    other = motep(start, images, test, limit)
    per_step = other.seconds[-1] / len(other.seconds)
    best = min(other.errors)
    print(
        f"{'':17}motep    {len(other.seconds):6d} {per_step:9.3f} {other.seconds[-1]:8.1f} "
        f"{best:10.2f}   a step {per_step * steps / mine.seconds[-1]:.0f} times ours; its best "
        f"reached by ours after {mine.when(best)}, by itself after {other.when(best)}",
        flush=True,
    )


def main() -> None:
    """Run the benchmark and print the table."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--levels", type=int, nargs="+", default=[8, 12, 16])
    parser.add_argument("--data", type=Path, default=Path("runs/mtp_training.extxyz"))
    parser.add_argument("--limit", type=float, default=300.0, help="CPU time of motep, s; 0: none")
    options = parser.parse_args()
    if not options.data.exists():
        make(options.data)
    numba.set_num_threads(1)
    images = read(options.data, ":")
    test = images[::3]
    training = [atoms for number, atoms in enumerate(images) if number % 3]
    print(f"Targets: {TARGETS}\n")
    print(f"{'level':>5} {'parameters':>10} {'':8} {'steps':>6} {'s a step':>9} {'s':>8} meV/Å")
    print(f"100 configurations for training, {len(test)} for the test")
    for level in options.levels:
        compare(training[:100], test, level, options.limit)
    print(f"{len(training[:112])} configurations for training")
    compare(training[:112], test, 16, 0.0)


if __name__ == "__main__":
    main()
