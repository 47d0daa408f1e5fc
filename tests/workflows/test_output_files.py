"""Files that may be written, and those that may not."""

from pathlib import Path

import pytest

from physics.errors import InputError
from workflows.output_files import require_free


def test_files_are_not_replaced_unasked(workspace: Path) -> None:
    Path("a").touch()
    Path("folder").mkdir()
    require_free([Path("b")], force=False)
    require_free([Path("a")], force=True)
    for path, message in (("a", "exists already"), ("folder", "a folder"), ("no/b", "no folder")):
        with pytest.raises(InputError, match=message):
            require_free([Path(path)], force=False)
