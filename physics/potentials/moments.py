"""The moment table: what is multiplied with what to make the scalars of a potential."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from physics.errors import InputError
from physics.potentials.contractions import contractions, moment_level
from physics.potentials.scheme import choose_recipes
from physics.potentials.tensors import Tensor, basic_moment, canonical, monomials

MAX_LEVEL = 28
"""Highest level of the published basis."""


@dataclass(frozen=True, eq=False)
class MomentTable:
    """
    The moments of a neighbourhood and the products that contract them to scalars.

    Moments are numbered: first the components of the basic moments
    M_{mu,k} = sum_j f_mu(r_j) x^kx y^ky z^kz / r^(kx + ky + kz), then the contracted ones, each
    the sum of its products: ``moments[target] += multiplicity * moments[left] * moments[right]``.
    The names are those of `.mtp` files without their prefix ``alpha_``.

    Parameters
    ----------
    basic : ndarray of int, shape (n_basic, 4)
        mu, kx, ky, kz of each basic moment.
    times : ndarray of int, shape (n_times, 4)
        Left and right factor, multiplicity and target of each product. No target is a factor in
        an earlier row.
    scalars : ndarray of int, shape (n_scalar,)
        Moments that are the scalars B_alpha of the expansion.
    n_moments : int
        Number of moments, basic and contracted.

    Raises
    ------
    InputError
        If the table names a moment that does not exist or is used before it is complete.
    """

    basic: NDArray[np.int64]
    times: NDArray[np.int64]
    scalars: NDArray[np.int64]
    n_moments: int

    def __post_init__(self) -> None:
        """Own the arrays, and refuse a table that cannot be evaluated."""
        object.__setattr__(self, "basic", _rows_of_four(self.basic))
        object.__setattr__(self, "times", _rows_of_four(self.times))
        object.__setattr__(self, "scalars", np.array(self.scalars, dtype=np.int64))
        for array in (self.basic, self.times, self.scalars):
            array.flags.writeable = False
        self._check()

    @property
    def n_radial(self) -> int:
        """Number of radial functions, the largest mu + 1."""
        return int(self.basic[:, 0].max()) + 1

    @property
    def level(self) -> int:
        """Highest level of a scalar: of a product, the sum of the levels of its factors."""
        levels = np.zeros(self.n_moments, dtype=np.int64)
        levels[: len(self.basic)] = [moment_level(mu, sum(k)) for mu, *k in self.basic.tolist()]
        for left, right, _, target in self.times:
            levels[target] = levels[left] + levels[right]
        return int(levels[self.scalars].max())

    def _check(self) -> None:
        n_basic, n_times = len(self.basic), len(self.times)
        if not 0 < n_basic <= self.n_moments or not len(self.scalars) or self.basic.min() < 0:
            raise InputError(
                f"a moment table of {n_basic} basic moments, {self.n_moments} moments and "
                f"{len(self.scalars)} scalars was given; expected at least one basic moment with "
                "exponents of 0 or more, no fewer moments and at least one scalar"
            )
        factors, targets = self.times[:, :2], self.times[:, 3]
        named = np.concatenate([factors.ravel(), targets, self.scalars])
        if named.min() < 0 or named.max() >= self.n_moments:
            raise InputError(
                f"the moment table names moments {named.min()} to {named.max()}, expected 0 to "
                f"{self.n_moments - 1}"
            )
        last_product = np.full(self.n_moments, n_times)
        last_product[:n_basic] = -1
        last_product[targets] = np.arange(n_times)
        complete = last_product[factors].max(axis=1, initial=-1) < np.arange(n_times)
        if not complete.all() or (targets < n_basic).any() or n_times in last_product[self.scalars]:
            raise InputError(
                "the moment table uses a moment that is not complete or adds to a basic moment; "
                "expected the products of every contracted moment before its first use"
            )


def _rows_of_four(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


@cache
def moment_table(level: int) -> MomentTable:
    """
    Generate the moment table of a level.

    Basic moments and scalars agree with the untrained potentials of MLIP in number and order, so
    coefficients can be exchanged; the scalars are made from fewer products (24 % fewer at level
    16, 29 % at 20). The table is kept in memory.

    Parameters
    ----------
    level : int
        Even, 2 to 28.

    Returns
    -------
    MomentTable
        The table.

    Raises
    ------
    InputError
        If there is no basis of this level.
    """
    if level % 2 or not 2 <= level <= MAX_LEVEL:
        raise InputError(
            f"level {level} was given, expected an even number from 2 to {MAX_LEVEL}: all scalars "
            "have even levels"
        )
    graphs = contractions(level)
    ranks = sorted({node for graph in graphs for node in graph.nodes})
    basic = [(mu, *k) for mu, nu in ranks for k in monomials(nu).tolist()]
    numbers = {
        basic_moment(mu, nu): basic.index((mu, nu, 0, 0)) + np.arange(len(monomials(nu)))
        for mu, nu in ranks
    }
    roots = [canonical(Tensor(graph, ()))[0] for graph in graphs]
    times = []
    n_moments = len(basic)
    for tensor, recipe in choose_recipes(roots).items():
        left, right, multiplicity, component = recipe.products().T
        made, place = np.unique(component, return_inverse=True)
        numbers[tensor] = np.zeros(made[-1] + 1, dtype=np.int64)
        numbers[tensor][made] = n_moments + np.arange(len(made))
        factors = [numbers[t][k] for t, k in zip(recipe.operands, (left, right), strict=True)]
        times.append(np.column_stack([*factors, multiplicity, n_moments + place]))
        n_moments += len(made)
    return MomentTable(
        basic=np.array(basic),
        times=np.concatenate([np.empty((0, 4), dtype=np.int64), *times]),
        scalars=np.array([numbers[root][0] for root in roots]),
        n_moments=n_moments,
    )
