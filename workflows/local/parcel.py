"""Jobs as text, and the messages in which they travel between the runner and its workers."""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobflow import Flow, Job, OnMissing, Response
from jobflow.core.reference import find_and_get_references
from monty.json import MontyDecoder, MontyEncoder

from physics.errors import InputError
from workflows.local.schedule import Stop

JSON_REMEDY = (
    "The inputs of a job must be numbers, text, lists, dictionaries or MSONable objects, and its "
    "function one of a module, a class method or a method of a MSONable Maker."
)


@dataclass(frozen=True)
class Parcel:
    """
    One job of a flow, packed.

    Parameters
    ----------
    uuid, index, name
        The job's own, as in the job store.
    strict
        Whether a failed parent blocks the job; False where the job takes missing references.
    parents
        Positions, in the packed flow, of the jobs that this one waits for.
    reads
        Those of them whose outputs it takes; the others only come first.
    text
        The job as JSON.
    """

    uuid: str
    index: int
    name: str
    strict: bool
    parents: tuple[int, ...]
    reads: tuple[int, ...]
    text: str


@dataclass(frozen=True)
class Setup:
    """
    What a worker is told first.

    Parameters
    ----------
    path : list of str
        Where modules are imported from, as in the runner.
    store : dict
        The job store as a dictionary.
    """

    path: list[str]
    store: dict[str, Any]


@dataclass(frozen=True)
class Task:
    """
    A job to run.

    Parameters
    ----------
    text : str
        The job as JSON.
    directory : Path
        Its folder, to be made.
    again : bool
        Whether an earlier attempt may have left something in the store.
    """

    text: str
    directory: Path
    again: bool


@dataclass(frozen=True)
class Outcome:
    """
    How a job ended.

    Parameters
    ----------
    error : str or None
        The exception, without its traceback; None if the job is done and its output stored.
    stop : Stop
        What its response stops.
    awaited, added : list of list of Parcel
        The flows that its response brought: replacement and detour, and addition.
    passed_on : tuple of str
        Uuids of the jobs whose outputs are part of its own (see `passed_on`).
    """

    error: str | None = None
    stop: Stop = Stop.NOTHING
    awaited: tuple[list[Parcel], ...] = ()
    added: tuple[list[Parcel], ...] = ()
    passed_on: tuple[str, ...] = ()


def pack(flow: Flow) -> list[Parcel]:
    """
    Pack the jobs of a flow, parents before children.

    Parameters
    ----------
    flow
        A flow whose references are complete (see `jobflow.core.flow.get_flow`).

    Returns
    -------
    list of Parcel
        One per job, nested flows unfolded, in the order of `Flow.iterflow`.

    Raises
    ------
    InputError
        If a job has no JSON form, or another process could not import what it calls.
    """
    position: dict[str, int] = {}
    parcels: list[Parcel] = []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Some jobs are not connected")
        for job, parents in flow.iterflow():
            position[job.uuid] = len(parcels)
            inputs = set(job.input_uuids)
            parcels.append(
                Parcel(
                    uuid=job.uuid,
                    index=job.index,
                    name=job.name,
                    strict=job.config.on_missing_references == OnMissing.ERROR,
                    parents=tuple(position[uuid] for uuid in parents),
                    reads=tuple(position[uuid] for uuid in parents if uuid in inputs),
                    text=_to_text(job),
                )
            )
    return parcels


def unpack(text: str) -> Job:
    """
    Restore a job from its JSON.

    Parameters
    ----------
    text
        `Parcel.text`.

    Returns
    -------
    Job
        The job, with Makers, structures and references as objects again.
    """
    return MontyDecoder().process_decoded(json.loads(text))


def passed_on(job: Job, response: Response) -> tuple[str, ...]:
    """
    Find the jobs whose outputs a job passes on by reference, though they may have failed.

    So does the job by which jobflow gives the output of a flow to the job that it replaced. Who
    reads such an output reads the ones that it refers to.

    Parameters
    ----------
    job
        A job that was run.
    response
        Its response.

    Returns
    -------
    tuple of str
        Their uuids. None for jobs that do not start after a failure, nor where a replacement
        will give the output.
    """
    if job.config.on_missing_references == OnMissing.ERROR or response.replace is not None:
        return ()
    return tuple({reference.uuid for reference in find_and_get_references(response.output)})


def _to_text(job: Job) -> str:
    try:
        content = job.as_dict()
        text = json.dumps(content, cls=MontyEncoder)
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"job {job.name!r} cannot be written as JSON: {error}. {JSON_REMEDY}"
        ) from error
    called = _name_of(content["function"])
    if "<" in called or '"@module": "__main__"' in text:
        raise InputError(
            f"job {job.name!r} calls {called}: worker processes can only import functions and "
            "classes of modules. Given was a lambda, a function inside a function, or something "
            "of the script itself; move it to the top level of an importable module."
        )
    return text


def _name_of(function: dict[str, Any]) -> str:
    return f"{function['@module']}.{function['@callable']}"
