"""The picture of a grain boundary: every unit whole, in the color of its grain, between planes."""

import re
from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from physics.errors import InputError
from workflows.report.plots.boundary import boundary_plot
from workflows.report.plots.svg import ACCENT, WARM

TETRAHEDRON = 2.05 / np.sqrt(3) * np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])


def bicrystal(
    phosphorus: Sequence[Sequence[float]], lattice: Lattice, grain: Sequence[int] | None = None
) -> Structure:
    """Put a PS4 unit at each fractional place, and one Li at the center of the cell."""
    structure = Structure(lattice, ["Li"], [[0.5, 0.5, 0.5]])
    for place in lattice.get_cartesian_coords(phosphorus):
        structure.append("P", place, coords_are_cartesian=True)
        for corner in TETRAHEDRON:
            structure.append("S", place + corner, coords_are_cartesian=True)
    if grain is not None:
        structure.add_site_property("grain", [0, *np.repeat(grain, 5).tolist()])
    return structure


def parsed(svg: str) -> ET.Element:
    """Read the SVG as XML, which refuses it unless it is well-formed."""
    return ET.fromstring(str(svg).replace("<svg", '<svg xmlns:xlink="x"', 1))


def faces(svg: str) -> dict[str, list[np.ndarray]]:
    """Give the corners of the translucent triangles of each color."""
    found: dict[str, list[np.ndarray]] = {ACCENT: [], WARM: []}
    for path in parsed(svg).iter("path"):
        style, drawn = path.get("style", ""), path.get("d", "")
        color = style[6:13]
        if color in found and drawn.count("L") == 2:
            numbers = np.array(re.findall(r"-?[\d.]+", drawn), dtype=float)
            found[color].append(numbers.reshape(3, 2))
    return found


def dots(svg: str) -> Counter[str]:
    """Count the dots of each color, without those of the legend."""
    return Counter(
        use.get("style", "")[6:13]
        for group in parsed(svg).iter("g")
        if "clip-path" in group.attrib
        for use in group.iter("use")
    )


CELL = Lattice.orthorhombic(7, 9, 30)
INSIDE = [[0.5, 0.4, 0.25], [0.5, 0.5, 0.35], [0.5, 0.5, 0.75]]


def test_each_unit_has_four_faces_in_the_color_of_its_grain() -> None:
    drawn = faces(boundary_plot(bicrystal(INSIDE, CELL), [0.0, 15.0], "p"))
    assert {color: len(found) for color, found in drawn.items()} == {ACCENT: 2 * 4, WARM: 1 * 4}
    drawn = faces(boundary_plot(bicrystal(INSIDE, CELL, [1, 0, 1]), [0.0, 15.0], "p"))
    assert {color: len(found) for color, found in drawn.items()} == {ACCENT: 1 * 4, WARM: 2 * 4}


@pytest.mark.parametrize("angle", [90, 61])
def test_units_across_the_faces_of_the_cell_are_whole_and_undistorted(angle: float) -> None:
    crossing = bicrystal([[0.02, 0.03, 0.3]], Lattice.from_parameters(7, 9, 30, 90, 90, angle))
    crossing.translate_sites(range(len(crossing)), [0, 0, 0], to_unit_cell=True)
    drawn = faces(boundary_plot(crossing, [0.0, 15.0], "p"))[ACCENT]
    assert len(drawn) == 4
    square = np.ptp(np.concatenate(drawn), axis=0)
    points_per_angstrom = 620 / (1.3 * 30)
    assert square == pytest.approx(np.ptp(TETRAHEDRON[:, 1:], axis=0) * points_per_angstrom)


def test_the_view_is_along_the_shorter_vector() -> None:
    assert "seen along a, period upwards 9.0 Å" in boundary_plot(bicrystal(INSIDE, CELL), [0], "p")
    turned = bicrystal(INSIDE, Lattice.orthorhombic(9, 7, 30))
    assert "seen along b, period upwards 9.0 Å" in boundary_plot(turned, [0], "p")


def test_margins_repeat_what_lies_near_the_ends() -> None:
    near_both_ends = bicrystal([[0.5, 0.5, 0.1], [0.5, 0.5, 0.9]], CELL)
    drawn = faces(boundary_plot(near_both_ends, [0.0, 15.0], "p"))
    assert {color: len(found) for color, found in drawn.items()} == {ACCENT: 8, WARM: 8}


def test_deep_cells_show_their_near_part_and_say_so() -> None:
    deep = bicrystal([[0.1, 0.5, 0.3], [0.9, 0.5, 0.3]], Lattice.orthorhombic(25, 26, 30))
    svg = boundary_plot(deep, [0.0, 15.0], "p")
    assert len(faces(svg)[ACCENT]) == 4
    assert "nearest 15 Å" in svg


def test_boundaries_are_labelled_and_the_first_is_drawn_at_both_ends() -> None:
    svg = boundary_plot(bicrystal(INSIDE, CELL), [0.0, 15.0], "p", title="Tilt <5>")
    words = Counter(text.text for text in parsed(svg).iter("text"))
    assert words["boundary 1"] == 2
    assert words["boundary 2"] == 1
    assert words["Tilt <5>"] == 1
    assert {"Li", "P", "S"} <= set(words)
    assert (
        sum("stroke-dasharray" in path.get("style", "") for path in parsed(svg).iter("path")) == 3
    )


def test_ids_are_unique_and_carry_the_prefix() -> None:
    svg = boundary_plot(bicrystal(INSIDE, CELL), [0.0, 15.0], "gb-1")
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    assert all(name.startswith("gb-1-") for name in ids)
    links = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg))
    assert {first or second for first, second in links} <= set(ids)
    assert svg == boundary_plot(bicrystal(INSIDE, CELL), [0.0, 15.0], "gb-1")


def test_metals_are_dots_and_low_cells_are_repeated_upwards() -> None:
    metal = Structure(Lattice.orthorhombic(3.6, 5, 40), ["Cu"] * 2, [[0, 0.5, 0.3], [0, 0.5, 0.7]])
    svg = boundary_plot(metal, [0.0, 20.0], "p")
    assert faces(svg) == {ACCENT: [], WARM: []}
    assert sum(dots(svg).values()) == 2 * 2
    on_the_edge = Structure(metal.lattice, ["Cu"], [[0, 0, 0.3]])
    assert sum(dots(boundary_plot(on_the_edge, [0.0, 20.0], "p")).values()) == 3


@pytest.mark.parametrize("heights", [[0.0, 30.0], [-0.1, 15.0], []])
def test_boundaries_outside_the_cell_are_refused(heights: list[float]) -> None:
    with pytest.raises(InputError, match=r"30\.00 Å, the length of c"):
        boundary_plot(bicrystal(INSIDE, CELL), heights, "p")


def test_leaning_cells_are_refused() -> None:
    leaning = Structure(Lattice.from_parameters(5, 6, 30, 90, 84, 90), ["Cu"], [[0, 0, 0]])
    with pytest.raises(InputError, match=r"84\.00.*perpendicular"):
        boundary_plot(leaning, [0.0], "p")
