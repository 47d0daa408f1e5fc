"""Random documents and filters: the SQLite store answers as maggma's MemoryStore does."""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from maggma.stores import MemoryStore

from stores.sqlite import SQLiteStore

Fill = Callable[[list[dict[str, Any]]], tuple[MemoryStore, SQLiteStore]]
NAMES = st.sampled_from(["a", "b", "c", "$x", "0", "ä"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(".".join).filter(lambda p: p[0] != "$")
DATES = st.sampled_from(
    [
        datetime(2026, 1, 1),  # noqa: DTZ001 - MongoDB returns naive dates
        datetime(2026, 1, 1, 0, 0, 0, 1999),  # noqa: DTZ001
        datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        datetime(2025, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
    ]
)
NUMBERS = st.one_of(
    st.integers(-2, 3),
    st.sampled_from([2**53, 2**53 + 1, 2**63 - 1, -(2**63), 10**15]),
    st.sampled_from([0.5, -0.0, 1.0, 2.0, 0.1 + 0.2, 0.3, 1e300, -1e22, 5e-324, 2.0**53]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.just(math.inf),
    st.just(-math.inf),
)
TEXTS = st.sampled_from(["", "a", "b", "ab", "a\0", "[1]", '{"$": 1}', "é", 'q"\\', "1"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    TEXTS,
    DATES,
    st.sampled_from([ObjectId("0" * 24), ObjectId("1" * 24)]),
    st.sampled_from([b"", b"a", b"\0\1"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
DOCUMENTS = st.lists(st.dictionaries(NAMES.filter(lambda n: n != "$x"), VALUES), max_size=6)
COMPARISONS = st.sampled_from(["$gt", "$gte", "$lt", "$lte"])


def _operators(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    single = st.one_of(
        st.dictionaries(st.sampled_from(["$eq", "$ne"]), values, min_size=1),
        st.dictionaries(COMPARISONS, values, min_size=1, max_size=2),
        st.dictionaries(st.sampled_from(["$in", "$nin"]), st.lists(values, max_size=3), min_size=1),
        st.fixed_dictionaries({"$exists": st.booleans()}),
        st.fixed_dictionaries({"$size": st.integers(0, 2)}),
        st.fixed_dictionaries({"$all": st.lists(values, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"$regex": st.sampled_from(["a", "^a$"])}),
        st.fixed_dictionaries({"$elemMatch": st.dictionaries(NAMES, values, min_size=1)}),
        st.fixed_dictionaries(
            {"$elemMatch": st.dictionaries(COMPARISONS | st.just("$eq"), values, min_size=1)}
        ),
    )
    return single | st.fixed_dictionaries({"$not": single})


CONDITIONS = st.dictionaries(PATHS, VALUES | SCALARS | _operators(VALUES | SCALARS), max_size=2)
FILTERS = st.recursive(
    CONDITIONS,
    lambda inner: st.dictionaries(
        st.sampled_from(["$and", "$or", "$nor"]),
        st.lists(inner, min_size=1, max_size=2),
        min_size=1,
        max_size=1,
    ),
    max_leaves=3,
)


@pytest.fixture(params=[[], ["a", "b", "a.b", "a.c"]], ids=["plain", "indexed"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fill]:
    """Make both stores hold the same documents."""
    sqlite = SQLiteStore(tmp_path / "laws.sqlite", key="number")
    sqlite.connect()
    for field in request.param:
        assert sqlite.ensure_index(field)

    def fill(documents: list[dict[str, Any]]) -> tuple[MemoryStore, SQLiteStore]:
        memory = MemoryStore(key="number")
        memory.connect()
        sqlite.remove_docs({})
        numbered = [{**document, "number": i} for i, document in enumerate(documents)]
        for store in (memory, sqlite):
            store.update(numbered)
        return memory, sqlite

    yield fill
    sqlite.close()


def _answer(ask: Callable[[], Any]) -> Any:
    """Return what a store answers, or that it refuses; mongomock refuses in many ways."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - of whatever kind
        return type(error)


def _canonical(value: Any) -> Any:
    """Tell apart what Python's == does not, and let NaN equal itself."""
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items() if key != "_id"}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return repr(value) if isinstance(value, float) else (type(value).__name__, value)


laws = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@laws
@given(DOCUMENTS)
def test_documents_return_as_from_memory_store(
    filled: Fill, documents: list[dict[str, Any]]
) -> None:
    memory, sqlite = filled(documents)
    assert _canonical(list(sqlite.query())) == _canonical(list(memory.query()))


@laws
@given(DOCUMENTS, FILTERS)
def test_filters(filled: Fill, documents: list[dict[str, Any]], criteria: dict[str, Any]) -> None:
    memory, sqlite = filled(documents)
    expected = _answer(lambda: [doc["number"] for doc in memory.query(criteria)])
    found = _answer(lambda: [doc["number"] for doc in sqlite.query(criteria)])
    if isinstance(expected, list):
        assert found == expected
        assert sqlite.count(criteria) == len(expected)
        sqlite.remove_docs(criteria)
        assert sqlite.count() == len(documents) - len(expected)


@laws
@given(
    DOCUMENTS,
    st.dictionaries(PATHS, st.sampled_from([1, -1]), min_size=1, max_size=2),
    st.integers(0, 2),
    st.integers(0, 3),
)
def test_sorts(
    filled: Fill, documents: list[dict[str, Any]], sort: dict[str, int], skip: int, limit: int
) -> None:
    memory, sqlite = filled(documents)
    expected = _answer(
        lambda: [d["number"] for d in memory.query({}, None, sort, None, skip, limit)]
    )
    found = [d["number"] for d in sqlite.query({}, None, sort, skip, limit)]
    if isinstance(expected, list):
        assert found == expected


@laws
@given(DOCUMENTS, PATHS, CONDITIONS)
def test_distinct(
    filled: Fill, documents: list[dict[str, Any]], field: str, criteria: dict[str, Any]
) -> None:
    memory, sqlite = filled(documents)
    expected = _answer(lambda: memory.distinct(field, criteria))
    found = _answer(lambda: sqlite.distinct(field, criteria))
    if isinstance(expected, list):
        assert len(found) == len(expected)
        assert all(any(value == other for other in expected) for value in found)
