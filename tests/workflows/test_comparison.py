"""Values of a study beside the published ones."""

import pytest

from physics.dynamics.melt_quench import PUBLISHED_DENSITIES
from stores.published import published
from workflows.report.comparison import compare, compare_glass, difference, other_systems


def test_lattice_parameters_are_compared_for_the_same_cell_only() -> None:
    here = {"lattice_a": 13.0, "density": 1.8}
    labels = [item.label for item in compare("beta-Li3PS4", here, 4)]
    assert labels == ["Lattice parameter a", "Density"]
    assert [item.label for item in compare("beta-Li3PS4", here, 8)] == ["Density"]
    assert compare("copper", here, 4) == []


@pytest.mark.parametrize(
    ("here", "method", "written"),
    [
        (21.72, "DFT", "0.0 %"),
        (21.713, "DFT", "0.0 %"),
        (21.85, "DFT", "+0.6 %"),
        (24.4, "DFT, optB88-vdW", "+11 %"),
        (10.7, "DFT, optB88-vdW", "−51 %"),
        (11.0, "experiment", "within"),
        (9.0, "experiment", "−10 %"),
        (15.0, "experiment", "+25 %"),
    ],
)
def test_difference(here: float, method: str, written: str) -> None:
    known = next(v for v in published("bulk_modulus", "beta-Li3PS4") if v.method == method)
    assert difference(here, known) == written


def test_other_phases_of_the_composition_computed_first() -> None:
    others = other_systems("beta-Li3PS4", "Li3PS4")
    kinds = [other.first.kind for other in others]
    assert kinds == sorted(kinds)
    assert {other.first.system for other in others} == {
        "gamma-Li3PS4",
        "Li3PS4 glass",
        "75Li2S-25P2S5 pellet",
    }
    pellet = next(o for o in others if o.first.method == "ultrasound")
    assert pellet.written["young_modulus"] == "16.7 ± 0.6"
    assert pellet.conditions == "molded at 47 MPa, 200 °C"
    assert other_systems("copper", "Cu") == []


@pytest.mark.parametrize(("pressure", "density"), PUBLISHED_DENSITIES.items())
def test_each_glass_has_the_density_of_its_pressure(pressure: float, density: float) -> None:
    found = compare_glass("Li3PS4", pressure, {"density": 1.5})
    assert [known.value for item in found for known, *_ in item.entries] == [density]


def test_glasses_are_compared_at_the_same_pressure_only() -> None:
    here = {"bulk_modulus": 16.93, "density": 1.76, "lattice_a": 14.0}
    bulk, density = compare_glass("Li3PS4", 1.0, here)
    assert [(known.quality, far) for known, _, far in bulk.entries] == [
        ("printed", "0.0 %"),
        ("recomputed", "+0.6 %"),
    ]
    assert density.here == "1.760"
    assert [item.label for item in compare_glass("Li3PS4", 2.0, here)] == ["Density"]
    assert compare_glass("Li3PS4", 1.1, here) == []
    assert compare_glass("Li7P3S11", 1.0, here) == []
