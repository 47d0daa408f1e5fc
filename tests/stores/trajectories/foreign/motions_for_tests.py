"""One motion of atoms, written in every format."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ase.io
import numpy as np
from ase import Atoms
from ase.data import atomic_numbers
from numpy.typing import NDArray

from physics.dynamics.frame import Frame
from stores.trajectories.foreign import ForeignTrajectory
from stores.trajectories.writer import TrajectoryWriter

FloatArray = NDArray[np.float64]

TYPES = {"Li": "1", "P": "2", "S": "3"}
SPECIES = {"1": "Li", "2": "P", "3": "S"}


@dataclass(frozen=True, eq=False)
class Motion:
    """
    Unwrapped fractional coordinates of 30 atoms in a triclinic cell that changes.

    Parameters
    ----------
    symbols : list of str
        Elements.
    fractional : ndarray, shape (frames, 30, 3)
        Unwrapped fractional coordinates.
    cells : ndarray, shape (frames, 3, 3)
        Lattice vectors as rows, Å.
    interval : float
        Time between frames, fs.
    """

    symbols: list[str]
    fractional: FloatArray
    cells: FloatArray
    interval: float = 50.0

    @property
    def positions(self) -> FloatArray:
        """Unwrapped positions, Å; shape (frames, 30, 3)."""
        return self.fractional @ self.cells

    @property
    def times(self) -> FloatArray:
        """Times, fs."""
        return np.arange(len(self.cells)) * self.interval

    def atoms(self, number: int, *, wrap: bool = False) -> Atoms:
        """Make ASE atoms of a frame."""
        fractional = self.fractional[number]
        return Atoms(
            self.symbols,
            scaled_positions=fractional % 1.0 if wrap else fractional,
            cell=self.cells[number],
            pbc=True,
        )


def random_motion(frames: int = 20, seed: int = 0) -> Motion:
    """Let atoms walk through a cell that breathes and shears; most of them cross its faces."""
    random = np.random.default_rng(seed)
    steps = random.normal(scale=0.08, size=(frames, 30, 3)).clip(-0.3, 0.3)
    steps[0] = random.random((30, 3))
    cell = np.array([[9.0, 0, 0], [-2.0, 10, 0], [1.5, 3, 11]])
    strains = 0.02 * random.normal(size=(frames, 3, 3))
    cells = np.tril(cell @ (np.eye(3) + np.tril(strains)))
    symbols = ["Li", "P", "S"] * 10
    return Motion(symbols, np.cumsum(steps, axis=0), cells)


def assert_moves_like(
    trajectory: ForeignTrajectory, motion: Motion, accuracy: float, times: FloatArray | None = None
) -> None:
    """Compare all but a translation of each atom by lattice vectors; the accuracy is in Å."""
    frames = list(trajectory.frames())
    assert trajectory.symbols == motion.symbols
    np.testing.assert_allclose(
        [frame.time for frame in frames], motion.times if times is None else times, atol=1e-3
    )
    cells = np.array([frame.cell for frame in frames])
    np.testing.assert_allclose(cells, motion.cells, atol=accuracy)
    positions = np.array([frame.positions for frame in frames])
    fractional = positions @ np.linalg.inv(cells)
    shift = np.rint(motion.fractional[0] - fractional[0])
    expected = (motion.fractional - shift) @ cells
    np.testing.assert_allclose(positions, expected, atol=accuracy)


def write_dump(
    path: Path,
    motion: Motion,
    columns: Sequence[str],
    *,
    general: bool = False,
    corner: Sequence[float] = (-3.0, 2.0, 5.0),
) -> None:
    """Write a dump as LAMMPS would, its atoms in another order in each snapshot."""
    random = np.random.default_rng(1)
    text = []
    for number, cell in enumerate(motion.cells):
        scaled = motion.fractional[number]
        images = np.floor(scaled).astype(int)
        inside = scaled - images
        values = {
            "id": 7 * np.arange(30) + 1,
            "type": np.array([TYPES[symbol] for symbol in motion.symbols]),
            "element": np.array(motion.symbols),
        }
        for axis, name in enumerate("xyz"):
            values |= {
                f"{name}u": (scaled @ cell + corner)[:, axis],
                name: (inside @ cell + corner)[:, axis],
                f"{name}su": scaled[:, axis],
                f"{name}s": inside[:, axis],
                f"i{name}": images[:, axis],
            }
        text += ["ITEM: TIMESTEP", str(1000 + 25 * number), "ITEM: NUMBER OF ATOMS", "30"]
        text += _bounds(cell, np.array(corner), general=general)
        text.append(f"ITEM: ATOMS {' '.join(columns)}")
        text += [
            " ".join(
                f"{values[name][atom]:.12g}"
                if values[name].dtype == float
                else str(values[name][atom])
                for name in columns
            )
            for atom in random.permutation(30)
        ]
    path.write_text("\n".join(text) + "\n")


def _bounds(cell: FloatArray, corner: FloatArray, *, general: bool) -> list[str]:
    if general:
        rows = np.column_stack([cell, corner])
        return [
            "ITEM: BOX BOUNDS abc origin pp pp pp",
            *(" ".join(map(repr, r)) for r in rows.tolist()),
        ]
    corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) @ cell + corner
    tilts = [cell[1, 0], cell[2, 0], cell[2, 1]]
    rows = np.column_stack([corners.min(axis=0), corners.max(axis=0), tilts])
    return ["ITEM: BOX BOUNDS xy xz yz pp pp pp", *(" ".join(map(repr, r)) for r in rows.tolist())]


def write_xdatcar(
    path: Path, motion: Motion, *, lithium: str = "Li", volume: bool = False
) -> list[int]:
    """
    Write an XDATCAR with a header wherever the cell changes; give the order of the atoms.

    The lattice vectors are given in parts of 1.7 Å, or with the volume.
    """
    order = sorted(range(30), key=lambda atom: motion.symbols[atom])
    text = []
    for number, cell in enumerate(motion.cells):
        if number == 0 or (cell != motion.cells[number - 1]).any():
            text += ["a motion", f"{-np.linalg.det(cell):.10f}" if volume else "1.7"]
            text += [" ".join(f"{x:.12f}" for x in row) for row in cell / 1.7]
            text += [f"  {lithium}   P   S", "  10 10 10"]
        text.append(f"Direct configuration= {number + 1:5d}")
        wrapped = motion.fractional[number, order] % 1.0
        text += ["  " + " ".join(f"{x:.8f}" for x in row) for row in wrapped]
    path.write_text("\n".join(text) + "\n")
    return order


def write_vasprun(
    path: Path,
    motion: Motion,
    *,
    kinetic: Sequence[float] | None = None,
    parameters: str = "",
    end: float = 600,
) -> None:
    """Write what is read of a vasprun.xml, in its order; later parameters overrule earlier ones."""

    def rows(name: str, values: FloatArray) -> str:
        lines = "".join("<v>" + " ".join(f"{x:.8f}" for x in row) + "</v>\n" for row in values)
        return f'<varray name="{name}" >\n{lines}</varray>\n'

    atoms = "".join(f"<rc><c>{symbol:2}</c><c>   1</c></rc>\n" for symbol in motion.symbols)
    text = [
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<modeling>\n',
        '<parameters><separator name="ionic"><i type="int" name="NSW">    20</i>',
        f'<i type="int" name="IBRION">     0</i><i name="POTIM"> {motion.interval}</i>',
        f'<i name="TEBEG">    600.0</i><i name="TEEND">    {end}</i>{parameters}',
        "</separator></parameters>\n",
        f'<atominfo><array name="atoms" ><set>\n{atoms}</set></array></atominfo>\n',
    ]
    for number, cell in enumerate(motion.cells):
        text.append(
            "<calculation>\n<scstep><energy></energy></scstep>\n<structure>\n<crystal>\n"
            + rows("basis", cell)
            + rows("rec_basis", np.linalg.inv(cell).T)
            + "</crystal>\n"
            + rows("positions", motion.fractional[number] % 1.0)
            + "</structure>\n"
            + rows("forces", motion.positions[number])
            + '<energy><i name="e_fr_energy">   -1.0 </i>'
            + ("" if kinetic is None else f'<i name="kinetic"> {kinetic[number]:.8f} </i>')
            + "</energy>\n</calculation>\n"
        )
    path.write_text("".join(text) + "</modeling>\n")


def write_extxyz(path: Path, motion: Motion, *, wrap: bool = False, timed: bool = False) -> None:
    frames = [motion.atoms(number, wrap=wrap) for number in range(len(motion.cells))]
    if timed:
        for atoms, time in zip(frames, motion.times, strict=True):
            atoms.info["time"] = time
    ase.io.write(path, frames, format="extxyz")


def write_own(path: Path, motion: Motion, temperatures: Sequence[float]) -> None:
    numbers = [atomic_numbers[symbol] for symbol in motion.symbols]
    with TrajectoryWriter.create(path, numbers, time_step=2.0) as writer:
        for number, positions in enumerate(motion.positions):
            writer.append(
                Frame(
                    step=25 * number,
                    time=float(motion.times[number]),
                    positions=positions,
                    cell=motion.cells[number],
                    energy=-1.0,
                    temperature=temperatures[number],
                )
            )
