"""LAMMPS moves atoms as ASE does, keeps to its stages, and goes on where it stopped."""

import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.cell import Cell
from ase.md.verlet import VelocityVerlet
from ase.units import GPa, fs

from physics.dynamics.frame import Frame
from physics.dynamics.lammps_integrator import LammpsIntegrator
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from physics.potentials.calculator import MTPCalculator
from physics.potentials.kernel import evaluate_with_shortest
from physics.potentials.potential import MomentTensorPotential

Open = Callable[[], Any]

SHEAR = np.array([[1.0, 0.0, 0.0], [0.1, 0.95, 0.0], [-0.05, 0.08, 1.1]])
TURN = np.array([[0.0, 0.6, 0.8], [-1.0, 0.0, 0.0], [0.0, -0.8, 0.6]])
CELLS = {
    "orthogonal": np.diag([1.0, 1.1, 0.9]),
    "triclinic": SHEAR,
    "turned": SHEAR @ TURN,
    "left-handed": SHEAR[[1, 0, 2]],
}
ARGON_STEP = 4.0


def crystal(strain: Any = None, repeat: int = 2) -> Atoms:
    """Give a mixed crystal, some atoms of which are far outside the cell."""
    atoms = bulk("S", "fcc", a=5.0, cubic=True) * repeat
    rng = np.random.default_rng(3)
    atoms.symbols = rng.choice(["Li", "P", "S"], len(atoms))
    atoms.set_cell(atoms.cell.array @ (np.eye(3) if strain is None else strain), scale_atoms=True)
    atoms.positions += rng.integers(-3, 4, (len(atoms), 3)) @ atoms.cell.array
    return atoms


def argon(strain: Any = None) -> Atoms:
    atoms = bulk("Ar", "fcc", a=5.45, cubic=True) * 2
    atoms.set_cell(atoms.cell.array @ (np.eye(3) if strain is None else strain), scale_atoms=True)
    return atoms


def start(
    lmp: Any, atoms: Atoms, potential: MomentTensorPotential, *stages: Stage, **settings: Any
) -> LammpsIntegrator:
    """Give an integrator that has begun the first stage."""
    protocol = Protocol(stages, **{"time_step": ARGON_STEP, **settings})
    integrator = LammpsIntegrator(lmp, atoms, potential, protocol)
    integrator.begin(stages[0])
    return integrator


def close(a: Frame, b: Frame) -> float:
    """Give the largest difference of positions, cells and scaled velocities, Å."""
    assert a.velocities is not None
    assert b.velocities is not None
    return max(
        abs(a.positions - b.positions).max(),
        abs(a.cell - b.cell).max(),
        1000 * abs(a.velocities - b.velocities).max(),
    )


@pytest.mark.parametrize("strain", CELLS.values(), ids=CELLS)
def test_a_run_equals_one_of_ase_at_every_step(
    strain: Any, repulsive_potential: MomentTensorPotential, open_lammps: Open
) -> None:
    atoms = crystal(strain)
    stage = Stage("free", 20, 600.0, ensemble="nve")
    run = start(open_lammps(), atoms, repulsive_potential, stage, time_step=1.0)
    first = run.frame(velocities=True)
    assert first.positions == pytest.approx(atoms.positions, abs=1e-12)
    assert first.cell == pytest.approx(atoms.cell.array, abs=1e-12)
    assert first.temperature == pytest.approx(600.0, rel=1e-9)

    moving = atoms.copy()
    moving.calc = MTPCalculator(repulsive_potential)
    moving.set_velocities(np.asarray(first.velocities) / fs)
    verlet = VelocityVerlet(moving, timestep=fs)
    for step in range(1, 21):
        run.advance(1)
        verlet.run(1)
        frame = run.frame(velocities=True, forces=True)
        assert (frame.step, frame.time) == (step, float(step))
        there = atoms.copy()
        there.positions = frame.positions
        there.calc = MTPCalculator(repulsive_potential)
        assert frame.energy == pytest.approx(there.get_potential_energy(), rel=1e-8)
        assert frame.forces == pytest.approx(there.get_forces(), abs=1e-8)
        stress = there.get_stress(voigt=False) / GPa
        assert frame.stress == pytest.approx(stress, abs=1e-8)
        assert frame.positions == pytest.approx(moving.positions, abs=1e-7)
        assert frame.velocities == pytest.approx(moving.get_velocities() * fs, abs=1e-8)


