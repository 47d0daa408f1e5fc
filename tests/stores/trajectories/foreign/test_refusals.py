"""What cannot be analysed is refused with what to do."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ase.io
import numpy as np
import pytest
from motions_for_tests import (
    SPECIES,
    random_motion,
    write_dump,
    write_extxyz,
    write_own,
    write_vasprun,
    write_xdatcar,
)

from physics.errors import InputError
from stores.trajectories.foreign import ForeignTrajectory, open_trajectory

MOTION = random_motion()
UNWRAPPED = ["id", "element", "xu", "yu", "zu"]


def read_whole(path: Path, **options: Any) -> ForeignTrajectory:
    trajectory = open_trajectory(path, **options)
    assert len(list(trajectory.frames())) >= 2
    return trajectory


def write_xyz(path: Path, change: Callable[[ase.Atoms, int], ase.Atoms]) -> None:
    frames = [change(MOTION.atoms(number), number) for number in range(20)]
    ase.io.write(path, frames, format="extxyz")


@pytest.mark.parametrize("columns", ["id element x y z", "id element xs ys zs"])
def test_wrapped_dumps(tmp_path: Path, columns: str) -> None:
    path = tmp_path / "run.dump"
    write_dump(path, MOTION, columns.split())
    with pytest.raises(InputError, match=r"run.dump.*wrapped.*xu yu zu.*--unwrap"):
        open_trajectory(path, time_step=2.0)


def test_wrapped_vasp(tmp_path: Path) -> None:
    write_xdatcar(tmp_path / "XDATCAR", MOTION)
    write_vasprun(tmp_path / "vasprun.xml", MOTION)
    for name in ("XDATCAR", "vasprun.xml"):
        with pytest.raises(InputError, match=r"wrapped.*--unwrap"):
            open_trajectory(tmp_path / name, interval=50.0)


def test_jumps_in_a_format_that_does_not_say(tmp_path: Path) -> None:
    path = tmp_path / "run.extxyz"
    write_extxyz(path, MOTION, wrap=True)
    with pytest.raises(InputError, match=r"jumps by 0\.\d+ of a period before frame 1.*--unwrap"):
        read_whole(path, interval=50.0)


def test_moves_too_far_to_unwrap(tmp_path: Path) -> None:
    path = tmp_path / "XDATCAR"
    fractional = MOTION.fractional.copy()
    fractional[10:, 3, 1] = fractional[9, 3, 1] + 0.45 + 0.01 * np.arange(10)
    write_xdatcar(path, replace(MOTION, fractional=fractional))
    with pytest.raises(InputError, match=r"moves by 0.45 of a period before frame 10.*ambiguous"):
        read_whole(path, interval=50.0, unwrap=True)


def test_no_time(tmp_path: Path) -> None:
    write_extxyz(tmp_path / "run.extxyz", MOTION)
    write_dump(tmp_path / "run.dump", MOTION, UNWRAPPED)
    with pytest.raises(InputError, match=r"time between its frames.*--interval"):
        open_trajectory(tmp_path / "run.extxyz", time_step=2.0)
    with pytest.raises(InputError, match=r"numbers its steps.*--time-step"):
        open_trajectory(tmp_path / "run.dump", interval=50.0)


@pytest.mark.parametrize("name", ["interval", "time_step"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_times_that_are_not_positive(tmp_path: Path, name: str, value: float) -> None:
    write_extxyz(tmp_path / "run.extxyz", MOTION)
    with pytest.raises(InputError, match=f"{name} = .* expected a positive time"):
        open_trajectory(tmp_path / "run.extxyz", **{name: value})


@pytest.mark.parametrize("skip", [-1.0, float("nan")])
def test_negative_equilibration(tmp_path: Path, skip: float) -> None:
    write_extxyz(tmp_path / "run.extxyz", MOTION)
    with pytest.raises(InputError, match="skip = "):
        open_trajectory(tmp_path / "run.extxyz", interval=50.0, skip=skip)


def test_equilibration_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "run.dump"
    write_dump(path, MOTION, UNWRAPPED)
    trajectory = open_trajectory(path, time_step=2.0, skip=0.9)
    assert [frame.time for frame in trajectory.frames()] == [2900, 2950]
    with pytest.raises(InputError, match=r"1 whole frames after the first 0.95 ps"):
        read_whole(path, time_step=2.0, skip=0.95)


def test_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "run.extxyz"
    ase.io.write(path, MOTION.atoms(0))
    with pytest.raises(InputError, match=r"1 whole frames.*expected two or more"):
        open_trajectory(path, interval=50.0)


def test_another_order_of_elements(tmp_path: Path) -> None:
    path = tmp_path / "run.extxyz"
    write_xyz(path, lambda atoms, number: atoms[::-1] if number == 7 else atoms)
    with pytest.raises(InputError, match="frame 7 has its elements in another order"):
        read_whole(path, interval=50.0)


def test_another_order_of_the_same_elements_shows_as_a_jump(tmp_path: Path) -> None:
    path = tmp_path / "run.extxyz"
    write_xyz(path, lambda atoms, number: atoms[[*range(3, 30), 0, 1, 2]] if number > 7 else atoms)
    with pytest.raises(InputError, match=r"before frame 8.*order of the atoms"):
        read_whole(path, interval=50.0)


def test_another_number_of_atoms(tmp_path: Path) -> None:
    path = tmp_path / "run.extxyz"
    write_xyz(path, lambda atoms, number: atoms[:-1] if number == 7 else atoms)
    with pytest.raises(InputError, match="frame 7 has 29 atoms, the first has 30"):
        read_whole(path, interval=50.0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\n1 Li", "\n2 Li", "step 1125 has other atoms"),
        ("\n1 Li", "\n1 P", "change their type or element before step 1125"),
    ],
)
def test_other_atoms_in_a_dump(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "run.dump"
    write_dump(path, MOTION, UNWRAPPED)
    before, mark, after = path.read_text().partition("ITEM: TIMESTEP\n1125\n")
    path.write_text(before + mark + after.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        read_whole(path, time_step=2.0)


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ("element xu yu zu", {}, "id"),
        ("id xu yu zu", {}, "neither a column type nor a column element"),
        ("id type xu yu zu", {}, "type 1, 2, 3 have no element; .*--species 1=Li"),
        ("id type xu yu zu", {"species": {"1": "Li", "2": "P"}}, "type 3 have no element"),
        ("id type xu yu zu", {"species": SPECIES | {"2": "Phosphorus"}}, "type 2 have no element"),
        ("id element x y", {}, "expected positions: dump xu yu zu"),
    ],
)
def test_columns_of_dumps(
    tmp_path: Path, columns: str, options: dict[str, Any], message: str
) -> None:
    path = tmp_path / "run.dump"
    write_dump(path, MOTION, columns.split())
    with pytest.raises(InputError, match=message):
        open_trajectory(path, time_step=2.0, **options)


def test_units_of_dumps(tmp_path: Path) -> None:
    path = tmp_path / "run.dump"
    write_dump(path, MOTION, UNWRAPPED)
    path.write_text("ITEM: UNITS\nlj\n" + path.read_text())
    with pytest.raises(InputError, match="units lj, expected metal or real"):
        open_trajectory(path, time_step=2.0)


def test_a_repeated_and_an_incomplete_snapshot_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "run.dump"
    write_dump(path, MOTION, UNWRAPPED)
    parts = path.read_text().split("ITEM: TIMESTEP\n")[1:]
    parts.insert(5, parts[4])
    whole = "".join(f"ITEM: TIMESTEP\n{part}" for part in parts)
    path.write_text(whole[:-30])
    assert len(list(open_trajectory(path, time_step=2.0).frames())) == 19


def test_an_incomplete_frame_of_vasp_is_left_out(tmp_path: Path) -> None:
    write_xdatcar(tmp_path / "XDATCAR", MOTION)
    write_vasprun(tmp_path / "vasprun.xml", MOTION)
    for name, cut in (("XDATCAR", 20), ("vasprun.xml", 100)):
        path = tmp_path / name
        path.write_text(path.read_text()[:-cut])
        assert len(list(open_trajectory(path, interval=50.0, unwrap=True).frames())) == 19


def test_relaxations(tmp_path: Path) -> None:
    path = tmp_path / "vasprun.xml"
    write_vasprun(path, MOTION, parameters='<i type="int" name="IBRION">     2</i>')
    with pytest.raises(InputError, match=r"IBRION = 2, expected molecular dynamics"):
        open_trajectory(path, unwrap=True)


def test_an_xdatcar_without_elements(tmp_path: Path) -> None:
    path = tmp_path / "XDATCAR"
    write_xdatcar(path, MOTION, lithium="10")
    with pytest.raises(InputError, match="names no elements"):
        open_trajectory(path, interval=50.0, unwrap=True)


@pytest.mark.parametrize("pbc", [False, [True, True, False]])
def test_no_periodic_cell(tmp_path: Path, pbc: Any) -> None:
    def open_up(atoms: ase.Atoms, number: int) -> ase.Atoms:
        atoms.set_pbc(pbc)
        return atoms

    path = tmp_path / "run.extxyz"
    write_xyz(path, open_up)
    with pytest.raises(InputError, match="frame 0 has no cell that repeats"):
        open_trajectory(path, interval=50.0)


def test_a_dump_with_a_surface(tmp_path: Path) -> None:
    path = tmp_path / "run.dump"
    write_dump(path, MOTION, UNWRAPPED)
    path.write_text(path.read_text().replace("pp pp pp", "pp pp fs"))
    with pytest.raises(InputError, match="no cell that repeats"):
        open_trajectory(path, time_step=2.0)


def test_another_lattice(tmp_path: Path) -> None:
    path = tmp_path / "run.dump"
    cells = MOTION.cells.copy()
    cells[10:] *= 2
    write_dump(path, replace(MOTION, cells=cells), UNWRAPPED)
    with pytest.raises(InputError, match="another lattice before frame 10"):
        read_whole(path, time_step=2.0)


def test_several_temperatures(tmp_path: Path) -> None:
    own, vasp = tmp_path / "run.h5md", tmp_path / "vasprun.xml"
    write_own(own, MOTION, [600.0] * 10 + [800.0] * 10)
    write_vasprun(vasp, MOTION, end=1000)
    for path in (own, vasp):
        trajectory = read_whole(path, unwrap=True)
        with pytest.raises(InputError, match="expected one temperature"):
            _ = trajectory.temperature


def test_no_file(tmp_path: Path) -> None:
    write_extxyz(tmp_path / "run.extxyz", MOTION)
    with pytest.raises(InputError, match=r"no trajectory file .*none\.dump"):
        open_trajectory(tmp_path / "none.dump")
    with pytest.raises(InputError, match=r"no trajectory file .*none\.pdb"):
        open_trajectory(tmp_path / "run.extxyz", topology=tmp_path / "none.pdb")


@pytest.mark.parametrize(
    "content", [b"", b"a letter\nto nobody\n", b"\x89HDF\r\n\x1a\n", b"\x00\xff"]
)
@pytest.mark.parametrize("name", ["letter.txt", "letter.xyz", "letter.dcd", "letter.gz"])
def test_other_files(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match="letter"):
        open_trajectory(path, interval=50.0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("TIMESTEP\n1125", "TIMESTEP\nnoon"),
        ("ATOMS\n30", "ATOMS\nmany"),
        ("ATOMS\n30", "ATOMS\n29"),
        ("xy xz yz", "abc origin"),
        ("ITEM: ATOMS", "ATOMS"),
        ("\n1 Li", "\n1 Li nowhere"),
    ],
)
def test_damaged_dumps(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "run.dump"
    write_dump(path, MOTION, UNWRAPPED)
    before, mark, after = path.read_text().partition("ITEM: TIMESTEP\n1125\n")
    path.write_text(before + (mark + after).replace(old, new, 1))
    with pytest.raises(InputError, match=r"run\.dump"):
        read_whole(path, time_step=2.0)


def test_without_mdanalysis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "MDAnalysis", None)
    path = tmp_path / "run.dcd"
    path.write_bytes(b"CORD")
    with pytest.raises(InputError, match="pip install mdanalysis"):
        open_trajectory(path)
