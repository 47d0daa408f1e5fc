"""What part of a boundary's core a thinner cell holds, and which cell is chosen."""

from dataclasses import astuple, replace
from functools import cache

import numpy as np
import pytest
from crystals_for_tests import crystal
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from physics.errors import InputError
from physics.structures.candidates import Joint
from physics.structures.construction import Construction, GrainBoundary
from physics.structures.crystal import Crystal
from physics.structures.request import Request, build
from physics.structures.training_cell import CORE, REACH, coverage, training_cell

HOW = Construction(separation=15.0, keep=2, max_strain=0.025)
REQUESTS = [
    Request(name="Σ5 [001] (2-10)", axes="pnma"),
    Request(name="Σ3 [110] (-111)", axes="pnma"),
    Request(name="Σ5 [010] (201)", axes="pnma"),
    Request(plane="0 1 0", twist=90.0),
]
TILT = REQUESTS[2]
SHEETS = 1e-6


@cache
def full(request: Request, name: str = "Li3PS4") -> list[GrainBoundary]:
    return build(crystal(name), request, HOW)


def of_layers(boundary: GrainBoundary, request: Request, layers: int, name: str) -> GrainBoundary:
    how = replace(HOW, layers=layers)
    return build(crystal(name), request, how, boundary.joint)[0]


def alike(one: Joint, other: Joint) -> bool:
    return bool(np.allclose(np.hstack(astuple(one)), np.hstack(astuple(other)), atol=1e-9))


def covered(boundary: GrainBoundary, small: Structure) -> float:
    return coverage(boundary.structure, boundary.heights, small)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.label)
def test_a_cell_covers_itself(request_: Request) -> None:
    boundary = full(request_)[0]
    assert covered(boundary, boundary.structure) == 1


@pytest.mark.parametrize("name", ["Cu", "Li3PS4"])
def test_the_unit_cell_covers_the_crystal(name: str) -> None:
    primitive = crystal(name).primitive
    supercell = primitive * (3, 2, 2)
    height = supercell.lattice.c
    assert coverage(supercell, (0.0, height / 2), primitive, core=height, tolerance=1e-6) == 1
    assert coverage(primitive, (0.0, 0.0), supercell, core=height, tolerance=1e-6) == 1


