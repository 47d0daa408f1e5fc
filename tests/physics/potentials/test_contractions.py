"""Contractions: the published number of scalars."""

import pytest

from physics.potentials.contractions import Contraction, contractions

# of the untrained potentials published with MLIP-2
COUNTS = {
    2: 1,
    4: 2,
    6: 5,
    8: 9,
    10: 16,
    12: 29,
    14: 52,
    16: 92,
    18: 163,
    20: 288,
    22: 500,
    24: 864,
    26: 1464,
    28: 2445,
}


@pytest.mark.parametrize(("level", "count"), COUNTS.items())
def test_numbers_are_the_published_ones(level: int, count: int) -> None:
    assert len(contractions(level)) == count


def test_scalars_of_level_8_by_hand() -> None:
    """M00, M10; M00², M01·M01, M02:M02, M00 M10; M00³, M00 (M01·M01); M00⁴."""
    assert contractions(8) == [
        Contraction((0,), ()),
        Contraction((1,), ()),
        Contraction((0, 0), (0,)),
        Contraction((0, 0), (1,)),
        Contraction((0, 0), (2,)),
        Contraction((0, 1), (0,)),
        Contraction((0, 0, 0), (0, 0, 0)),
        Contraction((0, 0, 0), (0, 0, 1)),
        Contraction((0, 0, 0, 0), (0, 0, 0, 0, 0, 0)),
    ]


def test_a_contraction_has_one_name() -> None:
    """M01·M02·M01 in three orders of its factors."""
    orders = [(0, 1, 1), (1, 0, 1), (1, 1, 0)]
    assert {Contraction((0, 0, 0), edges).canonical() for edges in orders} == {
        Contraction((0, 0, 0), (0, 1, 1))
    }
