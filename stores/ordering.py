"""The order in which MongoDB sorts values."""

import math
import operator
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId

from stores.codec import Rank


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


def _key(value: Any) -> tuple[Any, ...] | None:  # noqa: PLR0911 - one return a type
    """Return what sorts as MongoDB does; None for objects and arrays of arrays."""
    match value:
        case None:
            return (Rank.NULL,)
        case bool():
            return Rank.BOOLEAN, value
        case float() if math.isnan(value):
            return (Rank.NAN,)
        case int() | float():
            return Rank.NUMBER, value
        case str():
            return Rank.TEXT, value
        case datetime():
            return Rank.DATE, value
        case ObjectId():
            return Rank.OBJECT_ID, value
        case bytes():
            return Rank.BYTES, len(value), value
        case []:
            return (0,)
        case [first, *_] if not isinstance(first, list):
            return _key(first)
    return None
