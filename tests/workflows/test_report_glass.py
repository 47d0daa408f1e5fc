"""The sections of a report about glasses and their elasticity."""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from maggma.stores import MemoryStore
from pymatgen.core import Structure
from report_for_tests import in_order, labels_of, page_of

from physics.analysis.glass import Acceptance
from physics.dynamics.summary import StageSummary
from physics.structures.packing import pack
from stores.builders.glass import GlassBuilder, GlassElasticBuilder
from stores.documents import (
    GlassDocument,
    GlassElasticDocument,
    QuenchDocument,
    QuenchTensorsDocument,
)

uuids = map(str, count())


def common() -> dict[str, Any]:
    return {
        "uuid": next(uuids),
        "study": "a study",
        "system": "glasses",
        "last_updated": datetime(2026, 1, 1, tzinfo=UTC),
    }


def stage(name: str, *, density: float, moved: float, at_half: float) -> StageSummary:
    return StageSummary(
        name, "npt", 100, 11, 300.0, 10.0, 0.0, density, -4.0,
        {"Li": moved, "P": moved, "S": moved}, {"Li": at_half, "P": at_half, "S": at_half},
    )  # fmt: skip


@pytest.fixture(scope="module")
def packing() -> Structure:
    """Two units."""
    return pack({"Li": 6, "PS4": 2}, 1.5, np.random.default_rng(1))


def glass(start: Structure, end: Structure | None = None, **changes: Any) -> GlassDocument:
    """What a quench that moved P by 6 Å in the melt and by 0.25 Å at rest gives."""
    fields: dict[str, Any] = {
        "input_hash": "h",
        "label": "glass",
        "engine": "chgnet",
        "functional": "CHGNet",
        "potential": None,
        "seed": 3,
        "pressure": 0.36,
        "acceptance": Acceptance(tetrahedral=0.9),
        "start": start,
        "structure": end or start,
        "completed": True,
        "stopped": None,
        "stages": [
            stage("melt", density=1.4, moved=36.0, at_half=18.0),
            stage("rest", density=1.65, moved=0.0625, at_half=0.05),
        ],
    }
    builder = GlassBuilder(MemoryStore(), MemoryStore())
    return builder.analyse(QuenchDocument(**(fields | changes)), common())


def broken(packing: Structure) -> Structure:
    """The packing, of which the first unit has lost a sulfur atom to the largest gap."""
    sulfur = next(i for i, site in enumerate(packing) if site.specie.symbol == "S")
    others = packing.copy()
    others.remove_sites([sulfur])
    grid = np.stack(np.meshgrid(*[np.arange(12) / 12] * 3), axis=-1).reshape(-1, 3)
    away = packing.lattice.get_all_distances(grid, others.frac_coords).min(axis=1)
    assert away.max() > 2.5
    others.append("S", grid[away.argmax()])
    return others


def test_a_glass_that_passes(tmp_path: Path, packing: Structure) -> None:
    page = page_of(tmp_path, glass(packing))
    assert "glass 3 chgnet 16 360 1.650 1.65 100 % accepted" in page.text
    assert "1.65 g/cm³ (0.0 %): Garcia-Mendez 2020" in page.text
    assert "PS 4 2 2" in page.text
    assert "tetrahedral part of the phosphorus 1 at least 0.9 yes passed" in page.text
    assert "displacement² of phosphorus in the melt (Å²) 36 more than 25 no passed" in page.text
    assert "in the rest (Å²) 0.0125 at most 0.2 yes passed" in page.text
    assert "refused" not in page.text.lower()
    assert labels_of(page)[0].startswith("Unit cell of Li3PS4")
    tetrahedra = [value for value in page.values("style") if "fill: #0b6e6e" in value]
    assert len(tetrahedra) == 2 * 4


def test_a_glass_that_is_refused(tmp_path: Path, packing: Structure) -> None:
    document = glass(packing, broken(packing), acceptance=Acceptance(same_units=True))
    page = page_of(tmp_path, document)
    assert in_order(page.text, ["refused: units gained and lost", "50 % refused", "Refused , for"])
    assert in_order(page.text, ["PS 4 2 1", "PS 3 0 1"])
    assert "at least 0 no passed" in page.text
    assert "units gained and lost 3 none yes failed" in page.text
    assert "Charge of the units" not in page.text
    charged = page_of(tmp_path, document.model_copy(update={"charge_mismatch": -2}))
    assert "Charge of the units and of lithium: −2 e" in charged.text


