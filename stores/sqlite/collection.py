"""A collection of documents: one table of an SQLite file."""

# ruff: noqa: S608 - statements are put together from quoted names; values are always bound

import hashlib
import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from physics.errors import InputError
from stores.sqlite.codec import Rank, decode, encode
from stores.sqlite.database import Database
from stores.sqlite.fields import MISSING, Field
from stores.sqlite.filters import Where, translate
from stores.sqlite.ordering import sorted_by
from stores.sqlite.projections import Projection

_BATCH = 2**20
_DIGEST = 8
_UNSORTABLE = (Rank.TEXT_WITH_NUL, Rank.OBJECT, Rank.ARRAY, Rank.BYTES)

Criteria = Mapping[str, Any] | None


class Collection:
    """
    One table of an SQLite file, with a document in each row, in order of insertion.

    Parameters
    ----------
    database
        The file.
    name
        Name of the collection, not blank and without NUL.
    """

    def __init__(self, database: Database, name: str) -> None:
        self.database = database
        self.name = name
        self._table = _quoted(name)
        self._indexed: set[str] = set()

    def create(self, *fields: str) -> None:
        """
        Create the table and indexes unless they exist.

        Parameters
        ----------
        *fields
            Dotted names of the fields to index.

        Raises
        ------
        InputError
            If the file cannot be used, or has a collection whose name differs in case only.
        """
        with self.database.reading() as connection:
            known = connection.execute(
                "SELECT type, tbl_name, name FROM sqlite_master WHERE tbl_name = ? COLLATE NOCASE",
                [self.name],
            ).fetchall()
        tables = {table for _, table, _ in known}
        if not tables:
            with self.database.writing() as connection:
                connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {self._table} "
                    "(id INTEGER PRIMARY KEY, doc TEXT NOT NULL)"
                )
        elif self.name not in tables:
            raise InputError(
                f"store {self.database.path}: given the collection '{self.name}', but the file has "
                f"'{tables.pop()}', which differs in case only; use that name or another."
            )
        names = {name for kind, _, name in known if kind == "index"}
        keys = {name[len(self.name) + 1 : -_DIGEST - 1] for name in names}
        self._indexed = {key for key in keys if self._index(key) in names}
        for field in set(fields) - self._indexed:
            self.ensure_index(field)

    def ensure_index(self, key: str, *, unique: bool = False) -> bool:
        """
        Create an index unless it exists.

        Parameters
        ----------
        key
            Dotted name of the field.
        unique
            Refuse two documents with the same value; a missing value counts as one.

        Returns
        -------
        bool
            Whether it exists now.
        """
        subject = Field(key)
        if subject.path is None:
            return False
        name = self._index(key, unique=unique)
        with self.database.reading() as connection:
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [name])
            exists = known.fetchone() is not None
        if not exists:
            value = f"ifnull({subject.value}, 0)" if unique else subject.value
            try:
                with self.database.writing() as connection:
                    connection.execute(
                        f"CREATE {'UNIQUE ' * unique}INDEX IF NOT EXISTS {_quoted(name)} "
                        f"ON {self._table} ({subject.rank}, {value})"
                    )
            except sqlite3.IntegrityError:
                return False
        if not unique:
            self._indexed.add(key)
        return True

    def count(self, criteria: Criteria) -> int:
        """
        Count documents.

        Parameters
        ----------
        criteria
            A filter; None for all.

        Returns
        -------
        int
            The number of documents that match.
        """
        where = translate(criteria, self._indexed)
        rows = self._rows(f"SELECT count(*) FROM {self._table} WHERE {where.condition}", where)
        return int(rows[0][0])

    def find(
        self,
        criteria: Criteria,
        projection: Projection,
        directions: Mapping[str, int],
        skip: int,
        limit: int,
    ) -> Iterator[dict[str, Any]]:
        """
        Find documents; nothing stays locked between two of them.

        Parameters
        ----------
        criteria
            A filter; None for all.
        projection
            What to return of each.
        directions
            1 or -1 by dotted names of fields; the first counts most.
        skip, limit
            Number of documents to leave out first, and to return at most; 0 for all.

        Yields
        ------
        dict
            What the projection leaves of each document.
        """
        where = translate(criteria, self._indexed)
        columns, read = _reader(projection)
        if directions or where.indexed:
            rows = self._by_id(columns, self._ids(where, directions, skip, limit))
        else:
            rows = self._scan(columns, where, skip, limit)
        for row in rows:
            yield projection(read(row))

    def distinct(self, name: str, criteria: Criteria) -> list[Any]:
        """
        Find the distinct values of a field; arrays count element by element.

        Parameters
        ----------
        name
            Dotted name of the field.
        criteria
            A filter; None for all.

        Returns
        -------
        list
            The values, in order of their first appearance.
        """
        where = translate(criteria, self._indexed)
        field = Field(name)
        rows = self._rows(
            f"SELECT DISTINCT {', '.join(field.text)} FROM {self._table} WHERE {where.condition}",
            where,
        )
        seen: dict[Any, Any] = {}
        for candidate in itertools.chain.from_iterable(field.candidates(*row) for row in rows):
            for value in candidate if isinstance(candidate, list) else [candidate]:
                if value is not MISSING:
                    seen.setdefault(
                        encode({"": value}) if isinstance(value, dict | list) else value, value
                    )
        return list(seen.values())

    def replace(self, documents: Iterable[tuple[Mapping[str, Any], str]]) -> None:
        """
        Put each document in place of the first one that matches its filter, or add it.

        Parameters
        ----------
        documents
            Pairs of filter and JSON text; all are written, or none.

        Raises
        ------
        InputError
            If the file cannot be written, or a unique index would be violated.
        """
        wanted = [(translate(criteria, self._indexed), text) for criteria, text in documents]
        if not wanted:
            return
        find = f"SELECT min(id) FROM {self._table} WHERE "
        update = f"UPDATE {self._table} SET doc = ? WHERE id = ?"
        insert = f"INSERT INTO {self._table} (doc) VALUES (?)"
        try:
            with self.database.writing() as connection:
                for where, text in wanted:
                    self.database.matches = where.matches
                    found = connection.execute(find + where.condition, where.values).fetchone()[0]
                    if found is None:
                        connection.execute(insert, [text])
                    else:
                        connection.execute(update, [text, found])
        except sqlite3.IntegrityError as error:
            raise InputError(
                f"store {self.database.path}: given a document for '{self.name}' whose value of a "
                f"field with a unique index is there already ({error}); change the value, or "
                "update by that field."
            ) from error

    def remove(self, criteria: Criteria) -> None:
        """
        Remove documents.

        Parameters
        ----------
        criteria
            A filter; an empty one removes all.
        """
        where = translate(criteria, self._indexed)
        with self.database.writing() as connection:
            self.database.matches = where.matches
            connection.execute(
                f"DELETE FROM {self._table} WHERE id IN "
                f"(SELECT id FROM {self._table} WHERE {where.condition})",
                where.values,
            )

    def _index(self, key: str, *, unique: bool = False) -> str:
        """Name an index; the digest tells apart what SQLite, blind to case, would not."""
        digest = hashlib.sha256(f"{self.name}\0{key}".encode()).hexdigest()[:_DIGEST]
        return f"{self.name} {key} {'unique ' * unique}{digest}"

    def _rows(self, statement: str, where: Where, **values: Any) -> list[Any]:
        with self.database.reading() as connection:
            self.database.matches = where.matches
            return connection.execute(statement, {**where.values, **values}).fetchall()

    def _scan(self, columns: str, where: Where, skip: int, limit: int) -> Iterator[Any]:
        """Read in order of insertion, about 1 MB at a time."""
        statement = (
            f"SELECT id, {columns} FROM {self._table} WHERE id > :after AND {where.condition} "
            "ORDER BY id LIMIT :limit OFFSET :skip"
        )
        after, left = -1, limit or -1
        while left:
            batch, size = [], 0
            with self.database.reading() as connection:
                self.database.matches = where.matches
                cursor = connection.execute(
                    statement, {**where.values, "after": after, "limit": left, "skip": skip}
                )
                for row in cursor:
                    batch.append(row)
                    size += 64 + sum(len(text) for text in row[1:] if text is not None)
                    if size > _BATCH:
                        break
                cursor.close()
            if not batch:
                return
            yield from (row[1:] for row in batch)
            after, skip = batch[-1][0], 0
            left = left - len(batch) if limit else -1

    def _by_id(self, columns: str, ids: Iterable[int]) -> Iterator[Any]:
        statement = f"SELECT {columns} FROM {self._table} WHERE id = ?"
        for id_ in ids:
            with self.database.reading() as connection:
                row = connection.execute(statement, [id_]).fetchone()
            if row is not None:
                yield row

    def _ids(self, where: Where, directions: Mapping[str, int], skip: int, limit: int) -> list[int]:
        """Find the row numbers of the documents asked for, in order."""
        order = self._order(directions)
        if order is not None:
            source = self._table
            if directions and not where.indexed:
                source += f" INDEXED BY {_quoted(self._index(*directions))}"
            rows = self._rows(
                f"SELECT id FROM {source} WHERE {where.condition} ORDER BY {order} "
                "LIMIT :limit OFFSET :skip",
                where,
                limit=limit or -1,
                skip=skip,
            )
            return [row[0] for row in rows]
        fields = [Field(name) for name in directions]
        columns = ", ".join(itertools.chain.from_iterable(field.text for field in fields))
        keyed = []
        with self.database.reading() as connection:
            self.database.matches = where.matches
            for id_, *texts in connection.execute(
                f"SELECT id, {columns} FROM {self._table} WHERE {where.condition} ORDER BY id",
                where.values,
            ):
                found = zip(fields, texts[::2], texts[1::2], strict=True)
                keyed.append((id_, [_first(field.candidates(*text)) for field, *text in found]))
        return sorted_by(keyed, list(directions.values()))[skip : skip + limit if limit else None]

    def _order(self, directions: Mapping[str, int]) -> str | None:
        """Write a sort in SQL; None if only the decoded values can tell."""
        if not directions:
            return "id"
        (name, direction), *others = directions.items()
        if others or name not in self._indexed:
            return None
        field = Field(name)
        ranks = [*_UNSORTABLE, Rank.NULL] if field.holders else _UNSORTABLE
        unsortable = f"{field.rank} IN ({', '.join(f'{rank:d}' for rank in ranks)})"
        if self._rows(f"SELECT 1 FROM {self._table} WHERE {unsortable} LIMIT 1", Where()):
            return None
        way = "ASC" if direction > 0 else "DESC"
        return f"{field.rank} {way}, {field.value} {way}, id"


def _reader(projection: Projection) -> tuple[str, Callable[[Any], dict[str, Any]]]:
    """Choose the columns that a projection needs, and how to make a document of them."""
    fields = [Field(root) for root in projection.roots or ()]
    if projection.roots is None or any(field.path is None for field in fields):
        return "doc", lambda row: decode(row[0])

    def read(row: tuple[str | None, ...]) -> dict[str, Any]:
        pairs = zip(fields, row, strict=False)
        return {field.name: decode(text) for field, text in pairs if text is not None}

    return ", ".join(f"doc -> {field.path}" for field in fields) or "NULL", read


def _first(candidates: list[Any]) -> Any:
    return None if not candidates or candidates[0] is MISSING else candidates[0]


def _quoted(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'
