"""The SQLite store as maggma's documentation describes a store, beside maggma's MemoryStore."""

import copy
import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError
from maggma.builders.map_builder import CopyBuilder
from maggma.core import Sort, Store, StoreError
from maggma.stores import MemoryStore
from maggma.validators import JSONSchemaValidator
from monty.json import MontyDecoder, MontyEncoder
from monty.serialization import dumpfn

from physics.errors import InputError
from stores.sqlite import SQLiteStore

START = datetime(2026, 1, 1)  # noqa: DTZ001 - MongoDB returns naive dates
DOCUMENTS = [
    {
        "task_id": number,
        "name": ["relax", "static", "md"][number % 3],
        "output": {"energy": -0.5 * number, "sites": [{"species": "Li", "charge": number}]},
        "tags": ["all", f"tag{number % 2}"],
        "last_updated": START + timedelta(seconds=number),
    }
    for number in range(10)
]


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SQLiteStore]:
    with SQLiteStore(tmp_path / "store.sqlite") as store:
        yield store


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Give each test both stores in turn: what it asserts holds for either."""
    made = MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "store.sqlite")
    with made:
        yield made


def plain(documents: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in doc.items() if key != "_id"} for doc in documents]


def ids(documents: Any) -> list[Any]:
    return [doc["task_id"] for doc in documents]


def test_query_returns_documents_in_order_of_insertion(store: Store) -> None:
    store.update(DOCUMENTS)
    assert plain(store.query()) == DOCUMENTS
    assert plain(store.query({"task_id": 3})) == [DOCUMENTS[3]]
    assert plain([store.query_one({"name": "md"})]) == [DOCUMENTS[2]]
    assert store.query_one({"name": "neb"}) is None
    assert store.count() == 10
    assert store.count({"name": "relax"}) == 4


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({}, range(10)),
        ({"task_id": {"$in": [1, 5, 99]}}, [1, 5]),
        ({"task_id": {"$gte": 3, "$lt": 5}}, [3, 4]),
        ({"output.energy": {"$lt": -4}}, [9]),
        ({"tags": "tag1", "name": {"$ne": "md"}}, [1, 3, 7, 9]),
        ({"tags": {"$all": ["all", "tag0"]}, "name": "md"}, [2, 8]),
        ({"tags": {"$size": 2}, "task_id": 4}, [4]),
        ({"output.sites": {"$elemMatch": {"species": "Li", "charge": {"$gt": 7}}}}, [8, 9]),
        ({"output.sites.charge": 6}, [6]),
        ({"output.sites.0.charge": 6}, [6]),
        ({"name": {"$regex": "^re"}, "task_id": {"$gt": 5}}, [6, 9]),
        ({"output.error": {"$exists": False}, "task_id": 0}, [0]),
        ({"output.error": None, "task_id": 0}, [0]),
        ({"$or": [{"task_id": 1}, {"output.energy": -1.0}]}, [1, 2]),
        ({"$nor": [{"task_id": {"$lt": 9}}]}, [9]),
        ({"last_updated": {"$gt": START + timedelta(seconds=7.5)}}, [8, 9]),
        ({"last_updated": {"$lt": datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)}}, [0]),
    ],
)
def test_filters(store: Store, criteria: dict[str, Any], expected: Any) -> None:
    store.update(DOCUMENTS)
    assert ids(store.query(criteria)) == list(expected)
    assert store.count(criteria) == len(expected)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ({"task_id": -1}, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ({"task_id": Sort.Descending}, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ({"output.energy": 1}, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ({"name": 1, "output.energy": -1}, [2, 5, 8, 0, 3, 6, 9, 1, 4, 7]),
        ({"name": -1}, [1, 4, 7, 0, 3, 6, 9, 2, 5, 8]),
        ({"tags": 1, "task_id": -1}, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    ],
)
def test_sort_skip_limit(store: Store, sort: dict[str, Any], expected: list[int]) -> None:
    store.update(DOCUMENTS)
    assert ids(store.query(sort=sort)) == expected
    assert ids(store.query(sort=sort, skip=2, limit=3)) == expected[2:5]
    assert (
        ids(store.query({"task_id": {"$gt": 1}}, sort=sort, limit=2))
        == [number for number in expected if number > 1][:2]
    )


def test_skip_and_limit_without_sort(store: Store) -> None:
    store.update(DOCUMENTS)
    assert ids(store.query(skip=8)) == [8, 9]
    assert ids(store.query(skip=8, limit=1)) == [8]
    assert ids(store.query({"name": "relax"}, skip=1, limit=2)) == [3, 6]
    assert ids(store.query({"task_id": {"$gt": 2}}, skip=1, limit=2)) == [4, 5]


WITHOUT_OUTPUT = {key: value for key, value in DOCUMENTS[0].items() if key != "output"}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (["task_id"], {"task_id": 0}),
        (["task_id", "output.energy"], {"task_id": 0, "output": {"energy": 0.0}}),
        (["output.sites.charge", "output.missing"], {"output": {"sites": [{"charge": 0}]}}),
        ({"task_id": 1, "_id": 0}, {"task_id": 0}),
        ({"output": 0}, WITHOUT_OUTPUT),
        (
            {"output.sites.charge": 0, "output.energy": 0},
            {**WITHOUT_OUTPUT, "output": {"sites": [{"species": "Li"}]}},
        ),
        ({"_id": 0}, DOCUMENTS[0]),
        ({"_id": 1}, {}),
        ([], DOCUMENTS[0]),
    ],
)
def test_properties(store: Store, properties: Any, expected: dict[str, Any]) -> None:
    store.update(DOCUMENTS[:1])
    assert plain(store.query(properties=copy.copy(properties))) == [expected]


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"a": 1, "b": 0}, "includes some fields and excludes others"),
        ({"a": {"$slice": 1}}, "operators are not supported"),
        (["a", "a.b"], "names a.b and a part that holds it"),
        (["a.b", "a"], "names a and a part of it"),
    ],
)
def test_properties_that_contradict_are_refused(
    sqlite: SQLiteStore, properties: Any, reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        next(sqlite.query(properties=properties))


def test_distinct(store: Store) -> None:
    store.update(DOCUMENTS)
    assert set(store.distinct("name")) == {"relax", "static", "md"}
    assert set(store.distinct("tags")) == {"all", "tag0", "tag1"}
    assert set(store.distinct("output.sites.species")) == {"Li"}
    assert set(store.distinct("task_id", {"output.energy": {"$lt": -3}})) == {7, 8, 9}
    assert store.distinct("output.sites", {"task_id": 2}) == [{"species": "Li", "charge": 2}]
    assert store.distinct("missing") == []


def test_groupby(store: Store) -> None:
    store.update(DOCUMENTS)
    properties = ["task_id"]
    groups = list(store.groupby("name", properties=properties))
    assert [(key, ids(docs)) for key, docs in groups] == [
        ({"name": "md"}, [2, 5, 8]),
        ({"name": "relax"}, [0, 3, 6, 9]),
        ({"name": "static"}, [1, 4, 7]),
    ]
    assert [
        (key, ids(docs))
        for key, docs in store.groupby(
            ["output.energy", "name"], {"task_id": {"$lt": 2}}, properties
        )
    ] == [
        ({"output": {"energy": -0.5}, "name": "static"}, [1]),
        ({"output": {"energy": 0.0}, "name": "relax"}, [0]),
    ]
    assert list(store.groupby("missing", properties=properties)) == []


def test_groupby_without_properties_gives_whole_documents(sqlite: SQLiteStore) -> None:
    sqlite.update(DOCUMENTS)
    assert list(sqlite.groupby("task_id"))[4] == ({"task_id": 4}, [DOCUMENTS[4]])


def test_update_replaces_the_first_document_with_the_key(store: Store) -> None:
    store.update(DOCUMENTS)
    store.update({"task_id": 3, "name": "new"})
    assert plain(store.query({"task_id": 3})) == [{"task_id": 3, "name": "new"}]
    assert store.count() == 10
    assert ids(store.query())[3] == 3
    store.update([{"task_id": 50, "name": "md", "version": n} for n in (1, 2)], key="name")
    assert [d.get("version") for d in store.query({"name": "md"})] == [2, None, None]


def test_update_by_several_keys_keeps_each_combination(store: Store) -> None:
    documents = [{"uuid": "u", "index": n, "value": n} for n in (1, 2)]
    store.update(documents, key=["uuid", "index"])
    store.update({"uuid": "u", "index": 2, "value": 5}, key=["uuid", "index"])
    assert [doc["value"] for doc in store.query({"uuid": "u"})] == [1, 5]


def test_remove_docs(store: Store) -> None:
    store.update(DOCUMENTS)
    store.remove_docs({"tags": "tag1"})
    assert ids(store.query()) == [0, 2, 4, 6, 8]
    store.remove_docs({})
    assert store.count() == 0


def test_ensure_index(store: Store) -> None:
    store.update(DOCUMENTS)
    assert store.ensure_index("output.energy")
    assert store.ensure_index("output.energy")
    assert store.ensure_index("task_id", unique=True)
    assert not store.ensure_index("name", unique=True)
    assert ids(store.query({"output.energy": -2.0})) == [4]


def test_unique_index_refuses_a_second_document(sqlite: SQLiteStore) -> None:
    assert sqlite.ensure_index("code", unique=True)
    sqlite.update({"task_id": 1, "code": "a"})
    sqlite.update({"task_id": 2})
    with pytest.raises(InputError, match="unique index"):
        sqlite.update([{"task_id": 3, "code": "b"}, {"task_id": 4, "code": "a"}])
    with pytest.raises(InputError, match="unique index"):
        sqlite.update({"task_id": 5})
    assert ids(sqlite.query()) == [1, 2]


@pytest.mark.parametrize("kind", ["datetime", "isoformat"])
def test_last_updated_and_newer_in(tmp_path: Path, kind: str) -> None:
    def dated(number: int, seconds: int) -> dict[str, Any]:
        date = START + timedelta(seconds=seconds)
        return {"task_id": number, "last_updated": date if kind == "datetime" else f"{date:%FT%T}"}

    path = tmp_path / "store.sqlite"
    options = {"last_updated_type": kind}
    makers = [
        lambda name: MemoryStore(name, **options),
        lambda name: SQLiteStore(path, name, **options),
    ]
    answers = []
    for make in makers:
        with make("source") as source, make("target") as target:
            assert target.last_updated == datetime.min  # noqa: DTZ901 - maggma's answer
            source.update([dated(number, number) for number in range(5)])
            assert set(target.newer_in(source)) == set(range(5))
            target.update([dated(0, 0), dated(1, 1), dated(3, 2)])
            assert target.last_updated == START + timedelta(seconds=2)
            answers.append(
                [
                    set(target.newer_in(source)),
                    set(target.newer_in(source, exhaustive=True)),
                    set(target.newer_in(source, criteria={"task_id": {"$lt": 4}}, exhaustive=True)),
                ]
            )
    assert answers[1] == answers[0]
    assert answers[1][1:] == [{2, 3, 4}, {2, 3}]


def test_last_updated_missing_is_an_error_as_in_maggma(store: Store) -> None:
    store.update({"task_id": 1})
    with pytest.raises(StoreError, match="last_updated"):
        _ = store.last_updated


def test_collections_of_one_file_are_apart(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    names = ["jobs", "a b", 'quo"te', "Δ", "select"]
    for name in names:
        with SQLiteStore(path, name) as store:
            store.update({"task_id": name})
    for name in names:
        with SQLiteStore(path, name) as store:
            assert ids(store.query()) == [name]
    with pytest.raises(InputError, match="differs in case only"):
        SQLiteStore(path, "Jobs").connect()


@pytest.mark.parametrize("arguments", [("",), (":memory:",), ("a", ""), ("a", "sqlite_x")])
def test_unusable_names_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="expected"):
        SQLiteStore(*arguments)


def test_validator_is_asked(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"task_id": {"type": "integer"}}}
    for strict in (True, False):
        validator = JSONSchemaValidator(schema=schema, strict=strict)
        with SQLiteStore(tmp_path / f"{strict}.sqlite", validator=validator) as store:
            store.update({"task_id": 1})
            if strict:
                with pytest.raises(ValidationError, match="integer"):
                    store.update([{"task_id": 2}, {"task_id": "x"}])
                assert store.count() == 1
            else:
                store.update([{"task_id": 2}, {"task_id": "x"}])
                assert ids(store.query()) == [1, 2]


def test_update_without_the_key_is_refused(sqlite: SQLiteStore) -> None:
    with pytest.raises(InputError, match="without the key 'task_id'"):
        sqlite.update([{"task_id": 1}, {"name": "x"}])
    assert sqlite.count() == 0


def test_use_before_connect_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        SQLiteStore(tmp_path / "store.sqlite").count()
    assert not list(tmp_path.iterdir())


def test_query_survives_writes_in_between(sqlite: SQLiteStore) -> None:
    sqlite.update(DOCUMENTS)
    seen = []
    for document in sqlite.query(sort={"task_id": 1}):
        seen.append(document["task_id"])
        sqlite.update({**document, "seen": True})
        sqlite.remove_docs({"task_id": 7})
    assert seen == [0, 1, 2, 3, 4, 5, 6, 8, 9]
    assert sqlite.count({"seen": True}) == 9


def test_large_results_come_in_batches(sqlite: SQLiteStore) -> None:
    big = [{"task_id": number, "text": "x" * 300_000} for number in range(12)]
    sqlite.update(big)
    assert ids(sqlite.query()) == list(range(12))
    assert ids(sqlite.query(skip=3, limit=7)) == list(range(3, 10))


def test_round_trips(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "store.sqlite", "jobs", "uuid", "completed_at", "isoformat")
    store.connect()
    store.update({"uuid": "u", "completed_at": "2026-01-01T00:00:00"})
    copies = [
        SQLiteStore.from_dict(store.as_dict()),
        pickle.loads(pickle.dumps(store)),
        json.loads(json.dumps(store, cls=MontyEncoder), cls=MontyDecoder),
    ]
    for other in copies:
        assert other == store
        assert hash(other) == hash(store)
        assert other.as_dict() == store.as_dict()
        with other:
            assert other.last_updated == START
    assert store != SQLiteStore(store.path, "other")
    assert store != MemoryStore()


def test_relative_path_does_not_follow_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = SQLiteStore("store.sqlite")
    (tmp_path / "job").mkdir()
    monkeypatch.chdir(tmp_path / "job")
    with pickle.loads(pickle.dumps(store)):
        assert (tmp_path / "store.sqlite").exists()


def test_mrun_with_two_processes_fills_the_target(tmp_path: Path) -> None:
    source = SQLiteStore(tmp_path / "store.sqlite", "source")
    target = SQLiteStore(tmp_path / "store.sqlite", "target")
    with source:
        source.update([{**DOCUMENTS[n % 10], "task_id": n} for n in range(60)])
    dumpfn(CopyBuilder(source, target), tmp_path / "builder.json")
    mrun = shutil.which("mrun", path=str(Path(sys.executable).parent))
    assert mrun is not None
    done = subprocess.run(
        [mrun, "-n", "2", str(tmp_path / "builder.json")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with target:
        assert target.count() == 60
        assert sorted(target.distinct("task_id")) == list(range(60))
