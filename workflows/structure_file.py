"""Structures in files: whatever pymatgen or ASE can read, and what other programs want to read."""

import io
import os
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path

import ase.io
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor
from pymatgen.io.cif import CifWriter
from pymatgen.io.vasp import Poscar

from physics.errors import InputError
from workflows.output_files import require_free
from workflows.study_file import read_structure

XYZ = (".xyz", ".extxyz")


def load_structure(path: Path) -> Structure:
    """
    Read an ordered structure.

    Parameters
    ----------
    path : Path
        CIF, POSCAR, JSON and whatever else pymatgen knows by its name, or extended XYZ.

    Returns
    -------
    Structure
        The structure, lengths in Å, without oxidation states and site properties.

    Raises
    ------
    InputError
        If the file is unreadable, is not periodic, or a site is partially occupied.
    """
    if path.suffix.lower() not in XYZ:
        return read_structure(path)
    try:
        atoms = ase.io.read(path, format="extxyz")
    except Exception as error:  # noqa: BLE001 - ASE's parsers raise errors of many kinds
        raise InputError(f"cannot read {path} ({error}); expected extended XYZ") from None
    if isinstance(atoms, list) or atoms.cell.rank < 3:
        raise InputError(f'{path}: no cell, expected Lattice="..." in the second line')
    return Structure(atoms.cell.array, atoms.symbols, atoms.get_scaled_positions(wrap=False))


def write_structures(structures: Mapping[Path, Structure], *, force: bool = False) -> None:
    """
    Write structures to files, all or none.

    Parameters
    ----------
    structures : mapping of Path to Structure
        What goes where; the format follows from the name.
    force : bool
        Whether files that exist are replaced.

    Raises
    ------
    InputError
        If a format is unknown, a file exists already, or a folder cannot be written to.
    """
    require_writable(structures, force=force)
    texts = {path: _format(path)(structure) for path, structure in structures.items()}
    beside = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in texts}
    try:
        for path, text in texts.items():
            beside[path].write_text(text, encoding="utf-8")
        for path in texts:
            beside[path].replace(path)
    except OSError as error:
        raise InputError(f"cannot write {error.filename}: {error.strerror}") from None
    finally:
        for path in beside.values():
            with suppress(OSError):
                path.unlink()


def require_writable(paths: Collection[Path], *, force: bool = False) -> None:
    """
    Insist that structures can be written to files.

    Parameters
    ----------
    paths : collection of Path
        The files.
    force : bool
        Whether files that exist may be replaced.

    Raises
    ------
    InputError
        If a format is unknown, a folder is missing or in the way, or a file exists already.
    """
    for path in paths:
        _format(path)
    require_free(paths, force=force)


def _format(path: Path) -> Callable[[Structure], str]:
    suffix = path.suffix.lower()
    if suffix == ".cif":
        return lambda structure: str(CifWriter(structure))
    if suffix == ".vasp" or path.name.startswith("POSCAR"):
        return lambda structure: Poscar(structure.get_sorted_structure()).get_str(
            significant_figures=10
        )
    if suffix == ".json":
        return lambda structure: str(structure.to(fmt="json"))
    if suffix in XYZ:
        return _xyz
    raise InputError(
        f"{path}: unknown format, expected a name that ends in .cif, .vasp, .json, .extxyz or "
        ".xyz, or begins with POSCAR"
    )


def _xyz(structure: Structure) -> str:
    text = io.StringIO()
    ase.io.write(text, AseAtomsAdaptor.get_atoms(structure), format="extxyz")
    return text.getvalue()
