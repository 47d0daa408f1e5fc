"""Builders: from job outputs to properties."""

from stores.builders.base import PropertyBuilder
from stores.builders.boundary import GrainBoundaryBuilder
from stores.builders.elastic import ElasticBuilder
from stores.builders.potential import PotentialBuilder

BUILDERS: tuple[type[PropertyBuilder], ...] = (
    ElasticBuilder,
    GrainBoundaryBuilder,
    PotentialBuilder,
)

__all__ = [
    "BUILDERS",
    "ElasticBuilder",
    "GrainBoundaryBuilder",
    "PotentialBuilder",
    "PropertyBuilder",
]
