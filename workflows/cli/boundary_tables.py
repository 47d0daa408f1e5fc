"""Grain boundaries and their audits on the terminal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from physics.structures.audit import SEPARATION, Audit
from physics.structures.charges import NEUTRAL
from physics.structures.construction import Construction, GrainBoundary
from physics.structures.crystal import Crystal
from physics.structures.environments import BULK_LIKE
from physics.structures.geometry import Geometry, Side
from physics.structures.named import EXACT
from physics.structures.plane import Miller
from physics.structures.rotations import folded

MOST_ROWS = 30
"""Boundaries of a kind that are printed; the other formats hold all."""

WIDE = 200
"""Width of what is written to a file or a pipe."""


@dataclass(frozen=True)
class Row:
    """
    A boundary in a survey: angles in degrees, lengths in Å.

    Parameters
    ----------
    kind : str
        ``symmetric tilt`` or ``twist``.
    plane : str
        Boundary plane, as the options take it.
    twist : float or None
        Rotation about the normal of a twist boundary.
    misorientation, axis : float, str
        Smallest rotation that makes the upper grain, and the direction nearest to its axis.
    sigma : int or None
        Index of the coincidence site lattice, where there is one.
    twin_index, obliquity : int, float or None
        Of the twin lattice of a tilt boundary.
    area, period_1, period_2, angle : float
        The in-plane cell.
    strain : float
        Largest principal strain.
    atoms : int
        Atoms of the cell.
    """

    kind: str
    plane: str
    twist: float | None
    misorientation: float | None
    axis: str
    sigma: int | None
    twin_index: int | None
    obliquity: float | None
    area: float
    period_1: float
    period_2: float
    angle: float
    strain: float
    atoms: int


@dataclass(frozen=True)
class _Column:
    head: str
    text: Callable[[Row], str]
    needs: str = "kind"


_COLUMNS = (
    _Column("plane", lambda row: f"({row.plane})"),
    _Column("twist °", lambda row: f"{row.twist:.2f}", needs="twist"),
    _Column("misorien-\ntation °", lambda row: f"{row.misorientation:.2f}"),
    _Column("axis", lambda row: f"[{row.axis}]"),
    _Column("Σ", lambda row: str(row.sigma or "-")),
    _Column("n", lambda row: str(row.twin_index), needs="twin_index"),
    _Column("ω °", lambda row: f"{row.obliquity:.2f}", needs="obliquity"),
    _Column("strain %", lambda row: f"{100 * row.strain:.2f}", needs="twist"),
    _Column("area Å²", lambda row: f"{row.area:.1f}"),
    _Column("periods Å", lambda row: f"{row.period_1:.1f}×{row.period_2:.1f}"),
    _Column("atoms", lambda row: str(row.atoms)),
)

_OPERATIONS = {
    "twofold": "turned by 180° about the normal",
    "mirror": "mirrored across the plane",
    "rotation": "turned by {turn:.2f}° about the normal",
}

PASS, FAIL = "[green]PASS[/]", "[red]FAIL[/]"


def survey_row(geometry: Geometry, how: Construction, crystal: Crystal) -> Row:
    """
    Describe a boundary of one plane in a row.

    Parameters
    ----------
    geometry : Geometry
        The boundary.
    how : Construction
        How it would be built.
    crystal : Crystal
        The crystal.

    Returns
    -------
    Row
        The row.
    """
    plane, is_twist = geometry.planes[0], geometry.kind == "twist"
    side = Side(crystal, plane, crystal.plane(plane))
    return Row(
        kind=geometry.kind,
        plane=_indices(plane),
        twist=folded((side, side), geometry.rotation) if is_twist else None,
        misorientation=geometry.misorientation,
        axis=_indices(geometry.axis),
        sigma=geometry.sigma,
        twin_index=None if is_twist else geometry.twin_index,
        obliquity=None if is_twist else geometry.obliquity,
        area=geometry.area,
        period_1=geometry.periods[0],
        period_2=geometry.periods[1],
        angle=geometry.angle,
        strain=geometry.strain,
        atoms=how.atoms_of(geometry),
    )


def print_survey(survey: Sequence[Row], file: Path) -> None:
    """
    Print the boundaries of a crystal, a table for each kind.

    Parameters
    ----------
    survey : sequence of Row
        The boundaries.
    file : Path
        The crystal, for the command that builds one of them.
    """
    console = _console()
    for kind in dict.fromkeys(row.kind for row in survey):
        rows = [row for row in survey if row.kind == kind]
        columns = [column for column in _COLUMNS if getattr(rows[0], column.needs) is not None]
        table = _table(f"{kind} boundaries: {len(rows)}")
        for column in columns:
            cells = [column.text(row) for row in rows[:MOST_ROWS]]
            table.add_column(column.head, justify="right", min_width=max(map(len, cells)))
        for row in rows[:MOST_ROWS]:
            table.add_row(*(escape(column.text(row)) for column in columns))
        console.print(table)
        if len(rows) > MOST_ROWS:
            console.print(f"The {MOST_ROWS} smallest; --format csv prints all, --max-area fewer.")
    _say(
        console,
        f"Build one: thioflow gb build {file} --plane '{survey[0].plane}' -o boundary.cif"
        if survey
        else "No boundaries within these limits; raise --max-area or --max-index.",
    )


def print_boundaries(
    built: Mapping[Path, GrainBoundary], audits: Sequence[Audit], label: str
) -> None:
    """
    Print what was built.

    Parameters
    ----------
    built : mapping of Path to GrainBoundary
        The candidates of a boundary by the files that they are in.
    audits : sequence of Audit
        Their audits; none for an interface of two crystals.
    label : str
        What was asked for.
    """
    console = _console()
    best = next(iter(built.values()))
    facts = _table("built", header=False)
    facts.add_column()
    facts.add_column(overflow="fold")
    for what, text in _facts(best, label):
        facts.add_row(what, escape(text))
    console.print(facts)
    table = _table(f"candidates: {len(built)}")
    table.add_column("file", overflow="fold")
    for head in ("cut", "translation", "gap Å", "overlap Å²", "moved Å", "atoms", "audit"):
        table.add_column(head, justify="right", no_wrap=True)
    verdicts = [PASS if found.passed else FAIL for found in audits] or ["-"] * len(built)
    for (file, made), verdict in zip(built.items(), verdicts, strict=True):
        table.add_row(
            escape(str(file)),
            " / ".join(f"{cut:.3f}" for cut in sorted(set(made.cuts), key=made.cuts.index)),
            " ".join(f"{part % 1:.3f}" for part in made.shift),
            f"{made.gap:.1f}",
            f"{made.overlap:.2f}",
            f"{made.moved:.2f}",
            str(len(made.structure)),
            verdict,
        )
    console.print(table)
    for file, made in built.items():
        if made.removed:
            taken = f"{made.removed} formula units taken out at each boundary to make room"
            _say(console, f"{file}: {taken}")
    for file, found in zip(built, audits, strict=False):
        for fault in found.faults:
            _say(console, f"{file}: {fault}", "[red]fault[/] ")


def print_audit(found: Audit, title: str) -> None:
    """
    Print every check with its number, its limit and its verdict.

    Parameters
    ----------
    found : Audit
        The audit.
    title : str
        What was audited.
    """
    console = _console()
    table = _table(f"audit of {escape(title)}")
    table.add_column("check")
    table.add_column("found", overflow="fold")
    table.add_column("limit", justify="right")
    table.add_column("verdict")
    for check, value, limit, passed in _checks(found):
        verdict = "-" if passed is None else PASS if passed else FAIL
        table.add_row(check, escape(value), limit, verdict)
    console.print(table)
    for fault in found.faults:
        _say(console, fault, "[red]fault[/] ")
    if not found.interior_deviation:
        _say(console, "Composition and grains were not judged: give the crystal with --bulk FILE.")
    console.print(PASS if found.passed else FAIL)


def _facts(made: GrainBoundary, label: str) -> list[tuple[str, str]]:
    what = made.geometry
    below, above = (f"({_indices(plane)})" for plane in what.planes)
    cell = f"{what.periods[0]:.2f} × {what.periods[1]:.2f} Å"
    between = abs(made.heights[1] - made.heights[0])
    apart = min(between, made.structure.lattice.c - between)
    turned = ""
    if what.misorientation is not None:
        turned = f"{what.misorientation:.2f}° about [{_indices(what.axis)}]"
    facts = [
        ("asked for", label),
        ("kind", what.kind),
        ("upper grain", _OPERATIONS[what.operation].format(turn=what.rotation)),
        ("plane", below if below == above else f"{below} below, {above} above"),
        ("misorientation", turned),
        ("Σ", str(what.sigma or "")),
        ("twin index, obliquity", f"{what.twin_index}, {what.obliquity:.2f}°"),
        ("in-plane cell", f"{cell}, {what.angle:.2f}°, area {what.area:.1f} Å²"),
        ("strain", f"{100 * what.strain:.2f} %" if what.strain > EXACT else "none"),
        ("layers", " + ".join(map(str, made.layers))),
        ("composition", f"{made.structure.formula}, {len(made.structure)} atoms"),
        ("boundaries", f"{apart:.1f} Å apart" + ", equivalent" * made.equivalent),
    ]
    return [(name, text) for name, text in facts if text]


def _checks(found: Audit) -> list[tuple[str, str, str, bool | None]]:
    """List the checks: what, number, limit, and whether it passes, None if it was not judged."""
    judged = bool(found.interior_deviation)
    excess = ", ".join(f"{symbol} {n:+d}" for symbol, n in found.excess.items())
    broken = ", ".join(f"{n} {kind}" for kind, n in found.broken.items())
    whole = ", ".join(f"{n} {kind}" for kind, n in found.units.items() if kind not in found.broken)
    checks = [
        ("composition", found.formula, "", None),
        ("atoms beyond formula units", excess or "none", "none", not excess if judged else None),
        ("charge", f"{found.charge:+g} e", "0", abs(found.charge) <= NEUTRAL),
        ("whole units", whole or "none", "", None),
        ("broken units", broken or "none", "none", not broken),
    ]
    for pair, length in found.shortest.items():
        limit = f"at least {found.limits[pair]:.2f} Å"
        checks.append((f"shortest {pair}", f"{length:.2f} Å", limit, pair not in found.too_close))
    if found.boundaries:
        at = ", ".join(f"{height:.1f}" for height in found.boundaries)
        checks.append(("boundaries at", f"{at} Å", "", None))
    grains = [f"the grain above {height:.1f} Å" for height in found.boundaries] or ["the structure"]
    for grain, deviation in zip(grains, found.interior_deviation, strict=False):
        text = "no units" if deviation is None else f"{deviation:.2f} Å"
        inside = deviation is not None and deviation <= BULK_LIKE
        checks.append((f"deviation in {grain}", text, f"at most {BULK_LIKE:.2f} Å", inside))
    if found.separation is not None:
        limit, apart = f"at least {SEPARATION:g} Å", found.separation >= SEPARATION
        checks.append(("boundaries apart", f"{found.separation:.1f} Å", limit, apart))
    return checks


def _console() -> Console:
    """Fit the terminal; what goes to a file or a pipe is not folded."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDE)


def _indices(plane: Miller | None) -> str:
    return " ".join(map(str, plane or ()))


def _table(title: str, *, header: bool = True) -> Table:
    return Table(
        title=title,
        title_justify="left",
        box=SIMPLE,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_header=header,
    )


def _say(console: Console, text: str, before: str = "") -> None:
    console.print(before + escape(text), soft_wrap=True)
