"""A moment table in the order in which the kernel walks through it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.potentials.moments import MomentTable

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """
    A moment table in the order in which the kernel walks through it.

    Parameters
    ----------
    powers : ndarray of int, shape (n_monomials, 3)
        Exponents of each monomial of the unit vector.
    parent, axis : ndarray of int, shape (n_monomials,)
        Each monomial is its parent times one component; the first one is 1.
    start : ndarray of int, shape (n_monomials + 1,)
        Basic moments of each monomial: those from ``start[m]`` to ``start[m + 1]``.
    basic, mu : ndarray of int, shape (n_basic,)
        Number and radial function of these basic moments.
    times : ndarray of int, shape (n_times, 3)
        Left, right and target of each product.
    multiplicity : ndarray, shape (n_times,)
        Its factor.
    opens : ndarray of bool, shape (n_times,)
        Whether the product is the first one of its target.
    """

    powers: IntArray
    parent: IntArray
    axis: IntArray
    start: IntArray
    basic: IntArray
    mu: IntArray
    times: IntArray
    multiplicity: FloatArray
    opens: NDArray[np.bool_]

    @property
    def monomial(self) -> IntArray:
        """Monomial of each of the basic moments in `basic`."""
        return np.repeat(np.arange(len(self.parent)), np.diff(self.start))

    def lowered(self, monomial: int) -> list[tuple[int, int]]:
        """Give, for x, y and z, the exponent of a monomial and the monomial with one less."""
        number = {tuple(k): m for m, k in enumerate(self.powers.tolist())}
        k = tuple(self.powers[monomial].tolist())
        return [(k[a], number[_lowered(k, a)] if k[a] else 0) for a in range(3)]


def layout(table: MomentTable) -> Layout:
    """
    Arrange a moment table for the kernel.

    Parameters
    ----------
    table : MomentTable
        The table.

    Returns
    -------
    Layout
        The same, by monomial.
    """
    used = {tuple(k) for k in table.basic[:, 1:].tolist()}
    needed = sorted(_with_parents(used), key=lambda k: (sum(k), k))
    number = {k: index for index, k in enumerate(needed)}
    axis = [next((a for a in range(3) if k[a]), 0) for k in needed]
    of_basic = np.array([number[tuple(k)] for k in table.basic[:, 1:].tolist()])
    order = np.lexsort((table.basic[:, 0], of_basic))
    opens = np.zeros(len(table.times), dtype=bool)
    opens[np.unique(table.times[:, 3], return_index=True)[1]] = True
    return Layout(
        powers=np.array(needed),
        parent=np.array(
            [number[_lowered(k, a)] if sum(k) else 0 for k, a in zip(needed, axis, strict=True)]
        ),
        axis=np.array(axis),
        start=np.searchsorted(of_basic[order], np.arange(len(needed) + 1)),
        basic=order,
        mu=table.basic[order, 0],
        times=np.ascontiguousarray(table.times[:, [0, 1, 3]]),
        multiplicity=table.times[:, 2].astype(np.float64),
        opens=opens,
    )


def _with_parents(used: set[tuple[int, ...]]) -> set[tuple[int, ...]]:
    """Add every monomial that a derivative or a product leads to."""
    found, new = set(used), set(used)
    while new:
        new = {_lowered(k, a) for k in new for a in range(3) if k[a]} - found
        found |= new
    return found


def _lowered(k: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return tuple(power - (a == axis) for a, power in enumerate(k))
