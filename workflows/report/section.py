"""What each kind of property contributes to a report."""

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
