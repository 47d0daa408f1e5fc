"""Options that several verbs share."""

import enum
from pathlib import Path
from typing import Annotated, Any

import typer


class Axes(enum.StrEnum):
    """Setting of the axes that indices refer to."""

    GIVEN = "given"
    PNMA = "pnma"
    STD = "std"


class Operation(enum.StrEnum):
    """What makes the upper grain of a symmetric boundary."""

    TWOFOLD = "twofold"
    MIRROR = "mirror"


class OfConstruction:
    """
    The default of an option that is a field of `Construction`, looked up when it is needed.

    Parameters
    ----------
    field : str
        The field.
    """

    def __init__(self, field: str) -> None:
        self.field = field

    def __call__(self) -> Any:
        """Give the value."""
        from physics.structures.construction import Construction

        return getattr(Construction(), self.field)

    def __str__(self) -> str:
        """Show it in the help."""
        return f"{self():g}"


StudyFile = Annotated[Path, typer.Argument(help="Study file (YAML).", show_default=False)]
Store = Annotated[
    Path | None,
    typer.Option(help="SQLite file of the store (default: setting store, thioflow.sqlite)."),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Worker processes (default: setting workers, one a core)."),
]

StructureFile = Annotated[
    Path,
    typer.Argument(
        exists=True,
        dir_okay=False,
        help="Crystal structure: CIF, POSCAR, pymatgen JSON, extended XYZ ...; ordered.",
        show_default=False,
    ),
]
Bonds = Annotated[
    list[str] | None,
    typer.Option(
        help="Longest bond of two elements, Å, to hold units together that the general rule does "
        "not find, such as Zr-O=2.3; 0 for no bond. Repeatable.",
        show_default=False,
    ),
]
Charges = Annotated[
    list[str] | None,
    typer.Option(
        "--charge",
        help="Oxidation state of an element, such as Fe=2.667; the others are assigned. "
        "Repeatable.",
        show_default=False,
    ),
]
Separation = Annotated[
    float,
    typer.Option(
        min=0,
        default_factory=OfConstruction("separation"),
        help="Smallest distance of the two boundaries of the cell, Å.",
    ),
]
MaxStrain = Annotated[
    float,
    typer.Option(
        min=0,
        default_factory=OfConstruction("max_strain"),
        help="Largest principal strain of a grain (tilt boundaries have none).",
    ),
]
