"""Plain evaluation of a moment tensor potential, equation by equation: the check of fast ones."""

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list
from numpy.polynomial.chebyshev import chebder, chebval
from numpy.typing import NDArray

from physics.errors import InputError
from physics.potentials.moments import MomentTable
from physics.potentials.potential import MomentTensorPotential


@dataclass(frozen=True)
class Evaluation:
    """
    What a potential says of a structure.

    Parameters
    ----------
    energies : ndarray, shape (N,)
        Energy of each atom, eV.
    forces : ndarray, shape (N, 3)
        Forces, eV/Å.
    stress : ndarray, shape (3, 3)
        Derivative of the energy by strain over the volume, tension positive, eV/Å³; NaN unless
        the structure is periodic in three dimensions.
    """

    energies: NDArray[np.float64]
    forces: NDArray[np.float64]
    stress: NDArray[np.float64]


def evaluate(potential: MomentTensorPotential, atoms: Atoms) -> Evaluation:
    """
    Evaluate energies, forces and stress.

    Parameters
    ----------
    potential : MomentTensorPotential
        The potential.
    atoms : ase.Atoms
        Structure, N atoms.

    Returns
    -------
    Evaluation
        Energies, forces, stress.

    Raises
    ------
    InputError
        If the potential does not know an element, or two atoms coincide.
    """
    types = potential.types(atoms.numbers)
    i, j, r = _neighbours(potential, atoms)
    f, df = _radial(potential, types[i], types[j], np.linalg.norm(r, axis=1))
    moments = _moments(potential.table, len(atoms), i, r, f)
    energies = potential.offsets[types] + moments[:, potential.table.scalars] @ potential.xi

    by_moment = np.zeros_like(moments)
    by_moment[:, potential.table.scalars] = potential.xi
    for left, right, multiplicity, target in potential.table.times[::-1]:
        by_moment[:, left] += multiplicity * moments[:, right] * by_moment[:, target]
        by_moment[:, right] += multiplicity * moments[:, left] * by_moment[:, target]
    gradient = np.zeros_like(r)
    for b, (mu, *k) in enumerate(potential.table.basic.tolist()):
        gradient += by_moment[i, b, None] * _term_gradient(f[mu], df[mu], k, r)

    forces = np.zeros((len(atoms), 3))
    np.add.at(forces, i, gradient)
    np.add.at(forces, j, -gradient)
    stress = r.T @ gradient / atoms.get_volume() if atoms.pbc.all() else np.full((3, 3), np.nan)
    return Evaluation(energies, forces, stress)


def scalars(potential: MomentTensorPotential, atoms: Atoms) -> NDArray[np.float64]:
    """
    Evaluate the scalars B_alpha of each neighbourhood.

    Parameters
    ----------
    potential : MomentTensorPotential
        The potential.
    atoms : ase.Atoms
        Structure, N atoms.

    Returns
    -------
    ndarray, shape (N, n_scalar)
        B_alpha.

    Raises
    ------
    InputError
        If the potential does not know an element, or two atoms coincide.
    """
    types = potential.types(atoms.numbers)
    i, j, r = _neighbours(potential, atoms)
    f, _ = _radial(potential, types[i], types[j], np.linalg.norm(r, axis=1))
    return _moments(potential.table, len(atoms), i, r, f)[:, potential.table.scalars]


def _neighbours(
    potential: MomentTensorPotential, atoms: Atoms
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Centers, neighbours and vectors between them of all pairs within the cutoff."""
    i, j, r = neighbor_list("ijD", atoms, potential.r_max)
    if not np.linalg.norm(r, axis=1).all():
        raise InputError("two atoms are at the same place; move or remove one")
    return i, j, r


def _radial(
    potential: MomentTensorPotential,
    center: NDArray[np.int64],
    neighbour: NDArray[np.int64],
    r: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Radial functions f_mu and their derivatives, shape (n_radial, pairs)."""
    width = potential.r_max - potential.r_min
    x = (2 * r - potential.r_min - potential.r_max) / width
    f = np.zeros((potential.table.n_radial, len(r)))
    df = np.zeros_like(f)
    for z, w in np.ndindex(potential.radial.shape[:2]):
        of_pair = (center == z) & (neighbour == w)
        c = potential.radial[z, w].T
        polynomial = chebval(x[of_pair], c)
        slope = chebval(x[of_pair], chebder(c)) * 2 / width
        gap = potential.r_max - r[of_pair]
        f[:, of_pair] = potential.scaling * gap**2 * polynomial
        df[:, of_pair] = potential.scaling * (gap**2 * slope - 2 * gap * polynomial)
    return f, df


def _moments(
    table: MomentTable,
    n_atoms: int,
    i: NDArray[np.int64],
    r: NDArray[np.float64],
    f: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Evaluate all moments of each neighbourhood, shape (N, n_moments)."""
    moments = np.zeros((n_atoms, table.n_moments))
    u = r / np.linalg.norm(r, axis=1)[:, None]
    for b, (mu, *k) in enumerate(table.basic.tolist()):
        np.add.at(moments[:, b], i, f[mu] * np.prod(u**k, axis=1))
    for left, right, multiplicity, target in table.times:
        moments[:, target] += multiplicity * moments[:, left] * moments[:, right]
    return moments


def _term_gradient(
    f: NDArray[np.float64], df: NDArray[np.float64], k: list[int], r: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Gradient by r of f(|r|) u^k, u = r/|r|, shape (pairs, 3)."""
    distance = np.linalg.norm(r, axis=1)[:, None]
    u = r / distance
    monomial = np.prod(u**k, axis=1)[:, None]
    by_u = np.empty_like(r)
    for axis in range(3):
        lowered = [power - (axis == other) for other, power in enumerate(k)]
        by_u[:, axis] = k[axis] * np.prod(u ** np.maximum(lowered, 0), axis=1)
    angular = (by_u - sum(k) * monomial * u) / distance
    return df[:, None] * monomial * u + f[:, None] * angular
