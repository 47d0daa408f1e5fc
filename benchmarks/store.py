"""
Speed and memory of the SQLite store beside maggma's MemoryStore and MontyStore.

Each store is filled with the same documents in a process of its own; upserts and queries are then
timed on the filled store. ``$elemMatch``, sort and distinct use fields without an index, so their
time grows with the number of documents; their targets are meant for 10 000. Run
``python benchmarks/store.py --help`` for the options.
"""

import argparse
import itertools
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from maggma.core import Store
from maggma.stores import MemoryStore, MontyStore

from stores.sqlite import SQLiteStore

START = datetime(2026, 1, 1)  # noqa: DTZ001 - MongoDB returns naive dates
TARGETS = {
    "bulk upsert": "> 3000/s",
    "single upsert": "> 700/s",
    "by key": "< 2 ms",
    "newer than": "< 2 ms",
    "newer_in": "< 2 ms",
    "$elemMatch": "< 200 ms",
    "sort": "< 200 ms",
    "distinct": "< 200 ms",
    "peak memory": "< 300 MB",
}


def document(number: int) -> dict[str, Any]:
    """
    Make a document of about 5 kB, shaped like that of an elastic tensor.

    Parameters
    ----------
    number
        Determines the document.

    Returns
    -------
    dict
        With 6 x 6 tensors, 32 sites and 12 strained cells.
    """
    rng = np.random.default_rng(number)
    names = np.array(["Li3PS4", "Li7P3S11", "Li4P2S6", "Li7PS6", "Li2S"])
    return {
        "task_id": f"elastic-{number:07d}",
        "last_updated": START + timedelta(seconds=number),
        "formula": str(rng.choice(names)),
        "engine": {"name": str(rng.choice(["chgnet", "gpaw"])), "version": "0.4.2"},
        "warnings": [f"note {rng.integers(40)}"],
        "error": None,
        "elastic": {
            "constants": rng.normal(20, 10, (6, 6)).tolist(),
            "compliance": rng.normal(0, 0.05, (6, 6)).tolist(),
            "bulk_modulus": float(rng.normal(25, 5)),
        },
        "structure": {
            "lattice": rng.normal(8, 2, (3, 3)).tolist(),
            "species": ["Li"] * 12 + ["P"] * 4 + ["S"] * 16,
            "positions": np.round(rng.uniform(0, 1, (32, 3)), 6).tolist(),
        },
        "strains": [
            {
                "mode": mode % 6,
                "magnitude": 0.015 if mode < 6 else -0.015,
                "stress": rng.normal(0, 1, 6).tolist(),
                "energy": float(rng.normal(-130, 1)),
            }
            for mode in range(12)
        ],
    }


def operations(store: Store, other: Store, count: int) -> dict[str, Callable[[], Any]]:
    """
    List what is timed on a filled store.

    Parameters
    ----------
    store
        Holds ``count`` documents.
    other
        Lacks the last ten of them.
    count
        Number of documents.

    Returns
    -------
    dict
        Functions by name; each does one operation.
    """
    numbers = itertools.count()
    recent = START + timedelta(seconds=count - 11)
    strain = {"mode": 3, "energy": {"$gt": -127.0}}
    middle = f"elastic-{count // 2:07d}"
    return {
        "single upsert": lambda: store.update(document(next(numbers) * 7 % count)),
        "by key": lambda: next(store.query({"task_id": middle})),
        "newer than": lambda: list(store.query({"last_updated": {"$gt": recent}})),
        "newer_in": lambda: other.newer_in(store),
        "$elemMatch": lambda: list(store.query({"strains": {"$elemMatch": strain}})),
        "sort": lambda: list(store.query(sort={"elastic.bulk_modulus": -1}, limit=10)),
        "distinct": lambda: store.distinct("formula"),
    }


def timed(operation: Callable[[], Any], seconds: float = 2.0) -> tuple[float, float]:
    """
    Repeat an operation.

    Parameters
    ----------
    operation
        What to do.
    seconds
        Stop after this time, in s, or 500 times.

    Returns
    -------
    tuple of float
        Wall and CPU time of one operation, in s.
    """
    wall, cpu, repeats = time.perf_counter(), time.process_time(), 0
    while repeats < 500 and (time.perf_counter() - wall < seconds or not repeats):
        operation()
        repeats += 1
    return (time.perf_counter() - wall) / repeats, (time.process_time() - cpu) / repeats