def test_atoms_that_change_places_in_memory(
    repulsive_potential: MomentTensorPotential, open_lammps: Open
) -> None:
    atoms = crystal(SHEAR @ TURN)
    stage = Stage("free", 100, 3000.0, ensemble="npt", pressure=1.0)
    lmp = open_lammps()
    run = start(lmp, atoms, repulsive_potential, stage, time_step=1.0)
    state = run.state()
    run.advance(100)
    expected = run.frame(velocities=True, forces=True)
    run.restore(state)
    lmp.command("atom_modify sort 10 2.5")
    lmp.command("neigh_modify check no")
    run.begin(stage)
    run.advance(100)
    assert lmp.numpy.extract_atom("id")[:32].tolist() != list(range(1, 33))
    frame = run.frame(velocities=True, forces=True)
    assert close(frame, expected) < 1e-8
    assert frame.forces == pytest.approx(expected.forces, abs=1e-8)


@pytest.mark.parametrize("size", [2, 4, 8])
def test_cells_smaller_than_the_cutoff(
    size: int, repulsive_potential: MomentTensorPotential, open_lammps: Open
) -> None:
    atoms = bulk("S", "fcc", a=3.4).repeat((size, 1, 1))
    atoms.symbols[0] = "Li"
    run = start(
        open_lammps(), atoms, repulsive_potential, Stage("a", 50, 300.0, ensemble="nve"),
        time_step=1.0,
    )  # fmt: skip
    run.advance(50)
    frame = run.frame(forces=True)
    there = Atoms(atoms.symbols, frame.positions, cell=frame.cell, pbc=True)
    there.calc = MTPCalculator(repulsive_potential)
    assert frame.energy == pytest.approx(there.get_potential_energy(), rel=1e-8)
    assert frame.forces == pytest.approx(there.get_forces(), abs=1e-8)
    assert frame.stress == pytest.approx(there.get_stress(voigt=False) / GPa, abs=1e-8)


@pytest.mark.parametrize("thermostat", ["nose-hoover", "langevin"])
@pytest.mark.parametrize("ensemble", ["nvt", "npt"])
def test_temperature_and_pressure_are_those_of_the_stage(
    ensemble: Any, thermostat: Any, argon_potential: MomentTensorPotential, open_lammps: Open
) -> None:
    stage = Stage("hold", 5000, 40.0, ensemble=ensemble, pressure=0.1)
    run = start(open_lammps(), argon(), argon_potential, stage, thermostat=thermostat)
    run.advance(1000)
    frames = []
    for _ in range(200):
        run.advance(20)
        frames.append(run.frame(velocities=True))
    # 93 degrees of freedom fluctuate by 5.9 K, the pressure by 0.03 GPa; 16 ps hold 50 or more
    # independent values
    assert np.mean([frame.temperature for frame in frames]) == pytest.approx(40.0, abs=4.0)
    assert np.std([frame.temperature for frame in frames]) == pytest.approx(5.9, rel=0.4)
    momenta = argon().get_masses() @ frames[-1].velocities
    assert momenta == pytest.approx(0.0, abs=1e-9)
    if ensemble == "npt":
        pressures = [frame.pressure for frame in frames]
        assert np.mean(pressures) == pytest.approx(0.1, abs=0.02)  # type: ignore[arg-type]


def target(lmp: Any, atoms: int) -> float:
    """Give the temperature that a chain of three is at, from its energy and its position."""
    energy, place = (lmp.extract_fix("ensemble", 0, 1, k) for k in (6, 0))
    return float(energy / place / (3 * atoms - 3) / lmp.extract_global("boltz"))


