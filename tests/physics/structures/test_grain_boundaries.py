"""The published list of boundaries, and other compounds: exact, whole, roomy, bulk-like inside."""

from collections import Counter
from functools import cache

import numpy as np
import pytest
from crystals_for_tests import crystal
from pymatgen.core import Lattice, Structure

from physics.errors import InputError
from physics.structures.audit import audit
from physics.structures.construction import Construction, GrainBoundary
from physics.structures.contacts import THIOPHOSPHATE, shortest_contacts
from physics.structures.crystal import Crystal
from physics.structures.grain_boundaries import (
    general_boundary,
    tilt_boundary,
    tilt_geometry,
    twist_boundary,
)
from physics.structures.misorientation import disorientation
from physics.structures.units import find_units

Miller = tuple[int, int, int]

# plane, misorientation, area, period across the first, layer spacing, twin index, obliquity;
# the first period is the tilt axis. Derived by hand from a, b, c = 13.07, 8.13, 6.26 Å; index and
# obliquity only where one row of the lattice has both of them smallest.
PNMA = [
    ((1, 2, 0), 34.55, 171.4, (6.26, 27.38), 3.882, 11, 0.55),
    ((2, -1, 0), 77.59, 130.6, (6.26, 20.86), 5.093, 5, 0.88),
    ((1, 3, 0), 23.43, 250.7, (6.26, 40.04), 2.654, 11, 1.22),
    ((1, 5, 0), 14.18, 412.2, (6.26, 65.85), 1.614, 28, 1.22),
    ((3, -2, 0), 86.03, 223.8, (6.26, 35.75), 2.972, 13, 0.44),
    ((1, 7, 0), 10.16, 575.0, (6.26, 91.85), 1.157, None, None),
    ((-2, 5, 0), 27.94, 421.6, (6.26, 67.34), 1.578, 16, 1.03),
    ((-1, 1, 1), 84.40, 143.4, (10.26, 14.49), 4.637, None, None),
    ((2, 0, 1), 87.54, 147.1, (8.13, 18.10), 4.521, 21, 0.27),
]
# the same names read in axes ordered a < b < c, written in Pnma axes: (h k l) -> (l k h)
STANDARD = [
    ((0, 2, 1), 66.00, 195.1, (13.07, 14.93), 3.409, None, None),
    ((0, -1, 2), 42.11, 227.7, (13.07, 17.42), 2.921, 8, 0.70),
    ((0, 3, 1), 46.82, 267.5, (13.07, 20.46), 2.487, 16, 0.25),
    ((0, 5, 1), 29.12, 422.7, (13.07, 32.34), 1.574, 8, 0.17),
    ((0, -2, 3), 54.35, 358.3, (13.07, 27.42), 1.856, 19, 0.28),
    ((0, 7, 1), 21.02, 582.5, (13.07, 44.57), 1.142, 29, 0.39),
    ((0, 5, -2), 54.90, 461.0, (13.07, 35.27), 1.443, 19, 0.28),
    ((1, 1, -1), 84.40, 143.4, (10.26, 14.49), 4.637, None, None),
    ((1, 0, 2), 26.94, 218.5, (8.13, 26.88), 3.044, 19, 0.41),
]
TILTS = PNMA + STANDARD
# plane, rotation, smaller angle by a hidden rotation of the shear in the source, cells, cell
TWISTS = [
    ((0, 0, 1), 34.55, 0.0096, 11, (27.38, 42.70)),
    ((1, 0, 0), 54.35, 0.0049, 19, (27.42, 35.27)),
]
CUBIC = [
    ("Cu", (1, 1, 1), 3), ("Cu", (2, 1, 0), 5), ("Cu", (3, 1, 0), 5), ("Cu", (1, 1, 3), 11),
    ("Fe", (1, 1, 2), 3), ("Fe", (2, 1, 0), 5), ("Fe", (3, 1, 0), 5),
    ("NaCl", (1, 1, 1), 3), ("NaCl", (2, 1, 0), 5), ("NaCl", (3, 1, 0), 5),
    ("Li2S", (1, 1, 1), 3), ("Li2S", (2, 1, 0), 5), ("Li2S", (3, 1, 0), 5),
    ("Li3OCl", (1, 1, 1), 3), ("Li3OCl", (2, 1, 0), 5), ("Li3OCl", (3, 1, 0), 5),
    ("Li6PS5Cl", (1, 1, 1), 3), ("Li6PS5Cl", (2, 1, 0), 5), ("Li6PS5Cl", (3, 1, 0), 5),
]  # fmt: skip
ANGLES = {3: 60.0, 5: 36.8699, 11: 50.4788}
OTHERS = [
    ("Mg", (1, 0, 2), 86.31), ("Mg", (1, 0, 1), 56.14), ("Mg", (1, 1, 2), 63.25),
    ("Li7La3Zr2O12", (1, 1, 2), None), ("Li7La3Zr2O12", (2, 1, 0), 36.8699),
]  # fmt: skip


