"""Molecular dynamics: protocols, integrators, what they give and what stops them."""
