"""Transport of ions on the terminal."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from physics.analysis.transport.conductivity import nernst_einstein
from physics.analysis.transport.diffusivity import JUMP, Diffusivity
from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.transport import Transport
from stores.documents import ArrheniusDocument, TransportDocument
from workflows.notation import interval, number, scientific, significant
from workflows.report.conductivity import RESOLVED
from workflows.report.conductor import PARTS
from workflows.trajectory_transport import TrajectoryTransport


@dataclass(frozen=True)
class _Row:
    """A diffusivity of some ions, of a number density (Å^-3)."""

    ions: str
    direction: str
    found: Diffusivity
    density: float

    @property
    def name(self) -> str:
        """Whose it is, in a sentence."""
        return f"{self.ions}, {self.direction}" if self.direction else self.ions


def print_transport(found: TrajectoryTransport) -> None:
    """
    Print transport in trajectories.

    Parameters
    ----------
    found : TrajectoryTransport
        Runs, and what follows from them.
    """
    console = Console(highlight=False)
    for run in found.runs:
        _print_run(console, run)
    if found.fits:
        _print_fits(console, found)
    console.print(
        f"In parentheses: 95 % intervals. Hops: of {JUMP:g} Å, that D stands for. Conductivities "
        "σ: by Nernst and Einstein; those of single ions take them as independent (Haven ratio 1), "
        "the collective one does not."
    )


def _print_run(console: Console, run: TransportDocument) -> None:
    rows = list(_rows(run.transport))
    console.print(f"\n[bold]{escape(run.label)}[/]", soft_wrap=True)
    console.print(
        f"{run.formula}: {run.ions} {run.ion} at {run.temperature:.0f} K, "
        f"{run.transport.frames} frames, {run.picoseconds:g} ps"
    )
    table = _table(None, run.ion)
    for heading in ("D (cm²/s)", "σ (S/cm)", "hops", "window (ps)", "exponent"):
        table.add_column(heading, justify="right", overflow="fold")
    for row in rows:
        factor = nernst_einstein(
            Estimate(1.0, 1.0, 1.0), row.density, run.temperature, run.transport.charge
        ).value
        window = row.found.window
        table.add_row(
            f"  {row.direction}" if row.direction else row.ions,
            _diffusivity(row.found, 1.0),
            _diffusivity(row.found, factor),
            f"{row.found.hops:.0f}",
            f"{significant(window.start / 1000, 2)}–{significant(window.end / 1000, 2)}",
            "–" if isnan(window.exponent) else number(window.exponent, 2),
        )
    console.print(table)
    for line in _lines(run.transport):
        console.print(line)
    for row in rows:
        if row.found.reason:
            console.print(f"[yellow]limit only[/] ({row.name}): {row.found.reason}")
    of_rows = {warning: row.name for row in reversed(rows) for warning in row.found.warnings}
    for warning, name in reversed(of_rows.items()):
        console.print(f"[yellow]warning[/] ({name}): {warning}")
    for warning in run.warnings:
        if warning not in of_rows:
            console.print(f"[yellow]warning[/]: {warning}")


def _rows(found: Transport) -> Iterator[_Row]:
    density = found.ions / found.volume
    yield _Row("all ions", "", found.tracer, density)
    for axis, along in zip("xyz", found.axes, strict=True):
        yield _Row("all ions", f"along {axis}", along, density)
    if found.collective is not None:
        yield _Row("all ions", "collective", found.collective, density)
    # of one boundary alone, all together are the same
    for each in found.boundaries[1 if len(found.boundaries) == 2 else 0 :]:
        ions = "at boundaries" if each.plane is None else f"at {each.plane:g} of c"
        yield _Row(ions, "", each.total, each.density)
        yield _Row(ions, "along", each.along, each.density)
        yield _Row(ions, "across", each.across, each.density)


def _lines(found: Transport) -> Iterator[str]:
    """Tell what else was found."""
    hops = found.hopping
    told = f"Hops that were counted: {_written(hops.rate.scaled(1000))} of an ion per ns"
    if hops.returned is not None:
        told += f", {hops.returned:.0%} of them back"
    yield f"{told}; {hops.immobile:.0%} of the ions never hopped"
    haven = _written(found.haven) if found.haven else "not resolved"
    yield f"Haven ratio (D / D collective): {haven}"
    if found.anisotropy:
        yield f"Anisotropy ξ (z over the faster of x and y): {_written(found.anisotropy)}"
    for each in found.boundaries[:1]:
        if each.anisotropy:
            yield f"Anisotropy ξ at the boundaries: {_written(each.anisotropy)}"
        yield (
            f"Of the ions there, {each.exchanged:.0%} are elsewhere after the longest lag that was "
            "used"
        )


def _written(estimate: Estimate) -> str:
    """Write an estimate that may be zero."""
    return interval(estimate) if estimate.value > 0 else f"< {scientific(estimate.high)}"


def _diffusivity(found: Diffusivity, factor: float) -> str:
    """Write a diffusivity times a factor with its interval, or its limit."""
    if found.estimate is not None:
        return interval(found.estimate.scaled(factor))
    return "–" if found.limit is None else f"< {scientific(found.limit * factor)}"


def _print_fits(console: Console, found: TrajectoryTransport) -> None:
    at = f"{found.fits[0].temperature:g} K"
    table = _table(f"Arrhenius law, and its prediction at {at}", found.runs[0].ion)
    for heading in ("resolved", "Ea (eV)", "σ (S/cm)"):
        table.add_column(heading, justify="right", overflow="fold")
    for fit in found.fits:
        table.add_row(PARTS[fit.region, fit.direction], *_cells(fit))
    console.print()
    console.print(table)
    known = {warning for run in found.runs for warning in run.warnings}
    told: dict[str, list[str]] = {}
    for fit in found.fits:
        heard = [warning for warning in fit.warnings if warning not in known]
        if fit.decades is not None and fit.decades > RESOLVED:
            heard.append(f"the conductivity at {at} is known to {fit.decades:.1f} decades only")
        for warning in heard:
            told.setdefault(warning, []).append(PARTS[fit.region, fit.direction])
    for warning, names in told.items():
        console.print(f"[yellow]warning[/] ({'; '.join(names)}): {warning}")


def _cells(fit: ArrheniusDocument) -> list[str]:
    """Write which runs are resolved, activation energy and conductivity."""
    runs = f"{fit.resolved} of {len(fit.points)}"
    if fit.resolved:
        ends = dict.fromkeys(f"{end:.0f}" for end in (fit.coldest, fit.hottest))
        runs += f", {'–'.join(ends)} K"
    names = ("activation_energy", "conductivity")
    energy, conductivity = (
        [getattr(fit, f"{name}{end}") for end in ("", "_low", "_high")] for name in names
    )
    if energy[0] is None:
        return [runs, "–", "–"]
    value, low, high = (number(each, 3) for each in energy)
    return [runs, f"{value} ({low} to {high})", interval(Estimate(*conductivity))]


def _table(title: str | None, heading: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE, padding=0, pad_edge=False)
    table.add_column(heading, no_wrap=True)
    return table
