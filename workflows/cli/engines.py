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
    table = Table(
        title="Engines", caption="cost: CPU seconds for energy, forces and stress of 32 atoms"
    )
    for column in ("name", "available", "level of theory", "elements", "stress", "cost", "remark"):
        table.add_column(column, overflow="fold")
    for engine in chosen:
        reason = engine.why_unavailable()
        table.add_row(
            engine.name,
            "[green]yes[/]" if reason is None else f"[red]no[/]: {reason}",
            engine.functional,
            ", ".join(sorted(engine.elements)) or "all",
            "yes" if engine.stress else "no",
            f"{engine.seconds:g} s",
            engine.caveat,
        )
    Console().print(table)
    if check:
        chosen[0].require()
