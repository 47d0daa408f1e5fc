"""Names of boundaries: read, translated between axis settings, and taken at their word."""

import pytest
from pymatgen.core import Lattice, Structure

from physics.errors import InputError
from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.names import (
    in_given_axes,
    nominal_angles,
    parse_direction,
    parse_name,
    parse_plane,
)
from physics.structures.request import Request, build, describe, in_structure_axes


@pytest.fixture(scope="module")
def copper_crystal() -> Crystal:
    return Crystal(Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]]))


@pytest.fixture(scope="module")
def magnesium() -> Crystal:
    lattice = Lattice.hexagonal(3.209, 5.211)
    return Crystal(Structure.from_spacegroup("P6_3/mmc", lattice, ["Mg"], [[1 / 3, 2 / 3, 0.25]]))


@pytest.mark.parametrize(
    ("text", "sigma", "axis", "plane"),
    [
        ("Σ5 [001] (120)", 5, (0, 0, 1), (1, 2, 0)),
        ("Sigma13[001]/(3-20)", 13, (0, 0, 1), (3, -2, 0)),
        ("[1 1 0] (-1 1 1)", None, (1, 1, 0), (-1, 1, 1)),
        ("S29 [0,0,1] (-2,5,0)", 29, (0, 0, 1), (-2, 5, 0)),
    ],
)
def test_names_are_read(
    text: str, sigma: int | None, axis: tuple[int, ...], plane: tuple[int, ...]
) -> None:
    name = parse_name(text)
    assert (name.sigma, name.axis, name.plane) == (sigma, axis, plane)
    assert name.is_tilt


