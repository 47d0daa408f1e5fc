"""
Speed of molecular dynamics with moment tensor potentials in LAMMPS, and what a step is made of.

Runs of beta-Li3PS4 at 300 K by `DynamicsRun`, as the jobs make them: LAMMPS moves the atoms, the
potential gives the forces, every 100th frame is written. The potentials are drawn at random, with
three species, eight Chebyshev polynomials and a cutoff of 5 Å; their energies are scaled down until
the largest force is 0.1 eV/Å, so that atoms fly almost freely from their sites. They have the
neighbours of the crystal and the speeds of their temperature, on which the cost depends.

Times are those for one atom and step: CPU time on one core, and wall time on one and two. Beside it
stand the calculator of motep (its C engine, one core) in velocity Verlet of ASE, the cost of a
written frame as part of 100 steps, and that of a grade as part of 10 steps. Compilation does not
count. Run ``python benchmarks/md.py --help`` for the options.
"""

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
from ase.calculators.calculator import Calculator
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
from physics.potentials.potential import MomentTensorPotential

STEPS = {256: 400, 2048: 200, 12288: 100}
TIME_STEP = 1.0
KELVIN = 300.0
WRITTEN = 100
"""Steps between frames."""
GRADED = 10
"""Steps between grades."""
LARGEST_FORCE = 0.1
"""Of the scaled potentials, eV/Å."""
RATIO = {(8, 2048): None, (16, 2048): 8.0}
"""How many times faster than motep one core should be, at a level and size."""
WRITING = 0.03
"""Part of the time of a run that may go into frames."""


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


def weakened(potential: MomentTensorPotential, crystal: Atoms) -> MomentTensorPotential:
    """
    Scale energies down.

    Parameters
    ----------
    potential
        The potential.
    crystal
        Where the largest force is measured, with atoms displaced by 0.1 Å.

    Returns
    -------
    MomentTensorPotential
        With weak forces.
    """
    shaken = crystal.copy()
    shaken.rattle(0.1, seed=0)
    shaken.calc = MTPCalculator(potential)
    factor = LARGEST_FORCE / np.abs(shaken.get_forces()).max()
    return replace(potential, xi=factor * potential.xi)


@contextmanager
def clocks() -> Iterator[tuple[Clock, Clock]]:
    """
    Put clocks on what the potential does in LAMMPS.

    Yields
    ------
    tuple of Clock
        Of energies and forces, and of the list of neighbours.
    """
    kernel, neighbours = Clock(), Clock()
    update = neighbours.around(lammps.NeighbourList.update)
    with (
        patch.object(lammps, "evaluate_with_shortest", kernel.around(lammps.evaluate_with_shortest)),
        patch.object(lammps.NeighbourList, "update", lambda self, *given: update(self, *given)),
    ):
        yield kernel, neighbours


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
    """
    protocol = Protocol((Stage("fly", steps, KELVIN),), time_step=TIME_STEP)
    first = Frame(0, 0.0, atoms.positions, atoms.cell.array, 0.0, 0.0)
    guards = Guards(atoms.get_chemical_symbols(), first)
    lmp = load_lammps().lammps(cmdargs=["-log", "none", "-screen", "none"])
    whole, started, moved = Clock(), Clock(), Clock()
    with (
        TemporaryDirectory() as folder,
        closing(LammpsIntegrator(lmp, atoms, potential, protocol)) as integrator,
        patch.object(integrator, "begin", started.around(integrator.begin)),
        clocks() as of_begin,
    ):
        dynamics = DynamicsRun(
            integrator, protocol, atoms, Path(folder), output=Output(WRITTEN), guards=guards
        )

        def advance(number: int, make: Callable[[int], None] = integrator.advance) -> None:
            make(number)

        with clocks() as (kernel, neighbours), patch.object(
            integrator, "advance", moved.around(advance)
        ):
            stopped = whole.around(dynamics.go)()
    if stopped is not None:
        raise RuntimeError(stopped)
    del of_begin
    return Parts(
        moved.per(len(atoms) * steps), kernel.per(len(atoms) * steps),
        neighbours.per(len(atoms) * steps),
        Clock(whole.cpu - started.cpu - moved.cpu, whole.wall - started.wall - moved.wall).per(
            len(atoms) * (steps // WRITTEN + 1)
        ),
    )  # fmt: skip
