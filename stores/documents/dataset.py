"""Labelled configurations: training sets, test sets, candidates."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.stress import full_3x3_to_voigt_6_stress
from ase.units import GPa
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from physics.errors import InputError
from physics.potentials.labels import Labels
from stores.arrays import Packed, checksum, pack, unpack
from stores.documents.base import Document, merge_warnings
from stores.documents.calculation import CalculationDocument
from stores.versions import versions

UNGROUPED = "all"
"""Group of configurations that have none."""

GRID = 1e-4
"""Configurations whose positions differ by less are the same one, Å."""

SEAM = 0.1234567
"""Where coordinates are cut that are counted within a cell: not where atoms of crystals lie."""


class DatasetReference(BaseModel):
    """Which data set: its content by checksum; the job that made it is among the parents."""

    model_config = ConfigDict(extra="forbid")

    checksum: str = Field(description="SHA-256 of the content of the data set")
    n_configurations: int = Field(description="number of configurations")
    n_atoms: int = Field(description="number of atoms of all configurations")


class DatasetDocument(Document):
    """Configurations with energies, forces and stresses, as far as they are known."""

    source: str = Field(description="where the configurations and their labels come from")
    species: list[str] = Field(description="elements, by atomic number")
    groups: list[str] = Field(description="group of each configuration, such as a trajectory")
    n_configurations: int = Field(description="number of configurations")
    n_atoms: int = Field(description="number of atoms of all configurations")
    n_labelled: int = Field(description="number of configurations with an energy")
    checksum: str = Field(description="SHA-256 of arrays and groups")
    packed: Packed = Field(
        description="arrays: numbers, positions (Å), sizes, cells (Å), pbc, energies (eV), forces "
        "(eV/Å), stresses (eV/Å^3, tension positive, xx yy zz yz xz xy); NaN where not known"
    )

    @classmethod
    def from_images(
        cls,
        images: Sequence[Atoms],
        groups: Sequence[str] | None = None,
        *,
        source: str,
        **common: Any,
    ) -> "DatasetDocument":
        """
        Collect configurations.

        Elements, positions, cells, periodicity, groups, energies, forces and stresses are kept to
        the last bit, and nothing else.

        Parameters
        ----------
        images : sequence of ase.Atoms
            Each with the results of its calculation attached, as ASE's readers do, or none.
        groups : sequence of str, optional
            Group of each; without it ``info["group"]``.
        source : str
            Where they come from.
        **common
            Fields of every document: `parents`, `warnings`.

        Returns
        -------
        DatasetDocument
            The data set.

        Raises
        ------
        InputError
            If there are no configurations, a label is not finite or of the wrong shape, or there
            are not as many groups.
        """
        names = [str(a.info.get("group", UNGROUPED)) for a in images] if groups is None else groups
        if not images or len(names) != len(images):
            raise InputError(
                f"{len(images)} configurations and {len(names)} groups were given, expected at "
                "least one configuration and a group for each"
            )
        labelled = [a for a in images if a.calc is not None and "energy" in a.calc.results]
        if labelled:
            Labels.of(labelled)
        arrays = {
            "numbers": np.concatenate([a.numbers for a in images]).astype(np.int16),
            "positions": np.concatenate([a.positions for a in images]),
            "sizes": np.array([len(a) for a in images]),
            "cells": np.array([a.cell.array for a in images]),
            "pbc": np.array([a.pbc for a in images]),
            "energies": np.array([_label(a, "energy", ()) for a in images]),
            "forces": np.concatenate([_label(a, "forces", (len(a), 3)) for a in images]),
            "stresses": np.array([_label(a, "stress", (6,)) for a in images]),
        }
        content = hashlib.sha256((checksum(arrays) + json.dumps(list(names))).encode()).hexdigest()
        symbols = {int(z): a.symbols[i] for a in images for i, z in enumerate(a.numbers)}
        return cls(
            **{"versions": versions("ase"), **common},
            input_hash=content[:32],
            source=source,
            species=[symbols[z] for z in sorted(symbols)],
            groups=list(names),
            n_configurations=len(images),
            n_atoms=len(arrays["numbers"]),
            n_labelled=len(labelled),
            checksum=content,
            packed=pack(arrays),
        )

    @classmethod
    def from_calculations(
        cls,
        calculations: Sequence[CalculationDocument],
        groups: Sequence[str] | None = None,
        *,
        source: str,
        **common: Any,
    ) -> "DatasetDocument":
        """
        Collect the final states of engine calculations.

        Parameters
        ----------
        calculations : sequence of CalculationDocument
            The calculations.
        groups, source, **common
            As `from_images` takes them.

        Returns
        -------
        DatasetDocument
            The data set, with the warnings of the calculations.

        Raises
        ------
        InputError
            As `from_images` does.
        """
        heard = merge_warnings(common.pop("warnings", []), *(c.warnings for c in calculations))
        images = [_image(calculation) for calculation in calculations]
        return cls.from_images(images, groups, source=source, warnings=heard, **common)

    def to_images(self) -> list[Atoms]:
        """
        Give the configurations as ASE has them.

        Returns
        -------
        list of ase.Atoms
            With the labels that are known attached, and the group in ``info``.

        Raises
        ------
        InputError
            If the document was read without its blobs.
        """
        arrays = unpack(self.packed)
        starts = np.cumsum(arrays["sizes"])[:-1]
        by_atom = (np.split(arrays[name], starts) for name in ("numbers", "positions", "forces"))
        images = []
        for c, (numbers, positions, forces) in enumerate(zip(*by_atom, strict=True)):
            atoms = Atoms(
                numbers,
                positions,
                cell=arrays["cells"][c],
                pbc=arrays["pbc"][c],
                info={"group": self.groups[c]},
            )
            known = {
                "energy": float(arrays["energies"][c]),
                "forces": forces,
                "stress": arrays["stresses"][c],
            }
            known = {name: label for name, label in known.items() if np.isfinite(label).all()}
            if known:
                atoms.calc = SinglePointCalculator(atoms, **known)
            images.append(atoms)
        return images

    def taken(self, places: Sequence[int], source: str, **common: Any) -> "DatasetDocument":
        """
        Take some configurations.

        Parameters
        ----------
        places : sequence of int
            Places of the configurations.
        source : str
            Why these.
        **common
            As `from_images` takes it.

        Returns
        -------
        DatasetDocument
            With these configurations in this order.

        Raises
        ------
        InputError
            If there are none, or the document was read without its blobs.
        """
        images = self.to_images()
        common = {"versions": self.versions, "warnings": self.warnings, **common}
        return self.from_images(
            [images[place] for place in places], source=f"{self.source}: {source}", **common
        )

    def shared_with(self, other: "DatasetDocument") -> list[int]:
        """
        Find the configurations that another data set has too.

        Parameters
        ----------
        other : DatasetDocument
            The other data set.

        Returns
        -------
        list of int
            Places of the configurations whose elements, cells and positions are there, to 1e-4 Å.

        Raises
        ------
        InputError
            If a document was read without its blobs.
        """
        known = {_fingerprint(atoms) for atoms in other.to_images()}
        return [
            place for place, atoms in enumerate(self.to_images()) if _fingerprint(atoms) in known
        ]

    @property
    def group_sizes(self) -> dict[str, int]:
        """Number of configurations of each group, in the order of their first ones."""
        return dict(Counter(self.groups))

    @property
    def reference(self) -> DatasetReference:
        """What names this data set in other documents."""
        return DatasetReference(
            checksum=self.checksum,
            n_configurations=self.n_configurations,
            n_atoms=self.n_atoms,
        )


class SplitDocument(Document):
    """A data set divided into a training set and a test set."""

    method: Literal["blocks", "random"] = Field(
        description="contiguous blocks of each group, or single configurations at random"
    )
    training: DatasetDocument = Field(description="the training set")
    test: DatasetDocument = Field(description="the test set")
    test_blocks: list[int] = Field(description="block of each configuration of the test set")


def _fingerprint(atoms: Atoms) -> bytes:
    """Hash elements, cell, and positions from the first atom within the cell, on a grid."""
    scaled = atoms.cell.scaled_positions(atoms.positions - atoms.positions[0])
    within = np.where(atoms.pbc, scaled - np.round(scaled - SEAM), scaled)
    lengths = np.concatenate([atoms.cell.array, atoms.cell.cartesian_positions(within)])
    on_grid = np.round(lengths / GRID).astype(np.int64)
    return hashlib.sha256(atoms.numbers.astype(np.int64).tobytes() + on_grid.tobytes()).digest()


def _label(atoms: Atoms, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Give a result of a configuration; NaN if there is none."""
    results = atoms.calc.results if atoms.calc is not None else {}
    return np.array(results.get(name, np.full(shape, np.nan)), dtype=float)


def _image(calculation: CalculationDocument) -> Atoms:
    """Give the final state of a calculation as ASE has it."""
    structure = calculation.structure
    atoms = Atoms(
        [site.specie.Z for site in structure],
        structure.cart_coords,
        cell=structure.lattice.matrix,
        pbc=structure.lattice.pbc,
    )
    known: dict[str, Any] = {"energy": calculation.energy, "forces": np.array(calculation.forces)}
    if calculation.stress is not None:
        known["stress"] = full_3x3_to_voigt_6_stress(np.array(calculation.stress)) * GPa
    atoms.calc = SinglePointCalculator(atoms, **known)
    return atoms
