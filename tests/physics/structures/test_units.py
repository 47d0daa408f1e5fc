"""Units: polyanions are found whole wherever the cell is cut; networks fall apart into atoms."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from physics.errors import InputError
from physics.structures.units import find_units

TETRAHEDRON = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(3)
TRIANGLE = np.array([[np.cos(t), np.sin(t), 0] for t in (0, 2 * np.pi / 3, 4 * np.pi / 3)])

fractions = st.tuples(*3 * (st.floats(-1, 1),))


def tetrahedral(center: str, ligand: str, bond: float) -> tuple[list[str], np.ndarray]:
    return [center, *4 * [ligand]], np.vstack([np.zeros(3), bond * TETRAHEDRON])


def corner_sharing() -> tuple[list[str], np.ndarray]:
    """P2S7: the second PS4 is the first, inverted at one of its S."""
    symbols, one = tetrahedral("P", "S", 2.1)
    other = 2 * one[1] - one
    return [*symbols, "P", "S", "S", "S"], np.vstack([one, np.delete(other, 1, axis=0)])


def edge_sharing() -> tuple[list[str], np.ndarray]:
    """P2S6 without a P-P bond: two PS4 share two S."""
    symbols, one = tetrahedral("P", "S", 2.1)
    other = one[1] + one[2] - one
    return [*symbols, "P", "S", "S"], np.vstack([one, np.delete(other, [1, 2], axis=0)])


def ethane_like() -> tuple[list[str], np.ndarray]:
    """P2S6 with a P-P bond of 2.25 Å."""
    up = 2.0 * (0.94 * TRIANGLE + [0, 0, 0.34])
    apart = np.array([0, 0, 1.125])
    return ["P", *3 * ["S"], "P", *3 * ["S"]], np.vstack([apart, up + apart, -apart, -up - apart])


def planar(center: str, ligand: str, bond: float) -> tuple[list[str], np.ndarray]:
    return [center, *3 * [ligand]], np.vstack([np.zeros(3), bond * TRIANGLE])


MOLECULES = {
    "PS4": (tetrahedral("P", "S", 2.05), "P"),
    "SO4": (tetrahedral("S", "O", 1.48), "S"),
    "BH4": (tetrahedral("B", "H", 1.22), "B"),
    "GeS4": (tetrahedral("Ge", "S", 2.21), "Ge"),
    "NO3": (planar("N", "O", 1.25), "N"),
    "CO3": (planar("C", "O", 1.29), "C"),
    "P2S7": (corner_sharing(), None),
    "P2S6, edge": (edge_sharing(), None),
    "P2S6, P-P": (ethane_like(), None),
    "S2": ((["S", "S"], np.array([[0, 0, 0], [0, 0, 2.06]])), None),
}


def in_box(symbols: list[str], positions: np.ndarray, corner: np.ndarray) -> Structure:
    lattice = Lattice.from_parameters(13, 14, 15, 80, 95, 110)
    return Structure(
        lattice, symbols, positions + corner, coords_are_cartesian=True, to_unit_cell=True
    )


@pytest.mark.parametrize("name", MOLECULES)
@given(at=fractions)
@settings(max_examples=12, deadline=None)
def test_a_molecule_is_one_unit_wherever_it_lies(name: str, at: tuple[float, ...]) -> None:
    (symbols, positions), _ = MOLECULES[name]
    corner = np.array(at) * 13
    units = find_units(in_box(symbols, positions, corner))
    assert units.kinds == (name.partition(",")[0],)
    assert (units.of_atom == 0).all()
    np.testing.assert_allclose(
        units.offsets - units.offsets[0], positions - positions[0], atol=1e-9
    )


@pytest.mark.parametrize("name", MOLECULES)
def test_the_center_is_the_most_bonded_atom_or_the_centroid(name: str) -> None:
    (symbols, positions), central = MOLECULES[name]
    offsets = find_units(in_box(symbols, positions, np.zeros(3))).offsets
    middle = offsets[symbols.index(central)] if central else offsets.mean(axis=0)
    np.testing.assert_allclose(middle, 0, atol=1e-9)


def test_a_bridging_atom_is_no_center() -> None:
    symbols, positions = corner_sharing()
    units = find_units(in_box(symbols, positions, np.full(3, 5.0)))
    np.testing.assert_allclose(units.centers[0], positions.mean(axis=0) + 5, atol=1e-9)


def test_lithium_thiophosphate_has_tetrahedra_and_lithium(li3ps4: Structure) -> None:
    units = find_units(li3ps4)
    assert Counter(units.kinds) == {"Li": 12, "PS4": 4}
    assert Counter(units.sizes.tolist()) == {1: 12, 5: 4}
    phosphorus = [i for i, site in enumerate(li3ps4) if site.specie.symbol == "P"]
    np.testing.assert_allclose(units.offsets[phosphorus], 0, atol=1e-12)
    bonds = np.linalg.norm(units.offsets, axis=1)
    sulfur = [i for i, site in enumerate(li3ps4) if site.specie.symbol == "S"]
    assert 2.0 < bonds[sulfur].min() < bonds[sulfur].max() < 2.09
    for tetrahedron in (np.flatnonzero(units.of_atom == u) for u in set(units.of_atom[phosphorus])):
        arms = units.offsets[[i for i in tetrahedron if i in sulfur]]
        arms /= np.linalg.norm(arms, axis=1)[:, None]
        angles = np.degrees(np.arccos((arms @ arms.T)[np.triu_indices(4, 1)]))
        np.testing.assert_allclose(angles, 109.47, atol=6)


@given(shift=fractions, cells=st.sampled_from([(1, 1, 1), (2, 1, 1), (1, 2, 3)]))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_units_do_not_depend_on_the_cell(
    li3ps4: Structure, shift: tuple[float, ...], cells: tuple[int, ...]
) -> None:
    moved = li3ps4.copy()
    moved.translate_sites(list(range(len(moved))), shift, to_unit_cell=True)
    moved = moved * cells
    units = find_units(moved)
    count = int(np.prod(cells))
    assert Counter(units.kinds) == {"Li": 12 * count, "PS4": 4 * count}
    beside = units.centers[units.of_atom] + units.offsets - moved.cart_coords
    whole = moved.lattice.get_fractional_coords(beside)
    np.testing.assert_allclose(whole, np.rint(whole), atol=1e-9)
    assert np.linalg.norm(units.offsets, axis=1).max() < 2.11


CRISTOBALITE = Structure.from_spacegroup(
    "Fd-3m:2", Lattice.cubic(7.16), ["Si", "O"], [[1 / 8] * 3, [0, 0, 0]]
)
GALLIUM_ARSENIDE = Structure.from_spacegroup(
    "F-43m", Lattice.cubic(5.65), ["Ga", "As"], [[0, 0, 0], [0.25] * 3]
)
GRAPHENE = Structure(Lattice.hexagonal(2.46, 12), ["C", "C"], [[0, 0, 0], [1 / 3, 2 / 3, 0]])
SULFUR_CHAIN = Structure(Lattice.orthorhombic(9, 9, 3.4), ["S", "S"], [[0, 0, 0], [0.13, 0, 0.5]])


@pytest.mark.parametrize(
    ("network", "kinds"),
    [
        (CRISTOBALITE, {"Si": 8, "O": 16}),
        (GALLIUM_ARSENIDE, {"Ga": 4, "As": 4}),
        (GRAPHENE, {"C": 2}),
        (SULFUR_CHAIN, {"S": 2}),
    ],
    ids=["silica", "gallium arsenide", "graphene", "sulfur chain"],
)
@pytest.mark.parametrize("cells", [1, 2])
def test_networks_without_end_fall_apart(
    network: Structure, kinds: dict[str, int], cells: int
) -> None:
    units = find_units(network * (cells, cells, cells))
    assert Counter(units.kinds) == {kind: n * cells**3 for kind, n in kinds.items()}
    assert not units.offsets.any()


def test_metals_have_no_units_but_atoms(copper: Structure) -> None:
    units = find_units(copper)
    assert units.kinds == 4 * ("Cu",)
    np.testing.assert_allclose(units.centers, copper.cart_coords)


def test_a_molecule_beside_a_network_stays_whole() -> None:
    symbols, positions = MOLECULES["SO4"][0]
    both = GRAPHENE * (4, 4, 1)
    for symbol, position in zip(symbols, positions + np.array([3.0, 3.0, 6.0]), strict=True):
        both.append(symbol, position, coords_are_cartesian=True)
    assert Counter(find_units(both).kinds) == {"C": 32, "SO4": 1}


def test_given_bond_lengths_replace_the_rule(li3ps4: Structure) -> None:
    assert Counter(find_units(li3ps4, {("P", "S"): 0}).kinds) == {"Li": 12, "P": 4, "S": 16}
    assert Counter(find_units(li3ps4, {("S", "P"): 2.06}).kinds) != {"Li": 12, "PS4": 4}


@pytest.mark.parametrize("bonds", [{("P", "S"): -1.0}, {("P", "O"): 2.0}])
def test_bonds_that_make_no_sense(li3ps4: Structure, bonds: dict[tuple[str, str], float]) -> None:
    with pytest.raises(InputError, match="expected a length of at least 0"):
        find_units(li3ps4, bonds)
