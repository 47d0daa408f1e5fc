"""The query API: everything that a store file knows, as typed documents and as tables."""

from pathlib import Path
from typing import Any, TypeVar, cast

import pandas as pd
from maggma.core import Store
from monty.json import MontyDecoder
from pydantic import ValidationError

from physics.errors import InputError
from stores.builders import BUILDERS
from stores.documents import (
    CalculationDocument,
    DatasetDocument,
    DatasetReference,
    Document,
    DynamicsDocument,
    PotentialDocument,
    PropertyDocument,
    SplitDocument,
)
from stores.jobstore import open_job_store
from stores.sqlite import SQLiteStore

P = TypeVar("P", bound=PropertyDocument)

PROPERTIES: dict[str, type[PropertyDocument]] = {
    builder.target.collection: builder.target for builder in BUILDERS
}


ENGINE_OUTPUTS = (CalculationDocument.__name__, DynamicsDocument.__name__)
"""Classes of what jobs on engines give."""


class Results:
    """
    Read properties and calculations of one store file.

    Parameters
    ----------
    path : Path or str
        The SQLite file of the store.

    Raises
    ------
    InputError
        If there is no such file, or if it is not a store.

    Examples
    --------
    >>> from stores.results import Results  # doctest: +SKIP
    >>> from stores.documents import ElasticDocument  # doctest: +SKIP
    >>> results = Results("thioflow.sqlite")  # doctest: +SKIP
    >>> stiff = results.find(ElasticDocument, {"bulk_hill": {"$gt": 10}})  # doctest: +SKIP
    >>> results.table(ElasticDocument)[["system", "bulk_hill"]]  # doctest: +SKIP
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise InputError(
                f"no store at {self.path.resolve()}; run a study first (thioflow study run), or "
                f"name another store with THIOFLOW_STORE or --store"
            )
        with open_job_store(self.path):
            pass

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

        Raises
        ------
        InputError
            If a document was made by another version of thioflow and does not fit this one.
        """
        with self._collection(document) as store:
            found = list(store.query(criteria, sort=sort, limit=limit))
        return [_restored(document, stored) for stored in found]

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

    def jobs(self, study: str) -> list[dict[str, Any]]:
        """
        Give the engine jobs of a study as they are stored.

        Parameters
        ----------
        study : str
            Name of the study.

        Returns
        -------
        list of dict
            uuid, name, metadata, completion date and output of each, in the order of completion.
        """
        criteria = {"output.@class": {"$in": list(ENGINE_OUTPUTS)}, "metadata.study": study}
        with open_job_store(self.path).docs_store as store:
            return list(store.query(criteria, sort={"completed_at": 1}))

    def calculations(
        self, study: str
    ) -> list[tuple[dict[str, Any], CalculationDocument | DynamicsDocument]]:
        """
        Give the calculations and runs of a study as documents.

        Parameters
        ----------
        study : str
            Name of the study.

        Returns
        -------
        list of (dict, CalculationDocument or DynamicsDocument)
            The stored job and its output, in the order of completion.
        """
        decode = MontyDecoder().process_decoded
        return [(job, decode(job["output"])) for job in self.jobs(study)]

    def potential(self, study: str) -> PotentialDocument:
        """
        Give the potential of a study: the last one with an active set.

        Parameters
        ----------
        study : str
            Name of the study.

        Returns
        -------
        PotentialDocument
            The potential, with its active set.

        Raises
        ------
        InputError
            If the study has none.
        """
        criteria = {"output.@class": PotentialDocument.__name__, "output.active_set": {"$ne": None}}
        found = self._outputs({**criteria, "metadata.study": study})
        if not found:
            raise InputError(
                f"study '{study}' has no potential with an active set in {self.path}; 'thioflow "
                "study status' lists the studies"
            )
        return cast("PotentialDocument", found[-1])

    def dataset(self, reference: DatasetReference) -> DatasetDocument:
        """
        Give a data set that a potential was trained or tested on.

        Parameters
        ----------
        reference : DatasetReference
            What names it.

        Returns
        -------
        DatasetDocument
            The data set.

        Raises
        ------
        InputError
            If the store does not have it.
        """
        is_set = {"output.@class": DatasetDocument.__name__, "output.checksum": reference.checksum}
        if found := self._outputs(is_set):
            return cast("DatasetDocument", found[-1])
        for part in ("training", "test"):
            criteria = {
                "output.@class": SplitDocument.__name__,
                f"output.{part}.checksum": reference.checksum,
            }
            if found := self._outputs(criteria):
                return cast("DatasetDocument", getattr(found[-1], part))
        raise InputError(
            f"the store {self.path} has no data set {reference.checksum[:12]} of "
            f"{reference.n_configurations} configurations"
        )

    def _outputs(self, criteria: dict[str, Any]) -> list[Document]:
        """Give outputs of jobs with their blobs, in the order of completion."""
        decode = MontyDecoder().process_decoded
        with open_job_store(self.path) as store:
            jobs = store.query(criteria, sort={"completed_at": 1}, load=True)
            return [decode(job["output"]) for job in jobs]

    def build(self) -> dict[str, tuple[int, list[str]]]:
        """
        Bring all properties up to date.

        Returns
        -------
        dict of str to (int, list of str)
            By collection, the number of documents made and what could not be analysed.
        """
        return {
            builder.target.collection: builder(
                self._source(builder.source), self._collection(builder.target)
            ).build()
            for builder in BUILDERS
        }

    def _source(self, document: type[Document]) -> Store:
        """Give the collection that holds what a builder reads."""
        if issubclass(document, PropertyDocument):
            return self._collection(document)
        return open_job_store(self.path).docs_store

    def _collection(self, document: type[PropertyDocument]) -> SQLiteStore:
        return SQLiteStore(str(self.path), document.collection, key="uuid")


def _restored(document: type[P], stored: dict[str, Any]) -> P:
    """Make a document of what is stored."""
    try:
        return document.from_stored(MontyDecoder().process_decoded(stored))
    except ValidationError as error:
        raise InputError(
            f"'{document.collection}' of {stored.get('system')} in study '{stored.get('study')}' "
            f"does not fit this version of thioflow ({error.errors()[0]['msg']}: "
            f"{'.'.join(map(str, error.errors()[0]['loc']))}); run the study again under another "
            "name, or read it with the version that made it"
        ) from error


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