def test_what_is_not_demanded_does_not_look_like_a_fault(
    tmp_path: Path, packing: Structure
) -> None:
    page = page_of(tmp_path, glass(packing, broken(packing), acceptance=Acceptance()))
    assert "units gained and lost 3 none no failed, not demanded" in page.text
    assert "accepted" in page.text
    assert "refused" not in page.text.lower()


def test_a_quench_that_stopped_has_tests_without_a_value(
    tmp_path: Path, packing: Structure
) -> None:
    stages = [stage("melt", density=1.4, moved=36.0, at_half=18.0)]
    document = glass(packing, stages=stages, completed=False, stopped="too hot", pressure=0.5)
    page = page_of(tmp_path, document)
    assert "not found at most 0.2 yes failed" in page.text
    assert "stopped early (too hot)" in page.text
    assert "no density is kept at this pressure" in page.text


def test_glasses_come_by_pressure_and_seed(tmp_path: Path, packing: Structure) -> None:
    given = [
        glass(packing, label=label, pressure=pressure, seed=seed)
        for label, pressure, seed in (("dense", 10.0, 0), ("light", 1e-4, 2), ("light", 1e-4, 1))
    ]
    page = page_of(tmp_path, *given)
    names = ["light, seed 1", "light, seed 2", "dense, seed 0"]
    assert in_order(page.text, names)
    assert in_order(page.text, ["0.1 1.650 1.55", "10000 1.650 2.42"])


def isotropic(bulk: float, shear: float) -> np.ndarray:
    stiffness = np.diag([4 / 3 * shear] * 3 + [shear] * 3)
    stiffness[:3, :3] += bulk - 2 / 3 * shear * (1 - np.eye(3))
    return stiffness


def elastic(scales: list[float], **changes: Any) -> GlassElasticDocument:
    """Quenches whose tensors are those of 1.76 g/cm^3 of Garcia-Mendez et al., but isotropic."""
    fields = {
        "input_hash": "h",
        "label": "glass",
        "engine": "chgnet",
        "functional": "CHGNet",
        "formula": "Li3PS4",
        "pressure": 1.0,
        "seeds": list(range(len(scales))),
        "densities": [1.76] * len(scales),
        "tensors": [(scale * isotropic(16.93, 6.61)).tolist() for scale in scales],
    }
    builder = GlassElasticBuilder(MemoryStore(), MemoryStore())
    return builder.analyse(QuenchTensorsDocument(**(fields | changes)), common())


def test_moduli_have_their_spread_over_quenches(tmp_path: Path) -> None:
    page = page_of(tmp_path, elastic([0.9, 1.0, 1.1]))
    moduli = "16.9 ± 1.7 6.61 ± 0.66 17.5 ± 1.8 0.327"
    assert f"glass chgnet 1.760 3 {moduli}" in page.text
    assert "0.00 stable" in page.text
    assert "averaged over 3 quenches" in page.text
    assert "seeds 0, 1, 2" in page.text
    assert labels_of(page) == ["Moduli of Li3PS4 glass against density"]


def test_moduli_stand_beside_published_ones_of_the_same_pressure(tmp_path: Path) -> None:
    page = page_of(tmp_path, elastic([1.0]))
    assert "glass chgnet 1.760 1 16.9 6.61 17.5 0.327 0.00 stable" in page.text
    for row in (
        "Bulk modulus B (GPa) 16.9 16.93 0.0 % static DFT",
        "Shear modulus G (GPa) 6.61 6.61 0.0 % static DFT",
        "Density (g/cm³) 1.760 1.76 0.0 % ab initio MD",
    ):
        assert row in page.text
    assert "recomputed – not printed" in page.text
    other = page_of(tmp_path, elastic([1.0], pressure=3.0))
    assert "No published values are kept for Li 3 PS 4 glass at 3000 MPa." in other.text
    assert "recomputed – not printed" not in other.text


def test_each_composition_is_drawn_by_itself(tmp_path: Path) -> None:
    page = page_of(tmp_path, elastic([1.0]), elastic([1.0], formula="Li7P3S11"))
    assert [label.split()[2] for label in labels_of(page)] == ["Li3PS4", "Li7P3S11"]
