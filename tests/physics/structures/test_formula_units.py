"""Whole formula units taken out: composition exact, as many at one boundary as at the other."""

from collections import Counter

import numpy as np
import pytest
from crystals_for_tests import crystal
from pymatgen.core import Composition

from physics.errors import InputError
from physics.structures.bicrystal import Bicrystal, Grains, stacked
from physics.structures.candidates import Candidate, candidates
from physics.structures.contacts import Thresholds, shortest_contacts, thresholds
from physics.structures.crystal import Crystal
from physics.structures.formula_units import formula_unit, without_formula_unit
from physics.structures.geometry import OPERATIONS
from physics.structures.slab import slab, terminations


def twin(body: Crystal, miller: tuple[int, int, int], layers: int) -> Grains:
    plane = body.plane(miller)
    cut = terminations(body, plane)[0]
    lower = slab(body, plane, layers, cut)
    return Grains(
        crystals=(body, body),
        lower=lower,
        upper=lower.turned(OPERATIONS["twofold"]),
        cuts=(cut, cut),
        origin=layers * (plane.frame @ plane.layer)[:2],
        special=np.zeros((0, 2)),
        equivalent=True,
    )


def limits(body: Crystal, factor: float = 1.0) -> Thresholds:
    usual = thresholds((body.primitive, body.units))
    return Thresholds(usual.elements, factor * usual.lengths)


def crowded(body: Crystal, factor: float, layers: int = 8) -> Candidate:
    """The boundary (210) without gap or translation, its pairs held farther apart than usual."""
    grains = twin(body, (2, 1, 0), layers)
    return candidates([grains], limits(body, factor), translations=1, gaps=(0.0,), keep=1)[0]


@pytest.mark.parametrize(
    ("kinds", "formula"),
    [
        pytest.param(("Li",) * 12 + ("PS4",) * 4, {"Li": 3, "PS4": 1}, id="Li3PS4"),
        pytest.param(("Na", "Cl"), {"Na": 1, "Cl": 1}, id="NaCl"),
        pytest.param(
            ("Li",) * 6 + ("PS4", "S", "Cl"),
            {"Li": 6, "PS4": 1, "S": 1, "Cl": 1},
            id="Li6PS5Cl",
        ),
        pytest.param(("Cu",) * 3, {"Cu": 1}, id="Cu"),
        pytest.param(("Li",) * 4 + ("S",) * 6, {"Li": 2, "S": 3}, id="Li2S3"),
    ],
)
def test_formula_unit(kinds: tuple[str, ...], formula: dict[str, int]) -> None:
    assert formula_unit(kinds) == formula


def near(bicrystal: Bicrystal) -> list[Counter[str]]:
    """Count the units nearer to the first and to the second boundary."""
    height = bicrystal.structure.lattice.c
    z = bicrystal.units.centers[:, 2]
    away = [np.abs((z - h + height / 2) % height - height / 2) for h in bicrystal.heights]
    nearer = np.argmin(away, axis=0)
    return [
        Counter(k for k, n in zip(bicrystal.units.kinds, nearer, strict=True) if n == side)
        for side in (0, 1)
    ]


@pytest.mark.parametrize(
    ("name", "miller", "layers"),
    [("Li3PS4", (1, 2, 0), 4), ("NaCl", (3, 1, 0), 12), ("Li6PS5Cl", (2, 1, 0), 5)],
    ids=["Li3PS4", "NaCl", "Li6PS5Cl"],
)
def test_both_boundaries_lose_one_formula_unit(
    name: str, miller: tuple[int, int, int], layers: int
) -> None:
    body = crystal(name)
    formula = formula_unit(body.units.kinds)
    full = stacked(twin(body, miller, layers), np.array([0.9, 1.3]), 0.0)
    less = without_formula_unit(full, limits(body), formula)
    for before, after in zip(near(full), near(less), strict=True):
        assert before - after == Counter(formula)
    atoms = full.structure.composition - less.structure.composition
    primitive = body.primitive.composition.reduced_composition
    assert atoms == 2 * primitive
    sizes = [round(Composition(kind).num_atoms) for kind in less.units.kinds]
    assert less.units.sizes.tolist() == sizes
    assert less.units.centers[less.units.of_atom] + less.units.offsets == pytest.approx(
        less.structure.cart_coords
    )
    assert len(less.structure.site_properties["grain"]) == len(less.structure)
    kept = {tuple(site) for site in less.structure.cart_coords.round(6)}
    assert kept < {tuple(site) for site in full.structure.cart_coords.round(6)}


def test_the_worst_overlap_goes_first() -> None:
    body = crystal("NaCl")
    full = stacked(twin(body, (2, 1, 0), 8), np.zeros(2), 0.0)
    room = limits(body)
    less = without_formula_unit(full, room, {"Na": 1, "Cl": 1})
    kinds = room.kinds([site.specie.symbol for site in full.structure])

    def overlap(bicrystal: Bicrystal) -> float:
        structure = bicrystal.structure
        i, j, _, r = structure.get_neighbor_list(4.0)
        of = room.kinds([site.specie.symbol for site in structure])
        return float((np.maximum(room.lengths[of[i], of[j]] - r, 0) ** 2).sum())

    assert len(kinds) == len(less.structure) + 4
    assert overlap(less) < 0.5 * overlap(full)


@pytest.mark.parametrize(
    ("name", "factor", "removed"),
    [("NaCl", 1.0, False), ("NaCl", 1.15, True), ("NaCl", 1.2, True), ("Li2S", 1.15, True)],
    ids=["NaCl", "NaCl-1.15", "NaCl-1.20", "Li2S-1.15"],
)
def test_formula_units_go_only_where_no_room_is_left(
    name: str, factor: float, *, removed: bool
) -> None:
    body = crystal(name)
    found = crowded(body, factor)
    assert bool(found.removed) == removed
    structure = found.bicrystal.structure
    assert structure.composition.reduced_formula == body.structure.composition.reduced_formula
    gone = 2 * 8 * len(body.primitive) - len(structure)
    assert gone == 2 * found.removed * len(body.primitive)
    sides = near(Bicrystal(structure, found.bicrystal.units, found.bicrystal.heights))
    assert sum(sides[0].values()) == sum(sides[1].values())
    room = limits(body, factor)
    for (a, b), shortest in shortest_contacts(structure, found.bicrystal.units).items():
        i, j = room.kinds((a, b))
        assert shortest >= room.lengths[i, j] - 1e-3


def test_a_boundary_that_stays_overcrowded_is_refused() -> None:
    with pytest.raises(InputError, match="overcrowded after 4 formula units"):
        crowded(crystal("Li2S"), 1.2)


def test_too_thin_grains_are_refused() -> None:
    body = crystal("Cu")
    full = stacked(twin(body, (1, 1, 1), 1), np.zeros(2), 0.0)
    with pytest.raises(InputError, match="only 0 units Cu beside it; use more layers"):
        without_formula_unit(full, limits(body), {"Cu": 1})