def label(value: object) -> str | None:
    return "".join(map(str, value)) if isinstance(value, tuple) else None


@cache
def tilt(name: str, miller: Miller) -> list[GrainBoundary]:
    return tilt_boundary(crystal(name), miller, construction=Construction(keep=2))


@cache
def twist(name: str, miller: Miller, angle: float) -> list[GrainBoundary]:
    return twist_boundary(crystal(name), miller, angle=angle, construction=Construction(keep=2))


def require_exact(found: GrainBoundary, body: Crystal) -> None:
    """Composition, charge, units, contacts, separation: all as in the crystal."""
    structure = found.structure
    formula = structure.composition.reduced_composition
    assert formula == body.structure.composition.reduced_composition
    charge = sum(body.oxidation_states[site.specie.symbol] for site in structure)
    assert charge == pytest.approx(0)
    bulk, units = Counter(body.units.kinds), find_units(structure)
    times = len(structure) / len(body.primitive)
    assert Counter(units.kinds) == {kind: times * number for kind, number in bulk.items()}
    in_bulk = shortest_contacts(body.primitive, body.units)
    for pair, shortest in shortest_contacts(structure, units).items():
        limit = THIOPHOSPHATE.get(pair, min(0.8 * in_bulk.get(pair, 6.0), 3.2))
        assert shortest > limit - 1e-3, pair
        assert shortest > 1.5, pair
    first, second = found.heights
    assert first == 0
    assert min(second, structure.lattice.c - second) >= 15
    assert structure.lattice.alpha == structure.lattice.beta == pytest.approx(90)
    examined = audit(structure, body, boundaries=found.heights)
    assert examined.passed, examined.faults


def require_bulk_inside(found: GrainBoundary, body: Crystal, depth: float = 8.0) -> None:
    """Every atom deep in a grain has the neighbors within 4 Å of some atom of the crystal."""
    structure = found.structure
    deep = np.flatnonzero(np.array(structure.site_properties["boundary_distance"]) > depth)
    grain = np.array(structure.site_properties["grain"])
    assert set(grain[deep]) == {0, 1}
    known: dict[str, list[np.ndarray]] = {}
    for site, around in zip(body.primitive, body.primitive.get_all_neighbors(6.0), strict=True):
        shell = sorted((n.specie.symbol, n.nn_distance) for n in around)
        known.setdefault(site.specie.symbol, []).append(shell)
    sites = [structure[int(atom)] for atom in deep]
    for site, around in zip(sites, structure.get_all_neighbors(4.0, sites=sites), strict=True):
        shell = sorted((n.specie.symbol, n.nn_distance) for n in around)
        deviations = [
            compared(shell, [each for each in reference if each[1] < 4.5])
            for reference in known[site.specie.symbol]
        ]
        assert min(deviations) < 0.3, site


def compared(shell: list[tuple[str, float]], reference: list[tuple[str, float]]) -> float:
    """Largest difference of the n-th distance to each element, Å."""
    worst = 0.0
    for symbol in {symbol for symbol, _ in shell}:
        here = [r for s, r in shell if s == symbol]
        there = [r for s, r in reference if s == symbol]
        if len(there) < len(here):
            return np.inf
        worst = max(worst, float(np.abs(np.subtract(here, there[: len(here)])).max()))
    return worst


@pytest.mark.parametrize(
    ("miller", "angle", "area", "periods", "spacing", "index", "obliquity"), TILTS, ids=label
)
def test_geometry_of_the_published_tilts(
    *,
    miller: Miller,
    angle: float,
    area: float,
    periods: tuple[float, float],
    spacing: float,
    index: int | None,
    obliquity: float | None,
) -> None:
    geometry = tilt_geometry(crystal("Li3PS4"), miller)
    assert geometry.kind == "symmetric tilt"
    assert geometry.misorientation == pytest.approx(angle, abs=0.006)
    assert geometry.area == pytest.approx(area, abs=0.06)
    assert geometry.periods == pytest.approx(periods, abs=0.006)
    assert geometry.spacings == pytest.approx((spacing, spacing), abs=6e-4)
    assert geometry.strain == 0
    assert geometry.sigma is None
    assert geometry.atoms_per_layer == (32, 32)
    if index is not None:
        assert geometry.twin_index == index
        assert geometry.obliquity == pytest.approx(obliquity, abs=0.006)
    if 0 in miller:
        assert geometry.axis == tuple(int(h == 0) for h in miller)


