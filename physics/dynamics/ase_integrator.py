"""Molecular dynamics with any calculator of ASE.

A step is kick, drift, thermostat, drift, forces, kick: BAOAB of Leimkuhler and Matthews, J. Chem.
Phys. 138, 174102 (2013) for Langevin dynamics, the same with a Nosé-Hoover chain in the middle
(Zhang et al., J. Chem. Phys. 147, 034109 (2017)), velocity Verlet without a thermostat. So forces
are needed once a step, and a harmonic oscillator has its positions exactly, its mean temperature
short by the part (ω Δt)^2 / 4. Within, units are those of ASE: Å, eV, atomic mass units, and times
in Å (u / eV)^1/2.
"""

import io
import json
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np
from ase import Atoms
from ase.calculators.calculator import PropertyNotImplementedError
from ase.units import GPa, fs, kB

from physics.dynamics.cell_motion import (
    TIED,
    coupled,
    drift,
    kick,
    stretch_axes,
    stretch_force,
    stretch_mass,
)
from physics.dynamics.frame import FloatArray, Frame, degrees_of_freedom
from physics.dynamics.protocol import Coupling, Protocol, Stage
from physics.dynamics.thermostat import ATOMS, CELL, Part, Thermostat
from physics.dynamics.velocities import initial_velocities, temperature_of
from physics.errors import InputError

IN_PLANE = 1e-6
"""Part of its length by which a lattice vector may leave the xy plane and count as in it."""


SAVED = (
    "numbers",
    "step",
    "positions",
    "velocities",
    "cell",
    "rates",
    "chains",
    "heat",
    "energy",
    "forces",
    "stress",
    "generator",
)
"""What a state holds."""


@dataclass
class _Forces:
    """What the calculator gave: eV, eV/Å (N, 3), eV/Å^3 (3, 3), not a number if it has none."""

    energy: float
    forces: FloatArray
    stress: FloatArray | None = None


