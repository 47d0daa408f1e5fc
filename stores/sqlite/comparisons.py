"""What MongoDB's comparison operators say of single values, in SQL."""

# ruff: noqa: S608 - statements are put together from escaped paths; values are always bound

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from bson import ObjectId

from stores.sqlite.codec import MAX_INTEGER, MIN_INTEGER, Rank, tag, tagged
from stores.sqlite.fields import Field

_SIGNS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
_MARGIN, _TINY = 2.0**-50, 1e-306


@dataclass
class Comparison:
    """
    What an operator says of a single value, in SQL with ``{x}`` for the value.

    Parameters
    ----------
    verdicts
        1, 0 or NULL (cannot tell) by JSON type, ``""`` being a missing value; types without one do
        not match. ``{tag}`` stands for the rank of a tagged value.
    conditions
        By rank; each match fulfils that of its rank, and an index can serve it.
    glance
        If not empty: 0 for values that cannot match, whatever their type.
    """

    verdicts: dict[str, str] = field(default_factory=dict)
    conditions: dict[Rank, str] = field(default_factory=dict)
    glance: str = ""

    def judge(self, type_: str, value: str, tag_: str, more: Mapping[str, str]) -> str:
        """
        Write the verdict on a value.

        Parameters
        ----------
        type_, value, tag_
            Its JSON type, itself, and its rank if it is tagged, as SQL expressions.
        more
            Further verdicts by JSON type.

        Returns
        -------
        str
            An SQL expression: 1, 0 or NULL.
        """
        own = {
            name: verdict.replace("{x}", value).replace("{tag}", tag_)
            for name, verdict in self.verdicts.items()
            if name
        }
        verdicts = {**own, **more}
        whens = " ".join(f"WHEN '{name}' THEN {verdict}" for name, verdict in verdicts.items())
        return f"CASE {type_} {whens} ELSE 0 END" if whens else "0"

    def lookup(self, subject: Field) -> str:
        """
        Write what every match in a field fulfils, as alternatives that an index serves.

        Parameters
        ----------
        subject
            The field.

        Returns
        -------
        str
            An SQL condition.
        """
        conditions = {Rank.ARRAY: "1", **self.conditions}
        if subject.holders:
            conditions[Rank.NULL] = "1"
        return " OR ".join(
            f"({subject.rank} = {rank:d} AND {condition.replace('{x}', subject.value)})"
            for rank, condition in conditions.items()
        ).join("()")


