"""The local runner: jobflow flows on worker processes of this machine, resumable after anything."""

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from jobflow import Flow, Job, JobStore
from jobflow.core.flow import get_flow
from maggma.core import Store
from maggma.stores import MemoryStore

from physics.errors import InputError
from workflows.local.crew import Crew, Worker
from workflows.local.events import Event, Kind, RunInterrupted
from workflows.local.ledger import Entry, Ledger
from workflows.local.lock import RunLock
from workflows.local.parcel import JSON_REMEDY, Outcome, Parcel, Task, pack
from workflows.local.retry import take_back
from workflows.local.schedule import Node, Schedule, State
from workflows.local.summary import Summary, status

DEATHS = 3
"""Workers that may die of a job before it counts as failed."""


def run_flow(
    flow: Flow | Job | list[Job],
    *,
    run: str,
    store: JobStore,
    ledger: Path,
    root: Path,
    workers: int,
    study: str = "",
    retry_failed: bool = False,
    on_event: Callable[[Event], None] | None = None,
) -> Summary:
    """
    Run a flow on worker processes, or continue its run.

    The result is that of jobflow's `run_locally`, in parallel: a job that fails stops what
    depends on it and nothing else. What the ledger has as done is never run again, whatever
    killed the runner, a worker or the machine in between.

    Parameters
    ----------
    flow : Flow, Job or list of Job
        What to run. Ignored if the ledger has the run already, which is then continued.
    run : str
        Name of the run, and of its folder in `root`.
    store : JobStore
        Where outputs go; of a kind that several processes can use.
    ledger : Path
        SQLite file for the state of runs. In the file of the store, a power failure cannot tear
        outputs and state apart.
    root : Path
        Folder of the runs. Each job works in ``<root>/<run>/<sequence>-<name>``, a second
        attempt in the same name with ``.2``, with its output and traceback in ``job.log``.
    workers : int
        Number of worker processes.
    study : str
        Kept with a new run for the caller.
    retry_failed : bool
        Run failed jobs of the run again, and all that depends on them.
    on_event : callable or None
        Called with each `Event`, in this process and thread.

    Returns
    -------
    Summary
        How the run stands: everything that could run has run.

    Raises
    ------
    InputError
        If flow, store, names or folders cannot be used, or another runner works on the run.
    RunInterrupted
        If SIGINT or SIGTERM stopped the runner.
    """
    _check(run, workers)
    described = _describe(store)
    folder = root.resolve() / run
    parcels = [] if _knows(ledger, run, folder) else _pack(flow, run)
    store.connect()
    with RunLock(folder) as lock, Ledger(ledger) as book:
        if run in book.runs():
            with book.transaction():
                book.move(run, folder)
            if retry_failed:
                take_back(book, run, store)
            schedule = Schedule(book.nodes(run))
        else:
            schedule = Schedule()
            entries = _entries(1, parcels)
            schedule.add([entry.node for entry in entries])
            with book.transaction():
                book.create(run, folder, study)
                book.add(run, entries)
        with Crew(workers, described, folder, [lock.descriptor]) as crew:
            _Runner(run, book, schedule, crew, folder, on_event or (lambda _: None)).work()
    return status(ledger, run)


def resume(
    run: str,
    *,
    store: JobStore,
    ledger: Path,
    root: Path,
    workers: int,
    retry_failed: bool = False,
    on_event: Callable[[Event], None] | None = None,
) -> Summary:
    """
    Continue a run.

    Parameters
    ----------
    run, store, ledger, root, workers, retry_failed, on_event
        As for `run_flow`.

    Returns
    -------
    Summary
        How the run stands: everything that could run has run.

    Raises
    ------
    InputError
        If the ledger has no such run, or as in `run_flow`.
    RunInterrupted
        If SIGINT or SIGTERM stopped the runner.
    """
    status(ledger, run)
    return run_flow(
        [],
        run=run,
        store=store,
        ledger=ledger,
        root=root,
        workers=workers,
        retry_failed=retry_failed,
        on_event=on_event,
    )


