"""Ions of a composition: exact where whole ions can be, else the nearest by brute force."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pymatgen.core import Composition

from physics.errors import InputError
from physics.structures.composition import balanced, composition_of, ions_of, require_balanced

CONTENT = {"PS4": (3, 1, 4), "P2S7": (4, 2, 7), "P2S6": (4, 2, 6)}
"""Li that balances the anion, its P and its S."""
numbers = st.integers(0, 60)


@settings(max_examples=40, deadline=None)
@given(a=numbers, b=numbers, c=numbers)
def test_numbers_come_back_from_their_formula(a: int, b: int, c: int) -> None:
    assume(a + b + c)
    li, p, s = np.array([a, b, c]) @ np.array(list(CONTENT.values()))
    wanted = {"Li": li, "PS4": a, "P2S7": b, "P2S6": c}
    wanted = {name: count for name, count in wanted.items() if count}
    assert ions_of(f"Li{li}P{p}S{s}", lithium=int(li)) == wanted
    assert ions_of(f"Li{li}P{p}S{s}", atoms=int(li + p + s)) == wanted


@settings(max_examples=40, deadline=None)
@given(shares=st.tuples(*[st.floats(0.02, 1)] * 3), lithium=st.integers(8, 90))
def test_no_other_whole_numbers_are_nearer(
    shares: tuple[float, float, float], lithium: int
) -> None:
    content = np.array(list(CONTENT.values()))
    li, p, s = np.array(shares) @ content
    wanted = np.array([p, s]) / li * lithium
    found = ions_of(f"LiP{p / li:.9f}S{s / li:.9f}", lithium=lithium)
    assert found["Li"] == lithium
    require_balanced(found)

    def error(counts: tuple[int, ...]) -> float:
        return float(np.abs(np.array(counts) @ content[:, 1:] - wanted).sum())

    limit = lithium // 3 + 1
    best = min(
        error(counts)
        for counts in product(range(limit), repeat=3)
        if np.array(counts) @ content[:, 0] == lithium
    )
    assert error(tuple(found.get(name, 0) for name in CONTENT)) == pytest.approx(best, abs=1e-5)


@pytest.mark.parametrize(
    ("sulfur", "ps4", "p2s7", "p2s6"),
    [(1.605, 181, 361, 148), (1.651, 181, 480, 30), (1.465, 181, 0, 510), (1.6625, 181, 510, 0)],
)
def test_glasses_at_constant_thiophosphate(sulfur: float, ps4: int, p2s7: int, p2s6: int) -> None:
    """
    For each Li of LiP0.465Sy: 0.07 PS4, y - 1.465 P2S7 and 1.6625 - y P2S6.

    Rounded one by one for 2580 Li these numbers are charged, as 3 * 181 is odd; whole ions that
    balance 2580 Li are one off in each.
    """
    found = ions_of(f"LiP0.465S{sulfur}", lithium=2580)
    assert found["Li"] == 2580
    assert found["PS4"] == pytest.approx(ps4, abs=1)
    assert found.get("P2S7", 0) == pytest.approx(p2s7, abs=1)
    assert found.get("P2S6", 0) == pytest.approx(p2s6, abs=1)
    assert composition_of(found)["P"] == pytest.approx(0.465 * 2580, abs=1)


@pytest.mark.parametrize(
    ("formula", "atoms", "expected"),
    [
        ("Li3PS4", 160, {"Li": 60, "PS4": 20}),
        ("Li3PS4", 163, {"Li": 60, "PS4": 20}),
        ("Li3PS4", 165, {"Li": 63, "PS4": 21}),
        ("Li7P3S11", 42, {"Li": 14, "PS4": 2, "P2S7": 2}),
        ("Li4P2S6", 24, {"Li": 8, "P2S6": 2}),
    ],
)
def test_crystals_have_their_own_anions(formula: str, atoms: int, expected: dict[str, int]) -> None:
    assert ions_of(formula, atoms=atoms) == expected


def test_more_anions_than_equations() -> None:
    """2 PS4 are P2S7 and S: those named first are taken."""
    assert ions_of("Li3PS4", lithium=60, anions=("PS4", "P2S7", "S")) == {"Li": 60, "PS4": 20}
    assert ions_of("Li3PS4", lithium=60, anions=("P2S7", "S")) == {"Li": 60, "P2S7": 10, "S": 10}
    assert ions_of("Li7PS6", lithium=70, anions=("PS4", "S")) == {"Li": 70, "PS4": 10, "S": 20}


def test_lithium_balances_anions() -> None:
    ions = balanced({"PS4": 2, "P2S7": 1})
    assert ions == {"Li": 10, "PS4": 2, "P2S7": 1}
    assert composition_of(ions) == Composition("Li10P4S15")
    require_balanced(ions)


@pytest.mark.parametrize(
    ("formula", "options", "message"),
    [
        ("LiP0.465S1.7", {"lithium": 100}, r"1\.7000 S .* 1\.4650 to 1\.6625 with 0\.4650 P"),
        ("LiP0.465S1.4", {"lithium": 100}, r"1\.4000 S .* 1\.4650 to 1\.6625"),
        ("LiP0.6S2", {"lithium": 100}, r"0\.6000 P .* 0\.3333 to 0\.5000"),
        ("Li3PS4", {"lithium": 61}, "61 Li .* whole PS4 can balance, such as 60"),
        ("Li3PS4", {"lithium": 1}, "such as 3"),
        ("Li3PS4", {"atoms": 2}, "such as 3"),
        ("Li3PO4", {"lithium": 3}, "composition of Li, P and S"),
        ("P2S5", {"atoms": 70}, "composition of Li, P and S"),
        ("foo!", {"atoms": 70}, "given 'foo!'"),
        ("Li3PS4", {"lithium": 3, "anions": ()}, "at least one, each once"),
        ("Li3PS4", {"lithium": 3, "anions": ("PS4", "PS4")}, "at least one, each once"),
        ("Li3PS4", {}, "one of both"),
        ("Li3PS4", {"lithium": 3, "atoms": 8}, "one of both"),
        ("Li3PS4", {"atoms": float("nan")}, "one of both"),
        ("Li3PS4", {"lithium": 3, "anions": ("PS5",)}, "'PS5' as an anion"),
        ("Li3PS4", {"lithium": 3, "anions": ("Li",)}, "'Li' as an anion"),
    ],
)
def test_what_cannot_be_made_up(formula: str, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ions_of(formula, **options)


def test_charges_and_counts_are_checked() -> None:
    with pytest.raises(InputError, match=r"add up to -1 e.*give 6 Li"):
        require_balanced({"Li": 5, "PS4": 2})
    with pytest.raises(InputError, match="no ions"):
        require_balanced({})
    with pytest.raises(InputError, match="unknown ions PS5"):
        balanced({"PS5": 1})
    with pytest.raises(InputError, match="given -1 PS4"):
        balanced({"PS4": -1})
    with pytest.raises(InputError, match=r"given 1\.5 PS4"):
        require_balanced({"PS4": 1.5, "Li": 4.5})
    with pytest.raises(InputError, match="Li follows"):
        balanced({"PS4": 1, "Li": 3})
