"""Molecular dynamics with ASE: known motions, schedules, exact restarts, what is refused."""

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk, fcc111
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.md.verlet import VelocityVerlet
from fluid_for_tests import ScaledFluid, fluid
from scipy.optimize import brentq

from physics.dynamics.ase_integrator import AseIntegrator
from physics.dynamics.frame import Frame
from physics.dynamics.protocol import Coupling, Ensemble, Protocol, Stage, Thermostat
from physics.dynamics.velocities import temperature_of
from physics.errors import InputError

TILTED = np.array([[5.0, 0, 0], [1.0, 4.5, 0], [0.5, -1.2, 5.5]])
KINDS: list[tuple[Ensemble, Coupling]] = [
    ("nve", "iso"),
    ("nvt", "iso"),
    ("npt", "iso"),
    ("npt", "aniso"),
    ("npt", "z"),
]
THERMOSTATS: list[Thermostat] = ["langevin", "nose-hoover"]

each_kind = pytest.mark.parametrize(("ensemble", "coupling"), KINDS)
each_thermostat = pytest.mark.parametrize("thermostat", THERMOSTATS)


class WithoutStress(Calculator):
    """Atoms that feel nothing."""

    implemented_properties = ("energy", "forces")

    def calculate(self, *arguments: object) -> None:
        """Give zeros."""
        super().calculate(*arguments)
        self.results = {"energy": 0.0, "forces": np.zeros((len(self.atoms), 3))}


def started(
    stage: Stage,
    atoms: Atoms | None = None,
    calculator: Calculator | None = None,
    *,
    thermostat: Thermostat = "langevin",
    time_step: float = 4.0,
) -> AseIntegrator:
    integrator = AseIntegrator(
        fluid() if atoms is None else atoms,
        calculator or ScaledFluid(),
        Protocol(
            (stage,),
            time_step=time_step,
            thermostat=thermostat,
            temperature_damping=50.0,
            pressure_damping=100.0,
            seed=5,
        ),
    )
    integrator.begin(stage)
    return integrator


def whole(integrator: AseIntegrator) -> Frame:
    return integrator.frame(velocities=True, forces=True)


def assert_same(one: Frame, other: Frame) -> None:
    for name in ("step", "time", "positions", "cell", "energy", "temperature", "stress",
                 "velocities", "forces"):  # fmt: skip
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@each_kind
@each_thermostat
def test_restart_goes_on_bit_for_bit(
    ensemble: Ensemble, coupling: Coupling, thermostat: Thermostat
) -> None:
    atoms = fluid(cell=TILTED)
    stage = Stage("ramp", 40, 300.0, 500.0, ensemble, 0.1, 0.3, coupling)
    after = Stage("hold", 10, 500.0, None, "npt", 0.3, None, "iso")
    undisturbed = started(stage, atoms, thermostat=thermostat)
    undisturbed.advance(17)
    saved = undisturbed.state()
    undisturbed.advance(23)
    at_end = whole(undisturbed)
    undisturbed.begin(after)
    undisturbed.advance(10)

    again = AseIntegrator(atoms, ScaledFluid(), Protocol((stage,), 4.0, thermostat, 50.0, 100.0))
    again.restore(saved)
    again.begin(stage, 17)
    again.advance(20)
    again.restore(again.state())
    again.begin(stage, 37)
    again.advance(3)
    assert_same(whole(again), at_end)
    again.begin(after)
    again.advance(10)
    assert_same(whole(again), whole(undisturbed))
    assert again.conserved_energy == undisturbed.conserved_energy


def test_saving_does_not_disturb() -> None:
    stage = Stage("hold", 10, 300.0, ensemble="npt")
    one, other = started(stage), started(stage)
    one.advance(10)
    for _ in range(10):
        other.advance(1)
        other.state()
        other.frame()
    assert_same(whole(one), whole(other))


@each_kind
@each_thermostat
def test_one_evaluation_a_step(
    ensemble: Ensemble, coupling: Coupling, thermostat: Thermostat
) -> None:
    calculator = ScaledFluid()
    stage = Stage("hold", 10, 300.0, ensemble=ensemble, coupling=coupling)
    integrator = started(stage, calculator=calculator, thermostat=thermostat)
    integrator.advance(10)
    integrator.frame()
    integrator.restore(integrator.state())
    integrator.begin(stage, 10)
    assert calculator.evaluations == 11


