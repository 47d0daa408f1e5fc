"""What can go wrong: killed writers, many writers, forks, full disks, files that are not stores."""

import contextlib
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from physics.errors import InputError
from stores.sqlite import SQLiteStore, database

FORK = multiprocessing.get_context("fork")


def run_together(*targets: Callable[[], None]) -> None:
    """Run functions in processes of their own, all at once; each must end well."""
    processes = [FORK.Process(target=target) for target in targets]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0


def intact(path: Path) -> bool:
    """Check the file with a fresh connection of SQLite itself."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def test_four_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"

    def write(writer: int) -> Callable[[], None]:
        def write_500() -> None:
            with SQLiteStore(path) as store:
                for number in range(500):
                    store.update({"task_id": f"{writer}-{number}", "writer": writer})

        return write_500

    run_together(*map(write, range(4)))
    with SQLiteStore(path) as store:
        assert store.count() == 2000
        assert len(store.distinct("task_id")) == 2000
        assert [store.count({"writer": writer}) for writer in range(4)] == [500] * 4
    assert intact(path)


def test_writers_of_the_same_keys_make_no_duplicates(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"

    def write() -> None:
        with SQLiteStore(path) as store:
            for number in range(200):
                store.update({"task_id": number % 20, "pid": os.getpid()})

    run_together(write, write, write)
    with SQLiteStore(path) as store:
        assert sorted(store.distinct("task_id")) == list(range(20))
        assert store.count() == 20


def _write_until_killed(path: Path, acknowledge: int, payload: int) -> None:
    with SQLiteStore(path) as store:
        version = max(store.distinct("version"), default=0)
        while True:
            version += 1
            document = {"task_id": version % 10, "version": version, "text": "x" * payload}
            extra = {"task_id": f"kept {version}", "version": version, "text": ""}
            store.update([document, extra])
            os.write(acknowledge, version.to_bytes(8, "little"))


def test_no_acknowledged_document_is_lost_by_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    rng = random.Random(0)
    last = 0
    for _ in range(50):
        reader, writer = os.pipe()
        payload = rng.choice([10, 5_000, 200_000])
        process = FORK.Process(target=_write_until_killed, args=(path, writer, payload))
        process.start()
        os.close(writer)
        os.read(reader, 8)
        time.sleep(rng.uniform(0, 0.02))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        with os.fdopen(reader, "rb") as pipe:
            said = pipe.read()
        with SQLiteStore(path) as store:
            acknowledged = int.from_bytes(said[-8:], "little") if said else last + 1
            kept = store.distinct("version", {"task_id": {"$regex": "^kept"}})
            assert set(range(last + 1, acknowledged + 1)) <= set(kept)
            last = max(kept)
            for document in store.query({"task_id": {"$in": list(range(10))}}):
                assert set(document["text"]) <= {"x"}
                assert document["version"] >= last - 9
    assert last >= 50
    assert intact(path)


def test_connections_are_not_carried_over_a_fork(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = SQLiteStore(path)
    store.connect()
    store.update({"task_id": "parent"})
    parent = os.getpid()

    def write() -> None:
        for number in range(50):
            store.update({"task_id": f"{os.getpid() - parent} {number}"})
        store.close()

    processes = [FORK.Process(target=write) for _ in range(3)]
    for process in processes:
        process.start()
    for number in range(50):
        store.update({"task_id": f"parent {number}"})
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert store.count() == 201
    store.update({"task_id": "last"})
    store.close()
    with SQLiteStore(path) as fresh:
        assert fresh.count() == 202
    assert intact(path)


def test_file_is_closed_while_a_process_forks(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with SQLiteStore(path) as store:
        store.update({"task_id": 1})

        def opened() -> list[str]:
            links = Path("/proc/self/fd").iterdir()
            return [name for link in links if (name := os.path.realpath(link)) == str(path)]

        assert opened()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, str(len(opened())).encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(reader, 8) == b"0"
        assert store.count() == 1


def test_threads_share_a_store(tmp_path: Path) -> None:
    faults: list[BaseException] = []
    with SQLiteStore(tmp_path / "store.sqlite") as store:

        def work(thread: int) -> None:
            try:
                for number in range(40):
                    store.update({"task_id": f"{thread}-{number}", "thread": thread})
                    found = store.query({"thread": thread, "task_id": {"$regex": "-"}})
                    assert len(list(found)) == number + 1
            except BaseException as fault:  # noqa: BLE001 - raised again below
                faults.append(fault)

        threads = [threading.Thread(target=work, args=(thread,)) for thread in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not faults
        assert store.count() == 240


def test_processes_may_create_the_file_at_once(tmp_path: Path) -> None:
    for attempt in range(5):
        path = tmp_path / f"{attempt}.sqlite"

        def create(path: Path = path) -> None:
            with SQLiteStore(path, "jobs") as store:
                store.update({"task_id": os.getpid()})

        run_together(*[create] * 4)
        with SQLiteStore(path, "jobs") as store:
            assert store.count() == 4


def test_locked_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "TIMEOUT", 0.2)
    path = tmp_path / "store.sqlite"
    with SQLiteStore(path) as store:
        store.update({"task_id": 1})
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(InputError, match="stayed locked by another process"):
            store.update({"task_id": 2})
        assert store.count() == 1
        other.execute("ROLLBACK")
        other.close()
        store.update({"task_id": 2})
        assert store.count() == 2


@pytest.mark.parametrize(
    "content", [b"not a database, but text that is long enough " * 100, b"\0" * 4096]
)
def test_file_that_is_not_a_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "study.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not an SQLite database"):
        SQLiteStore(path).connect()
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_database_of_another_program(tmp_path: Path, journal: str) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("CREATE TABLE documents (id INTEGER, title TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(InputError, match="of another program"):
        SQLiteStore(path).connect()
    assert path.read_bytes() == before


def test_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with SQLiteStore(path) as store:
        store.update([{"task_id": number, "text": "x" * 900} for number in range(200)])
    content = bytearray(path.read_bytes())
    content[8192:] = os.urandom(len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged"), SQLiteStore(path) as store:
        list(store.query({"text": "y"}))


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder that does not exist"):
        SQLiteStore(tmp_path / "missing" / "store.sqlite").connect()
    assert not (tmp_path / "missing").exists()


def test_path_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        SQLiteStore(tmp_path).connect()


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mount file systems on folders of the test; needs root, for whom permissions mean nothing."""
    mounted: list[Path] = []

    def mount_(*options: str) -> Path:
        folder = tmp_path / "mounted"
        folder.mkdir(exist_ok=True)
        done = subprocess.run(
            ["mount", *options, str(folder)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount_
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("exists", [False, True])
def test_read_only_folder(mount: Callable[..., Path], tmp_path: Path, exists: bool) -> None:
    is_root = os.geteuid() == 0
    folder = mount("-t", "tmpfs", "tmpfs") if is_root else tmp_path
    path = folder / "store.sqlite"
    if exists:
        with SQLiteStore(path) as store:
            store.update({"task_id": 1})
    if is_root:
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    else:
        folder.chmod(0o555)
    with pytest.raises(InputError, match=r"cannot be (opened|written)"), SQLiteStore(path) as store:
        store.update({"task_id": 2})
    if not is_root:
        folder.chmod(0o755)


def test_full_disk_keeps_what_was_acknowledged(mount: Callable[..., Path]) -> None:
    folder = mount("-t", "tmpfs", "-o", "size=1m", "tmpfs")
    path = folder / "store.sqlite"
    (folder / "filler").write_bytes(b"x" * 300_000)
    acknowledged: list[Any] = []
    with SQLiteStore(path) as store:

        def fill() -> None:
            for number in range(10_000):
                batch = [{"task_id": f"{number} {part}", "text": "x" * 500} for part in range(3)]
                store.update(batch)
                acknowledged.extend(document["task_id"] for document in batch)

        with pytest.raises(InputError, match="full"):
            fill()
        assert 3 <= len(acknowledged) < 3_000
        assert [document["task_id"] for document in store.query()] == acknowledged
    with SQLiteStore(path) as store:
        assert [document["task_id"] for document in store.query()] == acknowledged
        (folder / "filler").unlink()
        store.update({"task_id": "repeated"})
        assert store.count() == len(acknowledged) + 1
    assert intact(path)


def test_full_disk_at_the_start(mount: Callable[..., Path]) -> None:
    folder = mount("-t", "tmpfs", "-o", "size=64k", "tmpfs")
    (folder / "filler").write_bytes(b"x" * 61_440)
    with pytest.raises(InputError, match="full"):
        SQLiteStore(folder / "store.sqlite").connect()
