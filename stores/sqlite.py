"""The store of one machine: a maggma Store in an SQLite file."""

import hashlib
import itertools
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

from maggma.core import Sort, Store, StoreError
from maggma.core.store import DateTimeFormat
from maggma.core.validator import Validator
from pydash import get, has, set_

from physics.errors import InputError
from stores.codec import Rank, decode, encode
from stores.database import Database
from stores.fields import MISSING, Field
from stores.filters import Where, translate
from stores.ordering import sorted_by
from stores.projections import Projection

_BATCH = 2**20


class SQLiteStore(Store):
    """
    A collection of documents in an SQLite file, with MongoDB's query language.

    One file holds several collections; several threads and processes may read and write it at
    once. An update that has returned survives the death of its process at any moment (kill -9);
    after a loss of power the file is intact, but the updates of the last moments may be missing.

    Filters mean what they mean in maggma's ``MemoryStore`` (mongomock): what SQL can decide is
    decided there, the rest on the decoded documents. Unlike MongoDB the store adds no ``_id``.
    Values are kept as `stores.codec.encode` says.

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

    def __init__(
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
        self._database: Database | None = None
        self._indexed: set[str] = set()
        last_updated = DateTimeFormat(last_updated_type)
        super().__init__(key, last_updated_field, last_updated, validator)
        self.last_updated_type = last_updated.value

    @property
    def name(self) -> str:
        """The store as text: ``sqlite://path/collection``."""
        return f"sqlite://{self.path}/{self.collection_name}"

    @property
    def _collection(self) -> Any:
        raise StoreError("an SQLiteStore has no pymongo collection; use the methods of the store")

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
        if self._database is not None:
            if not force_reset:
                return
            self.close()
        database = Database(self.path)
        try:
            with database.reading() as connection:
                known = connection.execute(
                    "SELECT name FROM sqlite_master WHERE name = ? COLLATE NOCASE",
                    [self.collection_name],
                ).fetchone()
            if known is None:
                with database.writing() as connection:
                    connection.execute(
                        f"CREATE TABLE IF NOT EXISTS {self._table} "
                        "(id INTEGER PRIMARY KEY, doc TEXT NOT NULL)"
                    )
            elif known[0] != self.collection_name:
                raise InputError(
                    f"store {self.path}: given the collection {self.collection_name!r}, but the "
                    f"file has {known[0]!r}, which differs in case only; use that name or another."
                )
        except BaseException:
            database.close()
            raise
        self._database = database
        self.ensure_index(self.key)
        self.ensure_index(self.last_updated_field)

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def count(self, criteria: Mapping[str, Any] | None = None) -> int:
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
        where = translate(criteria, self._indexed)
        return self._rows(f"SELECT count(*) FROM {self._table} WHERE {where.condition}", where)[0][
            0
        ]

    def query(
        self,
        criteria: Mapping[str, Any] | None = None,
        properties: Iterable[str] | Mapping[str, Any] | None = None,
        sort: Mapping[str, Sort | int] | None = None,
        skip: int = 0,
        limit: int = 0,
    ) -> Iterator[dict[str, Any]]:
        """
        Find the documents that match a filter.

        No lock is held between two documents; those that another writer removes meanwhile are
        left out.

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
        where = translate(criteria, self._indexed)
        projection = Projection(properties)
        columns, build = self._reader(projection)
        if sort or where.indexed:
            batches = self._by_id(columns, self._ids(where, sort, skip, limit))
        else:
            batches = self._scan(columns, where, skip, limit)
        for row in batches:
            yield projection(build(row))

    def distinct(
        self,
        field: str,
        criteria: Mapping[str, Any] | None = None,
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
            Without meaning here, as in maggma's own stores.

        Returns
        -------
        list
            The values, in order of their first appearance.
        """
        where = translate(criteria, self._indexed)
        subject = Field(field)
        rows = self._rows(
            f"SELECT DISTINCT {', '.join(subject.text)} FROM {self._table} WHERE {where.condition}",
            where,
        )
        seen: dict[Any, Any] = {}
        for row in rows:
            for candidate in subject.candidates(*row):
                if candidate is MISSING:
                    continue
                for value in candidate if isinstance(candidate, list) else [candidate]:
                    mark = encode({"": value}) if isinstance(value, dict | list) else value
                    seen.setdefault(mark, value)
        return list(seen.values())

    def groupby(
        self,
        keys: list[str] | str,
        criteria: Mapping[str, Any] | None = None,
        properties: Iterable[str] | Mapping[str, Any] | None = None,
        sort: Mapping[str, Sort | int] | None = None,
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
        groups: dict[str, list[dict[str, Any]]] = {}
        for document in self.query(criteria, properties, sort, skip, limit):
            if all(has(document, key) for key in keys):
                mark = encode({"": [get(document, key) for key in keys]})
                groups.setdefault(mark, []).append(document)
        found = list(groups.values())
        order = sorted_by(
            [
                (group, [get(documents[0], key) for key in keys])
                for group, documents in enumerate(found)
            ],
            [1] * len(keys),
        )
        for group in order:
            values: dict[str, Any] = {}
            for key in keys:
                set_(values, key, get(found[group][0], key))
            yield values, found[group]

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
            If the validator is strict and refuses a document.
        """
        names = [key] if isinstance(key, str) else list(key or [self.key])
        wanted = []
        for document in docs if isinstance(docs, list) else [docs]:
            text = encode(document)
            if not self._is_valid(document):
                continue
            missing = [name for name in names if name not in document]
            if missing:
                raise InputError(
                    f"store {self.name}: given a document without the key '{missing[0]}', "
                    f"expected one; it has {', '.join(map(str, document))}."
                )
            criteria = {name: document[name] for name in names}
            wanted.append((translate(criteria, self._indexed), text))
        try:
            with self._open.writing() as connection:
                for where, text in wanted:
                    self._replace(connection, where, text)
        except sqlite3.IntegrityError as error:
            raise InputError(
                f"store {self.name}: given a document whose value of a field with a unique index "
                f"is there already ({error}); change the value or update by that field."
            ) from error

    def remove_docs(self, criteria: Mapping[str, Any]) -> None:
        """
        Remove the documents that match a filter.

        Parameters
        ----------
        criteria
            The filter; an empty one removes all.
        """
        where = translate(criteria, self._indexed)
        with self._open.writing() as connection:
            self._open.matches = where.matches
            connection.execute(
                f"DELETE FROM {self._table} WHERE id IN "
                f"(SELECT id FROM {self._table} WHERE {where.condition})",
                where.values,
            )

    def ensure_index(self, key: str, unique: bool = False) -> bool:
        """
        Create an index, which speeds up filters and sorts on the field.

        Parameters
        ----------
        key
            Dotted name of the field.
        unique
            Refuse two documents with the same value; a missing value counts as one.

        Returns
        -------
        bool
            Whether the index exists now; False if it cannot be made, such as a unique one over
            values that are not.
        """
        subject = Field(key)
        if subject.path is None:
            return False
        name = self._index(key, unique)
        with self._open.reading() as connection:
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [name])
            exists = known.fetchone() is not None
        if not exists:
            value = f"ifnull({subject.value}, 0)" if unique else subject.value
            try:
                with self._open.writing() as connection:
                    connection.execute(
                        f"CREATE {'UNIQUE ' * unique}INDEX IF NOT EXISTS {_quoted(name)} "
                        f"ON {self._table} ({subject.rank}, {value})"
                    )
            except sqlite3.IntegrityError:
                return False
        if not unique:
            self._indexed.add(key)
        return True

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
    def _open(self) -> Database:
        if self._database is None:
            raise StoreError(f"{self.name} is not connected; call connect() first")
        return self._database

    @property
    def _table(self) -> str:
        return _quoted(self.collection_name)

    def _index(self, key: str, unique: bool) -> str:
        """Name an index; the digest tells apart what SQLite, blind to case, would not."""
        digest = hashlib.sha256(f"{self.collection_name}\0{key}".encode()).hexdigest()[:8]
        return f"{self.collection_name} {key} {'unique ' * unique}{digest}"

    def _is_valid(self, document: dict[str, Any]) -> bool:
        if self.validator is None or self.validator.is_valid(document):
            return True
        errors = self.validator.validation_errors(document)
        if self.validator.strict:
            raise ValueError(errors)
        self.logger.error(errors)
        return False

    def _rows(self, statement: str, where: Where, **values: Any) -> list[Any]:
        with self._open.reading() as connection:
            self._open.matches = where.matches
            return connection.execute(statement, {**where.values, **values}).fetchall()

    def _replace(self, connection: sqlite3.Connection, where: Where, text: str) -> None:
        self._open.matches = where.matches
        found = connection.execute(
            f"SELECT min(id) FROM {self._table} WHERE {where.condition}", where.values
        ).fetchone()[0]
        if found is None:
            connection.execute(f"INSERT INTO {self._table} (doc) VALUES (?)", [text])
        else:
            connection.execute(f"UPDATE {self._table} SET doc = ? WHERE id = ?", [text, found])

    def _reader(self, projection: Projection) -> tuple[str, Any]:
        """Choose the columns that a projection needs, and how to make a document of them."""
        roots = projection.roots
        fields = None if roots is None else [Field(root) for root in roots]
        if fields is None or any(field.path is None for field in fields):
            return "doc", lambda row: decode(row[0])

        def build(row: tuple[str | None, ...]) -> dict[str, Any]:
            pairs = zip(fields, row, strict=True)
            return {field.name: decode(text) for field, text in pairs if text is not None}

        return ", ".join(f"doc -> {field.path}" for field in fields) or "1", build

    def _scan(self, columns: str, where: Where, skip: int, limit: int) -> Iterator[Any]:
        """Read in order of insertion, a batch at a time."""
        statement = (
            f"SELECT id, {columns} FROM {self._table} WHERE id > :after AND {where.condition} "
            "ORDER BY id LIMIT :limit OFFSET :skip"
        )
        after, left = -1, limit or -1
        while left:
            batch = self._batch(statement, where, after=after, limit=left, skip=skip)
            yield from (row[1:] for row in batch)
            if not batch:
                return
            after, skip = batch[-1][0], 0
            left = left - len(batch) if limit else -1

    def _by_id(self, columns: str, ids: list[int]) -> Iterator[Any]:
        """Read the documents with these row numbers."""
        statement = f"SELECT {columns} FROM {self._table} WHERE id = ?"
        for id_ in ids:
            with self._open.reading() as connection:
                row = connection.execute(statement, [id_]).fetchone()
            if row is not None:
                yield row

    def _batch(self, statement: str, where: Where, **values: Any) -> list[Any]:
        """Read rows until they hold about 1 MB, then let go of the statement."""
        batch, size = [], 0
        with self._open.reading() as connection:
            self._open.matches = where.matches
            cursor = connection.execute(statement, {**where.values, **values})
            for row in cursor:
                batch.append(row)
                size += sum(len(text) for text in row[1:] if isinstance(text, str)) + 64
                if size > _BATCH:
                    break
            cursor.close()
        return batch

    def _ids(
        self, where: Where, sort: Mapping[str, Sort | int] | None, skip: int, limit: int
    ) -> list[int]:
        """Find the row numbers of the documents asked for, in order."""
        directions = {field: Sort(way).value for field, way in (sort or {}).items()}
        order = self._order(directions)
        if order is not None:
            rows = self._rows(
                f"SELECT id FROM {self._table} WHERE {where.condition} ORDER BY {order} "
                "LIMIT :limit OFFSET :skip",
                where,
                limit=limit or -1,
                skip=skip,
            )
            return list(map(itemgetter(0), rows))
        fields = [Field(name) for name in directions]
        columns = ", ".join(itertools.chain.from_iterable(field.text for field in fields))
        keyed = []
        with self._open.reading() as connection:
            self._open.matches = where.matches
            for id_, *texts in connection.execute(
                f"SELECT id, {columns} FROM {self._table} WHERE {where.condition} ORDER BY id",
                where.values,
            ):
                found = zip(fields, texts[::2], texts[1::2], strict=True)
                firsts = [next(iter(field.candidates(*text)), MISSING) for field, *text in found]
                values = [None if first is MISSING else first for first in firsts]
                keyed.append((id_, values))
        return sorted_by(keyed, list(directions.values()))[skip : skip + limit if limit else None]

    def _order(self, directions: dict[str, int]) -> str | None:
        """Write a sort in SQL; None if only the values themselves can tell."""
        if not directions:
            return "id"
        (field, direction), *others = directions.items()
        if others or field not in self._indexed:
            return None
        subject = Field(field)
        odd = f"{subject.rank} IN ({Rank.TEXT_WITH_NUL:d}, {Rank.OBJECT:d}, {Rank.ARRAY:d}, {Rank.BYTES:d})"
        if "." in field:
            odd += f" OR {subject.rank} = {Rank.NULL:d}"
        if self._rows(f"SELECT 1 FROM {self._table} WHERE {odd} LIMIT 1", Where()):
            return None
        way = "ASC" if direction > 0 else "DESC"
        return f"{subject.rank} {way}, {subject.value} {way}, id"


def _quoted(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'
