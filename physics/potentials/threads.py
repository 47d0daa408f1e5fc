"""How many threads pay for a number of atoms."""

from collections.abc import Iterator
from contextlib import contextmanager

from numba import get_num_threads, set_num_threads

ATOMS_PER_THREAD = 64
"""Smaller systems use fewer threads: on busy cores, waiting for another thread takes longer."""


@contextmanager
def threads_for(count: int) -> Iterator[int]:
    """
    Let compiled functions use as many threads as pay.

    Parameters
    ----------
    count : int
        Number of atoms.

    Yields
    ------
    int
        Number of threads, at most as many as were allowed before.
    """
    allowed = get_num_threads()
    threads = max(1, min(allowed, count // ATOMS_PER_THREAD))
    set_num_threads(threads)
    try:
        yield threads
    finally:
        set_num_threads(allowed)
