"""Which fields of a document to return, in MongoDB's language."""

from collections.abc import Iterable, Mapping
from typing import Any

from physics.errors import InputError


class Projection:
    """
    The fields to return.

    Parameters
    ----------
    properties
        Dotted names to include, or a mapping from names to 1 (include only these) or 0 (include
        all others); ``_id`` may be left out of either. None or empty: whole documents.

    Raises
    ------
    InputError
        If it mixes 1 and 0, holds another value, or names both a field and a part of it.
    """

    def __init__(self, properties: Iterable[str] | Mapping[str, Any] | None) -> None:
        if not isinstance(properties, Mapping):
            properties = dict.fromkeys(properties or (), 1)
        if any(value not in (0, 1) for value in properties.values()):
            raise _refusal(properties, "operators are not supported")
        fields = {name: bool(value) for name, value in properties.items() if name != "_id"}
        self.with_id = bool(properties.get("_id", 1))
        self.including = any(fields.values()) if fields else properties.get("_id") == 1
        if len(set(fields.values())) > 1:
            raise _refusal(properties, "includes some fields and excludes others")
        self._tree: dict[str, Any] = {}
        for name in fields:
            *parents, last = name.split(".")
            tree = self._tree
            for parent in parents:
                tree = tree.setdefault(parent, {})
                if tree is None:
                    raise _refusal(properties, f"names {name} and a part that holds it")
            if tree.setdefault(last, None) is not None:
                raise _refusal(properties, f"names {name} and a part of it")

    @property
    def roots(self) -> list[str] | None:
        """The top-level fields that suffice to answer it; None if the whole document is needed."""
        if not self.including:
            return None
        return [*self._tree, *(["_id"] if self.with_id else [])]

    def __call__(self, document: dict[str, Any]) -> dict[str, Any]:
        """
        Apply it.

        Parameters
        ----------
        document
            A document, or its `roots`.

        Returns
        -------
        dict
            The part asked for; it may share values with the document.
        """
        if not self._tree and not self.including:
            result = dict(document)
        else:
            select = _included if self.including else _excluded
            result = select(document, self._tree)
        if not self.with_id:
            result.pop("_id", None)
        elif "_id" in document:
            result["_id"] = document["_id"]
        return result


def _included(value: Any, tree: Mapping[str, Any]) -> Any:
    result = {}
    for key, item in value.items():
        if key not in tree:
            continue
        branch = tree[key]
        if branch is None:
            result[key] = item
        elif isinstance(item, dict):
            result[key] = _included(item, branch)
        elif isinstance(item, list):
            result[key] = _included_items(item, branch)
    return result


def _included_items(items: list[Any], tree: Mapping[str, Any]) -> list[Any]:
    return [
        _included(item, tree) if isinstance(item, dict) else _included_items(item, tree)
        for item in items
        if isinstance(item, dict | list)
    ]


def _excluded(value: Any, tree: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_excluded(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item if key not in tree else _excluded(item, tree[key])
        for key, item in value.items()
        if key not in tree or tree[key] is not None
    }


def _refusal(properties: Mapping[str, Any], fault: str) -> InputError:
    return InputError(
        f"store: given the properties {dict(properties)!r}, which {fault}; expected a list of "
        "names, or a dictionary with 1 for each field to include or 0 for each to exclude."
    )
