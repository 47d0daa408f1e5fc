"""Which of several potentials to take: test error against cost."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.errors import InputError
from physics.potentials.potential import MomentTensorPotential

IntArray = NDArray[np.int64]


def operations(potential: MomentTensorPotential, neighbours: float) -> float:
    """
    Estimate what the energy of an atom costs.

    Each neighbour adds to the sums of n_chebyshev polynomials in n_radial functions and to the
    basic moments; then products of moments make the scalars. Forces cost a constant factor more.

    Parameters
    ----------
    potential : MomentTensorPotential
        The potential.
    neighbours : float
        Mean number of neighbours of an atom within the cutoff.

    Returns
    -------
    float
        Multiplications and additions for an atom.
    """
    table = potential.table
    per_neighbour = potential.n_chebyshev * table.n_radial + len(table.basic)
    return neighbours * per_neighbour + len(table.times) + len(table.scalars)


def mean_and_standard_error(
    errors: ArrayLike, blocks: Sequence[int] | None = None
) -> tuple[float, float]:
    """
    Average test errors over blocks.

    Parameters
    ----------
    errors : array_like, shape (n,)
        Error of each configuration of a test set.
    blocks : sequence of int, optional
        Block of each (`physics.potentials.splits.Split`); without it each is independent.

    Returns
    -------
    mean : float
        Mean of the means of the blocks.
    standard_error : float
        Standard deviation of the means of the blocks over the root of their number.

    Raises
    ------
    InputError
        If there are fewer than two blocks, or an error is not finite.
    """
    values = np.asarray(errors, dtype=float)
    labels = np.arange(len(values)) if blocks is None else np.asarray(blocks)
    means = np.array([values[labels == label].mean() for label in np.unique(labels)])
    if len(means) < 2 or not np.isfinite(means).all():
        raise InputError(
            f"{len(values)} errors in {len(means)} blocks were given, expected finite errors in "
            "at least two blocks, or there is no standard error; give a larger test set, labelled "
            "throughout"
        )
    return float(means.mean()), float(means.std(ddof=1) / np.sqrt(len(means)))


def pareto_front(errors: ArrayLike, costs: ArrayLike) -> IntArray:
    """
    Find the candidates that no other beats in error and cost.

    One beats another if it is no worse in both and better in one.

    Parameters
    ----------
    errors, costs : array_like, shape (n,)
        Of the candidates.

    Returns
    -------
    ndarray of int
        Those on the front, in the order of rising cost.
    """
    error, cost = np.asarray(errors, dtype=float), np.asarray(costs, dtype=float)
    no_worse = (error[:, None] <= error) & (cost[:, None] <= cost)
    better = (error[:, None] < error) | (cost[:, None] < cost)
    beaten = (no_worse & better).any(axis=0)
    front = np.flatnonzero(~beaten)
    return front[np.lexsort((error[front], cost[front]))]


def one_standard_error(errors: ArrayLike, standard_errors: ArrayLike, costs: ArrayLike) -> int:
    """
    Choose the cheapest candidate that is not clearly worse than the best.

    That is the cheapest one whose mean error is within one standard error of the best one's
    (Breiman et al. 1984; Hastie, Tibshirani & Friedman 2009, 7.10). It is on the Pareto front. Of
    several equally good ones, the cheapest is the best.

    Parameters
    ----------
    errors, standard_errors, costs : array_like, shape (n,)
        Mean test error of the candidates, its standard error, and their cost.

    Returns
    -------
    int
        Place of the chosen one; of several of one cost, that of the least error.

    Raises
    ------
    InputError
        If there are no candidates, or a number is not finite.
    """
    table = np.array([errors, standard_errors, costs], dtype=float)
    if not table.size or not np.isfinite(table).all():
        raise InputError(
            f"errors, standard errors and costs of {table.shape[1]} candidates were given, "
            "expected finite ones of at least one"
        )
    error, spread, cost = table
    best = np.lexsort((spread, cost, error))[0]
    close = np.flatnonzero(error <= error[best] + spread[best])
    return int(close[np.lexsort((error[close], cost[close]))[0]])
