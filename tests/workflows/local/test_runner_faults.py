"""The local runner under kill -9, signals and a second runner."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import jobs_for_tests as jobs
import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from run_for_tests import mixed

from physics.errors import InputError
from stores.jobstore import open_job_store
from workflows.local.events import Event, RunInterrupted
from workflows.local.lock import is_held
from workflows.local.runner import run_flow
from workflows.local.schedule import State
from workflows.local.summary import status

SCRIPT = Path(__file__).parent / "run_for_tests.py"
PATIENCE = 60.0
"""Seconds before a test that waits for another process gives up."""


def wait_for(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, "what the test waits for does not happen"
        time.sleep(0.005)
    return found


def gone(pid: int) -> bool:
    """Whether a process has ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


@contextmanager
def runner(folder: Path, case: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, SCRIPT, folder, case],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def execute(flow: Any, folder: Path, **more: Any) -> Any:
    path = folder / "store.sqlite"
    more = {"workers": 2, **more}
    return run_flow(
        flow, run="test", store=open_job_store(path), ledger=path, root=folder / "runs", **more
    )


def stored(folder: Path) -> dict[Any, Any]:
    """Documents of a run, each (uuid, index) once."""
    store = open_job_store(folder / "store.sqlite")
    store.connect()
    return jobs.documents(store)


def executions(folder: Path) -> Counter[str]:
    side = folder / "side"
    return Counter(side.read_text().splitlines() if side.exists() else [])


def ledger(folder: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(folder / "store.sqlite")) as connection:
        return connection.execute(query).fetchall()


def done(folder: Path) -> list[str]:
    return [name for (name,) in ledger(folder, "SELECT name FROM ledger_jobs WHERE state = 'done'")]


@pytest.fixture(scope="module")
def undisturbed() -> dict[Any, Any]:
    """Documents of the mixed flow as jobflow runs it."""
    store = JobStore(MemoryStore())
    store.connect()
    run_locally(mixed("", 0.0), store=store, log=False)
    return jobs.documents(store)


@pytest.mark.parametrize("seed", [1, 2])
def test_runner_killed_at_random_moments(
    seed: int, tmp_path: Path, undisturbed: dict[Any, Any]
) -> None:
    choice = random.Random(seed)
    kept: dict[str, int] = {}
    kills = 4
    for _ in range(kills):
        begun = executions(tmp_path).total()
        goal = begun + choice.randint(1, 6)
        with runner(tmp_path, "mixed") as process:
            wait_for(
                lambda p=process, g=goal: executions(tmp_path).total() >= g or p.poll() is not None
            )
            time.sleep(choice.uniform(0, 0.04))
            process.kill()
        wait_for(lambda: not is_held(tmp_path / "runs" / "test"))
        counts = executions(tmp_path)
        assert {name: counts[name] for name in kept} == kept
        kept = {name: counts[name] for name in done(tmp_path) if name in counts}
    summary = execute([], tmp_path)
    assert summary.succeeded
    assert stored(tmp_path) == undisturbed
    counts = executions(tmp_path)
    assert {name: counts[name] for name in kept} == kept
    assert max(counts.values()) <= 1 + kills
    assert set(counts.values()) != {1 + kills}


