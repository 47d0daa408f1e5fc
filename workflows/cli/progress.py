"""Progress of runs and analyses: live on a terminal, plain lines of runs in a batch log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

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


@contextmanager
def frames_counted() -> Iterator[Callable[[Path], None] | None]:
    """
    Show how many frames of which file were read, on a terminal.

    Yields
    ------
    callable or None
        Takes the file of each frame; None where nothing is shown.
    """
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed} frames read"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[Path, TaskID] = {}

        def count(file: Path) -> None:
            if file not in tasks:
                tasks[file] = progress.add_task(escape(str(file)), total=None)
            progress.advance(tasks[file])

        yield count
