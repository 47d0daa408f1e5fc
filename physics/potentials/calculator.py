"""Moment tensor potentials as calculators of ASE."""

from collections.abc import Sequence
from typing import Any, cast
from warnings import warn

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from numba import njit
from numpy.typing import NDArray

from physics.errors import InputError
from physics.potentials.kernel import FloatArray, IntArray, Pairs, evaluate
from physics.potentials.neighbours import NeighbourList
from physics.potentials.potential import MomentTensorPotential


class MTPCalculator(Calculator):
    """
    Energies, forces and stress of a moment tensor potential.

    Neighbours are kept from call to call, and found anew when an atom moved by more than half of
    the skin or the cell changed. There is a stress only in structures periodic in three
    dimensions.

    Parameters
    ----------
    potential : MomentTensorPotential
        The potential.
    skin : float
        Distance beyond the cutoff within which pairs are listed, Å.

    Warns
    -----
    UserWarning
        Once, when two atoms come closer than the potential expects.

    Raises
    ------
    InputError
        If the skin is negative; at a calculation, if the potential does not know an element, two
        atoms coincide, or the structure has no neighbours (`NeighbourList`).
    """

    implemented_properties: list[str] = [  # noqa: RUF012 - as ASE declares it
        "energy", "free_energy", "energies", "forces", "stress",
    ]  # fmt: skip
    ignored_changes: set[str] = {"initial_charges", "initial_magmoms"}  # noqa: RUF012
    nolabel = True

    def __init__(self, potential: MomentTensorPotential, *, skin: float = 0.5) -> None:
        super().__init__()
        self.potential = potential
        self._neighbours = NeighbourList(potential.r_max, skin)
        self._warned = False

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """
        Evaluate the potential; called by ASE.

        Parameters
        ----------
        atoms : ase.Atoms
            Structure.
        properties, system_changes : sequence of str
            As ASE passes them; everything is evaluated at any rate.
        """
        super().calculate(atoms, properties, system_changes)
        structure = cast("Atoms", self.atoms)
        types = self.potential.types(structure.numbers)
        pairs = self._neighbours.update(structure.positions, structure.cell.array, structure.pbc)
        self._check(pairs)
        energies, forces, virials = evaluate(self.potential, types, pairs)
        energy = float(energies.sum())
        results: dict[str, Any] = {
            "energy": energy, "free_energy": energy, "energies": energies, "forces": forces,
        }  # fmt: skip
        if structure.pbc.all():
            results["stress"] = virials.sum(axis=0) / structure.get_volume()
        self.results = results

    def _check(self, pairs: Pairs) -> None:
        """Refuse coinciding atoms, and warn of close ones the first time."""
        shortest = np.sqrt(_least_square(pairs.positions, pairs.first, pairs.index))
        if shortest == 0:
            raise InputError("two atoms at the same place were given; move or remove one")
        if shortest < self.potential.r_min and not self._warned:
            self._warned = True
            warn(
                f"two atoms are {shortest:.3f} Å apart, closer than the {self.potential.r_min} Å "
                "that the potential expects: its energies there are extrapolated",
                UserWarning,
                stacklevel=2,
            )


@njit(cache=True)
def _least_square(positions: FloatArray, first: IntArray, index: NDArray[np.int32]) -> float:
    """Find the smallest square of a distance; infinite if there are no pairs."""
    least = np.inf
    for i in range(len(first) - 1):
        for k in range(first[i], first[i + 1]):
            square = 0.0
            for a in range(3):
                square += (positions[index[k], a] - positions[i, a]) ** 2
            least = min(least, square)
    return least
