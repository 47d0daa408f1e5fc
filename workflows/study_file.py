"""Reading what a user wrote: YAML with line numbers in every error, and structure files."""

import difflib
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pymatgen.core import Structure
from yaml.nodes import MappingNode, Node, SequenceNode

from physics.errors import InputError

M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]


def read_yaml(path: Path) -> tuple[dict[str, Any], dict[Location, int]]:
    """
    Read a YAML mapping and the line of each of its keys.

    Parameters
    ----------
    path : Path
        YAML file.

    Returns
    -------
    content : dict
        The mapping.
    lines : dict
        Line number, from 1, by location in the mapping.

    Raises
    ------
    InputError
        If the file is missing or is not a YAML mapping, or if a key stands twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the study file {path}: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise InputError(
            f"{path}, line {line}: not valid YAML: {error.problem}; correct that line"
        ) from None
    if not isinstance(root, MappingNode):
        raise InputError(
            f"{path}: expected keys and values such as 'name: my-study'; see docs/studies.md"
        )
    lines: dict[Location, int] = {}
    _number(root, (), path, lines)
    return yaml.safe_load(text), lines


def _number(node: Node, location: Location, path: Path, lines: dict[Location, int]) -> None:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            here = (*location, key.value)
            line = key.start_mark.line + 1
            if here in lines:
                raise InputError(
                    f"{path}, line {line}: key '{key.value}' stands already in line "
                    f"{lines[here]}; keep one of them"
                )
            lines[here] = line
            _number(value, here, path, lines)
    elif isinstance(node, SequenceNode):
        for index, value in enumerate(node.value):
            lines[*location, index] = value.start_mark.line + 1
            _number(value, (*location, index), path, lines)


def validated(model: type[M], content: dict[str, Any], path: Path, lines: dict[Location, int]) -> M:
    """
    Validate the content of a file against a model.

    Parameters
    ----------
    model : type of BaseModel
        What the content should be.
    content : dict
        The content.
    path : Path
        File it came from.
    lines : dict
        Line number by location, from `read_yaml`.

    Returns
    -------
    BaseModel
        The validated model.

    Raises
    ------
    InputError
        With one line for each fault: file, line, key, what is wrong, and for an unknown key the
        nearest valid one.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = [_fault(model, fault, path, lines) for fault in error.errors()]
        raise InputError("\n".join(faults)) from None


def _fault(model: type[BaseModel], fault: Any, path: Path, lines: dict[Location, int]) -> str:
    location: Location = tuple(part for part in fault["loc"] if part != "[key]")
    line = next(
        (lines[location[:n]] for n in range(len(location), 0, -1) if location[:n] in lines), 1
    )
    where = f"{path}, line {line}"
    key = ".".join(map(str, location))
    if fault["type"] == "extra_forbidden":
        valid = _fields_at(model, location[:-1])
        near = difflib.get_close_matches(str(location[-1]), valid, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        return f"{where}: unknown key '{key}': {hint}valid keys here: {', '.join(valid)}"
    if fault["type"] == "missing":
        return f"{where}: key '{key}' is missing"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "value_error":
        return f"{where}: {f'{key}: ' if key else ''}{message}"
    return f"{where}: {key}: {message}, given {fault['input']!r}"


def _fields_at(model: type[BaseModel], location: Location) -> list[str]:
    """List the fields of the model that stands at a location of another model."""
    schema: dict[str, Any] = model.model_json_schema()
    definitions = schema.get("$defs", {})
    for part in map(str, location):
        named: dict[str, Any] = schema.get("properties") or schema.get("patternProperties", {})
        if "items" in schema:
            schema = schema["items"]
        else:
            schema = named[part] if part in named else next(iter(named.values()))
        for choice in [schema, *schema.get("anyOf", [])]:
            if "$ref" in choice:
                schema = definitions[choice["$ref"].rsplit("/", 1)[1]]
                break
    return list(schema.get("properties", {}))


def read_structure(path: Path) -> Structure:
    """
    Read an ordered crystal structure.

    Parameters
    ----------
    path : Path
        Any format that pymatgen knows by its name: CIF, POSCAR, JSON ...

    Returns
    -------
    Structure
        The structure, lengths in Å, without oxidation states and site properties.

    Raises
    ------
    InputError
        If the file is missing or unreadable, or if a site is partially occupied.
    """
    if not path.is_file():
        raise InputError(f"structure file {path} does not exist; correct 'structure' in the study")
    try:
        structure = Structure.from_file(path)
    except Exception as error:  # noqa: BLE001 - each of pymatgen's parsers raises errors of its own
        raise InputError(
            f"cannot read a structure from {path} ({type(error).__name__}: {error}); expected a "
            f"CIF, POSCAR or another format that pymatgen reads"
        ) from None
    disordered = [site for site in structure if not site.is_ordered]
    if disordered:
        raise InputError(
            f"{path}: {len(disordered)} of {len(structure)} sites are partially occupied, the "
            f"first is {disordered[0].species_string}; expected an ordered structure: choose an "
            f"ordering first, for example with pymatgen's OrderDisorderedStructureTransformation"
        )
    elements = [site.specie.symbol for site in structure]
    return Structure(structure.lattice, elements, structure.frac_coords)
