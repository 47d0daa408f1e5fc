"""Figures as files."""

from pathlib import Path
from typing import TYPE_CHECKING

from physics.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RESOLUTION = 200
_FORMATS = (".png", ".svg", ".pdf")


def require_picture(path: Path) -> None:
    """Insist on a file name that a plot can have; InputError says which."""
    if path.suffix.lower() not in _FORMATS or not path.parent.is_dir():
        raise InputError(
            f"cannot draw into {path}: expected a name in an existing folder that ends in "
            f"{', '.join(_FORMATS)}"
        )


def save_picture(figure: "Figure", path: Path) -> None:
    """
    Write a figure into a file.

    Parameters
    ----------
    figure : Figure
        The figure, drawn within `workflows.report.plots.svg.drawing`.
    path : Path
        A name that `require_picture` accepts; replaced.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    try:
        figure.savefig(path, dpi=_RESOLUTION)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
