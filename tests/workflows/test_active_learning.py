"""The loop of active learning, on copper with effective medium theory."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import jobflow
import numpy as np
import pytest
from jobflow import Flow, Job
from jobflow.core.flow import get_flow
from loop_for_tests import HOT, Loop, copper_loop, run_loop

from makers.engine import Engine, EngineResult
from makers.potential import FitMaker
from physics.dynamics.lammps_integrator import LammpsIntegrator
from physics.errors import InputError
from stores.documents import LearningDocument
from stores.jobstore import open_job_store
from workflows.sweep import SweepMaker

pytestmark = pytest.mark.xdist_group("active learning")


@pytest.fixture(scope="module")
def converged(tmp_path_factory: pytest.TempPathFactory) -> Loop:
    """A loop whose turns are flows that FireWorks takes, which knows no jobs outside of them."""
    prepare = jobflow.core.job.prepare_replace

    def self_contained(replace: Flow, job: Job) -> Flow:
        return get_flow(prepare(replace, job), allow_external_references=False)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("converged"))
        patch.setattr(jobflow.core.job, "prepare_replace", self_contained)
        return run_loop(copper_loop())


def test_the_loop_ends_when_a_sweep_below_the_last_limit_selects_nothing(converged: Loop) -> None:
    document = converged.document
    assert document.converged
    assert document.reason == "converged"
    assert document.extrapolating == []
    first, last = document.sweeps[0], document.sweeps[-1]
    assert first.stop == 10
    assert first.selected > 0
    assert last.selected == last.candidates == 0
    assert all(run.completed for run in last.runs)
    assert all(run.largest_grade <= 2 for run in last.runs)
    assert [sweep.sweep for sweep in document.sweeps] == list(range(1, len(document.sweeps) + 1))


def test_each_seed_is_run_at_each_temperature_in_each_sweep(converged: Loop) -> None:
    runs = {(seed, kelvin) for seed in ("bulk -5 %", "bulk +5 %", "twin") for kelvin in (300, HOT)}
    for sweep in converged.document.sweeps:
        assert {(run.seed, run.temperature) for run in sweep.runs} == runs


def test_what_is_selected_is_labelled_once_and_trained_on(converged: Loop) -> None:
    sweeps = converged.document.sweeps
    for before, after in pairwise(sweeps):
        assert after.labels == before.selected
        grown = after.training.dataset.n_configurations - before.training.dataset.n_configurations
        assert grown == after.labels
    points = [name for name in converged.names.values() if name.startswith("emt static")]
    assert len(points) == sum(sweep.labels for sweep in sweeps)
    hashes = [
        d["output"]["input_hash"]
        for d in converged.store.query({"output.kind": "static"}, properties=["output"])
    ]
    assert len(hashes) == len(points)
    assert max(Counter(hashes).values()) == 1


def test_the_held_out_set_is_the_same_in_all_sweeps_and_never_trained_on(converged: Loop) -> None:
    sweeps = converged.document.sweeps
    tests = {sweep.test.dataset.checksum for sweep in sweeps}
    assert len(tests) == 1
    assert all(sweep.training.dataset.checksum not in tests for sweep in sweeps)
    assert list(sweeps[0].test.groups) == ["bulk, 800 K"]
    assert sweeps[0].test.dataset.n_configurations == 7


def test_grades_are_mapped_onto_the_boundaries(converged: Loop) -> None:
    profiles = converged.document.profiles
    assert {(p.seed, p.temperature) for p in profiles} == {("twin", 300), ("twin", HOT)}
    for profile in profiles:
        assert max(profile.distances) <= 7.22 / 4 + 1  # planes at 0 and c/2, thermal expansion
        assert all(np.array(profile.mean) <= np.array(profile.largest))
        assert max(profile.largest) <= 2


def test_the_potential_is_given_on_with_its_active_set(converged: Loop) -> None:
    (uuid,) = [uuid for uuid, name in converged.names.items() if name == "take_potential"]
    potential = converged.outputs[uuid][1].output
    assert potential.checksum == converged.document.potential.checksum
    assert potential.restored_active_set() is not None
    assert potential.test is not None
    assert not any("converge" in warning for warning in potential.warnings)


def test_two_loops_of_one_seed_agree(
    converged: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    again = run_loop(copper_loop()).document
    assert again.potential.text == converged.document.potential.text
    assert without_times(again) == without_times(converged.document)


def without_times(document: LearningDocument) -> list[dict[str, Any]]:
    sweeps = [
        sweep.model_dump(exclude={"label_seconds", "fit_seconds"}) for sweep in document.sweeps
    ]
    for sweep in sweeps:
        for run in sweep["runs"]:
            del run["cpu_seconds"]
    return json.loads(json.dumps(sweeps, default=str))


def test_a_loop_that_selects_below_its_goal_ends_at_the_goal(
    converged: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    document = run_loop(copper_loop(threshold=1.2, enough=2.0)).document
    assert document.reason == "converged"
    last = document.sweeps[-1]
    assert all(run.completed and run.largest_grade <= 2 for run in last.runs)
    assert document.threshold == 1.2
    labels = [sweep.labels for sweep in document.sweeps]
    assert sum(labels) > sum(sweep.labels for sweep in converged.document.sweeps)


def test_a_sweep_below_the_last_limit_is_not_repeated_with_it(converged: Loop) -> None:
    """The sweeps before asked for labels or passed the last limit, whichever limit they had."""
    sweeps = converged.document.sweeps
    assert [sweep.stop for sweep in sweeps] == sorted(
        (sweep.stop for sweep in sweeps), reverse=True
    )
    for sweep in sweeps[:-1]:
        assert sweep.selected > 0 or max(run.largest_grade for run in sweep.runs) > 2


def test_runs_beyond_are_learned_from_but_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    document = run_loop(copper_loop(temperatures=(300.0,), beyond=(6000.0,))).document
    assert document.reason == "converged"
    assert sum(sweep.labels for sweep in document.sweeps) > 0
    last = document.sweeps[-1]
    assert {run.temperature for run in last.runs} == {300, 6000}
    assert all(
        run.completed and run.largest_grade <= 2 for run in last.runs if run.temperature == 300
    )
    assert any("6000 K" in told for told in document.extrapolating)
    assert not any(", 300 K" in told for told in document.extrapolating)


@pytest.mark.parametrize(
    ("settings", "reason"), [({"sweeps": 2}, "sweeps"), ({"labels": 1}, "labels")]
)
def test_a_loop_that_reaches_a_limit_says_so_and_what_extrapolates(
    settings: dict[str, int], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loop = run_loop(copper_loop(**settings))
    document = loop.document
    assert document.reason == reason
    assert not document.converged
    assert len(document.sweeps) <= 2
    assert sum(sweep.labels for sweep in document.sweeps) <= settings.get("labels", 100)
    hot = f"{HOT:g} K"
    assert any(hot in run and "grade" in run for run in document.extrapolating)
    (uuid,) = [uuid for uuid, name in loop.names.items() if name == "take_potential"]
    assert any("did not converge" in warning for warning in loop.outputs[uuid][1].output.warnings)


def test_a_label_that_fails_is_left_out_and_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    calculate, calls = Engine.run, []

    def one_fails(self: Engine, *given: Any) -> EngineResult:
        calls.append(given)
        if len(calls) == 2:
            raise RuntimeError("no convergence")
        return calculate(self, *given)

    monkeypatch.setattr(Engine, "run", one_fails)
    document = run_loop(copper_loop(sweeps=3)).document
    first, second = document.sweeps[:2]
    assert len(second.failed_labels) == 1
    assert second.labels == first.selected - 1
    assert "number 2" in second.failed_labels[0]
    assert len(document.sweeps) == 3


def test_too_many_failed_labels_end_the_loop_with_the_potential_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def fails(*_: Any) -> EngineResult:
        raise RuntimeError("no licence")

    monkeypatch.setattr(Engine, "run", fails)
    document = run_loop(copper_loop()).document
    assert document.reason == "labels failed"
    assert document.potential.checksum == document.sweeps[-1].potential
    assert len(document.sweeps) == 1


def test_a_run_that_explodes_is_recorded_and_the_loop_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    advance, calls = LammpsIntegrator.advance, []

    def explodes(self: LammpsIntegrator, steps: int) -> None:
        calls.append(steps)
        if len(calls) == 3:
            raise RuntimeError("Lost atoms: original 32 current 31")
        advance(self, steps)

    monkeypatch.setattr(LammpsIntegrator, "advance", explodes)
    document = run_loop(copper_loop()).document
    (exploded,) = [run for run in document.sweeps[0].runs if "Lost atoms" in (run.stopped or "")]
    assert not exploded.completed
    assert document.converged


def test_a_run_that_fails_is_noted_and_its_sweep_does_not_count_as_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run, calls = LammpsIntegrator.begin, []

    def fails(self: LammpsIntegrator, *given: Any) -> None:
        calls.append(given)
        if len(calls) == 1:
            raise InputError("no memory")
        run(self, *given)

    monkeypatch.setattr(LammpsIntegrator, "begin", fails)
    document = run_loop(copper_loop()).document
    assert len(document.sweeps[0].runs) == 5
    assert any("bulk -5 %, 300 K" in note for note in document.sweeps[0].notes)
    assert document.sweeps[1].stop == document.sweeps[0].stop
    assert document.converged


def test_a_fit_that_fails_is_repeated_from_an_untrained_potential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fitted, calls = FitMaker._fitted, []

    def second_fails(self: FitMaker, training: Any, begin: Any, key: str) -> Any:
        calls.append(begin)
        if len(calls) == 2:
            raise np.linalg.LinAlgError("singular matrix")
        return fitted(self, training, begin, key)

    monkeypatch.setattr(FitMaker, "_fitted", second_fails)
    document = run_loop(copper_loop(sweeps=3)).document
    assert calls[1] is not None
    assert calls[2] is None
    assert any("untrained" in note for note in document.sweeps[1].notes)
    assert document.sweeps[1].labels == document.sweeps[0].selected
    assert len(document.sweeps) == 3


def test_a_fit_that_diverges_is_repeated_from_an_untrained_potential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its forces on the training set are off by more than an eV/Å."""
    monkeypatch.chdir(tmp_path)
    fitted, calls = FitMaker._fitted, []

    def second_diverges(self: FitMaker, training: Any, begin: Any, key: str) -> Any:
        calls.append(begin)
        document = fitted(self, training, begin, key)
        if len(calls) == 2:
            overall = document.training.overall
            wrong = replace(overall, forces=replace(overall.forces, mae=2.0))
            errors = document.training.model_copy(update={"overall": wrong})
            return document.model_copy(update={"training": errors})
        return document

    monkeypatch.setattr(FitMaker, "_fitted", second_diverges)
    document = run_loop(copper_loop(sweeps=2)).document
    assert calls[1] is not None
    assert calls[2] is None
    assert any("untrained" in note for note in document.sweeps[1].notes)
    assert document.sweeps[1].training.overall.forces.mae < 1


