"""Systems in which ions move: their runs at several temperatures, and what these have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from physics.analysis.transport.arrhenius import Arrhenius, fit_arrhenius
from stores.documents import ArrheniusDocument, TransportDocument
from stores.documents.transport import Direction, Region
from workflows.report.section import distinct

PARTS: dict[tuple[Region, Direction], str] = {
    ("cell", "all"): "all ions",
    ("boundary", "all"): "boundary",
    ("boundary", "along"): "boundary, along",
    ("boundary", "across"): "boundary, across",
}
"""What is fitted, in the order of tables."""


@dataclass(frozen=True)
class Conductor:
    """
    One system in which ions move.

    Parameters
    ----------
    name : str
        Name, unique in the report.
    runs : list of TransportDocument
        Its runs, the coldest first.
    fits : dict of (str, str) to ArrheniusDocument
        Its fits, by region and direction.
    """

    name: str
    runs: list[TransportDocument]
    fits: dict[tuple[Region, Direction], ArrheniusDocument]

    @property
    def about(self) -> TransportDocument | ArrheniusDocument:
        """A document that tells what it is."""
        return self.runs[0] if self.runs else next(iter(self.fits.values()))

    @property
    def bounded(self) -> bool:
        """Whether it has boundaries."""
        return ("boundary", "all") in self.fits or any(run.planes for run in self.runs)

    @property
    def principal(self) -> ArrheniusDocument | None:
        """The fit that stands for it: that of the boundary, if it has one."""
        return self.fits.get(("boundary" if self.bounded else "cell", "all"))


def conductors(documents: Sequence[TransportDocument | ArrheniusDocument]) -> list[Conductor]:
    """
    Put runs and fits of the same system together.

    Parameters
    ----------
    documents : sequence of TransportDocument or ArrheniusDocument
        Runs and fits.

    Returns
    -------
    list of Conductor
        Those without boundaries first, then by name.
    """
    groups: dict[tuple[str, ...], list[TransportDocument | ArrheniusDocument]] = {}
    for document in documents:
        key = (document.label, document.system, document.engine, document.potential or "")
        groups.setdefault(key, []).append(document)
    found = [
        Conductor(
            name=f"{system}, {label}",
            runs=sorted(
                (each for each in group if isinstance(each, TransportDocument)),
                key=lambda run: run.temperature,
            ),
            fits={
                (each.region, each.direction): each
                for each in group
                if isinstance(each, ArrheniusDocument)
            },
        )
        for (label, system, *_), group in sorted(groups.items())
    ]
    found.sort(key=lambda each: each.bounded)
    names = distinct(_shortened(found))
    return [replace(each, name=name) for each, name in zip(found, names, strict=True)]


def law(document: ArrheniusDocument) -> Arrhenius | None:
    """
    Fit the points of a document again, for predictions at any temperature.

    Parameters
    ----------
    document : ArrheniusDocument
        The fit.

    Returns
    -------
    Arrhenius or None
        The law; None where the document has no activation energy.
    """
    if document.activation_energy is None:
        return None
    known = [(p.temperature, p.diffusivity) for p in document.points if p.diffusivity and p.solid]
    return fit_arrhenius([at for at, _ in known], [found for _, found in known])


def _shortened(found: Sequence[Conductor]) -> list[str]:
    """Name boundaries by their label, where no other system has one of that label."""
    systems: dict[str, set[str]] = {}
    for each in found:
        systems.setdefault(each.about.label, set()).add(each.about.system)
    return [
        each.about.label if each.bounded and len(systems[each.about.label]) == 1 else each.name
        for each in found
    ]
