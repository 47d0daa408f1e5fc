"""Packings and anions on the terminal."""

from collections.abc import Mapping
from pathlib import Path

from pymatgen.core import Structure
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from physics.structures.census import TETRAHEDRAL, Census


def print_packing(ions: Mapping[str, int], structure: Structure, output: Path) -> None:
    """
    Print what was packed.

    Parameters
    ----------
    ions : mapping of str to int
        Number of each ion.
    structure : Structure
        The packing, in a cube.
    output : Path
        Where it is.
    """
    counts = ", ".join(f"{count} {name}" for name, count in ions.items())
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"{counts}: {len(structure)} atoms of {structure.composition.reduced_formula} in a cube of "
        f"{structure.lattice.a:.2f} Å, {structure.density:.3f} g/cm³"
    )
    console.print(f"Written: {escape(str(output))}")


def unit_rows(census: Census) -> list[tuple[str, int, float, float]]:
    """
    List the units of a structure.

    Parameters
    ----------
    census : Census
        The units.

    Returns
    -------
    list of tuple
        Kind, number, part of the phosphorus, part of the sulfur.
    """
    return [
        (unit, count, census.phosphorus.get(unit, 0.0), census.sulfur.get(unit, 0.0))
        for unit, count in census.counts.items()
    ]


def print_census(census: Census, title: str) -> None:
    """
    Print the units of a structure.

    Parameters
    ----------
    census : Census
        The units.
    title : str
        Whose they are.
    """
    table = Table(
        title=escape(title), title_justify="left", box=SIMPLE, padding=(0, 2, 0, 0), pad_edge=False
    )
    table.add_column("unit")
    for head in ("number", "% of P", "% of S"):
        table.add_column(head, justify="right")
    for unit, count, *parts in unit_rows(census):
        table.add_row(unit, str(count), *(f"{100 * part:.1f}" if part else "" for part in parts))
    console = Console(highlight=False)
    console.print(table)
    shared = ", ".join(f"{n} for {count} P" for n, count in census.bridging.items())
    if shared:
        console.print(
            f"P with exactly four S within {TETRAHEDRAL:g} Å: {100 * census.tetrahedral:.1f} %"
        )
        console.print(f"S that each P shares with other P: {shared}")
    mismatch = census.charge_mismatch
    fault = ", not all units are whole" if mismatch else ""
    console.print(f"Charge of units and lithium: {mismatch:+d} e{fault}")
