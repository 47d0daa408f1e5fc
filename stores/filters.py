"""
MongoDB's filters as SQL.

A filter becomes an expression with the three truth values of SQL: 1 where a document matches, 0
where it does not, and NULL where SQL cannot tell; there, and only there, the function ``matches``
is asked, which evaluates the filter on the decoded document. SQL's AND, OR and NOT keep this
meaning. Fields with an index also give plain conditions that every match fulfils, so that SQLite
can look them up.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from bson import ObjectId

from physics.errors import InputError
from stores.codec import MAX_INTEGER, MIN_INTEGER, TAG, Rank, decode, normalised, tag, tagged

UNKNOWN = "NULL"
_COMPARISONS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
_MARGIN, _TINY = 2.0**-50, 1e-306
_RANKS = {
    "text": Rank.TEXT,
    "integer": Rank.NUMBER,
    "real": Rank.NUMBER,
    "null": Rank.NULL,
    "true": Rank.BOOLEAN,
    "false": Rank.BOOLEAN,
    "array": Rank.ARRAY,
}


@dataclass(frozen=True)
class Field:
    """
    A field of a document, or of an element of an array, in SQL.

    Parameters
    ----------
    name
        The dotted name.
    source
        The SQL expression of the JSON text that holds it.
    """

    name: str
    source: str = "doc"

    @property
    def path(self) -> str | None:
        """The field as a JSON path in quotes, None if SQLite cannot address it."""
        return _path(self.name.split("."))

    @property
    def rank(self) -> str:
        """The `Rank` of its value; NULL if the field is missing."""
        return _rank(
            f"json_type({self.source}, {self.path})", _tag(self.source, self.name.split("."))
        )

    @property
    def value(self) -> str:
        """Its value: text and numbers as such, all else as JSON text."""
        return f"json_extract({self.source}, {self.path})"

    @property
    def text(self) -> tuple[str, str]:
        """
        The number of parts and the JSON text of its longest prefix that holds its value.

        It is the whole field, or the first array on the way to it, or the part in front of what
        SQLite cannot address; NULL if the field is missing.
        """
        parts = self.name.split(".")
        count = len(parts)
        while count and _path(parts[:count]) is None:
            count -= 1
        if not count:
            return "0", self.source
        whole = _path(parts[:count])
        depth, text = f"{count}", f"{self.source} -> {whole}"
        for shorter in range(count - 1, 0, -1):
            path = _path(parts[:shorter])
            is_array = f"json_type({self.source}, {path}) = 'array'"
            depth = f"CASE WHEN {is_array} THEN {shorter} ELSE {depth} END"
            text = f"CASE WHEN {is_array} THEN {self.source} -> {path} ELSE {text} END"
        return depth, text

    @property
    def reachable(self) -> str:
        """A condition: no array, date or other value lies on the way to the field."""
        parts = self.name.split(".")
        conditions = ["1"] if self.source == "doc" else [f"{_tag(self.source, [])} IS NULL"]
        for count in range(1, len(parts)):
            conditions.append(
                f"coalesce(json_type({self.source}, {_path(parts[:count])}), 'object') = 'object' "
                f"AND {_tag(self.source, parts[:count])} IS NULL"
            )
        return " AND ".join(conditions)


@dataclass
class Where:
    """
    A filter as SQL.

    Parameters
    ----------
    condition
        What stands after WHERE.
    values
        The values of its named parameters.
    indexed
        Whether an index serves it.
    matches
        Evaluates the filter on the JSON text of a document; the function ``matches`` of SQL.
    """

    condition: str = "1"
    values: dict[str, Any] = field(default_factory=dict)
    indexed: bool = False
    matches: Callable[[str], bool] = lambda _: True


@dataclass(frozen=True)
class _Case:
    """
    What an operator says of values of one rank, in SQL with ``{x}`` for the value.

    The verdict is one of three; the condition holds for every match and can use an index.
    """

    verdict: str
    condition: str = "1"


_Cases = dict[Rank | None, _Case]


def translate(criteria: Mapping[str, Any] | None, indexed: Iterable[str] = ()) -> Where:
    """
    Write a filter as SQL.

    Parameters
    ----------
    criteria
        The filter, in MongoDB's language.
    indexed
        Names of the fields that have an index.

    Returns
    -------
    Where
        The condition, to be evaluated on a table with the column ``doc``.

    Raises
    ------
    InputError
        If the filter is not a dictionary or holds an unknown operator.
    """
    if criteria is None:
        return Where()
    if not isinstance(criteria, Mapping):
        raise InputError(
            f"store: given the filter {criteria!r}, expected a dictionary such as "
            "{'name': 'relax'}."
        )
    criteria = normalised(criteria)
    translation = _Translation(frozenset(indexed))
    verdict = translation.all_of(criteria, "doc")
    conditions = translation.conditions(criteria)
    if translation.undecided:
        _validate(criteria)
    return Where(
        " AND ".join([*conditions, f"coalesce({verdict}, matches(doc))"]),
        translation.values,
        bool(conditions),
        lambda text: _applies(criteria, decode(text)),
    )


class _Translation:
    """One translation: it names the parameters and the elements of arrays in turn."""

    def __init__(self, indexed: frozenset[str]) -> None:
        self.indexed = indexed
        self.values: dict[str, Any] = {}
        self.undecided = False
        self._elements = 0

    def all_of(self, criteria: Any, source: str) -> str:
        """Judge a filter, or the part of one that belongs to ``source``."""
        if not isinstance(criteria, Mapping):
            return self._unknown()
        verdicts = []
        for key, search in criteria.items():
            match key:
                case "$comment":
                    continue
                case "$and" | "$or" | "$nor" if search and isinstance(search, list):
                    joined = (" AND " if key == "$and" else " OR ").join(
                        self.all_of(part, source) for part in search
                    )
                    verdicts.append(f"NOT ({joined})" if key == "$nor" else f"({joined})")
                case str() if not key.startswith("$"):
                    verdicts.append(self._field(Field(key, source), search))
                case _:
                    verdicts.append(self._unknown())
        return f"({' AND '.join(verdicts)})" if verdicts else "1"

    def conditions(self, criteria: Mapping[str, Any]) -> list[str]:
        """Collect the conditions on indexed fields that every match fulfils."""
        found = []
        for key, search in criteria.items():
            if key == "$and":
                for part in search:
                    found += self.conditions(part)
            elif key in self.indexed:
                for operator, operand in _operators(search):
                    cases = self._cases(operator, operand)
                    if cases is not None:
                        found.append(_condition(Field(key), cases))
        return found

    def _field(self, subject: Field, search: Any) -> str:
        operators = _operators(search)
        if subject.path is None or "$all" in dict(operators):
            return self._unknown()
        verdicts = [self._operator(subject, *operator) for operator in operators]
        return f"({' AND '.join(verdicts)})"

    def _operator(self, subject: Field, operator: str, operand: Any) -> str:
        match operator:
            case "$exists":
                present, absent = int(bool(operand)), int(not operand)
                return (
                    f"CASE WHEN {subject.rank} IS NOT NULL THEN {present} "
                    f"WHEN {subject.reachable} THEN {absent} END"
                )
            case "$ne" | "$nin":
                positive = {"$ne": "$eq", "$nin": "$in"}[operator]
                return f"NOT ({self._operator(subject, positive, operand)})"
            case "$not" if isinstance(operand, Mapping):
                return f"NOT ({self._field(subject, operand)})"
            case "$elemMatch" if isinstance(operand, Mapping):
                return self._decide(subject, {Rank.ARRAY: _Case(self._element(subject, operand))})
        cases = self._cases(operator, operand)
        return self._unknown() if cases is None else self._decide(subject, cases)

    def _decide(self, subject: Field, cases: _Cases) -> str:
        """Judge the value of a field by its rank."""
        if Rank.ARRAY not in cases:
            cases = {**cases, Rank.ARRAY: _Case(self._any(subject, cases))}
        missing = cases.get(None, _Case("0")).verdict
        whens = _whens(cases, subject.value)
        return (
            f"CASE {subject.rank} {whens} ELSE CASE WHEN {subject.rank} IS NOT NULL THEN 0 "
            f"WHEN {subject.reachable} THEN {missing} END END"
        )

    def _any(self, subject: Field, cases: _Cases) -> str:
        """Judge an array: 1 if any element matches, NULL if none does but one is undecided."""
        element = self._next_element()
        return _any_of(
            subject,
            element,
            f"CASE {_element_rank(element)} {_whens(cases, f'{element}.value')} ELSE 0 END",
        )

    def _element(self, subject: Field, criteria: Mapping[str, Any]) -> str:
        """Judge an array by ``$elemMatch``."""
        element = self._next_element()
        if not any(key.startswith("$") for key in criteria):
            verdict = self.all_of(criteria, f"{element}.value")
            return _any_of(
                subject, element, f"CASE WHEN {element}.type = 'object' THEN {verdict} END"
            )
        verdicts = []
        for operator, operand in criteria.items():
            cases = self._cases(operator, operand)
            if cases is None:
                return self._unknown()
            whens = _whens({Rank.ARRAY: _Case(UNKNOWN), **cases}, f"{element}.value")
            verdicts.append(f"CASE {_element_rank(element)} {whens} ELSE 0 END")
        return _any_of(subject, element, " AND ".join(verdicts))

    def _cases(self, operator: str, operand: Any) -> _Cases | None:
        """Say what an operator makes of scalar values of each rank; None if SQL cannot."""
        if operator == "$eq":
            return self._members([operand])
        if operator == "$in" and isinstance(operand, list):
            return self._members(operand)
        if operator in _COMPARISONS:
            return self._compared(_COMPARISONS[operator], operand)
        return None

    def _members(self, members: Sequence[Any]) -> _Cases | None:
        """Values that equal one of several."""
        cases: _Cases = {}
        numbers: list[float] = []
        texts: dict[Rank, list[str]] = {}
        for member in members:
            if member is None:
                cases[None] = cases[Rank.NULL] = _Case("1")
            elif isinstance(member, int | float) and math.isfinite(member):
                numbers.append(member)
            elif (special := tag(member)) is not None:
                texts.setdefault(special[0], []).append(tagged(*special))
            elif isinstance(member, str):
                texts.setdefault(Rank.TEXT, []).append(member)
            else:
                return None
        for rank, known in texts.items():
            equal = f"{{x}} {self._among(known)}"
            cases[rank] = _Case(equal, equal)
        if Rank.OBJECT_ID in texts:
            cases[Rank.ARRAY] = _Case(UNKNOWN)
        return self._numbers(cases, numbers) if numbers else cases

    def _numbers(self, cases: _Cases, numbers: Sequence[float]) -> _Cases | None:
        """
        Numbers that equal one of several.

        SQLite may read a decimal number one bit off, so only whole numbers are decided here.
        """
        try:
            low = self._bind(min(_around(number)[0] for number in numbers))
            high = self._bind(max(_around(number)[1] for number in numbers))
        except OverflowError:
            return None
        whole = [int(n) for n in numbers if n == int(n) and MIN_INTEGER <= n <= MAX_INTEGER]
        equal = f"{{x}} {self._among(whole)}"
        range_ = f"{{x}} BETWEEN {low} AND {high}"
        near = f"CAST(round({{x}}) AS INTEGER) {self._among(whole)}"
        if len(whole) < len(numbers):
            near = range_
        cases[Rank.NUMBER] = _Case(
            f"CASE WHEN typeof({{x}}) = 'integer' THEN {equal} WHEN NOT ({near}) THEN 0 END", range_
        )
        if {0, 1} & set(whole):
            cases[Rank.BOOLEAN] = _Case(equal, equal)
        return cases

    def _compared(self, sign: str, operand: Any) -> _Cases | None:
        """Values of the operand's kind on one side of it."""
        if isinstance(operand, bool | None):
            return None
        if isinstance(operand, int | float):
            if not math.isfinite(operand) or not MIN_INTEGER <= operand <= MAX_INTEGER:
                return None
            low, high = map(self._bind, _around(operand))
            exact = f"{{x}} {sign} {self._bind(operand)}"
            above, below = int(sign[0] == ">"), int(sign[0] == "<")
            return {
                Rank.NUMBER: _Case(
                    f"CASE WHEN {{x}} > {high} THEN {above} WHEN {{x}} < {low} THEN {below} "
                    f"WHEN typeof({{x}}) = 'integer' THEN {exact} END",
                    f"{{x}} >= {low}" if above else f"{{x}} <= {high}",
                ),
                Rank.INFINITY: _Case(f"{above}"),
                Rank.NEGATIVE_INFINITY: _Case(f"{below}"),
            }
        special = tag(operand)
        if special is None and isinstance(operand, str):
            exact = f"{{x}} {sign} {self._bind(operand)}"
            return {Rank.TEXT: _Case(exact, exact), Rank.TEXT_WITH_NUL: _Case(UNKNOWN)}
        if special is not None and isinstance(operand, datetime | ObjectId):
            exact = f"{{x}} {sign} {self._bind(tagged(*special))}"
            return {special[0]: _Case(exact, exact)}
        return None

    def _among(self, values: Sequence[Any]) -> str:
        if len(values) == 1:
            return f"= {self._bind(values[0])}"
        text = self._bind(orjson.dumps(values).decode())
        return f"IN (SELECT value FROM json_each({text}))"

    def _bind(self, value: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def _next_element(self) -> str:
        self._elements += 1
        return f"e{self._elements}"

    def _unknown(self) -> str:
        self.undecided = True
        return UNKNOWN


def _operators(search: Any) -> list[tuple[str, Any]]:
    """Split what a filter asks of a field into operators; a plain value asks for equality."""
    if isinstance(search, Mapping) and search and all(key.startswith("$") for key in search):
        return list(search.items())
    return [("$eq", search)]


def _whens(cases: _Cases, value: str) -> str:
    return " ".join(
        f"WHEN {rank:d} THEN {case.verdict.replace('{x}', value)}"
        for rank, case in cases.items()
        if rank is not None
    )


def _condition(subject: Field, cases: _Cases) -> str:
    """Write what every match of an indexed field fulfils as alternatives that the index serves."""
    alternatives = [f"{subject.rank} = {Rank.ARRAY:d}"]
    if None in cases or "." in subject.name:
        alternatives.append(f"{subject.rank} IS NULL")
    for rank, case in cases.items():
        if rank not in {None, Rank.ARRAY} and case.verdict != "0":
            condition = case.condition.replace("{x}", subject.value)
            alternatives.append(f"({subject.rank} = {rank:d} AND {condition})")
    return f"({' OR '.join(alternatives)})"


def _any_of(subject: Field, element: str, verdict: str) -> str:
    return (
        f"(SELECT CASE coalesce(max(coalesce(2 * ({verdict}), 1)), 0) "
        f"WHEN 0 THEN 0 WHEN 2 THEN 1 END "
        f"FROM json_each({subject.source}, {subject.path}) AS {element})"
    )


def _rank(type_: str, tag_: str) -> str:
    ranks = " ".join(f"WHEN '{name}' THEN {rank:d}" for name, rank in _RANKS.items())
    return f"CASE {type_} {ranks} WHEN 'object' THEN coalesce({tag_}, {Rank.OBJECT:d}) END"


def _element_rank(element: str) -> str:
    return _rank(f"{element}.type", _tag(f"{element}.value", []))


def _tag(source: str, parts: Sequence[str]) -> str:
    """Write the rank of a tagged value; NULL if it is not tagged."""
    path = _path(parts)
    assert path is not None
    return f"""json_extract({source}, {path[:-1]}."{TAG}"[0]')"""


def _path(parts: Sequence[str]) -> str | None:
    """Write a path in SQL; None if a part is empty, an index, or needs an escape in JSON."""
    labels = []
    for part in parts:
        text = orjson.dumps(TAG + part if part.startswith(TAG) else part).decode()
        if not part or _is_index(part) or "\\" in text:
            return None
        labels.append(text.replace("'", "''"))
    return f"'{'.'.join(['$', *labels])}'"


def _is_index(part: str) -> bool:
    try:
        int(part)
    except ValueError:
        return False
    return True


def _around(number: float) -> tuple[float, float]:
    """Bracket a number by more than SQLite's error in reading it."""
    margin = abs(float(number)) * _MARGIN + (_TINY if number else 0.0)
    return float(number) - margin, float(number) + margin


def _validate(criteria: Mapping[str, Any]) -> None:
    """Refuse what MongoDB does not know, and code."""
    if _holds(criteria, "$where"):
        raise InputError(
            "store: given a filter with $where, expected one without: it would run code; use "
            "comparison operators."
        )
    _applies(criteria, {})


def _holds(criteria: Any, operator: str) -> bool:
    if isinstance(criteria, Mapping):
        return operator in criteria or any(_holds(v, operator) for v in criteria.values())
    return isinstance(criteria, list) and any(_holds(value, operator) for value in criteria)


def _applies(criteria: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Evaluate a filter as MongoDB does."""
    from mongomock_ng import OperationFailure  # noqa: PLC0415 - slow to import, seldom needed
    from mongomock_ng.filtering import filter_applies  # noqa: PLC0415

    try:
        return bool(filter_applies(criteria, document))
    except (OperationFailure, NotImplementedError, TypeError) as error:
        raise InputError(
            f"store: given the filter {criteria!r}, which MongoDB would refuse: {error}; correct "
            "its operators and values."
        ) from error
