"""Structures: how boundaries, packings and hops are built from crystals."""