def test_nve_is_velocity_verlet_of_ase() -> None:
    atoms = bulk("Cu", cubic=True) * 2
    stage = Stage("free", 50, 300.0, ensemble="nve")
    integrator = started(stage, atoms, EMT())
    atoms.set_velocities(whole(integrator).velocities / units.fs)
    atoms.calc = EMT()
    VelocityVerlet(atoms, 4.0 * units.fs).run(50)
    integrator.advance(50)
    frame = whole(integrator)
    np.testing.assert_allclose(frame.positions, atoms.positions, atol=1e-10)
    np.testing.assert_allclose(frame.velocities, atoms.get_velocities() * units.fs, atol=1e-12)
    np.testing.assert_allclose(frame.forces, atoms.get_forces(), atol=1e-9)
    np.testing.assert_allclose(frame.stress, atoms.get_stress(voigt=False) / units.GPa, atol=1e-9)
    assert frame.energy == pytest.approx(atoms.get_potential_energy(), abs=1e-10)
    assert frame.kinetic_energy == pytest.approx(atoms.get_kinetic_energy(), rel=1e-12)
    assert (frame.step, frame.time) == (50, 200.0)


@each_kind
@each_thermostat
def test_error_of_the_conserved_energy_falls_with_the_square_of_the_time_step(
    ensemble: Ensemble, coupling: Coupling, thermostat: Thermostat
) -> None:
    errors = []
    for time_step in (4.0, 1.0):
        stage = Stage("hold", int(400 / time_step), 300.0, None, ensemble, 0.2, None, coupling)
        integrator = started(stage, fluid(cell=TILTED), thermostat=thermostat, time_step=time_step)
        energies = []
        for _ in range(100):
            energies.append(integrator.conserved_energy)
            integrator.advance(int(4 / time_step))
        errors.append(np.std(energies))
    # noise differs between the time steps, and with it the path: 16 within a factor of two
    assert 8 < errors[0] / errors[1] < 32


@each_thermostat
def test_momentum_stays_zero(thermostat: Thermostat) -> None:
    stage = Stage("hold", 200, 300.0, ensemble="npt", coupling="aniso")
    atoms = fluid(cell=TILTED)
    atoms.symbols[:5] = "Ar"
    integrator = started(stage, atoms, thermostat=thermostat)
    integrator.advance(200)
    momenta = atoms.get_masses()[:, np.newaxis] * whole(integrator).velocities
    assert np.abs(momenta.sum(axis=0)).max() < 1e-12 * np.abs(momenta).sum()


def test_force_on_all_atoms_does_not_move_them() -> None:
    class Falling(WithoutStress):
        def calculate(self, *arguments: object) -> None:
            """Pull all atoms along x."""
            super().calculate(*arguments)
            self.results["forces"] = np.tile([0.5, 0.0, 0.0], (len(self.atoms), 1))

    atoms = fluid(4)
    atoms.symbols[0] = "Ar"
    integrator = started(Stage("hold", 50, 300.0), atoms, Falling())
    integrator.advance(50)
    atoms_after = atoms.copy()
    atoms_after.positions = integrator.frame().positions
    np.testing.assert_allclose(
        atoms_after.get_center_of_mass(), atoms.get_center_of_mass(), atol=1e-12
    )


@pytest.mark.parametrize("thermostat", THERMOSTATS)
@pytest.mark.parametrize("coupling", ["iso", "aniso", "z"])
def test_cell_keeps_what_the_coupling_keeps(thermostat: Thermostat, coupling: Coupling) -> None:
    stage = Stage("squeeze", 300, 300.0, None, "npt", 1.0, None, coupling)
    integrator = started(stage, fluid(cell=TILTED), thermostat=thermostat)
    integrator.advance(300)
    cell = integrator.frame().cell
    lengths, before = np.linalg.norm(cell, axis=1), np.linalg.norm(TILTED, axis=1)
    stretch = lengths / before
    if coupling == "z":
        np.testing.assert_array_equal(cell[:2], TILTED[:2])
        np.testing.assert_array_equal(cell[2, :2], TILTED[2, :2])
        assert abs(cell[2, 2] / TILTED[2, 2] - 1) > 0.01
        return
    np.testing.assert_allclose(cell / lengths[:, None], TILTED / before[:, None], atol=1e-13)
    assert np.abs(stretch - 1).min() > 0.01 / 3
    if coupling == "iso":
        np.testing.assert_allclose(stretch, stretch[0], rtol=1e-13)
    else:
        assert np.ptp(stretch) > 0.01


@each_thermostat
def test_temperature_follows_the_schedule(thermostat: Thermostat) -> None:
    stage = Stage("heat", 4000, 100.0, 900.0)
    integrator = started(stage, thermostat=thermostat)
    measured = []
    for _ in range(400):
        integrator.advance(10)
        measured.append(integrator.frame().temperature)
    expected = [stage.temperature_at(step) for step in range(10, 4001, 10)]
    # 45 degrees of freedom: one temperature in five is off; about 100 independent in each half
    ratio = np.reshape(np.divide(measured, expected), (2, 200)).mean(axis=1)
    np.testing.assert_allclose(ratio, 1.0, atol=4 * np.sqrt(2 / 45 / 100) + 0.02)


