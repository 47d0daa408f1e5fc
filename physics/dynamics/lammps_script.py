"""Molecular dynamics in commands of LAMMPS, units metal, for a LAMMPS in this process or a user's.

Within a stage, `run` is told where the stage starts and ends, so that temperature and pressure
change linearly over it however often the run is interrupted. The fix ENSEMBLE keeps its name
through all stages: after `read_restart` a fix of the same style goes on with its variables.
"""

from collections.abc import Iterable

import numpy as np
from ase.units import GPa
from numpy.typing import ArrayLike, NDArray

from physics.dynamics.protocol import Protocol, Stage

ENSEMBLE = "ensemble"
"""Name of the fix that moves the atoms."""

STRESS = "tensor"
"""Name of the compute of the pressure tensor without the part of the motion."""

TENSOR = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
"""Components of a tensor in the order of LAMMPS."""

PS = 1000.0
"""Unit of time of LAMMPS, fs."""

BARS = 1e4
"""Units of pressure of LAMMPS, bar, in a GPa."""

BARS_LAMMPS = 1.6021765e6
"""Bar in an eV/Å^3, to the digits that LAMMPS calculates with."""

SEEDS = 900_000_000
"""Largest seed that LAMMPS takes."""

BEFORE_BOX = (
    "units metal",
    "boundary p p p",
    "atom_style atomic",
    "box tilt large",
)
"""What comes before the box is made; `read_restart` needs the last of it alone."""

LARGE_TILT = BEFORE_BOX[-1]


def measuring(protocol: Protocol) -> list[str]:
    """
    Set the time step, and what is measured where a run ends.

    Parameters
    ----------
    protocol : Protocol
        What is run.

    Returns
    -------
    list of str
        Commands, for after the interaction is there.
    """
    return [
        f"timestep {_number(protocol.time_step / PS)}",
        f"compute {STRESS} all pressure NULL virial",
        f"thermo_style custom step pe ke c_{STRESS}[1]",
    ]


def ensemble(stage: Stage, protocol: Protocol, step: int) -> list[str]:
    """
    Let the atoms move in the ensemble of a stage.

    Nosé-Hoover chains and barostat are those of Martyna, Tobias and Klein. Langevin dynamics has
    their barostat too, without a chain of its own, which would stay at the temperature at which
    LAMMPS first set it up; the atoms keep its temperature. Under "aniso" lattice vectors are
    scaled, so that angles stay; under "z" they move along z alone.

    Parameters
    ----------
    stage : Stage
        The stage.
    protocol : Protocol
        What it is a stage of.
    step : int
        Steps since the start of the run; noise is drawn anew from it.

    Returns
    -------
    list of str
        Commands.
    """
    heat = f"{_ramp(stage.temperatures)} {_number(protocol.temperature_damping / PS)}"
    push = f"{stage.coupling} {_ramp(BARS * pressure for pressure in stage.pressures)} "
    push += f"{_number(protocol.pressure_damping / PS)} flip no fixedpoint 0 0 0"
    if stage.coupling == "z":
        push += " scalexz no scaleyz no"
    if stage.ensemble == "nve":
        return [f"fix {ENSEMBLE} all nve"]
    if protocol.thermostat == "nose-hoover":
        movers = {"nvt": f"nvt temp {heat}", "npt": f"npt temp {heat} {push}"}
        return [f"fix {ENSEMBLE} all {movers[stage.ensemble]}"]
    movers = {"nvt": "nve", "npt": f"nph {push} pchain 0"}
    seed = 1 + int(np.random.SeedSequence((protocol.seed, step)).generate_state(1)[0]) % SEEDS
    return [
        f"fix {ENSEMBLE} all {movers[stage.ensemble]}",
        f"fix noise all langevin {heat} {seed} zero yes",
    ]


def prepare(stage: Stage, step: int) -> str:
    """
    Let LAMMPS calculate forces and set up its fixes.

    It takes the mass of a barostat from the temperature at which it is set up; here that is the
    one at the start of the stage even if the run is taken up within it. Of Langevin dynamics it
    stays that of the first stage at constant pressure.

    Parameters
    ----------
    stage : Stage
        The stage.
    step : int
        Steps since the start of the run.

    Returns
    -------
    str
        Command, for after `ensemble`.
    """
    return f"run 0 start {step} stop {step + stage.steps} post no"


def run(steps: int, stage: Stage, start: int) -> str:
    """
    Make time steps of a stage.

    Parameters
    ----------
    steps : int
        Number of them.
    stage : Stage
        The stage.
    start : int
        Step of the run at which it started.

    Returns
    -------
    str
        Command, for after `prepare` or another `run`.
    """
    return f"run {steps} start {start} stop {start + stage.steps} pre no post no"


def stress_tensor(pressure: ArrayLike) -> NDArray[np.float64]:
    """
    Give stress from the pressure that LAMMPS measures.

    Parameters
    ----------
    pressure : array_like, shape (..., 6)
        Components in the order of `TENSOR`, bar.

    Returns
    -------
    ndarray, shape (..., 3, 3)
        GPa, tension positive.
    """
    components = -np.asarray(pressure, dtype=np.float64) / BARS_LAMMPS / GPa
    stress = np.empty((*components.shape[:-1], 3, 3))
    for component, (i, j) in enumerate(TENSOR):
        stress[..., i, j] = stress[..., j, i] = components[..., component]
    return stress


def _ramp(ends: Iterable[float]) -> str:
    return " ".join(map(_number, ends))


def _number(value: float) -> str:
    """Write a number so that it is read as the same."""
    return repr(float(value))