@pytest.mark.parametrize("miller", [row[0] for row in TILTS], ids=label)
def test_published_tilts_are_exact(miller: Miller) -> None:
    body = crystal("Li3PS4")
    for found in tilt("Li3PS4", miller):
        require_exact(found, body)
        counts = Counter(find_units(found.structure).kinds)
        assert counts.keys() == {"Li", "PS4"}
        assert counts["Li"] == 3 * counts["PS4"]
        assert found.equivalent
        assert found.removed == 0
        assert found.structure.lattice.c == pytest.approx(
            sum(found.layers) * found.geometry.spacings[0] + 2 * found.gap
        )
        assert len(found.structure) == 32 * sum(found.layers)


@pytest.mark.parametrize("miller", [row[0] for row in TILTS], ids=label)
def test_interiors_of_the_published_tilts_are_bulk(miller: Miller) -> None:
    require_bulk_inside(tilt("Li3PS4", miller)[0], crystal("Li3PS4"), depth=9.5)


@pytest.mark.parametrize(("miller", "angle", "shear", "cells", "periods"), TWISTS, ids=label)
def test_published_twists(
    miller: Miller, angle: float, shear: float, cells: int, periods: tuple[float, float]
) -> None:
    """
    The near-rectangular cells derived by hand, with the shear of each grain made symmetric.

    A simple shear s is a pure strain s/2 and a rotation s/2: the true rotation is larger by s.
    """
    body = crystal("Li3PS4")
    for found in twist("Li3PS4", miller, angle):
        geometry = found.geometry
        assert geometry.kind == "twist"
        assert geometry.cells == (cells, cells)
        assert geometry.periods == pytest.approx(periods, rel=1e-3)
        assert geometry.angle == pytest.approx(90, abs=0.05)
        assert geometry.strain == pytest.approx(shear / 2, rel=0.03)
        assert geometry.misorientation == pytest.approx(angle + np.degrees(shear), abs=0.03)
        require_exact(found, body)
    require_bulk_inside(twist("Li3PS4", miller, angle)[0], body, depth=11.5)


@pytest.mark.parametrize(("name", "miller", "sigma"), CUBIC, ids=label)
def test_cubic_tilts(name: str, miller: Miller, sigma: int) -> None:
    body = crystal(name)
    for found in tilt(name, miller):
        geometry = found.geometry
        assert geometry.sigma == geometry.twin_index == sigma
        assert geometry.strain == 0
        assert geometry.obliquity == pytest.approx(0, abs=1e-5)
        turn = disorientation(_half_turn(miller), body.point_group)
        assert turn is not None
        assert geometry.misorientation == pytest.approx(turn.angle, abs=1e-4)
        if name != "Li6PS5Cl":  # without inversion (210) is 53 degrees away from itself
            assert geometry.misorientation == pytest.approx(ANGLES[sigma], abs=1e-3)
        require_exact(found, body)
    require_bulk_inside(tilt(name, miller)[0], body)


@pytest.mark.parametrize(("name", "miller", "angle"), OTHERS, ids=label)
def test_tilts_of_other_crystals(name: str, miller: Miller, angle: float | None) -> None:
    body = crystal(name)
    found = tilt(name, miller)[0]
    if angle is not None:
        assert found.geometry.misorientation == pytest.approx(angle, abs=0.06)
    require_exact(found, body)
    require_bulk_inside(found, body)


@pytest.mark.parametrize(
    "name", ["Cu", "Fe", "NaCl", "Li2S", "Li3OCl", "Li6PS5Cl"], ids=lambda name: name
)
def test_cubic_twists(name: str) -> None:
    body = crystal(name)
    found = twist(name, (0, 0, 1), 36.87)[0]
    assert found.geometry.sigma == 5
    assert found.geometry.cells == (5, 5)
    assert found.geometry.strain == pytest.approx(0, abs=1e-6)
    require_exact(found, body)
    require_bulk_inside(found, body)


def _half_turn(normal: Miller) -> np.ndarray:
    n = np.array(normal) / np.linalg.norm(normal)
    return 2 * np.outer(n, n) - np.eye(3)


def test_garnet_has_the_bonds_of_the_published_structure() -> None:
    """Zr-O 2.11 Å, tetrahedral Li-O from 1.89 Å, La-O from 2.46 Å: the sites are the right ones."""
    body = crystal("Li7La3Zr2O12")
    assert body.space_group == ("I4_1/acd", 142)
    found = shortest_contacts(body.primitive)
    assert [found[pair] for pair in (("O", "Zr"), ("Li", "O"), ("La", "O"))] == pytest.approx(
        [2.11, 1.89, 2.46], abs=0.01
    )


