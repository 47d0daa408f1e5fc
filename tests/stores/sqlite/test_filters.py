"""Filters in SQL: decided there where they can be, looked up where there is an index."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId

from physics.errors import InputError
from stores.sqlite import SQLiteStore
from stores.sqlite.codec import encode
from stores.sqlite.filters import translate

DATE = datetime(2026, 1, 1)  # noqa: DTZ001 - MongoDB returns naive dates
DOCUMENT = {
    "text": "relax",
    "whole": 3,
    "real": 0.3,
    "date": DATE,
    "id": ObjectId("0" * 24),
    "yes": True,
    "null": None,
    "tags": ["a", "b", 4],
    "output": {"energy": -3.5, "sites": [{"species": "Li", "charge": 0.9}, {"species": "S"}]},
    "brace {x}": 1,
}
DECIDED = [
    ({"text": "relax"}, True),
    ({"text": {"$ne": "relax"}}, False),
    ({"text": {"$in": ["static", "relax"]}}, True),
    ({"text": {"$nin": ["static", None]}}, True),
    ({"text": {"$gt": "r", "$lt": "s"}}, True),
    ({"text": {"$gte": 3}}, False),
    ({"whole": 3}, True),
    ({"whole": 3.0}, True),
    ({"whole": {"$gt": 2.5, "$lte": 3}}, True),
    ({"real": {"$gt": 0.29}}, True),
    ({"real": {"$lt": 0.29}}, False),
    ({"real": 0.31}, False),
    ({"real": {"$in": [1, 2]}}, False),
    ({"date": DATE}, True),
    ({"date": {"$gt": DATE}}, False),
    ({"date": {"$lte": DATE}}, True),
    ({"id": ObjectId("0" * 24)}, True),
    ({"yes": True}, True),
    ({"null": None}, True),
    ({"missing": None}, True),
    ({"missing": {"$exists": False}}, True),
    ({"text": {"$exists": True}}, True),
    ({"output.missing": {"$exists": True}}, False),
    ({"tags": "b"}, True),
    ({"tags": {"$gt": 3}}, True),
    ({"tags": {"$ne": "b"}}, False),
    ({"tags": {"$elemMatch": {"$gte": 4, "$lt": 5}}}, True),
    ({"output.energy": {"$lt": -3}}, True),
    ({"output.energy": {"$not": {"$lt": -3}}}, False),
    ({"output.sites": {"$elemMatch": {"species": "Li", "charge": {"$gt": 0.5}}}}, True),
    ({"output.sites": {"$elemMatch": {"species": "S", "charge": {"$gt": 0.5}}}}, False),
    ({"output.sites.species": "S"}, True),
    ({"output.sites.species": "P"}, False),
    ({"$or": [{"text": "x"}, {"$and": [{"whole": 3}, {"yes": True}]}]}, True),
    ({"$nor": [{"text": "x"}, {"whole": 4}]}, True),
    ({"$comment": "none", "text": "relax"}, True),
    ({}, True),
]
LEFT_TO_MONGOMOCK = [
    ({"text": {"$regex": "^re"}}, True),
    ({"tags": {"$all": ["a", 4]}}, True),
    ({"tags": {"$size": 2}}, False),
    ({"tags.1": "b"}, True),
    ({"tags": ["a", "b", 4]}, True),
    ({"output": {"energy": -3.5}}, False),
    ({"real": 0.3}, True),
    ({"real": {"$gte": 0.3}}, True),
    ({"brace {x}": 1}, True),
    ({"$nor": [{"$nor": [{"$nor": [{"$nor": [{"whole": 3}]}]}]}]}, True),
    ({"text": {"$type": "string"}}, True),
    ({"$expr": {"$gt": ["$whole", 2]}}, True),
]


class Asked(Exception):  # noqa: N818 - no error, but an answer
    """SQL could not decide."""


def answer(criteria: dict[str, Any], *, ask: bool) -> bool:
    where = translate(criteria)
    asked = []

    def matches(text: str) -> bool:
        asked.append(text)
        return where.matches(text)

    connection = sqlite3.connect(":memory:")
    connection.create_function("matches", 1, matches)
    row = connection.execute(
        f"SELECT count(*) FROM (SELECT :document AS doc) WHERE {where.condition}",
        {**where.values, "document": encode(DOCUMENT)},
    ).fetchone()
    connection.close()
    assert bool(asked) == ask
    return bool(row[0])


@pytest.mark.parametrize(("criteria", "expected"), DECIDED, ids=str)
def test_sql_decides(criteria: dict[str, Any], expected: bool) -> None:
    assert answer(criteria, ask=False) == expected


@pytest.mark.parametrize(("criteria", "expected"), LEFT_TO_MONGOMOCK, ids=str)
def test_mongomock_decides_the_rest(criteria: dict[str, Any], expected: bool) -> None:
    assert answer(criteria, ask=True) == expected


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    with SQLiteStore(tmp_path / "store.sqlite") as made:
        yield made


@pytest.mark.parametrize(
    "criteria",
    [
        {"task_id": "a"},
        {"task_id": {"$in": ["a", "b", 3]}},
        {"task_id": {"$gte": "a"}, "name": "x"},
        {"$and": [{"name": "x"}, {"task_id": 5}]},
        {"last_updated": {"$gt": DATE}},
        {"output.energy": {"$lt": -3.5}},
        {"output.energy": None},
    ],
    ids=str,
)
def test_indexed_fields_are_looked_up(store: SQLiteStore, criteria: dict[str, Any]) -> None:
    store.ensure_index("output.energy")
    where = translate(criteria, ["task_id", "last_updated", "output.energy"])
    with store._collection.database.reading() as connection:
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN SELECT id FROM documents WHERE {where.condition}", where.values
        ).fetchall()
    steps = [row[3] for row in plan if "json_each" not in row[3]]
    assert any("SEARCH documents USING" in step for step in steps)
    assert not any(step.startswith("SCAN documents") for step in steps)


def test_index_of_an_earlier_connection_is_used(store: SQLiteStore) -> None:
    for field in ("output.energy", "Output.Energy", "odd name"):
        store.ensure_index(field)
    store.ensure_index("code", unique=True)
    with SQLiteStore(store.path) as other:
        assert other._collection._indexed == {
            "task_id",
            "last_updated",
            "output.energy",
            "Output.Energy",
            "odd name",
        }


@pytest.mark.parametrize("direction", [1, -1])
def test_newest_is_read_from_the_index(store: SQLiteStore, direction: int) -> None:
    store.update([{"task_id": number, "last_updated": DATE} for number in range(5)])
    with store._collection.database.reading() as connection:
        statements: list[str] = []
        connection.set_trace_callback(statements.append)
        found = store.query_one(sort={"last_updated": direction})
        connection.set_trace_callback(None)
        assert found == {"task_id": 0, "last_updated": DATE}
        (sort,) = [text for text in statements if "ORDER BY" in text]
        plan = connection.execute(f"EXPLAIN QUERY PLAN {sort}").fetchall()
    assert "INDEX documents last_updated" in plan[0][3]


def test_filters_of_any_size(store: SQLiteStore) -> None:
    store.update([{"task_id": f"t{number}", "number": number} for number in range(50)])
    many = [f"t{number}" for number in range(40_000)]
    assert store.count({"task_id": {"$in": many}}) == 50
    assert store.count({"task_id": {"$nin": many}}) == 0
    assert store.count({"$or": [{"number": number} for number in range(25)]}) == 25
    assert store.count({"$or": [{"number": number} for number in range(3_000)]}) == 50
    deep: dict[str, Any] = {"number": 7}
    for _ in range(100):
        deep = {"$and": [deep, {"task_id": {"$ne": "t0"}}]}
    assert store.count(deep) == 1


@pytest.mark.parametrize("indexed", [[], ["a", "a.b"]])
@pytest.mark.parametrize(
    "part",
    [
        {"a.b": None, "a": False},
        {"a.b": {"$in": [1, 0.5, "x", None, True, DATE]}},
        {"a": {"$elemMatch": {"a.b": None, "b": {"$in": [1, 0.5, None]}, "c": {"$ne": DATE}}}},
        {"a.b.c.d": {"$gt": 0.5}},
        {"a.b": {"$not": {"$not": {"$not": {"$gt": 0.5}}}}},
    ],
    ids=str,
)
def test_nested_filters_do_not_exceed_the_parser_of_sqlite(
    store: SQLiteStore, part: dict[str, Any], indexed: list[str]
) -> None:
    for field in indexed:
        store.ensure_index(field)
    store.update({"task_id": 1, "a": {"b": {"c": {"d": 2}}}})
    for way in ("$and", "$or", "$nor"):
        store.remove_docs({way: [{way: [{way: [part, {"x": 1}]}, part]}, part], **part, "y": 1})
    assert store.count() == 1


@pytest.mark.parametrize(
    ("criteria", "reason"),
    [
        ({"a": {"$foo": 1}}, r"unknown operator: \$foo"),
        ({"$foo": []}, r"unknown top level operator: \$foo"),
        ({"$and": []}, "nonempty array"),
        ({"a": {"$in": 5}}, "needs an array"),
        ({"$where": "this.a == 1"}, "run code"),
        ({"$or": [{"$where": "this.a == 1"}]}, "run code"),
        (["a"], "expected a dictionary"),
        ({1: 2}, "key 1 of type int"),
        ({"a": {"$elemMatch": {1: 2}}}, "key 1 of type int"),
    ],
    ids=str,
)
def test_filters_that_mongodb_would_refuse(store: SQLiteStore, criteria: Any, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        store.count(criteria)
    with pytest.raises(InputError, match=reason):
        store.remove_docs(criteria)


def test_error_within_matches_names_the_filter(store: SQLiteStore) -> None:
    store.update({"task_id": 1, "a": ["x"]})
    with pytest.raises(InputError, match="which MongoDB would refuse"):
        store.count({"task_id": 1, "a": {"$type": "nonsense"}})
    with pytest.raises(InputError, match="unterminated"):
        store.count({"a": {"$regex": "(x"}})