def test_fits_that_fail_twice_end_the_loop_with_the_potential_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fitted, calls = FitMaker._fitted, []

    def only_the_first(self: FitMaker, training: Any, begin: Any, key: str) -> Any:
        calls.append(begin)
        if len(calls) > 1:
            raise np.linalg.LinAlgError("singular matrix")
        return fitted(self, training, begin, key)

    monkeypatch.setattr(FitMaker, "_fitted", only_the_first)
    document = run_loop(copper_loop()).document
    assert document.reason == "fits failed"
    assert document.potential.checksum == document.sweeps[0].potential
    assert len(calls) == 3


RUN = """
import sys
from pathlib import Path
sys.path.append({tests!r})
from loop_for_tests import copper_loop
from stores.jobstore import open_job_store
from workflows.local.runner import run_flow
store = Path("store.sqlite").resolve()
run_flow(
    copper_loop(sweeps=2), run="copper", store=open_job_store(store), ledger=store,
    root=Path("runs"), workers=2,
    on_event=lambda event: print(event.kind, event.node.name, flush=True),
)
"""


def test_a_loop_killed_at_any_step_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    """Killed, with its workers, again and again; then compared with a whole one."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    subprocess.run(
        [sys.executable, "-c", RUN.format(tests=str(Path(__file__).parent))],
        cwd=whole, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    kills = 0
    while not killed_after(killed, 12):
        kills += 1
        assert kills < 40
    assert kills >= 2
    first, second = learned(whole), learned(killed)
    assert second.potential.text == first.potential.text
    assert without_times(second) == without_times(first)
    assert labels(killed) == labels(whole)


def killed_after(folder: Path, jobs: int) -> bool:
    """Run, or go on, and kill after so many jobs; say whether it came to its end before."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN.format(tests=str(Path(__file__).parent))],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    done = 0
    with process:
        for line in process.stdout:
            done += line.startswith("done")
            if done == jobs:
                process.send_signal(signal.SIGKILL)
                break
        process.wait(timeout=120)
    time.sleep(0.5)  # workers follow their runner
    return process.returncode == 0


def learned(folder: Path) -> LearningDocument:
    with open_job_store(folder / "store.sqlite") as store:
        (found,) = store.query({"output.@class": "LearningDocument"}, load=True)
    return LearningDocument.from_stored(found["output"])


def labels(folder: Path) -> list[str]:
    """Input hashes of all labels, each as often as it is there."""
    with open_job_store(folder / "store.sqlite") as store:
        return sorted(d["output"]["input_hash"] for d in store.query({"output.kind": "static"}))


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="fall"):
        SweepMaker(stops=(2.0, 10.0))
    with pytest.raises(InputError, match="temperatures"):
        SweepMaker(temperatures=())
    with pytest.raises(InputError, match="sweeps"):
        copper_loop(sweeps=0)
