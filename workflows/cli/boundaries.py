"""``thioflow gb``: list, build and audit grain boundaries."""

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from physics.errors import InputError
from workflows.cli.data import TableFormat
from workflows.cli.options import (
    Axes,
    Bonds,
    Charges,
    MaxStrain,
    OfConstruction,
    Operation,
    Separation,
    StructureFile,
)

if TYPE_CHECKING:
    from physics.structures.construction import Construction, GrainBoundary
    from physics.structures.crystal import Crystal
    from physics.structures.request import Request

app = typer.Typer(help="List, build and audit grain boundaries.", no_args_is_help=True)


@app.command("list")
def list_(
    structure: StructureFile,
    *,
    max_area: Annotated[float, typer.Option(min=0, help="Largest in-plane cell, Å^2.")] = 600.0,
    max_index: Annotated[
        int, typer.Option(min=1, help="Highest Miller index of a tilt boundary's plane.")
    ] = 3,
    max_twist_index: Annotated[
        int, typer.Option(min=0, help="The same of a twist boundary's; 0 for no twists.")
    ] = 1,
    max_strain: MaxStrain,
    separation: Separation,
    bonds: Bonds = None,
    charges: Charges = None,
    output: Annotated[
        TableFormat, typer.Option("--format", help="How to print.")
    ] = TableFormat.TABLE,
) -> None:
    """List the symmetric tilt and the twist boundaries of a crystal, smallest cells first."""
    from physics.structures.construction import Construction
    from physics.structures.survey import survey
    from workflows.cli.boundary_tables import Row, print_survey, survey_row

    (crystal,) = _crystals([structure], bonds, charges)
    how = Construction(max_area=max_area, max_strain=max_strain, separation=separation)
    found = survey(crystal, max_index=max_index, max_twist_index=max_twist_index, construction=how)
    rows = [survey_row(geometry, how, crystal) for geometry in found]
    match output:
        case TableFormat.CSV:
            lines = csv.DictWriter(sys.stdout, [field.name for field in fields(Row)])
            lines.writeheader()
            lines.writerows(asdict(row) for row in rows)
        case TableFormat.JSON:
            typer.echo(json.dumps([asdict(row) for row in rows], indent=2))
        case TableFormat.TABLE:
            print_survey(rows, structure)


@app.command()
def build(
    structure: StructureFile,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="File of the best candidate, the others get -2, -3 ...; .cif, .vasp or POSCAR, "
            ".json, .extxyz.",
            show_default=False,
        ),
    ],
    plane: Annotated[
        str | None,
        typer.Option(help="Boundary plane, such as '1 2 0' or '(2-10)'.", show_default=False),
    ] = None,
    axis: Annotated[
        str | None,
        typer.Option(help="Tilt axis that the boundary must have.", show_default=False),
    ] = None,
    twist: Annotated[
        float | None,
        typer.Option(
            help="Rotation about the normal, degrees: a twist boundary.", show_default=False
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(help="In place of a plane: 'Σ5 [001] (120)'.", show_default=False),
    ] = None,
    axes: Annotated[
        Axes,
        typer.Option(
            help="Axes that indices refer to: of the file, of the standard setting Pnma, or "
            "sorted a < b < c."
        ),
    ] = Axes.GIVEN,
    operation: Annotated[
        Operation,
        typer.Option(help="What makes the upper grain of a symmetric tilt boundary."),
    ] = Operation.TWOFOLD,
    upper_plane: Annotated[
        str | None,
        typer.Option(help="Another plane of the upper grain.", show_default=False),
    ] = None,
    upper: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Another crystal above.", show_default=False
        ),
    ] = None,
    separation: Separation,
    layers: Annotated[
        int | None,
        typer.Option(
            min=1, help="Layers of each grain, in place of the separation.", show_default=False
        ),
    ] = None,
    keep: Annotated[
        int,
        typer.Option(min=1, default_factory=OfConstruction("keep"), help="Most candidates."),
    ],
    no_scan: Annotated[
        bool,
        typer.Option("--no-scan", help="Try one termination, and no translation of the grains."),
    ] = False,
    max_strain: MaxStrain,
    max_area: Annotated[
        float,
        typer.Option(
            min=0,
            default_factory=OfConstruction("max_area"),
            help="Largest in-plane cell of a twist or general boundary, Å^2.",
        ),
    ],
    max_atoms: Annotated[
        int,
        typer.Option(min=1, default_factory=OfConstruction("max_atoms"), help="Largest cell."),
    ],
    bonds: Bonds = None,
    charges: Charges = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """
    Build a grain boundary: its best candidates, each with its audit.

    A plane gives the symmetric tilt boundary on it; with --twist the twist boundary; with
    --upper-plane, and --upper for another crystal, a general one. Exit status: 1 if a candidate
    fails its audit.
    """
    from physics.structures.audit import audit
    from physics.structures.construction import Construction
    from physics.structures.request import Request
    from physics.structures.request import build as build_boundary
    from workflows.cli.boundary_tables import print_boundaries
    from workflows.structure_file import require_writable, write_structures

    files = [_numbered(output, number) for number in range(1, keep + 1)]
    require_writable(files, force=force)
    if name is None and plane is None:
        raise InputError(
            "which boundary? Give --plane, such as --plane '1 2 0', or --name, such as --name "
            "'Σ5 [001] (120)'; thioflow gb list shows what there is"
        )
    request = Request(
        name=name,
        plane=plane,
        axis=axis,
        twist=twist,
        upper_plane=upper_plane,
        operation=operation.value,
        axes=axes.value,
    )
    how = Construction(
        separation=separation,
        layers=layers,
        translations=1 if no_scan else Construction.translations,
        terminations=1 if no_scan else Construction.terminations,
        keep=keep,
        max_strain=max_strain,
        max_area=max_area,
        max_atoms=max_atoms,
    )
    if upper is None:
        (crystal,) = _crystals([structure], bonds, charges)
        boundaries = build_boundary(crystal, request, how)
        audits = [audit(made.structure, crystal, boundaries=made.heights) for made in boundaries]
    else:
        boundaries = _interface(_crystals([structure, upper], bonds, charges), request, how)
        audits = []
    written = dict(zip(files, boundaries, strict=False))
    write_structures({file: made.structure for file, made in written.items()}, force=force)
    print_boundaries(written, audits, request.label)
    if not all(found.passed for found in audits):
        raise typer.Exit(1)


