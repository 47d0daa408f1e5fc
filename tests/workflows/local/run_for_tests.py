"""A runner in a process of its own, for tests that kill it: ``run_for_tests.py FOLDER CASE``."""

import sys
from pathlib import Path

import jobs_for_tests as jobs
from jobflow import Flow

from stores.jobstore import open_job_store
from workflows.local.runner import run_flow


def mixed(side: str, pause: float) -> Flow:
    """Return a flow of all kinds of jobs, which count their executions in the side file."""

    def add(name: str, a: object, b: object = 1) -> object:
        return jobs.named(jobs.add(a, b, side, name, pause), name)

    roots = [add(f"root {i}", i) for i in range(6)]
    chains = [add(f"chain {i}", roots[i].output, roots[i - 1].output) for i in range(6)]
    loop = jobs.named(jobs.countdown(8, side), "loop")
    ends = [
        add("end", chains[0].output, chains[1].output),
        add("after the loop", loop.output["seen"][2]),
    ]
    brought = [
        jobs.named(jobs.bring(way, chains[i].output, side, way, pause), way)
        for i, way in enumerate(["replace", "detour", "addition"])
    ]
    afters = [add(f"after {made.name}", made.output) for made in brought]
    return Flow([*roots, *chains, loop, *ends, *brought, *afters])


CASES = {
    "mixed": lambda folder: mixed(str(folder / "side"), 0.02),
    "engine": lambda folder: jobs.engine(str(folder / "pids")),
}


def main() -> None:
    """Run a case, or continue it."""
    folder, case = Path(sys.argv[1]), sys.argv[2]
    path = folder / "store.sqlite"
    summary = run_flow(
        CASES[case](folder),
        run="test",
        store=open_job_store(path),
        ledger=path,
        root=folder / "runs",
        workers=2,
        on_event=lambda event: print(event.kind, event.node.name, flush=True),
    )
    print("finished" if summary.succeeded else "failed", flush=True)


if __name__ == "__main__":
    main()
