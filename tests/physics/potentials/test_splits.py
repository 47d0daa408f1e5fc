"""Division into training set and test set."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from physics.errors import InputError
from physics.potentials.splits import Split, block_split, random_split


def gap(split: Split) -> float:
    """Mean distance in time of a test frame from the nearest training frame."""
    return float(np.abs(split.test[:, None] - split.training).min(axis=1).mean())


@given(st.integers(2, 200), st.floats(0.05, 0.95), st.integers(0, 2**31))
def test_a_random_split_is_a_partition_of_the_size_asked_for(
    count: int, fraction: float, seed: int
) -> None:
    if not 0 < round(fraction * count) < count:
        return
    split = random_split(count, fraction, seed)
    assert len(split.test) == round(fraction * count)
    assert sorted([*split.training, *split.test]) == list(range(count))
    assert len(set(split.test_blocks)) == len(split.test)


def test_270_of_300_train_and_the_seed_decides_which() -> None:
    split = random_split(300, 0.1, seed=1)
    assert (len(split.training), len(split.test)) == (270, 30)
    assert (random_split(300, 0.1, seed=1).test == split.test).all()
    assert (random_split(300, 0.1, seed=2).test != split.test).any()


@given(
    st.lists(st.sampled_from("abc"), min_size=4, max_size=120),
    st.floats(0.1, 0.9),
    st.integers(2, 12),
    st.integers(0, 2**31),
)
def test_blocks_stay_whole_and_every_group_gives_its_part(
    groups: list[str], fraction: float, blocks: int, seed: int
) -> None:
    n_blocks = {g: min(blocks, groups.count(g)) for g in set(groups)}
    if not 0 < round(fraction * sum(n_blocks.values())) < sum(n_blocks.values()):
        return
    split = block_split(groups, fraction, blocks=blocks, seed=seed)
    assert sorted([*split.training, *split.test]) == list(range(len(groups)))
    for group, count in n_blocks.items():
        members = [i for i, other in enumerate(groups) if other == group]
        parts = [set(part.tolist()) for part in np.array_split(members, count)]
        tests = [part for part in parts if part & set(split.test.tolist())]
        assert set().union(*tests) == set(split.test.tolist()) & set(members)
        assert abs(len(tests) - fraction * count) <= 1.5
        own = {b for i, b in zip(split.test, split.test_blocks, strict=True) if i in members}
        assert len(own) == len(tests)


def test_blocks_keep_test_frames_away_from_the_training_set() -> None:
    """Of 1000 frames a random tenth lies one step from a training frame, blocks of 20 much more."""
    blocks = block_split(["300 K"] * 1000, 0.1, blocks=50)
    assert gap(random_split(1000, 0.1)) < 1.3
    assert gap(blocks) >= 5.5


def test_bad_input_is_refused() -> None:
    for fraction in (0.0, 1.0, -0.1, 0.01, float("nan")):
        with pytest.raises(InputError, match="test fraction"):
            random_split(10, fraction)
    with pytest.raises(InputError, match="1 blocks"):
        block_split(["a"] * 10, 0.5, blocks=1)
    with pytest.raises(InputError, match="0 blocks of configurations"):
        block_split([], 0.5)
