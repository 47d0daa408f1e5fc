"""Files of active sets: what was written is read, and only with the potential it belongs to."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms

from physics.errors import InputError
from physics.potentials.active_set import ActiveSet
from physics.potentials.active_set_file import read_active_set, write_active_set
from physics.potentials.files import read_potential, write_potential
from physics.potentials.potential import MomentTensorPotential

CELL = [[7.0, 0.0, 0.0], [2.0, 6.0, 0.0], [0.0, 1.0, 6.5]]


@pytest.fixture
def images(draw_atoms: Callable[..., Atoms]) -> list[Atoms]:
    return [draw_atoms(6, 2, seed=seed, cell=CELL) for seed in range(10)]


@pytest.fixture
def active(draw_potential: Callable[..., MomentTensorPotential], images: list[Atoms]) -> ActiveSet:
    return ActiveSet.select(draw_potential(2, 2), images[:8])


@pytest.fixture
def path(active: ActiveSet, tmp_path: Path) -> Path:
    write_active_set(tmp_path / "set.npz", active)
    return tmp_path / "set.npz"


def test_active_set_returns_from_its_file(
    active: ActiveSet, images: list[Atoms], path: Path
) -> None:
    again = read_active_set(path, active.potential)
    np.testing.assert_array_equal(again.grade(images), active.grade(images))
    np.testing.assert_array_equal(again.origins, active.origins)
    assert (again.mode, again.n_configurations) == ("neighbourhood", 8)
    assert [file.name for file in path.parent.iterdir()] == ["set.npz"]


def test_potential_may_come_from_its_own_file(active: ActiveSet, path: Path) -> None:
    write_potential(path.with_suffix(".mtp"), active.potential)
    again = read_active_set(path, read_potential(path.with_suffix(".mtp"), ["Li", "P"]))
    np.testing.assert_array_equal(again.rows, active.rows)


def test_set_of_a_potential_trained_since_is_refused(active: ActiveSet, path: Path) -> None:
    theta = active.potential.parameters
    theta[3] += 1e-12
    with pytest.raises(InputError, match=r"trained since; select the active set anew"):
        read_active_set(path, active.potential.with_parameters(theta))


def test_species_in_another_order_are_refused(active: ActiveSet, path: Path) -> None:
    p = active.potential
    other = MomentTensorPotential(
        p.table, ("P", "Li"), p.r_min, p.r_max, p.radial, p.xi, p.offsets, p.scaling
    )
    with pytest.raises(InputError, match=r"Li, P in this order.*has P, Li"):
        read_active_set(path, other)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
def test_truncated_file_is_refused(part: float, active: ActiveSet, path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(InputError, match="truncated"):
        read_active_set(path, active.potential)


def test_damaged_file_is_refused(active: ActiveSet, path: Path) -> None:
    content = bytearray(path.read_bytes())
    place = content.find(active.rows.tobytes())
    content[place + 5] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match="truncated"):
        read_active_set(path, active.potential)


def test_foreign_files_are_refused(active: ActiveSet, tmp_path: Path) -> None:
    text, array, arrays = (tmp_path / name for name in ("a.npz", "b.npz", "c.npz"))
    text.write_text("MTP\n")
    with array.open("wb") as file:
        np.save(file, np.eye(3))
    np.savez(arrays, rows=np.eye(3))
    for path in (text, array, arrays):
        with pytest.raises(InputError, match="no active set"):
            read_active_set(path, active.potential)
    with pytest.raises(InputError, match="give the path"):
        read_active_set(tmp_path / "missing.npz", active.potential)
