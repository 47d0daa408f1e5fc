"""How far a potential is from its labels, and how its parameters change that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from physics.errors import InputError
from physics.potentials.batch import Batch
from physics.potentials.kernel import evaluate, jacobian
from physics.potentials.labels import Labels
from physics.potentials.potential import MomentTensorPotential

FloatArray = NDArray[np.float64]

TWICE = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
"""Shear components stand for two elements of the tensor."""

GROUP = 2**23
"""Number of elements of the Jacobian that are held at a time (64 MiB)."""


@dataclass(frozen=True)
class Weights:
    """
    Weights of the loss; the defaults are those of MLIP (Novikov et al. 2020).

    Parameters
    ----------
    energy : float
        Of the squared error of the energy per atom, eV².
    forces : float
        Of the squared error of a force, (eV/Å)².
    stress : float
        Of the squared error of the virial per atom, eV².
    ridge : float
        Of the squares of all parameters but the offsets.
    """

    energy: float = 1.0
    forces: float = 0.01
    stress: float = 0.001
    ridge: float = 0.0

    def __post_init__(self) -> None:
        """Refuse weights that have no minimum."""
        given = (self.energy, self.forces, self.stress, self.ridge)
        if min(given) < 0 or not np.isfinite(given).all() or not any(given[:3]):
            raise InputError(
                f"weights {given} of energy, forces, stress and ridge were given, expected numbers "
                "of 0 or more, and one of the first three above 0"
            )


class Loss:
    """
    Weighted mean of squared errors over configurations.

    For each configuration of N atoms it is
    ``w_E (dE/N)^2 + w_F sum_i |dF_i|^2 / N + w_S |dW/N|^2`` with the virial W = volume times
    stress (its nine elements); labels that are missing do not count. The ridge is added to it.

    Parameters
    ----------
    potential : MomentTensorPotential
        Whose species and cutoff count.
    images : sequence of ase.Atoms
        Configurations with labels (`Labels.of`).
    weights : Weights
        Of energies, forces and stresses.

    Raises
    ------
    InputError
        If a label is missing or not finite, or an element unknown to the potential.
    """

    def __init__(
        self, potential: MomentTensorPotential, images: Sequence[Atoms], weights: Weights
    ) -> None:
        self.labels = Labels.of(images)
        self.weights = weights
        self._groups = [
            _Group(Batch.of(potential, images[a:b]), Labels.of(images[a:b]), weights, len(images))
            for a, b in _grouped(self.labels.sizes, GROUP // (3 * potential.n_parameters))
        ]

    @property
    def n_labels(self) -> int:
        """Number of labels with a weight."""
        return sum(group.n_labels for group in self._groups)

    def value(self, potential: MomentTensorPotential) -> float:
        """
        Evaluate the loss.

        Parameters
        ----------
        potential : MomentTensorPotential
            With the species and cutoff of the one that the loss was made for.

        Returns
        -------
        float
            The loss.
        """
        residuals = (group.residuals(potential) for group in self._groups)
        ridge, theta = self._ridge(potential)
        return sum(float(r @ r) for r in residuals) + float(ridge @ theta**2)

    def normal_equations(
        self, potential: MomentTensorPotential
    ) -> tuple[float, FloatArray, FloatArray]:
        """
        Evaluate the loss, half of its gradient, and the matrix of the Gauss-Newton method.

        Parameters
        ----------
        potential : MomentTensorPotential
            With the species and cutoff of the one that the loss was made for.

        Returns
        -------
        loss : float
            Sum of the squares of the residuals r, and the ridge.
        gradient : ndarray, shape (n_parameters,)
            J^T r of the Jacobian J of the residuals by the parameters.
        matrix : ndarray, shape (n_parameters, n_parameters)
            J^T J.
        """
        ridge, theta = self._ridge(potential)
        loss, gradient, matrix = float(ridge @ theta**2), ridge * theta, np.diag(ridge)
        for group in self._groups:
            r, J = group.residuals(potential), group.jacobian(potential)
            loss += float(r @ r)
            gradient += J.T @ r
            matrix += J.T @ J
        return loss, gradient, matrix

    def _ridge(self, potential: MomentTensorPotential) -> tuple[FloatArray, FloatArray]:
        """Weight of the square of each parameter, and the parameters."""
        ridge = np.full(potential.n_parameters, self.weights.ridge)
        ridge[potential.radial.size :][: potential.offsets.size] = 0.0
        return ridge, potential.parameters


class _Group:
    """Configurations whose residuals are derived together."""

    def __init__(self, batch: Batch, labels: Labels, weights: Weights, total: int) -> None:
        self.batch, self.labels = batch, labels
        n = labels.sizes
        roots = [
            np.sqrt(weights.energy / total) / n,
            np.sqrt(weights.forces / total / np.repeat(n, n))[:, None] * np.isfinite(labels.forces),
            np.sqrt(weights.stress / total * TWICE) / n[:, None] * np.isfinite(labels.virials),
        ]
        self._root = np.concatenate([root.ravel() for root in roots])
        target = [labels.energies, labels.forces.ravel(), labels.virials.ravel()]
        self._target = np.nan_to_num(np.concatenate(target))

    @property
    def n_labels(self) -> int:
        """Number of labels with a weight."""
        return int(np.count_nonzero(self._root))

    def residuals(self, potential: MomentTensorPotential) -> FloatArray:
        """Differences from the labels, times the roots of their weights."""
        energies, forces, virials = evaluate(potential, self.batch.types, self.batch.pairs)
        found = [self.batch.total(energies), forces.ravel(), self.batch.total(virials).ravel()]
        return self._root * (np.concatenate(found) - self._target)

    def jacobian(self, potential: MomentTensorPotential) -> FloatArray:
        """Derive the residuals by the parameters, shape (n_residuals, n_parameters)."""
        parts = jacobian(potential, self.batch.types, self.batch.pairs, self.batch.starts)
        rows = [part.reshape(-1, potential.n_parameters) for part in parts]
        return self._root[:, None] * np.concatenate(rows)


def _grouped(sizes: NDArray[np.int64], most: int) -> Iterator[tuple[int, int]]:
    """Divide configurations into runs of at most so many atoms; each has at least one."""
    begin, atoms = 0, 0
    for c, size in enumerate(sizes.tolist()):
        if atoms and atoms + size > most:
            yield begin, c
            begin, atoms = c, 0
        atoms += size
    yield begin, len(sizes)
