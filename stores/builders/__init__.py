"""Builders: from job outputs to properties."""

from stores.builders.base import PropertyBuilder
from stores.builders.boundary import GrainBoundaryBuilder
from stores.builders.dynamics import DynamicsBuilder
from stores.builders.elastic import ElasticBuilder
from stores.builders.glass import GlassBuilder, GlassElasticBuilder
from stores.builders.interface import InterfaceBuilder
from stores.builders.learning import LearningBuilder
from stores.builders.potential import PotentialBuilder
from stores.builders.validation import ValidationBuilder

BUILDERS: tuple[type[PropertyBuilder], ...] = (
    ElasticBuilder,
    GrainBoundaryBuilder,
    GlassBuilder,
    GlassElasticBuilder,
    InterfaceBuilder,
    DynamicsBuilder,
    PotentialBuilder,
    LearningBuilder,
    ValidationBuilder,
)

__all__ = [
    "BUILDERS",
    "DynamicsBuilder",
    "ElasticBuilder",
    "GlassBuilder",
    "GlassElasticBuilder",
    "GrainBoundaryBuilder",
    "InterfaceBuilder",
    "LearningBuilder",
    "PotentialBuilder",
    "PropertyBuilder",
    "ValidationBuilder",
]
