"""Flows of potentials: from labelled configurations to a potential, and to a choice."""

import os
import re
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from jobflow import Flow, run_locally
from monty.json import MontyDecoder

from makers.choice import choose_potential
from makers.dataset import SplitMaker
from makers.potential import FitMaker
from physics.errors import InputError
from physics.potentials.active_set import ActiveSet
from physics.potentials.errors import errors
from stores.documents import (
    DatasetDocument,
    FittedPotentialDocument,
    PotentialDocument,
    SearchDocument,
)
from stores.jobstore import open_job_store
from stores.results import Results
from workflows.local.events import Event
from workflows.local.runner import run_flow
from workflows.local.summary import Summary
from workflows.plan import plan_flow
from workflows.potential import PotentialFlowMaker, SearchFlowMaker

SPLIT = SplitMaker(fraction=0.2, blocks=5)
FIT = FitMaker(level=2, r_max=4.0, n_chebyshev=4, max_steps=6)


@pytest.fixture(scope="module")
def copper_data() -> DatasetDocument:
    """Twenty strained and rattled cells of copper, labelled by EMT, in two trajectories."""
    rng = np.random.default_rng(0)
    images = []
    for number in range(20):
        atoms = bulk("Cu", cubic=True, a=3.6)
        strain = np.eye(3) + rng.normal(scale=0.03, size=(3, 3))
        atoms.set_cell(atoms.cell.array @ strain, scale_atoms=True)
        atoms.rattle(0.1, rng=rng)
        atoms.calc = EMT()
        results = {name: atoms.calc.get_property(name, atoms) for name in ("energy", "forces")}
        atoms.calc = SinglePointCalculator(atoms, **results)
        atoms.info["group"] = ["300 K", "600 K"][number % 2]
        images.append(atoms)
    return DatasetDocument.from_images(images, source="EMT")


def execute(flow: Flow, folder: Path, **more: Any) -> Summary:
    """Run a flow with the local runner."""
    flow.update_metadata({"study": "s", "system": "copper"})
    path = folder / "store.sqlite"
    return run_flow(
        flow,
        run="test",
        store=open_job_store(path),
        ledger=path,
        root=folder / "runs",
        workers=1,
        **more,
    )


def output(flow: Flow, folder: Path) -> Any:
    """Output of the last job of a flow."""
    with open_job_store(folder / "store.sqlite") as store:
        return MontyDecoder().process_decoded(store.get_output(flow.jobs[-1].uuid, load=True))


@pytest.fixture(scope="module")
def run(
    copper_data: DatasetDocument, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Flow, Path]:
    """The flow of one potential, run by the local runner, and its folder."""
    folder = tmp_path_factory.mktemp("potential")
    flow = PotentialFlowMaker(split=SPLIT, fit=FIT).make(copper_data)
    assert execute(flow, folder).succeeded
    return flow, folder


def test_a_potential_with_test_errors_and_active_set(
    run: tuple[Flow, Path], copper_data: DatasetDocument
) -> None:
    flow, folder = run
    made: PotentialDocument = output(flow, folder)
    images = copper_data.to_images()
    with open_job_store(folder / "store.sqlite") as store:
        split = MontyDecoder().process_decoded(store.get_output(flow.jobs[1].uuid, load=True))
    test, training = split.test.to_images(), split.training.to_images()
    assert len(test) == 4
    assert len(training) == 16
    assert sorted(a.positions[0, 0] for a in [*test, *training]) == sorted(
        a.positions[0, 0] for a in images
    )
    potential = made.potential()
    assert made.training.overall.energy == errors(potential, training).energy
    assert made.test is not None
    assert made.test.overall.forces == errors(potential, test).forces
    assert made.test.groups.keys() == {"300 K", "600 K"}
    active = made.restored_active_set()
    assert active is not None
    assert active.rows == pytest.approx(ActiveSet.select(potential, training).rows, rel=1e-9)
    assert set(made.parents) == {job.uuid for job in flow.jobs[1:4]}


def test_potentials_are_queried_as_properties(run: tuple[Flow, Path]) -> None:
    flow, folder = run
    made: PotentialDocument = output(flow, folder)
    assert made.test is not None
    assert made.active_set is not None
    results = Results(folder / "store.sqlite")
    assert results.build()["potentials"] == (2, [])
    fitted, ready = results.find(FittedPotentialDocument, sort={"rank": 1})
    assert fitted.checksum == ready.checksum == made.checksum
    assert (fitted.rank, ready.rank) == (None, made.active_set.rank)
    assert ready.test_forces == pytest.approx(1000 * made.test.overall.forces.mae)
    assert ready.text == made.text
    assert ready.formula == "Cu"


def test_jobflow_s_own_manager_gives_the_same(
    run: tuple[Flow, Path], copper_data: DatasetDocument, workspace: Path
) -> None:
    flow = PotentialFlowMaker(split=SPLIT, fit=FIT).make(copper_data)
    responses = run_locally(flow, log=False, ensure_success=True)
    made, other = responses[flow.jobs[-1].uuid][1].output, output(*run)
    assert made.input_hash == other.input_hash
    assert made.losses == pytest.approx(other.losses, rel=1e-6)