@dataclass
class _Runner:
    """
    The loop that hands out jobs and books how they end.

    Each turn makes one transaction of all that happened since the last and of all that is handed
    out next; only then workers get their tasks and the caller its events.
    """

    run: str
    ledger: Ledger
    schedule: Schedule
    crew: Crew
    folder: Path
    tell: Callable[[Event], None]
    events: list[Event] = field(default_factory=list)

    def work(self) -> None:
        """Run all that can be run."""
        news: list[tuple[Worker, Outcome | str]] = []
        with _signals() as (wake, asked):
            while True:
                with self.ledger.transaction():
                    for worker, outcome in news:
                        self._book(worker, outcome)
                    idle = [] if asked else self.crew.idle
                    handed = [
                        self._assign(worker, node)
                        for worker, node in zip(idle, self.schedule.take(len(idle)), strict=False)
                    ]
                for worker, task in handed:
                    worker.give(task)
                for event in self.events:
                    self.tell(event)
                self.events.clear()
                if asked:
                    raise RunInterrupted(self._interruption(asked[0]))
                if not self.schedule.ready and not self.schedule.running:
                    return
                self.crew.grow(self.schedule.ready + self.schedule.running)
                news = self.crew.wait(wake)

    def _assign(self, worker: Worker, node: Node) -> tuple[Worker, Task]:
        worker.node = node
        directory = self.folder / _folder_name(node)
        self.ledger.start(self.run, node, directory, worker.process.pid)
        text = self.ledger.job(self.run, node.sequence)
        self._note("started", node, directory)
        return worker, Task(text=text, directory=directory, again=node.attempts > 1)

    def _book(self, worker: Worker, outcome: Outcome | str) -> None:
        node, worker.node = worker.node, None
        if node is None:
            return
        directory = self.folder / _folder_name(node)
        if isinstance(outcome, Outcome) and outcome.error is None:
            self._book_done(node, outcome, directory)
            return
        if isinstance(outcome, Outcome):
            error = outcome.error
        else:
            node.deaths += 1
            error = f"the worker {outcome}"
            if node.deaths < DEATHS:
                self.schedule.put_back(node)
                self.ledger.change(self.run, node, error)
                self._note("retried", node, directory, error)
                return
            error = (
                f"{error}, {node.deaths} times in all. A signal 9 that nobody sent is most often "
                f"the system being out of memory."
            )
        _, *changed = self.schedule.fail(node)
        self.ledger.change(self.run, node, error)
        self._note("failed", node, directory, error)
        self._book_changed(changed)

    def _book_done(self, node: Node, outcome: Outcome, directory: Path) -> None:
        entries: list[Entry] = []
        last = self.schedule.last if outcome.awaited or outcome.added else 0
        for awaited, flows in ((True, outcome.awaited), (False, outcome.added)):
            for parcels in flows:
                first = last + len(entries) + 1
                entries += _entries(first, parcels, node.sequence, awaited=awaited)
        brought = [entry.node for entry in entries]
        _, *changed = self.schedule.finish(node, brought, outcome.stop, outcome.passed_on)
        self.ledger.change(self.run, node)
        self.ledger.add(self.run, entries)
        for entry in entries:
            self._note("added", entry.node)
        self._note("done", node, directory)
        self._book_changed(changed)

    def _book_changed(self, changed: list[Node]) -> None:
        for node in changed:
            self.ledger.change(self.run, node)
            if node.state is State.BLOCKED:
                self._note("blocked", node)
            elif node.state is State.CANCELLED:
                self._note("cancelled", node)

    def _note(
        self,
        kind: Kind,
        node: Node,
        directory: Path | None = None,
        error: str | None = None,
    ) -> None:
        counts = {state: self.schedule.counts[state] for state in State}
        self.events.append(Event(kind, self.run, node, counts, directory, error))

    def _interruption(self, number: int) -> str:
        counts = self.schedule.counts
        return (
            f"run {self.run!r} was stopped by {signal.Signals(number).name}: "
            f"{counts[State.DONE]} of {counts.total()} jobs are done and kept, "
            f"{counts[State.RUNNING]} were running and will run again. Resume it to go on."
        )


@contextmanager
def _signals() -> Iterator[tuple[int, list[int]]]:
    """Turn SIGINT and SIGTERM into entries of a list and a byte in a pipe, to be met in peace."""
    wake, told = os.pipe()
    asked: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        asked.append(number)
        os.write(told, b"!")

    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, note)
    try:
        yield wake, asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(wake)
        os.close(told)


def _check(run: str, workers: int) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", run):
        raise InputError(
            f"a run cannot be called {run!r}: its name is that of a folder; use letters, digits, "
            f"dots, underscores and hyphens"
        )
    if workers < 1:
        raise InputError(f"workers={workers}: a run needs at least 1 worker process")


def _describe(store: JobStore) -> dict[str, Any]:
    """Write a job store as a dictionary that another process can open it by."""
    parts: dict[str, Store] = store.additional_stores  # type: ignore[has-type]
    for part in (store.docs_store, *parts.values()):
        if isinstance(part, MemoryStore):
            raise InputError(
                f"the job store keeps {part.name!r} as {type(part).__name__}, in the memory of "
                f"one process; workers need one that several processes can write, such as "
                f"stores.jobstore.open_job_store(path) or a MongoStore"
            )
    return store.as_dict()


def _knows(path: Path, run: str, folder: Path) -> bool:
    """Say whether the ledger has the run, which then belongs in the folder given."""
    if not path.is_file():
        return False
    with Ledger(path) as ledger:
        if run not in ledger.runs():
            return False
        kept = ledger.root(run)
    if kept != folder and kept.is_dir():
        raise InputError(
            f"run {run!r} has its folder at {kept}, given was {folder}. Give {kept.parent} as the "
            f"folder of runs; a run can move only when its old folder is gone."
        )
    return True


def _pack(flow: Flow | Job | list[Job], run: str) -> list[Parcel]:
    try:
        return pack(get_flow(flow))
    except InputError:
        raise
    except (AttributeError, TypeError) as error:
        raise InputError(
            f"the flow of run {run!r} cannot be written as JSON: {error}. {JSON_REMEDY}"
        ) from error
    except ValueError as error:
        raise InputError(f"the flow of run {run!r} cannot be run: {error}") from error


def _entries(
    first: int, parcels: list[Parcel], origin: int | None = None, *, awaited: bool = False
) -> list[Entry]:
    """Give the jobs of a packed flow their numbers, from `first`."""
    return [
        Entry(
            Node(
                sequence=sequence,
                uuid=parcel.uuid,
                index=parcel.index,
                name=parcel.name,
                strict=parcel.strict,
                parents=tuple(first + parent for parent in parcel.parents),
                reads=tuple(first + parent for parent in parcel.reads),
                origin=origin,
                awaited=awaited,
            ),
            parcel.text,
        )
        for sequence, parcel in enumerate(parcels, start=first)
    ]


def _folder_name(node: Node) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", node.name.lower())[:48].strip("-") or "job"
    return f"{node.sequence:04d}-{slug}" + (f".{node.attempts}" if node.attempts > 1 else "")
