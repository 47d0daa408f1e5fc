"""One sweep of active learning: molecular dynamics from every seed, and what it selects."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jobflow import Flow, Job, Maker, OnMissing, OutputReference

from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.explore import ExploreMaker
from makers.selection import SelectMaker
from physics.dynamics.grading import Grading
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError

STOPS = (10.0, 5.0, 2.0)
"""Grades at which runs stop, sweep by sweep (Jalem et al. 2023)."""

FRAMES = 10
"""Frames of a run that are written beside those that extrapolate."""


@dataclass
class SweepMaker(Maker):
    """
    Explore from seeds at several temperatures, each run a job of its own, and select.

    Parameters
    ----------
    name : str
        Name of the sweep.
    temperatures : sequence of float
        K.
    beyond : sequence of float
        Higher ones that are explored too, where what is rare below is frequent; a loop does not
        wait for runs at these, K.
    picoseconds : float
        Time of each run, ps.
    time_step : float
        fs.
    stops : sequence of float
        Grades at which runs stop, falling: in the first sweeps, and in the last ones.
    interval : int
        Steps between grades.
    frames : int
        Most candidates of a run.
    select : SelectMaker
        Selects, with its threshold.
    seed : int
        Of the velocities; each sweep and each run has its own.
    """

    name: str = "sweep"
    temperatures: Sequence[float] = (300.0, 1000.0)
    beyond: Sequence[float] = ()
    picoseconds: float = 20.0
    time_step: float = 2.0
    stops: Sequence[float] = STOPS
    interval: int = 10
    frames: int = 10
    select: SelectMaker = field(default_factory=SelectMaker)
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what explores nothing."""
        falling = sorted(self.stops, reverse=True)
        if not self.temperatures or not self.stops or list(self.stops) != falling:
            raise InputError(
                f"temperatures {list(self.temperatures)} and stops {list(self.stops)} were given, "
                "expected at least one of each, and stops that fall"
            )
        for number in range(len(self.stops)):
            for temperature in self.explored:
                self.run(temperature, number, 0, fixed_cell=False)

    @property
    def explored(self) -> tuple[float, ...]:
        """All temperatures, K."""
        return (*self.temperatures, *self.beyond)

    def make(
        self,
        seeds: OutputReference,
        names: Sequence[str],
        fixed_cells: Sequence[bool],
        potential: OutputReference,
        parents: Sequence[str],
        *,
        number: int = 1,
        stop: int = -1,
    ) -> Flow:
        """
        Assemble the flow of a sweep.

        Parameters
        ----------
        seeds : OutputReference of SeedsDocument
            The seeds.
        names : sequence of str
            Their names.
        fixed_cells : sequence of bool
            Whether each is run at constant volume.
        potential : OutputReference of PotentialDocument
            The potential, with its active set.
        parents : sequence of str
            Jobs that made seeds and potential.
        number : int
            Number of the sweep.
        stop : int
            Place of the grade that stops runs.

        Returns
        -------
        Flow
            The runs, and the last job, that selects; its output is a `SelectionDocument`.
        """
        explore: list[Job] = []
        labels = []
        for place, (name, fixed_cell) in enumerate(zip(names, fixed_cells, strict=True)):
            for temperature in self.explored:
                labels.append(f"{name}, {temperature:g} K")
                own = self.seed + 1000 * number + len(explore)
                run = ExploreMaker(
                    name=f"explore: {labels[-1]}",
                    run=self.run(temperature, stop, own, fixed_cell=fixed_cell),
                    seed=name,
                    temperature=temperature,
                    frames=self.frames,
                ).make(
                    seeds.seeds[place].structure,
                    potential,
                    seeds.seeds[place].planes,
                    list(parents),
                )
                run.update_metadata({"step": "explore"})
                explore.append(run)
        select = self.select.make(
            potential,
            [run.output for run in explore],
            labels,
            [*parents, *(run.uuid for run in explore)],
        )
        select.config.on_missing_references = OnMissing.NONE
        select.update_metadata({"step": "select configurations"})
        return Flow([*explore, select], select.output, name=self.name)

    def run(self, temperature: float, stop: int, seed: int, *, fixed_cell: bool) -> DynamicsMaker:
        """
        Give the Maker of a run.

        Parameters
        ----------
        temperature : float
            K.
        stop : int
            Place of the grade that stops it.
        seed : int
            Of the velocities.
        fixed_cell : bool
            Whether the volume is constant; if not, the pressure is zero and all lengths are free.

        Returns
        -------
        DynamicsMaker
            The Maker, for a moment tensor potential in LAMMPS.

        Raises
        ------
        InputError
            If a number makes no sense.
        """
        steps = max(1, round(1000 * self.picoseconds / self.time_step))
        stage = (
            Stage("explore", steps, temperature)
            if fixed_cell
            else Stage(
                "explore", steps, temperature, ensemble="npt", pressure=0.0, coupling="aniso"
            )
        )
        return DynamicsMaker(
            protocol=Protocol((stage,), self.time_step, seed=seed),
            output=Output(max(1, steps // FRAMES)),
            grading=Grading(self.select.threshold, self.stops[stop], self.interval),
        )
