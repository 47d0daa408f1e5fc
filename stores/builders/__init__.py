"""Builders: from job outputs to properties."""

from stores.builders.base import PropertyBuilder
from stores.builders.boundary import GrainBoundaryBuilder
from stores.builders.elastic import ElasticBuilder

BUILDERS: tuple[type[PropertyBuilder], ...] = (ElasticBuilder, GrainBoundaryBuilder)

__all__ = ["BUILDERS", "ElasticBuilder", "GrainBoundaryBuilder", "PropertyBuilder"]
