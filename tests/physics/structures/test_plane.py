"""Lattice planes: what must hold for any lattice, and planes whose geometry is known."""

from math import gcd, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice

from physics.errors import InputError
from physics.structures.plane import coprime, lattice_plane, reduced_basis

lengths = st.floats(2, 15)
angles = st.floats(65, 115)
lattices = st.builds(Lattice.from_parameters, *3 * (lengths,), *3 * (angles,))
millers = st.tuples(*3 * (st.integers(-7, 7),)).filter(any)


@given(lattice=lattices, miller=millers)
@settings(max_examples=200, deadline=None)
def test_any_plane_of_any_lattice(lattice: Lattice, miller: tuple[int, int, int]) -> None:
    plane = lattice_plane(lattice.matrix, miller)
    factor = gcd(*miller)
    assert tuple(index * factor for index in plane.miller) == miller
    assert plane.area * plane.spacing == pytest.approx(lattice.volume)
    assert plane.spacing == pytest.approx(factor * lattice.d_hkl(miller))
    reciprocal = lattice.reciprocal_lattice_crystallographic.get_cartesian_coords(miller)
    np.testing.assert_allclose(plane.normal, reciprocal / np.linalg.norm(reciprocal), atol=1e-9)


@given(lattice=lattices, miller=millers)
@settings(max_examples=200, deadline=None)
def test_periods_and_layer_span_the_lattice(lattice: Lattice, miller: tuple[int, int, int]) -> None:
    plane = lattice_plane(lattice.matrix, miller)
    basis = lattice.get_fractional_coords(np.vstack([plane.periods, plane.layer]))
    np.testing.assert_allclose(basis, np.rint(basis), atol=1e-8)
    assert round(np.linalg.det(np.rint(basis))) in (1, -1)
    np.testing.assert_array_equal(np.rint(basis)[:2] @ plane.miller, 0)
    assert np.rint(basis)[2] @ plane.miller == 1


@given(lattice=lattices, miller=millers)
@settings(max_examples=200, deadline=None)
def test_periods_are_reduced_and_the_frame_is_theirs(
    lattice: Lattice, miller: tuple[int, int, int]
) -> None:
    plane = lattice_plane(lattice.matrix, miller)
    a, b = plane.periods
    assert a @ a <= b @ b + 1e-6
    assert 2 * abs(a @ b) <= a @ a + 1e-6
    np.testing.assert_allclose(plane.frame @ plane.frame.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(plane.frame) == pytest.approx(1)
    np.testing.assert_allclose(plane.periods @ plane.normal, 0, atol=1e-9)
    np.testing.assert_allclose(plane.net, [[np.linalg.norm(a), 0], plane.frame[:2] @ b], atol=1e-9)
    steps = np.linalg.lstsq(plane.periods.T, plane.layer, rcond=None)[0]
    assert (np.abs(steps) <= 0.5 + 1e-6).all()


@pytest.mark.parametrize(
    ("miller", "spacing", "area"),
    [((0, 0, 1), 1, 1), ((0, 1, 1), 1 / sqrt(2), sqrt(2)), ((1, 1, 1), 1 / sqrt(3), sqrt(3))],
)
def test_simple_cubic(miller: tuple[int, int, int], spacing: float, area: float) -> None:
    plane = lattice_plane(4 * np.eye(3), miller)
    assert plane.spacing == pytest.approx(4 * spacing)
    assert plane.area == pytest.approx(16 * area)


def test_the_plane_of_lithium_thiophosphate_that_all_name_sigma_5() -> None:
    """(120) of Pnma holds c and 2a - b."""
    plane = lattice_plane(np.diag([13.07, 8.13, 6.26]), (1, 2, 0))
    np.testing.assert_allclose(np.abs(plane.periods[0]), [0, 0, 6.26], atol=1e-9)
    assert np.linalg.norm(plane.periods[1]) == pytest.approx(27.38, abs=0.01)
    assert plane.area == pytest.approx(171.4, abs=0.1)
    assert plane.spacing == pytest.approx(3.882, abs=0.001)


@given(
    basis=st.tuples(*4 * (st.integers(-9, 9),)).filter(lambda m: m[0] * m[3] != m[1] * m[2]),
    angle=st.floats(60, 120),
    ratio=st.floats(1, 5),
)
@settings(max_examples=200, deadline=None)
def test_reduction_finds_the_shortest_vectors(
    basis: tuple[int, int, int, int], angle: float, ratio: float
) -> None:
    net = np.array([[3, 0], 3 * ratio * np.array([np.cos(angle), np.sin(angle)])])
    net = net if abs(np.linalg.det(net)) > 0.5 else np.diag([3, 3 * ratio])
    start = np.array(basis).reshape(2, 2) @ net
    short, long = reduced_basis(start)
    grid = np.stack(np.meshgrid(*2 * (np.arange(-6, 7),)), -1).reshape(-1, 2)
    others = np.linalg.norm(grid[grid.any(axis=1)] @ np.array([short, long]), axis=1)
    assert np.linalg.norm(short) == pytest.approx(others.min())
    assert abs(np.linalg.det([short, long])) == pytest.approx(abs(np.linalg.det(start)))


@pytest.mark.parametrize(
    ("given_indices", "expected"),
    [
        ((2, 4, 0), (1, 2, 0)),
        ((0, 0, -3), (0, 0, -1)),
        ((1, 0, -1, 2), (1, 0, 2)),
        ((2, -4, 2, 6), (1, -2, 3)),
        ((-6, 3, 9), (-2, 1, 3)),
    ],
)
def test_common_factors_are_taken_out(
    given_indices: tuple[int, ...], expected: tuple[int, int, int]
) -> None:
    assert coprime(given_indices) == expected


@pytest.mark.parametrize("indices", [(0, 0, 0), (1, 2), (1, 0, 1, 1), (1, 0.5, 0), (0, 0, 0, 0)])
def test_indices_that_are_no_plane(indices: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="expected three integers"):
        coprime(indices)
