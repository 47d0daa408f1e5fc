"""Energies, forces and virials, and all derivatives that training needs, in compiled passes."""

from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numba import get_num_threads
from numpy.typing import NDArray

from physics.potentials.compiled import import_source
from physics.potentials.layout import Layout, layout
from physics.potentials.moments import MomentTable
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.source import kernel_source

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """
    Neighbours of each atom, among the atoms and their periodic images.

    Parameters
    ----------
    positions : ndarray, shape (M, 3)
        Positions of the N atoms, then of the images, Å.
    owner : ndarray of int, shape (M,)
        The atom that each is an image of.
    first : ndarray of int, shape (N + 1,)
        Neighbours of atom i are those from ``first[i]`` to ``first[i + 1]``.
    index : ndarray of int32
        Rows of `positions`; those beyond the cutoff are passed over.
    """

    positions: FloatArray
    owner: IntArray
    first: IntArray
    index: NDArray[np.int32]


def evaluate(
    potential: MomentTensorPotential, types: IntArray, pairs: Pairs
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """
    Evaluate a potential.

    Parameters
    ----------
    potential : MomentTensorPotential
        The potential.
    types : ndarray of int, shape (N,)
        Species of each atom, as `potential` numbers them.
    pairs : Pairs
        Neighbours.

    Returns
    -------
    energies : ndarray, shape (N,)
        eV.
    forces : ndarray, shape (N, 3)
        eV/Å.
    virials : ndarray, shape (N, 6)
        Derivative of the energy of each atom by strain (xx, yy, zz, yz, xz, xy), eV.
    """
    count, threads = len(types), get_num_threads()
    module, plan = _kernel(potential.table, potential.n_chebyshev)
    energies, virials = np.empty(count), np.zeros((count, 6))
    spread = np.zeros((threads, len(pairs.owner), 3))
    module.walk_energies(
        *_arguments(potential, plan, types, pairs),
        potential.radial, potential.xi, potential.offsets,
        potential.r_min, potential.r_max, potential.scaling, energies, spread, virials,
    )  # fmt: skip
    forces = np.zeros((count, 3))
    total = spread.sum(axis=0)
    for axis in range(3):
        forces[:, axis] = np.bincount(pairs.owner, total[:, axis], count)
    return energies, forces, virials


def parameter_gradients(
    potential: MomentTensorPotential, types: IntArray, pairs: Pairs
) -> tuple[FloatArray, FloatArray]:
    """
    Derive the energy of each atom by the parameters.

    The derivative by the offset of its own species is 1; by radial coefficients of other central
    species 0.

    Parameters
    ----------
    potential, types, pairs
        As `evaluate` takes them.

    Returns
    -------
    by_radial : ndarray, shape (N, n_species, n_radial, n_chebyshev)
        By the coefficients of the species of the neighbour.
    by_scalar : ndarray, shape (N, n_scalar)
        By the coefficients xi: the scalars B_alpha.
    """
    count = len(types)
    module, plan = _kernel(potential.table, potential.n_chebyshev)
    by_radial = np.zeros((count, *potential.radial.shape[1:]))
    by_scalar = np.empty((count, len(potential.xi)))
    module.walk_parameters(
        *_arguments(potential, plan, types, pairs),
        potential.radial, potential.xi,
        potential.r_min, potential.r_max, potential.scaling, by_radial, by_scalar,
        get_num_threads(),
    )  # fmt: skip
    return by_radial, by_scalar


def scalar_slopes(
    potential: MomentTensorPotential, types: IntArray, pairs: Pairs, starts: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """
    Evaluate all scalars of several configurations, and their derivatives by positions and strain.

    Parameters
    ----------
    potential, types, pairs
        As `evaluate` takes them; pairs are within configurations.
    starts : ndarray of int, shape (n_configurations + 1,)
        Configuration c has the atoms from ``starts[c]`` to ``starts[c + 1]``.

    Returns
    -------
    values : ndarray, shape (n_scalar, N)
        B_alpha of each atom.
    by_position : ndarray, shape (n_scalar, N, 3)
        Derivative of their sum over the configuration, 1/Å.
    virials : ndarray, shape (n_scalar, n_configurations, 6)
        Derivative of that sum by strain (xx, yy, zz, yz, xz, xy).
    """
    count, n_scalar = len(types), len(potential.xi)
    module, plan = _kernel(potential.table, potential.n_chebyshev)
    values = np.empty((n_scalar, count))
    by_position = np.zeros((n_scalar, 3 * count))
    virials = np.zeros((n_scalar, len(starts) - 1, 6))
    positions, of_pairs, *rest = _arguments(potential, plan, types, pairs)
    module.walk_scalars(
        positions, of_pairs, pairs.owner, *rest, plan.opens, potential.radial,
        potential.r_min, potential.r_max, potential.scaling, starts, values, by_position, virials,
        get_num_threads(),
    )  # fmt: skip
    return values, by_position.reshape(n_scalar, count, 3), virials


def _arguments(
    potential: MomentTensorPotential, plan: Layout, types: IntArray, pairs: Pairs
) -> tuple[FloatArray | IntArray | int, ...]:
    """Arguments that all walks share."""
    table = potential.table
    return (
        pairs.positions, types[pairs.owner], pairs.first, pairs.index,
        plan.basic, plan.times, plan.multiplicity, table.scalars, table.n_moments,
    )  # fmt: skip


_kernels: dict[tuple[bytes, int], tuple[ModuleType, Layout]] = {}


def _kernel(table: MomentTable, n_chebyshev: int) -> tuple[ModuleType, Layout]:
    """Give the compiled code of a table; tables are compared by content."""
    key = (table.basic.tobytes() + table.times.tobytes(), n_chebyshev)
    if key not in _kernels:
        plan = layout(table)
        _kernels[key] = import_source(kernel_source(plan, table.n_radial, n_chebyshev)), plan
    return _kernels[key]
