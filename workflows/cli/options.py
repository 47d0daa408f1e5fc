"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

StudyFile = Annotated[Path, typer.Argument(help="Study file (YAML).", show_default=False)]
Store = Annotated[
    Path | None,
    typer.Option(help="SQLite file of the store [default: setting store, thioflow.sqlite]."),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Worker processes [default: setting workers, one a core]."),
]
