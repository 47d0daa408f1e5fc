"""Moment tables: equal to the published ones, independent scalars, no product twice."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from physics.errors import InputError
from physics.potentials.contractions import Contraction, contractions
from physics.potentials.moments import MomentTable, moment_table

PRIME = 2**61 - 1
SMALL_PRIME = 2**31 - 1

# From the untrained potentials of MLIP-2: basic moment b set to 3^(b+1), the sum over the
# scalars of (alpha + 1) B_alpha, modulo 2^61 - 1; then moments and products of those tables.
PUBLISHED = {
    2: (3, 1, 0),
    4: (21, 2, 1),
    6: (30135, 8, 5),
    8: (21580550121, 18, 14),
    10: (1496457860147310490, 41, 42),
    12: (1497291957704591421, 84, 117),
    14: (1991546213566598653, 174, 348),
    16: (185085344408528217, 350, 969),
    18: (1828642797567891651, 718, 2634),
    20: (2141900984050652270, 1352, 6349),
    22: (1343584704942797953, 2621, 15431),
}


@pytest.mark.parametrize("level", PUBLISHED)
def test_scalars_are_the_published_ones_in_value_and_order(level: int) -> None:
    table = moment_table(level)
    moments = [pow(3, b + 1, PRIME) for b in range(len(table.basic))]
    moments += [0] * (table.n_moments - len(moments))
    for left, right, multiplicity, target in table.times.tolist():
        moments[target] += multiplicity * moments[left] * moments[right]
    fingerprint = sum((a + 1) * moments[s] for a, s in enumerate(table.scalars)) % PRIME
    published, n_moments, n_times = PUBLISHED[level]
    assert fingerprint == published
    assert table.n_moments <= n_moments
    assert len(table.times) <= (n_times if level < 16 else 0.76 * n_times)
    assert table.level == level


def test_scalars_are_contractions_of_full_tensors() -> None:
    """Every graph of level 14, with the tensors u x u x ... x u summed over the neighbours."""
    table = moment_table(14)
    rng = np.random.default_rng(0)
    u = rng.normal(size=(7, 3))
    u /= np.linalg.norm(u, axis=1)[:, None]
    f = rng.normal(size=(table.n_radial, 7))
    moments = np.zeros(table.n_moments)
    for b, (mu, *k) in enumerate(table.basic.tolist()):
        moments[b] = f[mu] @ np.prod(u**k, axis=1)
    for left, right, multiplicity, target in table.times:
        moments[target] += multiplicity * moments[left] * moments[right]

    def full_tensor(mu: int, nu: int) -> NDArray[np.float64]:
        axes = ",".join(f"j{letter}" for letter in "abcdefgh"[:nu])
        return np.einsum(f"j,{axes}->{'abcdefgh'[:nu]}" if nu else "j->", f[mu], *[u] * nu)

    for number, graph in zip(table.scalars, contractions(14), strict=True):
        indices = iter("abcdefghijklmnop")
        subscripts = [""] * len(graph.mus)
        for (i, j), m in zip(combinations(range(len(graph.mus)), 2), graph.edges, strict=True):
            for _ in range(m):
                letter = next(indices)
                subscripts[i] += letter
                subscripts[j] += letter
        tensors = [full_tensor(mu, nu) for mu, nu in graph.nodes]
        expected = np.einsum(",".join(subscripts) + "->", *tensors, optimize=True)
        assert moments[number] == pytest.approx(expected, rel=1e-11, abs=1e-11)


@pytest.mark.parametrize(
    ("level", "n_radial"),
    [(2, 1), (4, 1), (6, 2), (8, 2), (10, 3), (12, 3), (14, 4), (16, 4), (18, 5), (20, 5), (22, 6)],
)
def test_number_of_radial_functions(level: int, n_radial: int) -> None:
    assert moment_table(level).n_radial == n_radial


@pytest.mark.parametrize("level", [8, 16, 20])
def test_every_product_is_made_once_and_used(level: int) -> None:
    table = moment_table(level)
    left, right, _, target = table.times.T
    products = np.column_stack([np.minimum(left, right), np.maximum(left, right), target])
    assert len(np.unique(products, axis=0)) == len(products)
    used = {*left.tolist(), *right.tolist(), *table.scalars.tolist()}
    assert used == set(range(table.n_moments))
    assert (np.diff(target) >= 0).all()


def exact_scalars(table: MomentTable, n_neighbours: int) -> NDArray[np.int64]:
    """
    Scalars of random neighbourhoods in the integers modulo a prime, one row each.

    Neighbours are rational points of the unit sphere and the values of the radial functions are
    free, so that the rank of the matrix is exact.
    """
    rng = np.random.default_rng(0)
    rows = len(table.scalars) + 20
    s, t = rng.integers(1, SMALL_PRIME, (2, rows, n_neighbours))
    s2, t2 = s * s % SMALL_PRIME, t * t % SMALL_PRIME
    inverse = np.vectorize(lambda n: pow(int(n), -1, SMALL_PRIME))((s2 + t2 + 1) % SMALL_PRIME)
    axes = [2 * s % SMALL_PRIME, 2 * t % SMALL_PRIME, (s2 + t2 - 1) % SMALL_PRIME]
    u = [axis * inverse % SMALL_PRIME for axis in axes]
    f = rng.integers(0, SMALL_PRIME, (table.n_radial, rows, n_neighbours))
    moments = np.zeros((rows, table.n_moments), dtype=np.int64)
    for b, (mu, *k) in enumerate(table.basic.tolist()):
        term = f[mu]
        for axis, power in zip(u, k, strict=True):
            for _ in range(power):
                term = term * axis % SMALL_PRIME
        moments[:, b] = term.sum(axis=1) % SMALL_PRIME
    for left, right, multiplicity, target in table.times:
        product = moments[:, left] * moments[:, right] % SMALL_PRIME
        moments[:, target] = (moments[:, target] + multiplicity * product) % SMALL_PRIME
    return moments[:, table.scalars]


def rank(matrix: NDArray[np.int64]) -> int:
    """Rank modulo the prime, by elimination."""
    rest = matrix.copy()
    found = 0
    for column in range(rest.shape[1]):
        pivots = np.flatnonzero(rest[found:, column])
        if len(pivots):
            rest[[found, found + pivots[0]]] = rest[[found + pivots[0], found]]
            inverse = pow(int(rest[found, column]), -1, SMALL_PRIME)
            factors = rest[found + 1 :, column] * inverse % SMALL_PRIME
            steps = factors[:, None] * rest[found] % SMALL_PRIME
            rest[found + 1 :] = (rest[found + 1 :] - steps) % SMALL_PRIME
            found += 1
    return found


@pytest.mark.parametrize("level", [2, 4, 6, 8, 10, 12, 14])
def test_scalars_are_independent(level: int) -> None:
    table = moment_table(level)
    assert rank(exact_scalars(table, n_neighbours=12)) == len(table.scalars)


def test_one_scalar_of_level_16_depends_on_the_others() -> None:
    """The characteristic polynomial of a 3 x 3 tensor: tr M^4 follows from the lower traces."""
    table = moment_table(16)
    values = exact_scalars(table, n_neighbours=12)
    assert rank(values) == len(table.scalars) - 1
    place = {graph: a for a, graph in enumerate(contractions(16))}

    def scalar(*edges: int) -> NDArray[np.int64]:
        graph = Contraction((0, 0, 0, 0), edges).canonical()
        return values[:, place[graph]]

    # Newton's identity 24 e4 = 0 of the eigenvalues of M02, whose trace is M00
    newton = (
        scalar(0, 0, 0, 0, 0, 0)
        - 6 * scalar(0, 0, 0, 0, 0, 2)
        + 3 * scalar(2, 0, 0, 0, 0, 2)
        + 8 * scalar(0, 0, 0, 1, 1, 1)
        - 6 * scalar(1, 0, 1, 1, 0, 1)
    )
    assert not (newton % SMALL_PRIME).any()


@pytest.mark.parametrize("level", [0, 7, 30, -2])
def test_levels_without_a_basis_are_refused(level: int) -> None:
    with pytest.raises(InputError, match="even number from 2 to 28"):
        moment_table(level)


@pytest.mark.parametrize(
    ("basic", "times", "scalars", "n_moments", "match"),
    [
        ([], [], [0], 1, "0 basic moments"),
        ([[0, 0, 0, 0]], [], [], 1, "0 scalars"),
        ([[0, 0, -1, 0]], [], [0], 1, "exponents of 0 or more"),
        ([[0, 0, 0, 0]], [[0, 0, 1, 2]], [0], 2, "names moments 0 to 2"),
        ([[0, 0, 0, 0]], [[0, 2, 1, 1], [0, 0, 1, 2]], [1], 3, "not complete"),
        ([[0, 0, 0, 0]], [[0, 0, 1, 0]], [0], 1, "adds to a basic moment"),
        ([[0, 0, 0, 0]], [], [1], 2, "not complete"),
    ],
    ids=["empty", "no-scalar", "exponent", "outside", "order", "basic-target", "never-made"],
)
def test_tables_that_cannot_be_evaluated_are_refused(
    basic: list[list[int]], times: list[list[int]], scalars: list[int], n_moments: int, match: str
) -> None:
    with pytest.raises(InputError, match=match):
        MomentTable(np.array(basic), np.array(times), np.array(scalars), n_moments)


def test_tables_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        moment_table(8).times[0, 0] = 3
