"""Atoms followed across the faces of the cell."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from physics.errors import InputError
from stores.trajectories.foreign.configuration import Configuration, FloatArray

JUMP = 0.5
"""Part of a period that no atom moves between frames; further, it was wrapped."""

AMBIGUOUS = 0.4
"""Part of a period beyond which the nearest image may be the wrong one [choice]."""


def continuous(frames: Iterable[Configuration], *, unwrap: bool) -> Iterator[Configuration]:
    """
    Give frames whose lattice vectors and positions do not jump.

    Lattice vectors are those nearest to the ones before: programs exchange them for equivalent
    ones where a cell is sheared far. Wrapped atoms are brought to the image nearest to where they
    were, in fractional coordinates (von Bülow et al., J. Chem. Phys. 153, 021101 (2020), for a
    cell of variable shape).

    Parameters
    ----------
    frames : iterable of Configuration
        Consecutive frames.
    unwrap : bool
        Whether to unwrap what is not unwrapped already.

    Yields
    ------
    Configuration
        The frames.

    Raises
    ------
    InputError
        If positions are wrapped and shall not be unwrapped, an atom moves so far between frames
        that its image is ambiguous, or the lattice becomes another.
    """
    cell: FloatArray | None = None
    before: FloatArray | None = None
    for number, frame in enumerate(frames):
        cell = frame.cell if cell is None else _nearest_vectors(frame.cell, cell, number)
        fractional = frame.positions @ np.linalg.inv(cell)
        if frame.wrapped and not unwrap:
            raise InputError(
                "the file holds wrapped positions, which lose count of the periods that an ion "
                "travels; write unwrapped ones (LAMMPS: xu yu zu), or let them be unwrapped by "
                "nearest images (unwrap=True, --unwrap)"
            )
        if before is not None and frame.wrapped is not False:
            if unwrap:
                fractional -= np.rint(fractional - before)
            _require_near(np.abs(fractional - before), number, unwrapped=unwrap)
        before = fractional
        yield replace(frame, positions=fractional @ cell, cell=cell)


def _nearest_vectors(cell: FloatArray, before: FloatArray, number: int) -> FloatArray:
    combinations = np.rint(before @ np.linalg.inv(cell))
    if not np.isclose(abs(np.linalg.det(combinations)), 1):
        raise InputError(
            f"the cell becomes that of another lattice before frame {number}, from "
            f"{before.round(3).tolist()} to {cell.round(3).tolist()} Å; analyse what is before and "
            "after one by one"
        )
    return combinations @ cell


def _require_near(moved: FloatArray, number: int, *, unwrapped: bool) -> None:
    largest = float(moved.max())
    if unwrapped and largest > AMBIGUOUS:
        raise InputError(
            f"an atom moves by {largest:.2f} of a period before frame {number}: which image it "
            "moved to is ambiguous, or the order of the atoms changes; write frames more often, or "
            "unwrapped positions"
        )
    if not unwrapped and largest > JUMP:
        raise InputError(
            f"an atom jumps by {largest:.2f} of a period before frame {number}: the positions are "
            "wrapped, or the order of the atoms changes; write unwrapped ones, or let them be "
            "unwrapped by nearest images (unwrap=True, --unwrap)"
        )
