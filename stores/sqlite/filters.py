"""
MongoDB's filters as SQL.

A filter becomes an expression with the three truth values of SQL: 1 where a document matches, 0
where it does not, and NULL where SQL cannot tell; there, and only there, the function ``matches``
is asked, which evaluates the filter on the decoded document. SQL's AND, OR and NOT keep this
meaning. In front of it stand plain conditions on indexed fields that every match fulfils, so that
SQLite can look them up.
"""

# ruff: noqa: S608 - statements are put together from escaped paths; values are always bound

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from physics.errors import InputError
from stores.sqlite.codec import Rank, decode, normalised
from stores.sqlite.comparisons import Comparison, Comparisons
from stores.sqlite.fields import Field, tag_of

_UNKNOWN = "NULL"
_MAX_OPERATORS, _MAX_LEVELS = 100, 2


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
        If the filter is not a dictionary, holds an unknown operator, or code (``$where``).
    """
    if criteria is None:
        return Where()
    if not isinstance(criteria, Mapping):
        raise InputError(
            f"store: given the filter {criteria!r}, expected a dictionary such as "
            "{'name': 'relax'}."
        )
    criteria = normalised(criteria)
    translation = _Translation()
    verdict = translation.all_of(criteria)
    if translation.operators > _MAX_OPERATORS:
        verdict = translation.unknown()
    if translation.undecided:
        _validate(criteria)
    lookups = translation.lookups(criteria, frozenset(indexed))[:_MAX_OPERATORS]
    return Where(
        " AND ".join([*lookups, f"coalesce({verdict}, matches(doc))"]),
        translation.values,
        bool(lookups),
        lambda text: _applies(criteria, decode(text)),
    )


class _Translation(Comparisons):
    """
    The translation of one filter.

    SQLite's parser has a limit for nested expressions, so what lies deeper than two levels of
    ``$and``, ``$or``, ``$nor`` and ``$not`` is left to ``matches``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.undecided = False
        self.operators = 0
        self._arrays = 0

    def all_of(self, criteria: Any, source: str = "doc", level: int = 0) -> str:
        """Judge a filter, or the part of one that belongs to ``source``."""
        if not isinstance(criteria, Mapping) or level > _MAX_LEVELS:
            return self.unknown()
        verdicts = []
        for key, search in criteria.items():
            match key:
                case "$comment":
                    continue
                case "$and" | "$or" | "$nor" if search and isinstance(search, list):
                    joined = (" AND " if key == "$and" else " OR ").join(
                        self.all_of(part, source, level + 1) for part in search
                    )
                    verdicts.append(f"NOT ({joined})" if key == "$nor" else f"({joined})")
                case str() if not key.startswith("$"):
                    verdicts.append(self._field(Field(key, source), search, level))
                case _:
                    verdicts.append(self.unknown())
        return f"({' AND '.join(verdicts)})" if verdicts else "1"

    def lookups(self, criteria: Any, indexed: frozenset[str]) -> list[str]:
        """Collect conditions on indexed fields that every match fulfils."""
        found = []
        for key, search in criteria.items() if isinstance(criteria, Mapping) else ():
            if key == "$and" and isinstance(search, list):
                found += [lookup for part in search for lookup in self.lookups(part, indexed)]
            elif key in indexed:
                tests = [self.compare(*operator) for operator in _operators(search)]
                found += [test.lookup(Field(key)) for test in tests if test is not None]
        return found

    def _field(self, subject: Field, search: Any, level: int) -> str:
        operators = _operators(search)
        self.operators += len(operators)
        if subject.path is None or "$all" in dict(operators) or self.operators > _MAX_OPERATORS:
            return self.unknown()
        if len(operators) == 1:
            return self._operator(subject, *operators[0], level, through=subject.source == "doc")
        verdicts = [self._operator(subject, *operator, level) for operator in operators]
        return f"({' AND '.join(verdicts)})"

    def _operator(
        self, subject: Field, operator: str, operand: Any, level: int, *, through: bool = False
    ) -> str:
        match operator:
            case "$exists":
                present, absent = int(bool(operand)), int(not operand)
                return (
                    f"CASE WHEN {subject.type} IS NOT NULL THEN {present} "
                    f"WHEN {subject.reachable} THEN {absent} END"
                )
            case "$ne" | "$nin":
                positive = {"$ne": "$eq", "$nin": "$in"}[operator]
                return f"NOT {self._operator(subject, positive, operand, level)}"
            case "$not" if isinstance(operand, Mapping) and level < _MAX_LEVELS:
                return f"NOT {self._field(subject, operand, level + 1)}"
            case "$elemMatch" if isinstance(operand, Mapping) and subject.source == "doc":
                return self._element(subject, operand)
        test = self.compare(operator, operand)
        if test is None:
            return self.unknown()
        behind = self._behind(subject, operator, operand, test) if through else ""
        return self._judge(subject, test, behind)

    def _judge(self, subject: Field, test: Comparison, behind: str) -> str:
        """Judge the value of a field, which may be missing or lie behind an array."""
        more = {
            "array": self._any(
                subject, lambda e: test.judge(f"{e}.type", f"{e}.value", _tag(e), {})
            )
        }
        if Rank.OBJECT_ID in test.conditions:
            more["array"] = _UNKNOWN
        missing = test.verdicts.get("", "0")
        type_ = subject.type
        if subject.source != "doc" or subject.holders:
            missing = f"CASE {behind} WHEN {subject.reachable} THEN {missing} END"
        if missing != "0":
            type_, more[""] = f"coalesce({type_}, '')", missing
        return test.judge(type_, subject.value, subject.tag, more)

    def _behind(self, subject: Field, operator: str, operand: Any, test: Comparison) -> str:
        """Judge what lies behind the first array on the way: one of its objects must match."""
        cases = []
        other = _UNKNOWN if "" in test.verdicts else "0"
        for count, holder in enumerate(subject.holders, 1):
            rest = ".".join(subject.parts[count:])

            def judge(element: str, rest: str = rest) -> str:
                verdict = self._operator(
                    Field(rest, f"{element}.value"), operator, operand, _MAX_LEVELS
                )
                return f"CASE {element}.type WHEN 'object' THEN {verdict} ELSE {other} END"

            cases.append(f"WHEN {holder.type} = 'array' THEN {self._any(holder, judge)}")
        return " ".join(cases)

    def _any(self, subject: Field, judge: Callable[[str], str], otherwise: str = "0") -> str:
        """Judge an array: 1 if any element matches, NULL if none does but one is undecided."""
        self._arrays += 1
        element = f"e{self._arrays}"
        verdict = judge(element)
        if verdict == "0":
            return "0"
        return (
            f"CASE (SELECT max(ifnull({verdict}, 0.5)) FROM json_each({subject.source}, "
            f"{subject.path}) AS {element}) "
            f"WHEN 1 THEN 1 WHEN 0 THEN 0 WHEN 0.5 THEN NULL ELSE {otherwise} END"
        )

    def _element(self, subject: Field, criteria: Mapping[str, Any]) -> str:
        """Judge a field by ``$elemMatch``; what is not in an array has no integer key."""
        if not any(key.startswith("$") for key in criteria):

            def judge(element: str) -> str:
                verdict = self.all_of(criteria, f"{element}.value", _MAX_LEVELS)
                return f"WHEN {element}.type <> 'object' THEN NULL ELSE {verdict}"

        else:
            tests = [self.compare(operator, operand) for operator, operand in criteria.items()]
            known = [test for test in tests if test is not None]
            if len(known) < len(tests):
                return self.unknown()

            def judge(element: str) -> str:
                value = f"{element}.type", f"{element}.value", _tag(element), {"array": _UNKNOWN}
                return f"ELSE {' AND '.join(test.judge(*value) for test in known)}"

        verdict = self._any(
            subject,
            lambda e: f"CASE WHEN typeof({e}.key) <> 'integer' THEN 0 {judge(e)} END",
            f"CASE WHEN {subject.type} = 'array' OR {subject.reachable} THEN 0 END",
        )
        glance = self._glance(subject, criteria)
        return f"CASE WHEN NOT {glance} THEN 0 ELSE {verdict} END" if glance else verdict

    def _glance(self, subject: Field, criteria: Mapping[str, Any]) -> str:
        """Rule out most arrays by one field of ``$elemMatch``, a number if there is one."""
        glances = []
        for name, search in criteria.items():
            tests = [self.compare(*operator) for operator in _operators(search)]
            if Field(name).path is not None and not Field(name).holders:
                glances += [(len(test.glance), test.glance, name) for test in tests if test]
        _, glance, name = min((found for found in glances if found[0]), default=(0, "", ""))
        if not glance:
            return ""
        return (
            f"ifnull((SELECT max({glance.replace('{x}', 'g.value')}) FROM json_tree("
            f"{subject.source}, {subject.path}) AS g WHERE g.key = {self.bind(name)}), 1)"
        )

    def unknown(self) -> str:
        """Leave a verdict to ``matches``."""
        self.undecided = True
        return _UNKNOWN


def _operators(search: Any) -> list[tuple[str, Any]]:
    """Split what a filter asks of a field into operators; a plain value asks for equality."""
    if isinstance(search, Mapping) and search and all(key.startswith("$") for key in search):
        return list(search.items())
    return [("$eq", search)]


def _tag(element: str) -> str:
    return tag_of(f"{element}.value", [])


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
    except (OperationFailure, NotImplementedError, TypeError, re.error) as error:
        raise InputError(
            f"store: given the filter {criteria!r}, which MongoDB would refuse: {error}; correct "
            "its operators and values."
        ) from error
