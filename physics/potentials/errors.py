"""What a potential predicts beside its labels, and its errors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.units import GPa
from numpy.typing import NDArray

from physics.errors import InputError
from physics.potentials.batch import Batch
from physics.potentials.kernel import evaluate
from physics.potentials.labels import Labels
from physics.potentials.potential import MomentTensorPotential

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

CONFIGURATIONS_AT_ONCE = 64


@dataclass(frozen=True)
class Comparison:
    """
    Labels of one kind beside what was predicted; labels that are missing are left out.

    Parameters
    ----------
    reference, predicted : ndarray, shape (n,)
        The numbers.
    configurations : ndarray of int, shape (n,)
        Which configuration each belongs to.
    """

    reference: FloatArray
    predicted: FloatArray
    configurations: IntArray

    def of(self, configurations: Sequence[int]) -> "Comparison":
        """Leave the labels of some configurations only."""
        chosen = np.isin(self.configurations, configurations)
        return Comparison(
            self.reference[chosen], self.predicted[chosen], self.configurations[chosen]
        )


@dataclass(frozen=True)
class Predictions:
    """
    Labels of configurations beside what a potential predicts.

    Parameters
    ----------
    energy : Comparison
        Energy per atom of each configuration, eV.
    forces : Comparison
        Components of the forces, eV/Å.
    stress : Comparison
        Components of the stress (xx, yy, zz, yz, xz, xy of each configuration), tension positive,
        GPa.
    """

    energy: Comparison
    forces: Comparison
    stress: Comparison

    def of(self, configurations: Sequence[int]) -> "Predictions":
        """Leave the labels of some configurations only."""
        return Predictions(
            self.energy.of(configurations),
            self.forces.of(configurations),
            self.stress.of(configurations),
        )


@dataclass(frozen=True)
class Deviation:
    """
    How far predictions are from labels; NaN if there are no labels.

    Parameters
    ----------
    mae, rmse, maximum : float
        Mean absolute error, root of the mean squared error, largest absolute error.
    count : int
        Number of labels.
    """

    mae: float
    rmse: float
    maximum: float
    count: int

    @classmethod
    def of(cls, comparison: Comparison) -> "Deviation":
        """Average over all labels of one kind."""
        error = np.abs(comparison.predicted - comparison.reference)
        if not len(error):
            return cls(np.nan, np.nan, np.nan, 0)
        rmse = np.sqrt(np.mean(error**2))
        return cls(float(error.mean()), float(rmse), float(error.max()), len(error))


@dataclass(frozen=True)
class Errors:
    """
    Errors of a potential.

    Parameters
    ----------
    energy : Deviation
        Of the energy per atom, eV.
    forces : Deviation
        Of the components of the forces, eV/Å.
    stress : Deviation
        Of the six components of the stress, GPa.
    """

    energy: Deviation
    forces: Deviation
    stress: Deviation

    @classmethod
    def of(cls, predictions: Predictions) -> "Errors":
        """Average over all configurations."""
        return cls(
            Deviation.of(predictions.energy),
            Deviation.of(predictions.forces),
            Deviation.of(predictions.stress),
        )

    @classmethod
    def by_group(cls, predictions: Predictions, groups: Sequence[str]) -> dict[str, "Errors"]:
        """Average over the configurations of each group; one name of a group for each of them."""
        members: dict[str, list[int]] = {}
        for number, group in enumerate(groups):
            members.setdefault(group, []).append(number)
        return {group: cls.of(predictions.of(numbers)) for group, numbers in members.items()}


def predictions(potential: MomentTensorPotential, images: Sequence[Atoms]) -> Predictions:
    """
    Evaluate a potential beside the labels of configurations.

    Parameters
    ----------
    potential : MomentTensorPotential
        The potential.
    images : sequence of ase.Atoms
        Configurations with labels (`physics.potentials.labels.Labels.of`).

    Returns
    -------
    Predictions
        Both, for all labels that there are.

    Raises
    ------
    InputError
        If there are no configurations, one has no energy, a label is not finite, the potential
        does not know an element, or two atoms coincide.
    """
    labels = Labels.of(images)
    starts = range(0, len(images), CONFIGURATIONS_AT_ONCE)
    parts = [_evaluated(potential, images[k : k + CONFIGURATIONS_AT_ONCE]) for k in starts]
    energies, forces, virials = (np.concatenate(part) for part in zip(*parts, strict=True))
    if not np.isfinite(forces).all():
        raise InputError("two atoms are at the same place; move or remove one")
    sizes = labels.sizes
    # without a volume there is no stress, and no label of it
    volumes = np.array([atoms.get_volume() if atoms.pbc.all() else np.nan for atoms in images])
    to_stress = 1 / (volumes * GPa)[:, None]
    configurations = np.arange(len(images))
    return Predictions(
        _compared(labels.energies / sizes, energies / sizes, configurations),
        _compared(labels.forces, forces, np.repeat(configurations, sizes)),
        _compared(labels.virials * to_stress, virials * to_stress, configurations),
    )


def errors(potential: MomentTensorPotential, images: Sequence[Atoms]) -> Errors:
    """
    Find the errors of a potential.

    Parameters
    ----------
    potential, images
        As `predictions` takes them.

    Returns
    -------
    Errors
        Over all configurations.

    Raises
    ------
    InputError
        As `predictions` does.
    """
    return Errors.of(predictions(potential, images))


def errors_by_group(
    potential: MomentTensorPotential, images: Sequence[Atoms], groups: Sequence[str]
) -> dict[str, Errors]:
    """
    Find the errors of a potential in groups of configurations.

    Parameters
    ----------
    potential, images
        As `predictions` takes them.
    groups : sequence of str
        Name of the group of each configuration.

    Returns
    -------
    dict of str to Errors
        Groups in the order of their first configurations.

    Raises
    ------
    InputError
        As `predictions` does, or if there are not as many groups as configurations.
    """
    if len(groups) != len(images):
        raise InputError(
            f"{len(groups)} groups were given for {len(images)} configurations, expected one each"
        )
    return Errors.by_group(predictions(potential, images), groups)


def _evaluated(
    potential: MomentTensorPotential, images: Sequence[Atoms]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Energies and virials of configurations, and forces of their atoms."""
    batch = Batch.of(potential, images)
    energies, forces, virials = evaluate(potential, batch.types, batch.pairs)
    return batch.total(energies), forces, batch.total(virials)


def _compared(reference: FloatArray, predicted: FloatArray, configurations: IntArray) -> Comparison:
    """Put numbers side by side where there are labels; all components in one row."""
    components = reference.size // len(reference)
    there = np.isfinite(reference).ravel()
    return Comparison(
        reference.ravel()[there],
        predicted.ravel()[there],
        np.repeat(configurations, components)[there],
    )
