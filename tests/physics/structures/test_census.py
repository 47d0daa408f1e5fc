"""Anions told from bonds: crystal, templates, hand-made anions, packings and a graph library."""

from collections import Counter
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from crystals_for_tests import crystal
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from physics.errors import InputError
from physics.structures.census import CLASSES, CUTOFFS, census_of
from physics.structures.composition import balanced, ions_of
from physics.structures.ions import IONS
from physics.structures.packing import pack

BRIDGED = [(0, 0, 0), (2.1, 0, 0), (4.2, 0, 0), (6.3, 0, 0), (8.4, 0, 0)]
HAND_MADE = {
    # P on the x axis, the shared edge along y, the other S in the xz plane
    "P2S6 (shared edge)": (
        "PPSSSSSS",
        [(-1.45, 0, 0), (1.45, 0, 0), (0, 1.5, 0), (0, -1.5, 0)]
        + [(x, 0, z) for x in (-2.65, 2.65) for z in (-1.6, 1.6)],
        -2,
        {2: 2},
    ),
    # a straight chain P-S-P-S-P
    "P3S10": (
        "PSPSPSSSSSSSS",
        [
            *(*BRIDGED, (-2, 0, 0), (0, 2, 0), (0, -2, 0)),
            *((4.2, 0, 2), (4.2, 0, -2), (10.4, 0, 0), (8.4, 2, 0), (8.4, -2, 0)),
        ],
        -5,
        {1: 2, 2: 1},
    ),
    "P2S5": (
        "PSPSSSS",
        [*BRIDGED[:3], (0, 2, 0), (0, -2, 0), (4.2, 2, 0), (4.2, -2, 0)],
        0,
        {1: 2},
    ),
    "PS3": ("PSSS", [(0, 0, 0), (2, 0, 0), (-1, 1.73, 0), (-1, -1.73, 0)], -1, {0: 1}),
    "S2": ("SS", [(0, 0, 0), (2.05, 0, 0)], -2, {}),
    "S": ("S", [(0, 0, 0)], -2, {}),
    "other PS2": ("PSS", [(0, 0, 0), (2, 0, 0), (-2, 0, 0)], 1, {0: 1}),
    "other P": ("P", [(0, 0, 0)], 5, {0: 1}),
    # P2S6 with an S-S bond in place of the P-P bond
    "other P2S6": (
        "PSSPSSSS",
        [
            *((0, 0, 0), (2.05, 0, 0), (2.05, 2.05, 0), (0.5, 3.5, 0)),
            *((-2, 0, 0), (0, 0, 2), (-1.5, 3.5, 0), (0.5, 3.5, 2)),
        ],
        0,
        {0: 2},
    ),
}


def boxed(symbols: str | tuple[str, ...], positions: np.ndarray | list) -> Structure:
    return Structure(Lattice.cubic(20), list(symbols), positions, coords_are_cartesian=True)


def test_beta_is_all_thiophosphate() -> None:
    found = census_of(crystal("Li3PS4").structure)
    assert found.counts == {"PS4": 4, "Li": 12}
    assert found.phosphorus == found.sulfur == {"PS4": 1.0}
    assert found.tetrahedral == 1.0
    assert found.bridging == {0: 4}
    assert (found.charge, found.charge_mismatch) == (-12, 0)


def test_sulfide_is_free() -> None:
    """Li2S has sulfur alone."""
    found = census_of(crystal("Li2S").structure)
    assert found.counts == {"S": 4, "Li": 8}
    assert np.isnan(found.tetrahedral)
    assert found.phosphorus == {}
    assert found.charge_mismatch == 0


@pytest.mark.parametrize("name", ["PS4", "P2S7", "P2S6", "S"])
def test_templates_are_what_they_are_called(name: str) -> None:
    ion = IONS[name]
    found = census_of(boxed(ion.symbols, ion.positions))
    assert found.counts == {name: 1}
    assert found.charge == found.charge_mismatch == ion.charge


@pytest.mark.parametrize("name", HAND_MADE)
def test_hand_made_anions(name: str) -> None:
    symbols, positions, charge, bridging = HAND_MADE[name]
    found = census_of(boxed(symbols, positions))
    assert found.counts == {name: 1}
    assert found.charge == charge
    assert found.bridging == bridging


def test_an_anion_across_the_boundary_of_the_cell() -> None:
    ion = IONS["P2S7"]
    structure = boxed(ion.symbols, ion.positions % 20)
    assert census_of(structure).counts == {"P2S7": 1}