def test_what_is_told_about_a_boundary() -> None:
    found = tilt("Li3PS4", (1, 2, 0))[0]
    structure = found.structure
    z = structure.cart_coords[:, 2]
    half = structure.lattice.c / 2
    away = [np.abs((z - height + half) % (2 * half) - half) for height in found.heights]
    assert structure.site_properties["boundary_distance"] == pytest.approx(np.min(away, axis=0))
    grain = np.array(structure.site_properties["grain"])
    deep = np.min(away, axis=0) > 3
    assert ((z > found.heights[1]) == (grain == 1))[deep].all()
    assert found.moved > 0
    assert found.overlap > 0
    assert found.cuts[0] == found.cuts[1]


def test_candidates_come_in_order_and_are_distinct() -> None:
    body = crystal("Li3PS4")
    found = tilt_boundary(body, (2, 0, 1), construction=Construction(keep=6))
    assert 1 < len(found) <= 6
    cost = [b.overlap / (2 * b.geometry.area) + 0.01 * b.gap for b in found]
    assert cost == sorted(cost)
    assert len({(b.cuts, b.shift) for b in found}) == len(found)


def test_one_translation_and_one_termination() -> None:
    found = tilt_boundary(
        crystal("Li3PS4"), (2, 0, 1),
        construction=Construction(translations=1, terminations=1, gaps=(1.0,), layers=5),
    )  # fmt: skip
    assert len(found) == 1
    assert found[0].shift == (0, 0)
    assert found[0].gap == 1.0
    assert found[0].layers == (5, 5)
    require_exact(found[0], crystal("Li3PS4"))


def test_more_translations_leave_less_overlap() -> None:
    body = crystal("Li3PS4")
    overlap = [
        tilt_boundary(
            body, (1, 2, 0),
            construction=Construction(translations=count, gaps=(0.5,), keep=1, terminations=1),
        )[0].overlap
        for count in (1, 64)
    ]  # fmt: skip
    assert overlap[1] < 0.5 * overlap[0]


def test_boundaries_of_two_planes_of_copper() -> None:
    """(111) on (115), three cells on one: Sigma 9 as [1 -1 0] is parallel, else Sigma 3."""
    body = crystal("Cu")
    for angle, sigma, turn in ((0.0, 9, 38.942), (180.0, 3, 60.0)):
        found = general_boundary(
            body, (1, 1, 1), body, (1, 1, 5), angle=angle, construction=Construction(keep=1)
        )[0]
        assert found.geometry.planes == ((1, 1, 1), (1, 1, 5))
        assert found.geometry.cells == (3, 1)
        assert found.geometry.sigma == sigma
        assert found.geometry.misorientation == pytest.approx(turn, abs=1e-3)
        assert found.geometry.strain == pytest.approx(0, abs=1e-9)
        if sigma == 9:
            assert found.geometry.kind == "asymmetric tilt"
        require_exact(found, body)


def test_interface_of_two_crystals() -> None:
    """Cube on cube, the misfit shared: 2 (a2 - a1) / (a1 + a2) halved, to first order."""
    salt, sulfide = crystal("NaCl"), crystal("Li2S")
    found = general_boundary(
        salt, (0, 0, 1), sulfide, (0, 0, 1), construction=Construction(keep=1)
    )[0]  # fmt: skip
    assert found.geometry.kind == "interface"
    assert found.geometry.misorientation is None
    assert found.geometry.strain == pytest.approx((5.71 - 5.64) / (5.71 + 5.64), rel=0.01)
    grain = np.array(found.structure.site_properties["grain"])
    for side, expected in enumerate(("NaCl", "Li2S")):
        sites = [found.structure[int(atom)] for atom in np.flatnonzero(grain == side)]
        assert Structure.from_sites(sites).composition.reduced_formula == expected
    assert not find_units(found.structure).sizes.max() > 1


QUARTZ = Structure.from_spacegroup(
    "P3_221", Lattice.hexagonal(4.913, 5.405), ["Si", "O"],
    [[0.4697, 0, 2 / 3], [0.4133, 0.2672, 0.7855]],
)  # fmt: skip


def test_a_chiral_crystal_keeps_its_hand() -> None:
    body = Crystal(QUARTZ)
    with pytest.raises(InputError, match=r"changes the hand of the crystal.*P3_221.*twofold"):
        tilt_boundary(body, (1, 0, 2), operation="mirror")
    found = tilt_boundary(body, (1, 0, 2), construction=Construction(keep=1))[0]
    require_exact(found, body)
