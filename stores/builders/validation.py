"""Potentials beside their reference engine, as they are queried."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from physics.analysis.moduli import moduli
from physics.errors import InputError
from stores.builders.base import PropertyBuilder
from stores.documents import PotentialValidationDocument, ValidationDocument, merge_warnings
from stores.documents.elastic import Matrix6
from stores.versions import versions

MODULI = ("bulk_hill", "shear_hill", "young_hill", "poisson_hill")


class ValidationBuilder(PropertyBuilder):
    """Derive a `PotentialValidationDocument` from each `ValidationDocument`."""

    source = ValidationDocument
    target = PotentialValidationDocument

    def analyse(
        self, output: ValidationDocument, common: dict[str, Any]
    ) -> PotentialValidationDocument:
        """
        Average the elastic tensors over orientations and the errors over boundaries.

        Parameters
        ----------
        output : ValidationDocument
            What the potential and the reference engine give.
        common : dict
            Values of the fields that every property has.

        Returns
        -------
        PotentialValidationDocument
            Their values; None, with a warning, where a tensor has no moduli.
        """
        warnings: list[str] = []
        reference = _moduli(output.reference_stiffness, "the reference engine", warnings)
        found = _moduli(output.stiffness, "the potential", warnings)
        crystal, relaxed, boundaries = output.crystal, output.relaxed, output.boundaries
        return PotentialValidationDocument(
            **common,
            input_hash=output.input_hash,
            versions=output.versions | versions(),
            warnings=merge_warnings(output.warnings, warnings),
            formula=crystal.composition.reduced_formula,
            engine=output.engine,
            functional=output.functional,
            potential=output.potential,
            formula_units=int(crystal.composition.get_reduced_composition_and_factor()[1]),
            reference_lattice=crystal.lattice.abc,
            lattice=relaxed.lattice.abc if relaxed else None,
            reference_density=float(crystal.density),
            density=float(relaxed.density) if relaxed else None,
            **{f"reference_{name}": value for name, value in reference.items()},
            **found,
            boundaries=sorted(boundaries, key=lambda boundary: boundary.reference),
            boundary_error=_mean_absolute_error((b.reference, b.relaxed) for b in boundaries),
            unrelaxed_boundary_error=_mean_absolute_error(
                (b.reference, b.unrelaxed) for b in boundaries
            ),
        )


def _moduli(stiffness: Matrix6 | None, whose: str, warnings: list[str]) -> dict[str, float | None]:
    """Give the Hill means; None each, and a warning, where there are none."""
    if stiffness is None:
        return dict.fromkeys(MODULI)
    try:
        means = moduli(stiffness)
    except InputError as error:
        warnings.append(f"no moduli by {whose}: {error}")
        return dict.fromkeys(MODULI)
    if not means.stable:
        warnings.append(
            f"elastically unstable by {whose}: the smallest eigenvalue of C is "
            f"{means.eigenvalues[0]:.2f} GPa; Hill means have no meaning"
        )
    return {name: getattr(means, name) for name in MODULI}


def _mean_absolute_error(pairs: Iterable[tuple[float, float | None]]) -> float | None:
    errors = [abs(found - reference) for reference, found in pairs if found is not None]
    return float(np.mean(errors)) if errors else None
