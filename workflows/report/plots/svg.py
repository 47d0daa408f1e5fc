"""Figures as inline SVG: text stays text, ids are the same in every run and unique in the page."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#1f2933"
MUTED = "#7b8794"
RULE = "#d9dee4"
ACCENT = "#0b6e6e"
WARM = "#c05621"
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "thioflow",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
}


@contextmanager
def drawing(width: float, height: float) -> Iterator["Figure"]:
    """
    Give an empty figure, and the look of the report while it is drawn.

    Parameters
    ----------
    width, height : float
        Size, inches.

    Yields
    ------
    Figure
        A figure that lays its axes out without overlap.
    """
    import matplotlib as mpl  # noqa: PLC0415 - slow to import, needed only to draw
    from matplotlib.figure import Figure  # noqa: PLC0415

    with mpl.rc_context(_STYLE):
        yield Figure(figsize=(width, height), layout="constrained")


def to_svg(figure: "Figure", prefix: str, description: str) -> Markup:
    """
    Turn a figure into an SVG element for an HTML page.

    Parameters
    ----------
    figure : Figure
        The figure, drawn within `drawing`.
    prefix : str
        Put before each id, so that several plots can share a page.
    description : str
        What the plot shows, for readers who cannot see it.

    Returns
    -------
    Markup
        The element, without prologue, metadata or addresses.
    """
    with io.StringIO() as buffer:
        figure.savefig(buffer, format="svg")
        text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\s(?:xmlns|xmlns:xlink)="[^"]*"', "", text)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", text)
    label = Markup('<svg role="img" aria-label="{}"').format(description)
    return Markup(text.replace("<svg", str(label), 1))  # noqa: S704 - matplotlib escapes its text
