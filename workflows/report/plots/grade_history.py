"""Largest extrapolation grade of each run, sweep by sweep of an active-learning loop."""

from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from stores.documents import LearningRunDocument
from workflows.notation import significant
from workflows.report.plots.svg import INK, WARM, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

_WIDTH = 7.6
_CELL = (0.44, 0.25)
"""Least width and height of a cell, inches."""

_LETTER = 0.075
"""Width of a letter, inches."""

_FEWEST = 8
"""Columns that there is room for at least, so that one sweep is not a wide bar."""

_COLORS = ((0.0, "#78b9b3"), (0.5, "#e3f0ee"), (0.5, "#fbeadd"), (1.0, "#e39a6b"))
"""With a step at the threshold."""

_SPAN = 10.0
"""Colors end at so many times and at so small a part of the threshold."""

_LONG = 1000.0
"""Grades from here on are written with an exponent."""

_CORNER = [(-1, 0), (0, 0), (0, -1), (-1, 0)]


def grade_history_plot(document: LearningRunDocument, prefix: str) -> Markup:
    """
    Draw a map of largest grades: a row for each structure and temperature, a column for each sweep.

    Parameters
    ----------
    document : LearningRunDocument
        A loop with at least one run. Runs that stopped early have a corner, those that gave
        nothing, or are not there because they failed, a cross.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    rows = _rows(document)
    names = [f"{seed}, {temperature:g} K" for seed, temperature in rows]
    numbers = [sweep.sweep for sweep in document.sweeps]
    columns = max(len(numbers), _FEWEST)
    needed = columns * _CELL[0] + _LETTER * max(map(len, names))
    with drawing(max(_WIDTH, needed), 0.85 + _CELL[1] * len(rows)) as figure:
        axes = figure.subplots()
        axes.set_xlim(0, columns)
        axes.set_ylim(len(rows), 0)
        cells = np.full((len(rows), len(numbers)), np.nan)
        for column, sweep in enumerate(document.sweeps):
            for run in sweep.runs:
                row = rows.index((run.seed, run.temperature))
                cells[row, column] = run.largest_grade if run.largest_grade is not None else np.nan
                if run.stopped and run.largest_grade is not None:
                    at = (column + 0.98, row + 0.04)
                    axes.plot(*at, marker=_CORNER, color=INK, ms=10, mew=0, clip_on=False)
        _color(axes, cells, document.threshold)
        _write(axes, cells)
        axes.set_xticks(np.arange(len(numbers)) + 0.5, [str(number) for number in numbers])
        axes.set_yticks(np.arange(len(rows)) + 0.5, names)
        axes.set_xlabel("sweep", x=len(numbers) / columns / 2)
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.plot([], [], marker=_CORNER, color=INK, ls="", ms=10, mew=0, label="stopped early")
        axes.plot([], [], "x", color=WARM, ms=6, label="gave nothing")
        figure.legend(loc="outside upper right", ncols=2)
        return to_svg(
            figure,
            prefix,
            f"Largest extrapolation grade of each run of {document.system}, {len(rows)} runs in "
            f"{len(numbers)} sweep{'s' if len(numbers) > 1 else ''}",
        )


def _rows(document: LearningRunDocument) -> list[tuple[str, float]]:
    """Give structures in the order they come in, each with its temperatures from low to high."""
    runs = [run for sweep in document.sweeps for run in sweep.runs]
    seeds = list(dict.fromkeys(run.seed for run in runs))
    return sorted(
        {(run.seed, run.temperature) for run in runs},
        key=lambda row: (seeds.index(row[0]), row[1]),
    )


def _write(axes: "Axes", cells: FloatArray) -> None:
    """Write the grade into each cell, or a cross where there is none."""
    for (row, column), grade in np.ndenumerate(cells):
        if np.isnan(grade):
            axes.plot(column + 0.5, row + 0.5, "x", color=WARM, ms=6)
        else:
            place = (column + 0.5, row + 0.53)
            axes.text(*place, _short(float(grade)), ha="center", va="center", fontsize=8)


def _color(axes: "Axes", cells: FloatArray, threshold: float) -> None:
    """Fill cells: green below the threshold, orange above, by the logarithm."""
    from matplotlib.colors import LinearSegmentedColormap, LogNorm  # noqa: PLC0415 - slow

    axes.pcolormesh(
        cells,
        cmap=LinearSegmentedColormap.from_list("grades", _COLORS),
        norm=LogNorm(threshold / _SPAN, threshold * _SPAN, clip=True),
        edgecolors="white",
        linewidth=1.5,
    )


def _short(grade: float) -> str:
    """Write a grade into a narrow cell."""
    if grade < _LONG:
        return significant(grade, 2)
    return f"{grade:.0e}".replace("e+0", "e").replace("e+", "e")
