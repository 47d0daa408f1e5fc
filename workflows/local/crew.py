"""The crew of a runner: its worker processes."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Self

from physics.errors import InputError
from workflows.local.parcel import Outcome, Setup, Task
from workflows.local.schedule import Node

LOG_FILE = "workers.log"
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
"""Set to a worker's share of the cores, unless they are set already."""
ROUNDS = 0.5
"""Seconds between looks after workers whose death makes no sound."""
PATIENCE = 3
"""Workers that may die while starting, one after the other, before the run is given up."""


class Worker:
    """
    One worker process, leader of a process group of its own.

    Parameters
    ----------
    process : subprocess.Popen
        The process.
    connection : Connection
        The runner's end of the socket to it.
    """

    def __init__(self, process: subprocess.Popen[bytes], connection: Connection) -> None:
        self.process = process
        self.connection = connection
        self.up = False
        self.node: Node | None = None

    def give(self, task: Task) -> None:
        """
        Hand a task over.

        Parameters
        ----------
        task : Task
            The task. If the worker has just died, `Crew.wait` says so next.
        """
        with suppress(OSError):
            self.connection.send(task)

    def kill(self, patience: float = 0) -> str:
        """
        Kill the process and all that it started.

        Parameters
        ----------
        patience : float
            Seconds to wait for the process itself to end before.

        Returns
        -------
        str
            How the process ended.
        """
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.connection.close()
        status = self.process.wait()
        if status >= 0:
            return f"exited with status {status}"
        return f"died by signal {-status} ({signal.Signals(-status).name})"


class Crew:
    """
    Up to a number of worker processes, started when there is work.

    Parameters
    ----------
    size : int
        Most workers.
    store : dict
        The job store as a dictionary.
    folder : Path
        Folder of the run, in which workers stay between jobs.
    inherited : iterable of int
        File descriptors that workers hold as long as they live.
    """

    def __init__(
        self, size: int, store: dict[str, Any], folder: Path, inherited: Iterable[int]
    ) -> None:
        self.size = size
        self.workers: list[Worker] = []
        self._false_starts = 0
        self._setup = Setup(path=[str(Path(entry).absolute()) for entry in sys.path], store=store)
        self._folder = folder
        self._inherited = tuple(inherited)
        self._lifeline, self._own_end = os.pipe()
        threads = max(1, cores() // size)
        self._environment = {**dict.fromkeys(THREAD_VARIABLES, str(threads)), **os.environ}

    def __enter__(self) -> Self:
        """Return the crew itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill all workers and what they started."""
        for worker in self.workers:
            worker.kill()
        os.close(self._own_end)
        os.close(self._lifeline)

    @property
    def idle(self) -> list[Worker]:
        """Workers that can take a task."""
        return [worker for worker in self.workers if worker.up and worker.node is None]

    def grow(self, tasks: int) -> None:
        """
        Start workers, as far as tasks and size allow.

        Parameters
        ----------
        tasks : int
            Number of tasks that wait or run.
        """
        while len(self.workers) < min(tasks, self.size):
            self.workers.append(self._start())

    def wait(self, wake: int) -> list[tuple[Worker, Outcome | str]]:
        """
        Wait until something happens to a worker.

        Parameters
        ----------
        wake : int
            File descriptor that ends the wait when it can be read.

        Returns
        -------
        list of (Worker, Outcome or str)
            Workers that finished their task, and how; workers that are dead, and of what. The
            dead have left the crew.

        Raises
        ------
        InputError
            If workers cannot start.
        """
        by_connection = {worker.connection: worker for worker in self.workers}
        heard = wait([*by_connection, wake], timeout=ROUNDS)
        news: list[tuple[Worker, Outcome | str]] = []
        for worker in self.workers:
            if worker.connection in heard:
                try:
                    outcome = worker.connection.recv()
                except (EOFError, OSError):
                    news.append((worker, self._bury(worker)))
                    continue
                if worker.up:
                    news.append((worker, outcome))
                worker.up = True
                self._false_starts = 0
            elif not heard and worker.process.poll() is not None:
                news.append((worker, self._bury(worker)))
        self.workers = [worker for worker in self.workers if not worker.connection.closed]
        return news

    def _start(self) -> Worker:
        own, other = socket.socketpair()
        kept = (other.fileno(), self._lifeline, *self._inherited)
        with (self._folder / LOG_FILE).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - this interpreter, arguments are numbers
                [sys.executable, "-P", "-m", "workflows.local.worker", *map(str, kept)],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=kept,
            )
        other.close()
        worker = Worker(process, Connection(own.detach()))
        with suppress(OSError):
            worker.connection.send(self._setup)
        return worker

    def _bury(self, worker: Worker) -> str:
        death = worker.kill(ROUNDS)
        if not worker.up:
            self._false_starts += 1
        if self._false_starts == PATIENCE:
            log = self._folder / LOG_FILE
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise InputError(
                f"worker processes cannot start: the last one {death}. Last line of {log}: "
                f"{''.join(last) or 'none'}. Correct the installation or the store it names, "
                f"then resume the run."
            )
        return death


def cores() -> int:
    """
    Count the cores that this process may use.

    Returns
    -------
    int
        At least 1.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
