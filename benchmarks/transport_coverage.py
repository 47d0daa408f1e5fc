"""
How often the 95 % interval of a diffusivity holds the true one, where that is known.

200 Brownian walkers over 3000 frames, for thioflow and, on the same data, for
pymatgen-analysis-diffusion and kinisi where they are installed; fewer runs for these, which are
slower. Then, for thioflow alone: few ions, vibrations in a cage, hops, ions of different speed, a
lattice gas whose hops are correlated, the Haven ratio, and limits where few hops are seen or none.

Beside the coverage stand the numbers of intervals that lie below and above the true value, and
bias, scatter and half width in parts of it; of limits, how often the true value is above.
Run ``python benchmarks/transport_coverage.py --help`` for the options.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from transport_packages import FEMTOSECONDS, PACKAGES, Interval, installed

from physics.analysis.transport.collective import collective_diffusivity, haven_ratio
from physics.analysis.transport.diffusivity import diffusivity
from physics.analysis.transport.displacements import displacements, displacements_of
from physics.analysis.transport.paths import gather_paths

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "physics" / "transport"))
from walkers_for_tests import as_frames, brownian, caged, hopping, lattice_gas

FloatArray = NDArray[np.float64]
Walk = Callable[[np.random.Generator], FloatArray]

PER_FRAME = FEMTOSECONDS / 0.1
"""1 cm^2/s, Å^2 per frame."""

JUMP = 3.2

FEWER = {"thioflow": 1, "pymatgen-analysis-diffusion": 5, "kinisi": 25}
"""Parts of the runs that each gets."""

HALF_FULL = 0.5 * 0.8497 * JUMP**2 / 6
"""Tracer diffusivity of a simple cubic lattice gas, Nakazato and Kitahara 1980."""

CASES: dict[str, tuple[float, Walk]] = {
    "12 ions": (0.5, lambda rng: brownian(rng, 12, 1000, 1.0)),
    "3 ions": (0.5, lambda rng: brownian(rng, 3, 1000, 1.0)),
    "1 ion": (0.5, lambda rng: brownian(rng, 1, 1000, 1.0)),
    "12 ions, vibrations": (
        0.01,
        lambda rng: brownian(rng, 12, 1000, 0.02) + caged(rng, 12, 1000),
    ),
    "50 ions, 10 hops each": (
        0.01 * JUMP**2 / 6,
        lambda rng: hopping(rng, 50, 1000, 0.01, JUMP),
    ),
    "200 ions, 0.5 hops each": (
        0.0005 * JUMP**2 / 6,
        lambda rng: hopping(rng, 200, 1000, 0.0005, JUMP),
    ),
    "10 fast and 10 slow ions": (
        0.275,
        lambda rng: np.concatenate(
            [brownian(rng, 10, 1000, 1.0), brownian(rng, 10, 1000, 0.1)], axis=1
        ),
    ),
    "lattice gas, half full": (
        HALF_FULL,
        lambda rng: lattice_gas(int(rng.integers(2**31)), 8, 256, 1000, JUMP),
    ),
}
"""True diffusivity, Å^2 per frame, and a run."""

LIMITS = {"no hops": 0.0, "1 hop": 1.0, "5 hops": 5.0, "20 hops": 20.0, "40 hops": 40.0}
"""Hops that are expected in a run of 100 ions over 500 frames."""


def with_thioflow(positions: FloatArray) -> Interval | None:
    """
    Find a diffusivity with its interval.

    Parameters
    ----------
    positions : ndarray, shape (frames, N, 3)
        Unwrapped, Å.

    Returns
    -------
    tuple of float or None
        Value and interval, Å^2 per frame; None for a limit.
    """
    found = diffusivity(displacements_of([positions], FEMTOSECONDS, len(positions))).estimate
    if found is None:
        return None
    scaled = found.scaled(PER_FRAME)
    return scaled.value, scaled.low, scaled.high


def haven(rng: np.random.Generator) -> Interval | None:
    """
    Find the Haven ratio of 20 walkers, which is 1.

    Parameters
    ----------
    rng : numpy.random.Generator
        Moves the walkers.

    Returns
    -------
    tuple of float or None
        Value and interval; None if it is not resolved.
    """
    walk = brownian(rng, 20, 1000, 1.0)
    frames = as_frames(walk, 1000 * np.eye(3), FEMTOSECONDS)
    paths = gather_paths(frames, np.ones(20, dtype=bool), np.ones(20))
    ratio = haven_ratio(diffusivity(displacements(paths)), collective_diffusivity(paths))
    return None if ratio is None else (ratio.value, ratio.low, ratio.high)


def tell(name: str, true: float, intervals: Iterable[Interval | None]) -> None:
    """
    Print a line of the table.

    Parameters
    ----------
    name : str
        What was done.
    true : float
        The true value.
    intervals : iterable of tuple of float or None
        What each run gave.
    """
    started = time.process_time()
    all_found = list(intervals)
    seconds = (time.process_time() - started) / len(all_found)
    found = np.array([each for each in all_found if each is not None]) / true
    values, low, high = found.T
    below, above = int((high < 1).sum()), int((low > 1).sum())
    print(
        f"{name:40s} {len(all_found):5d} {len(all_found) - len(found):6d} "
        f"{1 - (below + above) / len(found):8.1%} {below:6d} {above:6d} {values.mean() - 1:+8.4f} "
        f"{values.std():8.4f} {(high - low).mean() / 2:8.4f} {seconds:8.2f}",
        flush=True,
    )


def tell_limits(name: str, hops: float, runs: int) -> None:
    """
    Print a line of the table of limits.

    Parameters
    ----------
    name : str
        What is done.
    hops : float
        Hops that are expected.
    runs : int
        Number of runs.
    """
    ions, frames = 100, 500
    true = hops / (ions * frames) * JUMP**2 / 6
    one = JUMP**2 / 6 / (ions * frames)
    limits = []
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        walk = hopping(rng, ions, frames, hops / (ions * frames), JUMP)
        found = diffusivity(displacements_of([walk], FEMTOSECONDS, frames))
        if found.limit is not None:
            limits.append(found.limit * PER_FRAME)
    wrong = int((np.array(limits) < true).sum())
    print(
        f"{name:40s} {runs:5d} {len(limits):6d} {wrong:6d} {np.median(limits) / one:8.1f}",
        flush=True,
    )


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="of 200 Brownian walkers")
    parser.add_argument("--others", type=int, default=300, help="of each other case")
    options = parser.parse_args()
    print(
        f"{'':40s} {'runs':>5} {'limits':>6} {'coverage':>8} {'below':>6} {'above':>6} {'bias':>8} "
        f"{'scatter':>8} {'half':>8} {'s/run':>8}"
    )
    functions = {"thioflow": with_thioflow} | {
        name: PACKAGES[name][1] for name in FEWER if name in PACKAGES and installed(name)
    }
    for name, fewer in FEWER.items():
        if name not in functions:
            print(f"{name}: not installed")
            continue
        function = functions[name]
        seeds = range(max(1, options.runs // fewer))
        walks = (brownian(np.random.default_rng(seed), 200, 3000, 1.0) for seed in seeds)
        tell(f"Brownian, {name}", 0.5, map(function, walks))
    for name, (true, walk) in CASES.items():
        generators = (np.random.default_rng(seed) for seed in range(options.others))
        tell(name, true, (with_thioflow(walk(rng)) for rng in generators))
    tell(
        "Haven ratio of 20 walkers",
        1.0,
        (haven(np.random.default_rng(seed)) for seed in range(options.others)),
    )
    print(f"\n{'':40s} {'runs':>5} {'limits':>6} {'wrong':>6} {'median':>8} (hops)")
    for name, hops in LIMITS.items():
        tell_limits(name, hops, options.others)


if __name__ == "__main__":
    main()
