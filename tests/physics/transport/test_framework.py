"""A framework that vibrates and turns is solid, one that diffuses is not."""

import numpy as np
import pytest
from walkers_for_tests import as_frames, brownian

from physics.analysis.transport.framework import FLOWS, Framework, framework_of

CELL = np.diag([20.0, 20.0, 20.0])
FRAMES, UNITS = 200, 12


def found(centers: np.ndarray, ligands: np.ndarray) -> Framework | None:
    """Of P and S, with lithium that walks far."""
    rng = np.random.default_rng(1)
    ions = brownian(rng, 5, FRAMES, [0.5] * 3)
    positions = np.concatenate([ions, centers, ligands], axis=1)
    symbols = ["Li"] * 5 + ["P"] * centers.shape[1] + ["S"] * ligands.shape[1]
    masses = np.ones(len(symbols))
    return framework_of(as_frames(positions, CELL), symbols, masses, np.array(symbols) == "Li")


def sites(count: int) -> np.ndarray:
    return np.random.default_rng(2).uniform(0, 20, (1, count, 3)).repeat(FRAMES, axis=0)


def test_vibrations_have_their_plateau() -> None:
    """Mean squared displacements of independent noise are twice its variance, less the drift."""
    rng = np.random.default_rng(3)
    noise = rng.normal(scale=0.3, size=(FRAMES, UNITS, 3))
    framework = found(sites(UNITS) + noise, sites(UNITS))
    assert framework.element == "S"
    framework = found(sites(UNITS) + noise, sites(UNITS) + 2 * noise)
    assert framework.element == "P"
    assert framework.squared == pytest.approx(6 * 0.3**2, rel=0.1)
    assert not framework.flows


def test_units_that_turn_are_no_liquid() -> None:
    rng = np.random.default_rng(4)
    turned = rng.normal(size=(FRAMES, UNITS, 3))
    turned *= 2.05 / np.linalg.norm(turned, axis=2, keepdims=True)
    framework = found(sites(UNITS), sites(UNITS) + turned)
    assert framework.element == "P"
    assert not framework.flows


def test_units_that_diffuse_are_a_liquid() -> None:
    """6 D t over half of the run, in units of frames."""
    walked = brownian(np.random.default_rng(5), 300, FRAMES, [0.05] * 3)
    framework = found(sites(300) + walked, sites(300) + walked)
    assert framework.squared == pytest.approx(3 * 0.05 * FRAMES / 2, rel=0.25)
    assert framework.squared > FLOWS
    assert framework.flows


def test_ions_alone_have_no_framework() -> None:
    ions = brownian(np.random.default_rng(6), 5, 20, [0.5] * 3)
    mobile = np.ones(5, dtype=bool)
    assert framework_of(as_frames(ions, CELL), ["Li"] * 5, np.ones(5), mobile) is None
