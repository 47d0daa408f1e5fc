"""Errors of the potential, and labels, sweep by sweep of an active-learning loop."""

from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from stores.documents import DatasetErrors, LearningRunDocument
from workflows.report.plots.logarithmic import logarithmic
from workflows.report.plots.svg import ACCENT, MUTED, RULE, WARM, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TARGETS = {"forces": 147.0, "energy": 2.66}
"""Held-out errors of Jalem et al. 2023, meV/Å and meV per atom."""

_TITLES = {"forces": "Force MAE (meV/Å)", "energy": "Energy MAE (meV/atom)"}
_TICKS = 8
"""Sweeps that are numbered, at most."""

_ROOM = 1.5
"""Least factor between what is drawn and the edge of a panel."""


def learning_curve_plot(document: LearningRunDocument, prefix: str) -> Markup:
    """
    Draw errors on the held-out set and the training set, and labels, against the sweep.

    Parameters
    ----------
    document : LearningRunDocument
        A loop of at least one sweep.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - slow to import, needed only to draw

    sweeps = document.sweeps
    numbers = [sweep.sweep for sweep in sweeps]
    with drawing(7.6, 2.7) as figure:
        panels = figure.subplots(1, len(TARGETS) + 1)
        for axes, label in zip(panels, TARGETS, strict=False):
            training = [_milli(sweep.training, label) for sweep in sweeps]
            held_out = [_milli(sweep.test, label) for sweep in sweeps]
            axes.plot(numbers, training, "o--", color=MUTED, mfc="white", ms=4, lw=1.0)
            axes.plot(numbers, held_out, "o-", color=ACCENT, ms=5, lw=1.4, zorder=3)
            axes.axhline(TARGETS[label], color=WARM, lw=0.9, zorder=0)
            _limit(axes, [*training, *held_out, TARGETS[label]])
            axes.set_title(_TITLES[label], loc="left")
        labels = [sweep.labels for sweep in sweeps]
        panels[-1].bar(numbers, labels, 0.7, color=ACCENT, alpha=0.75)
        panels[-1].set_ylim(0, 1.05 * max(labels) or 1)
        panels[-1].set_title(f"Labels added, {document.n_labels} in all", loc="left")
        panels[-1].yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
        for axes in panels:
            axes.set_xlim(numbers[0] - 0.6, numbers[-1] + 0.6)
            axes.set_xticks(numbers[:: -(-len(numbers) // _TICKS)])
            axes.set_xlabel("sweep")
            axes.grid(axis="y", color=RULE)
            axes.set_axisbelow(True)
        held = any(sweep.test for sweep in sweeps)
        if held:
            panels[0].plot([], [], "o-", color=ACCENT, ms=5, lw=1.4, label="held-out set")
        panels[0].plot([], [], "o--", color=MUTED, mfc="white", ms=4, lw=1.0, label="training set")
        panels[0].plot([], [], color=WARM, lw=0.9, label="held-out, Jalem et al. 2023")
        figure.legend(loc="outside upper right", ncols=3)
        shown = "the held-out and the training set" if held else "the training set"
        return to_svg(
            figure,
            prefix,
            f"Errors on {shown}, and labels added, against the sweep of {document.system}",
        )


def _milli(errors: DatasetErrors | None, label: str) -> float:
    """Give a mean absolute error in thousandths; NaN where there is none."""
    return 1000 * getattr(errors.overall, label).mae if errors else np.nan


def _limit(axes: "Axes", values: list[float]) -> None:
    """Leave room around all values."""
    drawn = [value for value in values if value > 0]
    logarithmic(axes, min(drawn) / _ROOM, max(drawn) * _ROOM)
