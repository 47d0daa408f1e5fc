"""
Whether active learning needs fewer labels than random selection for the same error on boundaries.

A moment tensor potential of beta-Li3PS4 begins with a few configurations of the crystal, from
molecular dynamics with CHGNet at 300 to 600 K. It is then taught turn by turn: molecular dynamics
with the potential, from the crystal at three volumes and from two grain boundaries; labels by
CHGNet; a new fit. What is labelled is chosen in three ways, from the same start, with the same
velocities and as many labels in each turn:

- active: runs with extrapolation grades that stop at a grade, as in the loop of a study; of what
  is beyond grade 2, the configurations that MaxVol selects, the largest grades first;
- random: runs that only the guards stop; frames drawn evenly from all runs;
- random, stopped: frames drawn so from runs that stop at the same grade. Beside "active" it shows
  what selecting does, beside "random" what stopping does.

The held-out set is molecular dynamics of the boundaries with CHGNet, with other velocities. A fit
to this very set shows what the level can come to. Every few turns a trial follows the potential
where it leads: runs of the boundaries with new velocities that no grade stops, frames of which
CHGNet labels.

Prints a table and draws a figure, with mean and range of the seeds. With the defaults it takes
15 minutes on one core, with ``--quick`` about 3. Interrupted, it goes on from its folder.
Run ``python benchmarks/active_learning.py --help`` for the options.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import warnings
from collections.abc import Sequence
from dataclasses import asdict, fields
from itertools import product
from pathlib import Path

import numba
import numpy as np
from ase.calculators.calculator import Calculator
from learning.sets import STRAINS, cached, held_out_set, starting_set, starting_structures
from learning.strategies import STEPS, Case, Measured, Setting, Turn, errors_on, taught
from numpy.typing import NDArray

from makers.engines import get_engine
from physics.potentials.active_set import SELECT
from physics.potentials.files import read_potential
from physics.potentials.training import train
from stores.hashing import input_hash

STRATEGIES = {"active": "C0", "random": "C1", "random, stopped": "C2"}
"""Strategies and their colours; the first leads."""
MEASURES = {
    "mae": "force MAE, meV/Å",
    "rmse": "force RMSE, meV/Å",
    "p99": "force error, 99th percentile, meV/Å",
    "energy": "energy MAE, meV/atom",
    "own": "force MAE in trials until they end, meV/Å",
    "finished": "trials that finish, %",
    "within": f"trials that stay below grade {SELECT:g}, %",
}

Curves = dict[str, list[Turn]]
"""Turns of each strategy."""


def compared(
    seed: int, setting: Setting, folder: Path, calculator: Calculator
) -> tuple[Curves, Measured]:
    """Teach by all strategies from one start; give their turns, and the best that is possible."""
    starts = cached(folder / "starts.extxyz", lambda: starting_structures(calculator))
    held_out = cached(
        folder / f"held_out-{setting.samples}.extxyz",
        lambda: held_out_set(starts[len(STRAINS) :], setting.samples, calculator),
    )
    passive = cached(
        folder / f"passive-{setting.passive}-{seed}.extxyz",
        lambda: starting_set(starts[STRAINS.index(0.0)], setting.passive, seed, calculator),
    )
    own = folder / input_hash("active_learning", asdict(setting))[:8] / f"seed{seed}"
    case = Case(seed, setting, own, starts, passive, held_out, calculator)
    curves = {"active": taught(case, "active")}
    for strategy in STRATEGIES:
        curves[strategy] = curves.get(strategy) or taught(case, strategy, curves["active"])
    start = read_potential(own / "active/turn00/potential.mtp")
    best = train(start, [*passive, *held_out], max_steps=STEPS).potential
    return curves, errors_on(best, held_out)


def on_grid(turns: Sequence[Turn], measure: str, grid: NDArray[np.int64]) -> NDArray[np.float64]:
    """Interpolate a measure between the turns that have it."""
    known = [turn for turn in turns if measure in turn.measured]
    return np.interp(grid, [t.labels for t in known], [t.measured[measure] for t in known])


def needed(turns: Sequence[Turn], measure: str, error: float) -> int:
    """Give the labels after which an error first was as low as that."""
    return min(turn.labels for turn in turns if turn.measured[measure] <= error)


def report(found: Sequence[Curves], best: Measured) -> None:
    """Print mean and range of all measures, and the labels that each strategy needs."""
    labels = [curves["active"][-1].labels for curves in found]
    heads = ["no labels", "half of them", f"{min(labels)} to {max(labels)}"]
    print(f"\n{'mean (range) of the seeds':62}" + "".join(f"{head:<22}" for head in heads))
    for measure, title in MEASURES.items():
        for strategy in STRATEGIES:
            values = np.array(
                [
                    on_grid(curves[strategy], measure, np.array([0, most // 2, most]))
                    for curves, most in zip(found, labels, strict=True)
                ]
            )
            cells = [f"{v.mean():.1f} ({v.min():.0f} to {v.max():.0f})" for v in values.T]
            print(f"{title:45} {strategy:16}" + "".join(f"{cell:<22}" for cell in cells))
        if measure in best:
            print(f"{'':45} fit to this set {best[measure]:.1f}")
    print("\nlabels after which an error is first as low as both get it, seed by seed")
    for measure, other in product(best, list(STRATEGIES)[1:]):
        cells = []
        for curves in found:
            pair = curves["active"], curves[other]
            error = max(min(turn.measured[measure] for turn in turns) for turns in pair)
            active, others = (needed(turns, measure, error) for turns in pair)
            cells.append(f"{error:.1f}: {active}, {others}")
        print(f"{MEASURES[measure]:45} active, {other:16} {';  '.join(cells)}")


def draw(found: Sequence[Curves], best: Measured, path: Path) -> None:
    """Draw mean and range of all measures against the number of labels."""
    import matplotlib.pyplot as plt  # noqa: PLC0415 - slow to import

    grid = np.arange(min(curves["active"][-1].labels for curves in found) + 1)
    figure, panels = plt.subplots(2, 4, figsize=(15, 6.5), layout="constrained")
    for axes, (measure, title) in zip(panels.flat, MEASURES.items(), strict=False):
        for strategy, colour in STRATEGIES.items():
            values = np.array([on_grid(curves[strategy], measure, grid) for curves in found])
            axes.plot(grid, values.mean(axis=0), color=colour, label=strategy)
            axes.fill_between(grid, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.2)
        if measure in best:
            axes.axhline(best[measure], color="0.4", ls="--", label="fit to the held-out set")
            axes.set_yscale("log")
        axes.set_title(title, loc="left", fontsize=10)
        axes.set_xlabel("labels")
    panels.flat[-1].axis("off")
    panels.flat[-1].legend(*panels.flat[0].get_legend_handles_labels(), loc="center")
    figure.savefig(path, dpi=130)


def main() -> None:
    """Run the benchmark, print the table and draw the figure."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/active_learning"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--level", type=int, default=8)
    parser.add_argument("--passive", type=int, default=20, help="frames of the start")
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--most", type=int, default=8, help="labels of a turn")
    parser.add_argument("--picoseconds", type=float, default=2.0, help="of each run")
    parser.add_argument("--every", type=int, default=4, help="turns from trial to trial")
    parser.add_argument("--samples", type=int, default=6, help="held-out frames of each run")
    parser.add_argument("--quick", action="store_true", help="one seed, and little of everything")
    options = parser.parse_args()
    if options.quick:
        vars(options).update(seeds=1, passive=10, turns=3, most=4, picoseconds=0.5, samples=1)
    setting = Setting(**{field.name: getattr(options, field.name) for field in fields(Setting)})
    numba.set_num_threads(1)
    calculator = get_engine("chgnet").calculator()
    made = [compared(seed, setting, options.folder, calculator) for seed in range(options.seeds)]
    found, fits = [curves for curves, _ in made], [fit for _, fit in made]
    best = {measure: min(fit[measure] for fit in fits) for measure in fits[0]}
    report(found, best)
    figure = options.folder / f"level{setting.level}{'-quick' * options.quick}.png"
    draw(found, best, figure)
    print(f"\nfigure: {figure}")


if __name__ == "__main__":
    main()
