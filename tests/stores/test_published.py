"""The published values: complete, consistent with their own notes, found by name."""

import numpy as np
import pytest
from ase.units import kB
from pydantic import ValidationError
from pymatgen.core import Composition

from physics.errors import InputError
from stores.published import PublishedValue, published

AMU_PER_CUBIC_ANGSTROM = 1.66053907


def numbers(values: list[PublishedValue]) -> list:
    return [value.value for value in values]


def test_bulk_moduli_of_the_crystal() -> None:
    found = {value.method: value.value for value in published("bulk_modulus", "beta-Li3PS4")}
    assert found == {
        "DFT": 21.72,
        "moment tensor potential": 30.5,
        "DFT, optB88-vdW": 22,
        "experiment": (10, 12),
    }


def test_names_are_found_in_any_case() -> None:
    assert published("density", "BETA-li3ps4") == published("density", "beta-Li3PS4")
    assert published("density", "beta-Li3PS4")


def test_an_unknown_system_has_no_values() -> None:
    assert published(system="NaCl") == []


def test_an_unknown_quantity_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'hardness'.*bulk_modulus.*young_modulus"):
        published("hardness")


def test_every_value_can_be_cited() -> None:
    for value in published():
        assert value.source.doi.startswith("10.")
        assert value.source.citation.endswith(")")
        assert value.location
        assert value.method


def test_each_value_that_is_not_as_printed_says_why() -> None:
    for value in published():
        if value.quality not in ("printed", "recomputed"):
            assert value.note, value


def test_units() -> None:
    assert {value.quantity: value.unit for value in published()} == {
        "bulk_modulus": "GPa",
        "shear_modulus": "GPa",
        "young_modulus": "GPa",
        "poisson_ratio": "",
        "elastic_tensor": "GPa",
        "lattice_a": "Å",
        "lattice_b": "Å",
        "lattice_c": "Å",
        "density": "g/cm^3",
        "diffusivity": "cm^2/s",
        "conductivity": "S/cm",
        "activation_energy": "eV",
    }


def test_tensors_are_symmetric_and_one_a_density() -> None:
    tensors = published("elastic_tensor")
    assert [value.conditions.density for value in tensors] == [1.55, 1.65, 1.76, 2.42]
    for value in tensors:
        C = np.array(value.value)
        assert C.shape == (6, 6)
        np.testing.assert_array_equal(C, C.T)
        assert value.quality in ("reconstructed", "inconsistent")


@pytest.mark.parametrize("system", ["gamma-Li3PS4", "beta-Li3PS4", "Li7P3S11", "Li3PS4 glass"])
def test_printed_young_modulus_and_poisson_ratio_follow_from_bulk_and_shear(system: str) -> None:
    """E = 9BG/(3B + G) holds among the printed numbers, so none of them is a typing error."""
    printed = [
        v for v in published(system=system) if v.location == "Table 1" and v.source.key[0] == "g"
    ]
    for density in {v.conditions.density for v in printed}:
        B, G, E, nu = (
            next(v.value for v in printed if (v.quantity, v.conditions.density) == (name, density))
            for name in ("bulk_modulus", "shear_modulus", "young_modulus", "poisson_ratio")
        )
        assert pytest.approx(9 * B * G / (3 * B + G), rel=0.002) == E
        assert pytest.approx((3 * B - 2 * G) / (2 * (3 * B + G)), abs=0.006) == nu


def test_densities_recomputed_from_the_cells_and_those_that_contradict_them() -> None:
    cells = [numbers(published(f"lattice_{axis}", "beta-Li3PS4")) for axis in "abc"]
    mass = 4 * float(Composition("Li3PS4").weight) * AMU_PER_CUBIC_ANGSTROM
    by_quality = {
        quality: [v for v in published("density", "beta-Li3PS4") if v.quality == quality]
        for quality in ("recomputed", "inconsistent", "printed")
    }
    from_cells = mass / np.prod(cells, axis=0)
    np.testing.assert_allclose(numbers(by_quality["recomputed"]), from_cells, atol=6e-4)
    assert len(by_quality["inconsistent"]) == 2
    for wrong in by_quality["inconsistent"]:
        assert abs(wrong.value / from_cells[:2] - 1).min() > 0.03
    assert numbers(by_quality["printed"]) == [pytest.approx(from_cells[2], rel=0.002)]


def test_pellets_carry_their_uncertainty() -> None:
    for value in published(system="75Li2S-25P2S5 pellet"):
        assert value.kind == "measured"
        assert value.conditions.molding_pressure
        if value.quantity == "conductivity":  # printed without one
            assert value.uncertainty is None
        else:
            assert value.uncertainty > 0


def test_activation_energies_of_the_glass_follow_from_its_diffusivities() -> None:
    """The slope of ln D over 1/(k_B T) at 700, 850 and 1000 K, so no number is a typing error."""
    diffusivities = published("diffusivity", "Li3PS4 glass")
    energies = [v for v in published("activation_energy", "Li3PS4 glass") if v.conditions.density]
    assert [value.conditions.density for value in energies] == [1.56, 1.65, 1.76, 1.89, 2.42]
    for energy in energies:
        here = [v for v in diffusivities if v.conditions.density == energy.conditions.density]
        points = {v.conditions.temperature: v.value for v in here}
        assert sorted(points) == [300, 700, 850, 1000]
        cold = points.pop(300)
        slope, level = np.polyfit([1 / (kB * T) for T in points], np.log(list(points.values())), 1)
        assert -slope == pytest.approx(energy.value, abs=1.5e-3)
        assert np.exp(level + slope / (kB * 300)) == pytest.approx(cold, rel=0.03)


def test_conductivities_at_room_temperature_state_it() -> None:
    values = published("conductivity")
    assert {value.conditions.temperature for value in values} == {300, 298.15}


def test_transport_of_the_crystal_computed_and_measured() -> None:
    assert {value.method: value.value for value in published("conductivity", "beta-Li3PS4")} == {
        "moment tensor potential, MD": 7.4e-5,
        "ab initio MD, PBE, its ref. 24": 8.8e-4,
        "lithium NMR, its ref. 13": 1.0e-4,
        "impedance spectroscopy, its ref. 27": 4.9e-5,
        "impedance spectroscopy, its ref. 10": 3.0e-7,
    }


@pytest.mark.parametrize(
    ("boundary", "energy", "ratio"),
    [
        ("Σ5 [001] (120)", 0.41, 4.2),
        ("Σ5 [001] (130)", 0.42, 1.5),
        ("Σ13 [001] (150)", 0.37, 8.8),
        ("Σ13 [001] (3-20)", 0.38, 4.9),
        ("Σ25 [001] (170)", 0.38, 5.3),
        ("Σ29 [001] (-250)", 0.36, 10.3),
        ("Σ5 [001] (001)", 0.32, 27),
        ("Σ5 [100] (100)", 0.33, 19),
    ],
)
def test_boundaries_are_found_by_their_label(boundary: str, energy: float, ratio: float) -> None:
    assert numbers(published("activation_energy", boundary)) == [energy]
    bulk = published("conductivity", "beta-Li3PS4")[0].value
    assert numbers(published("conductivity", boundary)) == [pytest.approx(ratio * bulk, rel=0.02)]


def test_a_value_with_an_unknown_key_is_refused() -> None:
    stored = published()[0].model_dump()
    with pytest.raises(ValidationError, match="colour"):
        PublishedValue(**stored, colour="red")
