"""Neighbour lists: the pairs that ASE finds, kept within the skin, found anew beyond it."""

import re
from collections import Counter

import numpy as np
import pytest
from ase import Atoms
from ase.neighborlist import neighbor_list, primitive_neighbor_list
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import get_num_threads, set_num_threads
from numpy.typing import ArrayLike, NDArray

from physics.errors import InputError
from physics.potentials.kernel import Pairs
from physics.potentials.neighbours import NeighbourList

EDGE = 1e-7
ALL = np.ones(3, dtype=bool)
CUBE = np.diag([6.0, 6.0, 6.0])
seeds = st.integers(0, 2**32 - 1)
periodicities = st.tuples(st.booleans(), st.booleans(), st.booleans())

Found = Counter[tuple[int, ...]]


def listed(pairs: Pairs, positions: NDArray, cell: NDArray, cutoff: float) -> Found:
    """Atom, owner of its neighbour and lattice translation between them, below the cutoff."""
    i = np.repeat(np.arange(len(positions)), np.diff(pairs.first))
    j = pairs.owner[pairs.index]
    r = pairs.positions[pairs.index] - pairs.positions[i]
    translation = (r - positions[j] + positions[i]) @ np.linalg.inv(cell)
    assert translation == pytest.approx(np.rint(translation), abs=1e-8)
    return counted(i, j, translation, np.linalg.norm(r, axis=1) < cutoff)


def counted(i: NDArray, j: NDArray, translation: NDArray, chosen: NDArray) -> Found:
    rows = np.column_stack([i, j, np.rint(translation)])[chosen].astype(int)
    return Counter(map(tuple, rows.tolist()))


def assert_equals_ase(
    pairs: Pairs, positions: NDArray, cell: NDArray, pbc: ArrayLike, cutoff: float
) -> None:
    """Compare all pairs but those so near the cutoff that rounding decides."""
    i, j, translation, distance = primitive_neighbor_list(
        "ijSd", np.array(pbc), cell, positions, cutoff + EDGE
    )
    found = listed(pairs, positions, cell, cutoff)
    assert not counted(i, j, translation, distance < cutoff - EDGE) - found
    assert not found - counted(i, j, translation, distance < np.inf)


def draw(seed: int, n_atoms: int) -> tuple[NDArray, NDArray]:
    """Draw atoms in and around a cell with vectors of a few Å, often strongly skewed."""
    rng = np.random.default_rng(seed)
    while True:
        directions = rng.normal(size=(3, 3))
        directions /= np.linalg.norm(directions, axis=1)[:, None]
        if abs(np.linalg.det(directions)) > 0.1:
            break
    cell = directions * rng.uniform(2.0, 7.0, (3, 1))
    # no denser than 4 Å^3 for an atom
    cell *= max(1.0, np.cbrt(4.0 * n_atoms / abs(np.linalg.det(cell))))
    return rng.uniform(-1.5, 2.5, (n_atoms, 3)) @ cell, cell


@settings(max_examples=80, deadline=None)
@given(
    seed=seeds,
    n_atoms=st.integers(1, 30),
    pbc=periodicities,
    cutoff=st.floats(0.5, 8.0),
    skin=st.sampled_from([0.0, 0.7]),
)
def test_pairs_are_those_of_ase(
    seed: int, n_atoms: int, pbc: tuple[bool, ...], cutoff: float, skin: float
) -> None:
    positions, cell = draw(seed, n_atoms)
    pairs = NeighbourList(cutoff, skin).update(positions, cell, pbc)
    assert_equals_ase(pairs, positions, cell, pbc, cutoff)


@pytest.mark.parametrize("pbc", [(1, 1, 1), (1, 0, 1), (0, 0, 0)], ids=["3d", "2d", "0d"])
def test_pairs_of_many_atoms_are_those_of_ase(pbc: tuple[int, ...]) -> None:
    cell = np.array([[24.0, 0.0, 0.0], [-11.0, 21.0, 0.0], [9.0, 8.0, 19.0]])
    positions = np.random.default_rng(4).uniform(-0.4, 1.3, (1000, 3)) @ cell
    pairs = NeighbourList(3.0, 0.5).update(positions, cell, pbc)
    assert_equals_ase(pairs, positions, cell, np.array(pbc, dtype=bool), 3.0)


@pytest.mark.parametrize(
    "cell",
    [
        [[3.0, 0.0, 0.0], [0.5, 4.0, 0.0], [0.0, 0.0, 250.0]],
        [[2.0, 0.0, 0.0], [0.0, 40.0, 0.0], [0.7, 0.0, 40.0]],
        [[18.0, 0.0, 0.0], [36.0, 18.0, 0.0], [-18.0, 54.0, 18.0]],
    ],
    ids=["needle", "sheet", "sheared"],
)
def test_pairs_in_cells_of_odd_shape_are_those_of_ase(cell: list[list[float]]) -> None:
    lattice = np.array(cell)
    positions = np.random.default_rng(5).uniform(-2.0, 3.0, (300, 3)) @ lattice
    pairs = NeighbourList(4.0, 0.6).update(positions, lattice, ALL)
    assert_equals_ase(pairs, positions, lattice, ALL, 4.0)


