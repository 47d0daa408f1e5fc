"""Extrapolation grades on the fly."""

from dataclasses import dataclass

from ase import Atoms

from physics.dynamics.frame import Frame
from physics.errors import InputError
from physics.potentials.active_set import ActiveSet
from physics.potentials.neighbours import NeighbourList


@dataclass(frozen=True)
class Grading:
    """
    What is done with extrapolation grades in a run.

    Parameters
    ----------
    keep : float
        A configuration of a larger grade is kept, for labelling.
    stop : float
        The run stops at a larger one.
    interval : int
        Steps between grades.

    Raises
    ------
    InputError
        If the run would stop before it keeps anything, or the interval is not positive.
    """

    keep: float = 2.0
    stop: float = 10.0
    interval: int = 10

    def __post_init__(self) -> None:
        """Refuse thresholds that make no sense."""
        if not 1 <= self.keep <= self.stop or self.interval < 1:
            raise InputError(
                f"grades are kept above {self.keep:g} and stop the run above {self.stop:g}, every "
                f"{self.interval} steps: expected 1 <= keep <= stop and 1 step or more"
            )


class Grader:
    """
    Grades one configuration after another of the same atoms.

    Parameters
    ----------
    grading : Grading
        What is done with the grades.
    active : ActiveSet
        Active set of the potential, of neighbourhoods.
    atoms : ase.Atoms
        The atoms, for their elements and periodicity.
    """

    def __init__(self, grading: Grading, active: ActiveSet, atoms: Atoms) -> None:
        self.grading = grading
        self._active = active
        self._types = active.potential.types(atoms.numbers)
        self._periodic = atoms.pbc
        self._neighbours = NeighbourList(active.potential.r_max)

    def grade(self, frame: Frame) -> float:
        """
        Grade a configuration.

        Parameters
        ----------
        frame : Frame
            The configuration.

        Returns
        -------
        float
            Largest grade of an atom.
        """
        pairs = self._neighbours.update(frame.positions, frame.cell, self._periodic)
        return float(self._active.grade_atoms(self._types, pairs).max())
