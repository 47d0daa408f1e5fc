"""Near-coincidence of plane nets against known coincidence lattices, brute force and ZSL."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.interfaces.zsl import ZSLGenerator

from physics.errors import InputError
from physics.structures.coincidence import Coincidence, near_coincidences

SQUARE = 3.0 * np.eye(2)
HEXAGONAL = 3.0 * np.array([[1, 0], [0.5, np.sqrt(0.75)]])
A, B, C = 13.07, 8.13, 6.26
ANYWHERE = 1e5


def oblique(a: float, b: float, gamma: float, turn: float = 0.0) -> np.ndarray:
    return np.array(
        [
            [a * np.cos(np.radians(turn)), a * np.sin(np.radians(turn))],
            [b * np.cos(np.radians(turn + gamma)), b * np.sin(np.radians(turn + gamma))],
        ]
    )


nets = st.builds(
    oblique, st.floats(3, 12), st.floats(3, 12), st.floats(35, 145), st.floats(-180, 180)
)


def rotation(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s], [s, c]])


def stretch(F: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    left, values, right = np.linalg.svd(F)
    return left @ np.diag(values) @ left.T, left @ right


@pytest.mark.parametrize(
    ("net", "sector", "sigmas"),
    [
        pytest.param(
            SQUARE,
            90,
            {
                **dict.fromkeys([36.8699, 53.1301], 5),
                **dict.fromkeys([22.6199, 67.3801], 13),
                **dict.fromkeys([28.0725, 61.9275], 17),
                **dict.fromkeys([16.2602, 73.7398], 25),
            },
            id="square",
        ),
        pytest.param(
            HEXAGONAL,
            60,
            {
                **dict.fromkeys([21.7868, 38.2132], 7),
                **dict.fromkeys([27.7958, 32.2042], 13),
                **dict.fromkeys([13.1736, 46.8264], 19),
            },
            id="hexagonal",
        ),
    ],
)
def test_exact_coincidences_of_symmetric_nets(
    net: np.ndarray, sector: int, sigmas: dict[float, int]
) -> None:
    found = near_coincidences(
        net, net, max_area=ANYWHERE, max_sigma=max(sigmas.values()), max_strain=0
    )
    assert {
        round(pair.angle, 4): pair.sigma for pair in found if 1e-6 < pair.angle < sector - 1e-6
    } == {angle: (sigma, sigma) for angle, sigma in sigmas.items()}
    assert all(pair.max_strain < 1e-12 for pair in found)
    order = 360 // sector
    assert len(found) == order * (len(sigmas) + 1)
    angles = {round(pair.angle, 6) for pair in found}
    assert all(round(180 - (180 - angle - sector) % 360, 6) in angles for angle in angles)


@pytest.mark.parametrize(
    ("net", "along", "across", "sigma", "turn"),
    [
        pytest.param((A, B), (2, 1), (-1, 5), 11, 34.55, id="(001)-11"),
        pytest.param((B, C), (3, 2), (-2, 5), 19, 54.35, id="(100)-19"),
        pytest.param((B, C), (2, 1), (-2, 7), 16, 42.11, id="(100)-16"),
        pytest.param((A, C), (1, 1), (-1, 4), 5, 51.19, id="(010)-5"),
        pytest.param((A, C), (1, 1), (-2, 9), 11, 51.19, id="(010)-11"),
    ],
)
def test_sheared_twists_of_rectangular_nets(
    net: tuple[float, float],
    along: tuple[int, int],
    across: tuple[int, int],
    sigma: int,
    turn: float,
) -> None:
    # t of both grains turned onto each other by 2 phi, then s of each sheared by -+tan(omega)
    # until normal to t; a simple shear of 2 tan(omega) between them turns by omega as well.
    t, s = np.multiply(along, net), np.multiply(across, net)
    assert along[0] * across[1] - along[1] * across[0] == sigma
    phi = np.degrees(np.arctan2(t[1], t[0]))
    period, lean = np.linalg.norm(t), t @ s / np.linalg.norm(t)
    height = np.linalg.det([t, s]) / period
    omega = np.arctan2(lean, height)
    assert 2 * phi == pytest.approx(turn, abs=0.01)
    found = near_coincidences(
        np.diag(net), np.diag(net), max_area=ANYWHERE, max_sigma=sigma, max_strain=0.02
    )
    pair = min(found, key=lambda pair: abs(pair.angle - (2 * phi - np.degrees(omega))))
    assert pair.angle == pytest.approx(2 * phi - np.degrees(omega), abs=1e-6)

    rectangle = np.array([[period, 0], [0, np.hypot(height, lean)]])
    supercell = np.rint(rectangle @ np.linalg.inv(pair.cell))
    assert supercell @ pair.cell == pytest.approx(rectangle, abs=1e-9)
    assert pair.sigma == (sigma / np.linalg.det(supercell),) * 2
    # U^2 = (1 + F^T F)/2 for F = [[1, 2 tan], [0, 1]] between the grains
    k2 = (1 / np.cos(omega) + abs(np.tan(omega))) ** 2
    principal = np.sqrt((1 + np.array([k2, 1 / k2])) / 2) - 1
    assert pair.max_strain == pytest.approx(np.abs(principal).max(), abs=1e-9)
    assert pair.max_strain == pytest.approx(abs(np.tan(omega)) / 2, rel=0.06)


@settings(max_examples=40, deadline=None)
@given(
    nets,
    nets,
    st.sampled_from(["unlike", "like", "left-handed"]),
    st.floats(0.005, 0.08),
    st.sampled_from([0, 0.3, 0.5]),
)
def test_cells_maps_and_strains_are_one_geometry(
    lower: np.ndarray, upper: np.ndarray, kind: str, max_strain: float, share: float
) -> None:
    if kind == "like":
        upper = lower @ rotation(20) * 1.005
    if kind == "left-handed":
        upper = upper[::-1]
    found = near_coincidences(
        lower, upper, max_area=ANYWHERE, max_sigma=5, max_strain=max_strain, share=share
    )
    assert found or kind != "like"
    for pair in found:
        pair_cells = pair.lower @ lower, pair.upper @ upper
        assert pair_cells[0] @ pair.lower_map.T == pytest.approx(pair.cell, abs=1e-9)
        assert pair_cells[1] @ pair.upper_map.T == pytest.approx(pair.cell, abs=1e-9)
        lower_metric, upper_metric = (cell @ cell.T for cell in pair_cells)
        metric = (1 - share) * lower_metric + share * upper_metric
        assert pair.cell @ pair.cell.T == pytest.approx(metric, rel=1e-9, abs=1e-9)

        lower_stretch, lower_turn = stretch(pair.lower_map)
        upper_stretch, upper_turn = stretch(pair.upper_map)
        assert lower_stretch - np.eye(2) == pytest.approx(pair.lower_strain, abs=1e-9)
        assert upper_stretch - np.eye(2) == pytest.approx(pair.upper_strain, abs=1e-9)
        assert lower_turn.T @ upper_turn == pytest.approx(rotation(pair.angle), abs=1e-9)
        assert pair.max_strain <= max_strain + 2e-9

        (ax, ay), (bx, by) = pair.cell
        assert ay == 0
        assert ax > 0
        assert by > 0
        assert abs(bx) <= ax / 2 * (1 + 1e-8)
        assert np.hypot(bx, by) >= ax * (1 - 1e-8)
        assert -180 < pair.angle <= 180
    assert (np.diff([pair.area for pair in found]) > -1e-5).all()
    gaps = np.diff(sorted(pair.angle for pair in found))
    assert (gaps >= 0.0099).all()


@settings(max_examples=15, deadline=None)
@given(nets, nets, st.booleans(), st.floats(0.9, 1.1))
@pytest.mark.parametrize("max_strain", [0.02, 0.08])
def test_brute_force_finds_nothing_more(
    max_strain: float, lower: np.ndarray, upper: np.ndarray, like: bool, shear: float
) -> None:
    if like:
        upper = lower @ np.array([[shear, shear - 1], [0, 1]]) @ rotation(33)
    largest = 4
    found = near_coincidences(
        lower, upper, max_area=ANYWHERE, max_sigma=largest, max_strain=max_strain
    )
    hermite = [
        [[n // d, k], [0, d]]
        for n in range(1, largest + 1)
        for d in range(1, n + 1)
        if n % d == 0
        for k in range(d)
    ]
    entries = np.array(list(itertools.product(range(-5, 6), repeat=4))).reshape(-1, 2, 2)
    index = np.rint(np.linalg.det(entries))
    entries = entries[(index > 0) & (index <= largest)]
    maps = np.linalg.inv(np.array(hermite) @ lower)[:, None] @ (entries @ upper)  # row vectors
    left, k, right = np.linalg.svd(maps)
    common = np.sqrt((1 + k**2) / 2)
    strains = np.maximum(abs(common - 1), abs(common / k - 1)).max(axis=-1)
    proper = np.linalg.det(maps) > 0
    fits = (strains <= max_strain) & proper
    turns = (left @ right)[fits]  # v_upper = v_lower @ turn: the upper net lies at +angle
    angles = -np.degrees(np.arctan2(turns[:, 0, 1], turns[:, 0, 0]))
    areas = (np.abs(np.linalg.det(np.array(hermite) @ lower))[:, None] * common.prod(axis=-1))[fits]
    got = np.array([(pair.angle, pair.area) for pair in found]).reshape(-1, 2)
    for angle, area in zip(angles, areas, strict=True):
        same = np.abs((got[:, 0] - angle + 180) % 360 - 180) < 0.01 + 1e-6
        assert same.any()
        assert got[same, 1].min() <= area + 1e-5


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        pytest.param(4.2 * np.eye(2), 3.5 * HEXAGONAL / 3, id="square-hexagonal"),
        pytest.param(np.diag([B, C]), 4.07 * np.eye(2), id="rectangular-square"),
        pytest.param(oblique(4.1, 5.3, 77), np.diag([4.9, 6.3]), id="oblique-rectangular"),
    ],
)
def test_smallest_area_is_that_of_zsl(lower: np.ndarray, upper: np.ndarray) -> None:
    max_area, max_strain = 150.0, 0.02
    # tolerances of ZSL are relative: wide enough to hold every pair within the strain
    generator = ZSLGenerator(
        max_area_ratio_tol=0.09, max_area=max_area, max_length_tol=0.05, max_angle_tol=0.08
    )
    flat = np.zeros((2, 1))
    areas = []
    for match in generator(np.hstack([upper, flat]), np.hstack([lower, flat])):
        film, substrate = (
            np.asarray(vectors)[:, :2]
            for vectors in (match.film_sl_vectors, match.substrate_sl_vectors)
        )
        F = np.linalg.inv(substrate) @ film
        k = np.linalg.svd(F)[1]
        common = np.sqrt((1 + k**2) / 2)
        strain = np.abs([common - 1, common / k - 1]).max()
        if np.linalg.det(F) > 0 and strain <= max_strain:
            areas.append(abs(np.linalg.det(substrate)))
    found = near_coincidences(lower, upper, max_area=max_area, max_strain=max_strain)
    net_area = abs(np.linalg.det(lower))
    assert min(pair.sigma[0] for pair in found) == round(min(areas) / net_area)


def test_given_angle_selects_from_all() -> None:
    nets = np.diag([A, B]), np.diag([A, B])
    everything = near_coincidences(*nets, max_area=ANYWHERE, max_sigma=34, max_strain=0.02)
    chosen = near_coincidences(*nets, max_area=ANYWHERE, max_sigma=34, max_strain=0.02, angle=34.55)
    assert [pair.sigma for pair in chosen] == [(34, 34)]
    assert chosen[0].angle in [pair.angle for pair in everything]
    assert near_coincidences(*nets, max_area=ANYWHERE, max_sigma=11, max_strain=0, angle=30) == []


def test_share_puts_the_mismatch_on_one_net() -> None:
    def identity(share: float) -> Coincidence:
        found = near_coincidences(
            SQUARE, 1.02 * SQUARE, max_area=10, max_strain=0.05, share=share, angle=0
        )
        return found[0]

    assert identity(0).lower_strain == pytest.approx(np.zeros((2, 2)), abs=1e-12)
    assert identity(0).upper_strain == pytest.approx(np.eye(2) * (1 / 1.02 - 1), abs=1e-12)
    assert identity(1).upper_strain == pytest.approx(np.zeros((2, 2)), abs=1e-12)
    assert identity(1).lower_strain == pytest.approx(0.02 * np.eye(2), abs=1e-12)


def test_no_cell_within_the_area() -> None:
    assert near_coincidences(SQUARE, SQUARE, max_area=8.9, max_strain=0.02) == []
    assert near_coincidences(SQUARE, 2 * SQUARE, max_area=35, max_strain=0.02) == []
    exact = near_coincidences(SQUARE, 2 * SQUARE, max_area=36, max_strain=0.02)
    assert {pair.sigma for pair in exact} == {(4, 1)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"lower_net": [[1, 2], [2, 4]]}, "span no area", id="flat-net"),
        pytest.param({"upper_net": np.eye(3)}, "shape", id="three-dimensional-net"),
        pytest.param({"max_area": 0}, "largest area", id="area"),
        pytest.param({"max_strain": 2}, "dimensionless", id="strain-in-percent"),
        pytest.param({"max_sigma": 0}, "largest sigma", id="sigma"),
        pytest.param({"share": 1.5}, "share", id="share"),
    ],
)
def test_unusable_input(change: dict[str, object], message: str) -> None:
    usable = {"lower_net": SQUARE, "upper_net": SQUARE, "max_area": 50.0, "max_strain": 0.02}
    with pytest.raises(InputError, match=message):
        near_coincidences(**{**usable, **change})  # type: ignore[arg-type]
