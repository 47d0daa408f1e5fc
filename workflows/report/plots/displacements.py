"""Mean squared displacements of lithium in several runs of one system."""

from collections.abc import Sequence

from markupsafe import Markup

from stores.documents import DynamicsRunDocument
from workflows.report.plots.svg import drawing, to_svg

ELEMENT = "Li"
_LINE = 0.19
"""Height of a line of the legend, inches."""

_LIGHTEST = 0.82
"""Part of the color map that is seen on white."""


def displacements_plot(runs: Sequence[DynamicsRunDocument], prefix: str) -> Markup:
    """
    Draw the mean squared displacement of lithium against time, a line for each run.

    Parameters
    ----------
    runs : sequence of DynamicsRunDocument
        Runs of one system, two or more, each with lithium; those that stopped early are dashed.
        The hotter of two is lighter.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    from matplotlib import colormaps  # noqa: PLC0415 - slow to import, needed only to draw

    hottest_first = sorted(runs, key=lambda run: -run.temperature)
    with drawing(7.6, max(2.8, 0.8 + _LINE * len(runs))) as figure:
        axes = figure.subplots()
        for place, run in enumerate(hottest_first):
            axes.plot(
                run.series.times,
                run.series.displacements[ELEMENT],
                "-" if run.stopped is None else "--",
                color=colormaps["plasma"](_LIGHTEST * (1 - place / (len(runs) - 1))),
                lw=1.3,
                label=f"{run.temperature:.0f} K, {run.label}"
                + ("" if run.stopped is None else " (stopped)"),
            )
        axes.set_xlabel("time (ps)")
        axes.set_ylabel(f"mean squared displacement of {ELEMENT} (Å²)")
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        figure.legend(loc="outside right upper")
        return to_svg(
            figure,
            prefix,
            f"Mean squared displacement of {ELEMENT} against time in {len(runs)} runs of "
            f"{runs[0].system}",
        )
