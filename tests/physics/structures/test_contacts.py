"""Contacts between units against brute force, and the limits derived from crystals."""

from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from physics.structures.contacts import (
    THIOPHOSPHATE,
    contacts,
    shortest_contacts,
    thresholds,
)
from physics.structures.crystal import Crystal
from physics.structures.grain_boundaries import tilt_boundary
from physics.structures.units import find_units

SYMBOLS = ["P", "S", "S", "S", "S", "Li", "Li"]
BOND = 2.05
POSITIONS = np.vstack(
    [
        np.zeros(3),
        BOND * np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(3),
        [[2.9, 2.9, 0.2], [0.3, -2.8, 3.1]],
    ]
)
LATTICE = Lattice.from_parameters(6.4, 6.9, 7.3, 84, 97, 103)
UNIT = [0, 0, 0, 0, 0, 1, 2]

images = st.lists(
    st.tuples(*3 * (st.integers(-2, 2),)), min_size=len(SYMBOLS), max_size=len(SYMBOLS)
)


def brute_force(reach: float) -> dict[tuple[str, str], list[float]]:
    """Distances of all pairs in all images, those within the PS4 itself left out."""
    found: dict[tuple[str, str], list[float]] = {}
    for i, j in combinations_with_replacement(range(len(SYMBOLS)), 2):
        for image in product(range(-3, 4), repeat=3):
            if not any(image) and UNIT[i] == UNIT[j]:
                continue
            vector = POSITIONS[j] + np.array(image) @ LATTICE.matrix - POSITIONS[i]
            if (distance := float(np.linalg.norm(vector))) <= reach:
                pair = sorted((SYMBOLS[i], SYMBOLS[j]))
                found.setdefault((pair[0], pair[1]), []).append(distance)
    return found


def with_images(shifts: list[tuple[int, int, int]]) -> Structure:
    """The same crystal with each atom written in some other cell."""
    fractional = LATTICE.get_fractional_coords(POSITIONS) + np.array(shifts)
    return Structure(LATTICE, SYMBOLS, fractional)


@given(shifts=images, reach=st.floats(2.5, 9))
@settings(max_examples=25, deadline=None)
def test_every_pair_of_different_units_is_found_once(
    shifts: list[tuple[int, int, int]], reach: float
) -> None:
    structure = with_images(shifts)
    found = contacts(structure, find_units(structure), reach)
    pairs: dict[tuple[str, str], list[float]] = {}
    for i, j, distance in zip(found.first, found.second, found.distances, strict=True):
        pair = sorted((SYMBOLS[i], SYMBOLS[j]))
        pairs.setdefault((pair[0], pair[1]), []).append(float(distance))
    expected = brute_force(reach)
    assert pairs.keys() == expected.keys()
    for pair, distances in expected.items():
        np.testing.assert_allclose(sorted(pairs[pair]), sorted(distances), atol=1e-9)
    vectors = structure.cart_coords[found.second] + found.translations
    vectors -= structure.cart_coords[found.first]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), found.distances, atol=1e-9)


@given(shifts=images)
@settings(max_examples=25, deadline=None)
def test_shortest_contacts_are_those_of_brute_force(shifts: list[tuple[int, int, int]]) -> None:
    structure = with_images(shifts)
    expected = {pair: min(distances) for pair, distances in brute_force(6.0).items()}
    assert shortest_contacts(structure) == pytest.approx(expected)


def test_single_atoms_against_pymatgen() -> None:
    rng = np.random.default_rng(3)
    structure = Structure(LATTICE, ["Li", "Na", "K", "Mg", "Zn"], rng.random((5, 3)))
    found = shortest_contacts(structure, reach=10.0)
    for i, j in combinations_with_replacement(range(5), 2):
        a, b = sorted((structure[i].specie.symbol, structure[j].specie.symbol))
        expected = structure.get_distance(i, j) if i != j else min(LATTICE.abc)
        assert found[a, b] == pytest.approx(expected)


