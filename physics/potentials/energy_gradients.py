"""Derivatives of energies by the parameters: the rows that extrapolation grades are made of."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from physics.errors import InputError
from physics.potentials.batch import Batch
from physics.potentials.kernel import Pairs, parameter_gradients
from physics.potentials.potential import MomentTensorPotential

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Mode = Literal["neighbourhood", "configuration", "scalars"]


def energy_gradients(potential: MomentTensorPotential, batch: Batch, mode: Mode) -> FloatArray:
    """
    Derive energies by the parameters.

    Parameters
    ----------
    potential : MomentTensorPotential
        The potential.
    batch : Batch
        Configurations.
    mode : {"neighbourhood", "configuration", "scalars"}
        Whether energies are those of atoms or of configurations; ``scalars`` gives the energies of
        atoms by offsets and scalar coefficients only.

    Returns
    -------
    ndarray, shape (n_atoms or n_configurations, m)
        Columns in the order of `MomentTensorPotential.parameters`.
    """
    own = own_gradients(potential, batch.types, batch.pairs, mode)
    columns = own_columns(potential, mode)
    rows = np.zeros((len(own), columns.max() + 1))
    np.put_along_axis(rows, columns[batch.types], own, axis=1)
    return batch.total(rows) if mode == "configuration" else rows


def own_gradients(
    potential: MomentTensorPotential, types: IntArray, pairs: Pairs, mode: Mode
) -> FloatArray:
    """Derive the energy of each atom by those parameters on which its species depends."""
    by_radial, by_scalar = parameter_gradients(potential, types, pairs)
    count = len(types)
    radial = [] if mode == "scalars" else [by_radial.reshape(count, -1)]
    own = np.hstack([*radial, np.ones((count, 1)), by_scalar])
    if not np.isfinite(own).all():
        raise InputError("two atoms are at the same place; move or remove one")
    return own


def own_columns(potential: MomentTensorPotential, mode: Mode) -> IntArray:
    """Find the parameters on which each species depends, shape (n_species, n_own)."""
    n_species, n_scalar = len(potential.species), len(potential.xi)
    size = 0 if mode == "scalars" else potential.radial.size
    radial = np.arange(size).reshape(n_species, -1)
    offset = size + np.arange(n_species)[:, None]
    scalars = np.tile(size + n_species + np.arange(n_scalar), (n_species, 1))
    return np.hstack([radial, offset, scalars])


def row_origins(batch: Batch, mode: Mode) -> IntArray:
    """Tell configuration and atom of each row of a batch."""
    configurations = np.arange(len(batch.sizes))
    if mode == "configuration":
        return np.stack([configurations, np.full_like(configurations, -1)], axis=1)
    atoms = np.arange(batch.starts[-1]) - np.repeat(batch.starts[:-1], batch.sizes)
    return np.stack([np.repeat(configurations, batch.sizes), atoms], axis=1)
