"""Values are kept exactly, normalised as MongoDB does, or refused with their path."""

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from bson import Binary, Int64, ObjectId
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from pymatgen.core import Lattice

from physics.errors import InputError
from stores.sqlite import SQLiteStore
from stores.sqlite.codec import decode, encode


class Colour(Enum):
    """An enum without an as_dict of its own."""

    RED = "red"


class Model(BaseModel):
    """A pydantic model."""

    number: int = 1


NAIVE = datetime(2026, 1, 2, 3, 4, 5, 678_000)  # noqa: DTZ001 - MongoDB returns naive dates
EXACT = [
    None,
    True,
    False,
    0,
    -1,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    0.1 + 0.2,
    -0.0,
    1.0,
    5e-324,
    1.7976931348623157e308,
    math.inf,
    -math.inf,
    math.nan,
    "",
    "text",
    "Å, 漢, 😀",
    'quotes " \\ \n \t \x01',
    "nul \0 inside",
    '{"$": [45, "x"]}',
    b"",
    b"\0\xff",
    NAIVE,
    datetime(1, 1, 1),  # noqa: DTZ001
    datetime(9999, 12, 31, 23, 59, 59, 999_000),  # noqa: DTZ001
    ObjectId("0123456789abcdef01234567"),
    [],
    {},
    [[[]], [{}], [None, [1, 2.5, "a", [NAIVE]]]],
    {"a.b": 1, "$x": 2, "$": 3, "$$": {"$": [45, "x"]}, "": 4, "ä": 5, "0": 6, '"': 7, "'": 8},
    {"deep": {"a": {"b": [{"c": math.nan}]}}},
]
NORMALISED = [
    ((1, (2, 3)), [1, [2, 3]]),
    (np.float64(0.25), 0.25),
    (np.float32(0.1), float(np.float32(0.1))),
    (np.int64(-5), -5),
    (np.uint8(200), 200),
    (np.bool_(True), True),
    (np.str_("a"), "a"),
    (np.float64("nan"), math.nan),
    (np.arange(6.0).reshape(2, 3), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
    (np.array([1, 2]), [1, 2]),
    (np.array([math.inf, 1.0]), [math.inf, 1.0]),
    (np.array(["a", "bc"]), ["a", "bc"]),
    (np.array([]), []),
    ([np.float64(1.5), 2], [1.5, 2]),
    (Int64(7), 7),
    (datetime(2026, 1, 2, 4, 4, 5, 678_999, tzinfo=timezone(timedelta(hours=1))), NAIVE),
    (datetime(2026, 1, 2, 3, 4, 5, 678_999, tzinfo=UTC), NAIVE),
    (Path("/a/b"), "/a/b"),
    (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
]
REFUSED = [
    ({"x": {1, 2}}, "x", "set"),
    ({"x": 1j}, "x", "complex"),
    ({"x": [1, {"y": np.complex128(1)}]}, "x.1.y", "complex128"),
    ({"x": 2**63}, "x", "64 bits"),
    ({"x": -(2**63) - 1}, "x", "64 bits"),
    ({"x": np.uint64(2**64 - 1)}, "x", "64 bits"),
    ({"x": {1: "a"}}, "x.1", "key 1 of type int"),
    ({"x": {("a", "b"): 1}}, r"x.\('a', 'b'\)", "of type tuple"),
    ({"x": {"a\0": 1}}, "x.a\0", "NUL"),
    ({"x": {"a": "\ud800"}}, "x.a", "surrogates"),
    ({"x": [0, {"\ud800": 1}]}, "x.1.", "surrogates"),
    ({"x": Decimal("1.1")}, "x", "Decimal"),
    ({"x": date(2026, 1, 1)}, "x", "date"),
    ({"x": timedelta(1)}, "x", "timedelta"),
    ({"x": np.datetime64("2026-01-01")}, "x", "datetime64"),
    ({"x": np.longdouble(1)}, "x", "longdouble"),
    ({"x": Binary(b"a", 5)}, "x", "Binary"),
    ({"x": bytearray(b"a")}, "x", "bytearray"),
    ({"x": object()}, "x", "object"),
    ({"x": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))}, "x", "datetime"),
]


