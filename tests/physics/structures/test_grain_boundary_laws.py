"""Laws of every boundary, on random triclinic crystals and planes: exact, or refused."""

from collections import Counter

import numpy as np
import pytest
from crystals_for_tests import low_planes, planes, salts, thiophosphates
from hypothesis import event, given, settings
from hypothesis import strategies as st

from physics.errors import InputError
from physics.structures.construction import Construction, GrainBoundary
from physics.structures.contacts import shortest_contacts, thresholds
from physics.structures.crystal import Crystal
from physics.structures.grain_boundaries import tilt_boundary, tilt_geometry, twist_boundary
from physics.structures.units import find_units

Miller = tuple[int, int, int]
crystals = salts() | thiophosphates()
HOW = Construction(separation=15.0, translations=9, terminations=3, gaps=(0.0, 1.0, 2.0), keep=1)
APART = Construction(layers=3, translations=1, terminations=1, gaps=(5.0,), keep=1)


def built(
    body: Crystal, miller: Miller, how: Construction = HOW
) -> tuple[GrainBoundary | None, str]:
    """Build the boundary, or give the reason why there is none."""
    try:
        return tilt_boundary(body, miller, construction=how)[0], ""
    except InputError as error:
        event("refused")
        return None, str(error)


@settings(max_examples=60, deadline=None)
@given(body=crystals, miller=low_planes)
def test_a_tilt_is_exact_or_refused(body: Crystal, miller: Miller) -> None:
    found, reason = built(body, miller)
    if found is None:
        assert "is a symmetry of" in reason
        return
    structure, geometry = found.structure, found.geometry
    times = len(structure) / len(body.primitive)
    assert structure.composition == times * body.primitive.composition
    charge = sum(body.oxidation_states[site.specie.symbol] for site in structure)
    assert charge == pytest.approx(0)
    assert geometry.strain == 0
    assert geometry.area * geometry.spacings[0] == pytest.approx(body.primitive.volume)
    assert times == sum(found.layers) - 2 * found.removed * times_of_formula(body)
    assert min(found.heights[1], structure.lattice.c - found.heights[1]) >= 15
    units = find_units(structure)
    bulk = Counter(body.units.kinds)
    assert Counter(units.kinds) == {kind: times * number for kind, number in bulk.items()}
    room = thresholds((body.primitive, body.units))
    for (a, b), shortest in shortest_contacts(structure, units).items():
        i, j = room.kinds((a, b))
        assert shortest >= room.lengths[i, j] - 1e-3


def times_of_formula(body: Crystal) -> float:
    """Primitive cells in one formula unit of the units."""
    counts = Counter(body.units.kinds)
    return 1 / np.gcd.reduce(list(counts.values()))


@settings(max_examples=40, deadline=None)
@given(body=crystals, miller=low_planes)
def test_grains_are_the_crystal_and_its_image(body: Crystal, miller: Miller) -> None:
    """
    Nothing moved: each grain is one lattice, found from one atom, with no seam in the whole grain.

    The frame is rebuilt here from the geometry alone: c is normal, a and b are lattice vectors.
    """
    found, reason = built(body, miller, APART)
    if found is None:
        assert "is a symmetry of" in reason
        return
    assert found.moved == 0  # 5 Å apart nothing touches
    structure, bulk = found.structure, body.primitive
    plane = body.plane(miller)
    grain = np.array(structure.site_properties["grain"])
    symbols = np.array([site.specie.symbol for site in structure])
    back = np.linalg.inv(bulk.lattice.matrix)
    for side, turn in ((0, np.eye(3)), (1, np.diag([-1.0, -1.0, 1.0]))):
        places = structure.cart_coords[grain == side] @ turn @ plane.frame
        kinds = symbols[grain == side]
        fits = [
            misfit(places - places[0] + site.coords, kinds, body, back)
            for site in bulk
            if site.specie.symbol == kinds[0]
        ]
        assert min(fits) < 1e-6


def misfit(places: np.ndarray, kinds: np.ndarray, body: Crystal, back: np.ndarray) -> float:
    """Largest distance of atoms from the nearest site of their element in the crystal, Å."""
    bulk = body.primitive
    worst = 0.0
    for symbol in set(kinds):
        sites = np.array([site.coords for site in bulk if site.specie.symbol == symbol])
        inside = (places[kinds == symbol][:, None] - sites) @ back
        vectors = (inside - np.rint(inside)) @ bulk.lattice.matrix
        worst = max(worst, float(np.linalg.norm(vectors, axis=-1).min(axis=1).max()))
    return worst


@settings(max_examples=20, deadline=None)
@given(body=crystals, miller=planes)
def test_opposite_planes_make_the_same_boundary(body: Crystal, miller: Miller) -> None:
    first, second = (built(body, tuple(sign * h for h in miller))[0] for sign in (1, -1))
    assert (first is None) == (second is None)
    if first and second:
        for name in ("misorientation", "area", "spacings", "twin_index"):
            assert getattr(first.geometry, name) == pytest.approx(getattr(second.geometry, name))
        assert first.geometry.periods == pytest.approx(second.geometry.periods)


@settings(max_examples=20, deadline=None)
@given(body=crystals, miller=low_planes)
def test_the_mirror_is_refused_or_makes_the_same_misorientation(
    body: Crystal, miller: Miller
) -> None:
    """A chiral crystal has no mirror image of itself; a centered one turns by a half as well."""
    chiral = all(np.linalg.det(matrix) > 0 for matrix in body.point_group)
    if chiral:
        with pytest.raises(InputError, match="changes the hand"):
            tilt_geometry(body, miller, operation="mirror")
        return
    mirrored = tilt_geometry(body, miller, operation="mirror", allow_degenerate=True)
    if any(np.allclose(matrix, -np.eye(3)) for matrix in body.point_group):
        turned = tilt_geometry(body, miller, allow_degenerate=True)
        assert mirrored.misorientation == pytest.approx(turned.misorientation, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(body=salts(), miller=st.sampled_from([(0, 0, 1), (1, 0, 0), (1, 1, 0)]))
def test_a_twist_is_exact_or_refused(body: Crystal, miller: Miller) -> None:
    how = Construction(
        separation=15.0, translations=4, terminations=1, keep=1, max_area=250.0, max_strain=0.03
    )
    try:
        found = twist_boundary(body, miller, construction=how)[0]
    except InputError as error:
        reason = str(error)
        found = None
    if found is None:
        assert "smallest that exists" in reason
        return
    geometry = found.geometry
    assert geometry.kind == "twist"
    assert geometry.strain <= 0.03
    assert geometry.area <= 250 * 1.07
    strains = np.array(geometry.strains)
    assert strains == pytest.approx(strains.transpose(0, 2, 1))
    assert strains[:, 2] == pytest.approx(np.zeros((2, 3)))
    plane_area = body.plane(miller).area
    stretched = [abs(np.linalg.det(np.eye(3) + strain)) for strain in strains]
    assert [geometry.area / plane_area / s for s in stretched] == pytest.approx(geometry.cells)
    times = len(found.structure) / len(body.primitive)
    assert found.structure.composition == times * body.primitive.composition
    room = thresholds((body.primitive, body.units))
    for (a, b), shortest in shortest_contacts(found.structure).items():
        i, j = room.kinds((a, b))
        assert shortest >= room.lengths[i, j] - 1e-3
