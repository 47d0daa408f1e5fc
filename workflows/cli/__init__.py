"""The command line: one verb per thing a user does."""

from workflows.cli.main import main

__all__ = ["main"]
