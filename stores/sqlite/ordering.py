"""The order in which MongoDB sorts values."""

import math
import operator
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId

from stores.sqlite.codec import Rank

_RANKS = {
    type(None): Rank.NULL,
    int: Rank.NUMBER,
    str: Rank.TEXT,
    ObjectId: Rank.OBJECT_ID,
    bool: Rank.BOOLEAN,
    datetime: Rank.DATE,
}


def sorted_by(keyed: Iterable[tuple[int, Sequence[Any]]], directions: Sequence[int]) -> list[int]:
    """
    Sort numbers by values that belong to them.

    Parameters
    ----------
    keyed
        Pairs of a number and its values, one for each direction.
    directions
        1 or -1 for each value; the first counts most, equal ones keep their order.

    Returns
    -------
    list of int
        The numbers, sorted.
    """
    rows = list(keyed)
    for place in reversed(range(len(directions))):
        keys = [_key(values[place]) for _, values in rows]
        if None in keys:
            from mongomock_ng.filtering import resolve_sort_key  # noqa: PLC0415 - slow to import

            keys = [resolve_sort_key("x", {"x": values[place]}) for _, values in rows]
        pairs = sorted(
            zip(keys, rows, strict=True),
            key=operator.itemgetter(0),
            reverse=directions[place] < 0,
        )
        rows = [row for _, row in pairs]
    return [number for number, _ in rows]


def _key(value: Any) -> tuple[Any, ...] | None:
    """Return what sorts as MongoDB does; None for objects and arrays of arrays."""
    rank = _RANKS.get(type(value))
    if rank is not None:
        return rank, value
    match value:
        case float():
            return (Rank.NAN,) if math.isnan(value) else (Rank.NUMBER, value)
        case bytes():
            return Rank.BYTES, len(value), value
        case []:
            return (0,)
        case [first, *_] if not isinstance(first, list):
            return _key(first)
    return None
