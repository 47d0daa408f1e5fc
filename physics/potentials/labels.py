"""Reference energies, forces and virials of configurations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from physics.errors import InputError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Labels:
    """
    What a potential is to reproduce; NaN where a configuration lacks forces or stress.

    Parameters
    ----------
    energies : ndarray, shape (n_configurations,)
        eV.
    forces : ndarray, shape (N, 3)
        Of the atoms of all configurations, eV/Å.
    virials : ndarray, shape (n_configurations, 6)
        Volume times stress, tension positive (xx, yy, zz, yz, xz, xy), eV.
    sizes : ndarray of int, shape (n_configurations,)
        Number of atoms of each configuration.
    """

    energies: FloatArray
    forces: FloatArray
    virials: FloatArray
    sizes: NDArray[np.int64]

    @classmethod
    def of(cls, images: Sequence[Atoms]) -> "Labels":
        """
        Read the results attached to structures.

        Parameters
        ----------
        images : sequence of ase.Atoms
            Each with a calculator that holds `energy`, and mostly `forces` and `stress`
            (``ase.calculators.singlepoint.SinglePointCalculator``, as ASE's readers attach it).

        Returns
        -------
        Labels
            Their labels.

        Raises
        ------
        InputError
            If there are no configurations, one has no energy, or a label is not finite.
        """
        if not images:
            raise InputError("no configurations were given, expected at least one with an energy")
        found = [_labels(number, atoms) for number, atoms in enumerate(images)]
        energies, forces, virials = zip(*found, strict=True)
        return cls(
            np.array(energies),
            np.concatenate(forces),
            np.array(virials),
            np.array([len(atoms) for atoms in images]),
        )


def _labels(number: int, atoms: Atoms) -> tuple[float, FloatArray, FloatArray]:
    """Give energy, forces and virial of one configuration."""
    name = f"configuration {number} ({atoms.get_chemical_formula()})"
    results = atoms.calc.results if atoms.calc else {}
    if "energy" not in results:
        raise InputError(f"{name} has no energy; attach the results of a calculation to it")
    shapes = {"energy": (), "forces": (len(atoms), 3), "stress": (6,)}
    for label, shape in shapes.items():
        given = np.asarray(results.get(label, np.zeros(shape)), dtype=float)
        if given.shape != shape or not np.isfinite(given).all():
            raise InputError(
                f"{name} has {label} of shape {given.shape} with {np.sum(~np.isfinite(given))} "
                f"values that are not finite, expected finite ones of shape {shape}; repeat or "
                "leave out that calculation"
            )
    forces = np.array(results.get("forces", np.full((len(atoms), 3), np.nan)))
    if "stress" not in results or not atoms.pbc.all():
        return results["energy"], forces, np.full(6, np.nan)
    return results["energy"], forces, results["stress"] * atoms.get_volume()
