"""Settings: environment before file before defaults, nothing unknown."""

from pathlib import Path

import pytest

from physics.errors import InputError
from stores.settings import get_settings


def test_defaults(workspace: Path) -> None:
    settings = get_settings()
    assert settings.mode == "run"
    assert settings.store == Path("thioflow.sqlite")


def test_environment_goes_before_the_file(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workspace / "thioflow.yaml").write_text("workers: 3\nmode: record\n")
    monkeypatch.setenv("THIOFLOW_WORKERS", "5")
    settings = get_settings()
    assert (settings.workers, settings.mode) == (5, "record")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mode: relpay\n", "mode"),
        ("workres: 3\n", "workres"),
        ("workers: 0\n", "workers"),
        ("workers: [\n", "thioflow.yaml"),
        ("just words\n", "thioflow.yaml"),
    ],
)
def test_a_wrong_file_is_refused(workspace: Path, text: str, said: str) -> None:
    (workspace / "thioflow.yaml").write_text(text)
    with pytest.raises(InputError, match=said):
        get_settings()


def test_a_wrong_variable_is_refused(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THIOFLOW_MODE", "fast")
    with pytest.raises(InputError, match="'run', 'record' or 'replay'"):
        get_settings()


def test_an_unknown_variable_is_refused_with_the_nearest(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THIOFLOW_WORKRES", "2")
    with pytest.raises(InputError, match="did you mean THIOFLOW_WORKERS"):
        get_settings()