def _same(one: Any, other: Any) -> bool:
    """Compare values and types; NaN equals itself, -0.0 does not equal 0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return repr(one) == repr(other)


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with SQLiteStore(tmp_path / "store.sqlite") as made:
        yield made


@pytest.mark.parametrize("value", EXACT, ids=repr)
def test_kept_exactly_and_found_again(store: SQLiteStore, value: Any) -> None:
    store.update(
        [{"task_id": 1, "value": value, "in": {"list": [value]}}, {"task_id": 2, "value": 9}]
    )
    found = store.query_one({"task_id": 1})
    assert found is not None
    assert _same(found["value"], value)
    assert _same(found["in"]["list"], [value])
    assert [doc["task_id"] for doc in store.query({"value": value})] == [1]
    members = value if isinstance(value, list) else [value]
    distinct = store.distinct("value", {"task_id": 1})
    assert len(distinct) == len(members)
    assert all(map(_same, distinct, members))


@pytest.mark.parametrize(("value", "expected"), NORMALISED, ids=lambda value: repr(value)[:40])
def test_normalised(store: SQLiteStore, value: Any, expected: Any) -> None:
    store.update({"task_id": 1, "value": value})
    found = store.query_one({})
    assert found is not None
    assert _same(found["value"], expected)


def test_objects_become_what_monty_makes_of_them(store: SQLiteStore) -> None:
    store.update({"task_id": 1, "enum": Colour.RED, "model": Model(), "cell": Lattice.cubic(4.0)})
    found = store.query_one({})
    assert found is not None
    assert found["enum"]["value"] == "red"
    assert found["model"]["number"] == 1
    assert Lattice.from_dict(found["cell"]) == Lattice.cubic(4.0)


@pytest.mark.parametrize(
    ("document", "path", "reason"), REFUSED, ids=[str(number) for number in range(len(REFUSED))]
)
def test_refused_with_the_path_and_nothing_written(
    store: SQLiteStore, document: dict[str, Any], path: str, reason: str
) -> None:
    with pytest.raises(InputError, match=f"'{path}.*{reason}"):
        store.update([{"task_id": 1}, {"task_id": 2, **document}])
    assert store.count() == 0


@pytest.mark.parametrize("document", [[1], "text", None])
def test_documents_must_be_dictionaries(store: SQLiteStore, document: Any) -> None:
    with pytest.raises(InputError, match="a document was expected"):
        store.update([document])


def test_nesting_up_to_the_limit_of_mongodb(store: SQLiteStore) -> None:
    def nested(levels: int) -> Any:
        return {"a": nested(levels - 1)} if levels else [1]

    store.update({"task_id": 1, "value": nested(97)})
    assert store.query_one({"task_id": 1}) == {"task_id": 1, "value": nested(97)}
    with pytest.raises(InputError, match="nested levels"):
        store.update({"task_id": 2, "value": nested(101)})


def test_documents_of_20_mb(store: SQLiteStore) -> None:
    rng = np.random.default_rng(0)
    frames = rng.normal(size=(350, 1000, 3))
    store.update({"task_id": 1, "frames": frames, "name": "long"})
    found = store.query_one({"name": "long"})
    assert found is not None
    assert len(encode(found)) > 20e6
    assert np.array_equal(found["frames"], frames)


def test_document_given_is_not_changed(store: SQLiteStore) -> None:
    given_ = {"task_id": 1, "list": (1, np.float64(2.0)), "$x": {"date": NAIVE}}
    before = repr(given_)
    store.update(given_)
    assert repr(given_) == before


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**63), 2**63 - 1)
            | st.floats()
            | st.text(st.characters(exclude_categories=["Cs"]))
            | st.binary(),
            lambda inner: (
                st.lists(inner) | st.dictionaries(st.sampled_from(["$", "$a", "b"]), inner)
            ),
            max_leaves=10,
        ),
    )
)
def test_decode_undoes_encode(document: dict[str, Any]) -> None:
    assert _same(decode(encode(document)), document)
