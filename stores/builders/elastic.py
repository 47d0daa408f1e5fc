"""Elastic tensors from stress-strain data."""

from dataclasses import asdict
from typing import Any

import numpy as np

from physics.analysis.elasticity import elastic_tensor, nonlinearity
from physics.analysis.moduli import asymmetry, moduli
from stores.builders.base import PropertyBuilder
from stores.documents import ElasticDocument, StressStrainDocument, merge_warnings
from stores.versions import versions

MAX_NONLINEARITY = 0.05
MAX_ASYMMETRY = 0.05


class ElasticBuilder(PropertyBuilder):
    """Derive an `ElasticDocument` from each `StressStrainDocument`."""

    source = StressStrainDocument
    target = ElasticDocument

    def analyse(self, output: StressStrainDocument, common: dict[str, Any]) -> ElasticDocument:
        """
        Fit the tensor at delta, and at delta/2 where that was computed.

        Parameters
        ----------
        output : StressStrainDocument
            Strains and stresses.
        common : dict
            Values of the fields that every property has.

        Returns
        -------
        ElasticDocument
            Tensor, moduli and warnings.

        Raises
        ------
        InputError
            If a strain is missing or the tensor is singular.
        """
        data = (np.array(output.strains), np.array(output.stresses), np.array(output.rotations))
        raw = elastic_tensor(*data, output.strain)
        result = moduli(raw)
        deviation = None
        if output.halved:
            deviation = nonlinearity(raw, elastic_tensor(*data, output.strain / 2))
        skew = asymmetry(raw)
        warnings = []
        if not result.stable:
            warnings.append(
                f"elastically unstable: the smallest eigenvalue of C is "
                f"{result.eigenvalues[0]:.2f} GPa; Reuss and Hill means have no meaning"
            )
        if deviation is not None and deviation > MAX_NONLINEARITY:
            warnings.append(
                f"not linear: C changes by {deviation:.0%} of its largest element when the strain "
                f"is halved (limit {MAX_NONLINEARITY:.0%}); use a smaller strain"
            )
        if skew > MAX_ASYMMETRY:
            warnings.append(
                f"C is asymmetric by {skew:.0%} of its largest element before symmetrising (limit "
                f"{MAX_ASYMMETRY:.0%}): tighten fmax"
            )
        return ElasticDocument(
            **common,
            input_hash=output.input_hash,
            versions=output.versions | versions(),
            warnings=merge_warnings(output.warnings, warnings),
            formula=output.structure.composition.reduced_formula,
            density=float(output.structure.density),
            asymmetry=skew,
            nonlinearity=deviation,
            **{
                name: value.tolist() if isinstance(value, np.ndarray) else value
                for name, value in asdict(result).items()
            },
            **{
                name: getattr(output, name)
                for name in (
                    "engine",
                    "functional",
                    "structure",
                    "strain",
                    "relax_ions",
                    "strains",
                    "stresses",
                    "prestress",
                )
            },
        )
