"""A crystal as the construction of boundaries needs it: primitive, in whole units, with charges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import spglib
from numpy.typing import NDArray
from pymatgen.core import Structure

from physics.errors import InputError
from physics.structures.charges import oxidation_states, require_neutral
from physics.structures.plane import LatticePlane, coprime, direction_indices, lattice_plane
from physics.structures.units import BondLengths, Units, find_units

SYMPREC = 0.01
"""Default of that tolerance, Å."""


@dataclass(frozen=True)
class SymmetryOperation:
    """
    A symmetry of a crystal in Cartesian axes: x -> rotation @ x + translation.

    Parameters
    ----------
    rotation : ndarray, shape (3, 3)
        Orthogonal matrix.
    translation : ndarray, shape (3,)
        Å, up to lattice vectors.
    """

    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]


@dataclass(frozen=True)
class Crystal:
    """
    An ordered, neutral crystal.

    Parameters
    ----------
    structure : Structure
        The crystal in the axes to which Miller indices and directions refer, Å.
    bonds : mapping, optional
        Longest bonds of pairs of elements, see `physics.structures.units.find_units`.
    charges : mapping, optional
        Oxidation states that are known; the others are assigned.
    symprec : float
        Tolerance within which sites are equivalent, Å.

    Raises
    ------
    InputError
        If the structure is disordered, or its charges do not balance.
    """

    structure: Structure
    bonds: BondLengths | None = None
    charges: Mapping[str, float] | None = None
    symprec: float = SYMPREC

    def __post_init__(self) -> None:
        """Refuse what is disordered or charged."""
        if not self.structure.is_ordered:
            raise InputError(
                f"{self.structure.composition.formula} has partial occupancies, expected one "
                "species on every site; order it first (pymatgen's OrderDisorderedStructure)"
            )
        require_neutral(self.structure.composition, self.oxidation_states)

    @cached_property
    def oxidation_states(self) -> dict[str, float]:
        """Oxidation state of each element, e."""
        on_sites = {
            site.specie.symbol: float(state)
            for site in self.structure
            if (state := getattr(site.specie, "oxi_state", None)) is not None
        }
        return oxidation_states(
            self.structure.composition.element_composition, on_sites | dict(self.charges or {})
        )

    @cached_property
    def primitive(self) -> Structure:
        """The primitive cell in the same Cartesian axes; sites are sites of `structure`."""
        first = np.unique(self._symmetry.mapping_to_primitive, return_index=True)[1]
        return Structure(
            self._in_conventional @ self.structure.lattice.matrix,
            [self.structure[int(site)].specie for site in first],
            self.structure.cart_coords[first],
            coords_are_cartesian=True,
        )

    @cached_property
    def units(self) -> Units:
        """The units of `primitive`."""
        return find_units(self.primitive, self.bonds)

    @cached_property
    def operations(self) -> tuple[SymmetryOperation, ...]:
        """The space group, lattice translations left out."""
        to_cartesian = self.structure.lattice.matrix.T
        back = np.linalg.inv(to_cartesian)
        found = self._symmetry
        rotations = to_cartesian @ found.rotations @ back
        seen: dict[tuple[int, ...], SymmetryOperation] = {}
        for rotation, integer, translation in zip(
            rotations, found.rotations, found.translations, strict=True
        ):
            u, _, v = np.linalg.svd(rotation)
            seen.setdefault(
                tuple(integer.ravel().tolist()),
                SymmetryOperation(u @ v, to_cartesian @ translation),
            )
        return tuple(seen.values())

    @cached_property
    def point_group(self) -> NDArray[np.float64]:
        """Cartesian rotations of the crystal, improper ones included, shape (n, 3, 3)."""
        return np.array([operation.rotation for operation in self.operations])

    @property
    def space_group(self) -> tuple[str, int]:
        """International symbol and number of the space group."""
        return self._symmetry.international, self._symmetry.number

    @property
    def to_standard(self) -> NDArray[np.float64]:
        """Transformation of coordinates to the standard setting of the space group, (3, 3)."""
        return self._symmetry.transformation_matrix

    def plane(self, miller: Sequence[int]) -> LatticePlane:
        """
        Describe a lattice plane of the crystal.

        Parameters
        ----------
        miller : sequence of int
            Miller or Miller-Bravais indices in the axes of `structure`.

        Returns
        -------
        LatticePlane
            The plane, in the basis of `primitive`.

        Raises
        ------
        InputError
            If the indices are no plane.
        """
        h, k, l = coprime(miller)  # noqa: E741 - Miller's letters
        of_primitive = self._in_conventional @ np.array([h, k, l]) * self._copies
        h, k, l = (int(index) for index in np.rint(of_primitive))  # noqa: E741
        return lattice_plane(self.primitive.lattice.matrix, (h, k, l))

    def direction(self, indices: Sequence[int]) -> NDArray[np.float64]:
        """
        Give a lattice direction of the crystal.

        Parameters
        ----------
        indices : sequence of int
            Direction [u v w], or [u v t w], in the axes of `structure`.

        Returns
        -------
        ndarray, shape (3,)
            Unit vector in Cartesian axes.

        Raises
        ------
        InputError
            If the indices are no direction.
        """
        vector = np.array(direction_indices(indices)) @ self.structure.lattice.matrix
        return vector / np.linalg.norm(vector)

    @cached_property
    def _copies(self) -> int:
        """Number of primitive cells in `structure`."""
        return len(self.structure) // (int(self._symmetry.mapping_to_primitive.max()) + 1)

    @cached_property
    def _in_conventional(self) -> NDArray[np.float64]:
        """Rows are the primitive vectors in the basis of `structure`, exact fractions."""
        rows = self._symmetry.primitive_lattice @ np.linalg.inv(self.structure.lattice.matrix)
        return np.rint(rows * self._copies) / self._copies

    @cached_property
    def _symmetry(self) -> spglib.SpglibDataset:
        numbers = [site.specie.Z for site in self.structure]
        cell = (self.structure.lattice.matrix, self.structure.frac_coords, numbers)
        found = spglib.get_symmetry_dataset(cell, symprec=self.symprec)  # type: ignore[arg-type]
        if found is None:
            raise InputError(
                f"no space group found for {self.structure.composition.formula}; are two sites at "
                "the same place? (thioflow gb audit FILE)"
            )
        return found
