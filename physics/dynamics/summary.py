"""What a run gave, stage by stage."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from ase import Atoms
from ase.units import _amu

from physics.dynamics.frame import Frame
from physics.dynamics.protocol import Protocol, Stage

GRAMS_PER_CM3 = _amu * 1e27
"""Of one atomic mass unit in one Å^3."""


@dataclass(frozen=True)
class StageSummary:
    """
    One stage of a run. Means are over the second half of its frames.

    Parameters
    ----------
    name : str
        Name of the stage.
    ensemble : str
        Ensemble of the stage.
    steps : int
        Steps done.
    frames : int
        Number of frames, that at its start included.
    temperature : float
        Mean temperature, K.
    temperature_sd : float
        Standard deviation of the temperature, K.
    pressure : float or None
        Mean pressure, GPa; None if the engine has no stress.
    density : float
        Mean density, g/cm^3.
    energy : float
        Mean potential energy, eV per atom.
    displacements : dict of str to float
        Mean squared displacement from the start to the end of the stage by element, Å^2.
    displacements_at_half : dict of str to float
        The same to the middle of the stage; equal to those at its end where nothing diffuses.
    largest_grade : float or None
        Largest extrapolation grade; None if none was found.
    """

    name: str
    ensemble: str
    steps: int
    frames: int
    temperature: float
    temperature_sd: float
    pressure: float | None
    density: float
    energy: float
    displacements: dict[str, float]
    displacements_at_half: dict[str, float]
    largest_grade: float | None = None


@dataclass(frozen=True)
class Series:
    """
    What a plot of a run shows, at n times.

    Parameters
    ----------
    times : list of float
        ps.
    temperatures : list of float
        K.
    densities : list of float
        g/cm^3.
    energies : list of float
        Potential energy, eV per atom.
    displacements : dict of str to list of float
        Mean squared displacement from the first frame, by element, Å^2.
    """

    times: list[float]
    temperatures: list[float]
    densities: list[float]
    energies: list[float]
    displacements: dict[str, list[float]]


def series(frames: Iterable[Frame], atoms: Atoms) -> Series:
    """
    Give what a plot of a run shows.

    Parameters
    ----------
    frames : iterable of Frame
        Some frames of the trajectory, at least one.
    atoms : ase.Atoms
        The atoms, for their elements and masses.

    Returns
    -------
    Series
        One point for each frame.
    """
    mass = GRAMS_PER_CM3 * atoms.get_masses().sum()
    points = []
    first: Frame | None = None
    for frame in frames:
        first = first or frame
        moved = squared_displacements(first, frame, atoms)
        points.append((frame.time, frame.temperature, frame.volume, frame.energy, moved))
    times, temperatures, volumes, energies, displacements = zip(*points, strict=True)
    return Series(
        times=[time / 1000 for time in times],
        temperatures=list(temperatures),
        densities=[mass / volume for volume in volumes],
        energies=[energy / len(atoms) for energy in energies],
        displacements={
            symbol: [moved[symbol] for moved in displacements] for symbol in displacements[0]
        },
    )


def summarise(
    frames: Iterable[Frame],
    protocol: Protocol,
    atoms: Atoms,
    steps: int,
    kept: Iterable[tuple[int, float]] = (),
) -> list[StageSummary]:
    """
    Summarise the stages of a run that have begun.

    Parameters
    ----------
    frames : iterable of Frame
        The trajectory, read once.
    protocol : Protocol
        What was run.
    atoms : ase.Atoms
        The atoms, for their elements and masses.
    steps : int
        Steps done in all; there may be some after the last frame.
    kept : iterable of (int, float)
        Step and grade of configurations that were kept beside the frames.

    Returns
    -------
    list of StageSummary
        In the order of the stages; the last one may be incomplete.
    """
    summaries = []
    stages = iter(zip(protocol.stages, protocol.starts, strict=True))
    statistics: _Statistics | None = None
    for frame in frames:
        if statistics is None:
            statistics = _Statistics(*next(stages), frame, atoms)
            continue
        while frame.step > statistics.end:
            summaries.append(statistics.summary(steps))
            statistics = _Statistics(*next(stages), statistics.last, atoms)
        statistics.add(frame)
    while statistics is not None and statistics.end < steps:
        summaries.append(statistics.summary(steps))
        statistics = _Statistics(*next(stages), statistics.last, atoms)
    if statistics is not None:
        summaries.append(statistics.summary(steps))
    beside = list(kept)
    return [
        _with_grades(summary, start, beside)
        for summary, start in zip(summaries, protocol.starts, strict=False)
    ]


def _with_grades(
    summary: StageSummary, start: int, kept: Iterable[tuple[int, float]]
) -> StageSummary:
    """Let the largest grade be that of all configurations of a stage."""
    grades = [grade for step, grade in kept if start <= step <= start + summary.steps]
    if summary.largest_grade is not None:
        grades.append(summary.largest_grade)
    return replace(summary, largest_grade=max(grades, default=None))


def squared_displacements(first: Frame, last: Frame, atoms: Atoms) -> dict[str, float]:
    """
    Give the mean squared displacement of each element between two frames.

    Displacements are those of fractional coordinates, in the later cell, so that the breathing of
    the cell does not count, and without the displacement of the center of mass.

    Parameters
    ----------
    first, last : Frame
        The frames.
    atoms : ase.Atoms
        The atoms, for their elements and masses.

    Returns
    -------
    dict of str to float
        Mean squared displacement by element, Å^2.
    """
    before, after = (frame.positions @ np.linalg.inv(frame.cell) for frame in (first, last))
    moved = (after - before) @ last.cell
    moved -= np.average(moved, axis=0, weights=atoms.get_masses())
    squares = (moved**2).sum(axis=1)
    symbols = np.array(atoms.get_chemical_symbols())
    return {
        symbol: float(squares[symbols == symbol].mean())
        for symbol in dict.fromkeys(symbols.tolist())
    }


class _Statistics:
    """What is gathered of the frames of a stage that begins with the first of them."""

    def __init__(self, stage: Stage, start: int, first: Frame, atoms: Atoms) -> None:
        self._stage, self._start, self._first, self._atoms = stage, start, first, atoms
        self._middle = self.last = first
        self._scalars: list[tuple[float, ...]] = []
        self.end = start + stage.steps
        self.add(first)

    def add(self, frame: Frame) -> None:
        """Take a frame in."""
        if frame.step <= self._start + self._stage.steps / 2:
            self._middle = frame
        self.last = frame
        pressure = np.nan if frame.pressure is None else frame.pressure
        grade = np.nan if frame.grade is None else frame.grade
        self._scalars.append((frame.temperature, frame.volume, frame.energy, pressure, grade))

    def summary(self, steps: int) -> StageSummary:
        """Give means and displacements, where so many steps were done in all."""
        scalars = np.array(self._scalars)
        temperatures, volumes, energies, pressures, _ = scalars[len(scalars) // 2 :].T
        grades = scalars[:, 4]
        mass = GRAMS_PER_CM3 * self._atoms.get_masses().sum()
        return StageSummary(
            name=self._stage.name,
            ensemble=self._stage.ensemble,
            steps=min(steps, self.end) - self._start,
            frames=len(scalars),
            temperature=float(temperatures.mean()),
            temperature_sd=float(temperatures.std()),
            pressure=None if np.isnan(pressures).any() else float(pressures.mean()),
            density=float((mass / volumes).mean()),
            energy=float(energies.mean()) / len(self._atoms),
            displacements=squared_displacements(self._first, self.last, self._atoms),
            displacements_at_half=squared_displacements(self._first, self._middle, self._atoms),
            largest_grade=None if np.isnan(grades).all() else float(np.nanmax(grades)),
        )
