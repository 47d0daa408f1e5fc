"""The ledger keeps what a transaction wrote, all or nothing, and says how runs stand."""

import dataclasses
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from physics.errors import InputError
from stores.jobstore import open_job_store
from workflows.local.ledger import Entry, Ledger
from workflows.local.lock import RunLock, is_held
from workflows.local.schedule import Node, State, Stop
from workflows.local.summary import status, summarise


def node(sequence: int, *parents: int, state: State = State.WAITING) -> Node:
    return Node(sequence, f"uuid-{sequence}", 1, f"job {sequence}", True, parents, state=state)


def fill(path: Path, *nodes: Node, run: str = "test") -> None:
    with Ledger(path) as ledger, ledger.transaction():
        ledger.create(run, path.parent / "runs" / run, "note")
        ledger.add(run, [Entry(n, f"text {n.sequence}") for n in nodes])


def test_jobs_come_back_as_they_were_left(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    first, second = node(1, state=State.READY), node(2, 1)
    third = Node(3, "uuid-1", 2, "again", False, (1, 2), (2,), origin=1, awaited=True)
    fill(path, first, second, third)
    fill(path, node(1), run="other")
    with Ledger(path) as ledger:
        assert ledger.nodes("test") == [first, second, third]
        with ledger.transaction():
            first.state, first.attempts = State.RUNNING, 2
            ledger.start("test", first, tmp_path / "0001-job-1", 4711)
        with ledger.transaction():
            first.state, first.stop, first.deaths = State.DONE, Stop.CHILDREN, 1
            second.state, second.cause = State.CANCELLED, 1
            ledger.change("test", first)
            ledger.change("test", second)
    with Ledger(path) as ledger:
        assert ledger.nodes("test") == [first, second, third]
        assert [ledger.job("test", i) for i in (1, 2, 3)] == ["text 1", "text 2", "text 3"]
        assert ledger.job("other", 1) == "text 1"
        assert ledger.root("test") == tmp_path / "runs" / "test"
        with ledger.transaction():
            ledger.remove("test", [3])
        assert ledger.nodes("test") == [first, second]
        assert ledger.nodes("other") == [node(1)]


def test_a_file_from_before_edges_told_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    fill(path, node(1), node(2, 1))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE ledger_edges DROP COLUMN reads")
    third = dataclasses.replace(node(3, 2), reads=(2,))
    with Ledger(path) as ledger, ledger.transaction():
        ledger.add("test", [Entry(third, "text")])
    with Ledger(path) as ledger:
        assert ledger.nodes("test") == [node(1), node(2, 1), third]


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    fill(path, node(1))
    changed = dataclasses.replace(node(1), state=State.DONE)

    def interrupted() -> None:
        with Ledger(path) as ledger, ledger.transaction():
            ledger.change("test", changed)
            ledger.add("test", [Entry(node(2), "text")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with Ledger(path) as ledger:
        assert ledger.nodes("test") == [node(1)]


def test_a_transaction_that_was_killed_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    fill(path, node(1))
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from workflows.local.ledger import Ledger, Entry\n"
        "from workflows.local.schedule import Node\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "def nodes(i): return [Entry(Node(i, f'u{i}', 1, 'n', True), 'text' * 100000)]\n"
        "with ledger.transaction(): ledger.add('test', nodes(2))\n"
        "with ledger.transaction():\n"
        "    ledger.add('test', [*nodes(3), *nodes(4)])\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, path], check=False)
    assert ended.returncode == -signal.SIGKILL
    with Ledger(path) as ledger:
        assert [n.sequence for n in ledger.nodes("test")] == [1, 2]


def test_summary_of_a_run(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    nodes = [node(i, state=State.READY) for i in range(1, 7)]
    fill(path, *nodes)
    with Ledger(path) as ledger, ledger.transaction():
        for n, state, cause in (
            (nodes[0], State.FAILED, None),
            (nodes[1], State.BLOCKED, 1),
            (nodes[2], State.CANCELLED, 4),
            (nodes[3], State.DONE, None),
            (nodes[4], State.RUNNING, None),
        ):
            n.state, n.cause = State.RUNNING, cause
            ledger.start("test", n, tmp_path / n.name, 1)
            n.state = state
            ledger.change("test", n, "ValueError: {no} format" if state is State.FAILED else None)
    summary = status(path, "test")
    assert summary.study == "note"
    assert summary.counts == {
        State.WAITING: 0,
        State.READY: 2,
        State.RUNNING: 0,
        State.DONE: 1,
        State.FAILED: 1,
        State.BLOCKED: 1,
        State.CANCELLED: 1,
    }
    assert not summary.active
    assert not summary.finished
    assert [(t.name, t.error, t.directory) for t in summary.failed] == [
        ("job 1", "ValueError: {no} format", tmp_path / "job 1")
    ]
    assert [(t.name, t.error) for t in summary.blocked] == [
        ("job 2", "it needs job 1, which failed")
    ]
    assert [(t.name, t.error) for t in summary.cancelled] == [("job 3", "stopped by job 4")]
    with RunLock(tmp_path / "runs" / "test"):
        during = status(path, "test")
    assert during.active
    assert during.counts[State.RUNNING] == 1


def test_runs_in_the_order_they_began(tmp_path: Path) -> None:
    for run in ("zeta", "alpha", "mu"):
        fill(tmp_path / "ledger", node(1), run=run)
    with Ledger(tmp_path / "ledger") as ledger:
        assert sorted(ledger.runs()) == ["alpha", "mu", "zeta"]
        created = [summarise(ledger, run).created for run in ledger.runs()]
    assert created == sorted(created)


def test_ledger_and_store_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = open_job_store(path)
    store.connect()
    fill(path, node(1))
    store.update([{"uuid": "u", "index": 1, "output": 1}])
    assert store.count() == 1
    assert status(path, "test").counts[State.WAITING] == 1


def test_a_missing_run_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run was started there yet"):
        status(tmp_path / "absent", "test")
    assert not list(tmp_path.iterdir())
    fill(tmp_path / "ledger", node(1))
    with pytest.raises(InputError, match="knows no run 'tset'; it knows: test"):
        status(tmp_path / "ledger", "tset")


def test_files_of_others_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("nothing like a database" * 100)
    with pytest.raises(InputError, match="not an SQLite database"):
        status(tmp_path / "text", "test")
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE things (a)")
    other.commit()
    other.close()
    with pytest.raises(InputError, match="another program"):
        status(tmp_path / "other", "test")


def test_the_lock_is_held_by_one(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    with RunLock(tmp_path):
        assert is_held(tmp_path)
        with pytest.raises(InputError, match=f"is being worked on .*: {os.getpid()} "):
            RunLock(tmp_path)
        assert is_held(tmp_path)
    assert not is_held(tmp_path)
    with RunLock(tmp_path):
        assert is_held(tmp_path)


def test_a_folder_that_cannot_be_locked(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be used for the run"):
        RunLock(tmp_path / "file" / "run")
