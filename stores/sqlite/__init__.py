"""The store of one machine: a maggma Store in an SQLite file."""

from stores.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
