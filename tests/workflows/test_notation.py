"""How numbers, formulas, space groups and durations are written."""

import pytest

from workflows.notation import duration, number, significant
from workflows.report.templates import formula, space_group


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (10.68, "10.7"),
        (4.206, "4.21"),
        (-0.0321, "−0.0321"),
        (1234.5, "1234"),
        (0, "0.00"),
        (9.996, "10.0"),
        (99.96, "100"),
        (0.9996, "1.00"),
    ],
)
def test_significant_digits(value: float, written: str) -> None:
    assert significant(value) == written


def test_notation() -> None:
    assert number(-0.04, 1) == "0.0"
    assert number(-1.5, 1) == "−1.5"
    assert formula("Li10Ge(PS6)2") == "Li<sub>10</sub>Ge(PS<sub>6</sub>)<sub>2</sub>"
    assert formula("<i>2") == "&lt;i&gt;2"
    assert space_group("P2_12_12_1") == "P2<sub>1</sub>2<sub>1</sub>2<sub>1</sub>"
    assert [duration(t) for t in (0.321, 59.0, 90, 5400)] == ["0.32 s", "59 s", "1.5 min", "1.5 h"]
