"""Heat, melt, quench, rest: the published ways to a glass."""

from dataclasses import dataclass

from physics.dynamics.protocol import Coupling, Protocol, Stage, Thermostat
from physics.errors import InputError


@dataclass(frozen=True)
class MeltQuench:
    """
    A melt-quench at constant pressure.

    The defaults are those of Garcia-Mendez et al. 2020: 31 ps, 15 500 steps.

    Parameters
    ----------
    start : float
        Temperature of the initial velocities and of the glass, K.
    melt : float
        Temperature of the melt, K.
    heating_rate : float
        K/ps.
    hold : float
        Time at the temperature of the melt, ps.
    cooling_rate : float
        K/ps.
    settle : float
        Time at the final temperature that is not yet the glass, ps; 0 for none.
    rest : float
        Time at the final temperature, over which the properties of the glass are taken, ps.
    pressure : float
        GPa.
    coupling : {"aniso", "iso", "z"}
        What of the cell follows the pressure.
    time_step : float
        fs.
    thermostat : {"langevin", "nose-hoover"}
        What keeps temperature and pressure.
    temperature_damping : float
        Time of the thermostat, fs.
    pressure_damping : float
        Time of the barostat, fs.

    Raises
    ------
    InputError
        If the melt is not hotter than the glass, or a rate or a time is not positive.
    """

    start: float = 300.0
    melt: float = 1000.0
    heating_rate: float = 70.0
    hold: float = 8.0
    cooling_rate: float = 70.0
    settle: float = 0.0
    rest: float = 3.0
    pressure: float = 1e-4
    coupling: Coupling = "aniso"
    time_step: float = 2.0
    thermostat: Thermostat = "langevin"
    temperature_damping: float = 100.0
    pressure_damping: float = 1000.0

    def __post_init__(self) -> None:
        """Refuse what is no melt-quench."""
        if not self.melt > self.start:
            raise InputError(
                f"a melt of {self.melt:g} K and a glass of {self.start:g} K were given, expected "
                "a melt hotter than the glass"
            )
        for what in ("heating_rate", "hold", "cooling_rate", "rest", "time_step"):
            if not getattr(self, what) > 0:
                raise InputError(f"{what} {getattr(self, what):g} given, expected more than 0")
        if not self.settle >= 0:
            raise InputError(f"settle {self.settle:g} ps given, expected 0 or more")

    def protocol(self, seed: int = 0) -> Protocol:
        """
        Give the stages.

        Parameters
        ----------
        seed : int
            Of the velocities and of the noise.

        Returns
        -------
        Protocol
            heat, melt, quench, settle where it takes time, rest.
        """
        rise = self.melt - self.start
        times = {
            "heat": (rise / self.heating_rate, self.start, self.melt),
            "melt": (self.hold, self.melt, self.melt),
            "quench": (rise / self.cooling_rate, self.melt, self.start),
            "settle": (self.settle, self.start, self.start),
            "rest": (self.rest, self.start, self.start),
        }
        return Protocol(
            stages=tuple(
                Stage(
                    name,
                    max(1, round(1000 * time / self.time_step)),
                    first,
                    None if last == first else last,
                    ensemble="npt",
                    pressure=self.pressure,
                    coupling=self.coupling,
                )
                for name, (time, first, last) in times.items()
                if time > 0
            ),
            time_step=self.time_step,
            thermostat=self.thermostat,
            temperature_damping=self.temperature_damping,
            pressure_damping=self.pressure_damping,
            seed=seed,
        )


AB_INITIO = MeltQuench()
"""Of Garcia-Mendez et al. 2020, from a packing, by ab initio molecular dynamics."""

AMORPHISATION = MeltQuench(
    melt=2000.0,
    heating_rate=8.5,
    hold=400.0,
    cooling_rate=5.0,
    settle=2000.0,
    rest=8000.0,
    thermostat="nose-hoover",
)
"""Of Jalem et al. 2023, from the crystal, with a moment tensor potential: 10.94 ns."""

QUICK = MeltQuench(
    heating_rate=3500.0,
    hold=0.2,
    cooling_rate=3500.0,
    rest=0.2,
    temperature_damping=25.0,
    pressure_damping=250.0,
)
"""For trying out, in minutes: 0.8 ps. Its glass is its packing, shaken."""

PROFILES = {"ab-initio": AB_INITIO, "amorphisation": AMORPHISATION, "quick": QUICK}
"""By name."""

PRESSURES = (1e-4, 0.36, 1.0, 2.0, 10.0)
"""Pressures of Garcia-Mendez et al. 2020, GPa."""

PUBLISHED_DENSITIES = dict(zip(PRESSURES, (1.55, 1.65, 1.76, 1.89, 2.42), strict=True))
"""Densities that they found at 300 K, g/cm^3; that of 2 GPa is inferred from their diffusion
coefficients."""
