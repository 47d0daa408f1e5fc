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
from stores.documents.dataset import DatasetDocument, DatasetReference, SplitDocument
from stores.documents.elastic import ElasticDocument, StressStrainDocument
from stores.documents.potential import (
    ActiveSetRecord,
    DatasetErrors,
    EvaluationDocument,
    FittedPotentialDocument,
    GradeDocument,
    PotentialDocument,
    SearchCandidate,
    SearchDocument,
)

__all__ = [
    "ActiveSetRecord",
    "BuiltBoundaryDocument",
    "BuiltCandidate",
    "BulkDocument",
    "CalculationDocument",
    "CandidateResult",
    "DatasetDocument",
    "DatasetErrors",
    "DatasetReference",
    "Document",
    "ElasticDocument",
    "EvaluationDocument",
    "FittedPotentialDocument",
    "GradeDocument",
    "GrainBoundaryDocument",
    "PotentialDocument",
    "PropertyDocument",
    "RelaxedBoundaryDocument",
    "RelaxedCandidate",
    "SearchCandidate",
    "SearchDocument",
    "SplitDocument",
    "StressStrainDocument",
    "TrajectoryFile",
    "merge_warnings",
]
