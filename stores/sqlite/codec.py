"""Documents as JSON text: every value kept as MongoDB would return it, or refused."""

import base64
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum, IntEnum
from typing import Any

import numpy as np
import orjson
from bson import ObjectId

from physics.errors import InputError

TAG = "$"
MAX_DEPTH = 100
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1
_CONTAINERS = {dict, list}


class Rank(IntEnum):
    """
    The kinds of stored values, numbered in the order in which MongoDB sorts them.

    Values that JSON cannot express are kept as ``{"$": [rank, payload]}``; a key of a document
    that begins with ``$`` gets a second one, so that the two never mix.
    """

    NULL = 5
    NAN = 8
    NEGATIVE_INFINITY = 9
    NUMBER = 10
    INFINITY = 11
    TEXT = 15
    TEXT_WITH_NUL = 16
    OBJECT = 20
    ARRAY = 25
    BYTES = 30
    OBJECT_ID = 35
    BOOLEAN = 40
    DATE = 45


_DECODERS: dict[int, Any] = {
    Rank.NAN: lambda _: math.nan,
    Rank.NEGATIVE_INFINITY: lambda _: -math.inf,
    Rank.INFINITY: lambda _: math.inf,
    Rank.TEXT_WITH_NUL: lambda payload: base64.b64decode(payload).decode(),
    Rank.BYTES: base64.b64decode,
    Rank.OBJECT_ID: ObjectId,
    Rank.DATE: datetime.fromisoformat,
}


