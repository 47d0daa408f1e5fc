"""``thioflow mtp``: fit moment tensor potentials to files, find their errors, grade structures."""

import csv
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from workflows.cli.data import TableFormat
from workflows.cli.potential_fit import fit
from workflows.cli.potential_options import (
    Force,
    Format,
    Labelled,
    Potential,
    Species,
    symbols_of,
    warnings_told,
)
from workflows.cli.potential_take import take

app = typer.Typer(
    help="Fit moment tensor potentials, find their errors, grade structures.", no_args_is_help=True
)
app.command()(fit)
app.command()(take)


@app.command("errors")
def errors_(
    potential: Potential,
    data: Labelled,
    *,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Draw predicted against reference into this .png, .svg or .pdf.",
            show_default=False,
        ),
    ] = None,
    species: Species = None,
    output: Format = TableFormat.TABLE,
) -> None:
    """
    Find the errors of a potential, for each group of configurations.

    The group of a frame is its `group` or `config_type`; without them, its file.
    """
    from physics.potentials.errors import Errors, predictions
    from physics.potentials.files import read_potential
    from workflows.cli.potential_tables import ErrorRow, error_rows, print_errors
    from workflows.configuration_files import read_configurations
    from workflows.report.plots.parity import write_parity_plot
    from workflows.report.plots.picture import require_picture

    if plot:
        require_picture(plot)
    symbols = symbols_of(species)
    with warnings_told():
        mtp = read_potential(potential, symbols)
        images = read_configurations(data, species=symbols or mtp.species)
        predicted = predictions(mtp, images)
    found = Errors.by_group(predicted, [atoms.info["group"] for atoms in images])
    if len(found) > 1:
        found["all"] = Errors.of(predicted)
    rows = error_rows(found)
    _print(rows, ErrorRow, output, lambda: print_errors(rows, f"Errors of {potential}"))
    if plot:
        write_parity_plot(plot, predicted, title=potential.name)
        typer.echo(f"Drawn: {plot}", err=output is not TableFormat.TABLE)


@app.command()
def grade(
    potential: Potential,
    active: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="Its active set, .active.npz.", show_default=False
        ),
    ],
    data: Annotated[
        list[Path],
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="Files of configurations; labels are not needed.",
            show_default=False,
        ),
    ],
    *,
    threshold: Annotated[
        float, typer.Option(help="Grade beyond which a configuration is worth a calculation.")
    ] = 2.0,
    select: Annotated[
        Path | None,
        typer.Option(
            help="Write those to calculate into this extended XYZ; of nearly equal ones, one.",
            show_default=False,
        ),
    ] = None,
    species: Species = None,
    output: Format = TableFormat.TABLE,
    force: Force = False,
) -> None:
    """Grade configurations by how far the potential extrapolates in them: up to 1 it does not."""
    from physics.potentials.active_set_file import read_active_set
    from physics.potentials.files import read_potential
    from workflows.cli.potential_tables import GradeRow, print_grades
    from workflows.configuration_files import read_configurations, write_configurations
    from workflows.output_files import require_free

    if select:
        require_free([select], force=force)
    symbols = symbols_of(species)
    with warnings_told():
        mtp = read_potential(potential, symbols)
        known = read_active_set(active, mtp)
        images = read_configurations(data, species=symbols or mtp.species, labelled=False)
        grades = known.grade(images).tolist()
        chosen = known.select_new(images, threshold).tolist() if select else []
    for atoms, value in zip(images, grades, strict=True):
        atoms.info["grade"] = value
    rows = [
        GradeRow(
            number,
            atoms.info["group"],
            atoms.get_chemical_formula(),
            atoms.info["grade"],
            number in chosen if select else None,
        )
        for number, atoms in enumerate(images)
    ]
    _print(rows, GradeRow, output, lambda: print_grades(rows, threshold))
    if select:
        write_configurations(select, [images[number] for number in chosen])
        typer.echo(
            f"Selected: {len(chosen)}, written without labels to {select}",
            err=output is not TableFormat.TABLE,
        )


def _print(
    rows: Sequence[Any], kind: type[Any], output: TableFormat, show: Callable[[], None]
) -> None:
    """Print rows, of a dataclass, as asked."""
    match output:
        case TableFormat.CSV:
            lines = csv.DictWriter(sys.stdout, [field.name for field in fields(kind)])
            lines.writeheader()
            lines.writerows(asdict(row) for row in rows)
        case TableFormat.JSON:
            typer.echo(json.dumps([asdict(row) for row in rows], indent=2))
        case TableFormat.TABLE:
            show()
