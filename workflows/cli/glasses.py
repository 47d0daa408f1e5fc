"""``thioflow glass``: pack glasses, count their anions."""

import csv
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from physics.errors import InputError
from workflows.cli.data import TableFormat

FORMULA = "Li3PS4"
ATOMS = 160
DENSITY = 1.88

app = typer.Typer(help="Pack glasses, count their anions.", no_args_is_help=True)


@app.command()
def pack(
    output: Annotated[
        Path,
        typer.Argument(
            help="File to write: .cif, .vasp or POSCAR, .json, .extxyz.", show_default=False
        ),
    ],
    *,
    formula: Annotated[
        str | None,
        typer.Option(
            help=f"Composition in Li, P and S, such as LiP0.465S1.628; {FORMULA} unless given.",
            show_default=False,
        ),
    ] = None,
    atoms: Annotated[
        int | None,
        typer.Option(
            min=1,
            help=f"Number of atoms, met as nearly as whole ions can; {ATOMS} unless given.",
            show_default=False,
        ),
    ] = None,
    ions: Annotated[
        str | None,
        typer.Option(
            help="Number of each ion in place of both, such as Li=60,PS4=20; of Li, PS4, P2S7, "
            "P2S6, S.",
            show_default=False,
        ),
    ] = None,
    density: Annotated[float, typer.Option(help="g/cm^3.")] = DENSITY,
    seed: Annotated[int, typer.Option(min=0, help="Of the random numbers.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """
    Pack whole ions at random into a cube, to be melted and quenched (thioflow md --profile).

    The defaults are those of Garcia-Mendez et al. 2020.
    """
    import numpy as np

    from physics.structures.composition import ions_of
    from physics.structures.packing import pack as pack_ions
    from workflows.cli.glass_tables import print_packing
    from workflows.structure_file import require_writable, write_structures

    require_writable([output], force=force)
    if ions is None:
        counts = ions_of(formula or FORMULA, atoms=ATOMS if atoms is None else atoms)
    elif formula is None and atoms is None:
        counts = _counts(ions)
    else:
        raise InputError(
            "--ions was given with --formula or --atoms; the ions are both: leave these out"
        )
    structure = pack_ions(counts, density, np.random.default_rng(seed))
    write_structures({output: structure}, force=force)
    print_packing(counts, structure, output)


@app.command()
def census(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="Structure of Li, P and S; of a trajectory its last frame.",
            show_default=False,
        ),
    ],
    *,
    output: Annotated[
        TableFormat, typer.Option("--format", help="How to print; csv has the units alone.")
    ] = TableFormat.TABLE,
) -> None:
    """
    Count the anions of a structure, told from its bonds.

    With the part of the phosphorus and of the sulfur in each, the part of the phosphorus with four
    sulfur atoms, and the charge that units which are not whole leave.
    """
    from physics.structures.census import census_of
    from workflows.cli.glass_tables import print_census, unit_rows
    from workflows.structure_file import load_structure

    found = census_of(load_structure(file))
    match output:
        case TableFormat.CSV:
            lines = csv.writer(sys.stdout)
            lines.writerow(["unit", "count", "phosphorus", "sulfur"])
            lines.writerows(unit_rows(found))
        case TableFormat.JSON:
            tetrahedral = found.tetrahedral if found.phosphorus else None
            typer.echo(json.dumps(asdict(found) | {"tetrahedral": tetrahedral}, indent=2))
        case TableFormat.TABLE:
            print_census(found, str(file))


def _counts(text: str) -> dict[str, int]:
    """Read numbers of ions: ``Li=60,PS4=20``."""
    counts: dict[str, int] = {}
    for part in text.split(","):
        name, _, number = (word.strip() for word in part.partition("="))
        if not name or not number.isdecimal() or name in counts:
            raise InputError(
                f"--ions {text!r}: expected the number of each ion, once, such as --ions "
                "Li=60,PS4=20"
            )
        counts[name] = int(number)
    return counts
