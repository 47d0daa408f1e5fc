"""
Speed of molecular dynamics with moment tensor potentials in LAMMPS, and what a step is made of.

Runs of beta-Li3PS4 at 300 K by `DynamicsRun`, as the jobs make them: LAMMPS moves the atoms, the
potential gives the forces, every 100th frame is written. The potentials have three species, eight
Chebyshev polynomials and a cutoff of 5 Å; their coefficients leave a soft repulsion, which keeps
the atoms apart at the density of the crystal. The cost depends on the number of neighbours and on
the speed of the atoms, not on the values of the coefficients.

Times are those for one atom and step: CPU time on one core, and wall time on one and two. Beside it
stand the calculator of motep (its C engine, one core) in velocity Verlet of ASE, the cost of a
written frame as part of 100 steps, and that of a grade as part of 10 steps. Compilation does not
count. Run ``python benchmarks/md.py --help`` for the options.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as the command line does

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
from ase import Atoms, units
from ase.io import read
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from ase.md.verlet import VelocityVerlet
from mtp_evaluation import BETA, SUPERCELLS, Cost, draw, with_motep
from numba import set_num_threads

from makers.dynamics_run import DynamicsRun, Output
from makers.lammps import load_lammps
from physics.dynamics.frame import Frame
from physics.dynamics.grading import Grader, Grading
from physics.dynamics.guards import Guards
from physics.dynamics.lammps_integrator import LammpsIntegrator
from physics.dynamics.protocol import Protocol, Stage
from physics.potentials import lammps
from physics.potentials.active_set import ActiveSet
from physics.potentials.calculator import MTPCalculator
from physics.potentials.neighbours import NeighbourList
from physics.potentials.potential import MomentTensorPotential

STEPS = {256: 400, 2048: 200, 12288: 100}
TIME_STEP = 1.0
KELVIN = 300.0
WRITTEN = 100
"""Steps between frames."""
GRADED = 10
"""Steps between grades."""
LARGEST_FORCE = 0.5
"""eV/Å."""
TARGETS = {(16, 2048): 8.0}
"""How many times faster than motep one core should be, at a level and size."""
WRITING = 0.03
"""Part of the time of a run that may go into frames."""
MOTEP_STEPS = 5
ROUNDS = 5
"""Grades that are timed."""


@dataclass
class Clock:
    """Time that went into a function, s."""

    cpu: float = 0.0
    wall: float = 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """
        Give a function that counts its time.

        Parameters
        ----------
        function
            The function.

        Returns
        -------
        callable
            The same, with the clock on.
        """

        def clocked(*given: Any, **named: Any) -> Any:
            started = time.process_time(), time.perf_counter()
            try:
                return function(*given, **named)
            finally:
                self.cpu += time.process_time() - started[0]
                self.wall += time.perf_counter() - started[1]

        return clocked

    def per(self, number: int) -> Cost:
        """
        Share the time out.

        Parameters
        ----------
        number
            Atoms times steps.

        Returns
        -------
        Cost
            µs for each of them.
        """
        return Cost(1e6 * self.cpu / number, 1e6 * self.wall / number)


@dataclass(frozen=True)
class Parts:
    """
    What a run costs: µs for one atom and step, and for one atom and frame.

    Parameters
    ----------
    step
        A time step.
    kernel, neighbours
        Its energies and forces, and its list of neighbours; what is left is LAMMPS itself.
    frame
        A written frame, with its guards and its part of the checkpoint.
    """

    step: Cost
    kernel: Cost
    neighbours: Cost
    frame: Cost


def repulsive(potential: MomentTensorPotential, crystal: Atoms) -> MomentTensorPotential:
    """
    Leave of a potential a soft repulsion of pairs, which takes as long as any other.

    Parameters
    ----------
    potential
        The potential.
    crystal
        Where the largest force is made `LARGEST_FORCE`, with atoms displaced by 0.1 Å.

    Returns
    -------
    MomentTensorPotential
        Of the same level; its first scalar is the sum over neighbours of the first radial function.
    """
    radial, xi = potential.radial.copy(), np.zeros_like(potential.xi)
    radial[:, :, 0] = 0.0
    radial[:, :, 0, :2] = 1.0, -0.9
    xi[0] = 1.0
    soft = replace(potential, radial=radial, xi=xi, offsets=np.zeros_like(potential.offsets))
    shaken = crystal.copy()
    shaken.rattle(0.1, seed=0)
    shaken.calc = MTPCalculator(soft)
    return replace(soft, xi=xi * LARGEST_FORCE / np.abs(shaken.get_forces()).max())


@contextmanager
def clocked(kernel: Clock, neighbours: Clock) -> Iterator[None]:
    """
    Put clocks on what the potential does in LAMMPS.

    Parameters
    ----------
    kernel, neighbours
        Of energies and forces, and of the list of neighbours.

    Yields
    ------
    None
        While they are on.
    """
    update = neighbours.around(NeighbourList.update)
    evaluate = kernel.around(lammps.evaluate_with_shortest)
    with (
        patch.object(lammps, "evaluate_with_shortest", evaluate),
        patch.object(NeighbourList, "update", update),
    ):
        yield


def run(potential: MomentTensorPotential, atoms: Atoms, steps: int) -> Parts:
    """
    Run molecular dynamics in LAMMPS.

    Parameters
    ----------
    potential
        The potential, compiled before.
    atoms
        The crystal.
    steps
        Number of steps.

    Returns
    -------
    Parts
        What it cost.

    Raises
    ------
    RuntimeError
        If the run stops early.
    """
    protocol = Protocol((Stage("fly", steps, KELVIN),), time_step=TIME_STEP)
    first = Frame(0, 0.0, atoms.positions, atoms.cell.array, 0.0, 0.0)
    lmp = load_lammps().lammps(cmdargs=["-log", "none", "-screen", "none"])
    whole, beginning, moving, kernel, neighbours = (Clock() for _ in range(5))
    with (
        TemporaryDirectory() as folder,
        closing(LammpsIntegrator(lmp, atoms, potential, protocol)) as integrator,
    ):
        begin, advance = integrator.begin, integrator.advance

        def advance_clocked(number: int) -> None:
            with clocked(kernel, neighbours):
                moving.around(advance)(number)

        dynamics = DynamicsRun(
            integrator,
            protocol,
            atoms,
            Path(folder),
            output=Output(WRITTEN),
            guards=Guards(atoms.get_chemical_symbols(), first),
        )
        with (
            patch.object(integrator, "begin", beginning.around(begin)),
            patch.object(integrator, "advance", advance_clocked),
        ):
            stopped = whole.around(dynamics.go)()
    if stopped is not None:
        raise RuntimeError(stopped)
    beside = Clock(
        whole.cpu - beginning.cpu - moving.cpu, whole.wall - beginning.wall - moving.wall
    )
    moves, written = len(atoms) * steps, len(atoms) * (steps // WRITTEN + 1)
    return Parts(moving.per(moves), kernel.per(moves), neighbours.per(moves), beside.per(written))


def grade(potential: MomentTensorPotential, crystal: Atoms, atoms: Atoms) -> float:
    """
    Measure an extrapolation grade.

    Parameters
    ----------
    potential
        The potential.
    crystal
        Cell whose strained and shaken copies are the training set.
    atoms
        What is graded.

    Returns
    -------
    float
        CPU time on one core for one atom, µs.
    """
    rng = np.random.default_rng(0)
    images = [crystal.copy() for _ in range(30)]
    for image in images:
        strain = np.eye(3) + rng.normal(scale=0.02, size=(3, 3))
        image.set_cell(image.cell.array @ strain, scale_atoms=True)
        image.positions += rng.normal(scale=0.2, size=image.positions.shape)
    grader = Grader(Grading(), ActiveSet.select(potential, images), atoms)
    frame = Frame(0, 0.0, atoms.positions, atoms.cell.array, 0.0, 0.0)
    grader.grade(frame)
    clock = Clock()
    for _ in range(ROUNDS):
        clock.around(grader.grade)(frame)
    return clock.per(ROUNDS * len(atoms)).cpu


def with_motep_in_ase(potential: MomentTensorPotential, atoms: Atoms, steps: int) -> float:
    """
    Run molecular dynamics with motep in ASE.

    Parameters
    ----------
    potential
        The potential.
    atoms
        The crystal.
    steps
        Number of steps.

    Returns
    -------
    float
        CPU time on one core for one atom and step, µs.
    """
    moving = atoms.copy()
    moving.calc = with_motep(potential, "cext")
    MaxwellBoltzmannDistribution(moving, temperature_K=KELVIN, rng=np.random.default_rng(0))
    dynamics = VelocityVerlet(moving, TIME_STEP * units.fs)
    dynamics.run(1)
    clock = Clock()
    clock.around(dynamics.run)(steps)
    return clock.per(len(atoms) * steps).cpu


def main() -> None:
    """Run the benchmark and print the table."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--levels", type=int, nargs="+", default=[8, 16])
    parser.add_argument("--sizes", type=int, nargs="+", default=[2048, 12288], choices=list(STEPS))
    parser.add_argument(
        "--largest", type=int, default=2048, help="largest cell that motep gets, in atoms"
    )
    options = parser.parse_args()
    print(
        "µs for one atom and step: CPU time on one core, in parts; wall time on two, and the "
        f"speedup\nframes, one in {WRITTEN} steps, and grades, one in {GRADED}: part of the time "
        f"of the run (target of frames < {WRITING:.0%})"
    )
    print(
        f"{'level':>5} {'atoms':>6} {'1 core':>8} {'kernel':>8} {'list':>8} {'LAMMPS':>8} "
        f"{'2 cores':>8} {'speedup':>8} {'frames':>7} {'grades':>7} {'motep':>8} {'ratio':>6}"
    )
    crystal = read(BETA)
    for level in options.levels:
        drawn = draw(level)
        set_num_threads(1)
        potential = repulsive(drawn, crystal)
        run(potential, crystal * SUPERCELLS[256], WRITTEN)
        for size in options.sizes:
            atoms = crystal * SUPERCELLS[size]
            found = {}
            for threads in (1, 2):
                set_num_threads(threads)
                found[threads] = run(potential, atoms, STEPS[size])
            set_num_threads(1)
            one, two = found[1], found[2]
            rest = one.step.cpu - one.kernel.cpu - one.neighbours.cpu
            frames = one.frame.cpu / (WRITTEN * one.step.cpu)
            grades = grade(drawn, crystal, atoms) / (GRADED * one.step.cpu)
            line = (
                f"{level:5d} {size:6d} {one.step.cpu:8.2f} {one.kernel.cpu:8.2f} "
                f"{one.neighbours.cpu:8.2f} {rest:8.2f} {two.step.wall:8.2f} "
                f"{one.step.wall / two.step.wall:8.2f} {frames:7.1%} {grades:7.1%}"
            )
            if size <= options.largest:
                motep = with_motep_in_ase(potential, atoms, MOTEP_STEPS)
                line += f" {motep:8.1f} {motep / one.step.cpu:6.1f}"
            if (level, size) in TARGETS:
                line += f" (target {TARGETS[level, size]:g})"
            print(line, flush=True)


if __name__ == "__main__":
    main()
