"""What each kind of property contributes to a report."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True)
class Notice:
    """
    A warning and the result it concerns.

    Parameters
    ----------
    text : str
        The warning.
    concerns : str
        Name of the result.
    anchor : str
        Anchor of the result in the page; empty if it has none.
    """

    text: str
    concerns: str
    anchor: str = ""


@dataclass(frozen=True)
class Section:
    """
    The part of a report about one kind of property.

    Parameters
    ----------
    anchor : str
        Anchor of the section, unique in the page.
    title : str
        Heading.
    contents : list of (str, str)
        Anchors and names of the results in the section.
    body : Markup
        HTML below the heading, escaped.
    notices : list of Notice
        Warnings of the results.
    references : list of str
        Keys of `workflows.report.citations.CITATIONS` that the section rests on.
    """

    anchor: str
    title: str
    contents: list[tuple[str, str]]
    body: Markup
    notices: list[Notice] = field(default_factory=list)
    references: list[str] = field(default_factory=list)


def distinct(names: Sequence[str]) -> list[str]:
    """
    Add numbers to the names that several results share.

    Parameters
    ----------
    names : sequence of str
        Name of each result.

    Returns
    -------
    list of str
        The names, each once: those that occur several times with ``no. 1``, ``no. 2`` ... added.
    """
    total, seen = Counter(names), Counter[str]()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(f"{name}, no. {seen[name]}" if total[name] > 1 else name)
    return numbered
