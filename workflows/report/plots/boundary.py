"""A bicrystal, seen along its boundaries, with the PS4 units of each grain in its color."""

from collections.abc import Sequence
from itertools import combinations, product
from typing import TYPE_CHECKING, Literal

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from pymatgen.core import Structure

from physics.errors import InputError
from workflows.report.plots.cell import dots, p_s_bonds
from workflows.report.plots.svg import ACCENT, INK, WARM, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GRAINS = (ACCENT, WARM)
_DIAMETERS = {"Li": 0.8, "P": 0.4, "S": 0.6}
"""Of the dots, Å; other elements 1.4 Å."""

_NOUNS = {"boundary": "Grain boundaries", "interface": "Interfaces"}

_MARGIN = 0.15
"""Part of the cell repeated beyond each end."""

_OVERHANG = 2.0
"""Room for units that reach out of the cell, Å."""

_DEPTH = 15.0
"""How far into the picture atoms are drawn, Å; beyond, nothing can be told apart."""

_LAYER = 2.0
"""Thickness of the layers drawn one over the other, Å."""

_WIDTH, _HEIGHT = 620.0, 430.0
"""Room for the picture, points."""

_AT_EDGE = 1e-3
_TOP = 1000.0
"""Order of what is drawn over the atoms."""


def boundary_plot(
    structure: Structure,
    boundaries: Sequence[float],
    prefix: str,
    *,
    title: str = "",
    kind: Literal["boundary", "interface"] = "boundary",
) -> Markup:
    """
    Draw a bicrystal with the normal of its boundaries to the right.

    The view is along the shorter of the two vectors in the boundary plane. A cell lower than a
    quarter of its length is repeated upwards.

    Parameters
    ----------
    structure : Structure
        A periodic bicrystal whose vector c is perpendicular to a and b. The site property `grain`,
        0 or 1, says which grain an atom belongs to; without it, the boundaries decide.
    boundaries : sequence of float
        Heights of the boundary planes along c, Å; they are numbered upwards.
    prefix : str
        Put before each id of the SVG.
    title : str
        Written above the picture.
    kind : {"boundary", "interface"}
        What the planes are: grain boundaries, or interfaces of two phases.

    Returns
    -------
    Markup
        SVG element.

    Raises
    ------
    InputError
        If c is not perpendicular to a and b, or a boundary is not within the cell.
    """
    planes = _planes(structure, boundaries)
    lattice, c = structure.lattice, structure.lattice.c
    region = np.searchsorted(planes, structure.frac_coords[:, 2] % 1 * c, "right") - 1
    region %= len(planes)
    grain = np.array(structure.site_properties.get("grain", region % 2))
    majority = [int(grain[region == i].sum() * 2 > (region == i).sum()) for i in range(len(planes))]

    view = int(np.argmin(lattice.abc[:2]))
    frame = _frame(lattice.matrix, view)
    period = float(frame[1] @ lattice.matrix[1 - view])
    repeats = max(1, round(c / 4 / period))
    start, end = -_MARGIN * c, (1 + _MARGIN) * c
    low, high = -_OVERHANG, repeats * period + _OVERHANG
    scale = min(_WIDTH / (end - start), _HEIGHT / (high - low))
    seen = f"seen along {'ab'[view]}, period upwards {period:.1f} Å"
    if lattice.abc[view] > _DEPTH:
        seen += f", nearest {_DEPTH:.0f} Å"

    below, above = 38, 38 if title else 20
    width, height = scale * (end - start), scale * (high - low)
    page = np.array([_WIDTH + 40, height + below + above])
    with drawing(*(page / 72)) as figure:
        figure.set_layout_engine("none")
        corner = np.array([(page[0] - width) / 2, below])
        axes = figure.add_axes((*(corner / page), *([width, height] / page)))
        axes.set(xlim=(start, end), ylim=(low, high), yticks=[], xticks=np.arange(0, c, 10))
        axes.set_xlabel(f"Along the normal, Å ({seen})")
        axes.set_title(title, pad=18)
        axes.spines["left"].set_visible(False)
        _draw_grains(axes, planes, c, majority, kind)
        axes.plot([0, c, c, 0, 0], [0, 0, period, period, 0], color=INK, lw=0.8, zorder=_TOP)
        index, points = _images(structure, frame, view, repeats)
        kinds, places, owners, faces = _units(structure, frame, index, points)
        _draw_layers(axes, kinds, places, grain[owners], faces, scale=scale)
        for symbol in np.unique(kinds):
            axes.scatter([], [], s=30, label=symbol, **dots(symbol))
        for edge in ((start, 0), (c, end)):
            axes.axvspan(*edge, fc="white", alpha=0.5, lw=0, zorder=_TOP - 1)
        figure.legend(loc="lower right", ncols=9, handletextpad=0.1, columnspacing=1)
        name = structure.composition.reduced_formula
        return to_svg(figure, prefix, f"{_NOUNS[kind]} of {name}, {seen}")


def _planes(structure: Structure, boundaries: Sequence[float]) -> NDArray[np.float64]:
    """Check the cell and the boundaries; give the heights of the planes in order."""
    a, b, c = structure.lattice.matrix
    if max(abs(a @ c), abs(b @ c)) > _AT_EDGE * (c @ c):
        angles = ", ".join(f"{angle:.2f}" for angle in structure.lattice.angles)
        raise InputError(
            f"The cell has angles {angles}°: a picture of a grain boundary needs a vector c "
            "perpendicular to a and b. Build the bicrystal so."
        )
    planes = np.sort(np.asarray(boundaries, dtype=float))
    if not len(planes) or planes[0] < 0 or planes[-1] >= structure.lattice.c:
        raise InputError(
            f"The boundaries are at {list(boundaries)} Å: expected one or more heights from 0 to "
            f"below {structure.lattice.c:.2f} Å, the length of c. Wrap them into the cell."
        )
    return planes


