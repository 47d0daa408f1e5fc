"""The local runner on worker processes: same results as `run_locally`, and where things go."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jobs_for_tests as jobs
import pytest
from atomate2.ase.jobs import LennardJonesRelaxMaker, LennardJonesStaticMaker
from jobflow import Flow, Job, JobConfig, JobOrder, JobStore, OnMissing, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Structure

from physics.errors import InputError
from stores.jobstore import open_job_store
from workflows.local.events import Event
from workflows.local.runner import resume, run_flow
from workflows.local.schedule import State
from workflows.local.summary import Summary, status


def execute(flow: Any, folder: Path, workers: int = 2, **more: Any) -> Summary:
    path = folder / "store.sqlite"
    more = {"run": "test", "root": folder / "runs", "ledger": path, **more}
    return run_flow(flow, store=open_job_store(path), workers=workers, **more)


def stored(folder: Path) -> JobStore:
    store = open_job_store(folder / "store.sqlite")
    store.connect()
    return store


def output(folder: Path, made: Job) -> Any:
    return stored(folder).get_output(made.uuid, load=True)


def static() -> Flow:
    first = jobs.named(jobs.add(1, 2), "first")
    return Flow([first, jobs.named(jobs.add(first.output, 3), "second")])


def diamond() -> Flow:
    top = jobs.named(jobs.add(1, 2), "top")
    sides = [jobs.named(jobs.add(top.output, i), f"side {i}") for i in range(4)]
    return Flow([top, *sides, jobs.named(jobs.total(*(s.output for s in sides)), "bottom")])


def after(made: Job) -> Flow:
    return Flow([made, jobs.named(jobs.tolerant_total(made.output), "after")])


def nested() -> Flow:
    inner = static()
    outer = Flow([inner, jobs.named(jobs.add(inner.jobs[1].output, 1), "middle")])
    return Flow([outer, jobs.named(jobs.add(outer.jobs[1].output, 1), "outermost")])


def linear() -> Flow:
    steps = [jobs.add(1), jobs.fail(), jobs.add(2)]
    made = [jobs.named(step, f"step {i}") for i, step in enumerate(steps)]
    return Flow([Flow(made[:1]), *made[1:]], order=JobOrder.LINEAR)


def failing() -> Flow:
    bad = jobs.named(jobs.fail(), "bad")
    blocked = jobs.named(jobs.add(bad.output), "blocked")
    return Flow(
        [
            bad,
            blocked,
            jobs.named(jobs.add(blocked.output), "blocked too"),
            jobs.named(jobs.add(1), "sibling"),
            jobs.named(jobs.tolerant_total(blocked.output, 4), "tolerant"),
        ]
    )


def passing() -> Flow:
    bad = jobs.named(jobs.fail(), "bad")
    passed = jobs.named(jobs.take_anything(bad.output), "passed")
    passed.config = JobConfig(on_missing_references=OnMissing.PASS)
    return Flow([bad, passed])


def maker() -> Flow:
    crystal = Structure([[3, 0, 0], [0, 3, 0], [0, 0, 3]], ["Li"], [[0, 0, 0]])
    first = jobs.ScaleMaker(factor=2.0).make(crystal)
    first.update_metadata({"system": "lithium"})
    return Flow([first, jobs.ScaleMaker(name="again", factor=3.0).make(first.output)])


CASES = {
    "static": static,
    "diamond": diamond,
    "nested": nested,
    "linear": linear,
    "failing": failing,
    "passing": passing,
    "maker": maker,
    "loop": lambda: after(jobs.countdown(12)),
    "replace": lambda: after(jobs.replace_with_flow(1)),
    "replace without output": lambda: after(jobs.replace_with_flow(1, output=False)),
    "replace broken": lambda: after(jobs.replace_with_flow(1, broken=True)),
    "detour": lambda: after(jobs.detour(1)),
    "detour broken": lambda: after(jobs.detour(1, broken=True)),
    "addition": lambda: after(jobs.addition(1)),
    "addition broken": lambda: after(jobs.addition(1, broken=True)),
    "stop children": lambda: after(jobs.stop_children(1)),
    "data store": lambda: after(jobs.big_output(5)),
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, Any]]:
    """Documents of every case: of one run of the runner, and of `run_locally`."""
    found: list[dict[str, Any]] = []
    for runner in (True, False):
        flows = {name: case() for name, case in CASES.items()}
        whole = Flow(list(flows.values()))
        if runner:
            folder = tmp_path_factory.mktemp("run")
            execute(whole, folder, workers=3)
            store = stored(folder)
        else:
            store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
            store.connect()
            run_locally(whole, store=store, log=False)
        found.append(
            {name: jobs.documents(store, {"hosts": flow.uuid}) for name, flow in flows.items()}
        )
    return {name: (found[0][name], found[1][name]) for name in CASES}


@pytest.mark.parametrize("case", CASES)
def test_same_documents_as_run_locally(case: str, both: dict[str, tuple[Any, Any]]) -> None:
    of_runner, of_jobflow = both[case]
    assert of_jobflow
    assert of_runner == of_jobflow


def test_a_maker_of_atomate2(tmp_path: Path, argon: Structure) -> None:
    relax = LennardJonesRelaxMaker(relax_kwargs={"fmax": 0.01}).make(argon)
    static = LennardJonesStaticMaker().make(relax.output.structure)
    assert execute(Flow([relax, static]), tmp_path, workers=1).succeeded
    energies = [output(tmp_path, made)["output"]["energy"] for made in (relax, static)]
    assert energies[0] == pytest.approx(energies[1], abs=1e-6)


def test_stop_jobflow(tmp_path: Path) -> None:
    stopper = jobs.stop_jobflow(1)
    flow = Flow([stopper, *(jobs.add(stopper.output, i) for i in range(5))])
    summary = execute(flow, tmp_path)
    assert summary.counts[State.DONE] == 1
    assert summary.counts[State.CANCELLED] == 5
    assert summary.succeeded
    assert {trouble.error for trouble in summary.cancelled} == {"stopped by stop_jobflow"}
    assert [doc["name"] for doc in stored(tmp_path).query()] == ["stop_jobflow"]


def test_folder_log_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THIOFLOW_MODE", "replay")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    talk, quiet = jobs.talk("alpha"), jobs.add(1)
    bad = jobs.named(jobs.fail(quiet.output), "Fails: always!")
    before = Path.cwd()
    summary = execute(Flow([talk, quiet, bad]), tmp_path, workers=2, study="a note")
    assert Path.cwd() == before
    said = output(tmp_path, talk)
    folders = sorted(path.name for path in (tmp_path / "runs" / "test").iterdir() if path.is_dir())
    assert [name.partition("-")[2] for name in folders] == ["talk", "add", "fails-always"]
    assert said["folder"] == str(tmp_path / "runs" / "test" / folders[0])
    assert said["mode"] == "replay"
    assert said["threads"] == "4"
    log = (Path(said["folder"]) / "job.log").read_text()
    for line in (
        "Starting job - talk",
        "alpha from print",
        "alpha from stderr",
        "alpha from a subprocess",
        "alpha from the descriptor",
        "alpha from the C library",
        "alpha from logging",
    ):
        assert line in log
    assert summary.study == "a note"
    (failed,) = summary.failed
    assert failed.name == "Fails: always!"
    assert failed.uuid == bad.uuid
    assert failed.error == "RuntimeError: as asked"
    assert failed.directory == tmp_path / "runs" / "test" / folders[2]
    log = (failed.directory / "job.log").read_text()
    assert "alpha" not in log
    assert "Traceback" in log
    assert 'raise RuntimeError("as asked")' in log


def test_what_a_job_may_raise(tmp_path: Path) -> None:
    leaves = jobs.leave(3)
    given = [jobs.give_object(), jobs.give_job_of_lambda(), jobs.give_job_of_plain()]
    summary = execute(Flow([leaves, *given]), tmp_path)
    errors = {trouble.name: trouble.error for trouble in summary.failed}
    assert errors["leave"] == "SystemExit: 3"
    assert "not MSONable" in errors["give_object"]
    assert "InputError" in errors["give_job_of_lambda"]
    assert "importable module" in errors["give_job_of_lambda"]
    assert "InputError: job 'Plain.method' cannot be written" in errors["give_job_of_plain"]


def test_events_tell_the_run(tmp_path: Path) -> None:
    events: list[Event] = []
    execute(failing(), tmp_path, on_event=events.append)
    told = [(event.kind, event.node.name) for event in events]
    assert set(told) == {
        ("started", "bad"),
        ("failed", "bad"),
        ("blocked", "blocked"),
        ("blocked", "blocked too"),
        ("started", "sibling"),
        ("done", "sibling"),
        ("started", "tolerant"),
        ("done", "tolerant"),
    }
    assert len(told) == 8
    assert all(sum(event.counts.values()) == 5 for event in events)
    assert events[-1].counts == {
        **dict.fromkeys(State, 0),
        State.DONE: 2,
        State.FAILED: 1,
        State.BLOCKED: 2,
    }


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    side = tmp_path / "side"
    assert execute(jobs.countdown(3, str(side)), tmp_path).succeeded
    before = side.read_text()
    summary = execute(jobs.countdown(3, str(side)), tmp_path)
    assert summary.succeeded
    assert summary.counts[State.DONE] == 4
    assert side.read_text() == before
    assert status(tmp_path / "store.sqlite", "test") == summary


def test_retry_of_failed_jobs(tmp_path: Path) -> None:
    flag, side = tmp_path / "flag", tmp_path / "side"
    first = jobs.add(1, 1, str(side), "first")
    inner = jobs.replace_with_gate(first.output, str(flag), str(side))
    last = jobs.named(jobs.tolerant_total(inner.output), "last")
    after_all = jobs.named(jobs.add(inner.output), "after all")
    summary = execute(Flow([first, inner, last, after_all]), tmp_path)
    assert [trouble.name for trouble in summary.failed] == ["fail_unless"]
    assert [(trouble.name, trouble.error) for trouble in summary.blocked] == [
        ("after all", "it needs fail_unless, which failed")
    ]
    path = tmp_path / "store.sqlite"
    more = {"ledger": path, "root": tmp_path / "runs", "workers": 1}
    assert resume("test", store=open_job_store(path), **more) == summary
    flag.touch()
    summary = resume("test", store=open_job_store(path), retry_failed=True, **more)
    assert summary.succeeded
    assert side.read_text().split() == ["first", "gate"]
    assert output(tmp_path, inner) == 3
    assert output(tmp_path, last) == [[False], 3]
    assert output(tmp_path, after_all) == 4
    reference = JobStore(MemoryStore())
    reference.connect()
    first = jobs.add(1, 1)
    inner = jobs.replace_with_gate(first.output, str(flag))
    last = jobs.named(jobs.tolerant_total(inner.output), "last")
    after_all = jobs.named(jobs.add(inner.output), "after all")
    run_locally(Flow([first, inner, last, after_all]), store=reference, log=False)
    assert jobs.documents(stored(tmp_path)) == jobs.documents(reference)


def test_retry_brings_jobs_anew_beside_those_of_others(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    gate = jobs.fail_unless(str(flag), 4)
    loop = jobs.named(jobs.countdown(2, "", [gate.output]), "loop")
    loop.config = JobConfig(on_missing_references=OnMissing.NONE)
    other = jobs.named(jobs.countdown(3, str(tmp_path / "side")), "other")
    flow = Flow([gate, loop, other], order=JobOrder.AUTO)
    assert execute(flow, tmp_path, workers=1).counts[State.FAILED] == 1
    assert output(tmp_path, loop) == {"seen": [None, 2, 1]}
    flag.touch()
    assert execute([], tmp_path, workers=1, retry_failed=True).succeeded
    assert output(tmp_path, loop) == {"seen": [5, 2, 1]}
    assert output(tmp_path, other) == {"seen": [3, 2, 1]}
    assert len((tmp_path / "side").read_text().splitlines()) == 4
    names = [key[0] for key in jobs.documents(stored(tmp_path))]
    assert sorted(names) == ["fail_unless"] + ["loop"] * 3 + ["other"] * 4


def test_a_moved_run_goes_on(tmp_path: Path) -> None:
    execute(static(), tmp_path)
    with pytest.raises(InputError, match=r"has its folder at .*/runs/test, given was .*/elsewhere"):
        execute(static(), tmp_path, root=tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()
    (tmp_path / "runs").rename(tmp_path / "elsewhere")
    assert execute(static(), tmp_path, root=tmp_path / "elsewhere").succeeded


def outside() -> Job:
    return jobs.add(jobs.add(1).output)


def of_lambda() -> Job:
    return Job(lambda: 1)


def not_serialisable() -> Job:
    return Job(jobs.Plain().method)


@pytest.mark.parametrize(
    ("make", "more", "message"),
    [
        (outside, {}, "not found in the jobs array"),
        (of_lambda, {}, r"calls .*<lambda>: worker processes can only import"),
        (not_serialisable, {}, "cannot be written as JSON: .* one of a module"),
        (list, {}, "the flow of run 'test' cannot be run"),
        (static, {"run": "../evil"}, r"a run cannot be called '../evil'"),
        (static, {"workers": 0}, "workers=0: a run needs at least 1 worker"),
    ],
)
def test_bad_input_writes_nothing(
    make: Any, more: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        execute(make(), tmp_path, **more)
    assert not list(tmp_path.iterdir())


def test_functions_of_a_script_are_refused(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from jobflow import job\n"
        "from pathlib import Path\n"
        "from stores.jobstore import open_job_store\n"
        "from workflows.local.runner import run_flow\n"
        "@job\n"
        "def mine():\n"
        "    return 1\n"
        "run_flow(mine(), run='x', store=open_job_store('s'), ledger=Path('s'), root=Path(),"
        " workers=1)\n"
    )
    ended = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "InputError: job 'mine' calls __main__.mine" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


def test_a_store_in_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'mem://.*' as MemoryStore, in the memory of"):
        run_flow(
            static(),
            run="test",
            store=JobStore(MemoryStore()),
            ledger=tmp_path / "ledger",
            root=tmp_path,
            workers=1,
        )


def test_unknown_runs_are_named(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    more = {"store": open_job_store(path), "ledger": path, "root": tmp_path, "workers": 1}
    with pytest.raises(InputError, match="no run was started there yet"):
        resume("other", **more)
    assert not path.exists()
    execute(static(), tmp_path)
    with pytest.raises(InputError, match="knows no run 'other'; it knows: test"):
        resume("other", **more)


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_text("not a database, but long enough to be looked at" * 9)
    with pytest.raises(InputError, match="is not an SQLite database"):
        execute(static(), tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "runs").write_text("in the way")
    with pytest.raises(InputError, match=r"runs/test cannot be used for the run"):
        execute(static(), tmp_path / "other")


def test_workers_that_cannot_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numpy.py").write_text("raise ImportError('broken on purpose')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(InputError, match=r"cannot start: .* status 1\..*broken on purpose"):
        execute(static(), tmp_path)
