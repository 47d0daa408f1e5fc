"""Transport of the ions of runs of molecular dynamics."""

import re
from typing import Any, ClassVar

import numpy as np

from physics.analysis.transport.steady import require_steady
from physics.analysis.transport.transport import transport
from physics.errors import InputError
from stores.builders.base import PropertyBuilder
from stores.documents import DynamicsDocument, TransportDocument
from stores.trajectories.reader import Trajectory
from stores.versions import versions

ION, CHARGE = "Li", 1.0

PRODUCTION = "produce"
"""Name of the stage that is analysed, the last one of a run."""

FEWEST = 50
"""Frames of a run that is analysed [choice]."""


class TransportBuilder(PropertyBuilder):
    """
    Derive a `TransportDocument` from each run of lithium that reached its production.

    Runs of fewer than 50 frames, as they train and test potentials, are not looked at.
    """

    source = DynamicsDocument
    target = TransportDocument
    criteria: ClassVar[dict[str, Any]] = {
        "output.stages.name": PRODUCTION,
        "output.trajectory.frames": {"$gte": FEWEST},
        f"output.series.displacements.{ION}": {"$exists": True},
    }

    def analyse(self, output: DynamicsDocument, common: dict[str, Any]) -> TransportDocument:
        """
        Analyse the production of a run.

        Parameters
        ----------
        output : DynamicsDocument
            The run.
        common : dict
            Values of the fields that every property has.

        Returns
        -------
        TransportDocument
            What its lithium does.

        Raises
        ------
        InputError
            If the trajectory is gone, has fewer than two frames of production, or does not have
            one temperature.
        """
        with output.trajectory.open() as trajectory:
            frames = _production(trajectory, output.protocol.starts[-1])
            temperatures = trajectory.temperatures[list(frames)]
            require_steady(temperatures)
            temperature = float(temperatures.mean())
            found, arrays = transport(
                lambda: trajectory.frames(frames.start, frames.stop, frames.step),
                trajectory.symbols,
                trajectory.masses,
                temperature,
                np.random.default_rng(0),
                ion=ION,
                charge=CHARGE,
                planes=output.planes or (),
            )
        return TransportDocument.of(
            found,
            arrays,
            output.warnings,
            **common,
            label=_without_temperature(output.label, common["system"]),
            input_hash=output.input_hash,
            versions=output.versions | versions(),
            formula=output.structure.composition.reduced_formula,
            ion=ION,
            temperature=temperature,
            **{
                name: getattr(output, name)
                for name in ("engine", "functional", "potential", "planes")
            },
        )


def _production(trajectory: Trajectory, start: int) -> range:
    """Give the frames of the last stage, which begins at a step; evenly spaced in time."""
    steps = trajectory.steps
    first = int(np.searchsorted(steps, start))
    if len(steps) - first < 2:
        raise InputError(
            f"{len(steps) - first} frames of its production were written, expected two or more; "
            "run it longer, or write frames more often"
        )
    # the last step of a run is written whether or not it is in line
    last = len(steps) if steps[-1] - steps[-2] == steps[first + 1] - steps[first] else -1
    return range(len(steps))[first:last]


def _without_temperature(label: str, system: str) -> str:
    """Give the name of a run without its system and its temperature, which have their own place."""
    name = label.removeprefix(f"{system}: ").removesuffix(f": {system}")
    return re.sub(r", [\d.]+ K$", "", name)
