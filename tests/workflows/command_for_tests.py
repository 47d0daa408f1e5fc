"""The command as a user calls it."""

import os
import subprocess
import sys
from pathlib import Path

THIOFLOW = str(Path(sys.executable).parent / "thioflow")


def thioflow(
    folder: Path, *arguments: str | Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [THIOFLOW, *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"COLUMNS": "200", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