def test_a_ramp_goes_on_over_pieces_and_over_a_restart(
    argon_potential: MomentTensorPotential, open_lammps: Open
) -> None:
    before, ramp = Stage("hold", 30, 40.0), Stage("heat", 100, 40.0, 80.0)
    lmp = open_lammps()
    run = start(lmp, argon(), argon_potential, before, ramp)
    run.advance(30)
    run.begin(ramp)
    done = 0
    for piece in (1, 9, 40):
        run.advance(piece)
        done += piece
        assert target(lmp, 32) == pytest.approx(ramp.temperature_at(done), rel=1e-9)
    run.restore(run.state())
    run.begin(ramp, done)
    for piece in (7, 43):
        run.advance(piece)
        done += piece
        assert target(lmp, 32) == pytest.approx(ramp.temperature_at(done), rel=1e-9)


@pytest.mark.parametrize(
    ("ensemble", "end", "tolerance"),
    [("nve", 40.0, 1e-10), ("nvt", 60.0, 1e-10), ("npt", 40.0, 1e-10), ("npt", 60.0, 1e-4)],
)
def test_a_restored_run_goes_on_as_if_nothing_had_been(
    ensemble: Any,
    end: float,
    tolerance: float,
    argon_potential: MomentTensorPotential,
    open_lammps: Open,
) -> None:
    atoms = argon(SHEAR @ TURN)
    stages = (
        Stage("a", 100, 40.0, end, ensemble, coupling="aniso"),
        Stage("b", 100, end, None, ensemble, coupling="aniso"),
    )
    run = start(open_lammps(), atoms, argon_potential, *stages)
    run.advance(60)
    state = run.state()
    run.advance(40)
    run.begin(stages[1])
    run.advance(50)
    expected = run.frame(velocities=True)

    again = LammpsIntegrator(open_lammps(), atoms, argon_potential, Protocol(stages, ARGON_STEP))
    again.restore(state)
    again.begin(stages[0], 60)
    again.advance(40)
    again.restore(again.state())
    again.begin(stages[1])
    again.advance(50)
    frame = again.frame(velocities=True)
    assert frame.step == expected.step == 150
    assert close(frame, expected) < tolerance


def test_a_thermostat_goes_on_from_stage_to_stage(
    argon_potential: MomentTensorPotential, open_lammps: Open
) -> None:
    stages = Stage("a", 50, 40.0), Stage("b", 50, 70.0)
    lmp = open_lammps()
    run = start(lmp, argon(), argon_potential, *stages)
    run.advance(50)
    before = [lmp.extract_fix("ensemble", 0, 1, k) for k in range(6)]
    run.begin(stages[1])
    assert [lmp.extract_fix("ensemble", 0, 1, k) for k in range(6)] == before
    assert min(map(abs, before)) > 0


def test_langevin_dynamics_is_drawn_from_seed_and_step(
    argon_potential: MomentTensorPotential, open_lammps: Open
) -> None:
    stage = Stage("a", 100, 40.0)
    run = start(open_lammps(), argon(), argon_potential, stage, thermostat="langevin")
    run.advance(10)
    state = run.state()

    def moved() -> Any:
        run.restore(state)
        run.begin(stage, 10)
        run.advance(10)
        return run.frame().positions

    assert np.array_equal(moved(), moved())
    other = start(open_lammps(), argon(), argon_potential, stage, thermostat="langevin", seed=1)
    other.restore(state)
    other.begin(stage, 10)
    other.advance(10)
    assert abs(other.frame().positions - moved()).max() > 1e-3


def test_advance_needs_a_stage(argon_potential: MomentTensorPotential, open_lammps: Open) -> None:
    protocol = Protocol((Stage("a", 100, 40.0),))
    run = LammpsIntegrator(open_lammps(), argon(), argon_potential, protocol)
    with pytest.raises(RuntimeError, match="before begin"):
        run.advance(1)


