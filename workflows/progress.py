"""The progress of a run: a live bar on a terminal, one line per event in a batch log."""

from datetime import datetime
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from workflows.runner import Event
from workflows.schedule import ENDED, State

NAMES = 3
"""Running jobs that the bar names."""
LASTING = {"failed": "red", "retried": "yellow", "blocked": "yellow"}
"""Events that stay on the terminal above the bar, and their colours."""


class Progress:
    """
    Show the events of a run; give it to `run_flow` as `on_event`.

    Parameters
    ----------
    console : Console or None
        Where to; default: standard output.

    Examples
    --------
    >>> from workflows.progress import Progress
    >>> with Progress() as progress:  # doctest: +SKIP
    ...     run_flow(flow, run="test", ..., on_event=progress)
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console()
        self._running: dict[int, str] = {}
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[jobs]}", style="dim"),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, jobs="")

    def __enter__(self) -> Self:
        """Start to draw."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last state on the screen."""
        self._running.clear()
        self._bar.update(self._task, jobs="")
        self._bar.stop()

    def __call__(self, event: Event) -> None:
        """
        Show an event.

        Parameters
        ----------
        event : Event
            What happened.
        """
        if event.kind == "started":
            self._running[event.node.sequence] = event.node.name
        else:
            self._running.pop(event.node.sequence, None)
        if self.console.is_terminal:
            self._draw(event)
        elif event.kind != "added":
            now = datetime.now().astimezone().isoformat(" ", "seconds")
            self._line(f"{now} {event.kind} {_job(event)} [{_tally(event)}]")

    def _draw(self, event: Event) -> None:
        if event.kind in LASTING:
            colour = LASTING[event.kind]
            self._bar.print(f"[{colour}]{event.kind}[/{colour}] {escape(_job(event))}")
        names = list(self._running.values())
        more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
        self._bar.update(
            self._task,
            description=escape(event.run),
            completed=sum(event.counts[state] for state in ENDED),
            total=sum(event.counts.values()),
            jobs=escape(", ".join(names[:NAMES]) + more),
        )

    def _line(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


def _job(event: Event) -> str:
    text = f"{event.node.sequence} {event.node.name}"
    if event.error:
        text += f" ({event.error.splitlines()[0]}), see {event.directory}"
    return text


def _tally(event: Event) -> str:
    counts = event.counts
    parts = [f"{counts[State.DONE]} of {sum(counts.values())} done"]
    parts += [
        f"{counts[state]} {state}"
        for state in (State.RUNNING, State.FAILED, State.BLOCKED, State.CANCELLED)
        if counts[state]
    ]
    return ", ".join(parts)
