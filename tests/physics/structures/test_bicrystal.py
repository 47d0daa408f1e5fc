"""Two grains in one cell: both are the crystal, the cell closes, both boundaries are the same."""

import numpy as np
import pytest
from crystals_for_tests import crystal, planes, salts, thiophosphates
from hypothesis import given, settings
from hypothesis import strategies as st

from physics.structures.bicrystal import Bicrystal, Grains, stacked
from physics.structures.crystal import Crystal
from physics.structures.geometry import OPERATIONS
from physics.structures.slab import slab, terminations

crystals = salts() | thiophosphates()
shifts = st.tuples(st.floats(-1, 1), st.floats(-1, 1))


def twin(
    body: Crystal, miller: tuple[int, int, int], layers: int, operation: str = "twofold"
) -> Grains:
    plane = body.plane(miller)
    cut = terminations(body, plane)[0]
    lower = slab(body, plane, layers, cut)
    return Grains(
        crystals=(body, body),
        lower=lower,
        upper=lower.turned(OPERATIONS[operation]),
        cuts=(cut, cut),
        origin=layers * (plane.frame @ plane.layer)[:2],
        special=np.zeros((0, 2)),
        equivalent=operation == "twofold",
    )


def off_lattice(body: Crystal, frame: np.ndarray, positions: np.ndarray) -> float:
    """Largest distance of positions, all of one grain, from sites of the crystal, Å."""
    bulk = body.primitive
    inside = positions @ frame @ np.linalg.inv(bulk.lattice.matrix)
    vectors = inside[:, None] - bulk.frac_coords
    return float(
        np.linalg.norm((vectors - np.rint(vectors)) @ bulk.lattice.matrix, axis=-1)
        .min(axis=1)
        .max()
    )


def across(bicrystal: Bicrystal, height: float) -> np.ndarray:
    """Distances of atoms on both sides of a boundary, up to 6 Å, Å."""
    structure = bicrystal.structure
    grain = np.array(structure.site_properties["grain"])
    first, second, cells, distances = structure.get_neighbor_list(6.0)
    z = structure.cart_coords[:, 2]
    period = structure.lattice.c
    middle = (z[first] + z[second] + cells[:, 2] * period) / 2 - height
    here = np.abs(middle - period * np.rint(middle / period)) < period / 4
    return np.sort(distances[(grain[first] != grain[second]) & here])


@settings(max_examples=30, deadline=None)
@given(
    body=crystals, miller=planes, layers=st.integers(2, 4), part=shifts, gap=st.floats(0, 3),
    operation=st.sampled_from(["twofold", "mirror"]),
)  # fmt: skip
def test_both_grains_are_the_crystal(
    *,
    body: Crystal,
    miller: tuple[int, int, int],
    layers: int,
    part: tuple[float, float],
    gap: float,
    operation: str,
) -> None:
    """Undo frame, cut, translation and operation: every atom is on a site, whatever the cell."""
    grains = twin(body, miller, layers, operation)
    frame = body.plane(miller).frame
    shift = np.array(part) @ grains.cell
    bicrystal = stacked(grains, shift, gap)
    structure = bicrystal.structure
    grain = np.array(structure.site_properties["grain"])
    raised = np.array([0, 0, grains.cuts[0]])
    lower = structure.cart_coords[grain == 0] - [0, 0, gap / 2] + raised
    assert off_lattice(body, frame, lower) < 1e-6
    start = np.append(grains.origin + shift, bicrystal.heights[1] + gap / 2)
    turned = OPERATIONS[operation]
    below = np.array([0, 0, grains.lower.thickness * (turned[2, 2] < 0)])
    upper = (structure.cart_coords[grain == 1] - start - below) @ turned + raised
    assert off_lattice(body, frame, upper) < 1e-6
    assert structure.composition == 2 * layers * body.primitive.composition
    assert structure.lattice.c == pytest.approx(2 * (grains.lower.thickness + gap))
    assert structure.lattice.alpha == structure.lattice.beta == pytest.approx(90)
    assert bicrystal.units.centers[bicrystal.units.of_atom] + bicrystal.units.offsets == (
        pytest.approx(structure.cart_coords)
    )


@settings(max_examples=20, deadline=None)
@given(body=crystals, miller=planes, part=shifts, gap=st.floats(0, 3))
def test_half_turn_makes_a_screw_axis(
    body: Crystal, miller: tuple[int, int, int], part: tuple[float, float], gap: float
) -> None:
    """A 2_1 axis along the normal maps each grain onto the other and one boundary on the next."""
    grains = twin(body, miller, 3)
    shift = np.array(part) @ grains.cell
    structure = stacked(grains, shift, gap).structure
    screw = np.append(grains.origin + shift, structure.lattice.c / 2)
    images = structure.lattice.get_fractional_coords(structure.cart_coords * [-1, -1, 1] + screw)
    numbers = np.array(structure.atomic_numbers)
    vectors = images[:, None] - structure.frac_coords
    distances = np.linalg.norm((vectors - np.rint(vectors)) @ structure.lattice.matrix, axis=-1)
    partner = distances.argmin(axis=1)
    assert distances.min(axis=1).max() < 1e-6
    assert sorted(partner) == list(range(len(structure)))
    assert (numbers[partner] == numbers).all()
    grain = np.array(structure.site_properties["grain"])
    assert (grain[partner] == 1 - grain).all()


@pytest.mark.parametrize("operation", ["twofold", "mirror"])
@pytest.mark.parametrize("miller", [(1, 2, 0), (1, 1, -1), (0, 2, 1)], ids=["120", "11-1", "021"])
def test_both_boundaries_of_a_symmetric_cut_are_the_same(
    miller: tuple[int, int, int], operation: str
) -> None:
    """The half turn always does it; the mirror where an inversion center lies in the cut."""
    body = crystal("Li3PS4")
    grains = twin(body, miller, 3, operation)
    bicrystal = stacked(grains, np.array([1.1, 0.7]), 0.5)
    first, second = (across(bicrystal, height) for height in bicrystal.heights)
    centers = body.plane(miller).spacing * np.arange(4) / 2
    at_center = np.abs(centers - grains.cuts[0]).min() < 1e-6
    alike = len(first) == len(second) and np.abs(first - second).max() < 1e-6
    assert alike == (operation == "twofold" or at_center)


def test_translation_by_a_period_changes_nothing() -> None:
    grains = twin(crystal("Li3PS4"), (2, 0, 1), 2)
    shift = np.array([1.0, 2.0])
    one = stacked(grains, shift, 1.0).structure
    for steps in ((1, 0), (-2, 3)):
        other = stacked(grains, shift + np.array(steps) @ grains.cell, 1.0).structure
        assert other.cart_coords == pytest.approx(one.cart_coords, abs=1e-6)


def test_stacking_continues_the_lattice() -> None:
    """Both grains alike, no gap, the origin: the perfect crystal goes on across the boundary."""
    body = crystal("Li3PS4")
    grains = twin(body, (1, 2, 0), 3)
    whole = Grains(grains.crystals, grains.lower, grains.lower, grains.cuts, grains.origin,
                   grains.special, equivalent=False)  # fmt: skip
    structure = stacked(whole, np.zeros(2), 0.0).structure
    lifted = structure.cart_coords + np.array([0, 0, grains.cuts[0]])
    assert off_lattice(body, body.plane((1, 2, 0)).frame, lifted) < 1e-6