def test_an_ion_and_its_image_are_different_units() -> None:
    """One PS4 in a cube of 6 Å: its S are 6 - 2 x 2.05 / sqrt(3) apart from those of the next."""
    structure = Structure(Lattice.cubic(6), SYMBOLS[:5], POSITIONS[:5], coords_are_cartesian=True)
    arm = BOND / np.sqrt(3)
    facing = np.hypot(6 - 2 * arm, 2 * arm)
    expected = {
        ("P", "P"): 6.0,
        ("P", "S"): np.sqrt((6 - arm) ** 2 + 2 * arm**2),
        ("S", "S"): facing,
    }
    assert shortest_contacts(structure) == pytest.approx(expected)


def test_pairs_out_of_reach_are_missing(copper: Structure) -> None:
    assert shortest_contacts(copper, reach=2.5) == {}
    assert shortest_contacts(copper) == {("Cu", "Cu"): pytest.approx(3.6 / np.sqrt(2))}


def test_two_atoms_at_one_place_are_a_contact() -> None:
    structure = Structure(Lattice.cubic(5), ["Li", "Li"], [[0.1, 0.2, 0.3]] * 2)
    assert shortest_contacts(structure)["Li", "Li"] == pytest.approx(0, abs=1e-9)


def test_limits_of_a_thiophosphate(li3ps4: Structure) -> None:
    limits = thresholds((li3ps4, find_units(li3ps4)))
    assert limits.elements == ("Li", "P", "S")
    np.testing.assert_allclose(limits.lengths, limits.lengths.T)
    for (a, b), length in THIOPHOSPHATE.items():
        assert limits.lengths[tuple(limits.kinds([a, b]))] == length


def test_limits_of_others_follow_their_crystals(copper: Structure) -> None:
    units = find_units(copper)
    assert thresholds((copper, units)).lengths == pytest.approx(0.8 * 3.6 / np.sqrt(2))
    denser = copper.copy()
    denser.scale_lattice(0.9 * copper.volume)
    both = thresholds((copper, units), (denser, find_units(denser)))
    assert both.lengths == pytest.approx(0.8 * 3.6 * 0.9 ** (1 / 3) / np.sqrt(2))


def test_no_pair_is_held_farther_apart_than_3_2() -> None:
    alloy = Structure(Lattice.cubic(5.9), ["K", "Rb"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    limits = thresholds((alloy, find_units(alloy)))
    np.testing.assert_allclose(limits.lengths, 3.2)


def test_a_crystal_keeps_its_own_limits() -> None:
    """Layers of black phosphorus are networks: their bonds are contacts, but allowed ones."""
    phosphorus = Structure.from_spacegroup(
        "Cmce", Lattice.orthorhombic(3.31, 10.48, 4.38), ["P"], [[0, 0.102, 0.081]]
    )
    units = find_units(phosphorus)
    bond = shortest_contacts(phosphorus, units)["P", "P"]
    assert 2.1 < bond < 2.4
    assert thresholds((phosphorus, units)).lengths == pytest.approx(bond)


def test_no_new_bonds_between_iodide_ions() -> None:
    """A bond of I2 is looked for up to 3.34 Å, beyond the longest general threshold."""
    salt = Crystal(
        Structure.from_spacegroup("Fm-3m", Lattice.cubic(6.0), ["Li", "I"], [[0, 0, 0], [0.5] * 3])
    )
    limits = thresholds((salt.primitive, salt.units))
    iodide = limits.elements.index("I")
    assert 3.34 < limits.lengths[iodide, iodide] < 3.5
    for plane in ((2, 1, 0), (1, 1, 1), (3, 1, 0)):
        for boundary in tilt_boundary(salt, plane):
            assert set(find_units(boundary.structure).kinds) == {"Li", "I"}


def test_atoms_of_a_network_keep_their_bonds() -> None:
    silicon = Crystal(Structure.from_spacegroup("Fd-3m", Lattice.cubic(5.43), ["Si"], [[0, 0, 0]]))
    limits = thresholds((silicon.primitive, silicon.units))
    assert limits.lengths[0, 0] == pytest.approx(0.8 * 5.43 * 3**0.5 / 4)
