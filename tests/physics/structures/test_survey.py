"""The survey of a crystal against what is known of its boundaries."""

import pytest
from pymatgen.core import Lattice, Structure

from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.survey import distinct_planes, survey


@pytest.fixture(scope="module")
def copper_crystal() -> Crystal:
    return Crystal(Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]]))


def test_one_plane_of_each_form(copper_crystal: Crystal, li3ps4: Structure) -> None:
    assert distinct_planes(copper_crystal, 2) == [
        (1, 0, 0),
        (1, 1, 0),
        (1, 1, 1),
        (2, 1, 0),
        (2, 1, 1),
        (2, 2, 1),
    ]
    assert len(distinct_planes(Crystal(li3ps4), 1)) == 7  # mmm: only signs are equivalent
    triclinic = Structure(Lattice.from_parameters(4, 5, 6, 80, 95, 103), ["Cu"], [[0, 0, 0]])
    assert len(distinct_planes(Crystal(triclinic), 1)) == 13  # half of 26


def test_the_list_of_fcc_has_the_classical_boundaries(copper_crystal: Crystal) -> None:
    found = survey(copper_crystal, construction=Construction(max_area=40))
    sigmas = {(g.kind, g.planes[0]): g.sigma for g in found}
    assert sigmas["symmetric tilt", (1, 1, 1)] == 3
    assert sigmas["symmetric tilt", (2, 1, 0)] == 5
    assert sigmas["symmetric tilt", (3, 1, 0)] == 5
    assert sigmas["symmetric tilt", (3, 1, 1)] == 11
    assert sigmas["twist", (1, 0, 0)] == 5
    assert ("symmetric tilt", (1, 0, 0)) not in sigmas  # a fourfold axis
    assert found[0].planes[0] == (1, 1, 1)
    assert all(g.area <= 40 for g in found)
    tilts = [g.area for g in found if g.kind == "symmetric tilt"]
    assert tilts == sorted(tilts)


def test_twists_of_an_orthorhombic_crystal_are_strained_within_the_limit(
    li3ps4: Structure,
) -> None:
    how = Construction(max_area=600, max_strain=0.01)
    twists = [g for g in survey(Crystal(li3ps4), construction=how) if g.kind == "twist"]
    assert twists
    assert all(0 < g.strain <= 0.01 for g in twists)
    assert not any(abs(g.rotation) > 179.9 for g in twists)  # those are tilts
    assert not survey(Crystal(li3ps4), max_index=1, max_twist_index=0, construction=how)[0].strain
