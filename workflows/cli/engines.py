"""``thioflow engines``."""

from typing import Annotated

import typer


def engines(
    check: Annotated[
        str | None, typer.Argument(help="Only this engine; exit status 2 if it cannot run here.")
    ] = None,
) -> None:
    """List the engines: what each can do, its cost, and whether it is available here."""
    from rich.console import Console
    from rich.table import Table

    from makers.engines import ENGINES, get_engine

    chosen = [get_engine(check)] if check else list(ENGINES.values())
    console = Console()
    table = Table(title="Engines")
    for column in ("name", "here", "level of theory", "stress", "elements", "CPU time"):
        table.add_column(column, overflow="fold")
    for engine in chosen:
        table.add_row(
            engine.name,
            "[red]no[/]" if engine.why_unavailable() else "[green]yes[/]",
            engine.functional,
            "yes" if engine.stress else "no",
            " ".join(sorted(engine.elements)) or "all",
            f"{engine.seconds:g} s",
        )
    console.print(table)
    console.print("CPU time: energy, forces and stress of 32 atoms on one core.")
    for engine in chosen:
        console.print(f"[bold]{engine.name}[/]: {engine.caveat}.", soft_wrap=True)
        if reason := engine.why_unavailable():
            console.print(f"  not available: {reason}", markup=False, soft_wrap=True)
    if check:
        chosen[0].require()
