"""Extrapolation grades of atoms against their distance from a boundary."""

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from markupsafe import Markup

from stores.documents import GradeProfile
from workflows.report.plots.logarithmic import logarithmic
from workflows.report.plots.svg import INK, MUTED, WARM, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 7.6
_PANELS = 3
"""In a row, at most."""

_LETTER = 0.09
"""Width of a letter of a title, inches."""

_LIGHTEST = 0.82
"""Part of the color map that is seen on white."""

_ROOM = 1.4
"""Factor between what is drawn and the edge of a panel."""

_LEAST = 1e-3
"""Smaller grades are drawn as this."""


def grade_profile_plot(profiles: Sequence[GradeProfile], threshold: float, prefix: str) -> Markup:
    """
    Draw mean and largest grade against the distance, a panel for each boundary.

    Parameters
    ----------
    profiles : sequence of GradeProfile
        Of runs at any temperatures; at least one. The hotter of two is lighter.
    threshold : float
        Grade beyond which configurations are selected.
    prefix : str
        Put before each id of the SVG.

    Returns
    -------
    Markup
        SVG element.
    """
    seeds = list(dict.fromkeys(profile.seed for profile in profiles))
    colors = _colors(sorted({profile.temperature for profile in profiles}))
    columns = min(len(seeds), _PANELS)
    rows = -(-len(seeds) // columns)
    with drawing(_WIDTH, 0.9 + 1.9 * rows) as figure:
        panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for axes, seed in zip(panels.flat, seeds, strict=False):
            for profile in profiles:
                if profile.seed == seed:
                    _draw(axes, profile, colors[profile.temperature])
            axes.axhline(1.0, color=MUTED, lw=0.8, zorder=0)
            axes.axhline(threshold, color=WARM, lw=0.9, zorder=0)
            axes.set_title(fill(seed, int(_WIDTH / columns / _LETTER)), loc="left")
            axes.set_xlim(left=0)
        for axes in panels.flat[len(seeds) :]:
            axes.set_visible(False)
        for place, axes in enumerate(panels.flat):
            axes.tick_params(labelbottom=place + columns >= len(seeds))
        drawn = [max(grade, _LEAST) for p in profiles for grade in (*p.mean, *p.largest)]
        logarithmic(panels[0, 0], min(drawn) / _ROOM, max(threshold, *drawn) * _ROOM)
        figure.supxlabel("distance from the nearest boundary (Å)", fontsize="medium")
        figure.supylabel("grade of an atom", fontsize="medium")
        _explain(panels[0, 0], colors, threshold)
        figure.legend(loc="outside upper right", ncols=4)
        return to_svg(
            figure,
            prefix,
            "Mean and largest extrapolation grade of atoms against the distance from the "
            f"boundary: {'; '.join(seeds)}",
        )


def _colors(temperatures: list[float]) -> dict[float, tuple[float, float, float, float]]:
    """Give each temperature a color."""
    from matplotlib import colormaps  # noqa: PLC0415 - slow to import, needed only to draw

    steps = max(len(temperatures) - 1, 1)
    return {
        temperature: colormaps["plasma"](_LIGHTEST * place / steps)
        for place, temperature in enumerate(temperatures)
    }


def _draw(axes: "Axes", profile: GradeProfile, color: tuple[float, float, float, float]) -> None:
    """Draw both curves of a run."""
    for grades, style in ((profile.mean, "o-"), (profile.largest, "o--")):
        drawn = [max(grade, _LEAST) for grade in grades]
        axes.plot(profile.distances, drawn, style, color=color, ms=2.5, lw=1.2)


def _explain(
    axes: "Axes", colors: dict[float, tuple[float, float, float, float]], threshold: float
) -> None:
    """Name colors and lines in the legend."""
    for temperature, color in colors.items():
        axes.plot([], [], color=color, lw=2.0, label=f"{temperature:g} K")
    axes.plot([], [], "-", color=INK, lw=1.2, label="mean")
    axes.plot([], [], "--", color=INK, lw=1.2, label="largest")
    axes.plot([], [], color=MUTED, lw=0.8, label="interpolation, 1")
    axes.plot([], [], color=WARM, lw=0.9, label=f"threshold, {threshold:g}")
