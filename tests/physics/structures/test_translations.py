"""The overlap scan against sums over explicit images, and what any such sum obeys."""

import numpy as np
import pytest
from crystals_for_tests import crystal
from hypothesis import given, settings
from hypothesis import strategies as st

from physics.structures.slab import slab, terminations
from physics.structures.translations import Face, face, overlaps

THRESHOLDS = np.array([[2.4, 2.0], [2.0, 3.0]])
GAPS = np.array([0.0, 0.5, 2.0])

seeds = st.integers(0, 2**32 - 1)


def scan(below: Face, above: Face, cell: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    return overlaps(below, above, cell=cell, thresholds=THRESHOLDS, shifts=shifts, gaps=GAPS)


def random_face(rng: np.random.Generator, count: int) -> Face:
    places = rng.uniform([-20, -20, -0.2], [20, 20, 3], (count, 3))
    return Face(places, rng.integers(0, 2, count))


def random_cell(rng: np.random.Generator) -> np.ndarray:
    a, b = rng.uniform(1.5, 14, 2)
    gamma = np.radians(rng.uniform(40, 140))
    turn = rng.uniform(0, 2 * np.pi)
    rows = np.array([[a, 0], [b * np.cos(gamma), b * np.sin(gamma)]])
    return rows @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])


def summed(below: Face, above: Face, cell: np.ndarray, shift: np.ndarray, gap: float) -> float:
    """Sum (r_th - r)^2 over all images, those of the first atom brought near the second."""
    reach = range(-6, 7)
    total = 0.0
    for (*first, depth), kind in zip(below.positions, below.kinds, strict=True):
        for (*second, height), other in zip(above.positions, above.kinds, strict=True):
            flat = (np.array(second) + shift - first) @ np.linalg.inv(cell)
            flat -= np.rint(flat)
            for u in reach:
                for v in reach:
                    vector = np.append((flat + np.array([u, v])) @ cell, depth + height + gap)
                    short = THRESHOLDS[kind, other] - np.linalg.norm(vector)
                    total += max(short, 0.0) ** 2
    return total


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_scan_equals_the_sum_over_images(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cell, below, above = random_cell(rng), random_face(rng, 3), random_face(rng, 4)
    shifts = rng.uniform(-15, 15, (2, 2))
    found = scan(below, above, cell, shifts)
    expected = [[summed(below, above, cell, shift, gap) for gap in GAPS] for shift in shifts]
    assert found == pytest.approx(np.array(expected), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, steps=st.tuples(st.integers(-3, 3), st.integers(-3, 3)))
def test_scan_obeys_the_symmetry_of_the_net(seed: int, steps: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    cell, below, above = random_cell(rng), random_face(rng, 8), random_face(rng, 8)
    shifts = rng.uniform(-5, 5, (3, 2))
    found = scan(below, above, cell, shifts)
    assert (found >= 0).all()
    assert (np.diff(found[:, 1:], axis=1) <= 1e-9).all()  # they stick out by 0.2 at most
    elsewhere = scan(below, above, cell, shifts + np.array(steps) @ cell)
    assert elsewhere == pytest.approx(found, abs=1e-8)
    swapped = scan(above, below, cell, -shifts)
    assert swapped == pytest.approx(found, abs=1e-8)


def test_atoms_face_to_face() -> None:
    atom = Face(np.array([[1.0, 2.0, 0.5]]), np.array([0]))
    found = scan(atom, atom, 9 * np.eye(2), np.array([[0.0, 0.0], [1.0, 0.0], [4.5, 4.5]]))
    expected = [[1.4**2, 0.9**2, 0], [(2.4 - 2**0.5) ** 2, (2.4 - 3.25**0.5) ** 2, 0], [0, 0, 0]]
    assert found == pytest.approx(np.array(expected))


def test_images_of_one_atom_overlap_in_a_small_cell() -> None:
    atom = Face(np.zeros((1, 3)), np.array([1]))
    found = scan(atom, atom, 2 * np.eye(2), np.zeros((1, 2)))
    at_two, at_diagonal = 3.0 - 2.0, 3.0 - 8**0.5
    assert found[0, 0] == pytest.approx(3**2 + 4 * at_two**2 + 4 * at_diagonal**2)


def test_faces_of_a_slab() -> None:
    body = crystal("NaCl")
    plane = body.plane((1, 1, 1))
    grain = slab(body, plane, 3, terminations(body, plane)[0])
    kinds = np.array([0 if site.specie.symbol == "Na" else 1 for site in body.primitive])
    half = 5.64 / np.sqrt(12)
    for upper in (True, False):
        near = face(grain, kinds[grain.site], 1.6 * half, upper=upper)
        assert sorted(near.positions[:, 2]) == pytest.approx([half / 2, 1.5 * half], rel=1e-6)
        assert sorted(near.kinds) == [0, 1]
    lower, upper = (face(grain, kinds[grain.site], half, upper=up) for up in (False, True))
    assert lower.kinds != upper.kinds  # Na sheet on one side, Cl on the other


def test_atoms_that_stick_out_have_negative_depth() -> None:
    body = crystal("Li3PS4")
    plane = body.plane((1, 2, 0))
    grain = slab(body, plane, 4, terminations(body, plane)[0])
    kinds = np.zeros(len(grain.site), dtype=int)
    for upper in (True, False):
        near = face(grain, kinds, 3.0, upper=upper)
        assert -2.1 < near.positions[:, 2].min() < 0
        assert near.positions[:, 2].max() < 3.0
