"""Trajectory files that were not closed in good order, or hold more frames than they should."""

from pathlib import Path

import h5py

from stores.trajectories import files
from stores.trajectories.columns import COLUMNS


def is_whole(path: Path, frames: int) -> bool:
    """
    Tell whether a file was closed in good order with just so many frames.

    Parameters
    ----------
    path : Path
        A trajectory file.
    frames : int
        Number of frames.

    Returns
    -------
    bool
        False if it has the mark, more frames, or parts of frames.
    """
    with files.open_for_reading(path) as file, files.reading(path):
        rows = {len(file[column.dataset]) for column in COLUMNS if column.dataset in file}
    return rows == {frames} and not files.is_marked(path)


def repair(path: str | Path) -> int:
    """
    Make the file of a killed writer readable for every program.

    The file is copied beside itself, so the disk must hold it twice for that time, and replaced in
    one step. A file that was closed in good order is left as it is.

    Parameters
    ----------
    path : str or Path
        The trajectory file; no process may be writing it.

    Returns
    -------
    int
        Number of frames.

    Raises
    ------
    InputError
        If the file cannot be read.
    OSError
        If the disk has no room for the copy.
    """
    path = Path(path)
    with files.open_for_reading(path) as file:
        frames = files.committed(file)
    if not is_whole(path, frames):
        cut(path, frames)
    return frames


def cut(path: Path, frames: int) -> None:
    """
    Replace a file by a copy of its first frames, without the mark.

    Parameters
    ----------
    path : Path
        The trajectory file; no process may be writing it.
    frames : int
        Number of frames to keep, at most as many as are committed.

    Raises
    ------
    InputError
        If the file cannot be read.
    OSError
        If the disk has no room for the copy.
    """
    with (
        files.replacement(path) as partial,
        files.open_for_reading(path) as old,
        h5py.File(partial, "w", libver=files.LIBRARY) as new,
    ):
        files.ask_for_room(new, path.stat().st_size)
        links: dict[int, str] = {}

        def take(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Group):
                for key, value in item.attrs.items():
                    new.require_group(name).attrs[key] = value
                for key in item:
                    take(f"{name}/{key}", item[key])
                return
            address = h5py.h5o.get_info(item.id).addr
            if address in links:
                new[name] = new[links[address]]
            elif item.maxshape[:1] == (None,):
                _copy_rows(item, new, name, frames)
            else:
                old.copy(item, new, name)
            links.setdefault(address, name)

        with files.reading(path):
            for key in old:
                take(key, old[key])


def _copy_rows(source: h5py.Dataset, new: h5py.File, name: str, rows: int) -> None:
    """Copy whole chunks as they are, compressed, and the rows of the last one as numbers."""
    target = new.create_dataset(
        name,
        (rows, *source.shape[1:]),
        source.dtype,
        maxshape=source.maxshape,
        chunks=source.chunks,
        compression=source.compression,
        compression_opts=source.compression_opts,
        shuffle=source.shuffle,
        fillvalue=source.fillvalue,
    )
    for key, value in source.attrs.items():
        target.attrs[key] = value
    whole = rows - rows % source.chunks[0]
    corner = (0,) * (source.ndim - 1)
    for row in range(0, whole, source.chunks[0]):
        mask, data = source.id.read_direct_chunk((row, *corner))
        target.id.write_direct_chunk((row, *corner), data, mask)
    target[whole:] = source[whole:rows]
