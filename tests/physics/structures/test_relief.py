"""Units pushed apart: how far, rigid or not, and what happens without room."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from physics.structures.contacts import THIOPHOSPHATE, Thresholds, shortest_contacts
from physics.structures.relief import MARGIN, relieve
from physics.structures.units import Units, find_units

LIMITS = Thresholds(("Li", "P", "S"), np.array([[2.4, 2.4, 2.0], [2.4, 3.2, 2.9], [2.0, 2.9, 3.0]]))
TETRAHEDRON = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 2.05 / np.sqrt(3)


def lithium(distance: float, box: float = 12.0) -> Structure:
    return Structure(
        Lattice.cubic(box), ["Li", "Li"], [[0, 0, 0], [distance, 0, 0]], coords_are_cartesian=True
    )


def tetrahedra(centers: np.ndarray, turns: Rotation, lithiums: np.ndarray, box: float) -> Structure:
    places = [
        np.vstack([c, c + turn.apply(TETRAHEDRON)]) for c, turn in zip(centers, turns, strict=True)
    ]
    return Structure(
        Lattice.cubic(box),
        ["P", "S", "S", "S", "S"] * len(centers) + ["Li"] * len(lithiums),
        np.concatenate([*places, lithiums]),
        coords_are_cartesian=True,
    )


def overlap(structure: Structure, units: Units) -> float:
    """Sum (r_th - r)^2 over images found one by one."""
    total = 0.0
    for i, j in combinations(range(len(structure)), 2):
        if units.of_atom[i] == units.of_atom[j]:
            continue
        pair = tuple(sorted((structure[i].specie.symbol, structure[j].specie.symbol)))
        vector = structure[j].frac_coords - structure[i].frac_coords
        cells = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3), -1).reshape(-1, 3)
        images = (vector - np.rint(vector) + cells) @ structure.lattice.matrix
        short = np.maximum(THIOPHOSPHATE[pair] - np.linalg.norm(images, axis=1), 0)
        total += float(short @ short)
    return total


def test_two_atoms_part_symmetrically() -> None:
    structure = lithium(1.8)
    relief = relieve(structure, find_units(structure), LIMITS)
    assert relief.structure.get_distance(0, 1) == pytest.approx(2.4 + MARGIN, abs=2e-3)
    assert relief.structure.cart_coords.mean(axis=0) == pytest.approx([0.9, 0, 0], abs=1e-9)
    assert relief.moved == pytest.approx((2.4 + MARGIN - 1.8) / 2, abs=1e-3)
    assert relief.overlap == 0


def test_atoms_across_the_cell_boundary_part_too() -> None:
    structure = lithium(10.2)
    relief = relieve(structure, find_units(structure), LIMITS)
    assert relief.structure.get_distance(0, 1) == pytest.approx(2.4 + MARGIN, abs=2e-3)


def test_nothing_moves_without_overlap() -> None:
    structure = lithium(2.5)
    relief = relieve(structure, find_units(structure), LIMITS)
    assert relief.structure.cart_coords == pytest.approx(structure.cart_coords, abs=1e-12)
    assert relief.moved == relief.overlap == 0


def test_without_room_the_overlap_is_told() -> None:
    """In a cell of 4 Å the farthest place for two Li is the body center, 3.46 Å; S needs 4 x 3."""
    structure = Structure(Lattice.cubic(3.2), ["S", "Li"], [[0, 0, 0], [0.5, 0.5, 0.4]])
    units = find_units(structure, {("Li", "S"): 0.0, ("S", "S"): 0.0})
    crowded = Thresholds(("Li", "S"), np.array([[2.4, 3.0], [3.0, 3.0]]))
    relief = relieve(structure, units, crowded)
    best = 8 * (3.0 - 1.6 * np.sqrt(3)) ** 2
    assert relief.overlap == pytest.approx(best, rel=1e-3)


def test_a_tetrahedron_turns_out_of_the_way() -> None:
    """Li on the axis of a P-S bond, held by a second tetrahedron: both units also rotate."""
    centers = np.array([[6.0, 6, 6], [6, 6, 11.1]])
    structure = tetrahedra(
        centers, Rotation.from_euler("x", [[0], [40]], degrees=True), np.array([[6, 6, 8.4]]), 16
    )
    units = find_units(structure)
    relief = relieve(structure, units, LIMITS)
    assert overlap(structure, units) > 0.1
    assert relief.overlap == overlap(relief.structure, relief.units) == 0
    turned = [
        Rotation.align_vectors(relief.units.offsets[atoms], units.offsets[atoms])[0].magnitude()
        for atoms in (range(1, 5), range(6, 10))
    ]
    assert max(turned) > 0.01


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_units_stay_rigid_and_find_room(seed: int) -> None:
    rng = np.random.default_rng(seed)
    centers = np.array([[3.5, 3.5, 3.5], [3.5, 3.5, 9.5], [10, 3.5, 3.5]])
    centers += rng.uniform(-0.3, 0.3, (3, 3))
    places = np.array([[9.5, 9.5, 3.5], [9.5, 9.5, 5.0], [3.5, 9.5, 9.5], [3.5, 9.5, 11.0]])
    structure = tetrahedra(
        centers, Rotation.random(3, rng=rng), places + rng.uniform(-0.3, 0.3, (4, 3)), 14.0
    )
    units = find_units(structure, {("S", "S"): 0.0})  # some are as close as a bond
    relief = relieve(structure, units, LIMITS)
    assert relief.units.kinds == units.kinds == ("PS4",) * 3 + ("Li",) * 4
    assert relief.overlap == 0
    for pair, shortest in shortest_contacts(relief.structure, relief.units).items():
        assert shortest >= THIOPHOSPHATE[pair]
    for first in (0, 5, 10):
        inside = slice(first, first + 5)
        before, after = (
            np.linalg.norm(u.offsets[inside, None] - u.offsets[inside], axis=-1)
            for u in (units, relief.units)
        )
        assert after == pytest.approx(before, abs=1e-9)
        assert np.linalg.det(
            np.linalg.lstsq(units.offsets[inside], relief.units.offsets[inside])[0]
        ) == pytest.approx(1)
    drift = np.linalg.norm(relief.units.centers - units.centers, axis=1)
    assert relief.moved == pytest.approx(drift.max())


def test_no_net_force_moves_the_structure() -> None:
    """Pairs act and react, so the center of single atoms stays, in a chain of overlaps too."""
    places = np.array([[1.0 + 1.6 * i, 3 + 0.2 * i % 3, 6] for i in range(5)])
    structure = Structure(Lattice.cubic(24), ["Li"] * 5, places, coords_are_cartesian=True)
    relief = relieve(structure, find_units(structure), LIMITS)
    assert relief.overlap == 0
    assert relief.structure.cart_coords.mean(axis=0) == pytest.approx(places.mean(axis=0), abs=1e-9)