class Comparisons:
    """
    The comparisons of one statement, and the parameters that they use.

    SQLite may read a decimal number one bit off, so that real numbers close to the one they are
    compared with stay undecided.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def compare(self, operator: str, operand: Any) -> Comparison | None:
        """
        Say what an operator makes of single values.

        Parameters
        ----------
        operator
            ``$eq``, ``$in``, ``$gt``, ``$gte``, ``$lt`` or ``$lte``; others are not comparisons.
        operand
            What it compares with.

        Returns
        -------
        Comparison or None
            None if SQL cannot say.
        """
        if operator == "$eq":
            return self._members([operand])
        if operator == "$in" and isinstance(operand, list):
            return self._members(operand)
        if operator not in _SIGNS or isinstance(operand, bool):
            return None
        if isinstance(operand, int | float):
            return self._numbers_beyond(_SIGNS[operator], operand)
        return self._others_beyond(_SIGNS[operator], operand)

    def _members(self, members: Sequence[Any]) -> Comparison | None:
        """Values that equal one of several."""
        result = Comparison()
        numbers: list[float] = []
        texts: list[str] = []
        tags: dict[Rank, list[str]] = {}
        for member in members:
            if member is None:
                result.verdicts |= {"": "1", "null": "1"}
                result.conditions[Rank.NULL] = "1"
            elif isinstance(member, int | float) and math.isfinite(member):
                numbers.append(member)
            elif (special := tag(member)) is not None:
                tags.setdefault(special[0], []).append(tagged(*special))
            elif isinstance(member, str):
                texts.append(member)
            else:
                return None
        if texts:
            equal = f"{{x}} {self._among(texts)}"
            result.verdicts["text"] = result.conditions[Rank.TEXT] = equal
            if len(texts) == len(members):
                result.glance = f"CASE WHEN {equal} THEN 1 ELSE {{x}} GLOB '[[]*' END"
        if tags:
            equal = f"{{x}} {self._among([text for known in tags.values() for text in known])}"
            result.verdicts["object"] = equal
            result.conditions |= dict.fromkeys(tags, equal)
        return self._with_numbers(result, numbers) if numbers else result

    def _with_numbers(self, result: Comparison, numbers: Sequence[float]) -> Comparison | None:
        try:
            brackets = [_bracket(number) for number in numbers]
        except OverflowError:
            return None
        whole = [int(n) for n in numbers if n == int(n) and MIN_INTEGER <= n <= MAX_INTEGER]
        low, high = min(low for low, _ in brackets), max(high for _, high in brackets)
        equal = f"{{x}} {self._among(whole)}"
        near = range_ = f"{{x}} BETWEEN {self.bind(low)} AND {self.bind(high)}"
        if len(whole) == len(numbers):
            near = f"CAST(round({{x}}) AS INTEGER) {self._among(whole)}"
        result.verdicts |= {"integer": equal, "real": f"CASE WHEN NOT ({near}) THEN 0 END"}
        result.conditions[Rank.NUMBER] = range_
        for truth, number in (("false", 0), ("true", 1)):
            if number in whole:
                result.verdicts[truth] = "1"
                result.conditions[Rank.BOOLEAN] = equal
        return result

    def _numbers_beyond(self, sign: str, operand: float) -> Comparison | None:
        if not math.isfinite(operand) or not MIN_INTEGER <= operand <= MAX_INTEGER:
            return None
        low, high = map(self.bind, _bracket(operand))
        above, below = int(sign[0] == ">"), int(sign[0] == "<")
        infinity = Rank.INFINITY if above else Rank.NEGATIVE_INFINITY
        real = f"CASE WHEN {{x}} > {high} THEN {above} WHEN {{x}} < {low} THEN {below} END"
        glance = f"{{x}} >= {low}" if above else f"{{x}} <= {high} OR typeof({{x}}) = 'text'"
        return Comparison(
            {
                "integer": f"{{x}} {sign} {self.bind(operand)}",
                "real": real,
                "object": f"CASE {{tag}} WHEN {infinity:d} THEN 1 ELSE 0 END",
            },
            {Rank.NUMBER: f"{{x}} >= {low}" if above else f"{{x}} <= {high}", infinity: "1"},
            glance,
        )

    def _others_beyond(self, sign: str, operand: Any) -> Comparison | None:
        special = tag(operand)
        if special is None and isinstance(operand, str):
            exact = f"{{x}} {sign} {self.bind(operand)}"
            odd = f"CASE {{tag}} WHEN {Rank.TEXT_WITH_NUL:d} THEN NULL ELSE 0 END"
            return Comparison(
                {"text": exact, "object": odd}, {Rank.TEXT: exact, Rank.TEXT_WITH_NUL: "1"}
            )
        if special is not None and isinstance(operand, datetime | ObjectId):
            exact = f"{{x}} {sign} {self.bind(tagged(*special))}"
            verdict = f"CASE {{tag}} WHEN {special[0]:d} THEN {exact} ELSE 0 END"
            return Comparison({"object": verdict}, {special[0]: exact})
        return None

    def _among(self, values: Sequence[Any]) -> str:
        if len(values) == 1:
            return f"= {self.bind(values[0])}"
        return f"IN (SELECT value FROM json_each({self.bind(orjson.dumps(values).decode())}))"

    def bind(self, value: Any) -> str:
        """
        Name a parameter.

        Parameters
        ----------
        value
            Its value.

        Returns
        -------
        str
            What stands for it in the statement.
        """
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def _bracket(number: float) -> tuple[float, float]:
    """Bracket a number by more than SQLite's error in reading it."""
    margin = abs(float(number)) * _MARGIN + (_TINY if number else 0.0)
    return float(number) - margin, float(number) + margin
