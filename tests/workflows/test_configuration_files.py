"""Reading configurations: labels and groups arrive, faults are told in one line."""

from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator
from motep.io.mlip.cfg import write_cfg

from physics.errors import InputError
from workflows.configuration_files import read_configurations, write_configurations

STRESS = np.array([1.0, 2.0, 3.0, 0.4, 0.5, 0.6]) / 100


def labelled(energy: float = -3.5, **info: str) -> Atoms:
    atoms = bulk("NaCl", "rocksalt", 5.64)
    forces = np.array([[0.1, 0.2, 0.3], [-0.1, -0.2, -0.3]])
    atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=forces, stress=STRESS)
    atoms.info |= info
    return atoms


@pytest.mark.parametrize("name", ["a.extxyz", "a.traj", "a.cfg"])
def test_labels_arrive(workspace: Path, name: str) -> None:
    path = Path(name)
    if path.suffix == ".cfg":
        with path.open("w") as file:
            write_cfg(file, [labelled()], ["Na", "Cl"])
    else:
        ase.io.write(path, [labelled()])
    (atoms,) = read_configurations([path], species=["Na", "Cl"])
    assert list(atoms.symbols) == ["Na", "Cl"]
    assert atoms.calc.results["energy"] == pytest.approx(-3.5)
    assert atoms.calc.results["forces"][1] == pytest.approx([-0.1, -0.2, -0.3])
    assert atoms.calc.results["stress"] == pytest.approx(STRESS, rel=1e-4)


def test_group_is_of_the_frame_or_the_file(workspace: Path) -> None:
    frames = [labelled(group="hot", config_type="bulk"), labelled(config_type="bulk"), labelled()]
    ase.io.write("a.extxyz", frames)
    ase.io.write("b.extxyz", [labelled()])
    found = read_configurations([Path("a.extxyz"), Path("b.extxyz")])
    assert [atoms.info["group"] for atoms in found] == ["hot", "bulk", "a.extxyz", "b.extxyz"]


def test_unlabelled_configurations_are_read_where_labels_are_not_needed(workspace: Path) -> None:
    write_configurations(Path("a.extxyz"), [labelled()])
    (atoms,) = read_configurations([Path("a.extxyz")], labelled=False)
    assert atoms.calc is None
    with pytest.raises(InputError, match=r"a\.extxyz: configuration 0 .* has no energy"):
        read_configurations([Path("a.extxyz")])


def test_energy_under_another_name_is_named(workspace: Path) -> None:
    atoms = bulk("Cu")
    atoms.info["REF_energy"] = -3.5
    ase.io.write("a.extxyz", [atoms])
    with pytest.raises(InputError, match="it has REF_energy: rename to energy"):
        read_configurations([Path("a.extxyz")])


def test_labels_that_are_not_finite_are_refused(workspace: Path) -> None:
    ase.io.write("a.extxyz", [labelled(), labelled(float("nan"))])
    with pytest.raises(InputError, match=r"a\.extxyz: configuration 1 \(ClNa\) has energy"):
        read_configurations([Path("a.extxyz")])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.extxyz", "12\n", "cannot read a.extxyz"),
        ("a.extxyz", "", "a.extxyz"),
        ("a.unknown", "nothing\n", "cannot read a.unknown"),
        ("a.cfg", "BEGIN_CFG\n Size\n", "name them in this order"),
    ],
)
def test_foreign_and_truncated_files_are_refused(
    workspace: Path, name: str, content: str, message: str
) -> None:
    Path(name).write_text(content)
    with pytest.raises(InputError, match=message):
        read_configurations([Path(name)])


def test_truncated_cfg_is_refused(workspace: Path) -> None:
    Path("a.cfg").write_text("BEGIN_CFG\n Size\n")
    with pytest.raises(InputError, match=r"cannot read a\.cfg"):
        read_configurations([Path("a.cfg")], species=["Na", "Cl"])
