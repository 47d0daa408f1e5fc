"""Frames out of a file, a block at a time."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import orjson
from ase import Atoms, units
from ase.calculators.singlepoint import SinglePointCalculator
from ase.data import chemical_symbols
from ase.stress import full_3x3_to_voigt_6_stress
from numpy.typing import NDArray
from pymatgen.core import Lattice, Structure

from physics.dynamics.frame import FloatArray, Frame
from stores.trajectories import files
from stores.trajectories.columns import (
    CELL,
    COLUMNS,
    ENERGY,
    GRADE,
    MAY_BE_UNKNOWN,
    PARTICLES,
    STEP,
    STRESS,
    TEMPERATURE,
    TIME,
    Column,
)

_BLOCK = 2**22
"""Bytes of positions that are read at once."""


class Trajectory:
    """
    A trajectory file, read as it was when it was opened.

    Parameters
    ----------
    path : str or Path
        The file; it may be growing, or left by a killed writer.

    Raises
    ------
    InputError
        If there is no such file, it is no trajectory of thioflow, or it is damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file = files.open_for_reading(self.path)
        self._frames = files.committed(self._file)
        with files.reading(self.path):
            atoms = self._file[PARTICLES]
            self.numbers: NDArray[np.int32] = atoms["species"][:]
            self.masses: FloatArray = atoms["mass"][:]
            self.pbc: NDArray[np.bool_] = atoms["box"].attrs["boundary"] == b"periodic"
            self.time_step = float(self._file["parameters/time_step"][()])
            self.provenance: dict[str, Any] = orjson.loads(self._file["parameters/provenance"][()])
            self._datasets = {
                column: self._file[column.dataset]
                for column in COLUMNS
                if column.dataset in self._file
            }
        self._block = max(_BLOCK // (12 * len(self.numbers)), 1)

    def __len__(self) -> int:
        """Count the frames."""
        return self._frames

    def __getitem__(self, index: int) -> Frame:
        """
        Read one frame.

        Parameters
        ----------
        index : int
            Its number, counted from the end where negative.

        Returns
        -------
        Frame
            The frame.

        Raises
        ------
        IndexError
            If there is no such frame.
        """
        number = range(self._frames)[index]
        return next(self._read_frames(range(number, number + 1)))

    def __iter__(self) -> Iterator[Frame]:
        """Read all frames."""
        return self.frames()

    def frames(
        self, start: int | None = None, stop: int | None = None, step: int | None = None
    ) -> Iterator[Frame]:
        """
        Read frames, as `range` would count them; a few MB of them are in memory at a time.

        Parameters
        ----------
        start, stop, step : int, optional
            As in a slice.

        Yields
        ------
        Frame
            One after the other.

        Raises
        ------
        InputError
            If a block of the file cannot be read.
        """
        wanted = range(self._frames)[start:stop:step]
        for first in range(0, len(wanted), self._block):
            yield from self._read_frames(wanted[first : first + self._block])

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps of all frames."""
        return self._read(STEP, slice(self._frames))

    @property
    def times(self) -> FloatArray:
        """Times of all frames, fs."""
        return self._read(TIME, slice(self._frames))

    @property
    def energies(self) -> FloatArray:
        """Potential energies of all frames, eV."""
        return self._read(ENERGY, slice(self._frames))

    @property
    def temperatures(self) -> FloatArray:
        """Temperatures of all frames, K."""
        return self._read(TEMPERATURE, slice(self._frames))

    @property
    def grades(self) -> FloatArray:
        """Extrapolation grades of all frames; NaN where not measured."""
        return self._read(GRADE, slice(self._frames))

    @property
    def cells(self) -> FloatArray:
        """Lattice vectors of all frames as rows, Å; shape (frames, 3, 3)."""
        return self._read(CELL, slice(self._frames))

    @property
    def stresses(self) -> FloatArray:
        """Stresses of all frames, GPa; shape (frames, 3, 3), NaN where unknown."""
        return self._read(STRESS, slice(self._frames))

    @property
    def symbols(self) -> list[str]:
        """Symbols of the elements, atom by atom."""
        return [chemical_symbols[number] for number in self.numbers]

    def atoms(self, frame: Frame, *, wrap: bool = False) -> Atoms:
        """
        Make ASE atoms of a frame.

        Parameters
        ----------
        frame : Frame
            A frame of this trajectory.
        wrap : bool
            Whether to bring the atoms into the cell.

        Returns
        -------
        Atoms
            With velocities, and a calculator that knows energy, forces and stress, as far as the
            frame has them; step, time (fs) and grade stand in `info`.
        """
        atoms = Atoms(
            self.numbers,
            positions=frame.positions,
            cell=frame.cell,
            pbc=self.pbc,
            masses=self.masses,
            info={"step": frame.step, "time": frame.time},
        )
        if frame.grade is not None:
            atoms.info["grade"] = frame.grade
        if frame.velocities is not None:
            atoms.set_velocities(frame.velocities / units.fs)
        if wrap:
            atoms.wrap()
        known: dict[str, Any] = {"energy": frame.energy}
        if frame.forces is not None:
            known["forces"] = frame.forces
        if frame.stress is not None:
            known["stress"] = full_3x3_to_voigt_6_stress(frame.stress) * units.GPa
        atoms.calc = SinglePointCalculator(atoms, **known)
        return atoms

    def structure(self, frame: Frame) -> Structure:
        """
        Make a pymatgen structure of a frame.

        Parameters
        ----------
        frame : Frame
            A frame of this trajectory.

        Returns
        -------
        Structure
            With the atoms where they are, not brought into the cell.
        """
        along_a, along_b, along_c = (bool(periodic) for periodic in self.pbc)
        lattice = Lattice(frame.cell, pbc=(along_a, along_b, along_c))
        return Structure(lattice, self.symbols, frame.positions, coords_are_cartesian=True)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        """Give the trajectory itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def _read(self, column: Column, rows: slice) -> NDArray[Any]:
        with files.reading(self.path):
            return self._datasets[column][rows]

    def _read_frames(self, wanted: range) -> Iterator[Frame]:
        """Read a block of frames that are evenly spaced, in either direction."""
        ascending = wanted if wanted.step > 0 else wanted[::-1]
        rows = slice(ascending.start, ascending.stop, ascending.step)
        blocks = {column: self._read(column, rows) for column in self._datasets}
        order = range(len(wanted))
        for row in order if wanted.step > 0 else reversed(order):
            yield Frame(
                **{column.field: _value(block[row], column) for column, block in blocks.items()}
            )


def _value(value: Any, column: Column) -> Any:
    """Give what stands in the file the type and unit that it has in a frame."""
    if column in MAY_BE_UNKNOWN and np.isnan(value).all():
        return None
    if column.shape:
        return value.astype(float) / column.factor
    return value.item()