def test_a_cluster_with_atoms_far_away_has_the_pairs_of_all_distances() -> None:
    rng = np.random.default_rng(6)
    positions = rng.normal(scale=4.0, size=(300, 3))
    positions[:3] += rng.normal(scale=1e5, size=(3, 3))
    pairs = NeighbourList(3.0, 0.0).update(positions, np.zeros((3, 3)), False)
    distances = np.linalg.norm(positions[:, None] - positions, axis=2)
    i, j = np.nonzero((distances < 3.0) & ~np.eye(300, dtype=bool))
    found = np.column_stack([np.repeat(np.arange(300), np.diff(pairs.first)), pairs.index])
    assert sorted(map(tuple, found.tolist())) == sorted(zip(i.tolist(), j.tolist(), strict=True))


def test_the_order_of_pairs_does_not_depend_on_threads() -> None:
    positions = np.random.default_rng(7).random((500, 3)) * 20.0
    allowed, found = get_num_threads(), []
    for threads in (1, allowed):
        set_num_threads(threads)
        found.append(NeighbourList(4.0).update(positions, 20.0 * np.eye(3), ALL))
    set_num_threads(allowed)
    for name in ("positions", "owner", "first", "index"):
        assert getattr(found[0], name).tolist() == getattr(found[1], name).tolist()


@settings(max_examples=60, deadline=None)
@given(seed=seeds, n_atoms=st.integers(1, 30), pbc=periodicities)
def test_every_image_takes_part_and_every_pair_has_its_reverse(
    seed: int, n_atoms: int, pbc: tuple[bool, ...]
) -> None:
    positions, cell = draw(seed, n_atoms)
    pairs = NeighbourList(4.0, 0.5).update(positions, cell, pbc)
    assert set(range(n_atoms, len(pairs.owner))) <= set(pairs.index.tolist())
    assert pairs.owner[:n_atoms].tolist() == list(range(n_atoms))
    found = listed(pairs, positions, cell, np.inf)
    assert found == Counter((j, i, -a, -b, -c) for i, j, a, b, c in found.elements())
    assert max(found.values(), default=1) == 1


@pytest.mark.parametrize(
    ("cutoff", "shells"),
    [(3.9, [12]), (4.1, [12, 6]), (5.0, [12, 6, 24]), (9.1, [12, 6, 24, 12, 24, 8, 48, 6, 36, 24])],
    ids=["first", "second", "third", "tenth"],
)
def test_a_single_atom_sees_the_shells_of_fcc(cutoff: float, shells: list[int]) -> None:
    primitive = np.array([[0.0, 2.0, 2.0], [2.0, 0.0, 2.0], [2.0, 2.0, 0.0]])
    pairs = NeighbourList(cutoff, 0.0).update(np.array([[7.0, -30.0, 0.3]]), primitive, ALL)
    distances = np.linalg.norm(pairs.positions[pairs.index] - pairs.positions[0], axis=1)
    _, counts = np.unique(distances.round(6), return_counts=True)
    assert counts.tolist() == shells


def test_vacuum_and_absent_lattice_vectors_do_not_matter() -> None:
    positions = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1e7, 1e7, -1e7], [1e7, 1e7, 1 - 1e7]])
    pairs = NeighbourList(2.0).update(positions, np.zeros((3, 3)), False)
    assert pairs.index.tolist() == [1, 0, 3, 2]
    assert pairs.positions.tolist() == positions.tolist()

    slab = np.array([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 0.0]])
    parallel = np.array([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [1.0, 1.0, 0.0]])
    for cell in (slab, parallel):
        pairs = NeighbourList(3.1, 0.0).update([[0.0, 0.0, 9.0]], cell, [True, True, False])
        assert sorted((pairs.positions[pairs.index] - pairs.positions[0]).round(9).tolist()) == [
            [-3.0, 0.0, 0.0],
            [0.0, -3.0, 0.0],
            [0.0, 3.0, 0.0],
            [3.0, 0.0, 0.0],
        ]


@settings(max_examples=60, deadline=None)
@given(seed=seeds, n_atoms=st.integers(1, 20), pbc=periodicities)
def test_motion_within_half_the_skin_keeps_the_list_and_all_pairs(
    seed: int, n_atoms: int, pbc: tuple[bool, ...]
) -> None:
    positions, cell = draw(seed, n_atoms)
    neighbours = NeighbourList(4.0, 0.8)
    before = neighbours.update(positions, cell, pbc)
    steps = np.random.default_rng(seed).normal(size=positions.shape)
    moved = positions + 0.399 * steps / np.linalg.norm(steps, axis=1)[:, None]

    pairs = neighbours.update(moved, cell, pbc)
    assert pairs.index is before.index
    assert_equals_ase(pairs, moved, cell, pbc, 4.0)


