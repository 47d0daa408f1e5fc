"""Partly contracted moments as tensors."""

from functools import cache
from itertools import combinations, permutations
from math import factorial, prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics.potentials.contractions import Contraction


@cache
def monomials(degree: int) -> NDArray[np.int64]:
    """
    List the components of a symmetric tensor: xx, xy, xz, yy, yz, zz.

    Parameters
    ----------
    degree : int
        Rank nu of the tensor.

    Returns
    -------
    ndarray of int, shape ((nu + 1)(nu + 2)/2, 3)
        Exponents of x, y, z.
    """
    return np.array([(degree - a, a - b, b) for a in range(degree + 1) for b in range(a + 1)])


def _place(exponents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of each component in the list of `monomials`."""
    a = exponents[:, 1] + exponents[:, 2]
    return a * (a + 1) // 2 + exponents[:, 2]


@cache
def multinomials(degree: int) -> NDArray[np.int64]:
    """Count, for each component of a symmetric tensor, the index strings that name it."""
    return np.array(
        [factorial(degree) // prod(factorial(int(k)) for k in row) for row in monomials(degree)]
    )


class Tensor(NamedTuple):
    """
    A contraction of moments that leaves indices open.

    The tensor is symmetric in the indices of one slot. A component of a slot that several nodes
    feed is the sum over the ways to deal its indices out to the nodes, each with its number of
    index strings; the contraction of such a slot with a symmetric tensor needs no weight.

    Parameters
    ----------
    graph : Contraction
        Moments and the edges between them.
    slots : tuple of tuple of int
        Number of open indices of each node in each slot.
    """

    graph: Contraction
    slots: tuple[tuple[int, ...], ...]

    @property
    def degrees(self) -> tuple[int, ...]:
        """Number of indices of each slot."""
        return tuple(map(sum, self.slots))

    @property
    def is_moment(self) -> bool:
        """Whether the tensor is a basic moment."""
        return len(self.graph.mus) == 1

    def is_shared(self, slot: int) -> bool:
        """Whether several nodes feed a slot."""
        return sum(count > 0 for count in self.slots[slot]) > 1


@cache
def canonical(tensor: Tensor) -> tuple[Tensor, tuple[tuple[int, ...], ...]]:
    """
    Name a tensor independently of the order of its nodes and slots.

    Returns
    -------
    tensor : Tensor
        The same tensor with nodes and slots in canonical order.
    orders : tuple of tuple of int
        Every order of the slots given that makes them the canonical ones; several, if the tensor
        is symmetric under an exchange of slots.
    """
    matrix = tensor.graph.matrix
    forms = [
        (
            Tensor(
                Contraction(
                    tuple(tensor.graph.mus[i] for i in nodes),
                    tuple(matrix[i][j] for i, j in combinations(nodes, 2)),
                ),
                tuple(tuple(tensor.slots[s][i] for i in nodes) for s in order),
            ),
            order,
        )
        for nodes in permutations(range(len(matrix)))
        for order in permutations(range(len(tensor.slots)))
    ]
    best = min(form for form, _ in forms)
    return best, tuple(sorted({order for form, order in forms if form == best}))


def basic_moment(mu: int, nu: int) -> Tensor:
    """Return the moment M_{mu,nu} as a tensor."""
    return Tensor(Contraction((mu,), ()), ((nu,),) if nu else ())


def number(degrees: tuple[int, ...], slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    Assign numbers to the components of a tensor.

    Parameters
    ----------
    degrees : tuple of int
        Number of indices of each slot.
    slots : ndarray of int, shape (len(degrees), n, 3)
        Exponents of x, y, z in each slot of n components.

    Returns
    -------
    ndarray of int, shape (n,)
        Their numbers.
    """
    place = np.zeros(slots.shape[1], dtype=np.int64)
    for degree, exponents in zip(degrees, slots, strict=True):
        place = place * len(monomials(degree)) + _place(exponents)
    return place


def component(tensor: Tensor, slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    Find components in the canonical tensor, with one number for all equal by symmetry.

    Parameters
    ----------
    tensor : Tensor
        With its slots in any order.
    slots : ndarray of int, shape (len(tensor.slots), n, 3)
        Exponents of x, y, z in each slot of n components.

    Returns
    -------
    ndarray of int, shape (n,)
        Their numbers in ``canonical(tensor)``.
    """
    name, orders = canonical(tensor)
    return np.min([number(name.degrees, slots[list(order)]) for order in orders], axis=0)
