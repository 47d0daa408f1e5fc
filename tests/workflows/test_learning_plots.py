"""Drawings of a loop of active learning: as many marks as there are data."""

import re
from typing import Any

import pytest
from learning_for_tests import BULK, TILT, TWIN, errors, loop, on_dataset, profile, run, sweep
from matplotlib import colormaps
from matplotlib.colors import to_hex
from report_for_tests import Page

from stores.documents import LearningRunDocument
from workflows.report.plots.grade_history import grade_history_plot
from workflows.report.plots.grade_profile import grade_profile_plot
from workflows.report.plots.learning_curve import learning_curve_plot
from workflows.report.plots.svg import ACCENT, INK, MUTED, WARM


def marks(svg: str, style: str) -> int:
    """Number of markers of a style."""
    return sum(style in found for found in re.findall(r'<use [^>]*style="([^"]*)"', svg))


def words(svg: str) -> list[str]:
    return [word.strip() for word in Page(svg).words if word.strip()]


def explored(**changes: Any) -> LearningRunDocument:
    """Three runs; one stopped, one gave nothing, one failed and left no record."""
    stopped = {"completed": False, "stopped": "grade 4567 is beyond 10"}
    nothing = {"completed": False, "stopped": "two atoms met"}
    return loop(
        [
            sweep(1, [run(TILT, 900, 4567.0, **stopped), run(BULK, 300, None, **nothing)]),
            sweep(2, [run(TILT, 300, 0.123), run(TILT, 900, 2.01), run(BULK, 300, 1.99)], labels=7),
        ],
        **changes,
    )


def test_the_map_has_a_row_for_each_run_and_a_column_for_each_sweep() -> None:
    found = words(grade_history_plot(explored(), "p"))
    rows = [f"{TILT}, 300 K", f"{TILT}, 900 K", f"{BULK}, 300 K"]
    assert [word for word in found if word.endswith(" K")] == rows
    assert found.count("1") == found.count("2") == 1
    assert {"5e3", "0.12", "2.0"} <= set(found)
    assert found.count("2.0") == 2


def test_the_map_marks_what_stopped_and_what_gave_nothing() -> None:
    svg = grade_history_plot(explored(), "p")
    assert marks(svg, f"fill: {INK}") == 1 + 1
    assert marks(svg, f"stroke: {WARM}") == 2 + 1


def test_colors_change_at_the_threshold() -> None:
    """Cells come row by row; those below are green, those above orange, others empty."""
    svg = grade_history_plot(explored(), "p")
    mesh = svg[svg.index("p-QuadMesh_1") :]
    fills = re.findall(r'style="fill: #(\w{6}|none)', mesh[: mesh.index("</g>")])
    warmth = [int(fill[:2], 16) - int(fill[4:], 16) for fill in fills]
    assert [value > 0 for value in warmth] == [False, True, True, False]
    assert abs(warmth[1]) > abs(warmth[2])
    assert abs(warmth[0]) > abs(warmth[3])


def test_each_boundary_has_a_panel_and_each_run_two_curves() -> None:
    profiles = [
        profile(TILT, 300.0, [0.6, 0.4, 0.3], [1.9, 1.2, 0.9]),
        profile(TILT, 900.0, [0.7, 0.5, 0.0], [2.97, 1.3, 0.8]),
        profile(TWIN, 300.0, [0.5, 0.4], [1.4, 1.1]),
    ]
    svg = grade_profile_plot(profiles, 2.0, "p")
    cold, hot = (to_hex(colormaps["plasma"](place)) for place in (0.0, 0.82))
    assert marks(svg, f"fill: {cold}") == 2 * (3 + 2)
    assert marks(svg, f"fill: {hot}") == 2 * 3
    lines = re.findall(r'<path d="[^"]*"[^>]*style="([^"]*)"', svg)
    dashed = [style for style in lines if "dasharray" in style]
    assert sum(f"stroke: {cold}" in style for style in dashed) == 2
    assert sum(f"stroke: {hot}" in style for style in dashed) == 1
    for color in (MUTED, WARM):
        assert sum(style.startswith(f"fill: none; stroke: {color}") for style in lines) >= 2 + 1
    found = words(svg)
    assert {TILT, TWIN, "300 K", "900 K", "threshold, 2"} <= set(found)


def test_many_boundaries_fill_rows() -> None:
    """The sixth place of two rows of three stays empty."""
    names = [f"Σ{number} [001]" for number in range(5)]
    svg = grade_profile_plot([profile(name, 300.0, [0.5], [1.0]) for name in names], 2.0, "p")
    assert [word for word in words(svg) if word.startswith("Σ")] == names
    assert len(re.findall(r'id="p-axes_\d+"', svg)) == len(names)


@pytest.mark.parametrize("held_out", [True, False])
def test_errors_and_labels_of_each_sweep(held_out: bool) -> None:
    test = on_dataset(errors(0.004, 0.2), {}, 10) if held_out else None
    sweeps = [sweep(n, [], test=test, labels=n) for n in range(1, 5)]
    svg = learning_curve_plot(loop(sweeps), "p")
    assert marks(svg, f"fill: {ACCENT}") == (2 * 4 + 1 if held_out else 0)
    assert marks(svg, f"fill: #ffffff; stroke: {MUTED}") == 2 * 4 + 1
    bars = re.findall(rf'style="fill: {ACCENT}; opacity: 0.75"', svg)
    assert len(bars) == 4
    assert ("held-out set" in words(svg)) == held_out
    assert "Labels added, 10 in all" in words(svg)


def test_a_sweep_without_labels_is_drawn() -> None:
    assert "Labels added, 0 in all" in words(
        learning_curve_plot(loop([sweep(1, [], labels=0)]), "p")
    )
