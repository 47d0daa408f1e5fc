"""A trajectory of any program, as the analysis of transport wants it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from types import MappingProxyType

import numpy as np
from ase.data import atomic_masses, atomic_numbers
from ase.io.formats import UnknownFileTypeError, filetype, ioformats

from physics.analysis.transport.steady import require_steady
from physics.errors import InputError
from stores.trajectories.foreign.clock import Clock
from stores.trajectories.foreign.configuration import Configuration, FloatArray, open_text
from stores.trajectories.foreign.lammps import read_dump
from stores.trajectories.foreign.libraries import read_own, read_with_ase, read_with_mdanalysis
from stores.trajectories.foreign.unwrapping import continuous
from stores.trajectories.foreign.vasp import read_vasprun, read_xdatcar

PICOSECOND = 1000.0
"""fs."""

HEAD = 4096
"""Characters by which a format is told."""

HDF5 = b"\x89HDF"

FLAT = 1e-6
"""Volume below which a cell is none, Å^3."""

WITHOUT_ELEMENTS = ("cp2k-dcd", "netcdftrajectory")
"""Formats of ASE that hold positions alone; MDAnalysis reads them with a topology."""

UNREADABLE = (ValueError, TypeError, LookupError, OSError, EOFError, RuntimeError, AssertionError)
"""What readers raise for files that are damaged or other than they seem."""


@dataclass(frozen=True, eq=False)
class ForeignFrame:
    """
    One frame of a trajectory of N atoms.

    Parameters
    ----------
    time : float
        Time, fs.
    positions : ndarray, shape (N, 3)
        Unwrapped positions, Å.
    cell : ndarray, shape (3, 3)
        Lattice vectors as rows, Å.
    temperature : float or None
        Temperature, K; None where the file does not know it.
    """

    time: float
    positions: FloatArray
    cell: FloatArray
    temperature: float | None


@dataclass(frozen=True, eq=False)
class ForeignTrajectory:
    """
    A trajectory file, read anew from its beginning whenever frames are asked for.

    Made by `open_trajectory`.

    Parameters
    ----------
    path : Path
        The file.
    symbols : list of str, length N
        Elements.
    masses : ndarray, shape (N,)
        Standard atomic masses, u.
    """

    path: Path
    symbols: list[str]
    masses: FloatArray
    _read: Callable[[], Iterator[Configuration]]
    _clock: Clock
    _unwrap: bool
    _skip: float

    def frames(self) -> Iterator[ForeignFrame]:
        """
        Read the frames after the equilibration; one is in memory at a time.

        Yields
        ------
        ForeignFrame
            One after the other.

        Raises
        ------
        InputError
            If there are fewer than two frames, the atoms are not the same throughout, the
            positions are wrapped and shall not be unwrapped, the time is unknown, a frame has no
            periodic cell, or the file is damaged.
        """
        count, start = 0, 0.0
        with _reading(self.path):
            for number, frame in enumerate(continuous(self._checked(), unwrap=self._unwrap)):
                time = self._clock.time(frame, number)
                if number == 0:
                    start = time
                if time - start >= self._skip * PICOSECOND:
                    count += 1
                    yield ForeignFrame(time, frame.positions, frame.cell, frame.temperature)
            if count < 2:
                raise InputError(
                    f"{count} whole frames after the first {self._skip:g} ps, expected two or more"
                )

    @cached_property
    def temperature(self) -> float | None:
        """
        Mean temperature over the frames, K; None where the file does not know it.

        Raises
        ------
        InputError
            If the temperature is not the same throughout, or a frame cannot be used.
        """
        temperatures = []
        for frame in self.frames():
            if frame.temperature is None:
                return None
            temperatures.append(frame.temperature)
        with _reading(self.path):
            require_steady(temperatures)
        return float(np.mean(temperatures))

    def _checked(self) -> Iterator[Configuration]:
        """Read frames that have the same atoms in a periodic cell."""
        for number, frame in enumerate(self._read()):
            if len(frame.symbols) != len(self.symbols):
                raise InputError(
                    f"frame {number} has {len(frame.symbols)} atoms, the first has "
                    f"{len(self.symbols)}; expected the same atoms throughout"
                )
            if frame.symbols != self.symbols:
                raise InputError(
                    f"frame {number} has its elements in another order than the first; expected "
                    "the same order throughout"
                )
            if not frame.periodic or abs(np.linalg.det(frame.cell)) < FLAT:
                raise InputError(
                    f"frame {number} has no cell that repeats in three directions; write the "
                    "lattice vectors with each frame"
                )
            yield frame


def open_trajectory(
    path: str | Path,
    *,
    interval: float | None = None,
    time_step: float | None = None,
    species: Mapping[str, str] = MappingProxyType({}),
    topology: str | Path | None = None,
    unwrap: bool = False,
    skip: float = 0.0,
) -> ForeignTrajectory:
    """
    Open a trajectory of thioflow, LAMMPS, VASP, or any format of ASE or MDAnalysis.

    Parameters
    ----------
    path : str or Path
        A trajectory of thioflow; a text dump of LAMMPS, XDATCAR or vasprun.xml, which may be
        compressed by gzip; or a file that ASE or else MDAnalysis reads.
    interval : float, optional
        Time between frames, fs; for files that know no times, or to overrule theirs.
    time_step : float, optional
        Time between steps, fs; for files that number their steps.
    species : mapping of str to str
        Element of each type of atom, for files that know types alone.
    topology : str or Path, optional
        A file that knows the atoms; the trajectory is read by MDAnalysis then.
    unwrap : bool
        Whether to unwrap wrapped positions by nearest images.
    skip : float
        Time at the beginning that is left out as equilibration, ps.

    Returns
    -------
    ForeignTrajectory
        The trajectory; its first two frames have been read.

    Raises
    ------
    InputError
        If there is no such file, its format is unknown, its first frames cannot be used, or a time
        is negative.
    """
    path = Path(path)
    topology = None if topology is None else Path(topology)
    for file in (path, topology):
        if file is not None and not file.is_file():
            raise InputError(f"no trajectory file {file}")
    if not skip >= 0:
        raise InputError(f"skip = {skip:g} ps was given, expected zero or a positive time")
    clock = Clock(interval, time_step)
    with _reading(path):
        read = _reader(path, topology, species)
        first = next(read(), None)
        if first is None:
            raise InputError("no whole frame in the file, expected two or more")
    trajectory = ForeignTrajectory(
        path,
        first.symbols,
        atomic_masses[[atomic_numbers[symbol] for symbol in first.symbols]],
        read,
        clock,
        unwrap,
        skip,
    )
    list(islice(replace(trajectory, _skip=0.0).frames(), 2))
    return trajectory


def _reader(
    path: Path, topology: Path | None, species: Mapping[str, str]
) -> Callable[[], Iterator[Configuration]]:
    """Tell the format by the beginning of the file."""
    if topology is not None:
        return partial(read_with_mdanalysis, path, topology, species)
    with path.open("rb") as file:
        if file.read(len(HDF5)) == HDF5:
            return partial(read_own, path)
    with open_text(path) as text:
        head = text.read(HEAD)
    marks: dict[str, Callable[[], Iterator[Configuration]]] = {
        "ITEM: ": partial(read_dump, path, species),
        "Direct configuration=": partial(read_xdatcar, path),
        "<modeling>": partial(read_vasprun, path),
    }
    for mark, reader in marks.items():
        if mark in head:
            return reader
    if _is_for_ase(path):
        return partial(read_with_ase, path, species)
    return partial(read_with_mdanalysis, path, None, species)


def _is_for_ase(path: Path) -> bool:
    try:
        name = filetype(str(path))
    except UnknownFileTypeError:
        return False
    return name in ioformats and not ioformats[name].single and name not in WITHOUT_ELEMENTS


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """
    Name a file in errors.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    None
        Once.

    Raises
    ------
    InputError
        What is raised within, with the path if it lacks that.
    """
    try:
        yield
    except InputError as error:
        if str(path) in str(error):
            raise
        raise InputError(f"{path}: {error}") from error


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Name the file in errors, and turn those of readers into ones that say what to do."""
    with naming(path):
        try:
            yield
        except InputError:
            raise
        except UNREADABLE as error:
            raise InputError(
                f"{path} cannot be read ({type(error).__name__}: {error}); it is damaged or other "
                "than it seems: copy it again from where it came"
            ) from error
