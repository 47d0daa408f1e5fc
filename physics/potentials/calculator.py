"""Moment tensor potentials as calculators of ASE."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes

from physics.potentials.distances import DistanceCheck
from physics.potentials.kernel import IntArray, evaluate_with_shortest
from physics.potentials.neighbours import SKIN, NeighbourList
from physics.potentials.potential import MomentTensorPotential


class MTPCalculator(Calculator):
    """
    Energies, forces and stress of a moment tensor potential.

    Neighbours are kept from call to call, and found anew when atoms or the cell moved too
    far for the skin. There is a stress only in structures periodic in three
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

    def __init__(self, potential: MomentTensorPotential, *, skin: float = SKIN) -> None:
        super().__init__()
        self.potential = potential
        self._neighbours = NeighbourList(potential.r_max, skin)
        self._distances = DistanceCheck(potential.r_min)
        self._elements: tuple[bytes, tuple[str, ...]] = b"", ()
        self._types: IntArray = np.empty(0, np.int64)

    def check_state(self, atoms: Atoms, tol: float = 0.0) -> list[str]:  # noqa: ARG002
        """
        Find what changed since the last calculation; called by ASE, whose own way takes longer.

        Parameters
        ----------
        atoms : ase.Atoms
            Structure.
        tol : float
            As ASE passes it; whatever differs at all has changed.

        Returns
        -------
        list of str
            Those of positions, numbers, cell and pbc that differ.
        """
        known = self.atoms
        if known is None:
            return list(all_changes)
        arrays = {
            "positions": (known.positions, atoms.positions),
            "numbers": (known.numbers, atoms.numbers),
            "cell": (known.cell.array, atoms.cell.array),
            "pbc": (known.pbc, atoms.pbc),
        }
        return [
            name
            for name, (before, now) in arrays.items()
            if before.shape != now.shape or (before != now).any()
        ]

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
        types = self._types_of(structure)
        pairs = self._neighbours.update(structure.positions, structure.cell.array, structure.pbc)
        energies, forces, virials, shortest = evaluate_with_shortest(self.potential, types, pairs)
        self._distances.check(shortest)
        energy = float(energies.sum())
        results: dict[str, Any] = {
            "energy": energy, "free_energy": energy, "energies": energies, "forces": forces,
        }  # fmt: skip
        if structure.pbc.all():
            results["stress"] = virials.sum(axis=0) / structure.get_volume()
        self.results = results

    def _types_of(self, structure: Atoms) -> IntArray:
        """Give the species of the atoms, kept while neither elements nor numbering change."""
        elements = structure.numbers.tobytes(), self.potential.species
        if elements != self._elements:
            self._types = self.potential.types(structure.numbers)
            self._elements = elements
        return self._types
