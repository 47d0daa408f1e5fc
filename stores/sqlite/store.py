"""The store of one machine: a maggma Store in an SQLite file."""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from maggma.core import Sort, Store, StoreError
from maggma.core.store import DateTimeFormat
from maggma.core.validator import Validator
from pydash import get, has, set_

from physics.errors import InputError
from stores.sqlite.codec import decode, encode
from stores.sqlite.collection import Collection, Criteria
from stores.sqlite.database import Database
from stores.sqlite.ordering import sorted_by
from stores.sqlite.projections import Projection

Properties = Iterable[str] | Mapping[str, Any] | None
Directions = Mapping[str, Sort | int] | None


class SQLiteStore(Store):
    """
    A collection of documents in an SQLite file, with MongoDB's query language.

    One file holds several collections; several threads and processes may read and write it at
    once. An update that has returned survives the death of its process at any moment (kill -9);
    after a loss of power the file is intact, but the updates of the last moments may be missing.
    The file must lie on a local disk: network file systems lack the locks that SQLite needs.

    Filters and sorts mean what they mean in maggma's ``MemoryStore`` (mongomock). Unlike MongoDB
    the store adds no ``_id``. Values are kept as `stores.sqlite.codec.encode` says.

    Parameters
    ----------
    path
        The file; it is created if missing, its folder is not.
    collection_name
        The collection within the file.
    key
        Name of the field that identifies a document.
    last_updated_field
        Name of the field that holds the date of a document.
    last_updated_type
        ``"datetime"`` or ``"isoformat"``: how that date is kept.
    validator
        Validates the documents given to `update`.

    Raises
    ------
    InputError
        If path or collection name cannot be used.
    """

    def __init__(  # noqa: PLR0917 - the order of maggma's arguments
        self,
        path: str | os.PathLike[str],
        collection_name: str = "documents",
        key: str = "task_id",
        last_updated_field: str = "last_updated",
        last_updated_type: DateTimeFormat | str = "datetime",
        validator: Validator | None = None,
    ) -> None:
        if not str(path) or str(path) == ":memory:":
            raise InputError(
                f"store: given the path '{path}', expected that of a file; for a store in memory "
                "use maggma's MemoryStore."
            )
        if not collection_name or "\0" in collection_name or collection_name.startswith("sqlite_"):
            raise InputError(
                f"store {path}: given the collection name {collection_name!r}, expected some text "
                "that does not begin with sqlite_; choose another name."
            )
        self.path = str(Path(path).expanduser().absolute())
        self.collection_name = collection_name
        self._documents: Collection | None = None
        super().__init__(
            key,
            last_updated_field,
            last_updated_type,  # type: ignore[arg-type]  # maggma takes the text, too
            validator,
        )

    @property
    def name(self) -> str:
        """The store as text: ``sqlite://path/collection``."""
        return f"sqlite://{self.path}/{self.collection_name}"

    def connect(self, force_reset: bool = False) -> None:
        """
        Open the file, and create the collection if it is missing.

        Parameters
        ----------
        force_reset
            Close the connection first.

        Raises
        ------
        InputError
            If the file cannot be used: not a database, read-only, in a missing folder, ...
        """
        if force_reset:
            self.close()
        if self._documents is None:
            documents = Collection(Database(self.path), self.collection_name)
            documents.create(self.key, self.last_updated_field)
            self._documents = documents

    def close(self) -> None:
        """Close the file."""
        if self._documents is not None:
            self._documents.database.close()
            self._documents = None

    def count(self, criteria: Criteria = None) -> int:
        """
        Count the documents that match a filter.

        Parameters
        ----------
        criteria
            The filter; None matches all.

        Returns
        -------
        int
            Their number.
        """
        return self._collection.count(criteria)

    def query(
        self,
        criteria: Criteria = None,
        properties: Properties = None,
        sort: Directions = None,
        skip: int = 0,
        limit: int = 0,
    ) -> Iterator[dict[str, Any]]:
        """
        Find the documents that match a filter.

        Nothing is locked between two documents; those that are removed meanwhile are left out.

        Parameters
        ----------
        criteria
            The filter; None matches all.
        properties
            Names of the fields to return, dotted ones included, or a mapping from names to 1
            (return only these) or 0 (return all others).
        sort
            Fields to sort by, first things first, each with 1 (ascending) or -1.
        skip, limit
            Number of documents to leave out first, and to return at most; 0 for all.

        Yields
        ------
        dict
            The documents, in order of insertion if no other is asked for.
        """
        directions = {field: Sort(way).value for field, way in (sort or {}).items()}
        yield from self._collection.find(criteria, Projection(properties), directions, skip, limit)

    def distinct(
        self,
        field: str,
        criteria: Criteria = None,
        all_exist: bool = False,  # noqa: ARG002 - signature of maggma
    ) -> list[Any]:
        """
        Find the distinct values of a field; arrays count element by element.

        Parameters
        ----------
        field
            Dotted name of the field.
        criteria
            Restricts the documents; None for all.
        all_exist
            Without meaning, as in maggma's own stores.

        Returns
        -------
        list
            The values, in order of their first appearance.
        """
        return self._collection.distinct(field, criteria)

    @property
    def last_updated(self) -> datetime:
        """
        The newest date of a document; ``datetime.min`` if there is none.

        Raises
        ------
        StoreError
            If the documents lack the field.
        """
        field = self.last_updated_field
        newest = next(self.query(properties=[field], sort={field: -1}, limit=1), None)
        if newest is not None and not has(newest, field):
            raise StoreError(
                f"{self.name}: its documents have no field '{field}'; set last_updated_field to "
                "the field that holds their date"
            )
        date = get(newest, field)
        return datetime.min if date is None else self._lu_func[0](date)  # noqa: DTZ901 - as maggma

    def groupby(  # noqa: PLR0917 - the order of maggma's arguments
        self,
        keys: list[str] | str,
        criteria: Criteria = None,
        properties: Properties = None,
        sort: Directions = None,
        skip: int = 0,
        limit: int = 0,
    ) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """
        Group documents by the values of fields; those that lack one of them are left out.

        Parameters
        ----------
        keys
            Dotted names of the fields.
        criteria, sort, skip, limit
            Choose and sort the documents, as in `query`.
        properties
            Names of the fields to return beside the keys; None for whole documents.

        Yields
        ------
        tuple of dict and list of dict
            The values of the keys, and the documents that share them; groups are sorted.
        """
        keys = [keys] if isinstance(keys, str) else list(keys)
        if properties:
            properties = list(dict.fromkeys([*keys, *properties]))
        groups: dict[str, tuple[list[Any], list[dict[str, Any]]]] = {}
        for document in self.query(criteria, properties, sort, skip, limit):
            if all(has(document, key) for key in keys):
                values = [get(document, key) for key in keys]
                groups.setdefault(encode({"": values}), (values, []))[1].append(document)
        found = list(groups.values())
        keyed = [(number, values) for number, (values, _) in enumerate(found)]
        for number in sorted_by(keyed, [1] * len(keys)):
            values, documents = found[number]
            shared: dict[str, Any] = {}
            for key, value in zip(keys, values, strict=True):
                set_(shared, key, value)
            yield shared, documents

    def update(
        self,
        docs: list[dict[str, Any]] | dict[str, Any],
        key: list[str] | str | None = None,
    ) -> None:
        """
        Insert documents, each in place of the first one with the same key.

        All documents are kept, or none.

        Parameters
        ----------
        docs
            One or several documents; they are not changed.
        key
            Names of the fields that identify a document; None for the store's key.

        Raises
        ------
        InputError
            If a value cannot be kept, a key is missing, a unique index would be violated, or the
            file cannot be written.
        ValueError
            If the validator is strict and refuses a document; some validators raise their own.
        """
        names = [key] if isinstance(key, str) else list(key or [self.key])
        wanted = []
        for document in docs if isinstance(docs, list) else [docs]:
            text = encode(document)
            missing = [name for name in names if name not in document]
            if missing:
                raise InputError(
                    f"store {self.name}: given a document without the key '{missing[0]}', expected "
                    f"one; it has {', '.join(map(str, document)) or 'no fields'}."
                )
            if self._is_valid(text):
                known = all(type(document[name]) in {str, int} for name in names)
                kept = document if known else decode(text)
                wanted.append(({name: {"$eq": kept[name]} for name in names}, text))
        self._collection.replace(wanted)

    def remove_docs(self, criteria: Mapping[str, Any]) -> None:
        """
        Remove the documents that match a filter.

        Parameters
        ----------
        criteria
            The filter; an empty one removes all.
        """
        self._collection.remove(criteria)

    def ensure_index(self, key: str, unique: bool = False) -> bool:
        """
        Create an index, which speeds up filters and sorts on the field.

        Parameters
        ----------
        key
            Dotted name of the field.
        unique
            Refuse two documents with the same value; a missing value counts as one, and an array
            as a whole.

        Returns
        -------
        bool
            Whether the index exists now; False if it cannot be made, such as a unique one over
            values that are not.
        """
        return self._collection.ensure_index(key, unique=unique)

    def __eq__(self, other: object) -> bool:
        """Compare file, collection and date field, as maggma's stores do."""
        return isinstance(other, SQLiteStore) and self._identity == other._identity

    def __hash__(self) -> int:
        """Hash file, collection and date field."""
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, str, str]:
        return self.path, self.collection_name, self.last_updated_field

    @property
    def _collection(self) -> Collection:
        if self._documents is None:
            raise StoreError(f"{self.name} is not connected; call connect() first")
        return self._documents

    def _is_valid(self, text: str) -> bool:
        if self.validator is None:
            return True
        document = decode(text)
        if self.validator.is_valid(document):
            return True
        errors = self.validator.validation_errors(document)
        if getattr(self.validator, "strict", False):
            raise ValueError(errors)
        self.logger.error(errors)
        return False
