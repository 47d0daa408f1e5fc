"""Progress of a run: a live bar on a terminal, plain lines in a batch log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from workflows.local.runner import Event
from workflows.local.schedule import ENDED

LOUD = {"failed": "red", "blocked": "red", "retried": "yellow", "cancelled": "yellow"}


@contextmanager
def shown() -> Iterator[Callable[[Event], None]]:
    """
    Show the events of a run.

    Yields
    ------
    callable
        Takes each event; give it to the runner.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        yield lambda event: _line(console, event)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("starting", total=None)

        def show(event: Event) -> None:
            ended = sum(event.counts[state] for state in ENDED)
            progress.update(task, completed=ended, total=sum(event.counts.values()))
            if event.kind == "started":
                progress.update(task, description=event.node.name)
            if event.kind in LOUD:
                message = f"[{LOUD[event.kind]}]{event.kind}[/] {event.node.name}"
                progress.console.print(f"{message}: {event.error}" if event.error else message)
                if event.kind == "failed":
                    progress.console.print(f"  in {event.directory}", soft_wrap=True)

        yield show


def _line(console: Console, event: Event) -> None:
    ended = sum(event.counts[state] for state in ENDED)
    total = sum(event.counts.values())
    text = (
        f"{datetime.now().astimezone():%H:%M:%S} [{ended}/{total}] {event.kind}: {event.node.name}"
    )
    if event.error:
        text += f": {event.error} (in {event.directory})"
    console.print(text, markup=False, soft_wrap=True)
