"""Integrators with atoms to try them on."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from argon_for_tests import crystal, fitted_potential, new_lammps
from fluid_for_tests import ScaledFluid, fluid

from physics.dynamics.ase_integrator import AseIntegrator
from physics.dynamics.frame import Frame
from physics.dynamics.integrator import Integrator
from physics.dynamics.lammps_integrator import LammpsIntegrator
from physics.dynamics.protocol import Protocol, Stage, Thermostat
from physics.potentials.calculator import MTPCalculator


@dataclass(frozen=True)
class System:
    """
    An integrator with atoms to try it on.

    Temperatures, K, and pressures, GPa, are near enough for their distributions to overlap; time
    step and damping times in fs.
    """

    name: str
    make: Callable[[Protocol], Integrator]
    thermostat: Thermostat
    temperatures: tuple[float, float]
    pressures: tuple[float, float]
    time_step: float
    temperature_damping: float
    pressure_damping: float
    interval: int
    """Steps between frames."""
    frames: int

    def run(self, stage: Stage, before: Stage | None = None, **changes: float) -> list[Frame]:
        """
        Make a stage of as many steps as there are; the first tenth is left out.

        Of a stage before it nothing is kept.
        """
        stage = replace(stage, steps=self.interval * self.frames)
        stages = (stage,) if before is None else (before, stage)
        protocol = Protocol(
            stages,
            self.time_step,
            self.thermostat,
            self.temperature_damping,
            self.pressure_damping,
            seed=11,
        )
        integrator = self.make(replace(protocol, **changes))
        if before is not None:
            integrator.begin(before)
            integrator.advance(before.steps)
        integrator.begin(stage)
        frames = []
        for _ in range(self.frames):
            integrator.advance(self.interval)
            frames.append(integrator.frame(velocities=True))
        integrator.close()
        return frames[self.frames // 10 :]


STIFFNESS, ATOMS = 1.0, 6
"""Soft and few, so that a degree of freedom too many shows: one of 15, one V of V^6."""


def of_ase(thermostat: Thermostat) -> System:
    return System(
        f"ase-{thermostat}",
        lambda protocol: AseIntegrator(fluid(ATOMS), ScaledFluid(STIFFNESS), protocol),
        thermostat,
        temperatures=(300.0, 600.0),
        pressures=(0.0, 0.06),
        time_step=4.0,
        temperature_damping=50.0,
        pressure_damping=50.0,
        interval=8,
        frames=1000,
    )


def of_crystal(engine: str, thermostat: Thermostat) -> System:
    """Argon near its melting, by the same potential in either engine."""

    def make(protocol: Protocol) -> Integrator:
        atoms, potential = crystal(5.46), fitted_potential()
        if engine == "lammps":
            return LammpsIntegrator(new_lammps(), atoms, potential, protocol)
        return AseIntegrator(atoms, MTPCalculator(potential), protocol)

    return System(
        f"crystal-{engine}-{thermostat}",
        make,
        thermostat,
        temperatures=(40.0, 50.0),
        pressures=(0.1, 0.15),
        time_step=8.0,
        temperature_damping=200.0,
        pressure_damping=2000.0,
        interval=8,
        frames=800 if engine == "lammps" else 600,
    )
