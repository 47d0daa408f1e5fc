"""The same motion comes out of every format."""

import gzip
from pathlib import Path

import ase.io
import MDAnalysis
import numpy as np
import pytest
from ase.units import fs as ase_femtosecond
from ase.units import kB
from motions_for_tests import (
    SPECIES,
    Motion,
    assert_moves_like,
    random_motion,
    write_dump,
    write_extxyz,
    write_own,
    write_vasprun,
    write_xdatcar,
)

from physics.analysis.transport.paths import gather_paths
from stores.trajectories.foreign import open_trajectory

MOTION = random_motion()
STEP_TIMES = 2.0 * (1000 + 25 * np.arange(20))


def test_the_motion_crosses_faces_by_every_axis() -> None:
    crossings = np.diff(np.floor(MOTION.fractional), axis=0) != 0
    assert (crossings.sum(axis=(0, 1)) > 20).all()


@pytest.mark.parametrize("general", [False, True])
@pytest.mark.parametrize(
    ("columns", "unwrap"),
    [
        ("id element xu yu zu", False),
        ("type xsu ysu zsu id", False),
        ("id type element x y z ix iy iz", False),
        ("iz id iy ix zs ys xs type", False),
        ("id element x y z", True),
        ("id type xs ys zs", True),
        ("id element x y z xu yu zu", False),
    ],
)
def test_dumps(tmp_path: Path, columns: str, general: bool, unwrap: bool) -> None:
    path = tmp_path / "run.lammpstrj"
    write_dump(path, MOTION, columns.split(), general=general)
    species = {} if "element" in columns else SPECIES
    trajectory = open_trajectory(path, time_step=2.0, species=species, unwrap=unwrap)
    assert_moves_like(trajectory, MOTION, 1e-9, STEP_TIMES)
    assert trajectory.temperature is None
    assert trajectory.masses[:3] == pytest.approx([6.94, 30.974, 32.06], abs=0.001)


def ordered(order: list[int], cells: np.ndarray) -> Motion:
    """Give the motion with its atoms in another order, in other cells."""
    symbols = [MOTION.symbols[atom] for atom in order]
    return Motion(symbols, MOTION.fractional[:, order], cells)


@pytest.mark.parametrize("volume", [False, True])
@pytest.mark.parametrize("lithium", ["Li", "Li_sv", "Li/77b1c2", "Li_sv/77b1c2"])
def test_xdatcar(tmp_path: Path, lithium: str, volume: bool) -> None:
    path = tmp_path / "XDATCAR"
    order = write_xdatcar(path, MOTION, lithium=lithium, volume=volume)
    trajectory = open_trajectory(path, interval=50.0, unwrap=True)
    assert_moves_like(trajectory, ordered(order, MOTION.cells), 1e-6)


def test_an_xdatcar_with_one_cell_as_ase_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "XDATCAR"
    cells = np.array([MOTION.cells[0]] * 20)
    order = write_xdatcar(path, Motion(MOTION.symbols, MOTION.fractional, cells))
    trajectory = open_trajectory(path, interval=50.0, unwrap=True)
    assert_moves_like(trajectory, ordered(order, cells), 1e-6)
    images = ase.io.iread(path, format="vasp-xdatcar")
    for read, atoms in zip(trajectory.frames(), images, strict=True):
        assert trajectory.symbols == atoms.get_chemical_symbols()
        np.testing.assert_allclose(read.cell, atoms.cell, atol=1e-9)
        moved = (read.positions - atoms.positions) @ np.linalg.inv(read.cell)
        np.testing.assert_allclose(moved, np.rint(moved), atol=1e-6)


def test_vasprun(tmp_path: Path) -> None:
    path = tmp_path / "vasprun.xml"
    write_vasprun(path, MOTION)
    trajectory = open_trajectory(path, unwrap=True)
    assert_moves_like(trajectory, MOTION, 1e-6)
    assert trajectory.temperature == 600


def test_the_temperature_of_vasp_is_over_3n_minus_3_degrees_of_freedom(tmp_path: Path) -> None:
    path = tmp_path / "vasprun.xml"
    # VASP 6.3 drew velocities for TEBEG = 2000 and gave 64 atoms 16.286874 eV, 0.086174 eV for
    # each of 3 N - 3.
    kinetic = 16.28687400 * (3 * 30 - 3) / (3 * 64 - 3)
    write_vasprun(path, MOTION, kinetic=[kinetic] * 20)
    assert open_trajectory(path, unwrap=True).temperature == pytest.approx(2000, abs=0.1)


def test_steps_that_vasp_thinned_out_need_an_interval(tmp_path: Path) -> None:
    path = tmp_path / "vasprun.xml"
    write_vasprun(path, MOTION, parameters='<i type="int" name="ML_OUTBLOCK">   10</i>')
    with pytest.raises(ValueError, match="--interval"):
        open_trajectory(path, unwrap=True)
    trajectory = open_trajectory(path, unwrap=True, interval=500.0)
    assert [frame.time for frame in trajectory.frames()][:3] == [0, 500, 1000]


@pytest.mark.parametrize(("wrap", "timed"), [(False, False), (True, True)])
def test_extended_xyz(tmp_path: Path, wrap: bool, timed: bool) -> None:
    path = tmp_path / "run.extxyz"
    write_extxyz(path, MOTION, wrap=wrap, timed=timed)
    trajectory = open_trajectory(path, interval=None if timed else 50.0, unwrap=wrap)
    assert_moves_like(trajectory, MOTION, 1e-6)
    assert trajectory.temperature is None


