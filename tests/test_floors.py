"""The house stands: no import runs upward."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ["physics", "stores", "makers", "workflows"]
NEVER = {
    "physics": {"jobflow", "maggma", "fireworks", "atomate2", "rich", "typer", "pydantic_settings"},
    "stores": {"atomate2", "typer", "rich"},
    "makers": {"stores.builders", "stores.results", "typer", "rich"},
    "workflows": set(),
}
MODULES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names.update([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_runs_upward(path: Path) -> None:
    floor = path.relative_to(ROOT).parts[0]
    forbidden = set(FLOORS[FLOORS.index(floor) + 1 :]) | NEVER[floor]
    upward = {
        name
        for name in imported(path)
        if any(name == room or name.startswith(f"{room}.") for room in forbidden)
    }
    assert not upward, f"{path} imports {upward}"


def test_physics_prints_nothing() -> None:
    printing = [
        path
        for path in MODULES
        if path.relative_to(ROOT).parts[0] == "physics"
        and any(
            isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
            for node in ast.walk(ast.parse(path.read_text()))
        )
    ]
    assert not printing
