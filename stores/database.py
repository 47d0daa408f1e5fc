"""The query API: everything that a store file knows, as typed documents and as tables."""

from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from monty.json import MontyDecoder

from physics.errors import InputError
from stores.builders import BUILDERS
from stores.documents import CalculationDocument, PropertyDocument
from stores.jobstore import open_job_store
from stores.sqlite import SQLiteStore

P = TypeVar("P", bound=PropertyDocument)

PROPERTIES: dict[str, type[PropertyDocument]] = {
    builder.target.collection: builder.target for builder in BUILDERS
}


class Database:
    """
    Read properties and calculations of one store file.

    Parameters
    ----------
    path : Path or str
        The SQLite file of the store.

    Raises
    ------
    InputError
        If there is no such file.

    Examples
    --------
    >>> from stores.database import Database  # doctest: +SKIP
    >>> from stores.documents import ElasticDocument  # doctest: +SKIP
    >>> database = Database("thioflow.sqlite")  # doctest: +SKIP
    >>> stiff = database.find(ElasticDocument, {"bulk_hill": {"$gt": 10}})  # doctest: +SKIP
    >>> database.table(ElasticDocument)[["system", "bulk_hill"]]  # doctest: +SKIP
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise InputError(
                f"no store at {self.path.resolve()}; run a study first (thioflow study run), or "
                f"name another store with THIOFLOW_STORE or --store"
            )

    def find(
        self,
        document: type[P],
        criteria: dict[str, Any] | None = None,
        sort: dict[str, int] | None = None,
        limit: int = 0,
    ) -> list[P]:
        """
        Query properties as documents.

        Parameters
        ----------
        document : type of PropertyDocument
            Which property.
        criteria : dict or None
            MongoDB filter on the fields of the document.
        sort : dict or None
            1 (ascending) or -1 by field name.
        limit : int
            Most documents to return; 0 for all.

        Returns
        -------
        list of PropertyDocument
            The matching documents.
        """
        with self._collection(document) as store:
            found = list(store.query(criteria, sort=sort, limit=limit))
        return [document.from_stored(MontyDecoder().process_decoded(d)) for d in found]

    def table(
        self,
        document: type[PropertyDocument],
        criteria: dict[str, Any] | None = None,
        columns: list[str] | None = None,
    ) -> pd.DataFrame:
        """
        Query properties as a table.

        Parameters
        ----------
        document : type of PropertyDocument
            Which property.
        criteria : dict or None
            MongoDB filter on the fields of the document.
        columns : list of str or None
            Fields to show; default: the scalar columns of the document class.

        Returns
        -------
        pandas.DataFrame
            One row per document, ordered by study and system; units are in the field
            descriptions of the class.

        Raises
        ------
        InputError
            If a column is not a field of the document.
        """
        fields = list(columns or document.columns)
        unknown = [name for name in fields if name not in document.model_fields]
        if unknown:
            raise InputError(
                f"unknown column {', '.join(unknown)}; '{document.collection}' has "
                f"{', '.join(document.model_fields)}"
            )
        with self._collection(document) as store:
            rows = list(store.query(criteria, properties=fields, sort={"study": 1, "system": 1}))
        return pd.DataFrame(rows, columns=fields)

    def calculations(self, study: str) -> list[tuple[dict[str, Any], CalculationDocument]]:
        """
        Give all engine calculations of a study.

        Parameters
        ----------
        study : str
            Name of the study.

        Returns
        -------
        list of (dict, CalculationDocument)
            For each calculation the job's uuid, name, metadata and completion date, and its
            document, in the order of completion.
        """
        criteria = {"output.@class": "CalculationDocument", "metadata.study": study}
        with open_job_store(self.path) as store:
            jobs = list(store.query(criteria, sort={"completed_at": 1}))
        return [
            (
                {key: job[key] for key in ("uuid", "name", "metadata", "completed_at")},
                MontyDecoder().process_decoded(job["output"]),
            )
            for job in jobs
        ]

    def build(self) -> dict[str, int]:
        """
        Bring all properties up to date.

        Returns
        -------
        dict of str to int
            Number of documents made, by collection.
        """
        return {
            builder.target.collection: builder(
                open_job_store(self.path).docs_store, self._collection(builder.target)
            ).build()
            for builder in BUILDERS
        }

    def _collection(self, document: type[PropertyDocument]) -> SQLiteStore:
        return SQLiteStore(str(self.path), document.collection, key="uuid")


def property_type(collection: str) -> type[PropertyDocument]:
    """
    Look up the document class of a collection.

    Parameters
    ----------
    collection : str
        Name of the collection, such as ``elastic``.

    Returns
    -------
    type of PropertyDocument
        The class.

    Raises
    ------
    InputError
        If there is no such collection.
    """
    if collection not in PROPERTIES:
        raise InputError(
            f"unknown property '{collection}', expected one of {', '.join(PROPERTIES)}"
        )
    return PROPERTIES[collection]
