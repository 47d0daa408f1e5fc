"""The section of a report about loops of active learning."""

from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from physics.potentials.errors import Errors
from stores.documents import DatasetErrors, LearningRunDocument
from stores.documents.learning import REASONS
from workflows.report.plots.grade_history import grade_history_plot
from workflows.report.plots.grade_profile import grade_profile_plot
from workflows.report.plots.learning_curve import learning_curve_plot
from workflows.report.section import Notice, Section, distinct
from workflows.report.templates import render


@dataclass(frozen=True)
class _Group:
    """Errors on a part of the held-out set, with the first and the last potential."""

    boundary: str
    temperature: str
    errors: tuple[Errors, ...]


@dataclass(frozen=True)
class _HeldOut:
    """Errors on the held-out set, of one sweep or of the first and the last."""

    sweeps: list[int]
    boundaries: list[list[_Group]]
    overall: _Group


@dataclass(frozen=True)
class _Cost:
    """What one kind of work took."""

    work: str
    count: str
    seconds: float


@dataclass(frozen=True)
class _Result:
    """One loop, ready for the template."""

    document: LearningRunDocument
    anchor: str
    name: str
    curve: Markup
    history: Markup
    profile: Markup
    held_out: _HeldOut | None
    costs: list[_Cost]
    seconds: float


def section(documents: list[LearningRunDocument]) -> Section:
    """
    Present loops of active learning, by name and engine.

    Parameters
    ----------
    documents : list of LearningRunDocument
        The loops; at least one.

    Returns
    -------
    Section
        The section with its warnings.
    """
    ordered = sorted(documents, key=lambda d: (d.system, d.engine))
    names = distinct([d.system for d in ordered])
    results = [
        _result(document, f"learning-{index}", name)
        for index, (document, name) in enumerate(zip(ordered, names, strict=True), start=1)
    ]
    return Section(
        anchor="learning",
        title="Active learning",
        contents=[(result.anchor, result.name) for result in results],
        body=render("learning.html", results=results, reasons=REASONS),
        notices=[notice for result in results for notice in _notices(result)],
        references=["mtp", "extrapolation", "jalem", *(d.engine for d in documents)],
    )


def _result(document: LearningRunDocument, anchor: str, name: str) -> _Result:
    costs = _costs(document)
    runs = any(sweep.runs for sweep in document.sweeps)
    return _Result(
        document=document,
        anchor=anchor,
        name=name,
        curve=learning_curve_plot(document, f"{anchor}-curve") if document.sweeps else Markup(),
        history=grade_history_plot(document, f"{anchor}-history") if runs else Markup(),
        profile=grade_profile_plot(document.profiles, document.threshold, f"{anchor}-profile")
        if document.profiles
        else Markup(),
        held_out=_held_out(document),
        costs=costs,
        seconds=sum(cost.seconds for cost in costs),
    )


def _held_out(document: LearningRunDocument) -> _HeldOut | None:
    """Put errors of the first and the last sweep side by side."""
    tested = [(sweep.sweep, sweep.test) for sweep in document.sweeps if sweep.test]
    if not tested:
        return None
    ends = dict([tested[0], tested[-1]])
    groups = [_group(name, list(ends.values())) for name in tested[-1][1].groups]
    return _HeldOut(
        sweeps=list(ends),
        boundaries=[list(members) for _, members in groupby(groups, lambda group: group.boundary)],
        overall=_Group("all", "", tuple(errors.overall for errors in ends.values())),
    )


def _group(name: str, ends: list[DatasetErrors]) -> _Group:
    """Take the name of a group apart, such as "Σ5 [001] (2-10), 300 K"."""
    boundary, comma, temperature = name.rpartition(", ")
    errors = tuple(end.groups[name] for end in ends)
    return _Group(boundary, temperature, errors) if comma else _Group(name, "", errors)


def _costs(document: LearningRunDocument) -> list[_Cost]:
    runs = [run for sweep in document.sweeps for run in sweep.runs]
    fits = len({sweep.potential for sweep in document.sweeps})
    return [
        _Cost(
            "exploring",
            f"{_counted(len(runs), 'run')}, {sum(run.picoseconds for run in runs):.4g} ps",
            document.explore_seconds,
        ),
        _Cost("labelling", _counted(document.n_labels, "label"), document.label_seconds),
        _Cost("fitting", _counted(fits, "fit"), document.fit_seconds),
    ]


def _counted(count: int, thing: str) -> str:
    """Write how many of a thing there are."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _notices(result: _Result) -> list[Notice]:
    """Give what went wrong, as a whole and sweep by sweep."""
    document = result.document
    found = [(warning, "") for warning in document.warnings]
    for sweep in document.sweeps:
        place = f", sweep {sweep.sweep}"
        found += [(note, place) for note in sweep.notes]
        if sweep.failed_labels:
            names = "; ".join(sweep.failed_labels)
            found.append(("labels failed, and were left out", f"{place}: {names}"))
        found += [
            (
                "a run of active learning gave nothing",
                f"{place}: {run.seed}, {run.temperature:g} K"
                + (f" ({run.stopped})" if run.stopped else ""),
            )
            for run in sweep.runs
            if run.largest_grade is None
        ]
    return [Notice(text, f"{result.name}{place}", result.anchor) for text, place in found]