@pytest.mark.parametrize("seed", [1, 2])
def test_workers_killed_at_random_moments(
    seed: int, tmp_path: Path, undisturbed: dict[Any, Any]
) -> None:
    choice = random.Random(seed)
    killed: list[int] = []
    timers = []

    def kill(event: Event) -> None:
        sequence = event.node.sequence
        if event.kind != "started" or choice.random() < 0.6:
            return
        ((pid,),) = ledger(tmp_path, f"SELECT pid FROM ledger_jobs WHERE sequence = {sequence}")
        killed.append(pid)
        timers.append(threading.Timer(choice.uniform(0, 0.03), shoot, (pid,)))
        timers[-1].start()

    def shoot(pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    summary = execute(mixed(str(tmp_path / "side"), 0.02), tmp_path, on_event=kill)
    for timer in timers:
        timer.join()
    assert killed
    if not summary.succeeded:
        errors = [trouble.error for trouble in summary.failed]
        assert all("3 times in all" in error for error in errors), errors
        summary = execute([], tmp_path, retry_failed=True)
    assert summary.succeeded
    assert stored(tmp_path) == undisturbed
    attempts = dict(ledger(tmp_path, "SELECT name, attempts FROM ledger_jobs"))
    for name, count in executions(tmp_path).items():
        assert count <= attempts.get(name, count)


def test_an_undisturbed_run_executes_each_job_once(
    tmp_path: Path, undisturbed: dict[Any, Any]
) -> None:
    assert execute(mixed(str(tmp_path / "side"), 0.0), tmp_path).succeeded
    assert stored(tmp_path) == undisturbed
    assert set(executions(tmp_path).values()) == {1}
    assert executions(tmp_path).total() >= 25


def test_a_job_that_kills_its_worker_is_given_up(tmp_path: Path) -> None:
    deadly, once = jobs.die(str(tmp_path / "side")), jobs.die_once(str(tmp_path / "flag"))
    child = jobs.named(jobs.add(deadly.output), "child")
    siblings = [jobs.named(jobs.add(i, 1, str(tmp_path / "side")), "sibling") for i in range(5)]
    events: list[Event] = []
    summary = execute(Flow([deadly, once, child, *siblings]), tmp_path, on_event=events.append)
    assert summary.counts[State.DONE] == 6
    (failed,) = summary.failed
    assert failed.name == "die"
    assert "died by signal 9 (SIGKILL), 3 times in all" in failed.error
    assert failed.directory is not None
    assert failed.directory.name == "0001-die.3"
    assert [trouble.name for trouble in summary.blocked] == ["child"]
    assert executions(tmp_path)["die"] == 3
    told = Counter((event.kind, event.node.name) for event in events)
    assert told["retried", "die"] == 2
    assert told["retried", "die_once"] == 1
    assert told["done", "die_once"] == 1


def test_a_worker_that_exits_is_named_as_such(tmp_path: Path) -> None:
    summary = execute(jobs.exit_hard(7), tmp_path)
    assert "the worker exited with status 7, 3 times in all" in summary.failed[0].error


def test_a_large_object_of_a_lost_attempt_is_not_kept(tmp_path: Path) -> None:
    made = jobs.big_then_die(str(tmp_path / "flag"))
    assert execute(made, tmp_path).succeeded
    store = open_job_store(tmp_path / "store.sqlite")
    store.connect()
    assert store.get_output(made.uuid, load=True) == {"big": [1, 2, 3]}
    assert store.additional_stores["data"].count() == 1


def test_a_killed_worker_leaves_no_engine_behind(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    shot: list[int] = []

    def shoot() -> None:
        worker, engine = map(int, wait_for(lambda: pids.exists() and pids.read_text()).split())
        shot.append(engine)
        pids.unlink()
        os.kill(worker, signal.SIGKILL)

    thread = threading.Thread(target=lambda: [shoot() for _ in range(3)])
    thread.start()
    summary = execute(jobs.engine(str(pids)), tmp_path)
    thread.join()
    assert len(summary.failed) == 1
    assert len(shot) == 3
    for pid in shot:
        wait_for(lambda p=pid: gone(p))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_stopped_runner_leaves_nothing_behind(number: int, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with runner(tmp_path, "engine") as process:
        worker, engine = map(int, wait_for(lambda: pids.exists() and pids.read_text()).split())
        with pytest.raises(InputError, match=f"is being worked on .*: {process.pid} "):
            execute([], tmp_path)
        during = status(tmp_path / "store.sqlite", "test")
        process.send_signal(number)
        said, _ = process.communicate(timeout=PATIENCE)
    wait_for(lambda: gone(worker) and gone(engine))
    assert during.active
    assert during.counts[State.RUNNING] == 1
    # a worker without a job holds the lock until it has died too
    wait_for(lambda: not status(tmp_path / "store.sqlite", "test").active)
    after = status(tmp_path / "store.sqlite", "test")
    assert not after.finished
    assert after.counts[State.READY] == 1
    if number != signal.SIGKILL:
        assert f"run 'test' was stopped by {signal.Signals(number).name}: 0 of 1 jobs" in said
    pids.unlink()
    with runner(tmp_path, "engine"):
        wait_for(lambda: pids.exists() and pids.read_text())
        assert (tmp_path / "runs" / "test" / "0001-engine.2").is_dir()


def test_interrupted_and_resumed(tmp_path: Path, undisturbed: dict[Any, Any]) -> None:
    def interrupt(event: Event) -> None:
        if event.counts[State.DONE] == 7:
            os.kill(os.getpid(), signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(RunInterrupted, match=r"stopped by SIGINT: \d+ of \d+ jobs are done"):
        execute(mixed(str(tmp_path / "side"), 0.0), tmp_path, on_event=interrupt)
    assert signal.getsignal(signal.SIGINT) is handler
    counts = executions(tmp_path)
    before = {name: counts[name] for name in done(tmp_path) if name in counts}
    assert len(before) >= 6
    assert execute([], tmp_path).succeeded
    counts = executions(tmp_path)
    assert {name: counts[name] for name in before} == before
    assert stored(tmp_path) == undisturbed


def test_a_runner_waits_for_the_workers_of_a_lost_one(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "test"
    folder.mkdir(parents=True)
    held = (
        "import fcntl, os, sys, time; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX);"
        "f.write(f'999999999 {os.uname().nodename}'); f.flush(); print(flush=True); time.sleep(0.5)"
    )
    orphan = subprocess.Popen(
        [sys.executable, "-c", held, folder / "runner.lock"], stdout=subprocess.PIPE
    )
    assert orphan.stdout is not None
    orphan.stdout.readline()
    assert is_held(folder)
    begun: list[Event] = []
    assert execute(jobs.add(1), tmp_path, on_event=begun.append).succeeded
    assert begun
    assert orphan.poll() == 0
