"""Builders: from job outputs to properties."""

from stores.builders.arrhenius import ArrheniusBuilder
from stores.builders.base import LocalBuilder, PropertyBuilder
from stores.builders.boundary import GrainBoundaryBuilder
from stores.builders.dynamics import DynamicsBuilder
from stores.builders.elastic import ElasticBuilder
from stores.builders.glass import GlassBuilder, GlassElasticBuilder
from stores.builders.interface import InterfaceBuilder
from stores.builders.learning import LearningBuilder
from stores.builders.potential import PotentialBuilder
from stores.builders.transport import TransportBuilder
from stores.builders.validation import ValidationBuilder

BUILDERS: tuple[type[LocalBuilder], ...] = (
    ElasticBuilder,
    GrainBoundaryBuilder,
    GlassBuilder,
    GlassElasticBuilder,
    InterfaceBuilder,
    DynamicsBuilder,
    TransportBuilder,
    ArrheniusBuilder,
    PotentialBuilder,
    LearningBuilder,
    ValidationBuilder,
)

__all__ = [
    "BUILDERS",
    "ArrheniusBuilder",
    "DynamicsBuilder",
    "ElasticBuilder",
    "GlassBuilder",
    "GlassElasticBuilder",
    "GrainBoundaryBuilder",
    "InterfaceBuilder",
    "LearningBuilder",
    "LocalBuilder",
    "PotentialBuilder",
    "PropertyBuilder",
    "TransportBuilder",
    "ValidationBuilder",
]
