"""Templates and the notation of numbers and formulas."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

FOLDER = Path(__file__).parent


def number(value: float, decimals: int) -> str:
    """
    Write a number with a true minus sign.

    Parameters
    ----------
    value : float
        The number.
    decimals : int
        Digits after the point.

    Returns
    -------
    str
        The number; one that rounds to zero has no sign.
    """
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def significant(value: float, digits: int = 3) -> str:
    """
    Write a number with a number of significant digits, without an exponent.

    Parameters
    ----------
    value : float
        The number.
    digits : int
        Significant digits.

    Returns
    -------
    str
        The number; whole numbers of more digits keep them all.
    """
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2]) if value else 0
    return number(value, max(digits - 1 - exponent, 0))


def formula(text: str) -> Markup:
    """
    Write a chemical formula with subscripts.

    Parameters
    ----------
    text : str
        Formula, such as ``Li3PS4``.

    Returns
    -------
    Markup
        HTML, escaped.
    """
    return Markup(re.sub(r"(?<=[A-Za-z)\]])(\d+(?:\.\d+)?)", r"<sub>\1</sub>", str(escape(text))))  # noqa: S704 - escaped above


def space_group(symbol: str) -> Markup:
    """
    Write a space group with the screw axes as subscripts.

    Parameters
    ----------
    symbol : str
        Hermann-Mauguin symbol, such as ``P2_12_12_1``.

    Returns
    -------
    Markup
        HTML, escaped.
    """
    return Markup(re.sub(r"_(\d)", r"<sub>\1</sub>", str(escape(symbol))))  # noqa: S704 - escaped above


def duration(seconds: float) -> str:
    """
    Write a wall time in the unit that suits it.

    Parameters
    ----------
    seconds : float
        Time, s.

    Returns
    -------
    str
        Time with unit.
    """
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{significant(seconds, 2)} s"


def render(template: str, **context: Any) -> Markup:
    """
    Fill a template of the report; every value is escaped unless it is Markup.

    Parameters
    ----------
    template : str
        File name in the folder of the report.
    **context
        Values of the template.

    Returns
    -------
    Markup
        HTML.
    """
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=number,
        significant=significant,
        formula=formula,
        space_group=space_group,
        duration=duration,
    )
    return Markup(environment.get_template(template).render(context))  # noqa: S704 - autoescaped
