"""Conductivity of polycrystals against the size of their grains."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from physics.analysis.transport.polycrystal import TotalConductivity
from workflows.report.plots.svg import ACCENT, INK, RULE, WARM, drawing, to_svg

_NANOMETER = 10.0
"""Å."""


def polycrystal_plot(
    found: TotalConductivity,
    bulk: float,
    known: Sequence[tuple[str, float]],
    *,
    resolved: bool,
    prefix: str,
) -> Markup:
    """
    Draw the conductivity of polycrystals as a band over models and mixes of boundaries.

    Parameters
    ----------
    found : TotalConductivity
        By grain size.
    bulk : float
        Conductivity of the crystal here, S/cm.
    known : sequence of (str, float)
        Published conductivities of the crystal, S/cm, and what they are called.
    resolved : bool
        Whether the band with the intervals of all conductivities is drawn too.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415 - slow to import, needed only to draw

    sizes = found.grain_sizes / _NANOMETER
    values = np.array(list(found.values.values()))
    with drawing(7.6, 3.4) as figure:
        axes = figure.subplots()
        axes.set_xscale("log")
        axes.set_yscale("log")
        if resolved:
            label = "with the 95 % intervals"
            axes.fill_between(
                sizes, found.low, found.high, color=ACCENT, alpha=0.12, lw=0, label=label
            )
        label = "models and mixes of boundaries"
        axes.fill_between(
            sizes,
            values.min(axis=0),
            values.max(axis=0),
            color=ACCENT,
            alpha=0.35,
            lw=0,
            label=label,
        )
        axes.plot(sizes, values.T, color=ACCENT, lw=0.5)
        axes.axhline(bulk, color=INK, lw=1.2, label="bulk, here")
        for (name, value), style in zip(known, ("--", "-.", ":"), strict=False):
            axes.axhline(value, color=WARM, ls=style, lw=1.2, label=name)
        axes.set_xlim(sizes[0], sizes[-1])
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_xlabel("grain size (nm)")
        axes.set_ylabel("total conductivity (S/cm)")
        axes.grid(color=RULE)
        axes.set_axisbelow(True)
        figure.legend(loc="outside lower center", ncols=2)
        return to_svg(
            figure, prefix, "Conductivity of polycrystals against the size of their grains"
        )
