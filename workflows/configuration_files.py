"""Configurations in files: whatever ASE reads, and `.cfg` of MLIP."""

from collections.abc import Sequence
from pathlib import Path

import ase.io
from ase import Atoms

from physics.errors import InputError
from physics.potentials.labels import Labels

GROUP_KEYS = ("group", "config_type")
"""Where frames commonly say what they are, in the order of preference."""


def read_configurations(
    paths: Sequence[Path], *, species: Sequence[str] | None = None, labelled: bool = True
) -> list[Atoms]:
    """
    Read all configurations of files.

    Parameters
    ----------
    paths : sequence of Path
        Files that ASE reads, such as extended XYZ, `vasprun.xml`, OUTCAR or a trajectory, and
        `.cfg` of MLIP, which takes the package motep.
    species : sequence of str, optional
        Chemical symbols in the order of the types in `.cfg` files.
    labelled : bool
        Whether each must have an energy, and labels that are finite.

    Returns
    -------
    list of ase.Atoms
        Configurations in the order of the files. ``info["group"]`` of each is its own, or its
        ``config_type``, or the name of the file.

    Raises
    ------
    InputError
        If a file cannot be read or is empty, or labels are missing or not finite.
    """
    return [atoms for path in paths for atoms in _read(path, species, labelled=labelled)]


def write_configurations(path: Path, images: Sequence[Atoms]) -> None:
    """
    Write configurations without labels, as candidates for a calculation.

    Parameters
    ----------
    path : Path
        Extended XYZ; replaced.
    images : sequence of ase.Atoms
        Configurations.
    """
    ase.io.write(path, [atoms.copy() for atoms in images], format="extxyz")


def _read(path: Path, species: Sequence[str] | None, *, labelled: bool) -> list[Atoms]:
    """Read one file."""
    try:
        images = _read_cfg(path, species) if path.suffix == ".cfg" else ase.io.read(path, ":")
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - parsers raise errors of many kinds
        reason = str(error) or type(error).__name__
        raise InputError(
            f"cannot read {path} ({reason}); give a complete file that ASE reads, such as extended "
            "XYZ, vasprun.xml or OUTCAR, or .cfg of MLIP"
        ) from None
    if not isinstance(images, list) or not images:
        raise InputError(f"{path} has no configurations; leave it out")
    if labelled:
        try:
            Labels.of(images)
        except InputError as error:
            raise InputError(f"{path}: {error}{_hint(images)}") from None
    for atoms in images:
        found = (atoms.info[key] for key in GROUP_KEYS if key in atoms.info)
        atoms.info["group"] = str(next(found, path.name))
    return images


def _hint(images: Sequence[Atoms]) -> str:
    """Name energies under other names, which ASE does not take for labels."""
    others = sorted({key for atoms in images for key in atoms.info if "energy" in key.lower()})
    return f"; it has {', '.join(others)}: rename to energy, forces, stress" if others else ""


def _read_cfg(path: Path, species: Sequence[str] | None) -> list[Atoms]:
    """Read a file of MLIP."""
    try:
        from motep.io.mlip.cfg import read_cfg  # noqa: PLC0415 - an extra
    except ImportError:
        raise InputError(
            f"{path}: reading .cfg takes the package motep; install it with 'pip install motep'"
        ) from None
    if not species:
        raise InputError(
            f"{path} numbers its elements; name them in this order, such as --species Li,P,S"
        )
    images: list[Atoms] = read_cfg(path, ":", list(species))
    return images
