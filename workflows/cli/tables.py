"""Tables on the terminal."""

from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stores.documents import PropertyDocument
from workflows.local.schedule import State
from workflows.local.summary import Summary
from workflows.notation import duration
from workflows.study_run import Outcome, Plan


def print_plan(plan: Plan) -> None:
    """
    Print what a study would run.

    Parameters
    ----------
    plan : Plan
        Jobs and cost.
    """
    console = Console()
    table = Table(title=f"Plan of study {plan.study}", show_footer=True)
    total = sum(group.count * group.seconds for group in plan.jobs)
    table.add_column("system", footer="total")
    table.add_column("step")
    table.add_column("engine")
    table.add_column("jobs", justify="right", footer=str(sum(g.count for g in plan.jobs)))
    table.add_column("CPU time each", justify="right")
    table.add_column("CPU time", justify="right", footer=duration(total))
    for group in plan.jobs:
        table.add_row(
            group.system,
            group.step,
            group.engine,
            str(group.count),
            duration(group.seconds),
            duration(group.count * group.seconds),
        )
    console.print(table)
    console.print(
        f"Estimates, about {duration(total / plan.workers)} with {plan.workers} workers. "
        f"Nothing was run."
    )
    if plan.unavailable:
        console.print(f"[red]The engine cannot run here:[/] {escape(plan.unavailable)}")


def print_status(summaries: list[Summary]) -> None:
    """
    Print how far studies are, and what failed in them.

    Parameters
    ----------
    summaries : list of Summary
        One for each study.
    """
    console = Console()
    table = Table(title="Studies")
    table.add_column("study")
    table.add_column("state")
    states = (State.DONE, State.RUNNING, State.READY, State.WAITING, State.FAILED, State.BLOCKED)
    for state in states:
        table.add_column(state.value, justify="right")
    for summary in summaries:
        table.add_row(
            summary.run, _state(summary), *(str(summary.counts[state]) for state in states)
        )
    console.print(table)
    for summary in summaries:
        _print_troubles(console, summary)


def print_outcome(outcome: Outcome) -> None:
    """
    Print the results of a study and where its report is.

    Parameters
    ----------
    outcome : Outcome
        What the study has given.
    """
    console = Console()
    _print_troubles(console, outcome.summary)
    for fault in outcome.faults:
        console.print(f"[red]not analysed[/] {escape(fault)}")
    for kind in dict.fromkeys(type(document) for document in outcome.properties):
        of_kind = [document for document in outcome.properties if type(document) is kind]
        if kind.line:
            console.print(_line_table(kind, of_kind))
        else:
            for document in of_kind:
                console.print(_property_table(document))
    for system, warning in dict.fromkeys(
        (document.system, warning)
        for document in outcome.properties
        for warning in document.warnings
    ):
        console.print(f"[yellow]warning[/] ({system}): {escape(warning)}")
    console.print(f"Store:  {outcome.store.resolve()}", markup=False, soft_wrap=True)
    console.print(f"Report: {outcome.report.resolve()}", markup=False, soft_wrap=True)


def print_frame(frame: pd.DataFrame, document: type[PropertyDocument], *, fit: bool) -> None:
    """
    Print a query.

    Parameters
    ----------
    frame : pandas.DataFrame
        Its rows.
    document : type of PropertyDocument
        What they are.
    fit : bool
        Whether columns that are too many for the terminal are left out, and named below.
    """
    console = Console()
    rows = [[_text(value) for value in row] for row in frame.itertuples(index=False)]
    table = Table(title=f"{document.collection}: {len(frame)}")
    left, shown = console.width - 1, 0
    for name, *cells in zip(map(str, frame.columns), *rows, strict=True):
        left -= max(len(name), *map(len, cells), 0) + 3
        if fit and left < 0:
            break
        table.add_column(name, overflow="fold")
        shown += 1
    for row in rows:
        table.add_row(*row[:shown])
    console.print(table)
    if hidden := list(map(str, frame.columns))[shown:]:
        console.print(
            f"Too wide for this terminal: {', '.join(hidden)}. Choose with --columns, or see all "
            f"with --format csv."
        )


def _line_table(kind: type[PropertyDocument], documents: list[PropertyDocument]) -> Table:
    table = Table(title=kind.collection)
    for name in kind.line:
        table.add_column(kind.model_fields[name].title or name, overflow="fold")
    for document in documents:
        table.add_row(*(_text(getattr(document, name)) for name in kind.line))
    return table


def _property_table(document: PropertyDocument) -> Table:
    table = Table(title=f"{document.system}: {document.collection}")
    table.add_column("quantity")
    table.add_column("value", justify="right")
    for name in document.columns:
        if name not in {"study", "system"}:
            title = type(document).model_fields[name].title or name
            table.add_row(title, _text(getattr(document, name)))
    return table


def _print_troubles(console: Console, summary: Summary) -> None:
    for trouble in summary.failed:
        console.print(f"[red]failed[/]  {escape(f'{trouble.name}: {trouble.error}')}")
        console.print(f"        look at {trouble.directory}/job.log", markup=False, soft_wrap=True)
    for trouble in summary.blocked:
        console.print(f"[red]blocked[/] {escape(f'{trouble.name}: {trouble.error}')}")
    if summary.failed:
        console.print(
            f"Correct the cause, then: thioflow study resume {summary.run} --retry-failed"
        )


def _state(summary: Summary) -> str:
    if summary.active:
        return "running"
    if not summary.finished:
        return "stopped"
    return "finished" if summary.succeeded else "failed"


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "-" if value is None else escape(str(value))
