"""A slab is the crystal itself: every atom on a lattice site, whole units, whole layers."""

from collections import Counter

import numpy as np
import pytest
from crystals_for_tests import crystal, planes, salts, thiophosphates
from hypothesis import given, settings
from hypothesis import strategies as st

from physics.structures.crystal import Crystal
from physics.structures.slab import Slab, equivalent_cuts, slab, terminations

AROUND_NORMAL = np.diag([-1.0, -1.0, 1.0])
ACROSS_PLANE = np.diag([1.0, 1.0, -1.0])
crystals = salts() | thiophosphates()


def off_site(body: Crystal, frame: np.ndarray, positions: np.ndarray, site: np.ndarray) -> float:
    """Largest distance of atoms from the lattice sites they are copies of, Å."""
    lattice = body.primitive.lattice.matrix
    cells = positions @ frame @ np.linalg.inv(lattice) - body.primitive.frac_coords[site]
    return float(np.abs((cells - np.rint(cells)) @ lattice).max())


def distinct_places(grain: Slab) -> int:
    inside = grain.positions[:, :2] @ np.linalg.inv(grain.cell)
    inside -= np.floor(inside + 1e-6)
    return len({(*row, z) for row, z in zip(
        map(tuple, (inside @ grain.cell).round(3)), grain.positions[:, 2].round(3), strict=True
    )})  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    body=crystals, miller=planes, layers=st.integers(1, 5), height=st.floats(-3, 3),
    repeats=st.sampled_from([((1, 0), (0, 1)), ((2, 1), (-1, 1)), ((1, -2), (3, 1))]),
)  # fmt: skip
def test_every_atom_is_on_its_lattice_site(
    body: Crystal,
    miller: tuple[int, int, int],
    layers: int,
    height: float,
    repeats: tuple[tuple[int, int], tuple[int, int]],
) -> None:
    plane = body.plane(miller)
    cut = height * plane.spacing
    grain = slab(body, plane, layers, cut, np.array(repeats))
    lifted = grain.positions + np.array([0, 0, cut])
    assert off_site(body, plane.frame, lifted, grain.site) < 1e-8
    cells = layers * round(np.linalg.det(repeats))
    assert set(Counter(grain.site.tolist()).values()) == {cells}
    assert len(grain.site) == cells * len(body.primitive) == distinct_places(grain)
    assert grain.thickness == pytest.approx(layers * plane.spacing)
    assert (grain.centers[:, 2] > -1e-6).all()
    assert (grain.centers[:, 2] < grain.thickness + 1e-6).all()
    volume = grain.thickness * np.linalg.det(grain.cell)
    assert volume == pytest.approx(cells * body.primitive.volume)


@settings(max_examples=25, deadline=None)
@given(body=crystals, miller=planes, layers=st.integers(1, 4))
def test_turned_grain_is_the_crystal_when_turned_back(
    body: Crystal, miller: tuple[int, int, int], layers: int
) -> None:
    plane = body.plane(miller)
    cut = terminations(body, plane)[0]
    grain = slab(body, plane, layers, cut)
    for operation in (AROUND_NORMAL, ACROSS_PLANE):
        image = grain.turned(operation)
        lifted = (image.positions - [0, 0, grain.thickness * (operation[2, 2] < 0)]) @ operation
        assert off_site(body, plane.frame, lifted + np.array([0, 0, cut]), image.site) < 1e-8
        heights = image.centers[:, 2]
        assert heights.min() == pytest.approx(
            grain.centers[:, 2].min() if operation[2, 2] > 0
            else grain.thickness - grain.centers[:, 2].max()
        )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(body=thiophosphates(), miller=planes, layers=st.integers(1, 3))
def test_units_are_whole(body: Crystal, miller: tuple[int, int, int], layers: int) -> None:
    plane = body.plane(miller)
    grain = slab(body, plane, layers, terminations(body, plane)[0])
    symbols = np.array([site.specie.symbol for site in body.primitive])[grain.site]
    for phosphorus in np.flatnonzero(symbols == "P"):
        sulfur = np.flatnonzero((grain.unit == grain.unit[phosphorus]) & (symbols == "S"))
        bonds = grain.positions[sulfur] - grain.positions[phosphorus]
        assert np.linalg.norm(bonds, axis=1) == pytest.approx([2.05] * 4)


