"""Frames into a file, as they come."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np
import orjson
from ase.data import atomic_masses
from numpy.typing import ArrayLike, NDArray

from physics.dynamics.frame import Frame
from physics.errors import InputError
from stores.trajectories import files
from stores.trajectories.columns import (
    COLUMNS,
    MAY_BE_UNKNOWN,
    ON_DEMAND,
    PARTICLES,
    POSITIONS,
    STEP,
    TIME,
    Column,
)
from stores.trajectories.repair import cut, is_whole
from stores.versions import versions

_BLOCK = 2**20
"""Bytes of positions that are gathered before they are written."""
_CHUNK_OF_ATOMS = 2**14
_CHUNK = 2**12
"""Bytes of one chunk, uncompressed: a chunk that is written again after it grew leaves a hole as
large as it was."""

_MARGIN = 2**18
"""Bytes that must be free beside those of a block: chunks written again, indices."""


class TrajectoryWriter:
    """
    A trajectory file that grows; made by `create` or `resume`.

    Frames are gathered to about 1 MiB and then written; a kill loses those since the last block or
    `flush`, whichever was later, and nothing else. `stores.trajectories.reader.Trajectory` reads
    the file at any time, also while it grows. One process may write.

    Parameters
    ----------
    path : Path
        A trajectory file without the mark of a writer.
    """

    def __init__(self, path: Path) -> None:
        self._file = files.open_for_writing(path)
        self._path = path
        positions = self._file[POSITIONS.dataset]
        self._written, self._atoms, _ = positions.shape
        per_chunk = positions.chunks[0]
        frames = _BLOCK // (positions.dtype.itemsize * 3 * self._atoms)
        self._block = max(frames // per_chunk, 1) * per_chunk
        self._columns = {
            column: (
                self._file[column.dataset],
                np.empty((self._block, *column.shape_for(self._atoms)), column.dtype),
            )
            for column in COLUMNS
            if column.dataset in self._file
        }
        self._pending = 0
        steps = self._file[STEP.dataset]
        self._last_step = int(steps[-1]) if self._written else -1

    @classmethod
    def create(
        cls,
        path: str | Path,
        numbers: Sequence[int] | NDArray[np.int_],
        *,
        time_step: float,
        masses: ArrayLike | None = None,
        pbc: bool | Sequence[bool] = True,
        velocities: bool = False,
        forces: bool = False,
        provenance: Mapping[str, Any] | None = None,
    ) -> Self:
        """
        Start a file.

        Parameters
        ----------
        path : str or Path
            Where to write; `.h5md` is the ending that ASE and MDAnalysis know.
        numbers : sequence of int, length N
            Atomic numbers.
        time_step : float
            Time between two steps, fs.
        masses : array_like, shape (N,), optional
            Masses, u; those of ASE by default.
        pbc : bool or three of them
            Directions of the lattice in which the structure repeats.
        velocities, forces : bool
            Whether to keep these of every frame.
        provenance : mapping, optional
            Where the trajectory comes from; any values that JSON knows.

        Returns
        -------
        TrajectoryWriter
            Ready for frames.

        Raises
        ------
        InputError
            If the file exists, or there are no atoms.
        """
        path = Path(path)
        if path.exists():
            raise InputError(
                f"{path} exists and is not overwritten; go on with it by TrajectoryWriter.resume, "
                "or choose another name"
            )
        species = np.asarray(numbers, np.int32)
        if species.ndim != 1 or len(species) == 0:
            raise InputError(f"atomic numbers of shape {species.shape} given, expected (N,), N > 0")
        weights = np.asarray(atomic_masses[species] if masses is None else masses, float)
        if weights.shape != species.shape:
            raise InputError(f"{weights.shape} masses given for {len(species)} atoms")
        with (
            files.replacement(path) as partial,
            h5py.File(partial, "w", libver=files.LIBRARY) as file,
        ):
            files.ask_for_room(file, _MARGIN)
            _describe(file, species, weights, np.broadcast_to(pbc, 3))
            file["parameters/time_step"] = float(time_step)
            file["parameters/time_step"].attrs["unit"] = "fs"
            file["parameters/provenance"] = orjson.dumps(dict(provenance or {})).decode()
            unwanted = dict(zip(ON_DEMAND, (not velocities, not forces), strict=True))
            columns = [column for column in COLUMNS if not unwanted.get(column)]
            for column in columns:
                _add(file, column, len(species))
            _share_steps(file, columns)
        return cls(path)

    @classmethod
    def resume(cls, path: str | Path, frames: int) -> Self:
        """
        Go on with a file after its first frames, also after a kill.

        Later frames are dropped. A file that its writer closed with just these frames is taken up
        as it is; any other is copied beside itself and replaced in one step.

        Parameters
        ----------
        path : str or Path
            The file; no process may be writing it.
        frames : int
            Number of frames to keep.

        Returns
        -------
        TrajectoryWriter
            Ready for the next frame.

        Raises
        ------
        InputError
            If the file cannot be read or has fewer frames.
        """
        path = Path(path)
        with files.open_for_reading(path) as file:
            found = files.committed(file)
        if not 0 <= frames <= found:
            raise InputError(
                f"{path} shall be resumed after {frames} frames, but has {found}; give at most "
                "that number"
            )
        if not is_whole(path, frames):
            cut(path, frames)
        return cls(path)

    def __len__(self) -> int:
        """Count the frames, with those not yet written."""
        return self._written + self._pending

    def append(self, frame: Frame) -> None:
        """
        Add a frame.

        Parameters
        ----------
        frame : Frame
            The frame; its velocities and forces are kept if the file was created for them.

        Raises
        ------
        InputError
            If its step is not after that of the frame before, something that the file keeps is
            missing, or the number of atoms is another.
        OSError
            If the disk takes no more; the frame was not added.
        """
        if frame.step <= self._last_step:
            raise InputError(
                f"{self._path}: frame of step {frame.step} given after step {self._last_step}; "
                "frames follow in time, and resume() drops those after a restart"
            )
        values = {column: self._value(frame, column) for column in self._columns}
        if len(self) % self._block == 0:
            self._write()
        for column, (_, block) in self._columns.items():
            block[self._pending] = values[column]
        self._pending += 1
        self._last_step = frame.step

    def flush(self) -> None:
        """
        Write all frames given so far, onto the disk itself; a kill at any time leaves them there.

        A loss of power leaves them too if it comes before more is written. For few atoms each call
        may leave an unused hole of up to 50 kB in the file: call it where a checkpoint is made, not
        after every frame.

        Raises
        ------
        OSError
            If the disk takes no more; the frames wait in memory for another call.
        """
        self._write()
        os.fsync(self._file.id.get_vfd_handle())

    def close(self) -> None:
        """
        Write all frames and close the file; any program can then read it.

        Raises
        ------
        OSError
            If the disk takes no more; the file is closed with the frames written before.
        """
        if self._file:
            try:
                self.flush()
            finally:
                self._file.close()

    def __enter__(self) -> Self:
        """Give the writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file, also after an error: the frames given were whole."""
        self.close()

    def _value(self, frame: Frame, column: Column) -> NDArray[Any]:
        value = getattr(frame, column.field)
        expected = column.shape_for(self._atoms)
        if value is None and column in MAY_BE_UNKNOWN:
            value = np.full(expected, np.nan)
        if value is None or np.shape(value) != expected:
            given = "none" if value is None else f"shape {np.shape(value)}"
            raise InputError(
                f"{self._path}: {column.field} of step {frame.step}: {given} given, expected shape "
                f"{expected}; all frames of a file have the same atoms and the same quantities"
            )
        return np.asarray(value) * column.factor if column.factor != 1 else np.asarray(value)

    def _write(self) -> None:
        if not self._pending:
            return
        total = len(self)
        size = sum(block[: self._pending].nbytes for _, block in self._columns.values())
        files.ask_for_room(self._file, _MARGIN + 2 * size)
        for column, (dataset, block) in self._columns.items():
            if column is STEP:
                self._file.flush()
            dataset.resize(total, axis=0)
            dataset[self._written :] = block[: self._pending]
        self._file.flush()
        self._written, self._pending = total, 0


def _describe(
    file: h5py.File, species: NDArray[np.int32], masses: NDArray[np.float64], pbc: NDArray[np.bool_]
) -> None:
    """Write what H5MD 1.1 asks for beside the frames."""
    file.create_group("h5md").attrs["version"] = np.array([1, 1], np.int32)
    file.create_group("h5md/author").attrs["name"] = "thioflow"
    creator = file.create_group("h5md/creator")
    creator.attrs["name"] = files.CREATOR
    creator.attrs["version"] = versions()[files.CREATOR]
    file.create_group("h5md/modules/units").attrs["version"] = np.array([1, 0], np.int32)
    atoms = file.create_group(PARTICLES)
    atoms["species"] = species
    atoms["mass"] = masses
    atoms["mass"].attrs["unit"] = "u"
    box = atoms.create_group("box")
    box.attrs["dimension"] = 3
    box.attrs["boundary"] = np.where(pbc, b"periodic", b"none")


def _add(file: h5py.File, column: Column, atoms: int) -> None:
    """Add an empty column."""
    shape = column.shape_for(atoms)
    size = np.dtype(column.dtype).itemsize * int(np.prod(shape))
    filters = {"compression": "gzip", "compression_opts": 1, "shuffle": True} if shape else {}
    dataset = file.create_dataset(
        column.dataset,
        (0, *shape),
        column.dtype,
        maxshape=(None, *shape),
        chunks=(max((_CHUNK_OF_ATOMS if column.per_atom else _CHUNK) // size, 1), *shape),
        fillvalue=-1 if column is STEP else None,
        **filters,
    )
    if column.unit:
        dataset.attrs["unit"] = column.unit


def _share_steps(file: h5py.File, columns: list[Column]) -> None:
    """Link the steps and times beside the values of each column."""
    for column in columns:
        group = file[column.dataset].parent
        for shared in (STEP, TIME):
            if shared.field not in group:
                group[shared.field] = file[shared.dataset]
