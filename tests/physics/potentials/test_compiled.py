"""Generated source: imported once, kept, and usable where nothing can be kept."""

from pathlib import Path

import pytest

from physics.potentials.compiled import import_source


def test_the_same_source_is_the_same_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    module = import_source("ANSWER = 41 + 1\n")
    assert module.ANSWER == 42
    assert import_source("ANSWER = 41 + 1\n") is module
    assert import_source("ANSWER = 7\n").ANSWER == 7
    kept = sorted((tmp_path / "thioflow").glob("*.py"))
    assert len(kept) == 2
    assert module.__file__ in map(str, kept)


def test_machine_code_of_another_version_of_an_imported_module_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "thioflow_part.py").write_text("ANSWER = 1\n")
    source = "from thioflow_part import ANSWER\n"
    first = import_source(source)
    (tmp_path / "thioflow_part.py").write_text("ANSWER = 2\n")
    assert import_source(source) is not first
    assert len(list((tmp_path / "thioflow").glob("*.py"))) == 2


def test_a_cache_that_cannot_be_written_to_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert import_source("ANSWER = 'no cache'\n").ANSWER == "no cache"
