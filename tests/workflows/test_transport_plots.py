"""Drawings of transport: marks where the numbers are."""

import base64
import io
import re

import numpy as np
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray
from report_for_tests import Page
from transport_for_tests import CELL, TILT, TWIN, boundary, crystal, fit, known, law, limited, run

from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.polycrystal import GrainBoundaryConductivity, total_conductivity
from stores.arrays import pack, unpack
from stores.documents import TransportDocument
from workflows.report.conductor import conductors
from workflows.report.plots.anisotropy import anisotropy_plot
from workflows.report.plots.arrhenius import COLORS, arrhenius_plot
from workflows.report.plots.concentration import concentration_plot
from workflows.report.plots.heat_map import heat_map_plot
from workflows.report.plots.polycrystal import polycrystal_plot
from workflows.report.plots.squared_displacements import squared_displacements_plot
from workflows.report.plots.svg import ACCENT, INK, MUTED, WARM

FloatArray = NDArray[np.float64]
BULK, FIRST, SECOND = COLORS[:3]


def marks(svg: str, fill: str, stroke: str) -> FloatArray:
    """Places of closed markers of a style, from left to right; y goes down."""
    shapes = dict(re.findall(r'<path id="(p-m\w+)" d="([^"]*)"', svg))
    found = re.findall(r'<use xlink:href="#([^"]*)" x="([\d.]+)" y="([\d.]+)" style="([^"]*)"', svg)
    kept = [
        (float(x), float(y))
        for shape, x, y, style in found
        if "z" in shapes.get(shape, "") and f"fill: {fill}; stroke: {stroke}" in style
    ]
    return np.array(sorted(kept))


def lines(svg: str, color: str, *, dashed: bool) -> list[FloatArray]:
    """Points of the lines of a color."""
    return [
        np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path), dtype=float)
        for path, style in re.findall(r'<path d="([^"]*)" clip-path[^>]*style="([^"]*)"', svg)
        if "fill: none" in style and f"stroke: {color}" in style and ("dash" in style) == dashed
    ]


def words(svg: str) -> list[str]:
    return [word.strip() for word in Page(svg).words if word.strip()]


def relative(values: FloatArray) -> FloatArray:
    """Values in parts of the way from the first to the last."""
    return (values - values[0]) / (values[-1] - values[0])


def test_diffusivities_stand_at_the_inverse_of_their_temperature() -> None:
    """Log D against 1000 K / T: those of one law are in line, and so is the fit."""
    temperatures = np.array([1000.0, 700.0, 500.0, 400.0])
    exact = fit("bulk", [(t, known(law(t))) for t in temperatures])
    svg = arrhenius_plot(conductors([exact]), "p")
    *points, legend = sorted(marks(svg, BULK, BULK), key=lambda mark: mark[1])
    x, y = np.array(points).T
    assert legend[1] > y.max()
    assert relative(x) == pytest.approx(relative(1 / temperatures), abs=1e-5)
    assert relative(y) == pytest.approx(relative(x), abs=1e-5)
    solid = max(lines(svg, BULK, dashed=False), key=len)
    assert solid[[0, -1]] == pytest.approx(np.array(points)[[0, -1]], abs=1e-3)
    (dashed,) = lines(svg, BULK, dashed=True)
    to_room = (1 / 300 - 1 / 400) / (1 / 400 - 1 / 1000)
    assert dashed[-1, 0] - x[-1] == pytest.approx(to_room * (x[-1] - x[0]), abs=0.01)


def test_the_axis_above_has_temperatures() -> None:
    found = words(
        arrhenius_plot(conductors([fit("b", [(t, known(law(t))) for t in (400, 1000)])]), "p")
    )
    assert found[: found.index("T (K)")] == [
        "300",
        "350",
        "400",
        "500",
        "600",
        "700",
        "800",
        "1000",
    ]


def test_boundaries_are_squares_and_limits_are_triangles() -> None:
    tilt = boundary(TILT, 8)
    svg = arrhenius_plot(conductors([*crystal((500, 700, 1000)), *tilt]), "p")
    assert len(marks(svg, BULK, BULK)) == 2 + 1
    assert len(marks(svg, "#ffffff", BULK)) == 1
    assert len(marks(svg, "#ffffff", FIRST)) == 4 + 1
    limit = fit("bulk", [(t, limited(1e-6)) for t in (500, 600)])
    assert len(marks(arrhenius_plot(conductors([limit]), "p"), "#ffffff", BULK)) == 2


def test_each_run_has_a_panel_with_a_line_of_slope_one_in_its_window() -> None:
    runs = [run("bulk", t, known(law(t))) for t in (500, 700)] + [run("bulk", 900, limited(1e-6))]
    svg = squared_displacements_plot(runs, "p")
    assert len(re.findall(r'id="p-axes_\d+"', svg)) == 3
    assert {"500 K", "700 K", "900 K", "limit only"} <= set(words(svg))
    guides = lines(svg, INK, dashed=True)
    totals = lines(svg, ACCENT, dashed=False)
    assert (len(guides), len(totals)) == (3, 3)
    lags, total = np.array(runs[0].transport.curve.lags), np.array(runs[0].transport.curve.total)
    (x, y), (left, right) = totals[0].T, guides[0]
    decade_x = (x[-1] - x[0]) / np.log10(lags[-1] / lags[0])
    decade_y = (y[0] - y[-1]) / np.log10(total[-1] / total[0])
    assert (right[0] - left[0]) / decade_x == pytest.approx(np.log10(10 / 2), abs=1e-3)
    assert (left[1] - right[1]) / decade_y == pytest.approx(np.log10(10 / 2), abs=1e-3)
    assert (left[0] - x[0]) / decade_x == pytest.approx(np.log10(2 / lags[0]), abs=1e-3)


