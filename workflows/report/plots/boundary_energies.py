"""Energies of boundaries on one axis, with all their candidates."""

from collections.abc import Sequence

from markupsafe import Markup

from stores.documents import GrainBoundaryDocument
from workflows.report.plots.svg import ACCENT, INK, MUTED, WARM, drawing, to_svg


def boundary_energies_plot(documents: Sequence[GrainBoundaryDocument], prefix: str) -> Markup:
    """
    Draw the energy of each boundary and of its candidates.

    Parameters
    ----------
    documents : sequence of GrainBoundaryDocument
        The boundaries, from top to bottom.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    with drawing(7.6, 0.9 + 0.32 * len(documents)) as figure:
        axes = figure.subplots()
        for row, document in enumerate(documents):
            axes.axhline(-row, color=MUTED, lw=0.4, zorder=0)
            for candidate in document.candidates:
                if candidate.refused:
                    axes.plot(candidate.energy, -row, "x", color=WARM, ms=6, zorder=2)
                else:
                    axes.plot(candidate.energy, -row, "o", mfc="white", mec=INK, ms=5, zorder=2)
            if document.energy is not None:
                axes.plot(document.energy, -row, "D", color=ACCENT, ms=7, zorder=3)
        labels = [f"{document.label}  ({document.system})" for document in documents]
        axes.set_yticks(range(0, -len(documents), -1), labels)
        axes.set_ylim(0.5 - len(documents), 0.5)
        energies = [c.energy for document in documents for c in document.candidates]
        axes.set_xlim(min(0.0, *energies) - 0.02, 1.05 * max(energies, default=1.0) + 0.02)
        axes.set_xlabel("boundary energy (J/m²)")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.plot([], [], "D", color=ACCENT, label="lowest that counts")
        axes.plot([], [], "o", mfc="white", mec=INK, ms=5, label="other candidates")
        axes.plot([], [], "x", color=WARM, label="refused")
        figure.legend(loc="outside upper right", ncols=3)
        return to_svg(figure, prefix, "Energies of the grain boundaries and their candidates")
