"""Recipes of tensors: sums of products of the components of two others."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics.potentials.tensors import (
    Tensor,
    canonical,
    component,
    monomials,
    multinomials,
    number,
)


class Bundle(NamedTuple):
    """Indices that go together from slots of the operands to each other or to the target."""

    degree: int
    left: int | None
    right: int | None
    target: int | None


class Recipe(NamedTuple):
    """
    A tensor as a sum of products of the components of two others.

    Parameters
    ----------
    target, left, right : Tensor
        The tensor and its two factors, with slots in the order that the bundles refer to.
    bundles : tuple of Bundle
        The indices that are summed over or handed on, together.
    """

    target: Tensor
    left: Tensor
    right: Tensor
    bundles: tuple[Bundle, ...]

    @property
    def operands(self) -> tuple[Tensor, ...]:
        """The factors, canonical."""
        return canonical(self.left)[0], canonical(self.right)[0]

    def products(self) -> NDArray[np.int64]:
        """
        Write the recipe out in components.

        Returns
        -------
        ndarray of int, shape (n, 4)
            Components of the left and of the right factor, multiplicity, component of the target;
            each product once, ordered by target.
        """
        exponents, strings = _dealt(tuple(bundle.degree for bundle in self.bundles))
        weighted = [self._is_weighted(bundle) for bundle in self.bundles]
        multiplicity = strings[weighted].prod(axis=0)
        slots = [
            np.zeros((len(tensor.slots), len(multiplicity), 3), dtype=np.int64)
            for tensor in (self.left, self.right, self.target)
        ]
        for bundle, k in zip(self.bundles, exponents, strict=True):
            for role, slot in enumerate((bundle.left, bundle.right, bundle.target)):
                if slot is not None:
                    slots[role][slot] += k
        left, right = component(self.left, slots[0]), component(self.right, slots[1])
        if self.operands[0] == self.operands[1]:
            left, right = np.minimum(left, right), np.maximum(left, right)
        target = number(self.target.degrees, slots[2])
        needed = target == component(self.target, slots[2])
        return _merged(np.column_stack([left, right, multiplicity, target])[needed])

    def _is_weighted(self, bundle: Bundle) -> bool:
        """Whether the index strings of the bundle still have to be counted."""
        counted = (bundle.left is not None and self.left.is_shared(bundle.left)) or (
            bundle.right is not None and self.right.is_shared(bundle.right)
        )
        needed = bundle.target is None or self.target.is_shared(bundle.target)
        return needed and not counted


def recipes(tensor: Tensor) -> list[Recipe]:
    """
    List ways to make a tensor from two others.

    The nodes are divided in two. The right factor, of one or two nodes, has a slot for each of
    its nodes; the left factor, of as many nodes or more, has either that or a slot for each
    node and slot that its indices go to.

    Parameters
    ----------
    tensor : Tensor
        Canonical, of two to four moments.

    Returns
    -------
    list of Recipe
        Not empty.
    """
    n = len(tensor.graph.mus)
    return [
        recipe
        for size in range(1, n // 2 + 1)
        for right in combinations(range(n), size)
        for left in [tuple(i for i in range(n) if i not in right)]
        for recipe in _divided(tensor, left, right)
    ]


def _divided(tensor: Tensor, left: tuple[int, ...], right: tuple[int, ...]) -> Iterator[Recipe]:
    """Recipes of one division of the nodes."""
    matrix = tensor.graph.matrix
    right_tensor = _by_node(tensor, right, left)
    received = [
        Bundle(slot[j], None, q, t)
        for t, slot in enumerate(tensor.slots)
        for q, j in enumerate(right)
    ]
    if len(left) < 3:
        contracted = [
            Bundle(matrix[i][j], p, q, None)
            for p, i in enumerate(left)
            for q, j in enumerate(right)
        ]
        handed = [
            Bundle(slot[i], p, None, t)
            for t, slot in enumerate(tensor.slots)
            for p, i in enumerate(left)
        ]
        yield _recipe(
            tensor, _by_node(tensor, left, right), right_tensor, contracted + handed + received
        )
    if len(left) > 1:
        goals = [tuple(matrix[i][j] for i in left) for j in right]
        goals += [tuple(slot[i] for i in left) for slot in tensor.slots]
        bundles = [
            Bundle(sum(goal), p, *((p, None) if p < len(right) else (None, p - len(right))))
            for p, goal in enumerate(goals)
        ]
        left_tensor = Tensor(tensor.graph.subgraph(left), tuple(goals))
        yield _recipe(tensor, left_tensor, right_tensor, bundles + received)


def _by_node(tensor: Tensor, nodes: tuple[int, ...], others: tuple[int, ...]) -> Tensor:
    """Part of a tensor with one slot for each node."""
    matrix = tensor.graph.matrix
    slots = []
    for p, i in enumerate(nodes):
        open_indices = sum(matrix[i][j] for j in others) + sum(slot[i] for slot in tensor.slots)
        slots.append(tuple(open_indices * (p == q) for q in range(len(nodes))))
    return Tensor(tensor.graph.subgraph(nodes), tuple(slots))


def _recipe(target: Tensor, left: Tensor, right: Tensor, bundles: list[Bundle]) -> Recipe:
    """Recipe without the slots and bundles that hold no index."""
    filled = [[s for s, degree in enumerate(tensor.degrees) if degree] for tensor in (left, right)]
    left, right = (
        Tensor(tensor.graph, tuple(tensor.slots[s] for s in slots))
        for tensor, slots in zip((left, right), filled, strict=True)
    )
    kept = tuple(
        Bundle(
            degree,
            None if p is None else filled[0].index(p),
            None if q is None else filled[1].index(q),
            t,
        )
        for degree, p, q, t in bundles
        if degree
    )
    return Recipe(target, left, right, kept)


def _merged(products: NDArray[np.int64]) -> NDArray[np.int64]:
    """Add the multiplicities of equal products; order by target."""
    left, right, multiplicity, target = products.T
    shape = (target.max() + 1, left.max() + 1, right.max() + 1)
    names, same = np.unique(np.ravel_multi_index((target, left, right), shape), return_inverse=True)
    sums = np.zeros(len(names), dtype=np.int64)
    np.add.at(sums, same, multiplicity)
    target, left, right = np.unravel_index(names, shape)
    return np.column_stack([left, right, sums, target])


@lru_cache(maxsize=256)
def _dealt(degrees: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Every choice of one component for each of several bundles.

    Returns
    -------
    exponents : ndarray of int, shape (bundles, choices, 3)
    multinomials : ndarray of int, shape (bundles, choices)
        Number of index strings of each.
    """
    counts = [len(monomials(degree)) for degree in degrees]
    choices = np.indices(counts).reshape(len(counts), prod(counts))
    exponents = np.zeros((*choices.shape, 3), dtype=np.int64)
    weights = np.ones(choices.shape, dtype=np.int64)
    for b, degree in enumerate(degrees):
        exponents[b] = monomials(degree)[choices[b]]
        weights[b] = multinomials(degree)[choices[b]]
    return exponents, weights
