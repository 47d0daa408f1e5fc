"""Runs of molecular dynamics on the terminal."""

from pathlib import Path

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from stores.documents import DynamicsDocument


def print_run(document: DynamicsDocument, folder: Path) -> None:
    """
    Print what a run gave.

    Parameters
    ----------
    document : DynamicsDocument
        The run.
    folder : Path
        Where it is.
    """
    elements = list(document.stages[0].displacements)
    graded = any(stage.largest_grade is not None for stage in document.stages)
    title = f"{document.label}: {len(document.structure)} atoms, {document.engine}"
    table = Table(title=title, box=SIMPLE)
    table.add_column("stage", no_wrap=True)
    headings = ["ps", "T (K)", "p (GPa)", "ρ (g/cm³)", *(f"{e} Δr² (Å²)" for e in elements)]
    for heading in (*headings, "grade") if graded else headings:
        table.add_column(heading, justify="right")
    for stage in document.stages:
        grade = "" if stage.largest_grade is None else f"{stage.largest_grade:.2f}"
        cells = [
            stage.name,
            f"{stage.steps * document.protocol.time_step / 1000:.2f}",
            f"{stage.temperature:.0f}±{stage.temperature_sd:.0f}",
            "" if stage.pressure is None else f"{stage.pressure:.3f}",
            f"{stage.density:.3f}",
            *(f"{stage.displacements[element]:.2f}" for element in elements),
        ]
        table.add_row(*cells, *([grade] if graded else []))
    console = Console()
    console.print(table)
    console.print("Means are over the second half of each stage, Δr² from its start to its end.")
    for warning in document.warnings:
        typer.secho(f"Warning: {warning}", fg=typer.colors.YELLOW, err=True)
    kept = document.extrapolating
    if kept is not None and kept.frames:
        typer.echo(f"Kept, extrapolating: {kept.frames} configurations in {kept.path}")
    typer.echo(f"Written: {document.trajectory.frames} frames in {folder}")
