"""Jobs that the tests of the local runner hand to worker processes."""

import ctypes
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobflow import (
    CURRENT_JOB,
    Flow,
    Job,
    JobConfig,
    JobOrder,
    JobStore,
    Maker,
    OnMissing,
    Response,
    job,
)


def count(side: str, name: str) -> None:
    """Append a line to the side file, which counts executions."""
    if side:
        descriptor = os.open(side, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, f"{name}\n".encode())
        os.close(descriptor)


@job
def add(a: Any, b: Any = 1, side: str = "", name: str = "", pause: float = 0.0) -> Any:
    count(side, name)
    time.sleep(pause)
    return a + b


@job
def total(*numbers: Any) -> Any:
    return sum(n for n in numbers if n is not None)


@job(config=JobConfig(on_missing_references=OnMissing.NONE))
def tolerant_total(*numbers: Any) -> Any:
    return [n is None for n in numbers], sum(n for n in numbers if n is not None)


@job
def fail(*_: Any) -> Any:
    raise RuntimeError("as asked")


@job
def countdown(n: int, side: str = "", seen: Any = ()) -> Any:
    count(side, f"countdown {n}")
    if n == 0:
        return {"seen": list(seen)}
    return Response(output=n, replace=countdown(n - 1, side, [*seen, n]))


def named(made: Any, name: str) -> Any:
    """Give a job or flow a name."""
    made.name = name
    return made


@job
def replace_with_flow(a: Any, broken: bool = False, output: bool = True) -> Any:
    first = named(add(a, 10), "inner first")
    middle = named(fail(first.output) if broken else add(first.output, 100), "inner middle")
    last = named(tolerant_total(first.output, middle.output), "inner last")
    return Response(
        output=-1,
        replace=Flow([last, middle, first], output=last.output if output else None),
    )


@job
def detour(a: Any, broken: bool = False) -> Any:
    side_job = named(fail(a) if broken else add(a, 1000), "detoured")
    return Response(output=a, detour=side_job)


@job
def addition(a: Any, broken: bool = False) -> Any:
    side_job = named(fail(a) if broken else add(a, 1000), "added")
    return Response(output=a, addition=side_job)


@job
def stop_children(a: Any) -> Any:
    return Response(output=a, stop_children=True)


@job
def stop_jobflow(a: Any) -> Any:
    return Response(output=a, stop_jobflow=True)


@job(data="big")
def big_output(n: int) -> Any:
    return {"big": list(range(n)), "small": n}


@job
def talk(word: str) -> Any:
    print(word, "from print")
    print(word, "from stderr", file=sys.stderr)
    subprocess.run([sys.executable, "-c", f"print('{word} from a subprocess')"], check=True)
    os.write(1, f"{word} from the descriptor\n".encode())
    ctypes.CDLL(None).printf(f"{word} from the C library\n".encode())
    logging.getLogger("engine").info("%s from logging", word)
    return {
        "folder": str(Path.cwd()),
        "mode": os.environ.get("THIOFLOW_MODE"),
        "threads": os.environ.get("OMP_NUM_THREADS"),
    }


@job
def take_anything(given: Any) -> Any:
    return type(given).__name__


@job
def give_object() -> Any:
    return object()


class Plain:
    """Nothing that JSON could hold."""

    def method(self) -> Any:
        """Be the function of a job."""
        return 1


@job
def give_job_of_plain() -> Any:
    return Response(replace=Job(Plain().method))


@job
def give_job_of_lambda() -> Any:
    return Response(replace=Job(lambda: 1))


@job
def die(side: str = "", number: Any = signal.SIGKILL) -> Any:
    count(side, "die")
    os.kill(os.getpid(), number)


@job
def die_once(flag: str) -> Any:
    if not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


@job
def leave(status: int) -> Any:
    sys.exit(status)


@job
def exit_hard(status: int) -> Any:
    os._exit(status)


