"""Energies, forces and virials, and all derivatives that training needs, in compiled passes."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from physics.potentials.compiled import import_source
from physics.potentials.derivative_source import derivative_source
from physics.potentials.evaluation_source import evaluation_source
from physics.potentials.layout import Layout, layout
from physics.potentials.moments import MomentTable
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.threads import threads_for

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
    return evaluate_with_shortest(potential, types, pairs)[:3]


def evaluate_with_shortest(
    potential: MomentTensorPotential, types: IntArray, pairs: Pairs
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """
    Evaluate a potential, and find the shortest distance on the way.

    Parameters
    ----------
    potential, types, pairs
        As `evaluate` takes them.

    Returns
    -------
    energies, forces, virials : ndarray
        As `evaluate` gives them.
    shortest : float
        Shortest distance of two atoms, Å; infinite if there are no pairs. If it is 0, the rest
        means nothing.
    """
    table, count = potential.table, len(types)
    module, plan = _kernel(table, potential.n_chebyshev, evaluation_source)
    energies, forces, virials = np.empty(count), np.empty((count, 3)), np.empty((count, 6))
    with threads_for(count) as threads:
        least = np.empty(threads)
        module.walk_energies(
            pairs.positions, pairs.owner, types, pairs.first, pairs.index,
            plan.times, plan.multiplicity, table.scalars, table.n_moments,
            potential.radial, potential.xi, potential.offsets,
            potential.r_min, potential.r_max, potential.scaling, energies, forces, virials, least,
        )  # fmt: skip
    return energies, forces, virials, float(np.sqrt(least.min()))


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
    with threads_for(count) as threads:
        module.walk_parameters(
            *_arguments(potential, plan, types, pairs),
            potential.radial, potential.xi,
            potential.r_min, potential.r_max, potential.scaling, by_radial, by_scalar, threads,
        )  # fmt: skip
    return by_radial, by_scalar


def jacobian(
    potential: MomentTensorPotential, types: IntArray, pairs: Pairs, starts: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """
    Derive energies, forces and virials of several configurations by all parameters.

    Parameters
    ----------
    potential, types, pairs
        As `evaluate` takes them; pairs are within configurations.
    starts : ndarray of int, shape (n_configurations + 1,)
        Configuration c has the atoms from ``starts[c]`` to ``starts[c + 1]``.

    Returns
    -------
    by_energy : ndarray, shape (n_configurations, n_parameters)
        Derivatives of the energy of each configuration; parameters as the potential orders them.
    by_force : ndarray, shape (N, 3, n_parameters)
        Derivatives of the forces.
    by_virial : ndarray, shape (n_configurations, 6, n_parameters)
        Derivatives of the virials (xx, yy, zz, yz, xz, xy).
    """
    module, plan = _kernel(potential.table, potential.n_chebyshev)
    count, n_parameters = len(starts) - 1, potential.n_parameters
    by_energy = np.zeros((count, n_parameters))
    by_force = np.zeros((len(types), 3, n_parameters))
    by_virial = np.zeros((count, 6, n_parameters))
    with threads_for(len(types)) as threads:
        module.walk_jacobian(
            *_arguments(potential, plan, types, pairs),
            plan.mu, plan.monomial, plan.opens, pairs.owner, potential.radial, potential.xi,
            potential.r_min, potential.r_max, potential.scaling, starts, threads,
            by_energy, by_force, by_virial,
        )  # fmt: skip
    return by_energy, by_force, by_virial


def _arguments(
    potential: MomentTensorPotential, plan: Layout, types: IntArray, pairs: Pairs
) -> tuple[FloatArray | IntArray | NDArray[np.int32] | int, ...]:
    """Arguments that all walks share."""
    table = potential.table
    return (
        pairs.positions, types[pairs.owner], pairs.first, pairs.index,
        plan.basic, plan.times, plan.multiplicity, table.scalars, table.n_moments,
    )  # fmt: skip


Writer = Callable[[Layout, int, int], str]

_kernels: dict[tuple[bytes, int, Writer], tuple[ModuleType, Layout]] = {}


def _kernel(
    table: MomentTable, n_chebyshev: int, write: Writer = derivative_source
) -> tuple[ModuleType, Layout]:
    """Give the compiled code of a table; tables are compared by content."""
    key = (table.basic.tobytes() + table.times.tobytes(), n_chebyshev, write)
    if key not in _kernels:
        plan = layout(table)
        _kernels[key] = import_source(write(plan, table.n_radial, n_chebyshev)), plan
    return _kernels[key]
