"""What stands where in a trajectory file, and in which units."""

from dataclasses import dataclass

from ase.units import kJ, mol

PARTICLES = "particles/trajectory"
"""The group of the atoms; MDAnalysis finds the number of atoms under this name alone."""


@dataclass(frozen=True)
class Column:
    """
    One quantity of every frame.

    Parameters
    ----------
    field : str
        Name in `physics.dynamics.frame.Frame`.
    dataset : str
        Path in the file.
    unit : str, optional
        Unit in the file, as H5MD writes units.
    shape : tuple of int
        Shape of one value; without the leading number of atoms where `per_atom`.
    per_atom : bool
        Whether each atom has such a value.
    dtype : str
        Type in the file.
    factor : float
        The unit of `Frame` in the unit of the file.
    """

    field: str
    dataset: str
    unit: str | None = None
    shape: tuple[int, ...] = ()
    per_atom: bool = False
    dtype: str = "f8"
    factor: float = 1.0

    def shape_for(self, atoms: int) -> tuple[int, ...]:
        """
        Give the shape of the value of one frame.

        Parameters
        ----------
        atoms : int
            Number of atoms.

        Returns
        -------
        tuple of int
            Shape.
        """
        return (atoms, *self.shape) if self.per_atom else self.shape


def _of_atoms(field: str, element: str, unit: str, factor: float = 1.0) -> Column:
    return Column(field, f"{PARTICLES}/{element}/value", unit, (3,), True, "f4", factor)


STEP = Column("step", f"{PARTICLES}/position/step", dtype="i8")
TIME = Column("time", f"{PARTICLES}/position/time", "fs")
POSITIONS = _of_atoms("positions", "position", "Angstrom")
VELOCITIES = _of_atoms("velocities", "velocity", "Angstrom fs-1")
# MDAnalysis knows no eV.
FORCES = _of_atoms("forces", "force", "kJ mol-1 Angstrom-1", mol / kJ)
CELL = Column("cell", f"{PARTICLES}/box/edges/value", "Angstrom", (3, 3))
ENERGY = Column("energy", "observables/potential_energy/value", "eV")
TEMPERATURE = Column("temperature", "observables/temperature/value", "K")
STRESS = Column("stress", "observables/stress/value", "GPa", (3, 3))
GRADE = Column("grade", "observables/grade/value")

ON_DEMAND = (VELOCITIES, FORCES)
COLUMNS = (TIME, POSITIONS, CELL, ENERGY, TEMPERATURE, STRESS, GRADE, *ON_DEMAND, STEP)
"""In the order in which they are written: with its step a frame counts as written."""
MAY_BE_UNKNOWN = (STRESS, GRADE)
"""NaN in the file where a frame has none."""
