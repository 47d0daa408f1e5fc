"""A worker process of the local runner: takes jobs from a socket, one after the other."""

import ctypes
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from jobflow import CURRENT_JOB, SETTINGS, JobStore, Response
from maggma.core import Store
from monty.json import MontyDecoder

from workflows.local.parcel import Outcome, Parcel, Setup, Task, pack, passed_on, unpack
from workflows.local.schedule import Stop

logger = logging.getLogger(__name__)

LOG_FILE = "job.log"


def main() -> None:
    """Run jobs until the runner kills this process, or is gone itself."""
    link, lifeline = int(sys.argv[1]), int(sys.argv[2])
    for descriptor in map(int, sys.argv[1:]):
        os.set_inheritable(descriptor, False)
    threading.Thread(target=_die_with_runner, args=(lifeline,), daemon=True).start()
    home = Path.cwd()
    connection: Connection = Connection(link)
    setup: Setup = connection.recv()
    sys.path[:] = setup.path
    logging.basicConfig(
        stream=sys.stdout, level=logging.INFO, format=SETTINGS.LOG_FORMAT, force=True
    )
    store: JobStore = MontyDecoder().process_decoded(setup.store)
    store.connect()
    connection.send(None)
    while True:
        task: Task = connection.recv()
        connection.send(run(task, store))
        os.chdir(home)


def run(task: Task, store: JobStore) -> Outcome:
    """
    Run a job in its folder, with all that it prints or logs in ``job.log`` there.

    Parameters
    ----------
    task : Task
        The job.
    store : JobStore
        Where its inputs are and its output goes.

    Returns
    -------
    Outcome
        How it ended. Whatever the job raised is in it, and the traceback in ``job.log``.
    """
    try:
        task.directory.mkdir(parents=True, exist_ok=True)
        os.chdir(task.directory)
        with _written_to(task.directory / LOG_FILE):
            try:
                return _run(task, store)
            except BaseException:
                traceback.print_exc()
                raise
            finally:
                CURRENT_JOB.reset()
    except BaseException as error:  # noqa: BLE001 - a job may raise anything, SystemExit included
        return Outcome(error="".join(traceback.format_exception_only(error)).strip())


def _run(task: Task, store: JobStore) -> Outcome:
    job = unpack(task.text)
    if task.again:
        parts: dict[str, Store] = store.additional_stores  # type: ignore[has-type]
        for part in parts.values():
            part.remove_docs({"job_uuid": job.uuid, "job_index": job.index})
    response = job.run(store=store, job_dir=task.directory)
    if response.stored_data is not None:
        logger.warning("Response.stored_data is not kept by the local runner")
    return Outcome(
        stop=_stop(response),
        awaited=_packed(response.replace, response.detour),
        added=_packed(response.addition),
        passed_on=passed_on(job, response),
    )


def _packed(*flows: Any) -> tuple[list[Parcel], ...]:
    """Pack what a response brought, which `Job.run` has made into flows."""
    return tuple(pack(flow) for flow in flows if flow is not None)


def _stop(response: Response) -> Stop:
    if response.stop_jobflow:
        return Stop.RUN
    return Stop.CHILDREN if response.stop_children else Stop.NOTHING


@contextmanager
def _written_to(path: Path) -> Iterator[None]:
    """Send file descriptors 1 and 2 to a file, so that the output of engines lands there too."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    kept = os.dup(1), os.dup(2)
    try:
        _flush()
        os.dup2(log, 1)
        os.dup2(log, 2)
        yield
    finally:
        _flush()
        for number, descriptor in enumerate(kept, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(log)


def _flush() -> None:
    """Write out what Python and the C library hold back."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(ValueError, OSError):
            stream.flush()
    ctypes.CDLL(None).fflush(None)


def _die_with_runner(lifeline: int) -> None:
    """Wait until the runner's end of the pipe closes, then kill this process and its children."""
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
