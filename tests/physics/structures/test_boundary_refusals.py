"""Boundaries that cannot be, and what is said of them."""

from typing import Any

import pytest
from crystals_for_tests import crystal
from pymatgen.core import Structure

from physics.errors import InputError
from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.grain_boundaries import tilt_boundary, twist_boundary


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param({"plane": (0, 0, 0)}, r"given indices \(0 0 0\), expected", id="no-plane"),
        pytest.param({"plane": (1, 0.5, 0)}, "three integers", id="no-integers"),
        pytest.param(
            {"plane": (1, 1, 1), "axis": (1, 1, 0)},
            r"axis \[1 1 0\] is not in the plane \(1 1 1\): hu \+ kv \+ lw = 2",
            id="axis-not-in-plane",
        ),
        pytest.param(
            {"plane": (0, 0, 1)},
            "180 degrees about its normal is a symmetry of Pnma",
            id="symmetry",
        ),
        pytest.param(
            {"plane": (0, 1, 0), "operation": "mirror"},
            "mirror across it is a symmetry of Pnma",
            id="mirror-symmetry",
        ),
        pytest.param(
            {"plane": (1, 1, 1), "axis": (1, 1, -2)},
            r"no tilt about \[1 1 -2\].*84.40 degrees",
            id="no-tilt-about-axis",
        ),
        pytest.param(
            {"plane": (1, 7, 0), "construction": Construction(max_atoms=500)},
            r"would have 1\d\d\d atoms .* at most 500",
            id="max-atoms",
        ),
    ],
)
def test_tilts_are_refused_with_a_reason(arguments: dict[str, object], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        tilt_boundary(crystal("Li3PS4"), **arguments)


@pytest.mark.parametrize(
    ("angle", "options", "reason"),
    [
        pytest.param(180.0, {}, r"the normal of \(0 0 1\) is a symmetry of Pnma", id="symmetry"),
        pytest.param(
            34.55,
            {"max_strain": 1e-3},
            r"at most 0\.10%: the smallest that exists within max_area 1500 Å\^2 is 0\.48%",
            id="strain",
        ),
        pytest.param(34.55, {"max_area": 300.0}, r"no coincidence for 34\.55 degrees", id="area"),
        pytest.param(34.55, {"max_atoms": 1000}, r"would have 2112 atoms", id="max-atoms"),
    ],
)
def test_twists_are_refused_with_a_reason(
    angle: float, options: dict[str, float], reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        twist_boundary(
            crystal("Li3PS4"), (0, 0, 1), angle=angle,
            construction=Construction(separation=15.0, **options),
        )  # fmt: skip


def test_crystals_that_are_none_are_refused() -> None:
    whole = crystal("Li3PS4").structure
    with pytest.raises(InputError, match="partial occupancies"):
        Crystal(Structure(whole.lattice, [{"Li": 0.5}, "S"], [[0, 0, 0], [0.5, 0.5, 0.5]]))
    lacking = whole.copy()
    lacking.remove_sites([i for i, site in enumerate(whole) if site.specie.symbol == "Li"][:4])
    with pytest.raises(InputError, match=r"Li2PS4 do not balance: -1 e"):
        Crystal(lacking)


@pytest.mark.parametrize(
    "settings",
    [
        {"layers": 0},
        {"keep": 0},
        {"translations": 0},
        {"terminations": 0},
        {"separation": 0.0},
        {"gaps": ()},
        {"gaps": (-0.5,)},
    ],
    ids=str,
)
def test_settings_that_build_nothing_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="construction: given"):
        Construction(**settings)
