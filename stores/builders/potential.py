"""Fitted potentials as they are queried."""

from typing import Any, ClassVar

import numpy as np

from physics.potentials.errors import Deviation
from stores.builders.base import PropertyBuilder
from stores.documents import FittedPotentialDocument, PotentialDocument
from stores.versions import versions


class PotentialBuilder(PropertyBuilder):
    """
    Derive a `FittedPotentialDocument` from each `PotentialDocument`.

    Those of the sweeps of active learning are left out: its last one is given on by a job of its
    own.
    """

    source = PotentialDocument
    target = FittedPotentialDocument
    criteria: ClassVar[dict[str, Any]] = {"metadata.sweep": {"$exists": False}}

    def analyse(self, output: PotentialDocument, common: dict[str, Any]) -> FittedPotentialDocument:
        """
        Give a potential in the units of tables.

        Parameters
        ----------
        output : PotentialDocument
            The potential.
        common : dict
            Values of the fields that every property has.

        Returns
        -------
        FittedPotentialDocument
            Its errors, and the potential itself.
        """
        training = output.training.overall
        test = output.test.overall if output.test else None
        return FittedPotentialDocument(
            **common,
            input_hash=output.input_hash,
            versions=output.versions | versions(),
            warnings=output.warnings,
            engine=output.engine,
            formula="-".join(output.species),
            level=output.level,
            r_max=output.r_max,
            n_parameters=output.n_parameters,
            n_configurations=output.training.dataset.n_configurations,
            training_energy=1000 * training.energy.mae,
            training_forces=_milli(training.forces),
            test_energy=_milli(test.energy) if test else None,
            test_forces=_milli(test.forces) if test else None,
            rank=output.active_set.rank if output.active_set else None,
            converged=output.converged,
            checksum=output.checksum,
            training=output.training.dataset,
            text=output.text,
        )


def _milli(deviation: Deviation) -> float | None:
    """Give a mean absolute error in thousandths; None without labels."""
    return None if np.isnan(deviation.mae) else 1000 * deviation.mae
