"""Oxidation states of compounds whose states are in every textbook."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition

from physics.errors import InputError
from physics.structures.charges import oxidation_states, require_neutral, total_charge

COMPOUNDS = {
    "Li3PS4": {"Li": 1, "P": 5, "S": -2},
    "Li10GeP2S12": {"Li": 1, "Ge": 4, "P": 5, "S": -2},
    "Li6PS5Cl": {"Li": 1, "P": 5, "S": -2, "Cl": -1},
    "Li7P3S11": {"Li": 1, "P": 5, "S": -2},
    "Li2S": {"Li": 1, "S": -2},
    "P2S5": {"P": 5, "S": -2},
    "Li2SO4": {"Li": 1, "S": 6, "O": -2},
    "LiNO3": {"Li": 1, "N": 5, "O": -2},
    "Li3N": {"Li": 1, "N": -3},
    "Li7La3Zr2O12": {"Li": 1, "La": 3, "Zr": 4, "O": -2},
    "SiO2": {"Si": 4, "O": -2},
    "GaAs": {"Ga": 3, "As": -3},
    "NaCl": {"Na": 1, "Cl": -1},
    "Cu": {"Cu": 0},
    "CuZn": {"Cu": 0, "Zn": 0},
}


@pytest.mark.parametrize("formula", COMPOUNDS)
def test_textbook_states(formula: str) -> None:
    states = oxidation_states(Composition(formula))
    assert states == COMPOUNDS[formula]
    require_neutral(Composition(formula), states)


@pytest.mark.parametrize(
    ("formula", "charge"),
    [("Li119P40S160", -1), ("Li120P40S159", 2), ("Li119P40S159", 1), ("Li118P40S156", 6)],
)
def test_a_missing_ion_leaves_its_charge(formula: str, charge: int) -> None:
    composition = Composition(formula)
    assert total_charge(composition, COMPOUNDS["Li3PS4"]) == charge


def test_one_missing_lithium_does_not_change_the_states() -> None:
    assert oxidation_states(Composition("Li119P40S160")) == COMPOUNDS["Li3PS4"]


def test_given_states_are_kept() -> None:
    states = oxidation_states(Composition("Fe3O4"), {"Fe": 8 / 3})
    assert states == {"Fe": pytest.approx(8 / 3), "O": -2}
    require_neutral(Composition("Fe3O4"), states)


@given(n=st.integers(1, 200), formula=st.sampled_from(sorted(COMPOUNDS)))
def test_charge_is_proportional_to_the_amount(n: int, formula: str) -> None:
    composition = Composition(formula) * n
    off = dict(COMPOUNDS[formula])
    first = next(iter(off))
    off[first] += 1
    assert total_charge(composition, off) == pytest.approx(n * Composition(formula)[first])
    assert oxidation_states(composition) == COMPOUNDS[formula]


def test_a_state_for_an_element_that_is_not_there() -> None:
    with pytest.raises(InputError, match="given for O, which Li2S has not"):
        oxidation_states(Composition("Li2S"), {"O": -2})


def test_charges_that_do_not_balance() -> None:
    composition = Composition("Li4P2S8")
    with pytest.raises(InputError, match=r"LiPS4|Li2PS4.*-1 e per formula unit.*Li \+1"):
        require_neutral(composition, COMPOUNDS["Li3PS4"])
