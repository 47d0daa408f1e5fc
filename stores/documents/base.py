"""What every stored document carries."""

from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field


class Document(BaseModel):
    """
    A document of the store.

    Unknown fields are refused; units stand in the description of each field.
    """

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="constants")

    input_hash: str = Field(description="hash of the inputs that determine this document")
    parents: list[str] = Field(
        default_factory=list, description="uuids of the jobs this document was made from"
    )
    versions: dict[str, str] = Field(
        default_factory=dict, description="versions of thioflow and of the engine's packages"
    )
    warnings: list[str] = Field(
        default_factory=list, description="what a reader must know before using the numbers"
    )

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> Self:
        """
        Rebuild a document from what the store returns.

        Parameters
        ----------
        stored : dict
            The stored document, with or without the store's own ``_id`` and monty's ``@`` keys.

        Returns
        -------
        Document
            The validated document.

        Raises
        ------
        pydantic.ValidationError
            If a field is missing, unknown or of the wrong type.
        """
        return cls(**{k: v for k, v in stored.items() if not k.startswith("@") and k != "_id"})


class PropertyDocument(Document):
    """
    A property that a builder derived from job outputs; the unit of queries and reports.

    Attributes
    ----------
    collection : str
        Name of the store's collection that holds documents of this class.
    columns : tuple of str
        Scalar fields that stand in tables, in this order.
    line : tuple of str
        Those of a narrow table with one line a document; empty where each has a table of its own.
    """

    collection: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]
    line: ClassVar[tuple[str, ...]] = ()

    uuid: str = Field(description="uuid of the job whose output was analysed; the key")
    study: str = Field(description="name of the study")
    system: str = Field(description="name of the structure in the study")
    last_updated: datetime = Field(description="when the analysed job completed")


def merge_warnings(*sources: list[str]) -> list[str]:
    """
    Join lists of warnings, each warning once, in the order of first appearance.

    Parameters
    ----------
    *sources : list of str
        Warnings of the parents and of the document itself.

    Returns
    -------
    list of str
        The distinct warnings.
    """
    return list(dict.fromkeys(warning for source in sources for warning in source))
