"""Trajectories that other parts of thioflow, ASE or MDAnalysis read."""

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ase.io
import numpy as np
from ase import Atoms
from ase.units import kB

from physics.dynamics.frame import degrees_of_freedom
from physics.errors import InputError
from stores.trajectories.foreign.configuration import Configuration, elements
from stores.trajectories.reader import Trajectory

PICOSECOND = 1000.0
"""Unit of time of MDAnalysis, fs."""


def read_own(path: Path) -> Iterator[Configuration]:
    """
    Read a trajectory of thioflow.

    The last step of a run is written whether or not it is in line with the others; it is left out
    where it is not.

    Parameters
    ----------
    path : Path
        The H5MD file.

    Yields
    ------
    Configuration
        Unwrapped, with time and temperature.
    """
    with Trajectory(path) as trajectory:
        symbols = trajectory.symbols
        periodic = bool(trajectory.pbc.all())
        steps = trajectory.steps
        uneven = len(steps) > 2 and steps[-1] - steps[-2] != steps[1] - steps[0]
        for frame in trajectory.frames(stop=-1 if uneven else None):
            yield Configuration(
                symbols,
                frame.positions,
                frame.cell,
                wrapped=False,
                time=frame.time,
                temperature=frame.temperature,
                periodic=periodic,
            )


def read_with_ase(path: Path, species: Mapping[str, str]) -> Iterator[Configuration]:
    """
    Read a file of any format of ASE, such as extended XYZ.

    Parameters
    ----------
    path : Path
        The file.
    species : mapping of str to str
        Element of what ASE does not know as one.

    Yields
    ------
    Configuration
        With the time if a frame has `time` (fs) in its `info`, and the temperature if it has
        velocities.
    """
    for atoms in ase.io.iread(path):
        time = atoms.info.get("time")
        yield Configuration(
            elements(atoms.get_chemical_symbols(), species),
            atoms.get_positions(),
            atoms.cell.array,
            wrapped=None,
            time=None if time is None else float(time),
            temperature=_temperature(atoms),
            periodic=bool(atoms.pbc.all()),
        )


def _temperature(atoms: Atoms) -> float | None:
    if not atoms.has("momenta"):
        return None
    return float(2 * atoms.get_kinetic_energy() / (degrees_of_freedom(len(atoms)) * kB))


def read_with_mdanalysis(
    path: Path, topology: Path | None, species: Mapping[str, str]
) -> Iterator[Configuration]:
    """
    Read a file of any format of MDAnalysis.

    MDAnalysis keeps lengths and angles of the cell alone: positions must stand in its orientation,
    a along x and b in the xy plane.

    Parameters
    ----------
    path : Path
        The trajectory.
    topology : Path or None
        A file that knows the atoms, for formats that hold positions alone.
    species : mapping of str to str
        Element of each type of atom; where it is empty, those of MDAnalysis are taken.

    Yields
    ------
    Configuration
        With the time if the file knows it.

    Raises
    ------
    InputError
        If MDAnalysis is missing, cannot read the file, or knows no elements.
    """
    universe = _universe(path, topology)
    symbols = elements(_labels(universe, species), species)
    timed = _knows_times(universe)
    for frame in universe.trajectory:
        cell = frame.triclinic_dimensions
        yield Configuration(
            symbols,
            frame.positions.astype(float),
            np.zeros((3, 3)) if cell is None else cell.astype(float),
            wrapped=None,
            time=PICOSECOND * float(frame.time) if timed else None,
            periodic=cell is not None,
        )


def _universe(path: Path, topology: Path | None) -> Any:
    try:
        import MDAnalysis  # noqa: PLC0415 - optional
    except ImportError as error:
        raise InputError(
            f"{path} is in none of the formats of thioflow and ASE; MDAnalysis reads more: "
            "pip install mdanalysis"
        ) from error
    given = [str(file) for file in (topology, path) if file is not None]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return MDAnalysis.Universe(*given)
    except (ValueError, TypeError, OSError, AttributeError, EOFError) as error:
        raise InputError(
            f"{' with '.join(given)} cannot be read ({error}); expected a dump of LAMMPS, XDATCAR, "
            "vasprun.xml, extended XYZ, H5MD, or another format of ASE or MDAnalysis, where needed "
            "with a file that knows the atoms (topology, --topology)"
        ) from error


def _knows_times(universe: Any) -> bool:
    """Tell whether MDAnalysis does without the warning by which it makes times up."""
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        _ = universe.trajectory.ts.time
    return not raised


def _labels(universe: Any, species: Mapping[str, str]) -> Any:
    name = "types" if species else "elements"
    if not hasattr(universe.atoms, name):
        raise InputError(
            f"MDAnalysis finds no {name} of the atoms; give a file that knows them (topology, "
            "--topology), or name the element of each type, such as species={'1': 'Li'} "
            "(--species 1=Li)"
        )
    return getattr(universe.atoms, name)
