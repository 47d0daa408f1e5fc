"""``thioflow analyse``: transport of the ions in trajectories of any program."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from physics.errors import InputError


def analyse(
    files: Annotated[
        list[Path],
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="Trajectories of one system, mostly one at each temperature: of thioflow, dumps "
            "of LAMMPS, XDATCAR, vasprun.xml, extended XYZ, or what else ASE or MDAnalysis reads.",
            show_default=False,
        ),
    ],
    *,
    temperature: Annotated[
        list[float] | None,
        typer.Option(
            "--temperature",
            "-T",
            help="K; once for each file, in their order, unless the files know it.",
            show_default=False,
        ),
    ] = None,
    ion: Annotated[str, typer.Option(help="Element that moves.")] = "Li",
    charge: Annotated[float, typer.Option(help="Of an ion, elementary charges.")] = 1.0,
    interval: Annotated[
        float | None,
        typer.Option(
            help="Time between frames, fs; for files that do not know it.", show_default=False
        ),
    ] = None,
    time_step: Annotated[
        float | None,
        typer.Option(
            help="Time between steps, fs; for files that number their steps, as dumps do.",
            show_default=False,
        ),
    ] = None,
    species: Annotated[
        list[str] | None,
        typer.Option(
            help="Element of a type of atom, such as 1=Li, for files that know types alone. "
            "Repeatable.",
            show_default=False,
        ),
    ] = None,
    topology: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="File that knows the atoms, for trajectories of MDAnalysis that do not.",
            show_default=False,
        ),
    ] = None,
    unwrap: Annotated[
        bool, typer.Option("--unwrap", help="Unwrap wrapped positions by nearest images.")
    ] = False,
    skip: Annotated[
        float, typer.Option(min=0, help="Leave out the first ps of each file, its equilibration.")
    ] = 0.0,
    boundary: Annotated[
        list[float] | None,
        typer.Option(
            help="Height of a grain boundary normal to c, in parts of c, such as 0.25; for the "
            "transport within 5 Å of it. Repeatable.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[float, typer.Option(help="Temperature of the prediction, K.")] = 300.0,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write everything into this .json.", show_default=False
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Draw into this .png, .svg or .pdf: Arrhenius lines or, at one temperature, mean "
            "squared displacements.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an output file that exists.")
    ] = False,
) -> None:
    """
    Find diffusivity and conductivity from trajectories, each with its interval or as a limit.

    From several temperatures follow the activation energy and the conductivity at another one.
    """
    from monty.serialization import dumpfn

    from stores.trajectories.foreign import open_trajectory
    from workflows.cli.progress import frames_counted
    from workflows.cli.transport_tables import print_transport
    from workflows.output_files import require_free
    from workflows.report.conductor import PARTS
    from workflows.report.plots.arrhenius import write_arrhenius_plot
    from workflows.report.plots.picture import require_picture
    from workflows.report.plots.squared_displacements import write_squared_displacements_plot
    from workflows.trajectory_transport import transport_in_files

    if output:
        require_free([output], force=force)
    if plot:
        require_picture(plot)
    elements = _elements(species or [])
    trajectories = [
        open_trajectory(
            file,
            interval=interval,
            time_step=time_step,
            species=elements,
            topology=topology,
            unwrap=unwrap,
            skip=skip,
        )
        for file in files
    ]
    with frames_counted() as report:
        found = transport_in_files(
            trajectories,
            temperatures=temperature or (),
            ion=ion,
            charge=charge,
            planes=boundary or (),
            at=at,
            report=report,
        )
    print_transport(found)
    if output:
        dumpfn({"runs": found.runs, "fits": found.fits}, output)
        typer.echo(f"Written: {output}")
    if plot:
        if found.fits:
            write_arrhenius_plot(
                plot, {PARTS[fit.region, fit.direction]: fit for fit in found.fits}
            )
        else:
            write_squared_displacements_plot(plot, found.runs)
        typer.echo(f"Drawn: {plot}")


def _elements(species: Sequence[str]) -> dict[str, str]:
    """Read elements of types: ``1=Li``."""
    found: dict[str, str] = {}
    for text in species:
        label, _, element = (part.strip() for part in text.partition("="))
        if not label or not element or label in found:
            raise InputError(
                f"--species {text!r}: expected a type of atom and its element, each type once, "
                "such as --species 1=Li --species 2=P"
            )
        found[label] = element
    return found
