"""Diffusivity at boundaries against layers of known diffusivity."""

import numpy as np
import pytest
from layers_for_tests import DIFFUSIVITY, HEIGHT, INTERVAL, PLANES, layered, paths_of
from scipy.integrate import quad
from scipy.stats import norm
from walkers_for_tests import as_frames, brownian

from physics.analysis.transport.displacements import squared_displacements
from physics.analysis.transport.paths import gather_paths
from physics.analysis.transport.region import boundary_transport, plane_drift
from physics.analysis.transport.slab import Slab
from physics.analysis.transport.slab_profile import slab_profile
from physics.errors import InputError


def within(width: float, power: int) -> float:
    """Moment of displacements of the standard deviation `width` that start and end in (0, 1)."""
    return float(quad(lambda u: 2 * u**power * (1 - u) * norm.pdf(u, scale=width), 0, 1)[0])


@pytest.mark.parametrize(
    ("part", "biased"),
    [(0.04, 0.967), (0.10, 0.913), (0.14, 0.874), (0.20, 0.810), (0.24, 0.763)],
)
def test_start_in_has_no_bias_and_ends_inside_has(part: float, biased: float) -> None:
    # sqrt(2 D lag) is this part of the thickness, 10 Å, after five frames.
    rng = np.random.default_rng(round(100 * part))
    squared = (10 * part) ** 2
    walked = brownian(rng, 600, 800, [squared / 5] * 3) + rng.uniform(0, 40, size=(600, 3))
    inside = Slab(0.5, 0.25, np.zeros(())).inside(walked[..., 2] / 40)
    sums, origins = squared_displacements(walked, inside)
    assert sums[4, :, 2].sum() / origins[4].sum() == pytest.approx(squared, rel=0.025)
    both = inside[5:] & inside[:-5]
    squares = (walked[5:, :, 2] - walked[:-5, :, 2]) ** 2
    expected = within(part, 2) / within(part, 0) / part**2
    assert squares[both].mean() / squared == pytest.approx(expected, rel=0.025)
    assert expected == pytest.approx(biased, abs=0.001)


@pytest.mark.parametrize("faster", [1.0, 3.0, 1 / 3])
def test_layers_of_another_diffusivity(faster: float) -> None:
    walked = layered(np.random.default_rng(1), 500, 3000, (faster,) * 2, (faster,) * 2)
    both, *single = boundary_transport(paths_of(walked), PLANES, np.random.default_rng(0))
    for found, bound in ((both.along, 0.06), (both.across, 0.1), (both.total, 0.06)):
        assert found.estimate is not None
        assert found.estimate.value == pytest.approx(faster * DIFFUSIVITY, rel=bound)
        assert found.estimate.low < faster * DIFFUSIVITY < found.estimate.high
    assert both.anisotropy is not None
    assert both.anisotropy.low < 1 < both.anisotropy.high
    assert [each.plane for each in (both, *single)] == [None, *PLANES]
    assert both.ions == pytest.approx(sum(each.ions for each in single))
    assert both.density == pytest.approx(500 / (400 * HEIGHT), rel=0.12)


def test_a_layer_that_is_anisotropic() -> None:
    walked = layered(np.random.default_rng(2), 500, 3000, (3.0, 3.0), (1.2, 1.2))
    both = boundary_transport(paths_of(walked), PLANES, np.random.default_rng(0))[0]
    assert both.along.estimate is not None
    assert both.along.estimate.value == pytest.approx(3 * DIFFUSIVITY, rel=0.06)
    assert both.across.estimate is not None
    assert both.across.estimate.value == pytest.approx(1.2 * DIFFUSIVITY, rel=0.1)
    assert both.anisotropy is not None
    assert both.anisotropy.low < 0.4 < both.anisotropy.high


def test_boundaries_that_differ_are_told() -> None:
    walked = layered(np.random.default_rng(3), 400, 2000, (1.0, 3.0), (1.0, 3.0))
    both, first, second = boundary_transport(paths_of(walked), PLANES, np.random.default_rng(0))
    assert first.along.estimate is not None
    assert second.along.estimate is not None
    assert first.along.estimate.value == pytest.approx(DIFFUSIVITY, rel=0.1)
    assert second.along.estimate.value == pytest.approx(3 * DIFFUSIVITY, rel=0.1)
    assert both.warnings[0].startswith("along the boundaries, their diffusivities differ")


def test_the_part_that_is_exchanged() -> None:
    walked = layered(np.random.default_rng(4), 300, 2000, (1.0, 1.0), (1.0, 1.0))
    both = boundary_transport(paths_of(walked), PLANES, np.random.default_rng(0))[0]
    # Displacements along z are a quarter of the slab when the last lag is reached.
    assert both.exchanged == pytest.approx(1 - within(0.25, 0), abs=0.02)


def test_where_too_little_is_known_it_is_told() -> None:
    rng = np.random.default_rng(5)
    walked = brownian(rng, 100, 1000, [1e-3] * 3) + rng.uniform(0, HEIGHT, size=(100, 3))
    both = boundary_transport(paths_of(walked), PLANES, rng)[0]
    assert both.along.estimate is both.anisotropy is None
    assert both.along.limit is not None
    assert both.along.limit > 1e-3 / (2 * INTERVAL) * 0.1
    assert "too little is known" in both.along.warnings[-1]


