"""Cell lists: the pairs that a tree of points finds."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import KDTree

from physics.potentials.cell_list import list_partners


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    number=st.integers(1, 300),
    part=st.floats(0.0, 1.0),
    edges=st.tuples(*[st.floats(0.5, 30.0)] * 3),
    cutoff=st.floats(0.5, 8.0),
)
def test_partners_are_those_of_a_tree(
    seed: int, number: int, part: float, edges: tuple[float, ...], cutoff: float
) -> None:
    points = np.random.default_rng(seed).random((number, 3)) * edges
    count = 1 + int(part * (number - 1))
    inverse = np.diag(1 / np.array(edges))
    reach = cutoff * (1 + 1e-9) / np.array(edges)
    first, partner = list_partners(points, inverse, np.zeros(3), reach, cutoff=cutoff, count=count)
    around = KDTree(points).query_ball_point(points[:count], cutoff)
    assert [sorted(partner[first[i] : first[i + 1] - 1].tolist()) for i in range(count)] == [
        sorted(set(near) - {i}) for i, near in enumerate(around)
    ]
