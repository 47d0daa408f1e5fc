"""Paths of ions, seen from the framework that they move in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from physics.errors import InputError

FloatArray = NDArray[np.float64]

GROUP = 64
"""Ions that are handled at once."""

GROUPS = 256
"""Most groups of ions, each of which may need a file of its own."""

MEMORY = 2**28
"""Bytes of paths that stay in memory; what is more goes to temporary files."""

BUFFER = 2**24
"""Bytes of frames that are gathered before they are sorted by ion."""

WRAP = 0.75
"""Part of a period between two frames beyond which a coordinate was wrapped, not moved."""

UNEVEN = 1e-3
"""Largest deviation of the time between frames from its mean, as part of it."""


class Snapshot(Protocol):
    """One configuration of N atoms, such as a `physics.dynamics.frame.Frame`."""

    @property
    def time(self) -> float:
        """Time, fs."""

    @property
    def positions(self) -> FloatArray:
        """Unwrapped positions, shape (N, 3), Å."""

    @property
    def cell(self) -> FloatArray:
        """Lattice vectors as rows, shape (3, 3), Å."""


@dataclass(frozen=True, eq=False)
class Paths:
    """
    Paths of ions in the mean cell, without the drift of the framework.

    Parameters
    ----------
    ions : int
        Number of ions.
    frames : int
        Number of frames.
    interval : float
        Time between frames, fs.
    cell : ndarray, shape (3, 3)
        Mean lattice vectors as rows, Å.
    """

    ions: int
    frames: int
    interval: float
    cell: FloatArray
    _files: Sequence["SpooledTemporaryFile[bytes]"]

    @property
    def span(self) -> float:
        """Time from the first to the last frame, fs."""
        return (self.frames - 1) * self.interval

    @property
    def volume(self) -> float:
        """Volume of the mean cell, Å^3."""
        return float(abs(np.linalg.det(self.cell)))

    def fractional(self) -> Iterator[FloatArray]:
        """
        Give fractional coordinates, some ions at a time, in the order of the ions.

        Yields
        ------
        ndarray, shape (frames, n, 3)
            Unwrapped, in parts of the lattice vectors.
        """
        for file in self._files:
            file.seek(0)
            stored = np.frombuffer(file.read(), dtype=np.float32)
            yield stored.astype(float).reshape(self.frames, -1, 3)

    def positions(self) -> Iterator[FloatArray]:
        """
        Give positions, some ions at a time, in the order of the ions.

        Yields
        ------
        ndarray, shape (frames, n, 3)
            Unwrapped, in the mean cell, Å.
        """
        for fractional in self.fractional():
            yield fractional @ self.cell


def gather_paths(
    frames: Iterable[Snapshot],
    mobile: NDArray[np.bool_],
    masses: FloatArray,
    still: NDArray[np.bool_] | None = None,
) -> Paths:
    """
    Gather the paths of the mobile ions of a trajectory, read once.

    Coordinates are those in the mean cell, r = s h with the fractional coordinates s and the mean
    cell h, so that the breathing of a cell of variable shape does not count. The displacement of
    the center of mass of the framework since the first frame is taken away.

    Parameters
    ----------
    frames : iterable of Snapshot
        Evenly spaced configurations of N atoms with unwrapped positions.
    mobile : ndarray of bool, shape (N,)
        The ions whose paths are gathered.
    masses : ndarray, shape (N,)
        Masses, in any unit.
    still : ndarray of bool, shape (N,), optional
        The framework; all other atoms if not given. Where there are none, nothing is taken away.

    Returns
    -------
    Paths
        The paths; what does not fit into some 256 MB of memory is kept in temporary files.

    Raises
    ------
    InputError
        If there is no mobile ion, there are fewer than two frames, their number of atoms changes,
        they are not evenly spaced in time, or the positions are wrapped or not finite.
    """
    mobile = np.asarray(mobile, dtype=bool)
    still = ~mobile if still is None else np.asarray(still, dtype=bool)
    if not mobile.any():
        raise InputError(
            f"none of {len(mobile)} atoms is mobile; name the element that moves, such as Li"
        )
    ions = int(mobile.sum())
    width = max(GROUP, -(-ions // GROUPS))
    files = [
        SpooledTemporaryFile(max_size=MEMORY * width // ions)  # noqa: SIM115 - closed with its owner
        for _ in range(0, ions, width)
    ]
    weights = np.where(still, masses, 0.0)
    weights = weights / weights.sum() if still.any() else weights
    times: list[float] = []
    cells = np.zeros((3, 3))
    buffer: list[NDArray[np.float32]] = []
    first: FloatArray | None = None
    before: FloatArray | None = None

    def flush() -> None:
        block = np.stack(buffer)
        for number, file in enumerate(files):
            file.write(block[:, number * width : (number + 1) * width].tobytes())
        buffer.clear()

    for frame in frames:
        fractional = _fractional(frame, len(mobile), len(times))
        if before is not None:
            _require_unwrapped(fractional - before, len(times))
        before = fractional
        center = weights @ fractional
        first = center if first is None else first
        times.append(frame.time)
        cells += frame.cell
        buffer.append((fractional[mobile] - (center - first)).astype(np.float32))
        if len(buffer) * buffer[0].nbytes >= BUFFER:
            flush()
    if len(times) < 2:
        raise InputError(f"{len(times)} frames were given, expected two or more")
    if buffer:
        flush()
    return Paths(ions, len(times), _interval(times), cells / len(times), files)


def _fractional(frame: Snapshot, atoms: int, number: int) -> FloatArray:
    """Give the fractional coordinates of a frame that has as many atoms as the others."""
    if len(frame.positions) != atoms:
        raise InputError(
            f"frame {number} has {len(frame.positions)} atoms, expected {atoms} as in the others"
        )
    fractional: FloatArray = frame.positions @ np.linalg.inv(frame.cell)
    if not np.isfinite(fractional).all():
        raise InputError(f"frame {number} has positions that are not finite; leave it out")
    return fractional


def _require_unwrapped(moved: FloatArray, number: int) -> None:
    wrapped = int((np.abs(moved) > WRAP).any(axis=1).sum())
    if wrapped:
        raise InputError(
            f"{wrapped} atoms jump by about a period of the cell before frame {number}: the "
            "positions are wrapped; write unwrapped ones (LAMMPS: xu yu zu), or unwrap them"
        )


def _interval(times: Sequence[float]) -> float:
    steps = np.diff(times)
    interval = float(steps.mean())
    if interval <= 0 or np.abs(steps - interval).max() > UNEVEN * interval:
        raise InputError(
            f"frames are {steps.min():g} to {steps.max():g} fs apart, expected the same time "
            "between all of them; leave out what is not evenly spaced"
        )
    return interval
