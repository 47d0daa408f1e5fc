"""Fields of stored documents: their addresses in SQL, and their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from stores.sqlite.codec import TAG, Rank, decode

MISSING = object()
_RANKS = {
    "text": Rank.TEXT,
    "integer": Rank.NUMBER,
    "real": Rank.NUMBER,
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
    def parts(self) -> list[str]:
        """The parts of its name."""
        return self.name.split(".")

    @property
    def path(self) -> str | None:
        """The field as a JSON path in quotes, None if SQLite cannot address it."""
        return _path(self.parts)

    @property
    def type(self) -> str:
        """The JSON type of its value; NULL if the field is missing."""
        return f"json_type({self.source}, {self.path})"

    @property
    def value(self) -> str:
        """Its value: text and numbers as such, all else as JSON text."""
        return f"json_extract({self.source}, {self.path})"

    @property
    def tag(self) -> str:
        """The rank of its value if that is kept as a tag; NULL otherwise."""
        return tag_of(self.source, self.parts)

    @property
    def rank(self) -> str:
        """The `Rank` of its value; a missing one counts as null."""
        ranks = " ".join(f"WHEN '{name}' THEN {rank:d}" for name, rank in _RANKS.items())
        return (
            f"CASE {self.type} {ranks} WHEN 'object' THEN coalesce({self.tag}, {Rank.OBJECT:d}) "
            f"ELSE {Rank.NULL:d} END"
        )

    @property
    def holders(self) -> list["Field"]:
        """The fields on the way to it, outermost first."""
        parts = self.parts
        return [Field(".".join(parts[:count]), self.source) for count in range(1, len(parts))]

    @property
    def reachable(self) -> str:
        """A condition: no array, date or other value lies on the way to the field."""
        conditions = ["1"] if self.source == "doc" else [f"{tag_of(self.source, [])} IS NULL"]
        conditions += [
            f"coalesce({holder.type}, 'object') = 'object' AND {holder.tag} IS NULL"
            for holder in self.holders
        ]
        return " AND ".join(conditions)

    @property
    def text(self) -> tuple[str, str]:
        """
        How many parts of the name lead to its value or close to it, and the JSON text there.

        It is the text of the whole field, or of the first array on the way to it, or of the part
        in front of what SQLite cannot address; NULL if the field is missing.
        """
        chain = [field for field in [*self.holders, self] if field.path is not None]
        if not chain:
            return "0", self.source
        depth, text = f"{len(chain)}", f"{self.source} -> {chain[-1].path}"
        for count in range(len(chain) - 1, 0, -1):
            holder = chain[count - 1]
            depth = f"CASE {holder.type} WHEN 'array' THEN {count} ELSE {depth} END"
            text = (
                f"CASE {holder.type} WHEN 'array' THEN {self.source} -> {holder.path} "
                f"ELSE {text} END"
            )
        return depth, text

    def candidates(self, depth: int, text: str | None) -> list[Any]:
        """
        Find its values in what was read of a document.

        Parameters
        ----------
        depth, text
            The values of `text` for the document.

        Returns
        -------
        list
            Its values; several if the way leads through an array, with `MISSING` for elements
            that lack the field; none if it is missing.
        """
        if text is None:
            return []
        value = decode(text)
        rest = ".".join(self.parts[depth:])
        if not rest:
            return [value]
        from mongomock_ng.filtering import iter_key_candidates  # noqa: PLC0415 - slow to import
        from sentinels import NOTHING  # noqa: PLC0415

        found = iter_key_candidates(rest, value)
        return [MISSING if candidate is NOTHING else candidate for candidate in found]


def tag_of(source: str, parts: Sequence[str]) -> str:
    """
    Write the rank of a value that is kept as a tag.

    Parameters
    ----------
    source
        The SQL expression of a JSON text.
    parts
        The way to the value in it.

    Returns
    -------
    str
        An SQL expression; NULL for values that are not tagged.
    """
    path = _path(parts)
    return f"""json_extract({source}, {path[:-1] if path else ""}."{TAG}"[0]')"""


def _path(parts: Sequence[str]) -> str | None:
    """Write a path in SQL; None if a part is empty, an index, or needs an escape."""
    labels = []
    for part in parts:
        label = orjson.dumps(TAG + part if part.startswith(TAG) else part).decode()
        if not part or _is_index(part) or "\\" in label or "{" in label:
            return None
        labels.append(label.replace("'", "''"))
    return f"'{'.'.join(['$', *labels])}'"


def _is_index(part: str) -> bool:
    try:
        int(part)
    except ValueError:
        return False
    return True