@app.command("audit")
def audit_(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="Structure file to examine.", show_default=False
        ),
    ],
    *,
    bulk: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="The crystal that it should consist of; without it neither composition nor grain "
            "interiors are judged.",
            show_default=False,
        ),
    ] = None,
    mobile: Annotated[
        str, typer.Option(help="Mobile element, which is not expected to keep its sites.")
    ] = "Li",
    bonds: Bonds = None,
    charges: Charges = None,
) -> None:
    """
    Examine a structure from anywhere: composition, charge, units, contacts, grains.

    Exit status: 1 if a check fails.
    """
    from physics.structures.audit import audit
    from workflows.cli.boundary_tables import print_audit
    from workflows.structure_file import load_structure

    if bulk is None and (bonds or charges):
        raise InputError("--bonds and --charge describe the crystal; give it with --bulk FILE")
    crystal = _crystals([bulk], bonds, charges)[0] if bulk else None
    found = audit(load_structure(file), crystal, mobile=mobile)
    print_audit(found, str(file))
    if not found.passed:
        raise typer.Exit(1)


def _interface(
    crystals: "Sequence[Crystal]", request: "Request", how: "Construction"
) -> "list[GrainBoundary]":
    """Join two crystals."""
    from physics.structures.grain_boundaries import general_boundary
    from physics.structures.names import in_given_axes, parse_plane

    lower, upper = crystals
    if request.plane is None or request.upper_plane is None:
        raise InputError(
            "--upper FILE joins a plane of each crystal; give both with --plane and --upper-plane"
        )
    below, above = (
        in_given_axes(crystal, parse_plane(plane), request.axes)
        for crystal, plane in ((lower, request.plane), (upper, request.upper_plane))
    )
    return general_boundary(lower, below, upper, above, angle=request.twist, construction=how)


def _crystals(
    files: Sequence[Path], bonds: list[str] | None, charges: list[str] | None
) -> "list[Crystal]":
    """Read crystals; each takes those bonds and charges that are of its elements."""
    from physics.structures.crystal import Crystal
    from workflows.structure_file import load_structure

    structures = [load_structure(file) for file in files]
    elements = [{site.specie.symbol for site in structure} for structure in structures]
    lengths = _numbers("--bonds", bonds or [], 2, set().union(*elements))
    states = _numbers("--charge", charges or [], 1, set().union(*elements))
    return [
        Crystal(
            structure,
            {(a, b): length for (a, b), length in lengths.items() if {a, b} <= of_crystal},
            {symbol: state for (symbol,), state in states.items() if symbol in of_crystal},
        )
        for structure, of_crystal in zip(structures, elements, strict=True)
    ]


def _numbers(
    option: str, given: list[str], count: int, elements: set[str]
) -> dict[tuple[str, ...], float]:
    """Read numbers by element or by pair of elements: ``Fe=2.667``, ``Zr-O=2.3``."""
    numbers = {}
    for text in given:
        key, _, number = text.partition("=")
        symbols = tuple(part.strip() for part in key.split("-"))
        try:
            numbers[symbols] = float(number)
        except ValueError:
            symbols = ()
        if len(symbols) != count or not elements.issuperset(symbols):
            raise InputError(
                f"{option} {text!r}: expected {'-'.join(['ELEMENT'] * count)}=NUMBER of "
                f"{', '.join(sorted(elements))}, such as {option} "
                + ("Zr-O=2.3" if count == 2 else "Fe=2.667")
            )
    return numbers


def _numbered(path: Path, number: int) -> Path:
    return path if number == 1 else path.with_stem(f"{path.stem}-{number}")
