"""Boundary energies against hand-worked numbers."""

import pytest

from physics.analysis.boundary_energy import boundary_energy, excess_volume
from physics.errors import InputError


def test_one_electronvolt_on_two_faces_of_ten_square_angstrom() -> None:
    # 1 eV / (2 * 10 Å^2) = 0.05 eV/Å^2 = 0.801 J/m^2
    assert boundary_energy(-99.0, 10.0, [20, 30], [-2.0, -2.0]) == pytest.approx(0.8010883)


def test_each_grain_has_its_own_bulk() -> None:
    assert boundary_energy(-70.0, 4.0, [10, 20], [-3.0, -2.0]) == 0.0
    assert excess_volume(420.0, 5.0, [10, 20], [20.0, 10.0]) == pytest.approx(2.0)


@pytest.mark.parametrize("area", [0.0, -1.0, float("nan")])
def test_no_area_is_refused(area: float) -> None:
    with pytest.raises(InputError, match="positive area"):
        boundary_energy(1.0, area, [1], [1.0])


def test_grains_and_bulks_must_pair() -> None:
    with pytest.raises(InputError, match="2 grains and 1 bulk values"):
        boundary_energy(1.0, 1.0, [1, 1], [1.0])
