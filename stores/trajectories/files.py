"""
Trajectory files as files: opened, replaced, summed up.

A writer keeps its file open in the single-writer-multiple-reader (SWMR) mode of HDF5: metadata are
written only after what they point to, so a kill leaves a file that this mode can read, but with a
mark in its first bytes that makes other programs refuse it. `stores.trajectories.repair` makes a
copy without the mark.
"""

import hashlib
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from physics.errors import InputError
from stores.trajectories.columns import STEP

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
    with reading(path):
        file = h5py.File(path, "r", swmr=marked)
        creator = file["h5md/creator"].attrs["name"] if "h5md/creator" in file else "somebody"
        known = creator == CREATOR and STEP.dataset in file
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


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """
    Turn what h5py raises while it reads into an error that says what to do.

    Parameters
    ----------
    path : Path
        The file that is read.

    Yields
    ------
    None
        Once.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    try:
        yield
    except (OSError, RuntimeError, KeyError) as error:
        raise damaged(path, error) from error


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
        "stores.trajectories.repair.repair"
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
    with reading(Path(file.filename)):
        steps = file[STEP.dataset][:]
    wrong = np.diff(steps, prepend=-1) <= 0
    return int(wrong.argmax()) if wrong.any() else len(steps)


def ask_for_room(file: h5py.File, size: int) -> None:
    """
    Let a full disk refuse before HDF5 writes, which crashes where a write fails.

    Parameters
    ----------
    file : h5py.File
        A file open for writing.
    size : int
        Bytes that it may grow by.

    Raises
    ------
    OSError
        If the disk, a quota or a limit of the process does not allow it.
    """
    descriptor, end = file.id.get_vfd_handle(), file.id.get_filesize()
    try:
        os.posix_fallocate(descriptor, end, size)
    except OSError as error:
        message = f"frames cannot be written ({error.strerror}); make room on the disk"
        raise OSError(error.errno, message, file.filename) from error
    finally:
        os.ftruncate(descriptor, end)


@contextmanager
def replacement(path: Path) -> Iterator[Path]:
    """
    Make a file in the place of another in one step, or not at all.

    Parameters
    ----------
    path : Path
        The file that shall be made or replaced.

    Yields
    ------
    Path
        A name in the same folder, to be written; what a killed process left there does not matter.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


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
