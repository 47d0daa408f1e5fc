"""
Trajectory files as files: opened, repaired, replaced, summed up.

A writer keeps its file open in the single-writer-multiple-reader (SWMR) mode of HDF5: metadata are
written only after what they point to, so a kill leaves a file that this mode can read, but with a
mark in its first bytes that makes other programs refuse it. `repair` copies such a file to one
without the mark.
"""

import hashlib
import os
import struct
from pathlib import Path

import h5py
import numpy as np

from physics.errors import InputError
from stores.trajectories.columns import COLUMNS, STEP

CREATOR = "thioflow"
LIBRARY = ("v110", "v110")
"""File format of HDF5 1.10, the first with SWMR."""

# HDF5 File Format Specification, "Disk Format: Level 0A - Format Signature and Superblock",
# version 3: signature, version, sizes of offsets and lengths, flags, base, extension, end of file.
_SUPERBLOCK = struct.Struct("<8s4B3Q")
_SUPERBLOCK_VERSION = 3


def open_for_reading(path: Path) -> h5py.File:
    """
    Open a trajectory file, also one that is being written or whose writer was killed.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    h5py.File
        The open file.

    Raises
    ------
    InputError
        If there is no such file, or it is no trajectory of thioflow, or it is damaged.
    """
    marked = is_marked(path)
    try:
        file = h5py.File(path, "r", swmr=marked)
        creator = file["h5md/creator"].attrs["name"] if "h5md/creator" in file else "somebody"
        known = creator == CREATOR and STEP.dataset in file
    except (OSError, RuntimeError, KeyError) as error:
        raise damaged(path, error) from error
    if not known:
        file.close()
        raise InputError(
            f"{path} is an HDF5 file of {creator}, expected a trajectory of {CREATOR}; MDAnalysis "
            "reads H5MD files of others"
        )
    return file


def open_for_writing(path: Path) -> h5py.File:
    """
    Open a trajectory file for further frames, in SWMR mode from the first moment.

    Parameters
    ----------
    path : Path
        A file without the mark of a writer.

    Returns
    -------
    h5py.File
        The open file.

    Raises
    ------
    InputError
        If it has the mark, or another process has it open.
    """
    if is_marked(path):
        raise InputError(
            f"{path} is being written, or its writer was killed; if so, TrajectoryWriter.resume "
            "goes on with it"
        )
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_V110)
    try:
        flags = h5py.h5f.ACC_RDWR | h5py.h5f.ACC_SWMR_WRITE
        return h5py.File(h5py.h5f.open(os.fsencode(path), flags, access))
    except OSError as error:
        raise InputError(
            f"{path} cannot be opened for writing ({error}); close the programs that have it open"
        ) from error


def is_marked(path: Path) -> bool:
    """
    Tell whether a file is marked as being written: it is, or its writer was killed.

    Parameters
    ----------
    path : Path
        A trajectory file.

    Returns
    -------
    bool
        Whether programs that do not know SWMR will refuse it.

    Raises
    ------
    InputError
        If there is no such file, it is no HDF5 file of the kind, or its end is missing.
    """
    if not path.is_file():
        raise InputError(f"no trajectory file {path}")
    with path.open("rb") as file:
        head = file.read(_SUPERBLOCK.size).ljust(_SUPERBLOCK.size, b"\0")
    signature, version, _, _, flags, _, _, end = _SUPERBLOCK.unpack(head)
    if signature != b"\x89HDF\r\n\x1a\n" or version != _SUPERBLOCK_VERSION:
        raise InputError(
            f"{path} is no trajectory of {CREATOR}, which is an HDF5 file with a superblock of "
            f"version {_SUPERBLOCK_VERSION}; MDAnalysis reads H5MD files of others, ase.io.read "
            "many formats"
        )
    size = path.stat().st_size
    if size < end:
        raise damaged(path, f"{size} bytes of {end} are there")
    return bool(flags)


def damaged(path: Path, reason: object) -> InputError:
    """
    Make the error of a file that cannot be read.

    Parameters
    ----------
    path : Path
        The file.
    reason : object
        What was found.

    Returns
    -------
    InputError
        The error.
    """
    return InputError(
        f"{path} is damaged ({reason}); copy it again from where it came, or take a copy made "
        "before; a file whose writer was merely killed is whole and needs only "
        "stores.trajectories.files.repair"
    )


def committed(file: h5py.File) -> int:
    """
    Count the frames that are wholly in a file.

    Parameters
    ----------
    file : h5py.File
        An open trajectory.

    Returns
    -------
    int
        Number of frames. The step of a frame is written after all else of it, so frames are there
        as far as steps are there and grow.

    Raises
    ------
    InputError
        If the steps cannot be read.
    """
    try:
        steps = file[STEP.dataset][:]
    except OSError as error:
        raise damaged(Path(file.filename), error) from error
    wrong = np.diff(steps, prepend=-1) <= 0
    return int(wrong.argmax()) if wrong.any() else len(steps)


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
    with open_for_reading(path) as file:
        rows = {len(file[column.dataset]) for column in COLUMNS if column.dataset in file}
    return rows == {frames} and not is_marked(path)


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
    """
    path = Path(path)
    with open_for_reading(path) as file:
        frames = committed(file)
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
    """
    partial = partial_name(path)
    with open_for_reading(path) as old, h5py.File(partial, "w", libver=LIBRARY) as new:
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

        for key in old:
            take(key, old[key])
    replace(partial, path)


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


def partial_name(path: Path) -> Path:
    """
    Name the file that shall become another.

    Parameters
    ----------
    path : Path
        The trajectory file.

    Returns
    -------
    Path
        A name in the same folder, which a killed process may have left behind.
    """
    return path.with_name(f".{path.name}.partial")


def replace(partial: Path, path: Path) -> None:
    """
    Put a finished file in the place of another in one step.

    Parameters
    ----------
    partial, path : Path
        The finished file, closed, and its name from now on.
    """
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)


def checksum(path: str | Path) -> str:
    """
    Hash the bytes of a file.

    Parameters
    ----------
    path : str or Path
        A closed file of any size.

    Returns
    -------
    str
        SHA-256, as sha256sum prints it.
    """
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