def test_velocities_give_a_temperature(tmp_path: Path) -> None:
    path = tmp_path / "run.traj"
    frames = [MOTION.atoms(number) for number in range(20)]
    velocity = 0.003 / ase_femtosecond
    for atoms in frames:
        atoms.set_velocities(np.full((30, 3), velocity))
    ase.io.write(path, frames)
    trajectory = open_trajectory(path, interval=50.0)
    assert_moves_like(trajectory, MOTION, 1e-9)
    expected = frames[0].get_masses().sum() * velocity**2 * 3 / (87 * kB)
    assert trajectory.temperature == pytest.approx(expected)


def test_own(tmp_path: Path) -> None:
    path = tmp_path / "run.h5md"
    write_own(path, MOTION, np.linspace(590, 610, 20).tolist())
    trajectory = open_trajectory(path)
    assert_moves_like(trajectory, MOTION, 1e-5)
    assert trajectory.temperature == pytest.approx(600)


def with_mdanalysis(tmp_path: Path, ending: str) -> tuple[Path, Path]:
    """Write by MDAnalysis, wrapped: positions of frame n, atoms in a file of their own."""
    universe = MDAnalysis.Universe.empty(30, trajectory=True)
    universe.add_TopologyAttr("elements", MOTION.symbols)
    universe.add_TopologyAttr("names", MOTION.symbols)
    path, topology = tmp_path / f"run.{ending}", tmp_path / "atoms.pdb"
    with MDAnalysis.Writer(str(path), 30, dt=0.05) as writer:
        for number in range(20):
            atoms = MOTION.atoms(number, wrap=True)
            universe.trajectory.ts.frame = number
            universe.trajectory.ts.time = number * 0.05
            universe.atoms.positions = atoms.positions
            universe.dimensions = atoms.cell.cellpar()
            writer.write(universe.atoms)
    universe.atoms.write(str(topology))
    return path, topology


@pytest.mark.parametrize(("ending", "accuracy"), [("trr", 1e-4), ("dcd", 1e-4), ("xtc", 0.03)])
def test_mdanalysis(tmp_path: Path, ending: str, accuracy: float) -> None:
    path, topology = with_mdanalysis(tmp_path, ending)
    trajectory = open_trajectory(path, topology=topology, unwrap=True)
    assert_moves_like(trajectory, MOTION, accuracy)


def test_mdanalysis_with_types(tmp_path: Path) -> None:
    topology = tmp_path / "atoms.data"
    cell = MOTION.cells[0]
    lines = [
        "atoms\n\n30 atoms\n3 atom types\n",
        *(f"0 {cell[axis, axis]} {name}lo {name}hi" for axis, name in enumerate("xyz")),
        f"{cell[1, 0]} {cell[2, 0]} {cell[2, 1]} xy xz yz\n\nAtoms # full\n",
        *(
            f"{atom + 1} 1 {'123'[atom % 3]} 0 {' '.join(map(str, position))}"
            for atom, position in enumerate(MOTION.positions[0])
        ),
    ]
    topology.write_text("\n".join(lines) + "\n")
    path, _ = with_mdanalysis(tmp_path, "trr")
    with pytest.raises(ValueError, match="no elements"):
        open_trajectory(path, topology=topology, unwrap=True)
    trajectory = open_trajectory(path, topology=topology, unwrap=True, species=SPECIES)
    assert_moves_like(trajectory, MOTION, 1e-4)


@pytest.mark.parametrize("name", ["run.dump", "XDATCAR", "vasprun.xml"])
def test_compressed(tmp_path: Path, name: str) -> None:
    plain, packed = tmp_path / name, tmp_path / f"{name}.gz"
    if name == "XDATCAR":
        write_xdatcar(plain, MOTION)
    elif name == "vasprun.xml":
        write_vasprun(plain, MOTION)
    else:
        write_dump(plain, MOTION, ["id", "element", "xu", "yu", "zu"])
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    options = {"interval": 50.0, "time_step": 2.0, "unwrap": True}
    for one, other in zip(
        open_trajectory(plain, **options).frames(),
        open_trajectory(packed, **options).frames(),
        strict=True,
    ):
        np.testing.assert_array_equal(one.positions, other.positions)


def test_paths_are_the_same_from_wrapped_and_unwrapped_files(tmp_path: Path) -> None:
    write_dump(tmp_path / "wrapped", MOTION, ["id", "type", "x", "y", "z"])
    write_extxyz(tmp_path / "unwrapped.extxyz", MOTION)
    mobile = np.array(MOTION.symbols) == "Li"
    found = []
    for path in (tmp_path / "wrapped", tmp_path / "unwrapped.extxyz"):
        interval = None if path.name == "wrapped" else 50.0
        trajectory = open_trajectory(
            path, interval=interval, time_step=2.0, species=SPECIES, unwrap=True
        )
        paths = gather_paths(trajectory.frames(), mobile, trajectory.masses)
        assert (paths.ions, paths.frames, paths.interval) == (10, 20, 50)
        (fractional,) = paths.fractional()
        found.append(fractional - fractional[0])
    np.testing.assert_allclose(*found, atol=1e-6)
