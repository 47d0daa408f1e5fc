"""Reports, taken apart."""

from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

from stores.documents import PropertyDocument
from workflows.report import write_report

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """An HTML file, taken apart; refuses elements that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.style = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that closes itself."""
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep text and style apart."""
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        """All words of the page, single spaces between them."""
        return " ".join(" ".join(self.words).split())

    def values(self, name: str) -> list[str]:
        """Each value of an attribute."""
        return [value for _, key, value in self.attributes if key == name]


def page_of(folder: Path, *documents: PropertyDocument) -> Page:
    """Write a report without jobs; refuses one with an id that occurs twice."""
    path = write_report("a study", documents, [], folder / "report.html")
    page = Page(path.read_text(encoding="utf-8"))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    targets = [target[1:] for target in page.values("href") if target.startswith("#")]
    assert set(targets) <= set(ids)
    return page


def labels_of(page: Page) -> list[str]:
    """Descriptions of the drawings of a page."""
    found = [v for tag, name, v in page.attributes if (tag, name) == ("svg", "aria-label")]
    assert len(found) == page.tags.count("svg")
    return found


def in_order(text: str, words: Sequence[str]) -> bool:
    """Whether words occur in a text one after the other."""
    place = 0
    for word in words:
        if (place := text.find(word, place)) < 0:
            return False
        place += len(word)
    return True