def test_a_boundary_that_moves_takes_its_slab_along() -> None:
    still = layered(np.random.default_rng(6), 300, 2000, (3.0, 3.0), (3.0, 3.0))
    drift = 6.0 * np.sin(np.linspace(0, 3, len(still)))
    moving = still + drift[:, None, None] * [0, 0, 1]
    expected, found, lost = (
        boundary_transport(paths_of(each), PLANES, np.random.default_rng(0), drifts=drifts)[0]
        for each, drifts in (
            (still, ()), (moving, [drift / HEIGHT] * 2), (moving, ()),
        )
    )  # fmt: skip
    assert found.along.estimate is not None
    assert expected.along.estimate is not None
    assert lost.along.estimate is not None
    assert found.along.estimate.value == pytest.approx(expected.along.estimate.value, rel=0.01)
    assert found.ions == pytest.approx(expected.ions)
    assert lost.along.estimate.value < 0.9 * found.along.estimate.value


def test_a_boundary_at_the_border_of_the_cell_is_like_any_other() -> None:
    walked = layered(np.random.default_rng(11), 100, 1000, (3.0, 3.0), (3.0, 3.0))
    raised = walked + np.array([0, 0, 0.75 * HEIGHT])
    found, expected = (
        boundary_transport(paths_of(each), planes, np.random.default_rng(0))[1]
        for each, planes in ((raised, [0.0, 0.5]), (walked, PLANES))
    )
    assert found.ions == pytest.approx(expected.ions)
    assert found.along.estimate is not None
    assert expected.along.estimate is not None
    assert found.along.estimate.value == pytest.approx(expected.along.estimate.value, rel=1e-3)


def test_the_drift_of_a_boundary_is_that_of_the_framework_near_it() -> None:
    rng = np.random.default_rng(7)
    framework = rng.uniform(0, 40, size=(300, 3)) + rng.normal(scale=0.1, size=(500, 300, 3))
    near = np.abs(framework[0, :, 2] - 10) < 5
    moved = np.linspace(0, 2.0, 500)
    framework[:, near, 2] += moved[:, None]
    framework[..., 2] += np.linspace(0, 30.0, 500)[:, None]  # the whole cell, which is taken away
    paths = gather_paths(
        as_frames(framework, np.eye(3) * 40), near, np.ones(300), still=np.ones(300, dtype=bool)
    )
    mean = moved * near.mean()
    np.testing.assert_allclose(plane_drift(paths) * 40, moved - mean, atol=0.1)


def test_a_profile_has_the_diffusivity_of_each_slab() -> None:
    walked = layered(np.random.default_rng(8), 600, 2000, (3.0, 3.0), (3.0, 3.0))
    profile = slab_profile(paths_of(walked))
    assert [each.height for each in profile] == [(k + 0.5) / 8 for k in range(8)]
    assert sum(each.density * 400 * each.thickness for each in profile) == pytest.approx(600)
    for each in profile:
        # 20 and 60 Å are borders of slabs: four of them are fast by half.
        faster = 2 if min(abs(each.height - plane) for plane in PLANES) < 0.1 else 1
        assert each.along is not None
        assert each.along.estimate is not None
        assert each.along.estimate.value == pytest.approx(faster * DIFFUSIVITY, rel=0.2)


def test_slabs_without_ions_have_no_diffusivity() -> None:
    walked = np.array([0, 0, 35.0]) + brownian(np.random.default_rng(9), 40, 300, [0.05, 0.05, 0])
    profile = slab_profile(paths_of(walked))
    assert [each.along is None for each in profile] == [True] * 3 + [False] + [True] * 4


def test_boundaries_that_make_no_sense_are_refused() -> None:
    walked = layered(np.random.default_rng(10), 20, 50, (1.0, 1.0), (1.0, 1.0))
    paths, rng = paths_of(walked), np.random.default_rng(0)
    with pytest.raises(InputError, match="from 0 to below 1"):
        boundary_transport(paths, [0.2, 1.3], rng)
    with pytest.raises(InputError, match="from 0 to below 1"):
        boundary_transport(paths, [], rng)
    with pytest.raises(InputError, match=r"8\.0 Å apart, which overlap"):
        boundary_transport(paths, [0.95, 0.05], rng)
    with pytest.raises(InputError, match="leaves its part of the cell"):
        boundary_transport(paths, PLANES, rng, drifts=[np.linspace(0, 0.3, 50), np.zeros(50)])
    with pytest.raises(InputError, match=r"no ion is within 0\.0005 Å of a boundary at"):
        boundary_transport(paths, [0.2501, 0.7501], rng, thickness=0.001)
    leaping = brownian(rng, 200, 50, [1.0, 1.0, 16.0]) + walked[0, :1] + [0, 0, 20]
    with pytest.raises(InputError, match=r"ions move [34]\.\d Å across a slab of 10 Å"):
        boundary_transport(paths_of(leaping), PLANES, rng)


def test_a_cell_whose_layers_are_not_normal_to_z_is_refused() -> None:
    frames = as_frames(np.zeros((3, 1, 3)), [[20, 0, 0], [0, 20, 0], [8, 0, 40]], INTERVAL)
    paths = gather_paths(frames, np.ones(1, dtype=bool), np.ones(1))
    with pytest.raises(InputError, match=r"off by 11\.3 degrees"):
        boundary_transport(paths, PLANES, np.random.default_rng(0))
