"""
Speed of moment tensor potentials in molecular dynamics, beside the engines of motep.

Steps through cells of beta-Li3PS4 whose atoms move as at a high temperature, as they would in
molecular dynamics: every step is a call of the ASE calculator for energy, forces and stress, with
the update of the neighbour list; the list is found anew whenever the atoms outran its skin. The
potentials are drawn at random, with three species, eight Chebyshev polynomials and a cutoff of 5 Å.
Times are those of the fastest of several rounds, for one atom and step: CPU time on one core, and
wall time on two. Compilation and the first steps do not count. motep works on one core. Run
``python benchmarks/mtp_evaluation.py --help`` for the options.
"""

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.io import read
from motep.calculator import MTP
from motep.io.mlip.mtp import read_mtp
from numba import set_num_threads
from numpy.typing import NDArray

from physics.potentials.calculator import MTPCalculator
from physics.potentials.files import write_potential
from physics.potentials.potential import MomentTensorPotential

BETA = Path(__file__).parent.parent / "workflows/studies/structures/beta-Li3PS4.cif"
SPECIES = ("Li", "P", "S")
SUPERCELLS = {32: (1, 1, 1), 256: (2, 2, 2), 2048: (4, 4, 4), 12288: (6, 8, 8)}
MOTEP = ("cext", "numba")
TARGETS = {(8, 2048): 9.0, (16, 2048): 12.0}
"""How many times faster than motep's C one core should be, at a level and size."""
SPEED = 0.005
"""Displacement of an atom in one step of 1 fs, Å, along each axis: that of lithium at 1000 K."""


@dataclass(frozen=True)
class Cost:
    """Time for one atom and step, µs."""

    cpu: float
    wall: float


def draw(level: int) -> MomentTensorPotential:
    """
    Draw a potential.

    Parameters
    ----------
    level
        Its level.

    Returns
    -------
    MomentTensorPotential
        With random coefficients.
    """
    return MomentTensorPotential.initialise(
        level, SPECIES, r_min=1.5, r_max=5.0, n_chebyshev=8, rng=np.random.default_rng(level)
    )


def with_motep(potential: MomentTensorPotential, engine: str) -> Calculator:
    """
    Hand a potential to motep, through a file.

    Parameters
    ----------
    potential
        The potential.
    engine
        ``"cext"`` or ``"numba"``.

    Returns
    -------
    Calculator
        Calculator of ASE.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.mtp"
        write_potential(path, potential)
        data = read_mtp(path)
    data.species = Atoms(list(potential.species)).numbers
    return MTP(data, engine=engine)


def trajectory(atoms: Atoms) -> Iterator[NDArray[np.float64]]:
    """
    Move atoms about their sites, back and forth with periods of some 100 steps.

    Parameters
    ----------
    atoms
        The crystal.

    Yields
    ------
    ndarray, shape (N, 3)
        Positions, Å.
    """
    rng = np.random.default_rng(0)
    shape = atoms.positions.shape
    rate = 2 * np.pi / rng.uniform(80, 160, shape)
    phase = rng.uniform(0, 2 * np.pi, shape)
    amplitude = np.sqrt(2) * SPEED / rate
    step = 0
    while True:
        yield atoms.positions + amplitude * np.sin(rate * step + phase)
        step += 1


def cost(calculator: Calculator, atoms: Atoms, steps: int, rounds: int) -> Cost:
    """
    Measure the cost of a step.

    Parameters
    ----------
    calculator
        The calculator.
    atoms
        The crystal.
    steps, rounds
        Steps of a round, and number of rounds.

    Returns
    -------
    Cost
        Of the fastest round.
    """
    moving, path = atoms.copy(), trajectory(atoms)
    moving.calc = calculator
    cpu, wall = inf, inf
    for timed in [False] + rounds * [True]:
        frames = [next(path) for _ in range(steps if timed else 2)]
        started = time.process_time(), time.perf_counter()
        for positions in frames:
            moving.positions = positions
            moving.get_forces()
            moving.get_stress()
        ended = time.process_time(), time.perf_counter()
        if timed:
            cpu, wall = min(cpu, ended[0] - started[0]), min(wall, ended[1] - started[1])
    scale = 1e6 / (steps * len(atoms))
    return Cost(cpu * scale, wall * scale)


def others(
    potential: MomentTensorPotential, atoms: Atoms, engines: list[str], limit: float
) -> dict[str, float]:
    """
    Measure motep on one core.

    Parameters
    ----------
    potential
        The potential.
    atoms
        The crystal.
    engines
        Engines of motep.
    limit
        CPU time that a step may take, s, as 30 µs for an atom at level 8 and in proportion to the
        products of other levels foretell it.

    Returns
    -------
    dict
        µs for one atom and step; NaN where it would take too long.
    """
    foretold = 3e-5 * len(atoms) * (1 + len(potential.table.times) / 100)
    found = {}
    for engine in engines:
        if foretold > limit:
            found[engine] = np.nan
            continue
        steps = max(1, min(20, round(0.5 / foretold)))
        found[engine] = cost(with_motep(potential, engine), atoms, steps, rounds=3).cpu
    return found


def _text(value: float, form: Callable[[float], str]) -> str:
    return "skipped" if np.isnan(value) else form(value)


def main() -> None:
    """Run the benchmark and print the table."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--levels", type=int, nargs="+", default=[8, 12, 16, 20])
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=list(SUPERCELLS), choices=list(SUPERCELLS)
    )
    parser.add_argument(
        "--engines", nargs="*", default=list(MOTEP), choices=MOTEP, help="engines of motep"
    )
    parser.add_argument(
        "--limit", type=float, default=5.0, help="longest step of motep, s; longer ones are skipped"
    )
    options = parser.parse_args()
    print("µs for one atom and step: CPU time on one core, wall time on two; ratios to one core")
    head = f"{'level':>5} {'atoms':>6} {'1 core':>8} {'2 cores':>8} {'speedup':>8}"
    print(head + "".join(f" {'motep ' + name:>12} {'ratio':>8}" for name in options.engines))
    for level in options.levels:
        potential = draw(level)
        for size in options.sizes:
            atoms = read(BETA) * SUPERCELLS[size]
            steps = max(50, 10_000 // size)
            costs = []
            for threads in (1, 2):
                set_num_threads(threads)
                costs.append(cost(MTPCalculator(potential), atoms, steps, rounds=3))
            one, two = costs
            line = f"{level:5d} {size:6d} {one.cpu:8.2f} {two.wall:8.2f} {one.wall / two.wall:8.2f}"
            set_num_threads(1)
            found = others(potential, atoms, options.engines, options.limit)
            for name in options.engines:
                ratio = found[name] / one.cpu
                line += f" {_text(found[name], '{:.1f}'.format):>12}"
                line += f" {_text(ratio, '{:.1f}'.format):>8}"
                if name == "cext" and (level, size) in TARGETS:
                    line += f" (target {TARGETS[level, size]:g})"
            print(line, flush=True)


if __name__ == "__main__":
    main()
