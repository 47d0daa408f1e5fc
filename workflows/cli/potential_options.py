"""What the verbs of ``thioflow mtp`` share."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from workflows.cli.data import TableFormat

Potential = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="Potential, .mtp.", show_default=False)
]
Labelled = Annotated[
    list[Path],
    typer.Argument(
        exists=True,
        dir_okay=False,
        help="Files of configurations with energies, and mostly forces and stresses: extended XYZ, "
        "vasprun.xml, OUTCAR, whatever ASE reads, or .cfg of MLIP.",
        show_default=False,
    ),
]
Species = Annotated[
    str | None,
    typer.Option(
        help="Elements in the order of the types, such as Li,P,S, for files of MLIP, which number "
        "them.",
        show_default=False,
    ),
]
Format = Annotated[TableFormat, typer.Option("--format", help="How to print.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist.")]


def symbols_of(species: str | None) -> list[str] | None:
    """
    Read a list of elements.

    Parameters
    ----------
    species : str or None
        Separated by commas.

    Returns
    -------
    list of str or None
        Chemical symbols.
    """
    return [symbol.strip() for symbol in species.split(",")] if species else None


@contextmanager
def warnings_told() -> Iterator[None]:
    """Print warnings of thioflow as lines for the user, at the end; those of packages are not."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            yield
        finally:
            ours = [w for w in caught if "site-packages" not in Path(w.filename).parts]
            for text in dict.fromkeys(str(warning.message) for warning in ours):
                typer.secho(f"Warning: {text}", fg=typer.colors.YELLOW, err=True)
