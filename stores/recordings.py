"""Mock mode: outputs of engine jobs, kept under the hash of their inputs and given back."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from monty.json import MontyDecoder, jsanitize
from pydantic import ValidationError

from physics.errors import InputError
from stores.documents import Document
from stores.settings import Settings, get_settings

LOCAL_FIELDS = {"mode", "directory"}

TRAJECTORIES = {"trajectory": ".h5md", "extrapolating": ".extrapolating.h5md"}
"""Fields of documents that describe trajectories, and what their copies end in."""

Output = TypeVar("Output", bound=Document)


def recorded(compute: Callable[[], Output], key: str, name: str, schema: type[Output]) -> Output:
    """
    Compute, record or replay the output of one engine job, as ``THIOFLOW_MODE`` says.

    Runs inside the job, so it acts in the local runner and in any other manager alike. A replayed
    document has ``mode="replay"`` and the current folder as its directory; its trajectories are the
    copies among the recordings.

    Parameters
    ----------
    compute : callable
        Runs the engine and returns the document; not called in replay.
    key : str
        Hash of the inputs, from `stores.hashing.input_hash`.
    name : str
        Name of the job, for messages and as a label of the file.
    schema : type of Document
        Class of the output.

    Returns
    -------
    Document
        The output of the job.

    Raises
    ------
    InputError
        In replay, if there is no usable recording of this job.
    """
    settings = get_settings()
    if settings.mode == "replay":
        return _load(key, name, settings, schema)
    document = compute()
    if settings.mode == "record":
        _save(document, key, name, settings)
    return document


def _path(key: str, settings: Settings) -> Path:
    return settings.recordings.resolve() / f"{key}.json"


def _load(key: str, name: str, settings: Settings, schema: type[Output]) -> Output:
    path = _path(key, settings)
    try:
        stored = json.loads(path.read_text())["output"]
        here = {"mode": "replay", "directory": str(Path.cwd())}
        here = {name: here[name] for name in LOCAL_FIELDS & schema.model_fields.keys()}
        for part in TRAJECTORIES:
            if stored.get(part):
                stored[part]["path"] = str(_trajectory(path, part))
        return schema.from_stored(MontyDecoder().process_decoded(stored | here))
    except FileNotFoundError:
        raise InputError(
            f"no recording of job '{name}' with these inputs: {path} does not exist. Record it "
            f"where the engine is installed: THIOFLOW_MODE=record "
            f"THIOFLOW_RECORDINGS={settings.recordings} thioflow study run <study.yaml>."
        ) from None
    except (json.JSONDecodeError, KeyError, TypeError, ValidationError) as error:
        raise InputError(
            f"the recording of job '{name}', {path}, cannot be read ({error}). Delete it and "
            f"record it again with THIOFLOW_MODE=record."
        ) from error


def _save(document: Document, key: str, name: str, settings: Settings) -> None:
    path = _path(key, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    output: dict[str, Any] = jsanitize(document.model_dump(exclude=LOCAL_FIELDS), strict=True)
    for part in TRAJECTORIES:
        if output.get(part):
            copy = _trajectory(path, part)
            shutil.copy(output[part]["path"], copy)
            output[part]["path"] = copy.name
    temporary = path.with_suffix(f".{os.getpid()}.part")
    temporary.write_text(json.dumps({"job": name, "output": output}) + "\n")
    temporary.replace(path)


def _trajectory(path: Path, part: str) -> Path:
    """Give the place of a trajectory beside the recording of its job."""
    return path.with_suffix(TRAJECTORIES[part])
