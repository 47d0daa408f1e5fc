"""One configuration as a file of any format holds it."""

import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from ase.data import atomic_numbers
from numpy.typing import NDArray

from physics.errors import InputError

FloatArray = NDArray[np.float64]

FEW = 5
"""Most labels that an error names."""


@dataclass(frozen=True, eq=False)
class Configuration:
    """
    One configuration of N atoms, with what the file knows of it.

    Parameters
    ----------
    symbols : list of str, length N
        Elements.
    positions : ndarray, shape (N, 3)
        Positions, Å.
    cell : ndarray, shape (3, 3)
        Lattice vectors as rows, Å.
    wrapped : bool or None
        Whether atoms jump where they cross a face of the cell; None where the format leaves that
        open.
    time : float, optional
        Time, fs.
    step : int, optional
        Number of the time step, for formats that count steps.
    temperature : float, optional
        K.
    periodic : bool
        Whether the structure repeats along all lattice vectors.
    """

    symbols: list[str]
    positions: FloatArray
    cell: FloatArray
    wrapped: bool | None
    time: float | None = None
    step: int | None = None
    temperature: float | None = None
    periodic: bool = True


def open_text(path: Path) -> TextIO:
    """
    Open a text file, also a compressed one.

    Parameters
    ----------
    path : Path
        The file; compressed by gzip where its name ends on .gz.

    Returns
    -------
    TextIO
        The open file.
    """
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return path.open(encoding="utf-8", errors="replace")


def elements(labels: Iterable[str], species: Mapping[str, str]) -> list[str]:
    """
    Give the elements of atoms that a file names in its own way.

    Parameters
    ----------
    labels : iterable of str
        Type, name or element of each atom.
    species : mapping of str to str
        Element of each label that is no element itself.

    Returns
    -------
    list of str
        Symbols of the elements.

    Raises
    ------
    InputError
        If a label is no element, and has none.
    """
    given = list(labels)
    known = {label: species.get(label, label.capitalize()) for label in set(given)}
    missing = sorted(label for label, symbol in known.items() if atomic_numbers.get(symbol, 0) == 0)
    if missing:
        raise InputError(
            f"atoms of type {', '.join(missing[:FEW])} have no element; name the element of each "
            f"type, such as species={{{missing[0]!r}: 'Li'}} (--species {missing[0]}=Li)"
        )
    return [known[label] for label in given]
