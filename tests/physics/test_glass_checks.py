"""Acceptance tests of a glass."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from physics.analysis.glass import Acceptance, Check, check_glass
from physics.dynamics.summary import StageSummary

MELT = StageSummary(
    "melt", "npt", 100, 11, 2000.0, 10.0, 0.0, 1.6, -4.0, {"Li": 400.0, "P": 26.0, "S": 30.0},
    {"Li": 200.0, "P": 13.0, "S": 15.0},
)  # fmt: skip
REST = replace(
    MELT,
    name="rest",
    displacements={"P": 0.25, "S": 0.3},
    displacements_at_half={"P": 0.2, "S": 0.2},
)
UNITS = {"Li": 60, "PS4": 20}


def refused(
    acceptance: Acceptance, stages: Sequence[StageSummary] = (MELT, REST), **change: Any
) -> set[str]:
    numbers = {"tetrahedral": 0.87, "packed": UNITS, "found": UNITS} | change
    return {check.name for check in check_glass(acceptance, stages, **numbers) if check.refuses}


STRICT = Acceptance(tetrahedral=0.8, melted=True, same_units=True)


def test_a_good_glass_is_accepted() -> None:
    assert refused(STRICT) == set()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"tetrahedral": 0.79}, "tetrahedral part of the phosphorus"),
        ({"found": {"Li": 60, "PS4": 18, "P2S7": 1, "S": 1}}, "units gained and lost"),
        ({"stages": [replace(MELT, displacements={"P": 24.9}), REST]}, "displacement² of phos"),
        ({"stages": [MELT, replace(REST, displacements={"P": 0.2, "S": 0.5})]}, "growth of the"),
        ({"stages": [MELT]}, "growth of the"),
    ],
)  # fmt: skip
def test_what_is_demanded_refuses(change: dict, name: str) -> None:
    (found,) = refused(STRICT, **change)
    assert found.startswith(name)


def test_what_is_not_demanded_is_found_and_does_not_refuse() -> None:
    cold = replace(MELT, displacements={"P": 1.0})
    assert refused(Acceptance(), [cold, REST], tetrahedral=0.5, found={}) == set()
    checks = check_glass(Acceptance(), [cold, REST], tetrahedral=0.5, packed=UNITS, found={})
    melt = next(check for check in checks if "melt" in check.name)
    assert melt == Check(melt.name, 1.0, "more than 25", passed=False, demanded=False)
