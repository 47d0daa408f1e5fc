"""Molecular dynamics with a user's own LAMMPS."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure

from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.lammps import load_lammps
from physics.dynamics.grading import Grading
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from stores.documents import StoredPotential

PROGRAM = Path(__file__).with_name("lmp_for_tests.py")
PROTOCOL = Protocol(
    (
        Stage("heat", 200, 20.0, 40.0, "npt", coupling="aniso"),
        Stage("rest", 100, 40.0, ensemble="npt", coupling="aniso"),
    ),
    seed=3,
)
MAKER = DynamicsMaker(driver="lmp", protocol=PROTOCOL, output=Output(interval=20, velocities=True))


@pytest.fixture
def lmp(monkeypatch: pytest.MonkeyPatch) -> None:
    """A LAMMPS with the pair style of MLIP as the command."""
    try:
        load_lammps()
    except InputError as error:
        pytest.skip(str(error))
    monkeypatch.setenv("THIOFLOW_LMP", f"{sys.executable} {PROGRAM}")
    monkeypatch.setenv("PYTHONPATH", str(PROGRAM.parents[2]))


@pytest.mark.parametrize("interface", ["MLIP-2", "MLIP-3"])
def test_the_program_runs_what_the_library_runs(
    interface: str,
    *,
    lmp: None,
    workspace: Path,
    argon_crystal: Structure,
    cold_argon: StoredPotential,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("THIOFLOW_MLIP", interface)
    folders = {driver: workspace / driver for driver in ("lmp", "lammps")}
    for folder in folders.values():
        folder.mkdir()
    program, library = (
        replace(MAKER, driver=driver).run(argon_crystal, cold_argon, folder=folder)
        for driver, folder in folders.items()
    )
    assert program.completed
    assert (program.steps, program.trajectory.frames) == (300, 16)
    assert [(s.name, s.steps, s.frames) for s in program.stages] == [
        (s.name, s.steps, s.frames) for s in library.stages
    ]
    with program.trajectory.open() as ours, library.trajectory.open() as theirs:
        for one, other in zip(ours, theirs, strict=True):
            assert one.step == other.step
            np.testing.assert_allclose(one.positions, other.positions, atol=1e-5)
            np.testing.assert_allclose(one.velocities, other.velocities, atol=1e-7)
            assert one.energy == pytest.approx(other.energy, abs=1e-6)
    assert program.energy == pytest.approx(library.energy, abs=1e-6)


def test_a_program_that_is_killed_goes_on(
    lmp: None,
    workspace: Path,
    argon_crystal: Structure,
    cold_argon: StoredPotential,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LMP_DIES_AT", "250")
    with pytest.raises(RuntimeError, match="ended with status -9"):
        MAKER.run(argon_crystal, cold_argon, folder=workspace)
    monkeypatch.delenv("LMP_DIES_AT")
    document = MAKER.run(argon_crystal, cold_argon, folder=workspace)
    with document.trajectory.open() as trajectory:
        assert trajectory.steps.tolist() == list(range(0, 301, 20))
    again = MAKER.run(argon_crystal, cold_argon, folder=workspace)
    assert again.trajectory == document.trajectory


def test_what_the_program_said_is_quoted(
    workspace: Path,
    argon_crystal: Structure,
    cold_argon: StoredPotential,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("THIOFLOW_LMP", "sh -c 'echo ERROR: Unrecognized pair style; exit 1'")
    with pytest.raises(RuntimeError, match=r"status 1 in (?s:.)*Unrecognized pair style"):
        MAKER.run(argon_crystal, cold_argon, folder=workspace)


def test_without_a_program_the_remedy_is_named(
    workspace: Path,
    argon_crystal: Structure,
    cold_argon: StoredPotential,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("THIOFLOW_LMP", "no-such-lmp")
    with pytest.raises(InputError, match="THIOFLOW_LMP, or use driver 'lammps'"):
        MAKER.run(argon_crystal, cold_argon, folder=workspace)


def test_what_the_program_does_not_give_is_refused() -> None:
    for change in ({"grading": Grading()}, {"output": Output(forces=True)}):
        with pytest.raises(InputError, match="driver 'lmp' was given with"):
            replace(MAKER, **change)