def test_deformed_grain_keeps_its_tetrahedra() -> None:
    body = crystal("Li3PS4")
    plane = body.plane((0, 0, 1))
    grain = slab(body, plane, 1, terminations(body, plane)[0])
    deformation = np.array([[1.02, 0.01], [0.0, 0.98]])
    strained = grain.deformed(deformation, grain.cell @ deformation.T)
    assert strained.centers[:, :2] == pytest.approx(grain.centers[:, :2] @ deformation.T)
    lengths = np.linalg.norm(grain.offsets, axis=1)
    assert np.linalg.norm(strained.offsets, axis=1) == pytest.approx(lengths)
    assert strained.offsets != pytest.approx(grain.offsets, abs=1e-3)
    assert strained.centers[:, 2] == pytest.approx(grain.centers[:, 2])


@pytest.mark.parametrize(
    ("name", "miller", "widths"),
    [
        pytest.param("Cu", (1, 1, 1), [3.61 / np.sqrt(3)], id="Cu-111"),
        pytest.param("NaCl", (1, 1, 1), [5.64 / np.sqrt(12)], id="NaCl-111"),
        pytest.param("NaCl", (0, 0, 1), [5.64 / 2], id="NaCl-001"),
        pytest.param("Mg", (0, 0, 1), [5.211 / 2], id="Mg-0001"),
        pytest.param("Mg", (1, 0, 0), [3.209 / np.sqrt(3), 3.209 / np.sqrt(12)], id="Mg-10-10"),
    ],
)
def test_terminations_of_simple_crystals(
    name: str, miller: tuple[int, int, int], widths: list[float]
) -> None:
    """Sheets a/sqrt(3) apart in fcc; short and long spacing of the prism plane of hcp."""
    body = crystal(name)
    plane = body.plane(miller)
    sheets = body.units.centers @ plane.normal
    cuts = terminations(body, plane)
    found = []
    for cut in cuts:
        above = (sheets - cut) % plane.spacing
        found.append(above.min() + plane.spacing - above.max())
    assert found == pytest.approx(widths, abs=1e-3)


def test_terminations_of_a_crystal_without_symmetry_are_all_distinct() -> None:
    body = crystal("Li3PS4")
    perturbed = body.structure.copy()
    perturbed.perturb(0.1, seed=1)
    for miller in ((1, 2, 0), (0, 0, 1), (1, 1, 1)):
        count = {}
        for each in (body, Crystal(perturbed)):
            plane = each.plane(miller)
            cuts = terminations(each, plane)
            sheets = each.units.centers @ plane.normal
            half = plane.spacing / 2
            away = np.abs((cuts[:, None] - sheets + half) % plane.spacing - half)
            gaps = away.min(axis=1)
            assert (gaps > 0.4e-3).all()
            assert (np.diff(gaps) < 1e-3).all()
            count[each is body] = len(cuts)
        assert count[True] <= 8
        assert 14 <= count[False] <= 16  # of 16 units, two may be in one sheet


def test_equivalent_cuts_of_rock_salt() -> None:
    """Across (111) Na and Cl sheets alternate: only inversion centers relate cuts."""
    body = crystal("NaCl")
    plane = body.plane((1, 1, 1))
    quarter, half = plane.spacing / 4, plane.spacing / 2
    assert equivalent_cuts(body, plane, quarter, quarter + plane.spacing)
    assert equivalent_cuts(body, plane, quarter, -quarter, flipped=True)
    assert equivalent_cuts(body, plane, quarter, quarter + half, flipped=True)
    assert not equivalent_cuts(body, plane, quarter / 2, 3 * quarter / 2)
    assert not equivalent_cuts(body, plane, quarter, quarter, flipped=True)