@job(data="big", config=JobConfig(expose_store=True))
def big_then_die(flag: str) -> Any:
    """Leave a large object without its document, as a worker killed in between would."""
    if not Path(flag).exists():
        Path(flag).touch()
        store = CURRENT_JOB.store.additional_stores["data"]
        current = CURRENT_JOB.job
        blob = {"blob_uuid": "lost", "job_uuid": current.uuid, "job_index": current.index}
        store.update({**blob, "data": [1, 2, 3]}, key="blob_uuid")
        os.kill(os.getpid(), signal.SIGKILL)
    return {"big": [1, 2, 3]}


@job
def bring(way: str, a: Any, side: str = "", name: str = "", pause: float = 0.0) -> Any:
    """Bring a short flow by a replacement, detour or addition."""
    count(side, name)
    first = named(add(1, 1, side, f"{way} 1", pause), f"{way} 1")
    second = named(add(first.output, 1, side, f"{way} 2", pause), f"{way} 2")
    return Response(output=a, **{way: Flow([first, second], output=second.output)})


@job
def engine(pidfile: str, seconds: float = 60.0) -> Any:
    """Run a subprocess, as an engine would be, and note both process ids."""
    child = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})"])
    Path(pidfile).write_text(f"{os.getpid()} {child.pid}")
    child.wait()


@job
def fail_unless(flag: str, a: Any = 0, side: str = "") -> Any:
    if not Path(flag).exists():
        raise RuntimeError(f"no {flag}")
    count(side, "gate")
    return a + 1


@job
def replace_with_gate(a: Any, flag: str, side: str = "") -> Any:
    gate = fail_unless(flag, a, side)
    return Response(replace=Flow(gate, output=gate.output))


@dataclass
class ScaleMaker(Maker):
    """Scale the volume of a structure."""

    name: str = "scale"
    factor: float = 2.0

    @job
    def make(self, structure: Any) -> Any:
        """Make the scaled structure."""
        scaled = structure.copy()
        scaled.scale_lattice(structure.volume * self.factor)
        return scaled


@job
def behave(plan: dict[str, Any], *inputs: Any) -> Any:
    """Do what the plan says: `does`, and a list of parts to bring for each way of bringing."""
    value = 1 + sum(number for number in inputs if number is not None)
    if plan["does"] == "fail":
        raise RuntimeError(plan["name"])
    brought = {
        way: build(plan[way], output=way == "replace" and plan["keep"])
        for way in ("replace", "detour", "addition")
        if plan[way]
    }
    stops = plan["does"].startswith("stop") and {plan["does"]: True}
    return Response(output=value, **brought, **(stops or {}))


def build(parts: list[dict[str, Any]], output: bool = False) -> Flow:
    """Make a flow of plans; `parents` of a part are positions of parts before it."""
    jobs = []
    for part in parts:
        made = named(behave(part, *(jobs[i].output for i in part["parents"])), part["name"])
        if part["tolerant"]:
            made.config = JobConfig(on_missing_references=OnMissing.NONE)
        jobs.append(made)
    half = len(jobs) // 2
    inner = [Flow(jobs[:half])] if half and parts[0]["nested"] else jobs[:half]
    order = JobOrder.LINEAR if parts[0]["linear"] else JobOrder.AUTO
    return Flow([*inner, *jobs[half:]], output=jobs[-1].output if output else None, order=order)


def documents(store: JobStore, criteria: Any = None) -> dict[Any, Any]:
    """Collect name, metadata and output by job and index, with names in place of uuids."""
    docs = sorted(store.query(criteria, load=True), key=lambda doc: doc["index"])
    names = {}
    for doc in docs:
        names.setdefault(doc["uuid"], doc["name"])
    outputs = {}
    for doc in docs:
        text = json.dumps(doc["output"], sort_keys=True)
        for uuid, name in names.items():
            text = text.replace(uuid, name)
        text = re.sub(r'"blob_uuid": "[^"]*"', "", text)
        text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "of a failed job", text)
        key = (names[doc["uuid"]], doc["index"])
        assert key not in outputs, f"{key} is stored twice"
        outputs[key] = (doc["name"], doc["metadata"], text)
    return outputs
