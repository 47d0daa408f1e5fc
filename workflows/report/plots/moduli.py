"""Moduli of a study on one axis with the published ones."""

from markupsafe import Markup

from stores.published import published
from workflows.report.comparison import LABELS, ends
from workflows.report.plots.svg import ACCENT, INK, MUTED, WARM, drawing, to_svg

QUANTITIES = ("bulk_modulus", "shear_modulus", "young_modulus")


def moduli_plot(system: str, here: dict[str, float], prefix: str) -> Markup:
    """
    Draw bulk, shear and Young's modulus beside the published values of the same system.

    Parameters
    ----------
    system : str
        Name of the system.
    here : dict of str to float
        Moduli of this study by quantity, GPa.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    with drawing(7.6, 1.9) as figure:
        axes = figure.subplots()
        for row, quantity in enumerate(QUANTITIES):
            axes.axhline(-row, color=MUTED, lw=0.4, zorder=0)
            for known in published(quantity, system):
                color = WARM if known.kind == "measured" else INK
                low, high = ends(known)
                if low != high:
                    axes.plot([low, high], [-row, -row], color=color, lw=4, alpha=0.5)
                else:
                    axes.plot(low, -row, "o", mfc="white", mec=color, mew=1.3, ms=6)
            axes.plot(here[quantity], -row, "D", color=ACCENT, ms=7, zorder=3)
        axes.set_yticks(
            range(0, -len(QUANTITIES), -1), [LABELS[quantity] for quantity in QUANTITIES]
        )
        axes.set_ylim(0.5 - len(QUANTITIES), 0.5)
        axes.set_xlim(left=0)
        axes.set_xlabel("GPa")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.plot([], [], "D", color=ACCENT, label="this study")
        axes.plot([], [], "o", mfc="white", mec=INK, label="published, computed")
        axes.plot([], [], lw=4, color=WARM, alpha=0.5, label="published, measured")
        figure.legend(loc="outside upper right", ncols=3)
        return to_svg(figure, prefix, f"Moduli of {system} beside published values")