class _RefusedError(Exception):
    """A value that cannot be kept, with the path that led to it (innermost key first)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path: list[str | int] = []


def encode(document: Mapping[str, Any]) -> str:
    """
    Write a document as JSON text.

    Kept exactly: text, integers of 64 bit, floats including NaN and infinities, booleans, None,
    bytes, ``ObjectId``, lists and dictionaries. Normalised: tuples and arrays become lists, numpy
    scalars Python numbers; dates become naive UTC dates cut to milliseconds, as in MongoDB; enums,
    MSONable objects, pydantic models, paths and UUIDs become what monty's ``jsanitize`` makes of
    them.

    Parameters
    ----------
    document
        The document; it is not changed.

    Returns
    -------
    str
        Compact JSON; equal values give equal text.

    Raises
    ------
    InputError
        If a value cannot be kept (sets, complex numbers, integers beyond 64 bit, keys that are not
        text, more than 100 levels, ...); the message names its path.
    """
    if not isinstance(document, Mapping):
        raise InputError(
            f"store: a document was expected, given {_shown(document)} of type "
            f"{type(document).__name__}; give a dictionary or a list of dictionaries."
        )
    try:
        return orjson.dumps(_plain_dict(document, 0)).decode()
    except _RefusedError as refused:
        where = ".".join(map(str, reversed(refused.path)))
        raise InputError(f"store: document value at '{where}': {refused}") from None


def decode(text: str) -> Any:
    """
    Read what `encode` wrote, or the text of one value inside it.

    Parameters
    ----------
    text
        JSON text.

    Returns
    -------
    Any
        The document or the value.
    """
    value = orjson.loads(text)
    return _restored(value) if '"$' in text and type(value) in _CONTAINERS else value


def tag(value: Any) -> tuple[Rank, str] | None:
    """
    Express a value that JSON lacks.

    Parameters
    ----------
    value
        A float, text, date, ``ObjectId`` or bytes.

    Returns
    -------
    tuple of Rank and str or None
        Its rank and payload; None if JSON has the value or it is none of these.
    """
    match value:
        case float() if math.isnan(value):
            return Rank.NAN, ""
        case float() if math.isinf(value):
            return (Rank.INFINITY if value > 0 else Rank.NEGATIVE_INFINITY), ""
        case str() if "\0" in value:
            return Rank.TEXT_WITH_NUL, base64.b64encode(value.encode()).decode()
        case datetime():
            return Rank.DATE, milliseconds(value).isoformat(timespec="milliseconds")
        case bytes() if not getattr(value, "subtype", 0):
            return Rank.BYTES, base64.b64encode(value).decode()
    return (Rank.OBJECT_ID, str(value)) if isinstance(value, ObjectId) else None


def tagged(rank: Rank, payload: str) -> str:
    """
    Write a tagged value as `encode` does.

    Parameters
    ----------
    rank, payload
        From `tag`.

    Returns
    -------
    str
        Its JSON text.
    """
    return orjson.dumps({TAG: [rank, payload]}).decode()


def milliseconds(value: datetime) -> datetime:
    """
    Cut a date as MongoDB does.

    Parameters
    ----------
    value
        A date; naive ones are taken as UTC.

    Returns
    -------
    datetime
        The naive UTC date, cut to milliseconds.
    """
    if value.tzinfo is not None:
        value = value.astimezone(UTC)
    return datetime(  # noqa: DTZ001 - MongoDB returns naive UTC dates
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond // 1000 * 1000,
    )


def normalised(criteria: Any) -> Any:
    """
    Bring the values of a filter to the form in which documents come back.

    Parameters
    ----------
    criteria
        A filter in MongoDB's language, or a part of one.

    Returns
    -------
    Any
        A copy with naive UTC dates, Python numbers, and lists instead of tuples and arrays.

    Raises
    ------
    InputError
        If a key is not text.
    """
    if isinstance(criteria, Mapping):
        for key in criteria:
            if not isinstance(key, str):
                raise InputError(
                    f"store: given a filter with the key {_shown(key)} of type "
                    f"{type(key).__name__}, expected text; name a field or an operator."
                )
        return {key: normalised(value) for key, value in criteria.items()}
    if isinstance(criteria, list | tuple):
        return [normalised(value) for value in criteria]
    if isinstance(criteria, np.generic | np.ndarray):
        return normalised(criteria.tolist())
    return milliseconds(criteria) if isinstance(criteria, datetime) else criteria


def _plain(value: Any, depth: int) -> Any:  # noqa: C901, PLR0911 - one branch a type
    """Rewrite a value for orjson; exact types come first because they are nearly all of them."""
    kind = type(value)
    if kind is str:
        if not value.isascii():
            _check_unicode(value)
        return {TAG: tag(value)} if "\0" in value else value
    if kind is float:
        return value if math.isfinite(value) else {TAG: tag(value)}
    if kind is int:
        if MIN_INTEGER <= value <= MAX_INTEGER:
            return value
        raise _RefusedError(
            f"given an integer of {value.bit_length()} bits, expected at most 64 with sign; keep "
            "it as text or as a float."
        )
    if value is None or kind is bool:
        return value
    if depth > MAX_DEPTH:
        raise _RefusedError(
            f"given more than {MAX_DEPTH} nested levels, expected at most {MAX_DEPTH}; flatten it."
        )
    if kind is dict:
        return _plain_dict(value, depth)
    if kind is list or kind is tuple:
        if set(map(type, value)) == {float} and math.isfinite(sum(value)):
            return value
        return _plain_list(value, depth)
    try:
        special = tag(value)
    except (OverflowError, TypeError, ValueError):
        raise _unknown(value) from None
    return _plain(_converted(value), depth + 1) if special is None else {TAG: special}


def _plain_list(value: Iterable[Any], depth: int) -> list[Any]:
    result = []
    for position, item in enumerate(value):
        try:
            result.append(_plain(item, depth + 1))
        except _RefusedError as refused:
            refused.path.append(position)
            raise
    return result


def _plain_dict(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    result = {}
    for key, item in value.items():
        try:
            result[_plain_key(key)] = _plain(item, depth + 1)
        except _RefusedError as refused:
            refused.path.append(key)
            raise
    return result


def _plain_key(key: Any) -> str:
    if not isinstance(key, str):
        raise _RefusedError(
            f"given the key {_shown(key)} of type {type(key).__name__}, expected text; convert the "
            "keys to text."
        )
    if "\0" in key:
        raise _RefusedError("given a key that holds a NUL, expected none; rename the key.")
    if not key.isascii():
        _check_unicode(key)
    return f"{TAG}{key}" if key.startswith(TAG) else str.__str__(key)


def _check_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _RefusedError(
            f"given text {_shown(text)} with lone surrogates, expected valid Unicode; decode it "
            "with errors='replace'."
        ) from None


def _converted(value: Any) -> Any:
    """Turn a value of a type that JSON does not know into one closer to it."""
    for types, convert in _CONVERSIONS:
        if isinstance(value, types):
            return convert(value)
    raise _unknown(value)


def _from_numpy(value: Any) -> Any:
    if value.dtype.kind in "biuUSO" or (value.dtype.kind == "f" and value.dtype.itemsize <= 8):
        return value.tolist()
    raise _unknown(value)


def _from_object(value: Any) -> Any:
    """Let monty express an object, if it knows how to."""
    from monty.json import jsanitize  # noqa: PLC0415 - slow to import, seldom needed

    try:
        result = jsanitize(value, strict=True, allow_bson=True, recursive_msonable=True)
    except (AttributeError, TypeError, ValueError):
        raise _unknown(value) from None
    if type(result) not in {dict, list, str, int, float}:
        raise _unknown(value)
    return result


_CONVERSIONS: list[tuple[type | tuple[type, ...], Callable[[Any], Any]]] = [
    ((np.generic, np.ndarray), _from_numpy),
    (Enum, _from_object),
    (str, str.__str__),
    (int, int),
    (float, float),
    ((list, tuple), list),
    (Mapping, dict),
    (object, _from_object),
]


def _unknown(value: Any) -> _RefusedError:
    return _RefusedError(
        f"given {_shown(value)} of type {type(value).__name__}, expected text, a number, a date, "
        "bytes, a list, a dictionary or an MSONable object; convert it."
    )


def _restored(value: Any) -> Any:
    """Put back, in place, what `_plain` replaced."""
    if type(value) is dict:
        if TAG in value:
            rank, payload = value[TAG]
            return _DECODERS[rank](payload)
        for key, item in value.items():
            if type(item) in _CONTAINERS:
                value[key] = _restored(item)
        if any(key.startswith(TAG) for key in value):
            return {key.removeprefix(TAG): item for key, item in value.items()}
    elif not _CONTAINERS.isdisjoint(map(type, value)):
        value[:] = [_restored(item) if type(item) in _CONTAINERS else item for item in value]
    return value


def _shown(value: Any) -> str:
    text = re.sub(r"\s+", " ", repr(value))
    return text if len(text) <= 60 else text[:57] + "..."
