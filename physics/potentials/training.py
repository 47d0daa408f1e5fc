"""Fitting a moment tensor potential to energies, forces and stresses."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from physics.errors import InputError
from physics.potentials.least_squares import NormalEquations, State, solve, step
from physics.potentials.loss import Loss, Weights
from physics.potentials.neighbours import find_pairs
from physics.potentials.potential import MomentTensorPotential

FloatArray = NDArray[np.float64]

WINDOW = 5
"""The search ends when so many steps together gain less than the tolerance."""

LINEAR_DAMPING = 1e-10
"""Of the first fit, of linear parameters; from level 16 on some of them depend on each other."""


@dataclass(frozen=True)
class Fit:
    """
    A fitted potential and how the search went.

    Parameters
    ----------
    potential : MomentTensorPotential
        With the parameters of the smallest loss.
    losses : tuple of float
        Loss before each step and after the last.
    converged : bool
        Whether the search ended because it gained less than the tolerance.
    """

    potential: MomentTensorPotential
    losses: tuple[float, ...]
    converged: bool


def untrained(
    images: Sequence[Atoms],
    level: int,
    *,
    r_max: float = 5.0,
    n_chebyshev: int = 8,
    seed: int = 0,
) -> MomentTensorPotential:
    """
    Draw a potential for the elements and distances of a training set.

    Parameters
    ----------
    images : sequence of ase.Atoms
        Training set.
    level : int
        Even, 2 to 28.
    r_max : float
        Cutoff, Å.
    n_chebyshev : int
        Number of Chebyshev polynomials of each radial function.
    seed : int
        Of the random numbers.

    Returns
    -------
    MomentTensorPotential
        With random coefficients; r_min is the shortest distance between two atoms, species are in
        the order of their atomic numbers.

    Raises
    ------
    InputError
        If no two atoms are within the cutoff, or there is no such potential.
    """
    if not r_max > 0:
        raise InputError(f"a cutoff of {r_max} Å was given, expected a positive one")
    r_min = min((_shortest_distance(atoms, r_max) for atoms in images), default=np.inf)
    if not 0 < r_min < r_max:
        raise InputError(
            f"{len(images)} configurations with a shortest distance of {r_min:.3f} Å were given, "
            f"expected some with atoms closer than the cutoff of {r_max} Å, and none at one place"
        )
    numbers = {int(z): atoms.symbols[i] for atoms in images for i, z in enumerate(atoms.numbers)}
    return MomentTensorPotential.initialise(
        level,
        [numbers[z] for z in sorted(numbers)],
        r_min=r_min,
        r_max=r_max,
        n_chebyshev=n_chebyshev,
        rng=np.random.default_rng(seed),
    )


def train(
    potential: MomentTensorPotential,
    images: Sequence[Atoms],
    *,
    weights: Weights | None = None,
    max_steps: int = 200,
    tolerance: float = 0.01,
    checkpoint: Path | None = None,
    report: Callable[[int, float], None] | None = None,
) -> Fit:
    """
    Fit a potential.

    All parameters together by the method of Levenberg and Marquardt with the exact Jacobian of
    the residuals, after the linear ones alone by least squares. It needs tens of steps where a
    quasi-Newton method needs thousands.

    Parameters
    ----------
    potential : MomentTensorPotential
        Untrained, or trained before: the search starts there.
    images : sequence of ase.Atoms
        Training set, with labels (`physics.potentials.labels.Labels.of`).
    weights : Weights, optional
        Of the loss.
    max_steps : int
        Largest number of steps.
    tolerance : float
        The search ends when the last five steps together lower the loss by less than this
        fraction.
    checkpoint : Path, optional
        File that each step is written to. If it exists the search goes on from there, step for
        step as if it had not been interrupted.
    report : callable, optional
        Told after each step its number and the loss.

    Returns
    -------
    Fit
        The potential, and how the search went.

    Raises
    ------
    InputError
        If there are fewer labels than parameters, a label is missing or not finite, an element is
        unknown, or the checkpoint is of another fit.
    """
    loss = Loss(potential, images, weights or Weights())
    if loss.n_labels < potential.n_parameters:
        raise InputError(
            f"{len(images)} configurations with {loss.n_labels} labels were given for the "
            f"{potential.n_parameters} parameters of a potential of level {potential.table.level}; "
            "give more configurations or choose a lower level"
        )
    task = _fingerprint(potential, images, loss.weights)
    state = _read(checkpoint, task) if checkpoint and checkpoint.exists() else None
    equations = None
    if state is None:
        theta, equations = _linear_start(loss, potential)
        state = State(theta, (equations.loss,))
    while len(state.losses) <= max_steps and not _ended(state, tolerance):
        here = potential.with_parameters(state.parameters)
        state = step(
            state,
            equations or NormalEquations(*loss.normal_equations(here)),
            lambda theta: loss.value(potential.with_parameters(theta)),
        )
        equations = None
        if checkpoint:
            _write(checkpoint, task, state)
        if report:
            report(len(state.losses) - 1, state.losses[-1])
    fitted = potential.with_parameters(state.parameters)
    return Fit(fitted, state.losses, _ended(state, tolerance))


def _linear_start(
    loss: Loss, potential: MomentTensorPotential
) -> tuple[FloatArray, NormalEquations]:
    """Fit offsets and scalar coefficients alone, if that is better than leaving them."""
    start = NormalEquations(*loss.normal_equations(potential))
    linear = slice(potential.radial.size, None)
    part = NormalEquations(start.loss, start.gradient[linear], start.matrix[linear, linear])
    change = solve(part, LINEAR_DAMPING)
    if change is None:
        return potential.parameters, start
    theta = potential.parameters
    theta[linear] += change
    there = NormalEquations(*loss.normal_equations(potential.with_parameters(theta)))
    return (theta, there) if there.loss < start.loss else (potential.parameters, start)


def _ended(state: State, tolerance: float) -> bool:
    """Whether the search gains too little to go on."""
    if state.exhausted or state.losses[-1] == 0:
        return True
    before = state.losses[-1 - WINDOW :]
    return len(before) > WINDOW and before[0] - before[-1] < tolerance * before[0]


def _shortest_distance(atoms: Atoms, cutoff: float) -> float:
    """Find the shortest distance within a cutoff, Å; infinite if there is none."""
    pairs, _ = find_pairs(atoms.positions, atoms.cell.array, atoms.pbc, cutoff)
    center = np.repeat(np.arange(len(atoms)), np.diff(pairs.first))
    vectors = pairs.positions[pairs.index] - pairs.positions[center]
    return float(np.linalg.norm(vectors, axis=1).min(initial=np.inf))


def _fingerprint(
    potential: MomentTensorPotential, images: Sequence[Atoms], weights: Weights
) -> str:
    """Hash what a fit depends on."""
    digest = hashlib.sha256(repr((weights, potential.species, potential.r_max)).encode())
    table = potential.table
    for array in (potential.parameters, table.basic, table.times, table.scalars):
        digest.update(np.ascontiguousarray(array).tobytes())
    for atoms in images:
        for array in (atoms.numbers, atoms.positions, atoms.cell.array, atoms.pbc):
            digest.update(np.ascontiguousarray(array).tobytes())
        for label in ("energy", "forces", "stress"):
            digest.update(np.asarray(atoms.calc.results.get(label, np.nan)).tobytes())
    return digest.hexdigest()


def _write(path: Path, task: str, state: State) -> None:
    """Write a checkpoint in one step."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez(
            file,
            task=task,
            parameters=state.parameters,
            losses=state.losses,
            damping=state.damping,
            exhausted=state.exhausted,
        )
    part.replace(path)


def _read(path: Path, task: str) -> State:
    """Read a checkpoint of the same fit."""
    try:
        with np.load(path, allow_pickle=False) as file:
            kept = dict(file)
        if str(kept["task"]) != task:
            raise InputError(
                f"the checkpoint {path} belongs to a fit of other data, weights or starting "
                "potential; remove it or name another file"
            )
        return State(
            kept["parameters"],
            tuple(kept["losses"].tolist()),
            float(kept["damping"]),
            bool(kept["exhausted"]),
        )
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is no checkpoint of a fit ({error}); remove it") from error
