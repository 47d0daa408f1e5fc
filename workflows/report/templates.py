"""Templates, and how formulas and space groups are written in them."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from workflows.notation import duration, interval, number, significant

FOLDER = Path(__file__).parent


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
        interval=interval,
    )
    return Markup(environment.get_template(template).render(context))  # noqa: S704 - autoescaped
