"""Mean squared displacements against the lag, with the window of the diffusivity."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from physics.analysis.transport.arrhenius import HALF_WIDTH
from stores.documents import TransportDocument
from workflows.report.plots.picture import require_picture, save_picture
from workflows.report.plots.svg import ACCENT, INK, MUTED, RULE, WARM, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 7.6
_ALONE = 1.4
"""By how much a file is larger than a figure of the report."""

_PANELS = 4
"""In a row, at most."""

_AXES = {"along_x": ("x", WARM), "along_y": ("y", "#2b6cb0"), "along_z": ("z", "#9b2c6f")}

_DECADES = 6.0
"""Most decades of displacements that are seen."""


def squared_displacements_plot(runs: Sequence[TransportDocument], prefix: str) -> Markup:
    """
    Draw the mean squared displacement of the ions of each run, a panel for each.

    The band is the 95 % interval of the total; the window of the diffusivity is shaded, and in it
    a dashed line has slope 1.

    Parameters
    ----------
    runs : sequence of TransportDocument
        Runs of one system; at least one.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    with drawing(*_size(len(runs))) as figure:
        _draw_all(figure, runs)
        return to_svg(
            figure,
            prefix,
            f"Mean squared displacement of {runs[0].ion} against the lag in {runs[0].label} of "
            f"{runs[0].system} at {', '.join(f'{run.temperature:.0f}' for run in runs)} K",
        )


def write_squared_displacements_plot(path: Path, runs: Sequence[TransportDocument]) -> None:
    """
    Draw the same into a file.

    Parameters
    ----------
    path : Path
        A name that ends in .png, .svg or .pdf; replaced.
    runs : sequence of TransportDocument
        Runs of one system; at least one.

    Raises
    ------
    InputError
        If the name ends otherwise, or the file cannot be written.
    """
    require_picture(path)
    width, height = _size(len(runs))
    with drawing(_ALONE * width, _ALONE * height) as figure:
        _draw_all(figure, runs)
        save_picture(figure, path)


def _size(panels: int) -> tuple[float, float]:
    """Give width and height, inches."""
    rows = -(-panels // _PANELS)
    return _WIDTH * min(max(panels, 2), _PANELS) / _PANELS, 0.8 + 1.8 * rows


def _draw_all(figure: "Figure", runs: Sequence[TransportDocument]) -> None:
    """Draw a panel for each run, with the same axes."""
    from matplotlib.ticker import FuncFormatter, NullLocator  # noqa: PLC0415 - slow, see `svg`

    columns = min(len(runs), _PANELS)
    rows = -(-len(runs) // columns)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for axes, run in zip(panels.flat, runs, strict=False):
        _draw(axes, run)
    for axes in panels.flat[len(runs) :]:
        axes.set_visible(False)
    for place, axes in enumerate(panels.flat):
        axes.tick_params(labelbottom=place + columns >= len(runs))
    low, high = panels[0, 0].get_ylim()
    panels[0, 0].set_ylim(max(low, high / 10**_DECADES), high)
    for axis in (panels[0, 0].xaxis, panels[0, 0].yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
    figure.supxlabel("lag (ps)", fontsize="medium")
    figure.supylabel(f"mean squared displacement of {runs[0].ion} (Å²)", fontsize="medium")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=5)


def _draw(axes: "Axes", run: TransportDocument) -> None:
    """Draw total and components, window and slope of one run."""
    curve, window = run.transport.curve, run.transport.tracer.window
    lags, total = np.array(curve.lags), np.array(curve.total)
    axes.set_xscale("log")
    axes.set_yscale("log", nonpositive="mask")
    for name, (letter, color) in _AXES.items():
        axes.plot(lags, getattr(curve, name), color=color, lw=0.9, label=letter)
    wide = HALF_WIDTH * np.array(curve.errors)
    axes.fill_between(
        lags, np.maximum(total - wide, total / 10), total + wide, color=ACCENT, alpha=0.25, lw=0
    )
    axes.plot(lags, total, color=ACCENT, lw=1.5, label="total")
    start, end = window.start / 1000, window.end / 1000
    axes.axvspan(start, end, color=RULE, alpha=0.7, lw=0, zorder=0)
    middle = np.sqrt(start * end)
    height = 2 * float(np.interp(middle, lags, total))
    guide = np.array([start, end])
    axes.plot(guide, height * guide / middle, "--", color=INK, lw=0.9, label="slope 1")
    axes.set_title(f"{run.temperature:.0f} K", loc="left")
    if run.transport.tracer.estimate is None:
        axes.annotate(
            "limit only",
            (0.97, 0.05),
            xycoords="axes fraction",
            ha="right",
            color=MUTED,
            fontsize=8,
        )
