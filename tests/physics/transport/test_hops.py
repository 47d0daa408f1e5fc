"""Hops of walkers on a lattice of known rate and memory, and of ions that only vibrate."""

import numpy as np
import pytest
from scipy.stats import poisson
from walkers_for_tests import NEIGHBOURS, as_frames

from physics.analysis.transport.hops import HopStatistics, hop_statistics
from physics.analysis.transport.paths import Paths, gather_paths

STEP = 3.2
INTERVAL = 100.0


def paths_of(positions: np.ndarray, interval: float = INTERVAL) -> Paths:
    ions = positions.shape[1]
    return gather_paths(
        as_frames(positions, np.eye(3) * 100, interval), np.ones(ions, dtype=bool), np.ones(ions)
    )


def hoppers(
    rng: np.random.Generator, ions: int, frames: int, rate: float, *, back: float
) -> tuple[np.ndarray, np.ndarray]:
    """
    Hop on a simple cubic lattice, `rate` times in a ps; `back` of the hops revert the last one.

    Gives positions with vibrations of 0.2 Å and the number of hops.
    """
    positions = np.zeros((frames, ions, 3))
    counts = np.zeros(ions, dtype=int)
    last = rng.integers(6, size=ions)
    for frame in range(1, frames):
        hop = rng.random(ions) < rate * INTERVAL / 1000
        others = (last[:, None] ^ 1) != np.arange(6)
        onward = np.array([rng.choice(np.flatnonzero(each)) for each in others[hop]], dtype=int)
        reverted = rng.random(hop.sum()) < back
        last[hop] = np.where(reverted, last[hop] ^ 1, onward)
        positions[frame] = positions[frame - 1]
        positions[frame, hop] += STEP * NEIGHBOURS[last[hop]]
        counts += hop
    return positions + rng.normal(scale=0.2, size=positions.shape), counts


@pytest.fixture(scope="module", params=[1 / 6, 0.6])
def hopped(request: pytest.FixtureRequest) -> tuple[float, HopStatistics, np.ndarray]:
    rng = np.random.default_rng(3)
    positions, counts = hoppers(rng, 150, 10000, 0.01, back=request.param)
    return request.param, hop_statistics(paths_of(positions)), counts


def test_each_hop_of_an_ion_counts_once(hopped: tuple[float, HopStatistics, np.ndarray]) -> None:
    _, found, counts = hopped
    # Of two hops within a ps, one is missed: 1 of 100 at this rate, and both of a return.
    assert found.hops.sum() == pytest.approx(counts.sum(), rel=0.03)
    assert np.abs(found.hops - counts).max() <= 3
    assert (found.hops <= counts).all()


def test_the_rate_is_in_its_interval(hopped: tuple[float, HopStatistics, np.ndarray]) -> None:
    _, found, _ = hopped
    assert found.rate.low < 0.01 < found.rate.high
    events = 150 * 10
    assert found.rate.high - found.rate.low == pytest.approx(0.04 / np.sqrt(events) / 1, rel=0.25)


def test_hops_have_the_length_of_the_lattice_and_its_memory(
    hopped: tuple[float, HopStatistics, np.ndarray],
) -> None:
    back, found, _ = hopped
    assert found.squared_length == pytest.approx(STEP**2, rel=0.01)
    # Back with -1, straight on with a fifth of the rest; the others are at right angles.
    assert found.mean_cosine == pytest.approx(-back + (1 - back) / 5, abs=0.04)
    assert found.returned == pytest.approx(back, abs=0.04)


def test_ions_that_never_hop() -> None:
    positions, _ = hoppers(np.random.default_rng(5), 400, 2000, 0.01, back=1 / 6)
    found = hop_statistics(paths_of(positions))
    assert found.immobile == pytest.approx(poisson.pmf(0, 2), abs=0.05)


@pytest.mark.parametrize("interval", [20.0, 100.0, 1000.0])
def test_vibrations_are_no_hops(interval: float) -> None:
    rng = np.random.default_rng(7)
    sites = rng.uniform(0, 50, size=(300, 3))
    found = hop_statistics(paths_of(sites + rng.normal(scale=0.3, size=(2000, 300, 3)), interval))
    assert found.hops.sum() == 0
    assert found.immobile == 1
    assert found.squared_length is found.mean_cosine is found.returned is None
    # No event in 600 000 frames: up to 3.69 of them at 97.5 %.
    assert found.rate.low == found.rate.value == 0
    assert found.rate.high == pytest.approx(3.689 / (300 * 1.999 * interval), rel=1e-3)


def test_rattling_at_a_border_does_not_count_again_and_again() -> None:
    # Half a hop length from the site: averages are beyond the border every other time.
    rng = np.random.default_rng(9)
    positions = np.zeros((20000, 50, 3))
    positions[1000:, :, 0] = 1.6
    found = hop_statistics(paths_of(positions + rng.normal(scale=0.3, size=positions.shape)))
    assert found.hops.max() <= 1


def test_unlike_ions_widen_the_interval() -> None:
    rng = np.random.default_rng(11)
    fast, _ = hoppers(rng, 10, 3000, 0.1, back=1 / 6)
    still = np.zeros((3000, 90, 3))
    found = hop_statistics(paths_of(np.concatenate([fast, still], axis=1)))
    # One of ten ions hops 30 times: the standard error of the mean over ions is 0.3 of it.
    assert found.rate.high / found.rate.value > 1.4
    assert found.rate.low / found.rate.value < 0.6