@pytest.mark.parametrize(("tolerance", "changed"), [(0.4, 12), (0.5, 0)])
@pytest.mark.parametrize("core", [SHEETS, 100.0])
def test_a_vacancy_changes_its_twelve_neighbors(
    copper: Structure, core: float, tolerance: float, changed: int
) -> None:
    # within 3 Å of an atom of fcc copper are its twelve neighbors, 2.546 Å away: 0.454 Å from 3 Å
    hole = copper * (4, 4, 4)
    hole.remove_sites([0])
    atoms, changed = (31, changed // 3) if core == SHEETS else (255, changed)
    part = coverage(hole, (0.0, 0.0), copper, core=core, reach=3.0, tolerance=tolerance)
    assert part == pytest.approx(1 - changed / atoms)


def test_neighbors_at_the_edge_of_reach_do_not_count() -> None:
    small, large = (
        Structure.from_spacegroup("Fm-3m", Lattice.cubic(a), ["Cu"], [[0, 0, 0]])
        for a in (3.59, 3.61)
    )
    # the second neighbors are at 3.59 and at 3.61 Å
    assert coverage(small, (0.0, 0.0), large, reach=3.6, tolerance=0.02) == 1
    assert coverage(small, (0.0, 0.0), large, reach=3.6, tolerance=0.005) == 0


def test_elements_are_told_apart(copper: Structure) -> None:
    gold = copper.copy()
    gold.replace_species({"Cu": "Au"})
    ordered = copper.copy()
    ordered.replace(0, "Au")
    assert coverage(copper, (0.0, 0.0), gold) == 0
    assert coverage(copper, (0.0, 0.0), ordered) == 0
    assert coverage(ordered, (0.0, 0.0), ordered * 2) == 1


def test_an_empty_core_is_refused(copper: Structure) -> None:
    with pytest.raises(InputError, match="no atom lies within"):
        coverage(copper, (0.5, 0.6), copper, core=0.1)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_only_surroundings_count(seed: int) -> None:
    rng = np.random.default_rng(seed)
    whole = crystal("Li3PS4").primitive
    moved = whole.cart_coords + rng.normal(scale=0.1, size=(len(whole), 3))
    other = Structure(whole.lattice, whole.species, moved, coords_are_cartesian=True)
    heights = (0.0, whole.lattice.c / 2)
    part = coverage(whole, heights, other, core=2.0)

    turn = Rotation.random(random_state=seed).as_matrix()
    order = rng.permutation(len(whole))
    turned = Structure(
        Lattice(other.lattice.matrix @ turn.T),
        [other.species[i] for i in order],
        other.frac_coords[order] + rng.uniform(-1, 1, 3),
    )
    assert coverage(whole, heights, turned, core=2.0) == part
    assert coverage(whole, heights, turned * (1, 2, 1), core=2.0) == part

    up = rng.uniform(-1, 1)
    lifted = Structure(
        whole.lattice,
        [whole.species[i] for i in order],
        whole.frac_coords[order] + np.array([rng.uniform(), rng.uniform(), up]),
    )
    moved_heights = (heights[0] + up * whole.lattice.c, heights[1] + up * whole.lattice.c)
    assert coverage(lifted, moved_heights, other, core=2.0) == part


@given(seed=st.integers(1, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_a_larger_tolerance_only_adds(seed: int) -> None:
    whole = crystal("Li3PS4").primitive
    moved = whole.copy().perturb(0.2, seed=seed)
    parts = [coverage(whole, (0.0, 0.0), moved, tolerance=t) for t in (0.0, 0.1, 0.2, 0.4, 1.0)]
    assert parts == sorted(parts)
    assert parts[0] == 0
    assert parts[-1] == 1


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.label)
def test_the_bulk_does_not_hold_a_boundary(request_: Request) -> None:
    boundary = full(request_)[0]
    bulk = crystal("Li3PS4").primitive
    assert covered(boundary, bulk) < 0.6
    middle = boundary.heights[1] / 2
    assert coverage(boundary.structure, (middle, middle), bulk, core=1.5) == 1


@pytest.mark.parametrize(
    ("name", "request_", "layers"),
    [
        ("Cu", Request(plane="2 1 0"), 14),
        ("Fe", Request(plane="2 1 0"), 17),
        ("Li3PS4", REQUESTS[0], 3),
        ("Li3PS4", REQUESTS[1], 3),
        ("Li3PS4", TILT, 3),
        ("Li3PS4", REQUESTS[3], 2),
    ],
)
def test_grains_thicker_than_core_and_reach_hold_all(
    name: str, request_: Request, layers: int
) -> None:
    wide = build(crystal(name), request_, replace(HOW, separation=22.0))[0]
    thin = of_layers(wide, request_, layers, name)
    assert thin.heights[1] > CORE + REACH
    assert thin.layers < wide.layers
    assert covered(wide, thin.structure) == 1


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.label)
def test_more_layers_hold_more(request_: Request) -> None:
    for boundary in full(request_):
        cells = [of_layers(boundary, request_, n, "Li3PS4") for n in (1, 2, 3)]
        parts = [covered(boundary, cell.structure) for cell in cells]
        assert parts == sorted(parts)
        assert parts[-1] == 1


@pytest.mark.parametrize("number", [0, 1])
def test_the_thinnest_cell_that_holds_enough_is_chosen(number: int) -> None:
    wanted = full(TILT)[number]
    found = training_cell(crystal("Li3PS4"), TILT, HOW, joint=wanted.joint)
    assert found.boundary.layers == (2, 2)
    assert len(found.boundary.structure) == 128
    assert found.full_atoms == len(wanted.structure) == 256
    assert found.coverage == covered(wanted, found.boundary.structure) >= 0.9
    assert alike(found.boundary.joint, wanted.joint)


def test_the_first_candidate_is_taken_if_none_is_given() -> None:
    found = training_cell(crystal("Li3PS4"), TILT, HOW)
    assert alike(found.boundary.joint, full(TILT)[0].joint)
    assert not alike(full(TILT)[1].joint, full(TILT)[0].joint)


def test_the_full_cell_is_the_last_resort() -> None:
    found = training_cell(crystal("Cu"), Request(plane="1 1 1", twist=60.0), replace(HOW, layers=2))
    assert found.boundary.layers == (2, 2)
    assert found.coverage == 1
    assert len(found.boundary.structure) == found.full_atoms


def test_at_the_limit_the_best_of_the_allowed_is_chosen() -> None:
    body, request = crystal("Li3PS4"), TILT
    found = training_cell(body, request, HOW, max_atoms=127)
    assert found.boundary.layers == (1, 1)
    assert len(found.boundary.structure) == 64
    assert found.coverage < 0.5
    with pytest.raises(InputError, match="has 64 atoms, at most 63 are allowed; raise max_atoms"):
        training_cell(body, request, HOW, max_atoms=63)


def test_coverage_may_fall_with_a_layer_and_the_largest_counts() -> None:
    request = Request(plane="2 1 0")
    boundary = full(request, "Cu")[0]
    parts = [
        covered(boundary, of_layers(boundary, request, n, "Cu").structure) for n in range(2, 7)
    ]
    best = int(np.argmax(parts))
    assert best < len(parts) - 1
    found = training_cell(crystal("Cu"), request, HOW, max_atoms=12)
    assert found.boundary.layers == (best + 2, best + 2)
    assert found.coverage == parts[best]


def test_grains_too_thin_for_room_are_passed_over() -> None:
    request = Request(plane="2 1 0")  # layers of 0.8 Å
    with pytest.raises(InputError, match="at most 3 atoms has room"):
        training_cell(crystal("Cu"), request, HOW, max_atoms=3)
    assert training_cell(crystal("Cu"), request, HOW, max_atoms=4).boundary.layers == (2, 2)


def test_a_coverage_in_percent_is_refused(copper: Structure) -> None:
    with pytest.raises(InputError, match="given a coverage of 90, expected a part from 0 to 1"):
        training_cell(Crystal(copper), Request(plane="2 1 0"), wanted=90)