def test_the_cell_moves_as_the_coupling_says(
    argon_potential: MomentTensorPotential, open_lammps: Open
) -> None:
    atoms = argon(SHEAR)
    after = {}
    for coupling in ("iso", "aniso", "z"):
        stage = Stage("squeeze", 200, 40.0, None, "npt", pressure=0.5, coupling=coupling)
        run = start(open_lammps(), atoms, argon_potential, stage)
        run.advance(200)
        after[coupling] = run.frame()
        assert after[coupling].volume < 0.97 * atoms.get_volume()
        centre = atoms.get_masses() @ after[coupling].positions / atoms.get_masses().sum()
        scaled = np.linalg.solve(after[coupling].cell.T, centre)
        expected = np.linalg.solve(atoms.cell.array.T, atoms.get_center_of_mass())
        assert scaled == pytest.approx(expected, abs=1e-9)
    given = atoms.cell.array
    iso = after["iso"].cell
    assert iso / iso[0, 0] == pytest.approx(given / given[0, 0], abs=1e-12)
    aniso = Cell(after["aniso"].cell)
    assert aniso.angles() == pytest.approx(atoms.cell.angles(), abs=1e-10)
    assert np.ptp(aniso.lengths() / atoms.cell.lengths()) > 0.01
    changed = after["z"].cell != given
    assert changed.tolist() == [[False] * 3, [False] * 3, [False, False, True]]


def test_z_is_refused_where_the_first_vectors_are_not_in_the_xy_plane(
    argon_potential: MomentTensorPotential, open_lammps: Open
) -> None:
    stage = Stage("squeeze", 10, 40.0, ensemble="npt", coupling="z")
    protocol = Protocol((stage,))
    with pytest.raises(InputError, match="coupling 'z'"):
        LammpsIntegrator(open_lammps(), argon(TURN), argon_potential, protocol)


def test_what_the_potential_refuses_comes_out(
    argon_potential: MomentTensorPotential, open_lammps: Open
) -> None:
    atoms = argon()
    atoms.positions[1] = atoms.positions[0]
    with pytest.raises(InputError, match="two atoms are at the same place"):
        start(open_lammps(), atoms, argon_potential, Stage("a", 10, 40.0))


def test_an_interrupted_run_can_be_restored(
    argon_potential: MomentTensorPotential, open_lammps: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def interrupted(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 4:
            signal.raise_signal(signal.SIGINT)
        return evaluate_with_shortest(*arguments)

    stage = Stage("a", 100, 40.0)
    run = start(open_lammps(), argon(), argon_potential, stage)
    state = run.state()
    run.advance(20)
    expected = run.frame(velocities=True)
    run.restore(state)
    run.begin(stage)
    monkeypatch.setattr("physics.potentials.lammps.evaluate_with_shortest", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.advance(20)
    with pytest.raises(KeyboardInterrupt):
        run.state()
    run.restore(state)
    run.begin(stage)
    run.advance(20)
    assert close(run.frame(velocities=True), expected) < 1e-10


def test_atoms_that_fly_apart_end_the_run(
    argon_potential: MomentTensorPotential, open_lammps: Open
) -> None:
    lmp = open_lammps()
    run = start(lmp, argon(), argon_potential, Stage("a", 10, 40.0, ensemble="nve"))
    lmp.numpy.extract_atom("v")[0] = 1e300
    with pytest.raises((InputError, RuntimeError), match=r"not finite|shorter time step"):
        run.advance(10)


@pytest.mark.parametrize("part", [0, 100, -1])
def test_what_is_no_state_is_refused(
    part: int, argon_potential: MomentTensorPotential, open_lammps: Open
) -> None:
    stage = Stage("a", 10, 40.0)
    run = start(open_lammps(), argon(), argon_potential, stage)
    state = run.state()
    with pytest.raises(InputError, match="cannot read as a state"):
        run.restore(state[:part])
    run.restore(state)
    run.begin(stage)
    run.advance(10)


def test_a_state_of_other_atoms_is_refused(
    repulsive_potential: MomentTensorPotential, open_lammps: Open
) -> None:
    stage = Stage("a", 10, 40.0)
    other = crystal()
    other.symbols[[0, 1]] = ["Li", "S"]
    state = start(open_lammps(), other, repulsive_potential, stage).state()
    other.symbols[[0, 1]] = ["S", "Li"]
    run = start(open_lammps(), other, repulsive_potential, stage)
    with pytest.raises(InputError, match="a state of 32 atoms was given that are not the 32"):
        run.restore(state)