def _frame(matrix: NDArray[np.float64], view: int) -> NDArray[np.float64]:
    """Give the axes of the drawing: along the normal, up in the boundary, towards the reader."""
    right, away = (matrix[axis] / np.linalg.norm(matrix[axis]) for axis in (2, view))
    up = matrix[1 - view] - (matrix[1 - view] @ away) * away
    up /= np.linalg.norm(up)
    return np.array([right, up, np.cross(right, up)])


def _images(
    structure: Structure, frame: NDArray[np.float64], view: int, repeats: int
) -> tuple[NDArray[np.int_], NDArray[np.float64]]:
    """Give each atom and image to be drawn: its index and its place, with depths below zero."""
    lattice = structure.lattice
    inside = structure.frac_coords % 1
    inside[inside > 1 - _AT_EDGE] = 0
    steps = [range(repeats + 1), range(repeats + 1), range(-1, 2)]
    steps[view] = range(1)
    shifts = np.array(list(product(*steps)))
    places = (inside[:, None] + shifts).reshape(-1, 3)
    low, high = np.array([[0, 0, -_MARGIN], [repeats, repeats, 1 + _MARGIN]])
    points = places @ lattice.matrix @ frame.T
    points[:, 2] = (points[:, 2] + _AT_EDGE) % lattice.abc[view] - lattice.abc[view]
    drawn = ((places > low - _AT_EDGE) & (places < high + _AT_EDGE)).all(axis=1)
    drawn &= points[:, 2] > -_DEPTH
    return np.repeat(np.arange(len(structure)), len(shifts))[drawn], points[drawn]


def _draw_grains(
    axes: "Axes", planes: NDArray[np.float64], c: float, grain: Sequence[int], called: str
) -> None:
    """Draw the boundaries, with their images, and tint the space between them."""
    start, end = axes.get_xlim()
    for i, plane in enumerate(planes):
        width = (planes[(i + 1) % len(planes)] - plane) % c or c
        for x in (plane - c, plane, plane + c):
            axes.axvspan(x, x + width, fc=_GRAINS[grain[i]], alpha=0.07, lw=0, zorder=0)
            if start < x < end:
                axes.axvline(x, color=INK, ls=(0, (5, 3)), lw=1, zorder=_TOP)
                axes.annotate(
                    f"{called} {i + 1}",
                    (x, 1),
                    xycoords=("data", "axes fraction"),
                    xytext=(0, 3),
                    textcoords="offset points",
                    ha="center",
                )


def _units(
    structure: Structure,
    frame: NDArray[np.float64],
    index: NDArray[np.int_],
    points: NDArray[np.float64],
) -> tuple[NDArray[np.str_], NDArray[np.float64], NDArray[np.int_], NDArray[np.float64]]:
    """Give element and place of each dot, S with its P, and owner and corners of each face."""
    symbols = np.array([site.specie.symbol for site in structure])
    center, sulfur, bond = p_s_bonds(structure)
    bond = bond @ frame.T
    alone = ~np.isin(index, sulfur)
    kinds, places = list(symbols[index[alone]]), list(points[alone])
    owners: list[int] = []
    faces: list[tuple[NDArray[np.float64], ...]] = []
    for i, point in zip(index, points, strict=True):
        bonds = bond[center == i]
        corners = point + bonds[np.argsort(np.linalg.norm(bonds, axis=1))]
        kinds += ["S"] * len(corners)
        places += list(corners)
        unit = list(combinations(corners[:4], 3))
        owners += [i] * len(unit)
        faces += unit
    return (
        np.array(kinds),
        np.array(places),
        np.array(owners, dtype=int),
        np.array(faces).reshape(-1, 3, 3),
    )


def _draw_layers(
    axes: "Axes",
    kinds: NDArray[np.str_],
    places: NDArray[np.float64],
    grain: NDArray[np.int_],
    faces: NDArray[np.float64],
    *,
    scale: float,
) -> None:
    """Draw faces, in the color of their grain, and dots, layer over layer, the far ones first."""
    from matplotlib.collections import PolyCollection  # noqa: PLC0415 - slow to import

    depth = faces[:, :, 2].mean(axis=1)
    order = np.argsort(depth)
    layer_of_face, layer_of_dot = depth[order] // _LAYER, places[:, 2] // _LAYER
    for layer in np.union1d(layer_of_face, layer_of_dot):
        chosen = order[layer_of_face == layer]
        colors = [_GRAINS[i] for i in grain[chosen]]
        axes.add_collection(
            PolyCollection(
                list(faces[chosen, :, :2]),
                facecolors=[color + "38" for color in colors],
                edgecolors=colors,
                linewidths=0.5,
                zorder=_TOP / 2 + layer,
            )
        )
        for symbol in np.unique(kinds):
            x, y, _ = places[(layer_of_dot == layer) & (kinds == symbol)].T
            size = (_DIAMETERS.get(symbol, 1.4) * scale) ** 2
            look = dots(symbol) | {"linewidths": 0.3, "zorder": _TOP / 2 + layer + 0.5}
            axes.scatter(x, y, s=size, **look)
