"""Predicted against reference: energies, forces and stresses of a potential."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from physics.potentials.errors import Comparison, Deviation, Predictions
from workflows.report.plots.picture import require_picture, save_picture
from workflows.report.plots.svg import ACCENT, INK, MUTED, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FEW = 2000
"""Up to so many labels are dots, more are counted in hexagons."""

_HEXAGONS = 64
"""Across a panel."""

_SIDE = 2.9
"""Of a panel, inches."""

_FAINT = "#a9d3d0"


def parity_plot(found: Predictions, prefix: str, *, title: str = "") -> Markup:
    """
    Draw predicted against reference, a panel for each kind of label that there is.

    Many labels are counted in hexagons, darker where there are more of them, by the logarithm.

    Parameters
    ----------
    found : Predictions
        Of at least one configuration.
    prefix : str
        Put before each id of the SVG.
    title : str
        Written above.

    Returns
    -------
    Markup
        SVG element.
    """
    with drawing(*_size(found, title)) as figure:
        _draw(figure, found, title)
        return to_svg(figure, prefix, f"Predicted against reference labels {title}".rstrip())


def write_parity_plot(path: Path, found: Predictions, *, title: str = "") -> None:
    """
    Draw the same into a file.

    Parameters
    ----------
    path : Path
        A name that ends in .png, .svg or .pdf; replaced.
    found, title
        As `parity_plot` takes them.

    Raises
    ------
    InputError
        If the name ends otherwise, or the file cannot be written.
    """
    require_picture(path)
    with drawing(*_size(found, title)) as figure:
        _draw(figure, found, title)
        save_picture(figure, path)


def _panels(found: Predictions) -> list[tuple[str, Comparison, str, float, str]]:
    """Name, labels, unit of the axes, factor and unit of the errors of each panel."""
    panels = [
        ("Energy", found.energy, "eV/atom", 1000.0, "meV/atom"),
        ("Forces", found.forces, "eV/Å", 1000.0, "meV/Å"),
        ("Stress", found.stress, "GPa", 1.0, "GPa"),
    ]
    return [panel for panel in panels if len(panel[1].reference)]


def _size(found: Predictions, title: str) -> tuple[float, float]:
    return _SIDE * len(_panels(found)), _SIDE + (0.5 if title else 0.15)


def _draw(figure: "Figure", found: Predictions, title: str) -> None:
    """Draw all panels."""
    panels = _panels(found)
    for axes, panel in zip(
        figure.subplots(1, len(panels), squeeze=False).flat, panels, strict=True
    ):
        name, labels, unit, factor, fine_unit = panel
        low, high = _limits(labels)
        axes.set(xlim=(low, high), box_aspect=1)
        axes.set_xlabel(f"reference, {unit}")
        axes.set_ylabel(f"predicted, {unit}")
        axes.locator_params(nbins=5)
        axes.set_yticks(axes.get_xticks())
        axes.set(xlim=(low, high), ylim=(low, high))
        axes.axline((low, low), slope=1, color=MUTED, lw=0.8, zorder=0)
        _draw_labels(axes, labels, (low, high))
        error = Deviation.of(labels)
        axes.set_title(f"{name}, n = {error.count}", loc="left")
        axes.text(
            0.04,
            0.96,
            f"MAE {factor * error.mae:.3g} {fine_unit}\nRMSE {factor * error.rmse:.3g} {fine_unit}",
            transform=axes.transAxes,
            va="top",
            linespacing=1.4,
        )
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=9)


def _draw_labels(axes: "Axes", labels: Comparison, limits: tuple[float, float]) -> None:
    """Draw dots, or hexagons where dots would hide each other."""
    if len(labels.reference) <= _FEW:
        axes.plot(labels.reference, labels.predicted, "o", ms=3.2, color=ACCENT, alpha=0.4, mew=0)
        return
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415 - slow to import

    axes.hexbin(
        labels.reference,
        labels.predicted,
        gridsize=_HEXAGONS,
        extent=(*limits, *limits),
        bins="log",
        mincnt=1,
        linewidths=0,
        cmap=LinearSegmentedColormap.from_list("labels", [_FAINT, ACCENT, INK]),
    )


def _limits(labels: Comparison) -> tuple[float, float]:
    """Find limits that hold all labels and all predictions."""
    both = np.concatenate([labels.reference, labels.predicted])
    margin = 0.04 * np.ptp(both) or 1e-3
    return float(both.min() - margin), float(both.max() + margin)
