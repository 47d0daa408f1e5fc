"""Moduli of glasses against density, beside published ones."""

from collections.abc import Sequence

from markupsafe import Markup

from stores.documents import GlassElasticDocument
from stores.published import published
from workflows.report.comparison import LABELS, ends, glass_of
from workflows.report.plots.svg import ACCENT, INK, drawing, to_svg

MODULI = {
    "bulk_modulus": "bulk_hill",
    "shear_modulus": "shear_hill",
    "young_modulus": "young_hill",
}
"""Field of each published quantity."""


def glass_moduli_plot(glasses: Sequence[GlassElasticDocument], prefix: str) -> Markup:
    """
    Draw bulk, shear and Young's modulus against density.

    Parameters
    ----------
    glasses : sequence of GlassElasticDocument
        Glasses of one composition; at least one. Bars are standard deviations over quenches.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    formula = glasses[0].formula
    with drawing(7.6, 2.7) as figure:
        for axes, (quantity, field) in zip(figure.subplots(1, 3), MODULI.items(), strict=True):
            for known in published(quantity, glass_of(formula)):
                if known.quality != "recomputed" and known.conditions.density is not None:
                    axes.plot(
                        known.conditions.density,
                        ends(known)[0],
                        "o",
                        mfc="white",
                        mec=INK,
                        mew=1.3,
                        ms=6,
                    )
            axes.errorbar(
                [glass.density for glass in glasses],
                [getattr(glass, field) for glass in glasses],
                yerr=[getattr(glass, f"{field}_sd") or 0.0 for glass in glasses],
                fmt="D",
                color=ACCENT,
                ms=6,
                capsize=3,
                elinewidth=1.2,
                zorder=3,
            )
            axes.set_title(f"{LABELS[quantity]} (GPa)", loc="left")
            axes.set_xlabel("density (g/cm³)")
            axes.set_ylim(bottom=0)
            axes.grid(axis="y")
        axes.plot([], [], "D", color=ACCENT, label="this study")
        axes.plot([], [], "o", mfc="white", mec=INK, mew=1.3, label="published, computed")
        figure.legend(loc="outside upper right", ncols=2)
        return to_svg(figure, prefix, f"Moduli of {formula} glass against density")
