"""Documents: what is stored, one noun per module."""

from stores.documents.base import Document, PropertyDocument, merge_warnings
from stores.documents.boundary import (
    BestBoundary,
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
from stores.documents.learning import (
    ExploredDocument,
    GradeProfile,
    LabelledDocument,
    LearningDocument,
    LearningRunDocument,
    RunRecord,
    Seed,
    SeedsDocument,
    SelectionDocument,
    SweepRecord,
)
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
from stores.documents.training_cell import TrainingCellDocument
from stores.documents.transport import ArrheniusDocument, ArrheniusPoint, TransportDocument
from stores.documents.validation import (
    BoundaryComparison,
    PotentialValidationDocument,
    ValidationDocument,
)

__all__ = [
    "ActiveSetRecord",
    "AnnealedInterfaceDocument",
    "ArrheniusDocument",
    "ArrheniusPoint",
    "BestBoundary",
    "BoundaryComparison",
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
    "ExploredDocument",
    "FittedPotentialDocument",
    "GlassDocument",
    "GlassElasticDocument",
    "GradeDocument",
    "GradeProfile",
    "GrainBoundaryDocument",
    "InterfaceDocument",
    "LabelledDocument",
    "LearningDocument",
    "LearningRunDocument",
    "PotentialDocument",
    "PotentialValidationDocument",
    "PropertyDocument",
    "QuenchDocument",
    "QuenchTensorsDocument",
    "RelaxedBoundaryDocument",
    "RelaxedCandidate",
    "RunRecord",
    "SearchCandidate",
    "SearchDocument",
    "Seed",
    "SeedsDocument",
    "SelectionDocument",
    "SplitDocument",
    "StoredPotential",
    "StressStrainDocument",
    "SweepRecord",
    "TrainingCellDocument",
    "TrajectoryFile",
    "TransportDocument",
    "ValidationDocument",
    "merge_warnings",
]
