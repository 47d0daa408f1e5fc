"""Builders: from job outputs to properties."""

from stores.builders.base import PropertyBuilder
from stores.builders.elastic import ElasticBuilder

BUILDERS: tuple[type[PropertyBuilder], ...] = (ElasticBuilder,)

__all__ = ["BUILDERS", "ElasticBuilder", "PropertyBuilder"]
