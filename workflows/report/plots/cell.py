"""A crystal, seen almost along its shortest cell vector, with PS4 units as tetrahedra."""

from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from pymatgen.core import Structure

from workflows.report.plots.svg import ACCENT, INK, MUTED, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

P_S_BOND = 2.5
"""Longest P-S bond, Å."""

_TILT = (0.10, 0.14)
"""Angles by which the view leaves the cell vector, up and to the side, radian."""

ELEMENT_COLORS = {"Li": "#5aa469", "P": "#7a6bb0", "S": "#e0b83a"}
_SIZES = {"Li": 42, "P": 34, "S": 70}
_AT_EDGE = 1e-3

_FULL_SIZE = 16.0
"""Longest cell vector at which atoms are drawn in full size, Å; in larger cells they shrink."""


def cell_plot(structure: Structure, prefix: str) -> Markup:
    """
    Draw the unit cell.

    Parameters
    ----------
    structure : Structure
        The crystal; sites on the faces of the cell are repeated on the opposite faces.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    lattice = structure.lattice
    view = int(np.argmin(lattice.abc))
    across, up = (view + 1) % 3, (view + 2) % 3
    frame = _frame(lattice.matrix[view], lattice.matrix[across])
    with drawing(6.4, 4.0) as figure:
        axes = figure.subplots()
        axes.set_aspect("equal")
        axes.set_axis_off()
        _draw_box(axes, lattice.matrix @ frame.T)
        scale = min(1.0, _FULL_SIZE / max(lattice.abc)) ** 2
        _draw_tetrahedra(axes, structure, frame, scale)
        _draw_atoms(axes, structure, frame, scale)
        for axis in (across, up):
            x, y, _ = frame @ lattice.matrix[axis]
            axes.annotate(
                f"{'abc'[axis]} = {lattice.abc[axis]:.2f} Å",
                (x / 2, y / 2),
                xytext=(0, -16) if axis == across else (-16, 0),
                textcoords="offset points",
                rotation=float(np.degrees(np.arctan2(y, x))),
                ha="center",
                va="center",
            )
        figure.legend(loc="outside right center", handletextpad=0.2)
        name = structure.composition.reduced_formula
        return to_svg(figure, prefix, f"Unit cell of {name}, seen along {'abc'[view]}")


def _frame(view: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the axes of the drawing: right, up and towards the reader, tilted a little."""
    normal = view / np.linalg.norm(view)
    right = across - (across @ normal) * normal
    right /= np.linalg.norm(right)
    frame = np.array([right, np.cross(normal, right), normal])
    (cos_up, cos_side), (sin_up, sin_side) = np.cos(_TILT), np.sin(_TILT)
    upwards = np.array([[1, 0, 0], [0, cos_up, sin_up], [0, -sin_up, cos_up]])
    sideways = np.array([[cos_side, 0, sin_side], [0, 1, 0], [-sin_side, 0, cos_side]])
    return upwards @ sideways @ frame


def _draw_box(axes: "Axes", vectors: NDArray[np.float64]) -> None:
    """Draw the twelve edges of the cell."""
    for axis in range(3):
        others = np.delete(vectors, axis, axis=0)
        for corner in product((0, 1), repeat=2):
            start = np.array(corner) @ others
            end = start + vectors[axis]
            axes.plot([start[0], end[0]], [start[1], end[1]], color=MUTED, lw=0.8, zorder=0)


def _draw_tetrahedra(
    axes: "Axes", structure: Structure, frame: NDArray[np.float64], scale: float
) -> None:
    """Draw the four faces of each PS4 unit whose P lies in the cell, the far ones first."""
    faces: list[NDArray[np.float64]] = []
    center, _, bond = p_s_bonds(structure)
    for index in np.unique(center):
        sulfurs = (structure[index].coords + bond[center == index]) @ frame.T
        if len(sulfurs) == 4:
            faces.extend(np.array(face) for face in combinations(sulfurs, 3))
            axes.scatter(sulfurs[:, 0], sulfurs[:, 1], s=scale * _SIZES["S"], **dots("S"))
    faces.sort(key=lambda face: float(face[:, 2].mean()))
    for face in faces:
        axes.fill(*face[:, :2].T, fc=ACCENT + "2e", ec=ACCENT, lw=0.6, zorder=1)


def _draw_atoms(
    axes: "Axes", structure: Structure, frame: NDArray[np.float64], scale: float
) -> None:
    """Draw the atoms in the cell and on its faces, with one label a kind."""
    for element in structure.elements:
        inside = np.array(
            [site.frac_coords % 1 for site in structure if site.specie.symbol == element.symbol]
        )
        inside[inside > 1 - _AT_EDGE] = 0
        shifts = np.array(list(product((0, 1), repeat=3)))
        repeated = (inside[:, None] + shifts).reshape(-1, 3)
        repeated = repeated[(repeated <= 1 + _AT_EDGE).all(axis=1)]
        points = repeated @ structure.lattice.matrix @ frame.T
        axes.scatter(
            points[:, 0],
            points[:, 1],
            s=scale * _SIZES.get(element.symbol, 50),
            label=element.symbol,
            **dots(element.symbol),
        )


def p_s_bonds(
    structure: Structure,
) -> tuple[NDArray[np.int_], NDArray[np.int_], NDArray[np.float64]]:
    """
    Give the bonds between phosphorus and sulfur.

    Parameters
    ----------
    structure : Structure
        A crystal of any composition.

    Returns
    -------
    tuple of ndarray
        For each bond, the index of its P, the index of its S and the vector from P to S, Å.
    """
    symbols = np.array([site.specie.symbol for site in structure])
    center, neighbor, image, _ = structure.get_neighbor_list(P_S_BOND)
    kept = (symbols[center] == "P") & (symbols[neighbor] == "S")
    center, neighbor, image = center[kept], neighbor[kept], image[kept]
    steps = structure.frac_coords[neighbor] + image - structure.frac_coords[center]
    return center, neighbor, steps @ structure.lattice.matrix


def dots(symbol: str) -> dict[str, Any]:
    """Give the look of the atoms of an element, to be passed to `Axes.scatter`."""
    return {
        "c": ELEMENT_COLORS.get(symbol, MUTED),
        "edgecolors": INK,
        "linewidths": 0.5,
        "zorder": 2,
    }
