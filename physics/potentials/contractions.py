"""Contractions of moments to scalars: the basis of a moment tensor potential as graphs."""

from collections.abc import Iterator
from itertools import combinations, combinations_with_replacement, permutations
from typing import NamedTuple

MAX_FACTORS = 4
MAX_MU = 5
MAX_NU = 10
"""Caps of the published basis; those of mu and nu act from level 26 on."""


class Contraction(NamedTuple):
    """
    A full contraction of moments: a graph without loops.

    Node i is the moment M_{mu,nu} with mu = ``mus[i]``; each edge is a pair of indices summed
    over, and nu is the number of edges of the node, so that no index is left.

    Parameters
    ----------
    mus : tuple of int
        Radial functions of the moments, ascending.
    edges : tuple of int
        Number of edges between the nodes i < j: (0, 1), (0, 2), ..., (1, 2), ...
    """

    mus: tuple[int, ...]
    edges: tuple[int, ...]

    @property
    def matrix(self) -> list[list[int]]:
        """Number of edges between each two nodes."""
        n = len(self.mus)
        matrix = [[0] * n for _ in range(n)]
        for (i, j), m in zip(combinations(range(n), 2), self.edges, strict=True):
            matrix[i][j] = matrix[j][i] = m
        return matrix

    @property
    def nodes(self) -> tuple[tuple[int, int], ...]:
        """The moments, mu and nu of each."""
        return tuple(zip(self.mus, map(sum, self.matrix), strict=True))

    def subgraph(self, nodes: tuple[int, ...]) -> "Contraction":
        """Keep the nodes named, in this order, and the edges between them."""
        matrix = self.matrix
        return Contraction(
            tuple(self.mus[i] for i in nodes),
            tuple(matrix[i][j] for i, j in combinations(nodes, 2)),
        )

    def canonical(self) -> "Contraction":
        """Order the nodes as the published tables do."""
        matrix = self.matrix
        nodes = range(len(self.mus))

        def order(nodes: tuple[int, ...]) -> list[int]:
            """Mu of all nodes; of each node nu and the edges to the nodes after it."""
            key = [self.mus[i] for i in nodes]
            for place, i in enumerate(nodes):
                key += [sum(matrix[i]), *(matrix[i][j] for j in nodes[place + 1 :])]
            return key

        return self.subgraph(min(permutations(nodes), key=order))


def moment_level(mu: int, nu: int) -> int:
    """Return the level 2 + 4 mu + nu of a moment (Novikov et al. 2020, section 2)."""
    return 2 + 4 * mu + nu


def contractions(level: int) -> list[Contraction]:
    """
    List the scalars of a moment tensor potential, in the order of MLIP's untrained potentials.

    The scalars of level L are the contractions of up to four moments whose levels sum to at most
    L, each graph once. Counts and order agree with the potentials published with MLIP-2 for all
    even levels from 6 to 28.

    Parameters
    ----------
    level : int
        Level L.

    Returns
    -------
    list of Contraction
        Ordered by the number of moments, then their mu, then, node after node, by nu and edges.
    """
    found = {
        graph.canonical()
        for n in range(1, MAX_FACTORS + 1)
        for mus in combinations_with_replacement(range(MAX_MU + 1), n)
        for edges in _edges(n * (n - 1) // 2, level - sum(moment_level(mu, 0) for mu in mus))
        if max(map(sum, (graph := Contraction(mus, edges)).matrix)) <= MAX_NU
    }
    return sorted(found, key=_order)


def _order(graph: Contraction) -> tuple[int, tuple[int, ...], list[list[int]]]:
    rows = [[sum(row), *row[i + 1 :]] for i, row in enumerate(graph.matrix)]
    return len(graph.mus), graph.mus, rows


def _edges(places: int, ends: int) -> Iterator[tuple[int, ...]]:
    """Numbers of edges at the given places that have at most so many ends."""
    if ends < 0:
        return
    if places == 0:
        yield ()
        return
    for m in range(ends // 2 + 1):
        for others in _edges(places - 1, ends - 2 * m):
            yield (m, *others)
