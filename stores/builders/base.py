"""A builder that turns the output of one kind of job into one kind of property."""

from abc import abstractmethod
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from maggma.core import Builder, Store
from monty.json import MontyDecoder, jsanitize
from pydantic import ValidationError

from physics.errors import InputError
from stores.documents import Document, PropertyDocument
from stores.versions import versions


class LocalBuilder(Builder):
    """
    A builder that can be run in this process, and that one bad item does not stop.

    Parameters
    ----------
    source : Store
        What is read.
    target : Store
        Collection of the property, whose documents are kept by ``uuid``.
    chunk_size : int
        Items per update of the target.

    Attributes
    ----------
    source, target : type of Document
        Class of what is read and of the property.
    """

    source: ClassVar[type[Document]]
    target: ClassVar[type[PropertyDocument]]

    def __init__(self, source: Store, target: Store, chunk_size: int = 100) -> None:
        self._from, self._to = source, target
        super().__init__(sources=[source], targets=[target], chunk_size=chunk_size)

    def update_targets(self, items: list[dict[str, Any]]) -> None:
        """
        Store properties.

        Parameters
        ----------
        items : list of dict
            What `process_item` returned.
        """
        if items:
            self._to.update(items, key="uuid")

    def build(self) -> tuple[int, list[str]]:
        """
        Bring the properties up to date, in this process.

        Returns
        -------
        made : int
            Number of documents made.
        faults : list of str
            What is wrong with the items that could not be analysed; the others are done.
        """
        made, faults = [], []
        with self._from, self._to:
            for item in self.get_items():
                try:
                    made.append(self.process_item(item))
                except InputError as error:
                    faults.append(str(error))
            self.update_targets(made)
        return len(made), faults


class PropertyBuilder(LocalBuilder):
    """
    Derive property documents from job outputs, incrementally.

    A job output is analysed when its property is missing, older, or was made by another version
    of thioflow. `process_item` touches no store, so ``mrun -n`` may run it in parallel.

    Parameters
    ----------
    jobs : Store
        Documents of the job store.
    properties : Store
        Collection of the property.
    chunk_size : int
        Items per update of the target.

    Attributes
    ----------
    criteria : dict
        What else holds for the jobs that are analysed, as a query of the store.
    """

    criteria: ClassVar[dict[str, Any]] = {}

    def __init__(self, jobs: Store, properties: Store, chunk_size: int = 100) -> None:
        self.jobs = jobs
        self.properties = properties
        super().__init__(jobs, properties, chunk_size)

    @abstractmethod
    def analyse(self, output: Any, common: dict[str, Any]) -> PropertyDocument:
        """
        Derive the property.

        Parameters
        ----------
        output : Document
            Output of the job, an instance of `source`.
        common : dict
            Values of the fields that every property has (`uuid`, `study`, `system`,
            `last_updated`, `parents`).

        Returns
        -------
        PropertyDocument
            The property, an instance of `target`.
        """

    def get_items(self) -> Iterator[dict[str, Any]]:
        """
        Find the job outputs whose property is missing or stale.

        Yields
        ------
        dict
            A stored job.
        """
        self.properties.ensure_index("uuid")
        made = {
            d["uuid"]: (d["last_updated"], d["versions"].get("thioflow"))
            for d in self.properties.query(properties=["uuid", "last_updated", "versions.thioflow"])
        }
        criteria = {"output.@class": self.source.__name__, **self.criteria}
        stale = [
            (job["uuid"], job["index"])
            for job in self.jobs.query(criteria, properties=["uuid", "index", "completed_at"])
            if made.get(job["uuid"]) != (_completed(job), current_version())
        ]
        self.total = len(stale)
        for uuid, index in stale:
            job = self.jobs.query_one({"uuid": uuid, "index": index})
            if job is not None:
                yield job

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """
        Analyse one job output.

        Parameters
        ----------
        item : dict
            A stored job.

        Returns
        -------
        dict
            The property as it will be stored.

        Raises
        ------
        InputError
            If the output cannot be analysed; the message names the job.
        """
        try:
            output = MontyDecoder().process_decoded(item["output"])
        except ValidationError as error:
            raise InputError(
                f"job '{item['name']}' ({item['uuid']}): its output does not fit this version of "
                f"thioflow ({error.errors()[0]['msg']}: "
                f"{'.'.join(map(str, error.errors()[0]['loc']))}); run the study again under "
                "another name"
            ) from error
        metadata = item.get("metadata", {})
        common = {
            "uuid": item["uuid"],
            "study": metadata.get("study", ""),
            "system": metadata.get("system", ""),
            "last_updated": _completed(item),
            "parents": [item["uuid"], *output.parents],
        }
        try:
            document = self.analyse(output, common)
        except InputError as error:
            raise InputError(f"job '{item['name']}' ({item['uuid']}): {error}") from error
        return as_stored(document)


def as_stored(document: PropertyDocument) -> dict[str, Any]:
    """
    Give a property as a store keeps it.

    Parameters
    ----------
    document : PropertyDocument
        The property.

    Returns
    -------
    dict
        Plain values, with the date as a date.
    """
    stored = jsanitize(document.model_dump(exclude={"last_updated"}), strict=True)
    return {**stored, "last_updated": document.last_updated}


def current_version() -> str | None:
    """
    Give the version of thioflow that makes documents now.

    Returns
    -------
    str or None
        The version; None in a tree that is not installed.
    """
    return versions().get("thioflow")


def _completed(job: dict[str, Any]) -> datetime:
    """Give the date of a job to the millisecond, as a store keeps it."""
    completed = datetime.fromisoformat(job["completed_at"])
    return completed.replace(microsecond=completed.microsecond // 1000 * 1000)
