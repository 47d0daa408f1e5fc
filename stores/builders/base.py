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


class PropertyBuilder(Builder):
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
    source, target : type of Document
        Class of the job output and of the property.
    criteria : dict
        What else holds for the jobs that are analysed, as a query of the store.
    """

    source: ClassVar[type[Document]]
    target: ClassVar[type[PropertyDocument]]
    criteria: ClassVar[dict[str, Any]] = {}

    def __init__(self, jobs: Store, properties: Store, chunk_size: int = 100) -> None:
        self.jobs = jobs
        self.properties = properties
        super().__init__(sources=[jobs], targets=[properties], chunk_size=chunk_size)

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
        stored = jsanitize(document.model_dump(exclude={"last_updated"}), strict=True)
        return {**stored, "last_updated": document.last_updated}

    def update_targets(self, items: list[dict[str, Any]]) -> None:
        """
        Store properties, each under the uuid of its job.

        Parameters
        ----------
        items : list of dict
            What `process_item` returned.
        """
        if items:
            self.properties.update(items, key="uuid")

    def build(self) -> tuple[int, list[str]]:
        """
        Bring the properties up to date, in this process.

        Returns
        -------
        made : int
            Number of documents made.
        faults : list of str
            What is wrong with the outputs that could not be analysed; the others are done.
        """
        made, faults = [], []
        with self.jobs, self.properties:
            for item in self.get_items():
                try:
                    made.append(self.process_item(item))
                except InputError as error:
                    faults.append(str(error))
            self.update_targets(made)
        return len(made), faults


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
