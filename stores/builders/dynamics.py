"""Runs of molecular dynamics as they are queried."""

from typing import Any

from stores.builders.base import PropertyBuilder
from stores.documents import DynamicsDocument, DynamicsRunDocument
from stores.versions import versions


class DynamicsBuilder(PropertyBuilder):
    """Derive a `DynamicsRunDocument` from each `DynamicsDocument`."""

    source = DynamicsDocument
    target = DynamicsRunDocument

    def analyse(self, output: DynamicsDocument, common: dict[str, Any]) -> DynamicsRunDocument:
        """
        Give a run in the units of tables.

        Parameters
        ----------
        output : DynamicsDocument
            The run.
        common : dict
            Values of the fields that every property has.

        Returns
        -------
        DynamicsRunDocument
            Means of its last stage, and what all stages gave.
        """
        last = output.stages[-1]
        label = output.label.removeprefix(f"{common['system']}: ")
        grades = [s.largest_grade for s in output.stages if s.largest_grade is not None]
        return DynamicsRunDocument(
            **common,
            label=label.removesuffix(f": {common['system']}"),
            input_hash=output.input_hash,
            versions=output.versions | versions(),
            warnings=output.warnings,
            formula=output.structure.composition.reduced_formula,
            atoms=len(output.structure),
            picoseconds=output.steps * output.protocol.time_step / 1000,
            temperature=last.temperature,
            pressure=last.pressure,
            density=last.density,
            li_displacement=last.displacements.get("Li"),
            largest_grade=max(grades, default=None),
            **{
                name: getattr(output, name)
                for name in (
                    "engine",
                    "functional",
                    "potential",
                    "completed",
                    "stopped",
                    "stages",
                    "series",
                    "structure",
                    "trajectory",
                    "extrapolating",
                )
            },
        )
