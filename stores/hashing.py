"""Hashes of inputs that are the same on every machine."""

import hashlib
import json
import math
from typing import Any

import numpy as np
from monty.json import jsanitize
from pymatgen.core import Structure

GRID = 1e-6
# Off the decimal grid, so that no number written with a few decimals sits on a rounding boundary.
_OFFSET = 0.2718281828

VOLATILE_KEYS = frozenset({"@version", "name", "tags", "uuid", "dir_name", "directory", "prev_dir"})


def input_hash(function: str, settings: Any, **inputs: Any) -> str:
    """
    Hash what determines the output of a job.

    Parameters
    ----------
    function : str
        Qualified name of what is called.
    settings : MSONable or JSON-like
        The Maker or its parameters. Floats count exactly: they were typed, not computed.
    **inputs
        Resolved inputs. Floats count to 1e-6 (Å for coordinates, the unit of the value
        otherwise), so that the last bits of another machine's arithmetic do not matter.

    Returns
    -------
    str
        32 hexadecimal digits. Names, tags, versions and folders do not enter.

    Raises
    ------
    ValueError
        If an input is NaN or infinite.
    """
    determined_by = {
        "function": function,
        "settings": _without_volatile(jsanitize(settings, strict=True, enum_values=True)),
        "inputs": {name: _canonical(value) for name, value in inputs.items()},
    }
    text = json.dumps(determined_by, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _without_volatile(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_volatile(v) for k, v in value.items() if k not in VOLATILE_KEYS}
    if isinstance(value, list):
        return [_without_volatile(v) for v in value]
    return value


def _canonical(value: Any) -> Any:
    """Reduce a value to strings and integers, floats as grid numbers."""
    if isinstance(value, Structure):
        value = {
            "lattice": value.lattice.matrix,
            "species": [site.species_string for site in value],
            "coordinates": value.frac_coords,
            "properties": value.site_properties,
        }
    elif isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    elif not isinstance(value, dict | list | tuple | str | int | float | None):
        value = jsanitize(value, strict=True, enum_values=True)
    if isinstance(value, float):
        return math.floor(value / GRID + _OFFSET)
    if isinstance(value, dict):
        return {str(k): _canonical(v) for k, v in value.items() if k not in VOLATILE_KEYS}
    if isinstance(value, list | tuple):
        return [_canonical(v) for v in value]
    return value
