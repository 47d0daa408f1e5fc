"""What a run of molecular dynamics goes through: stages of temperature and pressure."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from physics.errors import InputError

Ensemble = Literal["nve", "nvt", "npt"]
Coupling = Literal["iso", "aniso", "z"]
Thermostat = Literal["nose-hoover", "langevin"]

HOTTEST = 10_000.0
"""Highest temperature that makes sense, K."""

STRONGEST = 1000.0
"""Largest pressure that makes sense, GPa."""

LONGEST_STEP = 20.0
"""Longest time step that makes sense, fs."""


@dataclass(frozen=True)
class Stage:
    """
    A number of steps in one ensemble; temperature and pressure are constant or change linearly.

    Parameters
    ----------
    name : str
        Such as "heat".
    steps : int
        Number of time steps.
    temperature : float
        At the start, K; of the initial velocities alone in "nve".
    temperature_end : float or None
        At the end, K; None for the same.
    ensemble : {"nvt", "npt", "nve"}
        What is kept constant.
    pressure : float
        At the start, GPa; for "npt".
    pressure_end : float or None
        At the end, GPa; None for the same.
    coupling : {"iso", "aniso", "z"}
        What of the cell follows the pressure: all lengths alike, the three of them each by
        itself, or the one along z, for a boundary in the xy plane.

    Raises
    ------
    InputError
        If a number is outside sense.
    """

    name: str
    steps: int
    temperature: float
    temperature_end: float | None = None
    ensemble: Ensemble = "nvt"
    pressure: float = 0.0
    pressure_end: float | None = None
    coupling: Coupling = "iso"

    def __post_init__(self) -> None:
        """Refuse numbers outside sense."""
        if self.steps < 1:
            raise InputError(f"stage '{self.name}': {self.steps} steps given, expected 1 or more")
        for temperature in self.temperatures:
            if not 0 < temperature <= HOTTEST:
                raise InputError(
                    f"stage '{self.name}': temperature {temperature:g} K given, expected more "
                    f"than 0 and at most {HOTTEST:g} K"
                )
        for pressure in self.pressures:
            if not abs(pressure) <= STRONGEST:
                raise InputError(
                    f"stage '{self.name}': pressure {pressure:g} GPa given, expected at most "
                    f"{STRONGEST:g} GPa; 1 GPa are 10 000 bar"
                )
        choices = {
            "ensemble": (self.ensemble, ("nve", "nvt", "npt")),
            "coupling": (self.coupling, ("iso", "aniso", "z")),
        }
        for what, (given, known) in choices.items():
            if given not in known:
                raise InputError(
                    f"stage '{self.name}': {what} '{given}' given, expected one of "
                    f"{', '.join(known)}"
                )

    @property
    def temperatures(self) -> tuple[float, float]:
        """Temperature at the start and at the end, K."""
        end = self.temperature_end
        return self.temperature, self.temperature if end is None else end

    @property
    def pressures(self) -> tuple[float, float]:
        """Pressure at the start and at the end, GPa."""
        end = self.pressure_end
        return self.pressure, self.pressure if end is None else end

    def temperature_at(self, step: int) -> float:
        """
        Give the temperature of the thermostat.

        Parameters
        ----------
        step : int
            Steps since the start of the stage.

        Returns
        -------
        float
            Temperature, K.
        """
        return float(np.interp(step, (0, self.steps), self.temperatures))

    def pressure_at(self, step: int) -> float:
        """
        Give the pressure of the barostat.

        Parameters
        ----------
        step : int
            Steps since the start of the stage.

        Returns
        -------
        float
            Pressure, GPa.
        """
        return float(np.interp(step, (0, self.steps), self.pressures))


@dataclass(frozen=True)
class Protocol:
    """
    Stages that follow each other without a break.

    Parameters
    ----------
    stages : tuple of Stage
        What is run, in this order.
    time_step : float
        fs.
    thermostat : {"nose-hoover", "langevin"}
        What keeps temperature, and pressure with it.
    temperature_damping : float
        Time of the thermostat, fs; of Langevin dynamics the inverse friction.
    pressure_damping : float
        Time of the barostat, fs.
    seed : int
        Of the initial velocities and of the noise.

    Raises
    ------
    InputError
        If there is no stage, or a number is outside sense.
    """

    stages: tuple[Stage, ...]
    time_step: float = 2.0
    thermostat: Thermostat = "nose-hoover"
    temperature_damping: float = 100.0
    pressure_damping: float = 1000.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        stages = (Stage(**given) if isinstance(given, dict) else given for given in self.stages)
        object.__setattr__(self, "stages", tuple(stages))  # JSON gives them as dictionaries
        if not self.stages:
            raise InputError("a protocol without stages was given, expected one or more")
        if not 0 < self.time_step <= LONGEST_STEP:
            raise InputError(
                f"time step {self.time_step:g} fs given, expected more than 0 and at most "
                f"{LONGEST_STEP:g} fs; 1 ps are 1000 fs"
            )
        if self.thermostat not in ("nose-hoover", "langevin"):
            raise InputError(
                f"thermostat '{self.thermostat}' given, expected nose-hoover or langevin"
            )
        for what in ("temperature_damping", "pressure_damping"):
            given = getattr(self, what)
            if not given >= 5 * self.time_step:
                raise InputError(
                    f"{what} {given:g} fs given, expected at least five time steps, "
                    f"{5 * self.time_step:g} fs"
                )
        if self.seed < 0:
            raise InputError(f"seed {self.seed} given, expected 0 or more")

    @property
    def steps(self) -> int:
        """Number of steps of all stages."""
        return sum(stage.steps for stage in self.stages)

    @property
    def starts(self) -> tuple[int, ...]:
        """Step at which each stage starts."""
        steps = [0]
        for stage in self.stages[:-1]:
            steps.append(steps[-1] + stage.steps)
        return tuple(steps)
