"""Trajectory files in `ase.io.read`."""

from collections.abc import Iterator
from pathlib import Path

from ase import Atoms
from ase.utils.plugins import ExternalIOFormat

from stores.trajectories.reader import Trajectory

h5md_format = ExternalIOFormat(
    desc="H5MD trajectory of thioflow",
    code="+S",
    module="stores.trajectories.ase_format",
    ext="h5md",
)


def read_h5md(filename: str | Path, index: slice) -> Iterator[Atoms]:
    """
    Read frames of a trajectory file; ASE calls this by its name.

    Parameters
    ----------
    filename : str or Path
        The file.
    index : slice
        Which frames.

    Yields
    ------
    Atoms
        One after the other, unwrapped.
    """
    with Trajectory(filename) as trajectory:
        for frame in trajectory.frames(index.start, index.stop, index.step):
            yield trajectory.atoms(frame)