@pytest.mark.parametrize("text", ["Σ5 (120)", "(120)", "Σ5 [001] 120", "", "Σx [001] (120)"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected sigma, axis and plane"):
        parse_name(text)


def test_indices_are_read() -> None:
    assert parse_plane("(2-10)") == (2, -1, 0)
    assert parse_plane("2 4 0") == (1, 2, 0)
    assert parse_plane("1 0 -1 2") == (1, 0, 2)
    assert parse_direction("[2 -1 -1 0]") == (1, 0, 0)
    for wrong in ("a b c", "1 2", "1.5 0 0", "0 0 0", "1 1 1 1"):
        with pytest.raises(InputError, match="indices"):
            parse_plane(wrong)


def test_angles_of_cubic_sigmas() -> None:
    assert nominal_angles(parse_name("Σ5 [001] (001)"))[:2] == pytest.approx([36.870, 53.130], 1e-4)
    assert nominal_angles(parse_name("Σ3 [110] (001)"))[0] == pytest.approx(70.529, 1e-4)
    assert nominal_angles(parse_name("Σ4 [001] (001)")) == []


def test_the_standard_axes_turn_the_indices_of_pnma_round(li3ps4: Structure) -> None:
    crystal = Crystal(li3ps4)
    assert in_given_axes(crystal, (1, 2, 0), "std") == (0, 2, 1)
    assert in_given_axes(crystal, (1, 2, 0), "pnma") == (1, 2, 0)
    turned = Structure(
        Lattice(li3ps4.lattice.matrix[[2, 0, 1]]), li3ps4.species, li3ps4.frac_coords[:, [2, 0, 1]]
    )
    other = Crystal(turned)
    assert in_given_axes(other, (1, 2, 0), "pnma") == (0, 1, 2)
    same = [
        describe(c, Request(plane="1 2 0", axes="pnma")).misorientation for c in (crystal, other)
    ]
    assert same == pytest.approx([34.55, 34.55], abs=0.01)


def test_settings_that_a_crystal_has_not_are_refused(copper_crystal: Crystal) -> None:
    with pytest.raises(InputError, match=r"'std' .* orthorhombic cells, given Fm-3m"):
        in_given_axes(copper_crystal, (1, 0, 0), "std")
    with pytest.raises(InputError, match="space group 62, given Fm-3m"):
        in_given_axes(copper_crystal, (1, 0, 0), "pnma")


@pytest.mark.parametrize(
    ("name", "kind", "planes"),
    [
        ("Σ5 [001] (210)", "symmetric tilt", ((2, 1, 0), (2, 1, 0))),
        ("Σ3 [110] (-111)", "symmetric tilt", ((-1, 1, 1), (-1, 1, 1))),
        ("Σ5 [001] (001)", "twist", ((0, 0, 1), (0, 0, 1))),
        ("Σ5 [001] (100)", "asymmetric tilt", ((1, 0, 0), (4, -3, 0))),
        ("Σ5 [001] (111)", "mixed", ((1, 1, 1), (7, 1, 5))),
        ("Σ13 [001] (210)", "asymmetric tilt", ((2, 1, 0), (29, 2, 0))),
    ],
)
def test_cubic_names_give_exactly_that_boundary(
    copper_crystal: Crystal, name: str, kind: str, planes: tuple[tuple[int, ...], ...]
) -> None:
    geometry = describe(copper_crystal, Request(name=name))
    assert (geometry.kind, geometry.planes) == (kind, planes)
    assert geometry.sigma == parse_name(name).sigma
    assert geometry.strain == 0


def test_hexagonal_names(magnesium: Crystal) -> None:
    twist = describe(magnesium, Request(name="Σ7 [001] (001)"))
    assert (twist.sigma, twist.strain) == (7, 0)
    assert twist.misorientation == pytest.approx(21.79, abs=0.01)
    tilt = describe(magnesium, Request(name="Σ7 [001] (210)"))
    assert (tilt.sigma, tilt.kind) == (7, "symmetric tilt")
    with pytest.raises(InputError, match="give planes and angle instead"):
        describe(magnesium, Request(name="Σ5 [001] (210)"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Σ7 [001] (001)", "there are sigma 5, 13, 17"),
        ("Σ4 [001] (210)", r"no rotation about \[0 0 1\] has sigma 4"),
    ],
)
def test_sigmas_that_are_not_there(copper_crystal: Crystal, name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        describe(copper_crystal, Request(name=name))


def test_orthorhombic_names_are_labels(li3ps4: Structure) -> None:
    crystal = Crystal(li3ps4)
    tilt = describe(crystal, Request(name="Σ25 [001] (170)"))
    assert tilt.sigma is None
    assert tilt.misorientation == pytest.approx(10.16, abs=0.01)
    twist = describe(crystal, Request(name="Σ5 [001] (001)"))
    assert twist.kind == "twist"
    assert min(abs((twist.misorientation or 0) - a) for a in (36.87, 53.13)) < 3
    with pytest.raises(InputError, match="neither in the plane"):
        describe(crystal, Request(name="Σ3 [111] (111)"))


def test_a_request_is_one_thing(copper_crystal: Crystal) -> None:
    for fields, said in (
        ({}, "by its name or by its plane"),
        ({"name": "Σ5 [001] (210)", "plane": "2 1 0"}, "give one of them"),
        ({"plane": "0 0 1", "twist": 10, "axis": "0 0 1"}, "leave it out"),
        ({"plane": "0 0 1", "twist": 10, "operation": "mirror"}, "leave it out"),
        ({"name": "Σ5 [001] (210)", "upper_plane": "2 1 0"}, "not by a name"),
    ):
        with pytest.raises(InputError, match=said):
            Request(**fields)
    with pytest.raises(InputError, match="not normal to the plane"):
        describe(copper_crystal, Request(name="Σ5 [001] (210)", twist=10))


def test_a_request_survives_a_change_of_axes(li3ps4: Structure) -> None:
    crystal = Crystal(li3ps4)
    for request in (
        Request(name="Σ5 [001] (120)", axes="std"),
        Request(plane="1 2 0", axis="0 0 1", axes="std"),
        Request(plane="1 0 0", upper_plane="0 0 1", axes="std"),
    ):
        moved = in_structure_axes(crystal, request)
        assert moved.axes == "given"
        assert describe(crystal, moved) == describe(crystal, request)


@pytest.mark.parametrize(
    "request_",
    [Request(plane="2 1 0"), Request(plane="0 0 1", twist=36.87), Request(name="Σ5 [001] (111)")],
    ids=lambda request: request.label,
)
def test_what_is_described_is_what_is_built(copper_crystal: Crystal, request_: Request) -> None:
    how = Construction(keep=1)
    built = build(copper_crystal, request_, how)[0]
    assert built.geometry == describe(copper_crystal, request_, how)
    assert len(built.structure) == how.atoms_of(built.geometry)


def test_a_label_has_its_brackets_once() -> None:
    assert Request(plane="(2-10)", axis="[001]").label == "[001] (2-10)"
    assert Request(plane="1 0 0", upper_plane="(0 1 0)").label == "(1 0 0) | (0 1 0)"
