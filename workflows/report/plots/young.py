"""Young's modulus along the directions of three planes."""

import numpy as np
from markupsafe import Markup

from physics.analysis.moduli import directional_young
from stores.documents import ElasticDocument
from workflows.report.plots.svg import ACCENT, MUTED, drawing, to_svg

_PLANES = ((0, 1), (1, 2), (2, 0))


def young_plot(document: ElasticDocument, prefix: str) -> Markup:
    """
    Draw Young's modulus in the planes xy, yz and zx as distance from the origin.

    Parameters
    ----------
    document : ElasticDocument
        A stable elastic tensor.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    angles = np.linspace(0, 2 * np.pi, 181)
    curves = []
    for across, up in _PLANES:
        directions = np.zeros((len(angles), 3))
        directions[:, across], directions[:, up] = np.cos(angles), np.sin(angles)
        curves.append(directional_young(document.stiffness, directions))
    with drawing(7.6, 2.9) as figure:
        panels = figure.subplots(1, 3, subplot_kw={"projection": "polar"})
        for axes, curve, (across, up) in zip(panels, curves, _PLANES, strict=True):
            axes.plot(angles, curve, color=ACCENT, lw=1.4)
            axes.fill(angles, curve, color=ACCENT, alpha=0.12, lw=0)
            axes.plot(angles, np.full_like(angles, document.young_hill), "--", color=MUTED, lw=0.9)
            axes.set_ylim(0, 1.08 * np.max(curves))
            axes.set_yticks([tick for tick in axes.get_yticks()[1:] if tick <= np.max(curves)][::2])
            axes.set_rlabel_position(67.5)
            axes.set_thetagrids([0, 90, 180, 270], ["xyz"[across], "xyz"[up], "", ""])
            axes.set_title(f"plane {'xyz'[across]}{'xyz'[up]}", loc="left")
            axes.spines["polar"].set_visible(False)
        return to_svg(figure, prefix, f"Young's modulus of {document.system} by direction")
