"""Frames of molecular dynamics by a user's own `lmp`."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
from ase.units import kB

from makers.lammps_run import (
    INPUT,
    LammpsRun,
    frames_file,
    parts,
    table_file,
)
from physics.dynamics import lammps_script as script
from physics.dynamics.frame import FloatArray, Frame, degrees_of_freedom
from physics.errors import InputError

HEAD = (
    "ITEM: TIMESTEP", "", "ITEM: NUMBER OF ATOMS", "", "ITEM: BOX BOUNDS xy xz yz",
    "", "", "", "ITEM: ATOMS id type element xu yu zu",
)  # fmt: skip
"""How the lines before the atoms of a frame begin."""

Table = dict[int, list[float]]
"""For each step: potential and kinetic energy, eV, and six components of the pressure, bar."""


def read_run(folder: Path) -> Iterator[Frame]:
    """
    Read the frames of a run, one after the other.

    Parameters
    ----------
    folder : Path
        Folder of a run, continued or not.

    Yields
    ------
    Frame
        In the orientation of the structure that was given. What a killed run left unfinished is
        passed over; where it was continued, each step comes once.

    Raises
    ------
    InputError
        If a file is missing or is of something else.
    RuntimeError
        After the last frame, if the run ended early.
    """
    folder = Path(folder)
    run = LammpsRun.load(folder)
    firsts = parts(folder)
    if not firsts:
        raise InputError(
            f"no frames in {folder}; call `lmp -in {INPUT}` there, and look at its log.lammps"
        )
    last = -1
    for first, following in zip(firsts, [*firsts[1:], run.protocol.steps + 1], strict=True):
        table = _table(table_file(folder, first))
        with frames_file(folder, first).open() as file:
            for step, cell, rows in _snapshots(file, run):
                if step >= following or step not in table:
                    break
                last = step
                yield _frame(step, cell, rows, table[step], run)
    expected = run.protocol.steps // run.frame_interval * run.frame_interval
    if last < expected:
        raise RuntimeError(
            f"the run in {folder} ended early: its last frame was to be at step {expected}, and "
            f"is at {'none' if last < 0 else last}; look at its log.lammps for the reason, and go "
            "on with continue_run"
        )


def _table(path: Path) -> Table:
    """Read what was measured; a row that was not written to its end is left out."""
    if not path.is_file():
        raise InputError(f"no file {path} beside the frames of the run; put it back")
    with path.open() as file:
        rows = [line.split() for line in file if line.endswith("\n") and not line.startswith("#")]
    try:
        table = {int(step): [float(value) for value in values] for step, *values in rows}
    except ValueError as error:
        raise InputError(f"{path} has a row that is no numbers ({error})") from error
    if any(len(values) != 8 for values in table.values()):
        raise InputError(f"{path} has rows of other than step and 8 numbers; it is of another run")
    return table


def _snapshots(file: TextIO, run: LammpsRun) -> Iterator[tuple[int, FloatArray, FloatArray]]:
    """Read step, cell and numbers of the atoms of each frame that was written to its end."""
    columns = (1, *range(3, 9 if run.velocities else 6))
    while True:
        head = list(islice(file, len(HEAD)))
        if len(head) < len(HEAD) or not head[-1].endswith("\n"):
            return
        fits = all(line.startswith(begin) for line, begin in zip(head, HEAD, strict=True))
        if not fits or int(head[3]) != run.atoms:
            raise InputError(
                f"{file.name} is not of this run of {run.atoms} atoms: it has "
                f"'{head[0].strip()}' and '{head[3].strip()}' atoms where a frame begins"
            )
        atoms = list(islice(file, run.atoms))
        if len(atoms) < run.atoms or not atoms[-1].endswith("\n"):
            return
        rows = np.loadtxt(atoms, usecols=columns, ndmin=2)
        yield int(head[1]), _cell(head[5:8]), rows


def _cell(bounds: list[str]) -> FloatArray:
    """Give the lattice vectors from the box around the cell, and its tilts."""
    (xlo, xhi, xy), (ylo, yhi, xz), (zlo, zhi, yz) = (map(float, line.split()) for line in bounds)
    along_x, along_y = (0.0, xy, xz, xy + xz), (0.0, yz)
    return np.array(
        [
            [xhi - xlo - np.ptp(along_x), 0.0, 0.0],
            [xy, yhi - ylo - np.ptp(along_y), 0.0],
            [xz, yz, zhi - zlo],
        ]
    )


def _frame(
    step: int, cell: FloatArray, rows: FloatArray, measured: list[float], run: LammpsRun
) -> Frame:
    """Turn what LAMMPS wrote to the units and the orientation of the run."""
    turn = np.array(run.rotation)
    energy, kinetic, *pressure = measured
    return Frame(
        step=step,
        time=step * run.protocol.time_step,
        positions=rows[:, 1:4] @ turn,
        cell=cell @ turn,
        energy=energy,
        temperature=2 * kinetic / (degrees_of_freedom(run.atoms) * kB),
        stress=turn.T @ script.stress_tensor(pressure) @ turn,
        velocities=rows[:, 4:7] @ turn / script.PS if run.velocities else None,
    )
