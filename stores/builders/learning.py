"""Loops of active learning as they are queried."""

import math
from typing import Any

from stores.builders.base import PropertyBuilder
from stores.documents import LearningDocument, LearningRunDocument
from stores.versions import versions


class LearningBuilder(PropertyBuilder):
    """Derive a `LearningRunDocument` from each `LearningDocument`."""

    source = LearningDocument
    target = LearningRunDocument

    def analyse(self, output: LearningDocument, common: dict[str, Any]) -> LearningRunDocument:
        """
        Give a loop in the units of tables.

        Parameters
        ----------
        output : LearningDocument
            The loop.
        common : dict
            Values of the fields that every property has.

        Returns
        -------
        LearningRunDocument
            How it ended, what it cost, and the errors of its potential on the held-out set.
        """
        potential, sweeps = output.potential, output.sweeps
        energy = potential.test.overall.energy.mae if potential.test else math.nan
        forces = potential.test.overall.forces.mae if potential.test else math.nan
        return LearningRunDocument(
            **common,
            input_hash=output.input_hash,
            versions=output.versions | versions(),
            warnings=output.warnings,
            n_sweeps=len(sweeps),
            n_labels=sum(sweep.labels for sweep in sweeps),
            n_configurations=potential.training.dataset.n_configurations,
            test_energy=None if math.isnan(energy) else 1000 * energy,
            test_forces=None if math.isnan(forces) else 1000 * forces,
            largest_grade=sweeps[-1].largest_grade if sweeps else None,
            explore_seconds=math.fsum(sweep.explore_seconds for sweep in sweeps),
            label_seconds=math.fsum(sweep.label_seconds for sweep in sweeps),
            fit_seconds=math.fsum(sweep.fit_seconds for sweep in sweeps),
            checksum=potential.checksum,
            **{
                name: getattr(output, name)
                for name in (
                    "engine",
                    "functional",
                    "reason",
                    "converged",
                    "threshold",
                    "extrapolating",
                    "sweeps",
                    "profiles",
                )
            },
        )
