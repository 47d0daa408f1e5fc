"""One temperature is told from several."""

import numpy as np
import pytest
from scipy.signal import lfilter

from physics.analysis.transport.steady import require_steady
from physics.errors import InputError


def fluctuating(mean: float, frames: int, atoms: int, seed: int) -> np.ndarray:
    """Draw temperatures of the canonical distribution, correlated over some ten frames."""
    deviation = mean * np.sqrt(2 / (3 * atoms))
    noise = np.random.default_rng(seed).normal(size=frames + 100)
    return mean + deviation * lfilter([np.sqrt(1 - 0.9**2)], [1, -0.9], noise)[100:]


@pytest.mark.parametrize("atoms", [100, 5000])
@pytest.mark.parametrize("mean", [300, 1000])
def test_drifts_are_refused(mean: float, atoms: int) -> None:
    drift = np.linspace(0.8, 1.2, 1000)
    for seed in range(20):
        with pytest.raises(InputError, match="expected one temperature"):
            require_steady(fluctuating(mean, 1000, atoms, seed) * drift)


def test_small_cells_may_fluctuate() -> None:
    refused = 0
    for seed in range(300):
        try:
            require_steady(fluctuating(600, 1000, 32, seed))
        except InputError:
            refused += 1
    assert refused <= 3


def test_runs_that_follow_each_other() -> None:
    runs = [fluctuating(mean, 200, 100, seed) for seed, mean in enumerate((500, 600, 700, 800))]
    with pytest.raises(InputError, match=r"5\d\d K in the first half .* 7\d\d K in the second"):
        require_steady(np.concatenate(runs))


def test_a_drift_within_a_tenth_is_borne() -> None:
    require_steady(np.linspace(580, 620, 1000))


@pytest.mark.parametrize("frames", [1, 2, 19])
def test_few_frames_are_not_judged(frames: int) -> None:
    require_steady(np.linspace(300, 900, frames))