@pytest.mark.parametrize(
    ("shift", "strain", "pbc", "kept"),
    [
        (0.24, 0.0, [True, True, True], True),
        (0.26, 0.0, [True, True, True], False),
        (0.1, 0.01, [True, True, True], True),
        (0.0, 0.3, [True, True, True], False),
        (0.0, -0.3, [True, True, True], False),
        (0.0, 0.0, [True, True, False], False),
    ],
    ids=["small-step", "large-step", "strained", "expanded", "compressed", "other-periodicity"],
)
def test_the_list_is_built_anew_when_it_must(
    shift: float, strain: float, pbc: list[bool], kept: bool
) -> None:
    positions = np.random.default_rng(0).random((8, 3)) @ CUBE
    neighbours = NeighbourList(4.0, 0.5)
    before = neighbours.update(positions, CUBE, ALL)
    positions[3, 1] += shift
    cell = CUBE * (1 + strain)
    pairs = neighbours.update(positions, cell, pbc)
    assert (pairs.index is before.index) is kept
    assert_equals_ase(pairs, positions, cell, pbc, 4.0)


def test_small_steps_add_up_from_the_last_build_and_atoms_may_leave_the_cell() -> None:
    positions = np.random.default_rng(1).random((8, 3)) @ CUBE
    neighbours = NeighbourList(4.0, 0.5)
    lists = []
    for _ in range(50):
        positions[0] += [0.2, 0.1, -0.1]
        pairs = neighbours.update(positions, CUBE, ALL)
        assert_equals_ase(pairs, positions, CUBE, ALL, 4.0)
        lists.append(pairs.index)
    assert len({id(index) for index in lists}) == 50 // 2


def test_another_number_of_atoms_makes_another_list() -> None:
    neighbours = NeighbourList(2.0)
    assert len(neighbours.update(np.zeros((1, 3)), CUBE, ALL).index) == 0
    assert len(neighbours.update([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]], CUBE, ALL).index) == 2


def test_a_caller_that_moves_its_array_does_not_fool_the_list() -> None:
    positions = np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0]])
    neighbours = NeighbourList(2.0)
    assert len(neighbours.update(positions, CUBE, ALL).index) == 0
    positions[1, 0] = 1.5
    assert len(neighbours.update(positions, CUBE, ALL).index) == 2


@pytest.mark.parametrize(
    ("positions", "cell", "message"),
    [
        ([[0.0, 0.0, np.nan]], CUBE, "not finite"),
        ([[0.0, np.inf, 0.0]], CUBE, "not finite"),
        (np.zeros((0, 3)), CUBE, "at least one atom"),
        ([0.0, 0.0, 0.0], CUBE, "(N, 3)"),
        ([[0.0, 0.0, 0.0]], np.diag([5.0, 5.0, 0.0]), "independent"),
        ([[0.0, 0.0, 0.0]], [[5.0, 1, 2], [1, 5.0, 3], [2.2, 3.8, 2.7]], "independent"),
        ([[0.0, 0.0, 0.0]], np.diag([5.0, 5.0, np.nan]), "independent"),
        ([[0.0, 0.0, 0.0]], 0.01 * CUBE, "collapsed"),
    ],
    ids=[
        "nan",
        "infinite",
        "no-atoms",
        "flat-array",
        "zero-vector",
        "plane",
        "nan-cell",
        "collapse",
    ],
)
def test_input_without_neighbours_is_refused(
    positions: list[list[float]], cell: NDArray, message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        NeighbourList(3.0).update(positions, cell, ALL)


@pytest.mark.parametrize(
    ("cutoff", "skin"), [(0.0, 0.5), (-1.0, 0.5), (np.nan, 0.5), (np.inf, 0.5), (5.0, -0.1)]
)
def test_cutoffs_that_are_none_are_refused(cutoff: float, skin: float) -> None:
    with pytest.raises(InputError, match="expected a positive cutoff"):
        NeighbourList(cutoff, skin)


@given(
    st.lists(st.floats(-0.03, 0.03), min_size=9, max_size=9),
    st.lists(st.floats(-0.06, 0.06), min_size=18, max_size=18),
    st.floats(-3, 3),
)
def test_a_list_kept_under_strain_misses_no_pair(
    strain: list[float], moves: list[float], drift: float
) -> None:
    cell = np.array([[5.0, 0.0, 0.0], [1.5, 4.0, 0.0], [0.0, 1.0, 6.0]])
    positions = np.random.default_rng(0).random((6, 3)) @ cell
    neighbours = NeighbourList(4.0, skin=1.0)
    neighbours.update(positions, cell, True)
    deformation = np.eye(3) + np.reshape(strain, (3, 3))
    now = positions @ deformation + np.reshape(moves, (6, 3)) + drift
    pairs = neighbours.update(now, cell @ deformation, True)
    atoms = Atoms("H6", now, cell=cell @ deformation, pbc=True)
    center = np.repeat(np.arange(6), np.diff(pairs.first))
    vectors = pairs.positions[pairs.index] - pairs.positions[center]
    found = np.linalg.norm(vectors, axis=1)
    expected = np.sort(neighbor_list("d", atoms, 4.0))
    np.testing.assert_allclose(np.sort(found[found < 4.0]), expected, atol=1e-10)
