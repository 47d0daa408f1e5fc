"""``thioflow mtp fit``."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from physics.errors import InputError
from workflows.cli.potential_options import Force, Labelled, Species, symbols_of, warnings_told

if TYPE_CHECKING:
    from ase import Atoms

    from physics.potentials.errors import Errors
    from physics.potentials.loss import Weights
    from physics.potentials.potential import MomentTensorPotential
    from physics.potentials.training import Fit

INTERRUPTED = 130
LEVEL, CUTOFF, TEST_FRACTION = 16, 5.0, 0.1


def fit(
    data: Labelled,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="File of the potential, NAME.mtp; NAME.json gets its errors, NAME.active.npz its "
            "active set.",
            show_default=False,
        ),
    ],
    level: Annotated[
        int | None,
        typer.Option(help=f"Level, even, 2 to 28; {LEVEL} unless given.", show_default=False),
    ] = None,
    cutoff: Annotated[
        float | None,
        typer.Option(min=1, help=f"Cutoff, Å; {CUTOFF:g} unless given.", show_default=False),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Potential to start from, in place of level and cutoff.",
            show_default=False,
        ),
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Configurations to test on.", show_default=False
        ),
    ] = None,
    test_fraction: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Without --test: part of the data to test on, in blocks of successive frames, 0 "
            f"for none; {TEST_FRACTION:g} unless given.",
            show_default=False,
        ),
    ] = None,
    weights: Annotated[
        tuple[float, float, float],
        typer.Option(help="Of energies per atom, forces and stresses.", metavar="E F S"),
    ] = (1.0, 0.01, 0.001),
    seed: Annotated[
        int, typer.Option(min=0, help="Of the first parameters and of the blocks that test.")
    ] = 0,
    max_steps: Annotated[int, typer.Option(min=1, help="Largest number of steps.")] = 200,
    species: Species = None,
    force: Force = False,
) -> None:
    """
    Fit a potential.

    Each step is kept in NAME.checkpoint.npz until the end: after an interruption the same command
    goes on.
    """
    from physics.potentials.active_set import ActiveSet
    from physics.potentials.active_set_file import write_active_set
    from physics.potentials.errors import errors
    from physics.potentials.files import write_potential
    from physics.potentials.loss import Weights
    from workflows.cli.potential_tables import error_rows, print_errors
    from workflows.configuration_files import read_configurations
    from workflows.output_files import require_free

    if output.suffix != ".mtp":
        raise InputError(f"--output {output}: expected a name that ends in .mtp")
    checkpoint, record, active_file = (
        output.with_suffix(suffix) for suffix in (".checkpoint.npz", ".json", ".active.npz")
    )
    require_free((output, record, active_file), force=force or checkpoint.exists())
    if test and test_fraction is not None:
        raise InputError("--test and --test-fraction were given; give one of them")
    symbols = symbols_of(species)
    images = read_configurations(data, species=symbols)
    if test:
        training, tests = images, read_configurations([test], species=symbols)
    else:
        fraction = TEST_FRACTION if test_fraction is None else test_fraction
        training, tests = _divided(images, fraction, seed)
    with warnings_told():
        potential = _first(training, start, symbols, level=level, cutoff=cutoff, seed=seed)
        potential.types([number for atoms in tests for number in atoms.numbers])
        typer.echo(
            f"{potential.n_parameters} parameters for {', '.join(potential.species)}: level "
            f"{potential.table.level}, cutoff {potential.r_max:g} Å, distances from "
            f"{potential.r_min:.2f} Å; {len(training)} configurations train, {len(tests)} test"
        )
        of_loss = Weights(*weights)
        fitted = _trained(potential, training, of_loss, max_steps, checkpoint)
        found = {"training": errors(fitted.potential, training)}
        if tests:
            found["test"] = errors(fitted.potential, tests)
        write_active_set(active_file, ActiveSet.select(fitted.potential, training))
    settings = {"data": [str(path) for path in data], "start": start and str(start), "seed": seed}
    record.write_text(json.dumps(_record(fitted, of_loss, found) | settings, indent=2) + "\n")
    write_potential(output, fitted.potential)
    checkpoint.unlink(missing_ok=True)
    print_errors(error_rows(found), f"Errors of {output}")
    if not fitted.converged:
        typer.echo(
            f"The loss was still falling after {max_steps} steps; go on with --start {output}"
        )
    typer.echo(f"Written: {output}, {record}, {active_file}")


def _divided(
    images: "Sequence[Atoms]", fraction: float, seed: int
) -> "tuple[list[Atoms], list[Atoms]]":
    """Divide configurations into those that train and those that test."""
    from physics.potentials.splits import block_split

    if not fraction:
        return list(images), []
    groups = [atoms.info["group"] for atoms in images]
    split = block_split(groups, fraction, seed=seed)
    return [images[i] for i in split.training], [images[i] for i in split.test]


def _first(
    training: "Sequence[Atoms]",
    start: Path | None,
    symbols: list[str] | None,
    *,
    level: int | None,
    cutoff: float | None,
    seed: int,
) -> "MomentTensorPotential":
    """Read or draw the potential that the search starts from."""
    from physics.potentials.files import read_potential
    from physics.potentials.training import untrained

    if start is None:
        of_level = LEVEL if level is None else level
        within = CUTOFF if cutoff is None else cutoff
        return untrained(training, of_level, r_max=within, seed=seed)
    if level is not None or cutoff is not None:
        raise InputError(
            "--start was given with --level or --cutoff; level and cutoff are those of the "
            "potential to start from, leave them out"
        )
    return read_potential(start, symbols)


def _trained(
    potential: "MomentTensorPotential",
    training: "Sequence[Atoms]",
    weights: "Weights",
    max_steps: int,
    checkpoint: Path,
) -> "Fit":
    """Fit, with a line for each step; an interruption says how to go on."""
    from physics.potentials.training import train

    if checkpoint.exists():
        typer.echo(f"Going on from {checkpoint}")
    typer.echo("The first fit at a level compiles code for it before its first step")
    began = time.monotonic()

    def tell(step: int, loss: float) -> None:
        typer.echo(f"step {step:4d}  loss {loss:.6e}  {time.monotonic() - began:6.1f} s")

    try:
        return train(
            potential,
            training,
            weights=weights,
            max_steps=max_steps,
            checkpoint=checkpoint,
            report=tell,
        )
    except KeyboardInterrupt:
        kept = f"the last step is in {checkpoint}" if checkpoint.exists() else "before a first step"
        typer.echo(f"Interrupted, {kept}; the same command goes on from there", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _record(fitted: "Fit", weights: "Weights", found: "dict[str, Errors]") -> dict[str, Any]:
    """Describe a fit, for NAME.json."""
    from workflows.cli.potential_tables import error_rows

    potential = fitted.potential
    return {
        "species": potential.species,
        "level": potential.table.level,
        "r_min": potential.r_min,
        "r_max": potential.r_max,
        "n_parameters": potential.n_parameters,
        "weights": asdict(weights),
        "losses": fitted.losses,
        "converged": fitted.converged,
        "errors": [asdict(row) for row in error_rows(found)],
    }