class AseIntegrator:
    """
    Atoms moved by an ASE calculator; an `Integrator`.

    Where the cell moves, its equations are those of `cell_motion`, with the same kind of
    thermostat on its rates, of the time of the barostat. The momentum of all atoms together stays
    zero: of the forces and of the noise that of the centre of mass is taken off.

    Parameters
    ----------
    atoms : ase.Atoms
        Structure; its velocities are not used.
    calculator : ase.calculators.calculator.BaseCalculator
        What gives energy, forces and, for "npt", stress.
    protocol : Protocol
        Time step, thermostat, damping times, seed, and the first temperature.

    Raises
    ------
    InputError
        If atoms are constrained.
    """

    def __init__(self, atoms: Atoms, calculator: object, protocol: Protocol) -> None:
        if atoms.constraints:
            raise InputError(
                "a structure with constraints was given, expected one whose atoms are all free "
                "to move: take the constraints off"
            )
        self._atoms = atoms.copy()
        self._atoms.calc = calculator
        self._protocol = protocol
        self._step = 0
        self._masses: FloatArray = atoms.get_masses()[:, np.newaxis]
        first = protocol.stages[0].temperature
        self._positions: FloatArray = atoms.get_positions()
        self._velocities = initial_velocities(self._masses[:, 0], first, protocol.seed) / fs
        self._cell: FloatArray = np.array(atoms.cell)
        self._rates = np.zeros(3)
        self._thermostat = Thermostat(protocol.thermostat, protocol.seed)
        self._given: _Forces | None = None
        self._stage: Stage | None = None
        self._done = 0
        self._coupling: Coupling | None = None

    def begin(self, stage: Stage, done: int = 0) -> None:
        """Take up a stage, see `Integrator`; InputError if it cannot be run with these atoms."""
        self._coupling = stage.coupling if stage.ensemble == "npt" else None
        if self._coupling is not None:
            self._require_pressure(stage)
        self._stage, self._done = stage, done
        self._rates = coupled(self._rates, self._coupling)

    def advance(self, steps: int) -> None:
        """Make time steps, see `Integrator`; InputError if forces are not finite."""
        if self._stage is None or self._done + steps > self._stage.steps:
            raise InputError(
                f"{steps} steps asked for beyond the end of a stage, expected `begin` of the next"
            )
        for _ in range(steps):
            self._done += 1
            self._make_step(self._stage)
            self._step += 1

    def frame(self, *, velocities: bool = False, forces: bool = False) -> Frame:
        """Give the present configuration, see `Integrator`."""
        given, stress = self._forces(), self._stress()
        return Frame(
            step=self._step,
            time=self._step * self._protocol.time_step,
            positions=self._positions.copy(),
            cell=self._cell.copy(),
            energy=given.energy,
            temperature=temperature_of(self._velocities * fs, self._masses[:, 0]),
            stress=None if np.isnan(stress).any() else stress / GPa,
            velocities=self._velocities * fs if velocities else None,
            forces=given.forces.copy() if forces else None,
        )

    @property
    def conserved_energy(self) -> float:
        """
        Energy of atoms and cell, less what the thermostat has given to them, eV.

        Only the length of the time step, and temperatures and pressures that change, make it differ
        from what it was at the start.
        """
        stage = self._stage
        energy = self._forces().energy + _twice_kinetic(self._velocities, self._masses) / 2
        if self._coupling is not None and stage is not None:
            pressure = stage.pressure_at(self._done) * GPa
            energy += pressure * abs(np.linalg.det(self._cell))
            energy += self._stretch_mass(stage) * np.sum(self._rates**2) / 2
        return float(energy - self._thermostat.heat)

    def state(self) -> bytes:
        """Give all that is needed to go on, see `Integrator`: an npz archive."""
        given = self._forces()
        values = (
            self._atoms.numbers,
            self._step,
            self._positions,
            self._velocities,
            self._cell,
            self._rates,
            self._thermostat.chains,
            self._thermostat.heat,
            given.energy,
            given.forces,
            self._stress(),
            json.dumps(self._thermostat.generator.bit_generator.state),
        )
        file = io.BytesIO()
        np.savez(file, **dict(zip(SAVED, values, strict=True)))
        return file.getvalue()

    def restore(self, state: bytes) -> None:
        """Go back to a state, see `Integrator`; forces are not computed anew."""
        try:
            with np.load(io.BytesIO(state), allow_pickle=False) as archive:
                saved = {name: archive[name] for name in SAVED}
        except (OSError, EOFError, KeyError, ValueError, BadZipFile) as error:
            raise InputError(
                "what is no state of an ASE integrator was given, expected what `state` gave: "
                "start the run anew"
            ) from error
        if not np.array_equal(saved["numbers"], self._atoms.numbers):
            raise InputError("the state of other atoms was given, expected one of these")
        self._given = _Forces(float(saved["energy"]), saved["forces"], saved["stress"])
        self._step = int(saved["step"])
        self._positions, self._velocities = saved["positions"], saved["velocities"]
        self._cell, self._rates = saved["cell"], saved["rates"]
        self._thermostat.chains = saved["chains"]
        self._thermostat.heat = float(saved["heat"])
        self._thermostat.generator.bit_generator.state = json.loads(str(saved["generator"]))
        self._stage = None

    def close(self) -> None:
        """Let go of the calculator."""
        self._atoms.calc = None

    def _make_step(self, stage: Stage) -> None:
        duration = self._protocol.time_step * fs
        self._kick_cell(stage, duration / 2)
        self._kick(duration / 2)
        self._drift(duration / 2)
        if stage.ensemble != "nve":
            self._thermalise(stage, duration)
        self._drift(duration / 2)
        self._given = None
        self._kick(duration / 2)
        self._kick_cell(stage, duration / 2)

    def _kick_cell(self, stage: Stage, duration: float) -> None:
        if self._coupling is None:
            return
        force = stretch_force(
            self._axes,
            self._cell,
            self._velocities,
            self._masses,
            stress=self._stress(),
            pressure=stage.pressure_at(self._done) * GPa,
        )
        change = coupled(duration * force / self._stretch_mass(stage), self._coupling)
        self._rates = self._rates + change

    def _kick(self, duration: float) -> None:
        accelerations = _centred(self._forces().forces / self._masses, self._masses)
        self._velocities = kick(self._axes, self._rates, self._velocities, accelerations, duration)

    def _drift(self, duration: float) -> None:
        axes = self._axes
        self._positions = drift(axes, self._rates, self._positions, self._velocities, duration)
        if self._coupling is not None:
            self._cell = drift(axes, self._rates, self._cell, np.zeros((3, 3)), duration)

    def _thermalise(self, stage: Stage, duration: float) -> None:
        thermal = kB * stage.temperature_at(self._done)
        atoms = Part(
            ATOMS,
            self._masses,
            degrees_of_freedom(len(self._masses)),
            self._protocol.temperature_damping * fs,
            lambda noise: _centred(noise, self._masses),
        )
        self._velocities = self._thermostat.act(atoms, self._velocities, thermal, duration)
        for axis, tied in enumerate(TIED[self._coupling]):
            cell = Part(
                CELL + axis,
                np.array(self._stretch_mass(stage)),
                1,
                self._protocol.pressure_damping * fs,
                lambda noise: np.full(noise.shape, noise.mean()),
            )
            self._rates[tied] = self._thermostat.act(cell, self._rates[tied], thermal, duration)

    @property
    def _axes(self) -> FloatArray:
        return stretch_axes(self._cell, self._coupling)

    def _stretch_mass(self, stage: Stage) -> float:
        thermal = kB * stage.temperature_at(self._done)
        return stretch_mass(len(self._masses), thermal, self._protocol.pressure_damping * fs)

    def _require_pressure(self, stage: Stage) -> None:
        if not self._atoms.pbc.all():
            raise InputError(
                f"stage '{stage.name}': constant pressure given for atoms that are not periodic "
                "in three directions, expected nvt or nve"
            )
        if np.isnan(self._stress()).any():
            raise InputError(
                f"stage '{stage.name}': constant pressure given with a calculator that has no "
                "stress, expected nvt or nve, or another calculator"
            )
        lengths = np.linalg.norm(self._cell[:2], axis=1)
        if stage.coupling == "z" and (np.abs(self._cell[:2, 2]) > IN_PLANE * lengths).any():
            raise InputError(
                f"stage '{stage.name}': coupling 'z' given for a cell whose first two lattice "
                "vectors are not in the xy plane, expected them there: turn the structure"
            )

    def _forces(self) -> _Forces:
        """Give the forces at the present positions, computed once."""
        if self._given is None:
            atoms = self._atoms
            atoms.positions, atoms.cell[:] = self._positions, self._cell
            forces = atoms.get_forces()
            if not np.isfinite(forces).all():
                raise InputError(
                    f"the calculator gave forces that are not finite after step {self._step}, "
                    "expected numbers: take a shorter time step, or look whether atoms collide"
                )
            self._given = _Forces(float(atoms.get_potential_energy()), forces)
        return self._given

    def _stress(self) -> FloatArray:
        """Give the stress at the present positions, which some calculators take long for."""
        given = self._forces()
        if given.stress is None:
            try:
                given.stress = self._atoms.get_stress(voigt=False)
            except PropertyNotImplementedError:
                given.stress = np.full((3, 3), np.nan)
        return given.stress


def _twice_kinetic(velocities: FloatArray, masses: FloatArray) -> float:
    return float(np.sum(masses * velocities**2))


def _centred(vectors: FloatArray, masses: FloatArray) -> FloatArray:
    """Take the motion of the centre of mass off; of a single atom nothing."""
    if len(vectors) == 1:
        return vectors
    return vectors - np.sum(masses * vectors, axis=0) / masses.sum()
