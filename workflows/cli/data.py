"""``thioflow build | query | report | export``: from what is stored to what is read."""

import enum
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from physics.errors import InputError
from workflows.cli.options import Store

StudyName = Annotated[str, typer.Argument(help="Name of the study.", show_default=False)]


class TableFormat(enum.StrEnum):
    """How `query` prints."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class ExportFormat(enum.StrEnum):
    """What `export` writes."""

    EXTXYZ = "extxyz"
    CIF = "cif"
    JSON = "json"


def build(store: Store = None) -> None:
    """Bring the properties up to date with the jobs that are done."""
    from workflows.study_run import open_results

    built = open_results(store).build()
    for collection, (made, faults) in built.items():
        typer.echo(f"{collection}: {made} new")
        for fault in faults:
            typer.echo(f"not analysed: {fault}", err=True)
    if any(faults for _, faults in built.values()):
        raise typer.Exit(1)


def query(
    what: Annotated[str, typer.Argument(help="Property, such as elastic.", show_default=False)],
    where: Annotated[
        str, typer.Option(help='MongoDB filter as JSON: \'{"bulk_hill": {"$gt": 10}}\'.')
    ] = "{}",
    columns: Annotated[
        str | None, typer.Option(help="Fields, separated by commas (default: the main ones).")
    ] = None,
    output: Annotated[
        TableFormat, typer.Option("--format", help="How to print.")
    ] = TableFormat.TABLE,
    store: Store = None,
) -> None:
    """Query properties as a table, CSV or JSON."""
    from stores.results import property_type
    from workflows.cli.tables import print_frame
    from workflows.study_run import open_results

    document = property_type(what)
    frame = open_results(store).table(
        document, _criteria(where), columns.split(",") if columns else None
    )
    match output:
        case TableFormat.CSV:
            typer.echo(frame.to_csv(index=False), nl=False)
        case TableFormat.JSON:
            typer.echo(frame.to_json(orient="records", indent=2))
        case TableFormat.TABLE:
            print_frame(frame, document, fit=columns is None)


def report(
    name: StudyName,
    output: Annotated[
        Path | None, typer.Option(help="File to write (default: runs/NAME/report.html).")
    ] = None,
    store: Store = None,
) -> None:
    """Write the report of a study: one HTML file, readable offline."""
    from workflows.study_run import open_results, write_study_report

    typer.echo(write_study_report(open_results(store), name, output))


def export(
    name: StudyName,
    output: Annotated[
        Path, typer.Option(help="File to write; for cif, a folder.", show_default=False)
    ],
    form: Annotated[
        ExportFormat,
        typer.Option(
            "--format",
            help="extxyz: all final structures with energy, forces, stress; cif: one file each; "
            "json: the properties.",
        ),
    ] = ExportFormat.EXTXYZ,
    store: Store = None,
) -> None:
    """Export the structures or the properties of a study."""
    from workflows.export import export_study
    from workflows.study_run import open_results

    count = export_study(open_results(store), name, form.value, output)
    typer.echo(f"{count} written to {output}")


def _criteria(where: str) -> dict[str, Any]:
    try:
        criteria = json.loads(where)
    except json.JSONDecodeError as error:
        raise InputError(
            f"--where {where!r} is not JSON ({error}); expected a MongoDB filter such as "
            f'\'{{"bulk_hill": {{"$gt": 10}}}}\''
        ) from None
    if not isinstance(criteria, dict):
        raise InputError(f"--where {where!r}: expected a JSON object, such as '{{}}' for all")
    return criteria
