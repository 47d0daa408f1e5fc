"""Logarithmic axes whose ticks are plain numbers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DECADES = 2.0
"""Up to so many decades have ticks at 1, 2 and 5, more have them at 1."""


def logarithmic(axes: "Axes", low: float, high: float) -> None:
    """
    Make the y axis logarithmic.

    Parameters
    ----------
    axes : Axes
        What is drawn in.
    low, high : float
        Limits, both positive.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: PLC0415 - slow

    axes.set_yscale("log")
    axes.set_ylim(low, high)
    fine = high <= low * 10**_DECADES
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if fine else (1,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
