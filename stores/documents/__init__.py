"""Documents: what is stored, one noun per module."""

from stores.documents.base import Document, PropertyDocument, merge_warnings
from stores.documents.calculation import CalculationDocument, TrajectoryFile
from stores.documents.elastic import ElasticDocument, StressStrainDocument

__all__ = [
    "CalculationDocument",
    "Document",
    "ElasticDocument",
    "PropertyDocument",
    "StressStrainDocument",
    "TrajectoryFile",
    "merge_warnings",
]
