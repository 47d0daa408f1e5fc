"""Mean squared displacements of lithium in several runs of one system."""

from collections.abc import Sequence

from markupsafe import Markup

from stores.documents import DynamicsRunDocument
from workflows.report.plots.svg import drawing, to_svg

ELEMENT = "Li"
_LINE = 0.19
"""Height of a line of the legend, inches."""

_DARK_END, _LIGHT_END = 0.0, 0.82
"""Part of the color map that is seen on white."""


def displacements_plot(runs: Sequence[DynamicsRunDocument], prefix: str) -> Markup:
    """
    Draw the mean squared displacement of lithium against time, a line for each run.

    Parameters
    ----------
    runs : sequence of DynamicsRunDocument
        Runs of one system, each with lithium; those that stopped early are dashed.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    from matplotlib import colormaps  # noqa: PLC0415 - slow to import, needed only to draw

    hottest_first = sorted(runs, key=lambda run: -run.temperature)
    highest, lowest = hottest_first[0].temperature, hottest_first[-1].temperature
    with drawing(7.6, max(2.8, 0.8 + _LINE * len(runs))) as figure:
        axes = figure.subplots()
        for run in hottest_first:
            heat = (run.temperature - lowest) / (highest - lowest or 1.0)
            axes.plot(
                run.series.times,
                run.series.displacements[ELEMENT],
                "-" if run.stopped is None else "--",
                color=colormaps["plasma"](_DARK_END + heat * (_LIGHT_END - _DARK_END)),
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
            f"{runs[0].system}, {lowest:.0f} to {highest:.0f} K",
        )
