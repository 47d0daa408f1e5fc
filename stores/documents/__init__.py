"""Documents: what is stored, one noun per module."""

from stores.documents.base import Document, PropertyDocument, merge_warnings
from stores.documents.boundary import (
    BuiltBoundaryDocument,
    BuiltCandidate,
    BulkDocument,
    CandidateResult,
    GrainBoundaryDocument,
    RelaxedBoundaryDocument,
    RelaxedCandidate,
)
from stores.documents.calculation import CalculationDocument, TrajectoryFile
from stores.documents.elastic import ElasticDocument, StressStrainDocument

__all__ = [
    "BuiltBoundaryDocument",
    "BuiltCandidate",
    "BulkDocument",
    "CalculationDocument",
    "CandidateResult",
    "Document",
    "ElasticDocument",
    "GrainBoundaryDocument",
    "PropertyDocument",
    "RelaxedBoundaryDocument",
    "RelaxedCandidate",
    "StressStrainDocument",
    "TrajectoryFile",
    "merge_warnings",
]
