"""What is seen of two media, from the exact propagator, gives their diffusivities back."""

import numpy as np
import pytest

from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.exchange import without_exchange

SLAB, PERIOD, SPACING = 10.0, 50.0, 0.25


def seen(inside: float, width: float) -> dict[str, float]:
    """
    Give what is seen of a slab of the diffusivity `inside` in a medium of diffusivity 1.

    After the lag at which sqrt(2 D lag) is `width`, as derivatives: of the mean squared
    displacements along and across of those that start in the slab and outside, and the parts of
    them that have left and entered. Walkers hop between sites, up as often as back down.
    """
    heights = (np.arange(round(PERIOD / SPACING)) + 0.5) * SPACING - PERIOD / 2
    slab = np.abs(heights) < SLAB / 2
    local = np.where(slab, inside, 1.0)
    rates = 2 / (1 / local + 1 / np.roll(local, -1)) / SPACING**2
    generator = np.diag(rates[:-1], 1) + np.diag(rates[:-1], -1)
    generator[0, -1] = generator[-1, 0] = rates[-1]
    generator -= np.diag(generator.sum(axis=1))
    values, vectors = np.linalg.eigh(generator)
    lag = width**2 / (2 * inside)
    chance = (vectors * np.exp(values * lag)) @ vectors.T
    away = heights - heights[:, None]
    squares = (away - PERIOD * np.rint(away / PERIOD)) ** 2
    growth = ((chance @ generator) * squares).sum(axis=1) / 2
    along = chance @ local
    return {
        "left": 1 - float(chance[np.ix_(slab, slab)].sum(axis=1).mean()),
        "entered": float(chance[np.ix_(~slab, slab)].sum(axis=1).mean()),
        "along": float(along[slab].mean()),
        "along_outside": float(along[~slab].mean()),
        "across": float(growth[slab].mean()),
        "across_outside": float(growth[~slab].mean()),
    }


@pytest.mark.parametrize("width", [1.0, 2.5])
@pytest.mark.parametrize("inside", [1 / 3, 1.0, 3.0, 10.0])
def test_both_media_are_separated(inside: float, width: float) -> None:
    found = seen(inside, width)
    for axis, part, bound in (("along", 0.0, 1e-3), ("across", 1.0, 0.03)):
        value = found[axis]
        separated = without_exchange(
            Estimate(value, value, value),
            found[f"{axis}_outside"],
            left=found["left"],
            entered=found["entered"],
            across=part,
        )
        assert separated is not None
        assert separated.value == pytest.approx(inside, rel=bound)


def test_what_is_seen_of_a_slab_is_far_off() -> None:
    assert seen(3.0, 2.5)["across"] == pytest.approx(3 * 0.734, rel=0.01)
    assert seen(1 / 3, 2.5)["across"] == pytest.approx(1.797 / 3, rel=0.01)


def test_the_interval_is_wider_as_some_of_what_is_seen_is_not_of_the_slab() -> None:
    separated = without_exchange(Estimate(1.0, 0.9, 1.1), 1.0, left=0.2, entered=0.05, across=1.0)
    assert separated is not None
    assert separated.value == pytest.approx(1)
    assert separated.low < 0.87
    assert separated.high > 1.13


def test_ions_that_do_not_leave_change_nothing() -> None:
    separated = without_exchange(Estimate(5.0, 4.0, 6.0), 1.0, left=0, entered=0, across=1.0)
    assert separated is not None
    assert (separated.value, separated.low, separated.high) == pytest.approx((5, 4, 6))


def test_what_no_two_media_show_is_not_separated() -> None:
    assert without_exchange(Estimate(0.1, 0.1, 0.1), 1.0, left=0.3, entered=0.1, across=0.0) is None
