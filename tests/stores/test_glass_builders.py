"""From quenches to glasses: what is accepted, what is refused and why."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from maggma.stores import MemoryStore
from monty.json import MontyDecoder
from pymatgen.core import Structure

from physics.analysis.glass import Acceptance
from physics.dynamics.melt_quench import PRESSURES
from physics.dynamics.summary import StageSummary
from physics.structures.packing import pack
from stores.builders import GlassBuilder, GlassElasticBuilder
from stores.documents import (
    GlassDocument,
    GlassElasticDocument,
    QuenchDocument,
    QuenchTensorsDocument,
)

MELT = StageSummary(
    "melt", "npt", 100, 11, 1000.0, 50.0, 0.1, 1.62, -4.0,
    {"Li": 90.0, "P": 30.0, "S": 33.0}, {"Li": 45.0, "P": 15.0, "S": 16.0},
)  # fmt: skip
REST = StageSummary(
    "rest", "npt", 100, 11, 300.0, 20.0, 0.1, 1.71, -4.2,
    {"Li": 1.5, "P": 0.21, "S": 0.33}, {"Li": 0.8, "P": 0.20, "S": 0.30},
)  # fmt: skip
COMMON = {"uuid": "u", "name": "collect", "completed_at": "2026-01-01T00:00:00"}
METADATA = {"study": "s", "system": "glass, 360 MPa, seed 3"}


def processed(builder: Any, output: Any) -> dict[str, Any]:
    """Go through the builder as stored jobs do."""
    made = builder(MemoryStore(), MemoryStore()).process_item(
        COMMON | {"output": output, "metadata": METADATA}
    )
    return dict(MontyDecoder().process_decoded(made))


@pytest.fixture(scope="module")
def packing() -> Structure:
    """Four units at the published density."""
    return pack({"Li": 12, "PS4": 4}, 1.88, np.random.default_rng(0))


def glass(start: Structure, end: Structure | None = None, **changes: Any) -> GlassDocument:
    fields: dict[str, Any] = {
        "input_hash": "h",
        "parents": ["packed", "ran"],
        "versions": {"ase": "3"},
        "warnings": ["the engine is soft"],
        "label": "glass, 360 MPa",
        "engine": "chgnet",
        "functional": "CHGNet",
        "potential": None,
        "seed": 3,
        "pressure": 0.36,
        "acceptance": Acceptance(tetrahedral=0.8, melted=True, same_units=True),
        "start": start,
        "structure": end or start,
        "completed": True,
        "stopped": None,
        "stages": [MELT, REST],
    }
    return GlassDocument.from_stored(processed(GlassBuilder, QuenchDocument(**fields | changes)))


def torn(packing: Structure) -> Structure:
    """One S taken from its P, and put where no other is near."""
    structure = packing.copy()
    sulfur = next(k for k, site in enumerate(structure) if site.specie.symbol == "S")
    phosphorus = [k for k, site in enumerate(structure) if site.specie.symbol == "P"]
    grid = np.stack(np.meshgrid(*[np.arange(0, 1, 0.1)] * 3), axis=-1).reshape(-1, 3)
    others = structure.frac_coords[[k for k in range(len(structure)) if k != sulfur]]
    apart = structure.lattice.get_all_distances(grid, others).min(axis=1)
    structure.translate_sites(
        [sulfur], grid[int(np.argmax(apart))] - structure.frac_coords[sulfur], frac_coords=True
    )
    assert structure.distance_matrix[sulfur][phosphorus].min() > 2.5
    return structure


def test_a_whole_glass_is_accepted(packing: Structure) -> None:
    document = glass(packing)
    assert document.accepted
    assert document.warnings == ["the engine is soft"]
    assert (document.formula, document.atoms, document.seed) == ("Li3PS4", 32, 3)
    assert document.units == document.packed_units == {"Li": 12, "PS4": 4}
    assert (document.tetrahedral, document.charge_mismatch) == (1.0, 0)
    assert document.density == REST.density
    assert document.displacements["melt"] == MELT.displacements
    assert (document.study, document.system) == ("s", "glass, 360 MPa, seed 3")
    assert document.parents == ["u", "packed", "ran"]
    assert all(check.passed for check in document.checks)
    assert document.versions["ase"] == "3"


def test_a_broken_unit_refuses_the_glass(packing: Structure) -> None:
    document = glass(packing, torn(packing))
    assert not document.accepted
    assert document.tetrahedral == 0.75
    assert document.packed_units == {"Li": 12, "PS4": 4}
    assert document.units == {"Li": 12, "PS4": 3, "PS3": 1, "S": 1}
    refused = [warning for warning in document.warnings if warning.startswith("refused")]
    assert refused == [
        "refused: tetrahedral part of the phosphorus: 0.75, expected at least 0.8",
        "refused: units gained and lost: 3, expected none",
    ]


def test_a_broken_unit_can_be_allowed(packing: Structure) -> None:
    document = glass(packing, torn(packing), acceptance=Acceptance(tetrahedral=0.75))
    assert document.accepted
    changed = next(check for check in document.checks if check.name.startswith("units"))
    assert (changed.passed, changed.demanded) == (False, False)


def test_what_did_not_melt_is_refused(packing: Structure) -> None:
    cold = replace(MELT, displacements=MELT.displacements | {"P": 20.0})
    document = glass(packing, stages=[cold, REST])
    assert not document.accepted
    assert any("in the melt" in warning for warning in document.warnings)


def test_a_run_that_stopped_early_is_no_glass(packing: Structure) -> None:
    document = glass(packing, completed=False, stopped="a grade of 12.0", stages=[MELT])
    assert not document.accepted
    assert "refused: the melt-quench stopped early (a grade of 12.0)" in document.warnings
    assert any("growth" in warning for warning in document.warnings)
    assert document.density == MELT.density


def test_published_densities_stand_beside_published_pressures(packing: Structure) -> None:
    """Garcia-Mendez et al. 2020, Table 1 and text."""
    found = [glass(packing, pressure=pressure).published_density for pressure in PRESSURES]
    assert found == [1.55, 1.65, 1.76, 1.89, 2.42]
    assert glass(packing, pressure=0.5).published_density is None
    pyro = pack({"Li": 8, "P2S7": 2}, 1.88, np.random.default_rng(0))
    assert glass(pyro).published_density is None


TENSOR = np.diag([30.0, 34, 38, 9, 10, 11]) + np.pad(12 * (1 - np.eye(3)), (0, 3))


def averaged(tensors: list[np.ndarray], **changes: Any) -> GlassElasticDocument:
    fields: dict[str, Any] = {
        "input_hash": "h",
        "warnings": ["the engine is soft"],
        "label": "glass",
        "engine": "chgnet",
        "functional": "CHGNet",
        "formula": "Li3PS4",
        "pressure": 0.36,
        "seeds": list(range(len(tensors))),
        "densities": [1.6 + 0.1 * number for number in range(len(tensors))],
        "tensors": [tensor.tolist() for tensor in tensors],
    }
    output = QuenchTensorsDocument(**fields | changes)
    return GlassElasticDocument.from_stored(processed(GlassElasticBuilder, output))


def test_the_same_glass_turned_three_ways() -> None:
    """Cyclic turns of one tensor average to a cubic one; the bulk modulus has no spread."""
    turned = [TENSOR[np.ix_(order, order)] for order in ([0, 1, 2, 3, 4, 5], [1, 2, 0, 4, 5, 3])]
    turned.append(TENSOR[np.ix_([2, 0, 1, 5, 3, 4], [2, 0, 1, 5, 3, 4])])
    document = averaged(turned)
    mean = np.array(document.stiffness)
    assert np.diag(mean) == pytest.approx([34, 34, 34, 10, 10, 10])
    assert mean[0, 1] == pytest.approx(12)
    assert document.bulk_hill == pytest.approx((34 + 2 * 12) / 3)
    assert document.bulk_hill_sd == pytest.approx(0, abs=1e-9)
    # Voigt mean of cubic C: G = (C11 - C12 + 3 C44) / 5
    isotropic = np.array(document.isotropic)
    assert isotropic[3, 3] == pytest.approx((34 - 12 + 30) / 5)
    assert isotropic[0, 0] - isotropic[0, 1] == pytest.approx(2 * isotropic[3, 3])
    assert document.density == pytest.approx(1.7)
    assert "averaged over 3 quenches, expected 5 or more" in document.warnings[1]


def test_one_quench_has_no_spread_and_five_are_enough() -> None:
    alone = averaged([TENSOR])
    assert (alone.bulk_hill_sd, alone.shear_hill_sd, alone.young_hill_sd) == (None, None, None)
    assert any("over 1 quench," in warning for warning in alone.warnings)
    scaled = averaged([factor * TENSOR for factor in (0.8, 0.9, 1.0, 1.1, 1.2)])
    assert scaled.warnings == ["the engine is soft"]
    # moduli scale with the tensor: variance of the factors is (4 + 1 + 0 + 1 + 4) / 4 %
    assert scaled.bulk_hill_sd == pytest.approx(0.025**0.5 * scaled.bulk_hill)
    assert scaled.young_hill_sd == pytest.approx(0.025**0.5 * scaled.young_hill)
    assert scaled.poisson_hill_sd == pytest.approx(0, abs=1e-12)


def test_an_unstable_mean_is_told() -> None:
    soft = TENSOR.copy()
    soft[3, 3] = -30.0
    document = averaged([soft, TENSOR])
    assert not document.stable
    assert any("elastically unstable" in warning for warning in document.warnings)
