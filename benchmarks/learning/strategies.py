"""Teaching a potential turn by turn, with labels chosen in one way or another."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.io import read, write

from learning.sets import STRAINS, TIME_STEP, frames_of, labelled, structure_of
from makers.dynamics_run import EXTRAPOLATING, TRAJECTORY, Output
from physics.dynamics.grading import Grading
from physics.errors import InputError
from physics.potentials.active_set import SELECT, ActiveSet
from physics.potentials.errors import predictions
from physics.potentials.files import read_potential, write_potential
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.training import train, untrained
from stores.documents import StoredPotential
from workflows.sweep import STOPS, SweepMaker

TEMPERATURES = (300.0, 1000.0)
"""Of exploring and of trials, K."""
INTERVAL = 10
"""Steps between grades, and between frames that may be drawn."""
CANDIDATES = 10
"""Most frames of a run that are given to the selection."""
TRIALS, LOOKS = 2, 4
"""Runs of each boundary at each temperature in a trial, and frames of each that are labelled."""
EXPLODED = 1e6
"""Grade that stops a trial."""
STEPS = 100
"""Most steps of a fit."""

Measured = dict[str, float]
"""
Force errors ("mae", "rmse", "p99", meV/Å) and "energy" (meV per atom) on the held-out set; of a
trial the force error in its "own" frames, and the share of runs, %, that "finished" and that
stayed "within" the threshold.
"""


@dataclass(frozen=True)
class Setting:
    """Level; frames of the start; turns, and labels of each; length of runs; turns per trial."""

    level: int
    passive: int
    turns: int
    most: int
    picoseconds: float
    every: int
    samples: int


@dataclass(frozen=True)
class Turn:
    """
    A potential of one strategy, and what was labelled with it.

    Parameters
    ----------
    labels : int
        Labels that it was fitted to, beyond those of the start.
    added : int
        Labels that were chosen with it.
    stop : int
        Place in `STOPS` of the grade that stopped the runs.
    whole : bool
        Whether all runs came to their end.
    last : bool
        Whether no turn follows.
    measured : dict of str to float
        Its errors.
    """

    labels: int
    added: int
    stop: int
    whole: bool
    last: bool
    measured: Measured


@dataclass(frozen=True)
class Run:
    """Frames of a run, those beyond the threshold, and whether it finished."""

    frames: list[Atoms]
    beyond: list[Atoms]
    completed: bool


@dataclass(frozen=True)
class Case:
    """What the strategies have in common: a seed, the start, the test, and the reference."""

    seed: int
    setting: Setting
    folder: Path
    starts: list[Atoms]
    passive: list[Atoms]
    held_out: list[Atoms]
    calculator: Calculator

    def turn(self, strategy: str, number: int) -> Path:
        """Give the folder of a turn."""
        return self.folder / strategy / f"turn{number:02d}"

    def run(
        self, potential: StoredPotential, place: int, temperature: float, seed: int, **change: Any
    ) -> Run:
        """Run from a structure as the sweep of a loop does, but for what is changed."""
        sweep = SweepMaker(picoseconds=self.setting.picoseconds, time_step=TIME_STEP)
        maker = sweep.run(
            temperature, 0, 100_000 * (self.seed + 1) + seed, fixed_cell=place < len(STRAINS)
        )
        with TemporaryDirectory() as name:
            folder = Path(name)
            try:
                run = replace(maker, **change).run(
                    structure_of(self.starts[place]), potential, folder=folder
                )
                completed = run.completed
            except InputError:  # atoms that a run cannot start with
                completed = False
            frames, beyond = (frames_of(folder / file) for file in (TRAJECTORY, EXTRAPOLATING))
        return Run(frames, beyond, completed)


def errors_on(potential: MomentTensorPotential, images: Sequence[Atoms]) -> Measured:
    """Measure errors of forces, meV/Å, and of the energy, meV per atom."""
    found = predictions(potential, images)
    forces = 1000 * np.abs(found.forces.predicted - found.forces.reference)
    energies = 1000 * np.abs(found.energy.predicted - found.energy.reference)
    return {
        "mae": float(forces.mean()),
        "rmse": float(np.sqrt(np.mean(forces**2))),
        "p99": float(np.percentile(forces, 99)),
        "energy": float(energies.mean()),
    }


def explored(
    case: Case, potential: StoredPotential, number: int, grading: Grading | None
) -> list[Run]:
    """Explore from all structures at all temperatures."""
    each = list(product(range(len(case.starts)), TEMPERATURES))
    return [
        case.run(
            potential,
            place,
            temperature,
            1000 * number + run,
            output=Output(INTERVAL),
            grading=grading,
        )
        for run, (place, temperature) in enumerate(each)
    ]


def selected(active: ActiveSet, runs: Sequence[Run], most: int) -> list[Atoms]:
    """Select what is beyond the threshold, at most so many, the largest grades first."""
    candidates = [
        run.beyond[place]
        for run in runs
        if run.beyond
        for place in np.unique(np.linspace(0, len(run.beyond) - 1, CANDIDATES).astype(int))
    ]
    if not candidates:
        return []
    chosen, grades = active.select_new(candidates), active.grade(candidates)
    return [candidates[place] for place in sorted(chosen, key=lambda p: -grades[p])[:most]]


def drawn(runs: Sequence[Run], count: int, rng: np.random.Generator) -> list[Atoms]:
    """Draw frames: one of each run, in random order, until there are so many or no more."""
    frames = [run.frames[1:] or run.frames for run in runs]  # the start if nothing came after it
    pools = [rng.permutation(len(given)).tolist() for given in frames]
    found: list[Atoms] = []
    while len(found) < count and any(pools):
        for number in rng.permutation(len(runs)):
            if pools[number] and len(found) < count:
                found.append(frames[number][pools[number].pop()])
    return found


def trial(case: Case, potential: StoredPotential, number: int) -> Measured:
    """Follow a potential where it leads, with velocities never used before."""
    steps = round(1000 * case.setting.picoseconds / TIME_STEP)
    runs = [
        case.run(
            potential,
            place,
            temperature,
            1000 * number + 500 + again,
            output=Output(steps // LOOKS),
            grading=Grading(SELECT, EXPLODED, INTERVAL),
        )
        for place in range(len(STRAINS), len(case.starts))
        for temperature in TEMPERATURES
        for again in range(TRIALS)
    ]
    frames = [labelled(frame, case.calculator) for run in runs for frame in run.frames[1:]]
    return {
        "own": errors_on(potential.potential(), frames)["mae"] if frames else np.nan,
        "finished": 100 * float(np.mean([run.completed for run in runs])),
        "within": 100 * float(np.mean([run.completed and not run.beyond for run in runs])),
    }


def taken(case: Case, strategy: str, number: int, plan: Turn, training: list[Atoms]) -> Turn:
    """Measure the potential of a turn, and label what is chosen with it, as planned."""
    folder = case.turn(strategy, number)
    potential = read_potential(folder / "potential.mtp")
    active = ActiveSet.select(potential, training)
    stored = StoredPotential.of(potential, active)
    chosen: list[Atoms] = []
    if not plan.last and (strategy == "active" or plan.added):
        grading = None if strategy == "random" else Grading(SELECT, STOPS[plan.stop], INTERVAL)
        runs = explored(case, stored, number, grading)
        plan = replace(plan, whole=all(run.completed for run in runs))
        if strategy == "active":
            chosen = selected(active, runs, case.setting.most)
            plan = replace(plan, last=not chosen and plan.stop == len(STOPS) - 1)
        else:
            chosen = drawn(runs, plan.added, np.random.default_rng((case.seed, number)))
    if chosen:
        write(folder / "labels.extxyz", [labelled(atoms, case.calculator) for atoms in chosen])
    measured = errors_on(potential, case.held_out)
    if plan.last or number % case.setting.every == 0:
        measured |= trial(case, stored, number)
    return replace(plan, added=len(chosen), measured=measured)


def taught(case: Case, strategy: str, leader: Sequence[Turn] = ()) -> list[Turn]:
    """Teach by a strategy; with the stops of a leader, and as many labels in each turn."""
    training, turns = list(case.passive), list[Turn]()
    potential = untrained(training, case.setting.level, seed=case.seed)
    plan = Turn(0, 0, 0, whole=False, last=False, measured={})
    while not (turns and turns[-1].last):
        number = len(turns)
        if leader:
            plan = replace(leader[number], labels=plan.labels)
        folder = case.turn(strategy, number)
        fitted, done = folder / "potential.mtp", folder / "turn.json"
        if not done.exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_potential(fitted, train(potential, training, max_steps=STEPS).potential)
            turn = taken(case, strategy, number, plan, training)
            done.write_text(json.dumps(asdict(turn)))
            print(f"seed {case.seed}, {strategy}, turn {number}: {turn}", flush=True)
        turn, potential = Turn(**json.loads(done.read_text())), read_potential(fitted)
        turns.append(turn)
        if turn.added:
            training += read(folder / "labels.extxyz", ":")
        plan = Turn(
            labels=turn.labels + turn.added,
            added=0,
            stop=min(turn.stop + turn.whole, len(STOPS) - 1),
            whole=False,
            last=number + 1 == case.setting.turns,
            measured={},
        )
    return turns
