"""Moduli of elastic tensors against published, analytic and independent ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pymatgen.analysis.elasticity import ElasticTensor
from tensors_for_tests import cubic, random_tensor

from physics.analysis.moduli import asymmetry, directional_young, moduli, rotate
from physics.errors import InputError
from stores.published import published

TRUTHS = yaml.safe_load(
    (Path(__file__).parents[1] / "physics_truths" / "elasticity.yaml").read_text()
)
GLASSES = {tensor.conditions.density: tensor for tensor in published("elastic_tensor")}

rotations_of_space = (
    arrays(float, 4, elements=st.floats(-1, 1))
    .filter(lambda q: np.linalg.norm(q) > 0.1)
    .map(lambda q: q / np.linalg.norm(q))
    .map(
        lambda q: (
            np.eye(3) * (2 * q[0] ** 2 - 1)
            + 2 * np.outer(q[1:], q[1:])
            + 2 * q[0] * np.cross(np.eye(3), q[1:])
        )
    )
)


def test_copper() -> None:
    truth = TRUTHS["copper"]
    found = moduli(cubic(truth["c11"], truth["c12"], truth["c44"]))
    assert found.bulk_voigt == pytest.approx(truth["bulk"], abs=1e-3)
    assert found.bulk_reuss == pytest.approx(truth["bulk"], abs=1e-3)
    assert found.shear_voigt == pytest.approx(truth["shear_voigt"], abs=1e-3)
    assert found.shear_reuss == pytest.approx(truth["shear_reuss"], abs=1e-3)
    assert found.stable


@pytest.mark.parametrize("density", TRUTHS["glass"])
def test_published_glasses(density: float) -> None:
    found = moduli(GLASSES[density].value)
    printed = {
        value.quantity: value.value
        for value in published(system="Li3PS4 glass")
        if value.conditions.density == density and value.quality != "recomputed"
    }
    assert found.bulk_hill == pytest.approx(printed["bulk_modulus"], rel=0.03)
    assert found.shear_hill == pytest.approx(printed["shear_modulus"], rel=0.01)
    assert found.young_hill == pytest.approx(printed["young_modulus"], rel=0.01)
    assert found.poisson_hill == pytest.approx(printed["poisson_ratio"], abs=0.01)


@pytest.mark.parametrize("density", TRUTHS["glass"])
def test_published_glasses_to_each_digit(density: float) -> None:
    found = moduli(GLASSES[density].value)
    numbers = {
        "bulk": found.bulk_hill,
        "shear": found.shear_hill,
        "young": found.young_hill,
        "poisson": found.poisson_hill,
        "anisotropy": found.universal_anisotropy,
        "smallest": found.eigenvalues[0],
    }
    for name, digits in TRUTHS["glass"][density].items():
        places = len(digits.partition(".")[2])
        assert f"{numbers[name]:.{places}f}" == digits, name


@given(rotations_of_space, st.booleans(), st.integers(0, 100))
@settings(max_examples=50, deadline=None)
def test_voigt_means_do_not_depend_on_the_axes(
    rotation: np.ndarray, mirrored: bool, seed: int
) -> None:
    C = random_tensor(seed)
    turned = rotate(C, -rotation if mirrored else rotation)
    there, here = moduli(turned), moduli(C)
    assert there.bulk_voigt == pytest.approx(here.bulk_voigt, rel=1e-10)
    assert there.shear_voigt == pytest.approx(here.shear_voigt, rel=1e-10)
    assert there.universal_anisotropy == pytest.approx(here.universal_anisotropy, rel=1e-6)
    np.testing.assert_allclose(rotate(turned, rotation.T), C, atol=1e-9)


@given(st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_pymatgen_finds_the_same(seed: int) -> None:
    C = random_tensor(seed)
    found, theirs = moduli(C), ElasticTensor.from_voigt(C)
    for ours, name in [
        (found.bulk_voigt, "k_voigt"),
        (found.bulk_reuss, "k_reuss"),
        (found.bulk_hill, "k_vrh"),
        (found.shear_voigt, "g_voigt"),
        (found.shear_reuss, "g_reuss"),
        (found.shear_hill, "g_vrh"),
        (found.young_hill * 1e9, "y_mod"),
        (found.poisson_hill, "homogeneous_poisson"),
        (found.universal_anisotropy, "universal_anisotropy"),
    ]:
        assert ours == pytest.approx(getattr(theirs, name), rel=1e-6, abs=1e-9), name
    assert theirs.compliance_tensor.voigt == pytest.approx(found.compliance, rel=1e-6)


def test_pymatgen_rotates_the_same() -> None:
    turn = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0], [0.48, 0.64, 0.6]])
    theirs = ElasticTensor.from_voigt(random_tensor(1)).rotate(turn).voigt
    np.testing.assert_allclose(rotate(random_tensor(1), turn), theirs, atol=1e-9)


def test_an_isotropic_solid_is_isotropic() -> None:
    found = moduli(cubic(50, 20, 15))
    assert found.universal_anisotropy == pytest.approx(0, abs=1e-12)
    assert (found.bulk_hill, found.shear_hill) == pytest.approx((30, 15))
    directions = np.random.default_rng(0).normal(size=(20, 3))
    young = directional_young(cubic(50, 20, 15), directions)
    assert young == pytest.approx(np.full(20, found.young_hill))


def test_the_symmetric_part_counts() -> None:
    C = random_tensor(2)
    skew = np.zeros((6, 6))
    skew[0, 3], skew[3, 0] = 4, -4
    assert asymmetry(C) == pytest.approx(0, abs=1e-15)
    assert asymmetry(C + skew) == pytest.approx(8 / np.abs(C + skew).max())
    assert moduli(C + skew).bulk_hill == pytest.approx(moduli(C).bulk_hill)
    np.testing.assert_allclose(moduli(C + skew).stiffness, C)


@pytest.mark.parametrize(
    "C", [cubic(10, 12, 5), cubic(10, 2, -5), cubic(10, -6, 5)], ids=["C'", "C44", "B"]
)
def test_born_instability_is_flagged(C: np.ndarray) -> None:
    found = moduli(C)
    assert not found.stable
    assert found.eigenvalues[0] < 0
    assert list(found.eigenvalues) == sorted(found.eigenvalues)


def test_young_along_the_axes_of_a_cubic_crystal() -> None:
    truth = TRUTHS["copper"]
    C = cubic(truth["c11"], truth["c12"], truth["c44"])
    S = np.linalg.inv(C)
    j = S[0, 0] - S[0, 1] - S[3, 3] / 2
    expected = [1 / S[0, 0], 1 / (S[0, 0] - j / 2), 1 / (S[0, 0] - 2 * j / 3)]
    found = directional_young(C, [[2, 0, 0], [0, -1, 1], [3, 3, 3]])
    assert found == pytest.approx(expected)


@given(rotations_of_space, st.integers(0, 50))
@settings(max_examples=30, deadline=None)
def test_young_turns_with_the_crystal(rotation: np.ndarray, seed: int) -> None:
    C = random_tensor(seed)
    directions = np.eye(3)
    there = directional_young(rotate(C, rotation), directions @ rotation.T)
    assert there == pytest.approx(directional_young(C, directions), rel=1e-8)


@pytest.mark.parametrize("function", [moduli, asymmetry])
@pytest.mark.parametrize(
    ("C", "message"),
    [
        (np.ones((3, 3)), r"shape \(6, 6\), given \(3, 3\)"),
        (np.diag([1, 1, 1, 1, 1, np.nan]), "1 of 36"),
        (np.diag([1, 1, 1, 1, 1, np.inf]), "1 of 36"),
        ([[1, 2], [3]], "does not form an array"),
        (np.zeros((6, 6)), "zero|singular"),
    ],
)
def test_what_is_no_tensor_is_refused(function: Callable, C: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        function(C)


def test_a_singular_tensor_is_refused() -> None:
    singular = np.diag([50.0, 50, 50, 10, 10, 0])
    with pytest.raises(InputError, match="singular"):
        moduli(singular)
    with pytest.raises(InputError, match="singular"):
        directional_young(singular, np.eye(3))


def test_diverging_means_are_refused() -> None:
    with pytest.raises(InputError, match="diverge"):
        moduli(np.diag([1.0, 1, 1, -1, -1, -0.5]))


def test_a_direction_of_no_length_is_refused() -> None:
    with pytest.raises(InputError, match="length zero"):
        directional_young(random_tensor(0), [[1, 0, 0], [0, 0, 0]])


def test_a_rotation_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="orthogonal"):
        rotate(random_tensor(0), 2 * np.eye(3))
