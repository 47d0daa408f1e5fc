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
from stores.documents.calculation import CalculationDocument
from stores.documents.dataset import DatasetDocument, DatasetReference, SplitDocument
from stores.documents.dynamics import (
    DynamicsDocument,
    DynamicsRunDocument,
    TrajectoryFile,
)
from stores.documents.elastic import ElasticDocument, StressStrainDocument
from stores.documents.glass import (
    GlassDocument,
    GlassElasticDocument,
    QuenchDocument,
    QuenchTensorsDocument,
)
from stores.documents.interface import AnnealedInterfaceDocument, InterfaceDocument
from stores.documents.potential import (
    DatasetErrors,
    EvaluationDocument,
    FittedPotentialDocument,
    GradeDocument,
    PotentialDocument,
    SearchCandidate,
    SearchDocument,
)
from stores.documents.stored_potential import ActiveSetRecord, StoredPotential

__all__ = [
    "ActiveSetRecord",
    "AnnealedInterfaceDocument",
    "BuiltBoundaryDocument",
    "BuiltCandidate",
    "BulkDocument",
    "CalculationDocument",
    "CandidateResult",
    "DatasetDocument",
    "DatasetErrors",
    "DatasetReference",
    "Document",
    "DynamicsDocument",
    "DynamicsRunDocument",
    "ElasticDocument",
    "EvaluationDocument",
    "FittedPotentialDocument",
    "GlassDocument",
    "GlassElasticDocument",
    "GradeDocument",
    "GrainBoundaryDocument",
    "InterfaceDocument",
    "PotentialDocument",
    "PropertyDocument",
    "QuenchDocument",
    "QuenchTensorsDocument",
    "RelaxedBoundaryDocument",
    "RelaxedCandidate",
    "SearchCandidate",
    "SearchDocument",
    "SplitDocument",
    "StoredPotential",
    "StressStrainDocument",
    "TrajectoryFile",
    "merge_warnings",
]