def batches(count: int, size: int = 500) -> Iterator[list[dict[str, Any]]]:
    """
    Make documents.

    Parameters
    ----------
    count
        How many.
    size
        How many at a time.

    Yields
    ------
    list of dict
        The documents.
    """
    for start in range(0, count, size):
        yield [document(number) for number in range(start, min(start + size, count))]


def insert(store: Store, documents: list[dict[str, Any]]) -> None:
    """
    Insert new documents, in maggma's stores past their slow update.

    Parameters
    ----------
    store
        The store.
    documents
        None of them is in it.
    """
    if isinstance(store, SQLiteStore):
        store.update(documents)
    elif documents:
        store._collection.insert_many(documents)  # noqa: SLF001 - the only way to fill it in time


def measure(kind: str, count: int, folder: str) -> dict[str, tuple[float, ...]]:
    """
    Fill a store and time it.

    Parameters
    ----------
    kind
        ``"SQLiteStore"``, ``"MemoryStore"`` or ``"MontyStore"``.
    count
        Number of documents.
    folder
        Where its files go.

    Returns
    -------
    dict
        Wall and CPU time by operation, in s per document or operation, empty if the store lacks
        it; peak memory in MB.
    """
    names = ("one", "two")
    if kind == "SQLiteStore":
        store, other = (SQLiteStore(Path(folder) / "store.sqlite", name) for name in names)
    elif kind == "MemoryStore":
        store, other = map(MemoryStore, names)
    else:
        store, other = (MontyStore(name, database_path=folder) for name in names)
    store.connect()
    other.connect()
    result: dict[str, tuple[float, ...]] = {}
    wall = cpu = 0.0
    for batch in batches(count):
        slim = [{key: item[key] for key in ("task_id", "last_updated")} for item in batch]
        start = time.perf_counter(), time.process_time()
        insert(store, batch)
        wall += time.perf_counter() - start[0]
        cpu += time.process_time() - start[1]
        kept = [item for item in slim if item["task_id"] < f"elastic-{count - 10:07d}"]
        insert(other, kept)
    if kind == "SQLiteStore":
        result["bulk upsert"] = wall / count, cpu / count
    else:
        few = [document(number) for number in range(20)]
        each = timed(lambda: store.update(few))
        result["bulk upsert"] = each[0] / len(few), each[1] / len(few)
    for name, operation in operations(store, other, count).items():
        try:
            result[name] = timed(operation)
        except NotImplementedError:
            result[name] = ()
    result["peak memory"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,)
    return result


def shown(name: str, value: tuple[float, ...]) -> str:
    """
    Write one cell of the table.

    Parameters
    ----------
    name
        The operation.
    value
        Wall and CPU time in s, or memory in MB; empty if there is none.

    Returns
    -------
    str
        The cell.
    """
    if not value:
        return "not there"
    if name == "peak memory":
        return f"{value[0]:.0f} MB"
    if name.endswith("upsert"):
        return f"{1 / value[0]:.0f}/s ({1 / max(value[1], 1e-9):.0f}/s)"
    return f"{value[0] * 1e3:.2f} ({value[1] * 1e3:.2f}) ms"


def main() -> None:
    """Run the benchmark and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000, help="number of documents")
    parser.add_argument("--sqlite-only", action="store_true", help="leave out maggma's stores")
    options = parser.parse_args()
    kinds = ["SQLiteStore", "MemoryStore", "MontyStore"][: 1 if options.sqlite_only else 3]
    columns = []
    for kind in kinds:
        with (
            tempfile.TemporaryDirectory() as folder,
            multiprocessing.get_context("spawn").Pool(1) as pool,
        ):
            columns.append(pool.apply(measure, (kind, options.documents, folder)))
    size = len(orjson.dumps(document(0)))
    print(f"{options.documents} documents of {size} bytes; wall (CPU) of one operation")
    print(f"{'':15}{'target':>10}" + "".join(f"{kind:>26}" for kind in kinds))
    for name in columns[0]:
        cells = "".join(f"{shown(name, column[name]):>26}" for column in columns)
        print(f"{name:15}{TARGETS[name]:>10}{cells}")


if __name__ == "__main__":
    main()
