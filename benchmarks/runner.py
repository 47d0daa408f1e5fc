"""
Overhead of the local runner: 1000 trivial jobs, beside jobflow's `run_locally`.

Run with ``python benchmarks/runner.py [--jobs N]``. Wall time is from the call to its return; "per
job" leaves out the start of the worker processes (from the first job done to the last). CPU time
is that of the runner and its workers together. The target is 5 ms a job.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from operator import add
from pathlib import Path

from jobflow import Flow, Job, JobStore, run_locally
from maggma.stores import MemoryStore
from rich.console import Console
from rich.table import Table

from stores.jobstore import open_job_store
from workflows.local.events import Event
from workflows.local.runner import run_flow

TARGET = 5.0


@dataclass(frozen=True)
class Measured:
    """Seconds of one run: wall, CPU, and wall per job without the start of workers."""

    wall: float
    cpu: float
    job: float


def chain(jobs: int) -> Flow:
    """Make jobs of which each needs the one before."""
    made = [Job(add, (0, 1))]
    made += [Job(add, (0, 1)) for _ in range(jobs - 1)]
    for before, after in pairwise(made):
        after.function_args = (before.output, 1)
    return Flow(made)


def independent(jobs: int) -> Flow:
    """Make jobs that need nothing."""
    return Flow([Job(add, (i, 1)) for i in range(jobs)])


SHAPES: dict[str, Callable[[int], Flow]] = {
    "independent": independent,
    "chain": chain,
}


def measure(jobs: int, execute: Callable[[list[float]], None]) -> Measured:
    """Time a run; `execute` notes when jobs end, if it knows."""
    ends: list[float] = []
    wall, cpu = time.perf_counter(), cpu_seconds()
    execute(ends)
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    return Measured(wall, cpu, (ends[-1] - ends[0]) / (jobs - 1) if ends else wall / jobs)


def cpu_seconds() -> float:
    """Sum the CPU time of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def by_runner(flow: Flow, folder: Path, workers: int) -> Callable[[list[float]], None]:
    """Prepare a run on worker processes."""

    def execute(ends: list[float]) -> None:
        def note(event: Event) -> None:
            if event.kind == "done":
                ends.append(time.perf_counter())

        summary = run_flow(
            flow,
            run="benchmark",
            store=open_job_store(folder / "store.sqlite"),
            ledger=folder / "store.sqlite",
            root=folder / "runs",
            workers=workers,
            on_event=note,
        )
        assert summary.succeeded

    return execute


def by_jobflow(flow: Flow, store: JobStore) -> Callable[[list[float]], None]:
    """Prepare a run in this process."""

    def execute(_: list[float]) -> None:
        run_locally(flow, store=store, log=False, ensure_success=True)

    return execute


def main() -> None:
    """Measure all and print the table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    jobs = parser.parse_args().jobs
    table = Table(title=f"{jobs} trivial jobs (target: {TARGET} ms a job)")
    for column in ("flow", "executed by", "wall s", "CPU s", "ms a job"):
        table.add_column(column, justify="left" if column in {"flow", "executed by"} else "right")
    for shape, make in SHAPES.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for part in ("1", "2", "jobflow"):
                (folder / part).mkdir()
            runs = {
                "runner, 1 worker": by_runner(make(jobs), folder / "1", 1),
                "runner, 2 workers": by_runner(make(jobs), folder / "2", 2),
                "run_locally, SQLite": by_jobflow(
                    make(jobs), open_job_store(folder / "jobflow" / "store.sqlite")
                ),
                "run_locally, memory": by_jobflow(make(jobs), JobStore(MemoryStore())),
            }
            for label, execute in runs.items():
                found = measure(jobs, execute)
                table.add_row(
                    shape,
                    label,
                    f"{found.wall:.2f}",
                    f"{found.cpu:.2f}",
                    f"{1000 * found.job:.2f}",
                )
    Console().print(table)


if __name__ == "__main__":
    main()
