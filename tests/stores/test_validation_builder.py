"""From what two say about a crystal to the numbers that are compared."""

from typing import Any

import numpy as np
import pytest
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, jsanitize
from pymatgen.core import Lattice, Structure

from physics.analysis.average import isotropic_tensor
from stores.builders import BUILDERS, ValidationBuilder
from stores.documents import BoundaryComparison, PotentialValidationDocument, ValidationDocument

JOB = {"uuid": "u", "index": 1, "name": "validate", "completed_at": "2026-01-01T00:00:00"}
METADATA = {"study": "s", "system": "salt"}
AMU_PER_CUBIC_ANGSTROM = 1.66053907


def salt(a: float) -> Structure:
    """Two formula units of an orthorhombic crystal."""
    places = [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0.5, 0.5], [0, 0, 0.5]]
    return Structure(Lattice.orthorhombic(a, 5.0, 6.0), ["Li", "Li", "Cl", "Cl"], places)


def comparison(
    reference: float, unrelaxed: float | None, relaxed: float | None
) -> BoundaryComparison:
    return BoundaryComparison(
        label=f"γ {reference}", atoms=8, reference=reference, unrelaxed=unrelaxed, relaxed=relaxed
    )


def validation(**changes: Any) -> ValidationDocument:
    fields: dict[str, Any] = {
        "input_hash": "h",
        "parents": ["fitted", "relaxed"],
        "warnings": ["the engine is soft"],
        "engine": "chgnet",
        "functional": "CHGNet",
        "potential": "0123456789abcdef",
        "crystal": salt(4.0),
        "relaxed": salt(4.1),
        "strain": 0.015,
        "reference_stiffness": isotropic_tensor(22.0, 11.0).tolist(),
        "stiffness": isotropic_tensor(30.5, 9.8).tolist(),
        "boundaries": [comparison(0.5, 0.6, 0.4), comparison(0.1, None, 0.4)],
    }
    return ValidationDocument(**fields | changes)


def derived(**changes: Any) -> PotentialValidationDocument:
    kept = jsanitize(validation(**changes), strict=True, allow_bson=True)
    stored = JOB | {"output": kept, "metadata": METADATA}
    made = ValidationBuilder(MemoryStore(), MemoryStore()).process_item(stored)
    return PotentialValidationDocument.from_stored(MontyDecoder().process_decoded(made))


def test_it_is_among_the_builders() -> None:
    assert ValidationBuilder in BUILDERS


def test_lattices_and_densities() -> None:
    document = derived()
    assert (document.study, document.system, document.formula) == ("s", "salt", "LiCl")
    assert document.formula_units == 2
    assert document.reference_lattice == pytest.approx((4.0, 5.0, 6.0))
    assert document.lattice == pytest.approx((4.1, 5.0, 6.0))
    mass = 2 * (6.94 + 35.45) * AMU_PER_CUBIC_ANGSTROM
    assert document.reference_density == pytest.approx(mass / 120, rel=1e-3)
    assert document.density == pytest.approx(mass / 123, rel=1e-3)
    assert document.potential == "0123456789abcdef"
    assert document.parents == ["u", "fitted", "relaxed"]


def test_moduli_are_those_of_the_tensors() -> None:
    """E = 9BG / (3B + G) and nu = (3B - 2G) / (6B + 2G) of an isotropic solid."""
    document = derived()
    assert (document.reference_bulk_hill, document.reference_shear_hill) == pytest.approx((22, 11))
    assert (document.bulk_hill, document.shear_hill) == pytest.approx((30.5, 9.8))
    assert document.young_hill == pytest.approx(9 * 30.5 * 9.8 / (3 * 30.5 + 9.8))
    assert document.reference_poisson_hill == pytest.approx((66 - 22) / (132 + 22))
    assert document.warnings == ["the engine is soft"]


def test_errors_are_means_over_the_boundaries_that_there_are() -> None:
    document = derived()
    assert document.boundary_error == pytest.approx((0.1 + 0.3) / 2)
    assert document.unrelaxed_boundary_error == pytest.approx(0.1)
    assert [boundary.reference for boundary in document.boundaries] == [0.1, 0.5]


def test_what_is_missing_stays_missing() -> None:
    document = derived(
        relaxed=None, stiffness=None, reference_stiffness=None, boundaries=[]
    )  # fmt: skip
    assert (document.lattice, document.density) == (None, None)
    assert (document.bulk_hill, document.reference_bulk_hill) == (None, None)
    assert (document.boundary_error, document.unrelaxed_boundary_error) == (None, None)
    assert document.warnings == ["the engine is soft"]


def test_a_tensor_without_moduli_is_a_warning() -> None:
    singular = np.diag([1.0, 1, 1, 1, 1, 0])
    document = derived(stiffness=singular.tolist())
    assert document.bulk_hill is None
    assert document.reference_bulk_hill == pytest.approx(22)
    assert document.warnings[1].startswith("no moduli by the potential: elastic tensor: singular")


def test_an_unstable_crystal_is_a_warning() -> None:
    document = derived(reference_stiffness=isotropic_tensor(20.0, -5.0).tolist())
    assert document.warnings[1].startswith(
        "elastically unstable by the reference engine: the smallest eigenvalue of C is -10.00 GPa"
    )
