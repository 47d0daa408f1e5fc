"""``thioflow mtp take``: the potential of a study, and its data, as files."""

from pathlib import Path
from typing import Annotated

import typer

from workflows.cli.data import StudyName
from workflows.cli.options import Store
from workflows.cli.potential_options import Force


def take(
    study: StudyName,
    *,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="Potential to write, .mtp.", show_default=False),
    ],
    force: Force = False,
    store: Store = None,
) -> None:
    """
    Write the potential of a study, its active set, its training set and its held-out set.

    With -o NAME.mtp they are NAME.mtp, NAME.active.npz, NAME.training.extxyz, NAME.test.extxyz.
    """
    from workflows.output_files import require_free
    from workflows.potential_file import files_of, write_stored_potential
    from workflows.study_run import open_results

    results = open_results(store)
    potential = results.potential(study)
    known = {"training": potential.training, "test": potential.test}
    sets = {what: results.dataset(errors.dataset) for what, errors in known.items() if errors}
    files = files_of(output, sets)
    require_free(files.values(), force=force)
    write_stored_potential(output, potential, sets)
    for what, path in files.items():
        count = f" ({sets[what].n_configurations} configurations)" if what in sets else ""
        typer.echo(f"{what}: {path}{count}")
    for warning in potential.warnings:
        typer.echo(f"warning: {warning}", err=True)
