"""Jobs that the tests of the local runner hand to worker processes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from jobflow import Flow, JobConfig, JobOrder, Maker, OnMissing, Response, job


def count(side: str, name: str) -> None:
    """Append a line to the side file, which counts executions."""
    if side:
        descriptor = os.open(side, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, f"{name}\n".encode())
        os.close(descriptor)


@job
def add(a, b=1, side="", name="", pause=0.0):
    count(side, name)
    time.sleep(pause)
    return a + b


@job
def total(*numbers):
    return sum(n for n in numbers if n is not None)


@job(config=JobConfig(on_missing_references=OnMissing.NONE))
def tolerant_total(*numbers):
    return [n is None for n in numbers], sum(n for n in numbers if n is not None)


@job
def fail(*_):
    raise RuntimeError("as asked")


@job
def countdown(n, side="", seen=()):
    count(side, f"countdown {n}")
    if n == 0:
        return {"seen": list(seen)}
    return Response(output=n, replace=countdown(n - 1, side, [*seen, n]))


def named(made, name):
    """Give a job or flow a name."""
    made.name = name
    return made


@job
def replace_with_flow(a, broken=False, output=True):
    first = named(add(a, 10), "inner first")
    middle = named(fail(first.output) if broken else add(first.output, 100), "inner middle")
    last = named(tolerant_total(first.output, middle.output), "inner last")
    return Response(
        output=-1,
        replace=Flow([last, middle, first], output=last.output if output else None),
    )


@job
def detour(a, broken=False):
    side_job = named(fail(a) if broken else add(a, 1000), "detoured")
    return Response(output=a, detour=side_job)


@job
def addition(a, broken=False):
    side_job = named(fail(a) if broken else add(a, 1000), "added")
    return Response(output=a, addition=side_job)


@job
def stop_children(a):
    return Response(output=a, stop_children=True)


@job
def stop_jobflow(a):
    return Response(output=a, stop_jobflow=True)


@job(data="big")
def big_output(n):
    return {"big": list(range(n)), "small": n}


@job
def talk():
    print("from print")
    print("from stderr", file=sys.stderr)
    subprocess.run([sys.executable, "-c", "print('from a subprocess')"], check=True)
    os.write(1, b"from the descriptor\n")
    return {"cwd": os.getcwd(), "pid": os.getpid(), "mode": os.environ.get("THIOFLOW_MODE"),
            "threads": os.environ.get("OMP_NUM_THREADS")}


@job
def die(side="", number=signal.SIGKILL):
    count(side, "die")
    os.kill(os.getpid(), number)


@job
def die_once(flag):
    if not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


@job
def leave(status):
    sys.exit(status)


@job
def engine(pidfile, seconds=60.0):
    """Run a subprocess, as an engine would be, and note both process ids."""
    child = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})"])
    Path(pidfile).write_text(f"{os.getpid()} {child.pid}")
    child.wait()


@job
def fail_unless(flag, a=0):
    if not Path(flag).exists():
        raise RuntimeError(f"no {flag}")
    return a + 1


@dataclass
class ScaleMaker(Maker):
    name: str = "scale"
    factor: float = 2.0

    @job
    def make(self, structure):
        return structure.copy().scale_lattice(structure.volume * self.factor)


def flow_of_replacements(depth):
    """Return a job that another one needs and that is replaced `depth` times."""
    loop = named(countdown(depth), "loop")
    return Flow([loop, named(total(loop.output["seen"][0]), "after")])


@job
def behave(plan, *inputs):
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


def build(parts, output=False):
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


def documents(store):
    """Collect the outputs by name of the job and index, with names in place of uuids."""
    docs = sorted(store.query(load=True), key=lambda doc: doc["index"])
    names = {}
    for doc in docs:
        names.setdefault(doc["uuid"], doc["name"])
    outputs = {}
    for doc in docs:
        text = json.dumps(doc["output"], sort_keys=True)
        for uuid, name in names.items():
            text = text.replace(uuid, name)
        text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "of a failed job", text)
        key = (names[doc["uuid"]], doc["index"])
        assert key not in outputs, f"{key} is stored twice"
        outputs[key] = (doc["name"], text)
    return outputs