def test_anisotropy_has_a_mark_for_each_run_with_both_estimates() -> None:
    found = conductors([*crystal(), *boundary(TILT, 8), *boundary(TWIN, 3, (600, 800))])
    svg = anisotropy_plot(found, "p")
    assert len(marks(svg, "#ffffff", FIRST)) == 2 + 1
    assert len(marks(svg, "#ffffff", SECOND)) == 4 + 1
    assert words(svg).count("600 K") == words(svg).count("800 K") == 1
    assert {"400 K", "1000 K"} <= set(words(svg))
    assert anisotropy_plot(conductors(crystal()), "p") == ""


def tilt_run(temperature: float = 400.0, **changes: object) -> TransportDocument:
    return run(TILT, temperature, known(1e-6), boundary=1e-6, **changes)


def slabs_of(svg: str) -> list[tuple[float, float]]:
    """Left and right ends of what is shaded."""
    paths = re.findall(rf'<path d="([^"]*)" clip-path[^>]*style="fill: {WARM}', svg)
    across = [[float(x) for x in re.findall(r"[ML] (-?[\d.]+)", path)] for path in paths]
    return [(min(each), max(each)) for each in across]


def test_profiles_are_relative_and_their_boundaries_marked() -> None:
    """Boundaries at 0.25 and 0.75 of 60 Å, slabs of 10 Å; densities of 0.5 to 1.5."""
    svg = concentration_plot([tilt_run(400), tilt_run(900)], "p")
    profiles = lines(svg, ACCENT, dashed=False)
    assert len(profiles) == 2
    x, y = profiles[0].T
    scale = (x[-1] - x[0]) / (CELL[2] - 0.15)
    origin = x[0] - 0.075 * scale
    planes = sorted({line[0, 0] for line in lines(svg, WARM, dashed=False)})
    assert (np.array(planes) - origin) / scale == pytest.approx([15, 45], abs=0.02)
    edges = sorted(round((x - origin) / scale) for slab in slabs_of(svg) for x in slab)
    assert edges == [10, 10, 20, 20, 40, 40, 50, 50]
    heights = [line[0, 1] for line in lines(svg, MUTED, dashed=False) if np.ptp(line[:, 0]) > 100]
    assert heights[0] == pytest.approx((y.min() + y.max()) / 2, abs=0.5)


def test_slabs_go_on_across_the_border_of_the_cell() -> None:
    svg = concentration_plot([tilt_run(planes=(0.0, 0.5))], "p")
    assert len(slabs_of(svg)) == 3


def test_maps_are_pictures_of_coarse_bins() -> None:
    """One bin of 0.2 Å, at x = 3.1 and z = 20.1 of 12 x 60 Å, darkens one of 0.4 Å; x goes up."""
    found = tilt_run()
    arrays = unpack(found.packed)
    arrays["xz"] = np.zeros_like(arrays["xz"])
    arrays["xz"][15, 100] = 4.0
    svg = heat_map_plot([found.model_copy(update={"packed": pack(arrays)})], "p")
    drawn = r'base64,\s*([^"]*)"[^>]*transform="matrix\(([\d.]+) 0 0 -([\d.]+) '
    encoded, *scales = re.findall(drawn, svg)[0]
    assert scales[0] == scales[1]
    picture = imread(io.BytesIO(base64.b64decode(encoded)))[..., :3]
    assert picture.shape[:2] == (30, 150)
    odd = np.argwhere(np.abs(picture - picture[0, 0]).sum(axis=2) > 0.1)
    assert odd.tolist() == [[7, 50]]


def test_polycrystals_go_over_into_the_bulk() -> None:
    """Fast boundaries: curves fall to the bulk, which is the lowest of all."""
    fast = [
        GrainBoundaryConductivity(name, along, along)
        for name, along in (("a", Estimate(1e-3, 8e-4, 2e-3)), ("b", Estimate(1e-2, 8e-3, 2e-2)))
    ]
    found = total_conductivity(Estimate(1e-4, 0.8e-4, 1.2e-4), fast, np.geomspace(10, 1e7, 30))
    svg = polycrystal_plot(found, 1e-4, [("known", 7.4e-5)], resolved=True, prefix="p")
    curves = lines(svg, ACCENT, dashed=False)
    (bulk,) = [line for line in lines(svg, INK, dashed=False) if np.ptp(line[:, 0]) > 100]
    (published,) = lines(svg, WARM, dashed=True)
    assert len(curves) == len(found.values) == 2 * 3
    assert all((np.diff(curve[:, 1]) >= -1e-6).all() for curve in curves)
    assert [curve[-1, 1] for curve in curves] == pytest.approx([bulk[0, 1]] * 6, abs=0.3)
    assert published[0, 1] > bulk[0, 1]
    assert {"bulk, here", "known", "with the 95 % intervals"} <= set(words(svg))
