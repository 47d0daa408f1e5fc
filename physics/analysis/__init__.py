"""Analyses: pure functions from computed data to properties."""