def test_pressure_follows_the_schedule() -> None:
    atoms, temperature = 16, 50.0
    stage = Stage("squeeze", 4000, temperature, None, "npt", 0.0, 4.0, "iso")
    integrator = started(stage)
    found = []
    for _ in range(400):
        integrator.advance(10)
        found.append(np.log(integrator.frame().volume / 125.0) / 3)
    # where N kT - P V - C ln(L / 5) is zero, the strain is most likely; its variance is kT / 3 C
    expected = []
    for step in range(10, 4001, 10):
        pressure = stage.pressure_at(step) * units.GPa
        expected.append(
            brentq(lambda strain, pressure=pressure: atoms * units.kB * temperature
                   - pressure * 125.0 * np.exp(3 * strain) - 10.0 * strain, -1, 1)
        )  # fmt: skip
    apart = np.reshape(np.subtract(found, expected), (4, 100)).mean(axis=1)
    # a quarter of the run takes 40 damping times: some 20 independent strains
    width = np.sqrt(units.kB * temperature / 30.0 / 20)
    assert np.abs(apart).max() < 4 * width
    assert expected[0] - expected[-1] > 40 * width


def test_positions_are_unwrapped_and_frames_are_copies() -> None:
    stage = Stage("fly", 400, 2000.0, ensemble="nve")
    integrator = started(stage)
    before = integrator.frame()
    kept = before.positions.copy()
    for _ in range(40):
        last = integrator.frame().positions
        integrator.advance(10)
        assert np.abs(integrator.frame().positions - last).max() < 2.5
    np.testing.assert_array_equal(before.positions, kept)
    assert np.abs(last - kept).max() > 5.0


def test_velocities_are_those_of_the_seed() -> None:
    atoms = fluid()
    stage = Stage("hold", 1, 321.0)
    frames = [
        AseIntegrator(atoms, ScaledFluid(), Protocol((stage,), seed=seed)).frame(velocities=True)
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(frames[0].velocities, frames[1].velocities)
    assert np.abs(frames[0].velocities - frames[2].velocities).max() > 0
    assert temperature_of(frames[0].velocities, atoms.get_masses()) == pytest.approx(321.0)
    assert frames[0].temperature == pytest.approx(321.0)


def test_calculator_without_stress_runs_at_constant_volume_alone() -> None:
    integrator = started(Stage("hold", 5, 300.0), calculator=WithoutStress())
    integrator.advance(5)
    assert integrator.frame().stress is None
    assert integrator.frame().pressure is None
    with pytest.raises(InputError, match="has no stress"):
        integrator.begin(Stage("press", 5, 300.0, ensemble="npt"))


def test_slab_runs_at_constant_volume_alone() -> None:
    slab = fcc111("Cu", (2, 2, 2), vacuum=5.0)
    integrator = started(Stage("hold", 2, 300.0), slab, EMT())
    integrator.advance(2)
    with pytest.raises(InputError, match="not periodic"):
        integrator.begin(Stage("press", 5, 300.0, ensemble="npt"))


def test_boundary_must_lie_in_the_plane() -> None:
    stage = Stage("press", 5, 300.0, ensemble="npt", coupling="z")
    with pytest.raises(InputError, match="not in the xy plane"):
        started(stage, fluid(cell=TILTED[:, [2, 0, 1]]))


def test_constraints_are_refused() -> None:
    atoms = fluid()
    atoms.set_constraint(FixAtoms([0]))
    with pytest.raises(InputError, match="constraints"):
        started(Stage("hold", 5, 300.0), atoms)


def test_forces_that_are_no_numbers_stop_the_run() -> None:
    class Broken(WithoutStress):
        def calculate(self, *arguments: object) -> None:
            """Fail."""
            super().calculate(*arguments)
            self.results["forces"] += np.nan

    with pytest.raises(InputError, match="forces that are not finite after step 0"):
        started(Stage("hold", 5, 300.0), calculator=Broken()).advance(1)


def test_stage_has_an_end() -> None:
    integrator = started(Stage("hold", 5, 300.0))
    integrator.advance(5)
    with pytest.raises(InputError, match="beyond the end of a stage"):
        integrator.advance(1)


def test_run_must_begin() -> None:
    with pytest.raises(InputError, match="expected `begin`"):
        AseIntegrator(fluid(), ScaledFluid(), Protocol((Stage("x", 1, 300.0),))).advance(1)


def test_state_of_something_else_is_refused() -> None:
    integrator = started(Stage("hold", 5, 300.0))
    saved = integrator.state()
    for broken in (b"", b"nonsense", saved[:100], saved[: len(saved) // 2]):
        with pytest.raises(InputError, match="no state of an ASE integrator"):
            integrator.restore(broken)
    with pytest.raises(InputError, match="of other atoms"):
        started(Stage("hold", 5, 300.0), fluid(4)).restore(saved)
