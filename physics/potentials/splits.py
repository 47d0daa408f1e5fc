"""Division of labelled configurations into a training set and a test set."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.errors import InputError

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """
    Which configurations train and which test.

    Parameters
    ----------
    training, test : ndarray of int
        Places of the configurations, rising.
    test_blocks : ndarray of int
        For each configuration of the test set, the number of the block that it belongs to. Errors
        of one block depend on each other, those of different blocks are taken as independent.
    """

    training: IntArray
    test: IntArray
    test_blocks: IntArray


def random_split(count: int, fraction: float, seed: int = 0) -> Split:
    """
    Divide configurations at random; each is a block of its own.

    Neighbouring frames of one trajectory are nearly equal, so a random test set of trajectories
    has its like in the training set and its errors are too small: then use `block_split`.

    Parameters
    ----------
    count : int
        Number of configurations.
    fraction : float
        Part of them that tests, between 0 and 1.
    seed : int
        Of the random numbers.

    Returns
    -------
    Split
        With ``round(fraction * count)`` configurations in the test set.

    Raises
    ------
    InputError
        If that leaves the training set or the test set empty.
    """
    return _split(np.arange(count), fraction, np.random.default_rng(seed))


def block_split(
    groups: Sequence[Hashable], fraction: float, *, blocks: int = 50, seed: int = 0
) -> Split:
    """
    Divide configurations by contiguous blocks of each group, such as a trajectory.

    A block trains or tests as a whole, so only the frames at its two ends have neighbours in time
    on the other side. A group with fewer frames than blocks has a block for each frame.

    Parameters
    ----------
    groups : sequence
        Group of each configuration; in a group they are in the order of time.
    fraction : float
        Part of the blocks that tests, between 0 and 1; of each group as nearly as its blocks
        allow.
    blocks : int
        Blocks of each group, at least 2.
    seed : int
        Of the random numbers that choose the blocks.

    Returns
    -------
    Split
        The division.

    Raises
    ------
    InputError
        If there are fewer than two blocks, or training set or test set would be empty.
    """
    if blocks < 2:
        raise InputError(f"{blocks} blocks of each group were given, expected at least 2")
    rng = np.random.default_rng(seed)
    block_of = np.zeros(len(groups), dtype=np.int64)
    stratum_of: list[int] = []
    for number, group in enumerate(dict.fromkeys(groups)):
        members = np.array([i for i, other in enumerate(groups) if other == group])
        for part in np.array_split(members, min(blocks, len(members))):
            block_of[part] = len(stratum_of)
            stratum_of.append(number)
    return _split(block_of, fraction, rng, np.array(stratum_of))


def _split(
    block_of: IntArray,
    fraction: float,
    rng: np.random.Generator,
    stratum_of: IntArray | None = None,
) -> Split:
    """Let a part of the blocks test, shared out among strata one after the other."""
    n_blocks = len(np.unique(block_of))
    wanted = round(fraction * n_blocks) if 0 < fraction < 1 else 0
    if not 0 < wanted < n_blocks:
        raise InputError(
            f"a test fraction of {fraction} was given for {n_blocks} blocks of configurations, "
            "expected one between 0 and 1 that leaves some of them on either side; give more "
            "configurations or another fraction"
        )
    strata = np.zeros(n_blocks, dtype=np.int64) if stratum_of is None else stratum_of
    shuffled = rng.permutation(n_blocks)
    # the place of each block in its stratum, from 0 to 1, so that all strata give in proportion
    rank = np.empty(n_blocks)
    for stratum in np.unique(strata):
        own = shuffled[strata[shuffled] == stratum]
        rank[own] = (np.arange(len(own)) + 0.5) / len(own)
    chosen = shuffled[np.argsort(rank[shuffled], kind="stable")][:wanted]
    tests = np.isin(block_of, chosen)
    return Split(np.flatnonzero(~tests), np.flatnonzero(tests), block_of[tests])
