"""The active set of a moment tensor potential, and extrapolation grades."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, product
from typing import get_args
from warnings import warn

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from physics.errors import InputError
from physics.potentials.batch import Batch
from physics.potentials.energy_gradients import (
    Mode,
    energy_gradients,
    own_columns,
    own_gradients,
    row_origins,
)
from physics.potentials.kernel import Pairs
from physics.potentials.maxvol import THRESHOLD, dominant_rows, inverse, largest_coefficients
from physics.potentials.potential import MomentTensorPotential

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SELECT = 2.0
"""Grade beyond which a configuration is worth a calculation (Podryabinkin et al. 2023)."""
PADDING = 1e-6
"""Size of a unit row that stands where the training set has no row, relative to its column."""
ENOUGH = 0.9
"""Part of the attainable rank below which a training set is warned of."""
ATOMS_AT_ONCE = 5000


@dataclass(frozen=True, eq=False)
class ActiveSet:
    """
    Rows b of a training set that span those of all its atoms with coefficients of at most 1.

    A row b is the derivative of an energy by the m parameters. The grade of another row is the
    largest modulus of its coefficients, max |b A^-1|; beyond 1 the energy is extrapolated
    (Podryabinkin & Shapeev 2017; Gubaev et al. 2019). The energy is that of an atom
    (``neighbourhood``), or of a whole configuration (``configuration``), whose grades compare only
    structures of one size.

    Mode ``scalars`` leaves the radial coefficients out of ``neighbourhood``. It costs half, but
    does not screen for it: on molecular dynamics of Li12P4S16 from 300 to 1700 K, with untrained
    potentials of levels 8, 12 and 16, ranks of configurations correlate by 0.5, 0.6 and 0.7, and
    the threshold of 0.7 to 1.0 that misses none with a full grade beyond 2 passes 9 of 10 others.

    Some directions no training set can span. A triangular mixture of the n_radial radial functions
    can be undone by the scalar coefficients, so rows have n_radial (n_radial + 1) / 2 exact
    dependences at every level, and from level 16 on scalars depend on each other. Others a training
    set happens not to span, as those of species that never meet. Where rows of the training set are
    smaller than `PADDING` times the size of their columns, unit rows of that size stand in the
    active set: exact dependences then leave no more than rounding noise in the grade, and a row in
    a direction never met has a grade of the order of 1 / `PADDING`.

    Parameters
    ----------
    potential : MomentTensorPotential
        Whose energies are graded.
    mode : {"neighbourhood", "configuration", "scalars"}
        What a row belongs to.
    rows : ndarray, shape (m, m)
        The active set A.
    origins : ndarray of int, shape (m, 2)
        Configuration and atom of each row; the atom is -1 in mode ``configuration``, and both are
        -1 for padding.
    scales : ndarray, shape (m,)
        Sizes of the columns.
    n_configurations : int
        Number of configurations it was selected from.
    """

    potential: MomentTensorPotential
    mode: Mode
    rows: FloatArray
    origins: IntArray
    scales: FloatArray
    n_configurations: int

    @classmethod
    def select(
        cls,
        potential: MomentTensorPotential,
        images: Sequence[Atoms],
        mode: Mode = "neighbourhood",
        threshold: float = THRESHOLD,
    ) -> "ActiveSet":
        """
        Select the active set of a training set.

        Parameters
        ----------
        potential : MomentTensorPotential
            The trained potential.
        images : sequence of ase.Atoms
            Its training set.
        mode : {"neighbourhood", "configuration", "scalars"}
            What a row belongs to.
        threshold : float
            Largest grade of a row of the training set in the end, greater than 1.

        Returns
        -------
        ActiveSet
            The active set.

        Warns
        -----
        UserWarning
            If the training set has too few rows, or species never meet: grades of other
            configurations will be huge.

        Raises
        ------
        InputError
            If there are no configurations, no such mode, the potential does not know an element,
            two atoms coincide, or the threshold is not greater than 1.
        """
        if mode not in get_args(Mode):
            raise InputError(
                f"mode {mode!r} was given, expected one of {', '.join(get_args(Mode))}"
            )
        if not images:
            raise InputError("no configurations were given; give the training set")
        parts = _parts(potential, images)
        sizes = np.max(
            [
                np.abs(energy_gradients(potential, batch, mode)).max(axis=0, initial=0.0)
                for _, batch in parts
            ],
            axis=0,
        )
        scales = np.where(sizes > 0, sizes, np.exp(np.log(sizes[sizes > 0]).mean()))
        m = len(scales)
        padding = cls(potential, mode, PADDING * np.diag(scales), np.full((m, 2), -1), scales, 0)
        active = padding._after(parts, cls._with_rows, threshold)
        active = replace(active, n_configurations=len(images))
        _warn_of_gaps(active, sizes)
        return active

    @property
    def rank(self) -> int:
        """Number of rows that are not padding."""
        return int((self.origins[:, 0] >= 0).sum())

    @cached_property
    def _inverse(self) -> FloatArray:
        """The inverse of the rows."""
        return inverse(self.rows / self.scales) / self.scales[:, None]

    def grades(self, images: Sequence[Atoms]) -> list[FloatArray]:
        """
        Grade atoms.

        Parameters
        ----------
        images : sequence of ase.Atoms
            Configurations.

        Returns
        -------
        list of ndarray, shape (n_atoms,)
            Grades of the atoms of each configuration.

        Raises
        ------
        InputError
            If the mode is ``configuration``, the potential does not know an element, or two atoms
            coincide.
        """
        if self.mode == "configuration":
            raise InputError(
                "grades of atoms were asked of an active set of whole configurations; select one "
                "in mode neighbourhood"
            )
        found = []
        for _, batch in _parts(self.potential, images):
            found += np.split(self.grade_atoms(batch.types, batch.pairs), batch.starts[1:-1])
        return found

    def grade_atoms(self, types: IntArray, pairs: Pairs) -> FloatArray:
        """
        Grade atoms whose neighbours are known, as in molecular dynamics.

        Parameters
        ----------
        types : ndarray of int, shape (N,)
            Species of each atom, as the potential numbers them.
        pairs : Pairs
            Neighbours.

        Returns
        -------
        ndarray, shape (N,)
            Grades.

        Raises
        ------
        InputError
            If the mode is ``configuration``, or two atoms coincide.
        """
        if self.mode == "configuration":
            raise InputError(
                "grades of atoms were asked of an active set of whole configurations; select one "
                "in mode neighbourhood"
            )
        own = own_gradients(self.potential, types, pairs, self.mode)
        grades = np.empty(len(types))
        for z, columns in enumerate(own_columns(self.potential, self.mode)):
            grades[types == z] = largest_coefficients(own[types == z], self._inverse[columns])
        return grades

    def grade(self, images: Sequence[Atoms]) -> FloatArray:
        """
        Grade configurations.

        Parameters
        ----------
        images : sequence of ase.Atoms
            Configurations.

        Returns
        -------
        ndarray, shape (n_configurations,)
            The largest grade of the atoms of each, or its own in mode ``configuration``.

        Raises
        ------
        InputError
            If the potential does not know an element, or two atoms coincide.
        """
        if self.mode != "configuration":
            return np.array([grades.max() for grades in self.grades(images)])
        found = [
            largest_coefficients(energy_gradients(self.potential, batch, self.mode), self._inverse)
            for _, batch in _parts(self.potential, images)
        ]
        return np.concatenate([[], *found])

    def extended(self, images: Sequence[Atoms], threshold: float = SELECT) -> "ActiveSet":
        """
        Let rows of further configurations take the place of active ones.

        As long as a configuration exceeds the threshold, the one of the largest grade is taken in
        with all its rows; nearly equal ones then are known.

        Parameters
        ----------
        images : sequence of ase.Atoms
            Configurations; in `origins` they continue the numbers of those before.
        threshold : float
            Largest grade of a configuration in the end, greater than 1.

        Returns
        -------
        ActiveSet
            With them.

        Raises
        ------
        InputError
            If the potential does not know an element, two atoms coincide, or the threshold is not
            greater than 1.
        """
        parts = _parts(self.potential, images)
        active = self._after(parts, ActiveSet._with_configurations, threshold)
        return replace(active, n_configurations=self.n_configurations + len(images))

    def select_new(self, images: Sequence[Atoms], threshold: float = SELECT) -> IntArray:
        """
        Find the configurations that widen the training set.

        Of several that are nearly the same, one is selected, as `extended` takes them in.

        Parameters
        ----------
        images : sequence of ase.Atoms
            Candidates.
        threshold : float
            Largest grade of a candidate once those selected are known.

        Returns
        -------
        ndarray of int
            Places of those selected, rising.

        Raises
        ------
        InputError
            As `extended` does.
        """
        configurations = np.unique(self.extended(images, threshold).origins[:, 0])
        return configurations[configurations >= self.n_configurations] - self.n_configurations

    def _after(
        self,
        parts: Sequence[tuple[int, Batch]],
        taking_in: Callable[["ActiveSet", FloatArray, IntArray, float], "ActiveSet"],
        threshold: float,
    ) -> "ActiveSet":
        """Go through all parts until they change nothing."""
        active, before = self, None
        while active is not before:
            before = active
            for first, batch in parts:
                rows = energy_gradients(self.potential, batch, self.mode)
                origins = row_origins(batch, self.mode)
                origins[:, 0] += self.n_configurations + first
                active = taking_in(active, rows, origins, threshold)
        return active

    def _with_rows(self, rows: FloatArray, origins: IntArray, threshold: float) -> "ActiveSet":
        """Take in rows beyond the threshold, all at once."""
        beyond = largest_coefficients(rows, self._inverse) > threshold
        return self._exchanged(rows[beyond], origins[beyond], threshold) if beyond.any() else self

    def _with_configurations(
        self, rows: FloatArray, origins: IntArray, threshold: float
    ) -> "ActiveSet":
        """Take in configurations beyond the threshold, the one of the largest grade first."""
        active, before = self, None
        while active is not before:
            before = active
            grades = largest_coefficients(rows, active._inverse)
            if grades.max() > threshold:
                own = origins[:, 0] == origins[grades.argmax(), 0]
                active = active._exchanged(rows[own], origins[own], min(threshold, THRESHOLD))
        return active

    def _exchanged(self, rows: FloatArray, origins: IntArray, threshold: float) -> "ActiveSet":
        """Let rows take the place of active ones; padding may come back."""
        m = len(self.scales)
        pool = np.concatenate([self.rows, rows, PADDING * np.diag(self.scales)])
        of_pool = np.concatenate([self.origins, origins, np.full((m, 2), -1)])
        selected = dominant_rows(pool / self.scales, np.arange(m), threshold)
        if (selected == np.arange(m)).all():
            return self
        return replace(self, rows=pool[selected], origins=of_pool[selected])


def _warn_of_gaps(active: ActiveSet, sizes: FloatArray) -> None:
    """Warn of a training set that leaves much unknown; columns it misses have size 0."""
    species, n_radial = active.potential.species, active.potential.table.n_radial
    attainable, never = len(sizes), []
    if active.mode != "scalars":
        attainable -= n_radial * (n_radial + 1) // 2
        met = sizes[: active.potential.radial.size].reshape(len(species) ** 2, -1).any(axis=1)
        pairs = [f"{center}-{neighbour}" for center, neighbour in product(species, repeat=2)]
        never = np.array(pairs)[~met].tolist()
    if active.rank < ENOUGH * attainable or never:
        missing = f" and has no neighbours {', '.join(never)}" if never else ""
        remedy = ", or use mode neighbourhood" if active.mode == "configuration" else ""
        warn(
            f"the training set gives {active.rank} of the {len(sizes)} active rows{missing}: other "
            f"configurations will have huge grades; add configurations{remedy}",
            UserWarning,
            stacklevel=3,
        )


def _parts(potential: MomentTensorPotential, images: Sequence[Atoms]) -> list[tuple[int, Batch]]:
    """Divide configurations into batches, each with the number of its first configuration."""
    ends = np.cumsum([len(atoms) for atoms in images])
    firsts = [0, *(np.flatnonzero(np.diff(ends // ATOMS_AT_ONCE)) + 1).tolist(), len(images)]
    return [
        (first, Batch.of(potential, images[first:end])) for first, end in pairwise(firsts) if end
    ]