def test_a_search_chooses_among_the_fits_that_did_not_fail(
    copper_data: DatasetDocument, tmp_path: Path
) -> None:
    """Level 16 has more parameters than the 208 labels: it fails, and is left out."""
    flow = SearchFlowMaker(
        cutoffs=[3.0, 4.0], levels=[2, 16], split=SPLIT, label="forces",
        fit=FitMaker(n_chebyshev=40, max_steps=3),
    ).make(copper_data)  # fmt: skip
    summary = execute(flow, tmp_path)
    assert not summary.succeeded
    found: SearchDocument = output(flow, tmp_path)
    assert {(c.level, c.r_max) for c in found.candidates} == {(2, 3.0), (2, 4.0)}
    assert [w for w in found.warnings if "failed" in w] == [
        f"no potential of level 16, {r_max} Å: its fit or its evaluation failed" for r_max in (3, 4)
    ]
    short, long = found.candidates
    assert (short.r_max, long.r_max) == (3.0, 4.0)
    assert long.cost > short.cost
    best = found.candidates[found.best]
    close = short.error <= best.error + best.standard_error
    assert found.chosen == (0 if close else 1)
    chosen = found.candidates[found.chosen]
    assert chosen.on_front
    assert found.potential.checksum == chosen.potential
    assert found.potential.test is not None
    assert found.potential.test.dataset == found.test
    # as many frames of both trajectories in equal blocks: the mean over blocks is that of frames
    assert chosen.error == pytest.approx(found.potential.test.overall.forces.mae)


def test_the_grid_is_all_cutoffs_by_all_levels(copper_data: DatasetDocument) -> None:
    flow = SearchFlowMaker().make(copper_data)
    names = [job.name for job in flow.jobs]
    assert sum(name.startswith("fit potential: level ") for name in names) == 28
    fits = {(j.maker.r_max, j.maker.level) for j in flow.jobs if isinstance(j.maker, FitMaker)}
    assert fits == {(r, n) for r in (4, 5, 6, 7) for n in (8, 10, 12, 14, 16, 18, 20)}
    flow.update_metadata({"system": "copper"})
    planned = {jobs.step: jobs.count for jobs in plan_flow(flow, {})}
    assert planned["fit potential"] == planned["evaluate potential"] == 28
    with pytest.raises(InputError, match="at least one of each"):
        SearchFlowMaker(levels=[]).make(copper_data)
    with pytest.raises(InputError, match="give more blocks"):
        SearchFlowMaker(split=SplitMaker(fraction=0.1, blocks=5)).make(copper_data)


def test_a_choice_needs_evaluations_of_the_same_potentials() -> None:
    with pytest.raises(InputError, match="all 1 fits"):
        choose_potential.original(
            [None], [None], [0, 1], ["level 8"], label="energy", cost="operations"
        )


def test_a_fit_that_was_killed_goes_on_where_it_was(
    copper_data: DatasetDocument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is killed by signal 9 after the third step; the second attempt does the rest."""
    slow = FitMaker(level=8, r_max=5.0, n_chebyshev=4, max_steps=25, tolerance=0.0)

    (tmp_path / "whole").mkdir()
    monkeypatch.chdir(tmp_path / "whole")
    whole = slow.make.original(slow, copper_data)
    folder = tmp_path / "killed"
    folder.mkdir()
    log = folder / "runs" / "test" / "0001-fit-potential" / "job.log"
    killed: list[int] = []

    def kill() -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not killed:
            if log.exists() and "step 3:" in log.read_text():
                pid = worker_of(folder)
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
            time.sleep(0.001)

    events: list[Event] = []
    killer = threading.Thread(target=kill)
    killer.start()
    flow = Flow([slow.make(copper_data)])
    summary = execute(flow, folder, on_event=events.append)
    killer.join()
    assert killed
    assert summary.succeeded
    assert [event.kind for event in events].count("retried") == 1
    before = steps(log)
    after = steps(log.parent.with_name("0001-fit-potential.2") / "job.log")
    assert 3 <= before[-1] < 25
    # a step is kept before it is told of, so one more than were told of may not be repeated
    assert after[0] - before[-1] in {1, 2}
    assert after[-1] == 25
    assert output(flow, folder).losses == pytest.approx(whole.losses, rel=1e-6)


def worker_of(folder: Path) -> int:
    """Process that runs the job of the run."""
    with closing(sqlite3.connect(folder / "store.sqlite")) as connection:
        ((pid,),) = connection.execute("SELECT pid FROM ledger_jobs").fetchall()
    return int(pid)


def steps(log: Path) -> list[int]:
    """Numbers of the steps that a log tells of."""
    return [int(number) for number in re.findall(r"step (\d+):", log.read_text())]
