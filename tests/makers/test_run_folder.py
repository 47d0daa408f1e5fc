"""Folders of runs: who finds which, and who leaves which alone."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from makers.run_folder import claim, run_folder
from physics.errors import InputError

NAME = "dynamics-0123"

Attempt = Callable[[str], Path]


@pytest.fixture
def attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attempt:
    """Go to the folder of an attempt, which is made if it is not there."""

    def go(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        return folder

    return go


def used(name: str = NAME) -> Path:
    """Give the folder that a run from here gets."""
    with run_folder(name) as folder:
        assert folder.is_dir()
        return folder


def test_later_attempts_go_on_where_the_first_was(attempt: Attempt) -> None:
    first = attempt("0001-md")
    assert used() == first / NAME
    assert used() == first / NAME
    attempt("0001-md.2")
    assert used() == first / NAME
    assert not Path(NAME).exists()


def test_other_runs_have_other_folders(attempt: Attempt) -> None:
    attempt("1")
    used()
    second = attempt("2")
    assert used("dynamics-4567") == second / "dynamics-4567"


def test_of_several_the_one_that_was_written_last_is_taken(attempt: Attempt) -> None:
    folders = [attempt(name) / NAME for name in "123"]
    for folder, time in zip(folders, (100, 300, 200), strict=True):
        folder.mkdir()
        os.utime(folder, (time, time))
    attempt("4")
    assert used() == folders[1]


def test_a_folder_at_work_is_left_alone_until_the_work_ends(attempt: Attempt) -> None:
    first = attempt("1")
    with run_folder(NAME):
        with pytest.raises(RuntimeError, match="another process"):
            used()
        second = attempt("2")
        assert used() == second / NAME
    attempt("3")
    os.utime(first / NAME)
    assert used() == first / NAME


def test_a_failure_gives_the_folder_free(attempt: Attempt) -> None:
    first = attempt("1")
    with pytest.raises(ZeroDivisionError), run_folder(NAME):
        raise ZeroDivisionError
    attempt("2")
    assert used() == first / NAME


def test_a_folder_belongs_to_one_run(tmp_path: Path) -> None:
    for _ in range(2):
        claim(tmp_path, "this")
    with pytest.raises(InputError, match="choose another folder"):
        claim(tmp_path, "another")