def test_fractions_are_of_atoms() -> None:
    """1 PS4, 2 P2S7 and 1 S: 5 P, of which 1 in PS4; 19 S, of which 4 in PS4 and 1 free."""
    far = 9 * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]])
    ions = [IONS[name] for name in ("PS4", "P2S7", "P2S7", "S")]
    places = np.vstack([ion.positions + shift for ion, shift in zip(ions, far, strict=True)])
    found = census_of(boxed(tuple(symbol for ion in ions for symbol in ion.symbols), places))
    assert found.counts == {"P2S7": 2, "PS4": 1, "S": 1}
    assert found.phosphorus == pytest.approx({"P2S7": 4 / 5, "PS4": 1 / 5})
    assert found.sulfur == pytest.approx({"P2S7": 14 / 19, "PS4": 4 / 19, "S": 1 / 19})
    assert found.bridging == {0: 1, 1: 4}
    assert found.tetrahedral == 1
    assert found.charge == -3 - 8 - 2


def test_missing_lithium_is_told() -> None:
    structure = crystal("Li3PS4").structure.copy()
    structure.remove_sites([next(k for k, s in enumerate(structure) if s.specie.symbol == "Li")])
    assert census_of(structure).charge_mismatch == -1


def test_tetrahedral_is_not_the_class() -> None:
    """The P of P2S6 has three S and a P; a PS4 with a long bond is no longer tetrahedral."""
    ion = IONS["P2S6"]
    assert census_of(boxed(ion.symbols, ion.positions)).tetrahedral == 0
    stretched = IONS["PS4"].positions.copy()
    stretched[1] *= 2.6 / 2.05
    found = census_of(boxed(IONS["PS4"].symbols, stretched))
    assert found.tetrahedral == 0
    assert found.counts == {"PS3": 1, "S": 1}


@pytest.mark.parametrize("ions", [balanced({"PS4": 20}), ions_of("LiP0.465S1.628", lithium=130)])
def test_a_packing_has_the_ions_it_was_packed_of(ions: dict[str, int]) -> None:
    structure = pack(ions, 1.88, np.random.default_rng(3))
    found = census_of(structure)
    assert found.counts == ions
    assert found.charge_mismatch == 0
    for change in (-0.1, 0.1):
        other = {pair: length + change for pair, length in CUTOFFS.items()}
        assert census_of(structure, other).counts == ions


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_agrees_with_a_graph_library(seed: int) -> None:
    """Atoms anywhere make anions of all kinds; counted once more with networkx."""
    rng = np.random.default_rng(seed)
    symbols = rng.choice(["Li", "P", "S", "S", "S"], 60)
    structure = Structure(Lattice.cubic(12), symbols, rng.random((60, 3)))
    graph = nx.Graph()
    graph.add_nodes_from(k for k in range(60) if symbols[k] != "Li")
    distances = structure.distance_matrix
    for i, j in combinations(graph.nodes, 2):
        pair = tuple(sorted((str(symbols[i]), str(symbols[j]))))
        if distances[i, j] <= CUTOFFS[pair]:
            graph.add_edge(i, j)
    names: Counter[str] = Counter()
    charge = 0
    for members in nx.connected_components(graph):
        part = graph.subgraph(members)
        p = {k for k in members if symbols[k] == "P"}
        s = members - p
        bridges = sum(len(list(combinations([k for k in part[atom] if k in p], 2))) for atom in s)
        pp, ss = part.subgraph(p).number_of_edges(), part.subgraph(s).number_of_edges()
        other = "".join(
            f"{symbol}{n if n > 1 else ''}" for symbol, n in (("P", len(p)), ("S", len(s))) if n
        )
        names[CLASSES.get((len(p), len(s), pp, bridges, ss), f"other {other}")] += 1
        charge += 5 * len(p) - 2 * len(s) - 2 * pp + 2 * ss
    found = census_of(structure)
    lithium = int((symbols == "Li").sum())
    assert found.counts == dict(names) | ({"Li": lithium} if lithium else {})
    assert found.charge == charge
    p_neighbors = [sum(symbols[m] == "S" for m in graph[k]) for k in graph if symbols[k] == "P"]
    assert found.tetrahedral == pytest.approx(np.mean([n == 4 for n in p_neighbors]))
    assert sum(found.bridging.values()) == len(p_neighbors)


def test_a_supercell_has_as_many_times_the_anions() -> None:
    structure = pack(balanced({"PS4": 4, "P2S7": 2}), 1.6, np.random.default_rng(5))
    assert census_of(structure * (2, 1, 3)).counts == {"Li": 120, "PS4": 24, "P2S7": 12}


def test_other_compounds_are_refused() -> None:
    with pytest.raises(InputError, match="has Cl"):
        census_of(crystal("Li6PS5Cl").structure)
    with pytest.raises(InputError, match="partial occupancies"):
        census_of(Structure(Lattice.cubic(5), [{"Li": 0.5, "P": 0.5}], [[0, 0, 0]]))
