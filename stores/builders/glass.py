"""Glasses, tested, and their elasticity over several quenches."""

from typing import Any

import numpy as np

from physics.analysis.average import ENOUGH, average_moduli
from physics.dynamics.melt_quench import PUBLISHED_DENSITIES
from stores.builders.base import PropertyBuilder
from stores.documents import (
    GlassDocument,
    GlassElasticDocument,
    QuenchDocument,
    QuenchTensorsDocument,
    merge_warnings,
)
from stores.versions import versions

PUBLISHED_FORMULA = "Li3PS4"


class GlassBuilder(PropertyBuilder):
    """Derive a `GlassDocument` from each `QuenchDocument`."""

    source = QuenchDocument
    target = GlassDocument

    def analyse(self, output: QuenchDocument, common: dict[str, Any]) -> GlassDocument:
        """
        Test a glass.

        Parameters
        ----------
        output : QuenchDocument
            The melt-quench.
        common : dict
            Values of the fields that every property has.

        Returns
        -------
        GlassDocument
            The glass with its acceptance tests.
        """
        packed, found, checks, refused = output.tested()
        formula = output.structure.composition.reduced_formula
        last = output.stages[-1]
        return GlassDocument(
            **common,
            input_hash=output.input_hash,
            versions=output.versions | versions(),
            warnings=merge_warnings(output.warnings, refused),
            formula=formula,
            atoms=len(output.structure),
            density=last.density,
            published_density=(
                PUBLISHED_DENSITIES.get(output.pressure) if formula == PUBLISHED_FORMULA else None
            ),
            tetrahedral=found.tetrahedral if found else None,
            units=found.counts if found else {},
            packed_units=packed.counts if packed else {},
            charge_mismatch=found.charge_mismatch if found else None,
            displacements={stage.name: stage.displacements for stage in output.stages},
            checks=checks,
            accepted=not refused,
            **{
                name: getattr(output, name)
                for name in (
                    "label",
                    "engine",
                    "functional",
                    "seed",
                    "pressure",
                    "structure",
                    "stages",
                )
            },
        )


class GlassElasticBuilder(PropertyBuilder):
    """Derive a `GlassElasticDocument` from each `QuenchTensorsDocument`."""

    source = QuenchTensorsDocument
    target = GlassElasticDocument

    def analyse(
        self, output: QuenchTensorsDocument, common: dict[str, Any]
    ) -> GlassElasticDocument:
        """
        Average the tensors of the quenches.

        Parameters
        ----------
        output : QuenchTensorsDocument
            The tensors.
        common : dict
            Values of the fields that every property has.

        Returns
        -------
        GlassElasticDocument
            Moduli of the mean tensor, and their spread.
        """
        average = average_moduli(output.tensors)
        mean = average.mean
        few = len(output.tensors)
        heard = []
        if few < ENOUGH:
            heard.append(
                f"averaged over {few} quench{'es' if few > 1 else ''}, expected {ENOUGH} or more: "
                "a small cell of glass is not isotropic"
            )
        if not mean.stable:
            heard.append("the mean tensor is elastically unstable; Hill means have no meaning")
        return GlassElasticDocument(
            **common,
            input_hash=output.input_hash,
            versions=output.versions | versions(),
            warnings=merge_warnings(output.warnings, heard),
            density=float(np.mean(output.densities)),
            quenches=few,
            universal_anisotropy=mean.universal_anisotropy,
            stable=mean.stable,
            stiffness=mean.stiffness.tolist(),
            isotropic=average.isotropic.tolist(),
            **{name: getattr(mean, name) for name in average.standard_deviations},
            **{f"{name}_sd": spread for name, spread in average.standard_deviations.items()},
            **{
                name: getattr(output, name)
                for name in (
                    "label",
                    "formula",
                    "engine",
                    "functional",
                    "pressure",
                    "tensors",
                    "seeds",
                )
            },
        )
