"""``thioflow md``: one run of molecular dynamics by hand."""

import enum
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from physics.errors import InputError

if TYPE_CHECKING:
    from makers.dynamics_run import Report

RECORD = "run.json"
FINAL = "final.cif"


class Ensemble(enum.StrEnum):
    """What is kept constant."""

    NVE = "nve"
    NVT = "nvt"
    NPT = "npt"


class Coupling(enum.StrEnum):
    """What of the cell follows the pressure."""

    ISO = "iso"
    ANISO = "aniso"
    Z = "z"


class Thermostat(enum.StrEnum):
    """What keeps the temperature."""

    NOSE_HOOVER = "nose-hoover"
    LANGEVIN = "langevin"


class Profile(enum.StrEnum):
    """Published melt-quenches, and one for trying out."""

    AB_INITIO = "ab-initio"
    AMORPHISATION = "amorphisation"
    QUICK = "quick"


class Driver(enum.StrEnum):
    """What moves the atoms."""

    ASE = "ase"
    LAMMPS = "lammps"
    LMP = "lmp"


def md(
    structure: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="Structure to start from.", show_default=False
        ),
    ],
    *,
    folder: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Folder of the run, made if need be; a run that is found there goes on.",
            show_default=False,
        ),
    ],
    potential: Annotated[
        Path | None,
        typer.Option(
            "--potential",
            "-p",
            exists=True,
            dir_okay=False,
            help="Moment tensor potential, .mtp; with NAME.active.npz beside it, configurations "
            "that extrapolate are kept and can stop the run.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option("--engine", "-e", help="Engine instead, such as chgnet.", show_default=False),
    ] = None,
    temperature: Annotated[float, typer.Option("--temperature", "-T", help="K.")] = 300.0,
    to: Annotated[
        float | None, typer.Option(help="Temperature at the end, K.", show_default=False)
    ] = None,
    time: Annotated[float, typer.Option("--time", "-t", min=0, help="ps.")] = 10.0,
    ensemble: Annotated[Ensemble, typer.Option(help="What is kept constant.")] = Ensemble.NVT,
    pressure: Annotated[float, typer.Option(help="GPa, for npt and profiles.")] = 0.0,
    coupling: Annotated[
        Coupling, typer.Option(help="What of the cell follows the pressure.")
    ] = Coupling.ANISO,
    profile: Annotated[
        Profile | None,
        typer.Option(help="A melt-quench in place of one stage.", show_default=False),
    ] = None,
    time_step: Annotated[float, typer.Option(help="fs.")] = 2.0,
    thermostat: Annotated[
        Thermostat, typer.Option(help="Of a stage; a profile has its own.")
    ] = Thermostat.NOSE_HOOVER,
    driver: Annotated[
        Driver | None,
        typer.Option(
            help="What moves the atoms: lammps for a potential, ase for an engine unless given; "
            "lmp is a LAMMPS of your own, without grades.",
            show_default=False,
        ),
    ] = None,
    atoms: Annotated[
        int, typer.Option(min=1, help="Repeat the cell to this number of atoms or more.")
    ] = 1,
    interval: Annotated[int, typer.Option(min=1, help="Steps between frames.")] = 100,
    keep: Annotated[float, typer.Option(help="Grade beyond which a frame is kept.")] = 2.0,
    stop: Annotated[float, typer.Option(help="Grade that stops the run.")] = 10.0,
    seed: Annotated[int, typer.Option(min=0, help="Of velocities and noise.")] = 0,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw the course of the run into this .png, .svg or .pdf."),
    ] = None,
) -> None:
    """
    Run molecular dynamics with a potential or an engine.

    The folder gets the trajectory (trajectory.h5md), checkpoints while it runs, final.cif and
    run.json. After an interruption the same command goes on. Exit status: 1 if the run stopped
    early.
    """
    from monty.serialization import dumpfn

    from makers.dynamics import MTP, DynamicsMaker
    from makers.dynamics_run import Output
    from makers.run_folder import sole
    from physics.dynamics.grading import Grading
    from physics.dynamics.melt_quench import PROFILES
    from physics.dynamics.protocol import Protocol, Stage
    from physics.structures.supercell import supercell
    from workflows.cli.dynamics_tables import print_run
    from workflows.cli.potential_options import warnings_told
    from workflows.potential_file import read_stored_potential
    from workflows.report.plots.dynamics import write_dynamics_plot
    from workflows.report.plots.picture import require_picture
    from workflows.structure_file import load_structure, write_structures

    if plot:
        require_picture(plot)
    if (potential is None) == (engine is None):
        raise InputError("what gives the forces? Give --potential FILE.mtp or --engine NAME")
    if profile is None:
        stage = Stage(
            "run",
            max(1, round(1000 * time / time_step)),
            temperature,
            to,
            ensemble=ensemble.value,
            pressure=pressure,
            coupling=coupling.value,
        )
        protocol = Protocol((stage,), time_step, thermostat.value, seed=seed)
    else:
        quench = replace(PROFILES[profile.value], pressure=pressure, coupling=coupling.value)
        protocol = quench.protocol(seed)
    stored = read_stored_potential(potential) if potential else None
    graded = stored is not None and stored.active_set is not None and driver is not Driver.LMP
    maker = DynamicsMaker(
        name=structure.stem,
        protocol=protocol,
        engine=engine or MTP,
        driver=(driver.value if driver else ("lammps" if potential else "ase")),
        output=Output(interval, forces=potential is None),
        grading=Grading(keep, stop) if graded else None,
    )
    cell = supercell(load_structure(structure), atoms)
    maker.key(cell, stored)
    folder.mkdir(parents=True, exist_ok=True)
    with sole(folder), warnings_told(), _progress(protocol.steps) as report:
        document = maker.run(cell, stored, folder=folder.resolve(), report=report)
    dumpfn(document, folder / RECORD)
    write_structures({folder / FINAL: document.structure}, force=True)
    print_run(document, folder)
    if plot:
        write_dynamics_plot(plot, document)
        typer.echo(f"Drawn: {plot}")
    if not document.completed:
        raise typer.Exit(1)


@contextmanager
def _progress(steps: int) -> "Iterator[Report | None]":
    """Show a bar on a terminal; in a batch log the run itself writes lines."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console()
    if not console.is_terminal:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("starting", total=steps)
        yield lambda frame: progress.update(
            task,
            completed=frame.step,
            description=f"{frame.time / 1000:.2f} ps {frame.temperature:.0f} K",
        )
