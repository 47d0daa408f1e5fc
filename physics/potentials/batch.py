"""Many configurations evaluated as one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from physics.potentials.kernel import Pairs
from physics.potentials.neighbours import find_pairs
from physics.potentials.potential import MomentTensorPotential

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """
    Configurations side by side, as the kernel takes them.

    Parameters
    ----------
    types : ndarray of int, shape (N,)
        Species of all atoms, as the potential numbers them.
    starts : ndarray of int, shape (n_configurations + 1,)
        Configuration c has the atoms from ``starts[c]`` to ``starts[c + 1]``.
    pairs : Pairs
        Neighbours, within configurations.
    """

    types: IntArray
    starts: IntArray
    pairs: Pairs

    @classmethod
    def of(cls, potential: MomentTensorPotential, images: Sequence[Atoms]) -> "Batch":
        """
        Find the neighbours in each configuration.

        Parameters
        ----------
        potential : MomentTensorPotential
            Whose species and cutoff count.
        images : sequence of ase.Atoms
            Configurations, at least one.

        Returns
        -------
        Batch
            All of them.

        Raises
        ------
        InputError
            If the potential does not know an element, or a structure has no neighbours to speak
            of (`NeighbourList`).
        """
        found = [
            find_pairs(atoms.positions, atoms.cell.array, atoms.pbc, potential.r_max)[0]
            for atoms in images
        ]
        starts = np.cumsum([0, *map(len, images)])
        count = starts[-1]
        # atoms of all configurations come first, then the images of all
        n_images = [len(pairs.owner) - len(pairs.first) + 1 for pairs in found]
        image_starts = count + np.cumsum([0, *n_images])
        positions = np.empty((image_starts[-1], 3))
        owner = np.arange(image_starts[-1])
        indices, firsts = [], [np.zeros(1, np.int64)]
        for c, pairs in enumerate(found):
            atoms = slice(starts[c], starts[c + 1])
            own = slice(image_starts[c], image_starts[c + 1])
            n = starts[c + 1] - starts[c]
            positions[atoms], positions[own] = pairs.positions[:n], pairs.positions[n:]
            owner[own] = starts[c] + pairs.owner[n:]
            index = pairs.index.astype(np.int64)
            indices.append(index + np.where(index < n, starts[c], image_starts[c] - n))
            firsts.append(firsts[-1][-1] + pairs.first[1:])
        pairs = Pairs(
            positions, owner, np.concatenate(firsts), np.concatenate(indices).astype(np.int32)
        )
        types = np.concatenate([potential.types(atoms.numbers) for atoms in images])
        return cls(types, starts, pairs)

    @property
    def sizes(self) -> IntArray:
        """Number of atoms of each configuration."""
        return np.diff(self.starts)

    def total(self, per_atom: FloatArray) -> FloatArray:
        """Sum quantities of atoms, shape (N, ...), over each configuration."""
        return np.add.reduceat(per_atom, self.starts[:-1])
