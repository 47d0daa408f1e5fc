"""Progress of a run: a live bar on a terminal, plain lines in a batch log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from workflows.local.events import Event
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
            ended, total = _counts(event)
            progress.update(task, completed=ended, total=total)
            if event.kind == "started":
                progress.update(task, description=escape(event.node.name))
            if event.kind in LOUD:
                label = f"[{LOUD[event.kind]}]{event.kind}[/]"
                progress.console.print(f"{label} {escape(_told(event))}", soft_wrap=True)

        yield show


def _line(console: Console, event: Event) -> None:
    now = datetime.now().astimezone()
    ended, total = _counts(event)
    text = f"{now:%H:%M:%S} [{ended}/{total}] {event.kind}: {_told(event)}"
    console.print(text, markup=False, soft_wrap=True)


def _counts(event: Event) -> tuple[int, int]:
    return sum(event.counts[state] for state in ENDED), sum(event.counts.values())


def _told(event: Event) -> str:
    if event.error is None:
        return event.node.name
    return f"{event.node.name}: {event.error} (in {event.directory})"
