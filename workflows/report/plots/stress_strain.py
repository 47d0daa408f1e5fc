"""Stress against strain in the six Voigt modes, beside the lines of the elastic tensor."""

import numpy as np
from markupsafe import Markup

from physics.analysis.elasticity import VOIGT, VOIGT_NAMES
from stores.documents import ElasticDocument
from workflows.report.plots.svg import RULE, drawing, to_svg

_COLORS = ("#0b6e6e", "#c05621", "#4c51a6", "#6aa84f", "#b83280", "#8d6e1f")
_MARKERS = "osD^vX"
_SMALL = 0.05
"""Constants below this fraction of the largest are drawn faintly."""


def stress_strain_plot(document: ElasticDocument, prefix: str) -> Markup:
    """
    Draw each computed stress and the line that C gives for it, one panel a mode.

    Parameters
    ----------
    document : ElasticDocument
        Strains, stresses, prestress and the fitted tensor.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    rows, columns = np.transpose(VOIGT)
    strains = np.array(document.strains)[:, rows, columns] * [1, 1, 1, 2, 2, 2]
    stresses = np.array(document.stresses)[:, rows, columns]
    prestress = np.array(document.prestress)[rows, columns]
    stiffness = np.array(document.stiffness)
    reach = 1.25 * document.strain * np.array([-1, 1])
    with drawing(7.6, 4.9) as figure:
        panels = figure.subplots(2, 3, sharex=True, sharey="row")
        for mode, axes in enumerate(panels.flat):
            others = np.delete(np.abs(strains), mode, axis=1).max(axis=1)
            own = others < 1e-9
            axes.axhline(0, color=RULE, lw=0.7, zorder=0)
            axes.axvline(0, color=RULE, lw=0.7, zorder=0)
            for component in range(6):
                slope = stiffness[component, mode]
                faint = abs(slope) < _SMALL * np.abs(stiffness).max()
                look = {"color": _COLORS[component], "alpha": 0.3 if faint else 1.0}
                line = prestress[component] + slope * reach
                axes.plot(100 * reach, line, lw=1.1, **look)
                axes.plot(
                    100 * strains[own, mode],
                    stresses[own, component],
                    _MARKERS[component],
                    ms=3.6,
                    mfc="white",
                    mew=1.1,
                    **look,
                )
            symbol = "e" if mode < 3 else "γ"
            axes.set_title(f"{symbol} {VOIGT_NAMES[mode]}", loc="left")
        figure.supxlabel("strain (%), engineering shear", fontsize=8.5)
        figure.supylabel("Cauchy stress (GPa), tension positive", fontsize=8.5)
        for color, marker, name in zip(_COLORS, _MARKERS, VOIGT_NAMES, strict=True):
            axes.plot([], [], marker, color=color, mfc="white", mew=1.1, ms=4, label=f"σ {name}")
        figure.legend(loc="outside upper center", ncols=6)
        return to_svg(figure, prefix, f"Stress-strain curves of {document.system}")
