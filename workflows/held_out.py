"""The flow of a held-out set: molecular dynamics of an engine that no potential is trained on."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from jobflow import Flow, Job, Maker

from makers.dataset import collect_stages, take_labels
from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.labels import LabelMaker
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from workflows.dynamics import parents_of
from workflows.loop_state import SeedInput

LOW = 100.0
"""Temperature that heating begins at, K."""

HELD_OUT = 500_000
"""Seeds of held-out runs begin here, beyond those of runs that train."""


@dataclass
class HeldOutFlowMaker(Maker):
    """
    Frames of heating, equilibration and production of structures at several temperatures.

    The defaults are those of Jalem et al. 2023, with six boundaries 414 configurations.

    Parameters
    ----------
    name : str
        Name of the flow.
    engine : str
        Name in the registry.
    label : LabelMaker or None
        Labels the frames with another engine; None: they have the labels of the run.
    temperatures : sequence of float
        K.
    picoseconds : tuple of float
        Time of heating, equilibration and production, ps.
    frames : tuple of int
        Frames of each.
    time_step : float
        fs.
    seed : int
        Of velocities and noise; no run that trains has the same.
    """

    name: str = "held-out set"
    _: KW_ONLY
    engine: str
    label: LabelMaker | None = None
    temperatures: Sequence[float] = (300.0, 800.0, 2000.0)
    picoseconds: tuple[float, float, float] = (1.0, 1.0, 2.6)
    frames: tuple[int, int, int] = (5, 5, 13)
    time_step: float = 2.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse times that have fewer steps than frames."""
        few = [
            f"{count} frames in {time:g} ps"
            for count, time in zip(self.frames, self.picoseconds, strict=True)
            if not 1 <= count <= 1000 * time / self.time_step
        ]
        if few or not self.temperatures:
            raise InputError(
                f"held-out set: given {', '.join(few) or 'no temperature'} with steps of "
                f"{self.time_step:g} fs, expected one temperature or more, and at least one frame "
                "and as many steps as frames in each stage"
            )
        for temperature in self.temperatures:
            self.run(temperature, 0)

    def make(self, structures: Sequence[SeedInput]) -> Flow:
        """
        Assemble the flow.

        Parameters
        ----------
        structures : sequence of SeedInput
            What is run.

        Returns
        -------
        Flow
            The output of its last job is a `DatasetDocument`.
        """
        runs: list[Job] = []
        groups = []
        for place, seed in enumerate(structures):
            for temperature in self.temperatures:
                groups.append(f"{seed.name}, {temperature:g} K")
                own = HELD_OUT + self.seed + 100 * len(groups) + place
                run = self.run(temperature, own).make(seed.structure)
                run.append_name(f": {groups[-1]}")
                run.update_metadata({"step": "run held out", "atoms": seed.atoms})
                runs.append(run)
        collect = collect_stages(
            [run.output for run in runs],
            groups,
            list(self.frames),
            parents_of(*(run.output for run in runs)),
        )
        collect.update_metadata({"step": "collect held-out set"})
        jobs = [*runs, collect]
        if self.label is not None:
            label = self.label.make(collect.output, [collect.uuid])
            count = len(groups) * sum(self.frames)
            atoms = round(sum(seed.atoms for seed in structures) / len(structures))
            about = {"step": "label held-out set", "jobs": count, "atoms": atoms}
            label.update_metadata(about, dynamic=False)
            take = take_labels(label.output, [label.uuid])
            take.update_metadata({"step": "take held-out set"})
            jobs += [label, take]
        return Flow([*jobs], jobs[-1].output, name=self.name)

    def run(self, temperature: float, seed: int) -> DynamicsMaker:
        """
        Give the Maker of a run.

        Parameters
        ----------
        temperature : float
            K.
        seed : int
            Of velocities and noise.

        Returns
        -------
        DynamicsMaker
            Heating, equilibration and production at constant volume.
        """
        steps = [max(1, round(1000 * time / self.time_step)) for time in self.picoseconds]
        heat, equilibrate, produce = steps
        interval = min(step // count for step, count in zip(steps, self.frames, strict=True))
        return DynamicsMaker(
            name="held out",
            engine=self.engine,
            driver="ase",
            protocol=Protocol(
                (
                    Stage("heat", heat, min(LOW, temperature), temperature),
                    Stage("equilibrate", equilibrate, temperature),
                    Stage("produce", produce, temperature),
                ),
                self.time_step,
                thermostat="langevin",
                seed=seed,
            ),
            output=Output(interval, forces=True),
        )
