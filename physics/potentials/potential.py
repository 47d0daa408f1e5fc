"""The moment tensor potential: its parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from ase.data import atomic_numbers, chemical_symbols
from numpy.typing import ArrayLike, NDArray

from physics.errors import InputError
from physics.potentials.moments import MomentTable, moment_table

START_OF_SCALARS = 1e-3
"""Standard deviation of the scalar coefficients of an untrained potential, eV."""


@dataclass(frozen=True, eq=False)
class MomentTensorPotential:
    """
    A moment tensor potential (Shapeev 2016; Novikov et al. 2020; Podryabinkin et al. 2023).

    The energy of atom i, of species z_i, with its neighbours j closer than r_max is::

        E_i = offset[z_i] + sum_alpha xi[alpha] B_alpha(M)
        M_{mu,k} = sum_j f_mu(r_ij; z_i, z_j) u_x^kx u_y^ky u_z^kz,  u = r_ij / |r_ij|
        f_mu(r; z_i, z_j) = scaling (r_max - r)^2 sum_q c[z_i, z_j, mu, q] T_q(x),
        x = (2 r - r_min - r_max) / (r_max - r_min)

    Parameters
    ----------
    table : MomentTable
        How the moments M make the scalars B_alpha.
    species : tuple of str
        Chemical symbols, each once, in the order of the coefficients.
    r_min, r_max : float
        Shortest distance expected, and cutoff, Å.
    radial : ndarray, shape (n_species, n_species, n_radial, n_chebyshev)
        Coefficients c of the species of the central atom, then of its neighbour.
    xi : ndarray, shape (n_scalar,)
        Coefficients of the scalars, eV.
    offsets : ndarray, shape (n_species,)
        Energy of a lone atom of each species, eV.
    scaling : float
        Factor of all radial functions.

    Raises
    ------
    InputError
        If the shapes do not fit together, a species is unknown or named twice, a number is not
        finite, or not 0 <= r_min < r_max.
    """

    table: MomentTable
    species: tuple[str, ...]
    r_min: float
    r_max: float
    radial: NDArray[np.float64]
    xi: NDArray[np.float64]
    offsets: NDArray[np.float64]
    scaling: float = 1.0

    def __post_init__(self) -> None:
        """Own the arrays, and refuse parameters that do not fit together."""
        object.__setattr__(self, "species", tuple(self.species))
        for name in ("radial", "xi", "offsets"):
            array = np.array(getattr(self, name), dtype=np.float64)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        unknown = [symbol for symbol in self.species if symbol not in atomic_numbers]
        if unknown or len(set(self.species)) < len(self.species) or not self.species:
            raise InputError(
                f"species {list(self.species)} were given, expected chemical symbols, each once"
            )
        if not 0 <= self.r_min < self.r_max < np.inf:
            raise InputError(
                f"r_min {self.r_min} and r_max {self.r_max} Å were given, expected 0 <= r_min < "
                "r_max"
            )
        n = len(self.species)
        expected = {
            "radial": (n, n, self.table.n_radial, *self.radial.shape[3:4]),
            "xi": self.table.scalars.shape,
            "offsets": (n,),
        }
        for name, shape in expected.items():
            array = getattr(self, name)
            if array.shape != shape or array.size == 0:
                raise InputError(
                    f"coefficients `{name}` of shape {array.shape} were given, expected {shape} "
                    f"for {n} species"
                )
        if not np.isfinite([self.scaling, *self.parameters]).all():
            raise InputError("a coefficient that is not finite was given; train the potential anew")

    @classmethod
    def initialise(
        cls,
        level: int,
        species: Sequence[str],
        *,
        r_min: float,
        r_max: float,
        n_chebyshev: int,
        rng: np.random.Generator,
    ) -> "MomentTensorPotential":
        """
        Draw an untrained potential.

        The scaling makes (r_max - r)^2 go from 1 at r_min to 0, so that radial functions are of
        order 1; offsets are 0.

        Parameters
        ----------
        level : int
            Even, 2 to 28.
        species : sequence of str
            Chemical symbols.
        r_min, r_max : float
            Shortest distance expected, and cutoff, Å.
        n_chebyshev : int
            Number of Chebyshev polynomials of each radial function.
        rng : numpy.random.Generator
            Source of the coefficients.

        Returns
        -------
        MomentTensorPotential
            With random coefficients.

        Raises
        ------
        InputError
            If there is no such level, or the other parameters make no potential.
        """
        table = moment_table(level)
        n = len(species)
        return cls(
            table=table,
            species=tuple(species),
            r_min=r_min,
            r_max=r_max,
            radial=rng.uniform(-1.0, 1.0, (n, n, table.n_radial, n_chebyshev)),
            xi=rng.normal(0.0, START_OF_SCALARS, len(table.scalars)),
            offsets=np.zeros(n),
            scaling=1.0 / (r_max - r_min) ** 2 if r_max != r_min else 1.0,
        )

    @property
    def n_chebyshev(self) -> int:
        """Number of Chebyshev polynomials of each radial function."""
        return self.radial.shape[3]

    @property
    def n_parameters(self) -> int:
        """Number of parameters: radial coefficients, offsets and scalar coefficients."""
        return self.radial.size + self.offsets.size + self.xi.size

    @property
    def parameters(self) -> NDArray[np.float64]:
        """
        All coefficients in the order of MLIP, shape (n_parameters,).

        Radial coefficients (species of the center, of the neighbour, mu, polynomial; the last
        runs fastest), then offsets, then scalar coefficients. The scaling is not among them.
        """
        return np.concatenate([self.radial.ravel(), self.offsets, self.xi])

    def with_parameters(self, parameters: ArrayLike) -> "MomentTensorPotential":
        """
        Exchange all coefficients.

        Parameters
        ----------
        parameters : array_like, shape (n_parameters,)
            In the order of `parameters`.

        Returns
        -------
        MomentTensorPotential
            With the coefficients given.

        Raises
        ------
        InputError
            If their number is wrong or one is not finite.
        """
        theta = np.asarray(parameters, dtype=np.float64)
        if theta.shape != (self.n_parameters,):
            raise InputError(
                f"parameters of shape {theta.shape} were given, expected ({self.n_parameters},)"
            )
        ends = [self.radial.size, self.radial.size + self.offsets.size]
        radial, offsets, xi = np.split(theta, ends)
        return replace(self, radial=radial.reshape(self.radial.shape), offsets=offsets, xi=xi)

    def types(self, numbers: ArrayLike) -> NDArray[np.int64]:
        """
        Find the species of atoms.

        Parameters
        ----------
        numbers : array_like of int, shape (N,)
            Atomic numbers.

        Returns
        -------
        ndarray of int, shape (N,)
            Places in `species`.

        Raises
        ------
        InputError
            If the potential does not know an element.
        """
        known = [atomic_numbers[symbol] for symbol in self.species]
        matches = np.asarray(numbers)[:, None] == known
        if not matches.any(axis=1).all():
            unknown = sorted(set(np.asarray(numbers).tolist()) - set(known))
            raise InputError(
                f"atoms of {', '.join(chemical_symbols[z] for z in unknown)} were given, but the "
                f"potential knows only {', '.join(self.species)}; train one that knows them"
            )
        return matches.argmax(axis=1)
