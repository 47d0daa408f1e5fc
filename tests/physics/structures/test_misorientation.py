"""Misorientations against published twins and pymatgen's tables of sigma."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pymatgen.core.interface import GrainBoundaryGenerator
from pymatgen.symmetry.groups import PointGroup
from scipy.spatial.transform import Rotation

from physics.errors import InputError
from physics.structures.misorientation import (
    angle_about,
    coincidence_index,
    disorientation,
    equivalent_rotations,
    is_symmetry,
    twin_index,
)

PNMA = np.array([13.07, 8.13, 6.26])
STANDARD = PNMA[::-1]
FCC = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]) / 2
BCC = np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]]) / 2

MMM = np.array([np.diag(signs) for signs in itertools.product((1.0, -1.0), repeat=3)])
D2 = MMM[np.linalg.det(MMM) > 0]
CUBIC = np.array([op.rotation_matrix for op in PointGroup("m-3m").symmetry_ops])


def hexagonal(c2_a2: float) -> np.ndarray:
    return np.array([[1, 0, 0], [-0.5, np.sqrt(0.75), 0], [0, 0, np.sqrt(c2_a2)]])


def hexagonal_group() -> np.ndarray:
    columns = hexagonal(8 / 3).T
    ops = np.array([op.rotation_matrix for op in PointGroup("6/mmm").symmetry_ops])
    return columns @ ops @ np.linalg.inv(columns)


def half_turn(normal: np.ndarray) -> np.ndarray:
    n = normal / np.linalg.norm(normal)
    return 2 * np.outer(n, n) - np.eye(3)


def rotation(axis: np.ndarray, degrees: float) -> np.ndarray:
    unit = np.asarray(axis) / np.linalg.norm(axis)
    return Rotation.from_rotvec(unit * np.radians(degrees)).as_matrix()


rotations = (
    arrays(float, 4, elements=st.floats(-1, 1))
    .filter(lambda q: np.linalg.norm(q) > 0.1)
    .map(lambda q: Rotation.from_quat(q).as_matrix())
)


@pytest.mark.parametrize(
    ("axes", "miller", "theta", "axis"),
    [
        pytest.param(PNMA, (1, 2, 0), 34.55, (0, 0, 1), id="pnma-120"),
        pytest.param(PNMA, (2, -1, 0), 77.59, (0, 0, 1), id="pnma-2-10"),
        pytest.param(PNMA, (1, 3, 0), 23.43, (0, 0, 1), id="pnma-130"),
        pytest.param(PNMA, (1, 5, 0), 14.18, (0, 0, 1), id="pnma-150"),
        pytest.param(PNMA, (3, -2, 0), 86.03, (0, 0, 1), id="pnma-3-20"),
        pytest.param(PNMA, (1, 7, 0), 10.16, (0, 0, 1), id="pnma-170"),
        pytest.param(PNMA, (-2, 5, 0), 27.94, (0, 0, 1), id="pnma-250"),
        pytest.param(PNMA, (-1, 1, 1), 84.40, (13.07, 8.13, 0), id="pnma-111"),
        pytest.param(PNMA, (2, 0, 1), 87.54, (0, 1, 0), id="pnma-201"),
        pytest.param(STANDARD, (1, 2, 0), 66.00, (0, 0, 1), id="standard-120"),
        pytest.param(STANDARD, (2, -1, 0), 42.11, (0, 0, 1), id="standard-2-10"),
        pytest.param(STANDARD, (1, 3, 0), 46.82, (0, 0, 1), id="standard-130"),
        pytest.param(STANDARD, (1, 5, 0), 29.12, (0, 0, 1), id="standard-150"),
        pytest.param(STANDARD, (3, -2, 0), 54.35, (0, 0, 1), id="standard-3-20"),
        pytest.param(STANDARD, (1, 7, 0), 21.02, (0, 0, 1), id="standard-170"),
        pytest.param(STANDARD, (-2, 5, 0), 54.90, (0, 0, 1), id="standard-250"),
        pytest.param(STANDARD, (2, 0, 1), 26.94, (0, 1, 0), id="standard-201"),
    ],
)
def test_symmetric_tilts_of_an_orthorhombic_crystal(
    axes: np.ndarray, miller: tuple[int, int, int], theta: float, axis: tuple[float, float, float]
) -> None:
    turn = half_turn(miller / axes)
    by_turn, by_mirror = disorientation(turn, MMM), disorientation(-turn, MMM)
    assert by_turn is not None
    assert by_mirror is not None
    assert by_turn.angle == pytest.approx(theta, abs=0.006)
    assert by_mirror.angle == pytest.approx(by_turn.angle, abs=1e-9)
    assert by_turn.axis == pytest.approx(np.array(axis) / np.linalg.norm(axis), abs=1e-9)
    tilt_axis = np.array([13.07, 8.13, 0]) if all(miller) else by_turn.axis
    assert angle_about(turn, MMM, tilt_axis) == pytest.approx(by_turn.angle, abs=1e-9)
    assert angle_about(turn, MMM, miller / axes) == pytest.approx(180)
    assert angle_about(turn, MMM, (1, 2, 3)) is None


@pytest.mark.parametrize(
    ("axes", "miller", "n", "omega"),
    [
        pytest.param(PNMA, (1, 2, 0), 11, 0.55, id="pnma-120"),
        pytest.param(PNMA, (2, -1, 0), 5, 0.88, id="pnma-2-10"),
        pytest.param(PNMA, (1, 3, 0), 11, 1.22, id="pnma-130"),
        pytest.param(PNMA, (1, 5, 0), 28, 1.22, id="pnma-150"),
        pytest.param(PNMA, (3, -2, 0), 13, 0.44, id="pnma-3-20"),
        pytest.param(PNMA, (-2, 5, 0), 16, 1.03, id="pnma-250"),
        pytest.param(PNMA, (2, 0, 1), 21, 0.27, id="pnma-201"),
        pytest.param(STANDARD, (2, -1, 0), 8, 0.70, id="standard-2-10"),
        pytest.param(STANDARD, (1, 3, 0), 16, 0.25, id="standard-130"),
        pytest.param(STANDARD, (1, 5, 0), 8, 0.17, id="standard-150"),
        pytest.param(STANDARD, (3, -2, 0), 19, 0.28, id="standard-3-20"),
        pytest.param(STANDARD, (1, 7, 0), 29, 0.39, id="standard-170"),
        pytest.param(STANDARD, (-2, 5, 0), 19, 0.28, id="standard-250"),
        pytest.param(STANDARD, (2, 0, 1), 19, 0.41, id="standard-201"),
    ],
)
def test_twin_index_of_an_orthorhombic_crystal(
    axes: np.ndarray, miller: tuple[int, int, int], n: int, omega: float
) -> None:
    found = twin_index(np.diag(axes), miller)
    assert found == (n, pytest.approx(omega, abs=0.006))
    assert twin_index(np.diag(axes), tuple(3 * h for h in miller)) == found


@pytest.mark.parametrize(
    ("lattice", "miller", "n"),
    [
        pytest.param(np.eye(3), (1, 1, 1), 3, id="cubic-111"),
        pytest.param(np.eye(3), (2, 1, 0), 5, id="cubic-210"),
        pytest.param(np.eye(3), (3, 1, 0), 5, id="cubic-310-halved"),
        pytest.param(FCC, (1, 1, 1), 3, id="fcc-111"),
        pytest.param(BCC, (0, 1, 1), 3, id="bcc-211"),
    ],
)
def test_twin_index_of_a_cubic_lattice_is_sigma(
    lattice: np.ndarray, miller: tuple[int, int, int], n: int
) -> None:
    normal = np.linalg.solve(lattice, miller)
    assert twin_index(lattice, miller) == (n, pytest.approx(0, abs=1e-6))
    assert coincidence_index(lattice, half_turn(normal)) == n


@pytest.mark.parametrize(
    ("normal", "angle", "axis"),
    [
        pytest.param((2, 1, 0), 36.8699, (1, 0, 0), id="sigma5"),
        pytest.param((1, 1, 1), 60, (1, 1, 1), id="sigma3"),
        pytest.param((2, 1, 1), 60, (1, 1, 1), id="sigma3-incoherent"),
        pytest.param((3, 3, 2), 50.4788, (1, 1, 0), id="sigma11-conjugate"),
        pytest.param((3, 1, 1), 50.4788, (1, 1, 0), id="sigma11"),
        pytest.param((3, 2, 1), 38.2132, (1, 1, 1), id="sigma7"),
    ],
)
def test_cubic_twins(
    normal: tuple[int, int, int], angle: float, axis: tuple[int, int, int]
) -> None:
    found = disorientation(half_turn(np.array(normal)), CUBIC)
    assert found is not None
    assert found.angle == pytest.approx(angle, abs=1e-4)
    assert found.axis == pytest.approx(np.array(axis) / np.linalg.norm(axis), abs=1e-9)


@pytest.mark.parametrize(
    ("miller", "angle"),
    [
        pytest.param((1, 0, 2), 86.3, id="10-12"),
        pytest.param((1, 0, 1), 56.2, id="10-11"),
    ],
)
def test_twins_of_magnesium(miller: tuple[int, int, int], angle: float) -> None:
    group = hexagonal_group()
    lattice = hexagonal(1.6236**2)
    normal = np.linalg.solve(lattice, miller)
    found = disorientation(half_turn(normal), group)
    assert found is not None
    # analytic: half turn about a normal at angle phi from c, then a twofold axis across c
    phi = np.degrees(np.arctan2(np.hypot(normal[0], normal[1]), normal[2]))
    assert found.angle == pytest.approx(min(180 - 2 * phi, 2 * phi), abs=1e-9)
    assert found.angle == pytest.approx(angle, abs=0.06)
    assert found.axis == pytest.approx([1, 0, 0], abs=1e-9)


@pytest.mark.parametrize("axis", [(0, 0, 1), (1, 1, 1), (1, 1, 0)], ids=["001", "111", "110"])
def test_sigma_of_cubic_lattices(axis: tuple[int, int, int]) -> None:
    table = GrainBoundaryGenerator.enum_sigma_cubic(40, axis)
    assert len(table) > 5
    for sigma, angles in table.items():
        for angle in angles:
            turn = rotation(axis, angle)
            assert [coincidence_index(cell, turn) for cell in (np.eye(3), FCC, BCC)] == [sigma] * 3


@pytest.mark.parametrize("axis", [(0, 0, 1), (1, 0, 0), (2, 1, 0)], ids=["001", "100", "210"])
def test_sigma_of_the_hexagonal_lattice(axis: tuple[int, int, int]) -> None:
    lattice = hexagonal(8 / 3)
    table = GrainBoundaryGenerator.enum_sigma_hex(40, axis, (8, 3))
    assert len(table) > 3
    for sigma, angles in table.items():
        for angle in angles:
            assert coincidence_index(lattice, rotation(axis @ lattice, angle)) == sigma


@pytest.mark.parametrize("axis", [(0, 0, 1), (1, 0, 0), (1, 1, 0)], ids=["001", "100", "110"])
def test_sigma_of_the_tetragonal_lattice(axis: tuple[int, int, int]) -> None:
    lattice = np.diag([1, 1, 1.5])
    table = GrainBoundaryGenerator.enum_sigma_tet(40, axis, (9, 4))
    assert len(table) > 3
    for sigma, angles in table.items():
        for angle in angles:
            assert coincidence_index(lattice, rotation(axis @ lattice, angle)) == sigma


def test_sigma_is_the_volume_of_the_coincidence_lattice() -> None:
    turn = half_turn(np.array([2, 1, 2]))
    sites = np.array(list(itertools.product(range(-9, 9), repeat=3)))
    images = sites @ turn.T
    shared = np.abs(images - np.rint(images)).max(axis=1) < 1e-9
    assert coincidence_index(np.eye(3), turn) == round(len(sites) / shared.sum()) == 9


@pytest.mark.parametrize("turn", [120, -120])
def test_sigma_is_the_same_for_a_rotation_and_its_inverse(turn: int) -> None:
    # spacings 1 2 4 along x y z and 4 1 2 (or 2 4 1) in the image: 4 2 4 (or 2 4 4) are shared
    assert coincidence_index(np.diag([1, 2, 4]), rotation((1, 1, 1), turn)) == 4


def test_no_coincidence_lattice() -> None:
    assert coincidence_index(np.eye(3), rotation((0, 0, 1), 20)) is None
    assert coincidence_index(np.diag(PNMA), half_turn((1, 2, 0) / PNMA)) is None
    assert coincidence_index(np.eye(3), rotation((0, 0, 1), 36.8698976), max_index=4) is None


def test_mirror_of_a_chiral_crystal_has_the_other_hand() -> None:
    turn = half_turn(np.array([1, 2, 0]) / PNMA)
    assert disorientation(-turn, D2) is None
    assert angle_about(-turn, D2, (0, 0, 1)) is None
    assert len(equivalent_rotations(-turn, D2)) == 0
    chiral, centred = disorientation(turn, D2), disorientation(-turn, MMM)
    assert chiral is not None
    assert centred is not None
    assert chiral.angle == pytest.approx(centred.angle)


@pytest.mark.parametrize("group", [MMM, CUBIC], ids=["mmm", "m-3m"])
@given(turn=rotations, first=st.integers(0, 47), second=st.integers(0, 47))
def test_symmetry_of_either_grain_changes_nothing(
    group: np.ndarray, turn: np.ndarray, first: int, second: int
) -> None:
    relabelled = group[first % len(group)] @ turn @ group[second % len(group)]
    one, other = disorientation(turn, group), disorientation(relabelled, group)
    assert one is not None
    assert other is not None
    assert other.angle == pytest.approx(one.angle, abs=1e-5)
    largest = {len(MMM): 120.0, len(CUBIC): 62.7994}[len(group)]
    assert one.angle <= largest + 1e-3
    again = rotation(one.axis, one.angle)
    third = disorientation(again, group)
    assert third is not None
    assert third.angle == pytest.approx(one.angle, abs=1e-5)
    back = group[:, None] @ again @ group
    assert np.abs(back - turn).max(axis=(-1, -2)).min() < 2e-4


def test_symmetry_operations_make_no_boundary() -> None:
    assert is_symmetry(np.diag([-1, -1, 1]), MMM)
    assert not is_symmetry(rotation((0, 0, 1), 0.1), MMM)
    assert is_symmetry(rotation((0, 0, 1), 0.1), MMM, tolerance=2e-3)
    perfect = disorientation(np.diag([1, 1, -1]), MMM)
    assert perfect is not None
    assert perfect.angle == 0
    assert perfect.axis.tolist() == [0, 0, 1]
    assert angle_about(np.diag([1, 1, -1]), MMM, (1, 2, 3)) == 0


def test_half_turn_is_the_disorientation_of_a_triclinic_twin() -> None:
    normal = np.array([-1.0, 2.0, 2.0])
    found = disorientation(half_turn(normal), [np.eye(3), -np.eye(3)])
    assert found is not None
    assert found.angle == pytest.approx(180)
    assert found.axis == pytest.approx([1 / 3, -2 / 3, -2 / 3])


def test_unusable_input() -> None:
    with pytest.raises(InputError, match="Cartesian matrices"):
        disorientation(2 * np.eye(3), MMM)
    with pytest.raises(InputError, match="at least the identity"):
        disorientation(np.eye(3), np.empty((0, 3, 3)))
    with pytest.raises(InputError, match="zero vector"):
        angle_about(np.eye(3), MMM, (0, 0, 0))
    with pytest.raises(InputError, match="no volume"):
        coincidence_index(np.ones((3, 3)), np.eye(3))
    for miller in ((0, 0, 0), (1, 0.5, 0)):
        with pytest.raises(InputError, match="three integers"):
            twin_index(np.eye(3), miller)
