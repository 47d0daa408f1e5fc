"""Errors and grades of potentials on the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from physics.potentials.errors import Deviation, Errors

MOST_ROWS = 30
"""Configurations that are printed; the other formats hold all."""

MILLI = 1000.0


@dataclass(frozen=True)
class ErrorRow:
    """
    Errors of a group of configurations; None where there are no labels.

    Parameters
    ----------
    group : str
        What they have in common.
    configurations : int
        How many they are.
    energy_mae, energy_rmse : float
        Of the energy per atom, meV.
    force_mae, force_rmse : float or None
        Of the components of forces, meV/Å.
    stress_mae, stress_rmse : float or None
        Of the components of stresses, GPa.
    """

    group: str
    configurations: int
    energy_mae: float | None
    energy_rmse: float | None
    force_mae: float | None
    force_rmse: float | None
    stress_mae: float | None
    stress_rmse: float | None


@dataclass(frozen=True)
class GradeRow:
    """
    Extrapolation grade of a configuration.

    Parameters
    ----------
    configuration : int
        Its place among all, the first one is 0.
    group, formula : str
        What it is.
    grade : float
        Largest grade of its atoms.
    selected : bool or None
        Whether it is one of those that, once known, leave no grade beyond the threshold; None if
        that was not asked.
    """

    configuration: int
    group: str
    formula: str
    grade: float
    selected: bool | None


def error_rows(found: Mapping[str, Errors]) -> list[ErrorRow]:
    """
    Put errors in rows, in the units in which they are quoted.

    Parameters
    ----------
    found : mapping of str to Errors
        By group.

    Returns
    -------
    list of ErrorRow
        One for each group.
    """
    return [
        ErrorRow(
            group,
            errors.energy.count,
            *_pair(errors.energy, MILLI),
            *_pair(errors.forces, MILLI),
            *_pair(errors.stress, 1.0),
        )
        for group, errors in found.items()
    ]


def print_errors(rows: Sequence[ErrorRow], title: str) -> None:
    """
    Print errors.

    Parameters
    ----------
    rows : sequence of ErrorRow
        The errors.
    title : str
        Whose they are.
    """
    table = _table(escape(title))
    table.add_column("", overflow="fold")
    for head in _HEADS:
        table.add_column(head, justify="right", vertical="bottom")
    for row in rows:
        numbers = (
            row.energy_mae, row.energy_rmse, row.force_mae, row.force_rmse, row.stress_mae,
            row.stress_rmse,
        )  # fmt: skip
        shown = ("-" if number is None else f"{number:.3g}" for number in numbers)
        table.add_row(escape(row.group), str(row.configurations), *shown)
    Console(highlight=False).print(table)


def print_grades(rows: Sequence[GradeRow], threshold: float) -> None:
    """
    Print the largest grades, and how many there are beyond the threshold.

    Parameters
    ----------
    rows : sequence of GradeRow
        All configurations.
    threshold : float
        Grade beyond which a configuration is worth a calculation.
    """
    console = Console(highlight=False)
    table = _table("Extrapolation grades")
    for head in ("configuration", "grade"):
        table.add_column(head, justify="right")
    for head in ("group", "formula", ""):
        table.add_column(head)
    highest = sorted(rows, key=lambda row: row.grade, reverse=True)
    for row in highest[:MOST_ROWS]:
        table.add_row(
            str(row.configuration),
            f"{row.grade:.4g}",
            escape(row.group),
            row.formula,
            "selected" if row.selected else "",
        )
    console.print(table)
    if len(rows) > MOST_ROWS:
        console.print(f"The {MOST_ROWS} largest of {len(rows)}; --format csv gives all.")
    beyond = sum(row.grade > threshold for row in rows)
    console.print(f"{beyond} of {len(rows)} configurations have a grade beyond {threshold:g}.")


_HEADS = (
    "configu-\nrations", "energy\nMAE\nmeV/atom", "\nRMSE\nmeV/atom", "force\nMAE\nmeV/Å",
    "\nRMSE\nmeV/Å", "stress\nMAE\nGPa", "\nRMSE\nGPa",
)  # fmt: skip


def _table(title: str) -> Table:
    return Table(
        title=title, title_justify="left", box=SIMPLE, padding=(0, 2, 0, 0), pad_edge=False
    )


def _pair(deviation: Deviation, factor: float) -> tuple[float | None, float | None]:
    if not deviation.count:
        return None, None
    return factor * deviation.mae, factor * deviation.rmse
