"""Elastic tensors averaged over glasses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from physics.analysis.average import average_moduli, isotropic_tensor
from physics.analysis.moduli import moduli, rotate
from physics.errors import InputError

COPPER = np.diag([168.4, 168.4, 168.4, 75.4, 75.4, 75.4])
COPPER[:3, :3] += 121.4 * (1 - np.eye(3))


@given(bulk=st.floats(1, 100), shear=st.floats(1, 100), seed=st.integers(0, 2**31))
def test_an_isotropic_tensor_has_its_moduli_in_every_orientation(
    bulk: float, shear: float, seed: int
) -> None:
    tensor = isotropic_tensor(bulk, shear)
    np.testing.assert_allclose(
        rotate(tensor, Rotation.random(rng=np.random.default_rng(seed)).as_matrix()),
        tensor,
        atol=1e-9 * max(bulk, shear),
    )
    found = moduli(tensor)
    assert found.bulk_hill == pytest.approx(bulk)
    assert found.shear_hill == pytest.approx(shear)
    assert found.universal_anisotropy == pytest.approx(0, abs=1e-9)


def test_the_mean_of_many_orientations_is_the_isotropic_tensor() -> None:
    turns = Rotation.random(4000, rng=np.random.default_rng(1)).as_matrix()
    average = average_moduli([rotate(COPPER, turn) for turn in turns])
    np.testing.assert_allclose(average.mean.stiffness, average.isotropic, atol=1.5)
    assert average.mean.bulk_hill == pytest.approx(137.067, abs=1e-3)
    assert average.mean.shear_hill == pytest.approx(54.640, rel=0.02)  # Voigt mean of copper
    assert average.standard_deviations["bulk_hill"] == pytest.approx(0, abs=1e-9)


def test_spread_of_two_tensors() -> None:
    average = average_moduli([isotropic_tensor(10, 5), isotropic_tensor(14, 5)])
    assert average.mean.bulk_hill == pytest.approx(12)
    assert average.standard_deviations["bulk_hill"] == pytest.approx(np.sqrt(8))


def test_one_tensor_has_no_spread() -> None:
    assert set(average_moduli([COPPER]).standard_deviations.values()) == {None}


def test_no_tensors_are_refused() -> None:
    with pytest.raises(InputError, match="expected one or more"):
        average_moduli([])
