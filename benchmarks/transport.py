"""
Speed and memory of mean squared displacements over all time origins, with errors.

Brownian walkers, gathered frame by frame as from a trajectory, averaged at all lags and fitted:
CPU time on one core and peak memory, in a process of its own for each size. Beside it stand
pymatgen-analysis-diffusion, kinisi (at 60 lags) and MDAnalysis (no errors) where they are
installed, which are given the positions in memory. The cost should be linear in ions, and that of n
frames n log n; the last column is the time over that, 1 for the first of its kind.
Run ``python benchmarks/transport.py --help`` for the options.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transport_packages import FEMTOSECONDS, LENGTH, PACKAGES, installed

from physics.analysis.transport.diffusivity import diffusivity
from physics.analysis.transport.displacements import displacements
from physics.analysis.transport.paths import gather_paths

FloatArray = NDArray[np.float64]

MAIN = (1000, 10_000)
"""Ions and frames."""

LARGE = (4600, 100_000)

IONS = (250, 500, 1000, 2000)
FRAMES = (2500, 5000, 10_000, 20_000)

TARGETS = {MAIN: (3.0, 1.0), LARGE: (None, 2.0)}
"""s on one core and GB that a size may take."""


@dataclass(frozen=True, eq=False)
class Configuration:
    """A configuration, as a trajectory gives it."""

    time: float
    positions: FloatArray
    cell: FloatArray


@dataclass(frozen=True)
class Cost:
    """
    What a size costs.

    Parameters
    ----------
    gathering, averaging : float
        CPU time, s.
    memory : float
        Peak of the process, GB.
    """

    gathering: float
    averaging: float
    memory: float


def walk(ions: int, frames: int) -> Iterator[Configuration]:
    """
    Give Brownian walkers frame by frame.

    Parameters
    ----------
    ions, frames : int
        How many.

    Yields
    ------
    Configuration
        In a cell that no step is half of.
    """
    rng = np.random.default_rng(0)
    positions, cell = np.zeros((ions, 3)), LENGTH * np.eye(3)
    for number in range(frames):
        positions = positions + rng.standard_normal((ions, 3))
        yield Configuration(number * FEMTOSECONDS, positions, cell)


def memory() -> float:
    """
    Measure the peak memory of this process.

    Returns
    -------
    float
        GB.
    """
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def with_thioflow(ions: int, frames: int) -> Cost:
    """
    Find the diffusivity of a streamed trajectory.

    Parameters
    ----------
    ions, frames : int
        Its size.

    Returns
    -------
    Cost
        Without that of the walk.
    """
    began = time.process_time()
    for _ in walk(ions, frames):
        pass
    walked = time.process_time()
    paths = gather_paths(walk(ions, frames), np.ones(ions, dtype=bool), np.ones(ions))
    gathered = time.process_time()
    diffusivity(displacements(paths))
    ended = time.process_time()
    return Cost(gathered - walked - (walked - began), ended - gathered, memory())


def with_package(name: str, ions: int, frames: int) -> Cost:
    """
    Find the diffusivity of a trajectory in memory with another package.

    Parameters
    ----------
    name : str
        The package.
    ions, frames : int
        Size of the trajectory.

    Returns
    -------
    Cost
        All of it as that of averaging.
    """
    positions = np.array([each.positions for each in walk(ions, frames)])
    began = time.process_time()
    PACKAGES[name][1](positions)
    return Cost(0.0, time.process_time() - began, memory())


def apart(function: Callable[..., Cost], *given: Any) -> Cost:
    """
    Measure in a new process.

    Parameters
    ----------
    function
        What is measured.
    given
        Its arguments.

    Returns
    -------
    Cost
        What it gives.
    """
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(function, given)


def tell(name: str, size: tuple[int, int], cost: Cost, scaled: float | None = None) -> None:
    """
    Print a line of the table.

    Parameters
    ----------
    name : str
        What was measured.
    size : tuple of int
        Ions and frames.
    cost : Cost
        What it took.
    scaled : float, optional
        Time over what is expected.
    """
    whole = cost.gathering + cost.averaging
    line = (
        f"{name:28s} {size[0]:6d} {size[1]:7d} {cost.gathering:8.2f} {cost.averaging:8.2f} "
        f"{whole:8.2f} {cost.memory:7.2f}"
    )
    if scaled is not None:
        line += f" {scaled:9.2f}"
    if name == "thioflow" and size in TARGETS:
        seconds, gigabytes = TARGETS[size]
        line += f"  (target {'' if seconds is None else f'{seconds:g} s, '}{gigabytes:g} GB)"
    print(line, flush=True)


def main() -> None:
    """Run the benchmark and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also 4600 ions x 100 000 frames")
    options = parser.parse_args()
    print(
        f"{'':28s} {'ions':>6} {'frames':>7} {'gather/s':>8} {'rest/s':>8} {'CPU/s':>8} {'GB':>7} "
        f"{'scaled':>9}"
    )
    tell("thioflow", MAIN, apart(with_thioflow, *MAIN))
    for name in PACKAGES:
        if installed(name):
            tell(name, MAIN, apart(with_package, name, *MAIN))
        else:
            print(f"{name}: not installed")
    for name, sizes in {
        "thioflow, ions": [(ions, MAIN[1]) for ions in IONS],
        "thioflow, frames": [(MAIN[0], frames) for frames in FRAMES],
    }.items():
        first = None
        for ions, frames in sizes:
            cost = apart(with_thioflow, ions, frames)
            ratio = (cost.gathering + cost.averaging) / (ions * frames * np.log(frames))
            first = ratio if first is None else first
            tell(name, (ions, frames), cost, ratio / first)
    if options.large:
        tell("thioflow", LARGE, apart(with_thioflow, *LARGE))


if __name__ == "__main__":
    main()
