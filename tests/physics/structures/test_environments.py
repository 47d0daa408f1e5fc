"""How units that are not bulk-like make boundaries, and what counts as the middle of a grain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Structure

from physics.structures.crystal import Crystal
from physics.structures.environments import Environments, environments, widths
from physics.structures.units import find_units

PERIOD = 60.0


def profile(off: list[float], period: float = PERIOD) -> Environments:
    """A unit every ångström, those at the heights `off` not bulk-like; the shell is 6 Å."""
    heights = np.arange(0.5, period)
    deviations = np.where(np.isin(heights, off), 1.0, 0.0)
    return Environments(heights, deviations, 6.0, period)


@pytest.mark.parametrize(
    ("off", "boundaries"),
    [
        ([], []),
        ([10.5], [10.5]),
        ([8.5, 9.5, 10.5], [9.5]),
        ([6.5, 13.5], [10]),
        ([0.5, 59.5], [0]),
        ([0.5, 1.5, 57.5, 30.5], [30.5, 59 + 5 / 6]),
        ([10.5, 40.5], [10.5, 40.5]),
        ([*np.arange(4.5, 17), *np.arange(19.5, 32)], [10.5, 25.5]),
        (list(np.arange(0.5, 60)), []),
    ],
    ids=["none", "one", "run", "holed", "edge", "edge and one", "two", "thin grain", "all"],
)
def test_boundaries_are_found(off: list[float], boundaries: list[float]) -> None:
    assert profile(off).find_boundaries() == pytest.approx(boundaries)


spacings = st.lists(st.integers(2, 30), unique=True, max_size=7).filter(
    lambda gaps: sum(gaps) < 60 and 60 - sum(gaps) not in gaps
)


@given(gaps=spacings, shift=st.integers(0, 59))
def test_boundaries_do_not_depend_on_where_the_cell_begins(gaps: list[int], shift: int) -> None:
    off = np.cumsum([0, *gaps])
    here = profile([i + 0.5 for i in off]).find_boundaries()
    there = profile([(i + shift) % 60 + 0.5 for i in off]).find_boundaries()
    assert list(there) == sorted(there)
    moved = np.sort(np.round(np.array(here) + shift, 9) % PERIOD)
    np.testing.assert_allclose(np.sort(np.round(there, 9) % PERIOD), moved, atol=1e-6)


def test_the_middle_of_a_grain_is_farther_than_the_shell_from_its_boundaries() -> None:
    assert profile([10.5, 11.5, 40.5]).interiors((3.0, 33.0)) == (0, 0)
    assert profile([17.5, 40.5]).interiors((3.0, 33.0)) == (1, 0)
    assert profile([18.5]).interiors((3.0,)) == (1,)
    assert profile([18.5]).interiors(()) == (1,)


def test_a_thin_grain_is_judged_in_its_deepest_sheet() -> None:
    assert profile([8.5, 10.5]).interiors((5.0, 14.0)) == (0, 0)
    assert profile([9.5]).interiors((5.0, 14.0)) == (1, 0)


def test_widths_add_up_to_the_period() -> None:
    np.testing.assert_allclose(widths((5.0, 20.0, 50.0), PERIOD), [15, 30, 15])
    np.testing.assert_allclose(widths((5.0,), PERIOD), [60])


@pytest.mark.parametrize("mobile", ["Li", None])
def test_the_framework_is_what_does_not_move(li3ps4: Structure, mobile: str | None) -> None:
    crystal = Crystal(li3ps4)
    found = environments(li3ps4, find_units(li3ps4), crystal, mobile)
    assert len(found.heights) == (4 if mobile else 16)
    assert found.period == pytest.approx(6.26)
    if mobile:
        assert found.shell == pytest.approx(6.644, abs=1e-3)


def test_a_missing_neighbor_counts_an_angstrom(copper: Structure) -> None:
    supercell = copper * (3, 3, 3)
    hole = supercell.copy()
    hole.remove_sites([0])
    found = environments(hole, find_units(hole), Crystal(copper), None)
    assert found.shell == pytest.approx(3.6 / np.sqrt(2))
    assert sorted(found.deviations)[-12:] == pytest.approx([1.0] * 12)
    assert sorted(found.deviations)[:-12] == pytest.approx([0.0] * (106 - 11))
