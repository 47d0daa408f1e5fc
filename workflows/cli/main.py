"""The ``thioflow`` command and how it ends."""

import os
import sys
import warnings
from typing import Annotated

import typer

from physics.errors import InputError
from workflows.cli import analyse, boundaries, data, dynamics, engines, glasses, potentials, study

app = typer.Typer(
    name="thioflow",
    help="Grain boundaries, elasticity, transport and barriers of lithium thiophosphates, each "
    "number traceable to the calculation it came from.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(study.app, name="study")
app.add_typer(boundaries.app, name="gb")
app.add_typer(potentials.app, name="mtp")
app.add_typer(glasses.app, name="glass")
app.command("md")(dynamics.md)
app.command("analyse")(analyse.analyse)
app.command("engines")(engines.engines)
app.command("build")(data.build)
app.command("query")(data.query)
app.command("report")(data.report)
app.command("export")(data.export)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"thioflow {version('thioflow')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Options before the verb."""


def main() -> None:
    """
    Run the command line.

    Exit status: 0 done, 1 some jobs failed, 2 unusable input (nothing was written), 130
    interrupted.
    """
    os.environ.setdefault(
        "OMP_WAIT_POLICY", "passive"
    )  # threads that wait leave the core to others
    for known in ("Some jobs are not connected", "Issues encountered while parsing CIF"):
        warnings.filterwarnings("ignore", message=known)
    try:
        app()
    except InputError as error:
        _complain(str(error))
        sys.exit(2)


def _complain(message: str) -> None:
    for line in message.splitlines():
        typer.secho(f"Error: {line}", fg=typer.colors.RED, err=True)
