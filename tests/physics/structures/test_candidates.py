"""A boundary built again from its cuts, translation and gap alone."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from crystals_for_tests import crystal
from numpy.typing import NDArray

from physics.errors import InputError
from physics.structures.candidates import Joint
from physics.structures.construction import Construction, GrainBoundary
from physics.structures.request import Request, build

HOW = Construction(separation=12.0, keep=3, max_strain=0.025)
REQUESTS = [
    ("Li3PS4", Request(plane="2 0 1")),
    ("Li3PS4", Request(plane="0 1 0", twist=90.0)),
    ("Li3PS4", Request(plane="1 1 0", upper_plane="1 0 0")),
    ("Cu", Request(plane="2 1 0")),
]


@pytest.mark.parametrize(("name", "request_"), REQUESTS)
def test_a_joint_builds_the_candidate_it_is_of(name: str, request_: Request) -> None:
    for found in build(crystal(name), request_, HOW):
        (again,) = build(crystal(name), request_, HOW, found.joint)
        assert again.structure.species == found.structure.species
        np.testing.assert_allclose(
            again.structure.cart_coords, found.structure.cart_coords, atol=1e-6
        )
        assert again.heights == pytest.approx(found.heights)
        np.testing.assert_allclose(
            np.hstack(astuple(again.joint)), np.hstack(astuple(found.joint)), atol=1e-9
        )
        assert again.overlap == pytest.approx(found.overlap)
        assert again.moved == pytest.approx(found.moved, abs=1e-6)


@pytest.mark.parametrize("layers", [3, 5])
def test_a_joint_does_not_depend_on_the_thickness(layers: int) -> None:
    request = Request(plane="2 0 1")
    body = crystal("Li3PS4")
    wide = build(body, request, replace(HOW, layers=6))[0]
    (thin,) = build(body, request, replace(HOW, layers=layers), wide.joint)

    def across(found: GrainBoundary) -> NDArray[np.float64]:
        """Distances between the grains at the second boundary."""
        structure, second = found.structure, found.heights[1]
        near = np.flatnonzero(np.abs(structure.cart_coords[:, 2] - second) < 4.0)
        grain = np.array(structure.site_properties["grain"])[near]
        distances = structure.distance_matrix[np.ix_(near[grain == 0], near[grain == 1])]
        return np.sort(distances[distances < 5.0])

    np.testing.assert_allclose(across(thin), across(wide), atol=0.02)


def test_formula_units_stay_out() -> None:
    body, request = crystal("Cu"), Request(plane="2 1 0")
    found = build(body, request, HOW)[0]
    joint = replace(found.joint, removed=1)
    (thinned,) = build(body, request, HOW, joint)
    assert len(found.structure) - len(thinned.structure) == 2
    assert thinned.removed == 1


def test_unknown_cuts_and_missing_room_are_refused() -> None:
    body, request = crystal("Cu"), Request(plane="2 1 0")
    joint = build(body, request, HOW)[0].joint
    with pytest.raises(InputError, match=r"given the cuts \(0.1230, 0.1230\), expected one of"):
        build(body, request, HOW, replace(joint, cuts=(0.123, 0.123)))
    with pytest.raises(InputError, match="no room at a translation"):
        build(body, request, replace(HOW, layers=1), Joint(joint.cuts, (0.0, 0.0), 0.0))
