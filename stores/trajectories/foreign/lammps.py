"""Text dumps of LAMMPS."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from physics.errors import InputError
from stores.trajectories.foreign.configuration import (
    Configuration,
    FloatArray,
    elements,
    open_text,
)

ITEM = re.compile(r"ITEM: (TIMESTEP|TIME|UNITS|NUMBER OF ATOMS|BOX BOUNDS|ATOMS)\s*(.*)")

FEMTOSECONDS = {"real": 1.0, "metal": 1000.0}
"""Unit of time in the styles of units whose lengths are in Å, fs."""

LABELS = ("type", "element")
IMAGES = ("ix", "iy", "iz")
UNWRAPPED = (("xu", "yu", "zu"), ("xsu", "ysu", "zsu"))
WRAPPED = (("x", "y", "z"), ("xs", "ys", "zs"))
SCALED = (("xs", "ys", "zs"), ("xsu", "ysu", "zsu"))
COLUMNS = {"id", *LABELS, *IMAGES, *sum(UNWRAPPED + WRAPPED, ())}


@dataclass
class Snapshot:
    """
    One snapshot of a dump.

    Parameters
    ----------
    lines : dict of str to list of str
        What stands below each item but that of the atoms.
    bounds : str
        What the item of the bounds says of the box.
    atoms : DataFrame
        The columns of the atoms that are read, in the order of the file.
    """

    lines: dict[str, list[str]] = field(default_factory=dict)
    bounds: str = ""
    atoms: pd.DataFrame = field(default_factory=pd.DataFrame)


def read_dump(path: Path, species: Mapping[str, str]) -> Iterator[Configuration]:
    """
    Read a text dump of style atom or custom, frame by frame.

    Needed are the columns id, type or element, and positions in one of the forms xu yu zu,
    xsu ysu zsu, x y z or xs ys zs; the last two are wrapped unless ix iy iz are there too. Atoms
    are sorted by their identifiers; positions count from the corner of the box. A snapshot of the
    same step as that before, as a restarted run writes it, and an incomplete last one, as a killed
    run leaves it, are left out.

    Parameters
    ----------
    path : Path
        The dump, in units metal or real.
    species : mapping of str to str
        Element of each type of atom. LAMMPS calls every element C unless told otherwise: where
        types are named here, the column element is not read beside them.

    Yields
    ------
    Configuration
        With its step, and its time if the dump has both time and units.

    Raises
    ------
    InputError
        If a column is missing, the units are others, or the atoms are not the same throughout.
    """
    identifiers: NDArray[np.int64] | None = None
    labels: NDArray[np.object_] | None = None
    symbols: list[str] = []
    femtoseconds: float | None = None
    before: int | None = None
    with open_text(path) as file:
        for snapshot in _snapshots(file):
            if "UNITS" in snapshot.lines:
                femtoseconds = _femtoseconds(snapshot.lines["UNITS"][0].strip())
            step = int(snapshot.lines["TIMESTEP"][0])
            if step == before:
                continue
            before = step
            atoms = snapshot.atoms.sort_values("id")
            current = _labels(atoms, species)
            if identifiers is None or labels is None:
                identifiers, labels = atoms["id"].to_numpy(), current
                symbols = elements(labels, species)
            elif not np.array_equal(atoms["id"], identifiers):
                raise InputError(
                    f"the snapshot of step {step} has other atoms than the first; dump a group "
                    "whose atoms do not change"
                )
            elif not np.array_equal(current, labels):
                raise InputError(f"atoms change their type or element before step {step}")
            cell, corner = _box(snapshot)
            positions, wrapped = _positions(atoms, cell, corner)
            time = None
            if "TIME" in snapshot.lines and femtoseconds is not None:
                time = float(snapshot.lines["TIME"][0]) * femtoseconds
            yield Configuration(
                symbols,
                positions,
                cell,
                wrapped,
                time=time,
                step=step,
                periodic=not set(re.findall(r"\b[pfsm]{2}\b", snapshot.bounds)) - {"pp"},
            )


def _snapshots(file: TextIO) -> Iterator[Snapshot]:
    snapshot = Snapshot()
    for line in file:
        found = ITEM.match(line)
        if found is None:
            raise InputError(f"{line.strip()!r} stands where an item of a text dump is expected")
        item, rest = found.groups()
        if item == "BOX BOUNDS":
            snapshot.bounds = rest
        if item == "ATOMS":
            count = int(snapshot.lines["NUMBER OF ATOMS"][0])
            rows = list(islice(file, count))
            if len(rows) < count or not rows or not rows[-1].endswith("\n"):
                return
            snapshot.atoms = _table(rows, rest.split())
            yield snapshot
            snapshot = Snapshot()
        else:
            snapshot.lines[item] = list(islice(file, 3 if item == "BOX BOUNDS" else 1))


def _table(rows: list[str], columns: list[str]) -> pd.DataFrame:
    if "id" not in columns:
        raise InputError(
            f"the dump has the columns {' '.join(columns)}; without id the order of atoms is "
            "unknown: dump id too"
        )
    return pd.read_csv(
        StringIO("".join(rows)),
        sep=r"\s+",
        header=None,
        names=columns,
        usecols=[column for column in columns if column in COLUMNS],
        dtype={"id": np.int64} | dict.fromkeys(LABELS, str),
        keep_default_na=False,
    )


def _femtoseconds(units: str) -> float:
    if units not in FEMTOSECONDS:
        raise InputError(f"the dump is in units {units}, expected metal or real, with lengths in Å")
    return FEMTOSECONDS[units]


def _labels(atoms: pd.DataFrame, species: Mapping[str, str]) -> NDArray[np.object_]:
    if "type" in atoms and (species or "element" not in atoms):
        return atoms["type"].to_numpy(dtype=object)
    if "element" in atoms:
        return atoms["element"].to_numpy(dtype=object)
    raise InputError("the dump has neither a column type nor a column element; dump one of them")


def _box(snapshot: Snapshot) -> tuple[FloatArray, FloatArray]:
    """Give lattice vectors and corner (LAMMPS documentation, "Triclinic simulation boxes")."""
    rows = np.array([line.split() for line in snapshot.lines["BOX BOUNDS"]], dtype=float)
    if "abc" in snapshot.bounds:
        return rows[:, :3], rows[:, 3]
    low, high = rows[:, 0], rows[:, 1]
    xy, xz, yz = rows[:, 2] if "xy" in snapshot.bounds else (0.0, 0.0, 0.0)
    low = low - [min(0, xy, xz, xy + xz), min(0, yz), 0]
    high = high - [max(0, xy, xz, xy + xz), max(0, yz), 0]
    cell = np.diag(high - low)
    cell[1, 0], cell[2, 0], cell[2, 1] = xy, xz, yz
    return cell, low


def _positions(
    atoms: pd.DataFrame, cell: FloatArray, corner: FloatArray
) -> tuple[FloatArray, bool]:
    """Give the best positions there are, and whether they are wrapped."""
    for columns in UNWRAPPED + WRAPPED:
        if set(columns) <= set(atoms):
            given = atoms[list(columns)].to_numpy(dtype=float)
            break
    else:
        raise InputError(
            f"the dump has the columns {' '.join(atoms.columns)}, expected positions: dump xu yu zu"
        )
    positions = given @ cell if columns in SCALED else given - corner
    if columns in UNWRAPPED:
        return positions, False
    if set(IMAGES) <= set(atoms):
        return positions + atoms[list(IMAGES)].to_numpy(dtype=float) @ cell, False
    return positions, True
