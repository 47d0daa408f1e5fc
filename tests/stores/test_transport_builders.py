"""From runs to transport and Arrhenius laws: right, incremental, refused in time."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from monty.json import MontyEncoder
from runs_for_tests import FRAMES, IONS, STEPS, arrhenius, stored_run

from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from stores.arrays import unpack
from stores.builders import ArrheniusBuilder, TransportBuilder
from stores.builders import arrhenius as arrhenius_builder
from stores.documents import ArrheniusDocument, TransportDocument
from stores.jobstore import open_job_store
from stores.results import Results
from stores.sqlite import SQLiteStore

TEMPERATURES = (500.0, 600.0, 750.0, 1000.0)
PLANES = (0.0, 0.5)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Bulk, a boundary that is as fast, and a run that is too slow to tell."""
    folder = tmp_path_factory.mktemp("runs")
    bulk = [stored_run(folder, t, arrhenius(t)) for t in TEMPERATURES]
    boundary = [
        stored_run(folder, t, arrhenius(t, 0.2), "Σ5", planes=PLANES, seed=7) for t in TEMPERATURES
    ]
    return [*bulk, *boundary, stored_run(folder, 300.0, 1e-9, "slow")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, runs: list[dict[str, Any]]) -> Results:
    """Results of these, built once; not to be changed."""
    path = tmp_path_factory.mktemp("store") / "store.sqlite"
    with open_job_store(path).docs_store as jobs:
        jobs.update(runs, key=["uuid", "index"])
    results = Results(path)
    found = results.build()
    assert (found["transport"], found["arrhenius"]) == ((9, []), (6, []))
    return results


@pytest.fixture
def store(tmp_path: Path, built: Results) -> Path:
    """A copy to be changed."""
    return Path(shutil.copy(built.path, tmp_path))


def test_the_diffusivity_is_recovered_from_production_alone(built: Results) -> None:
    for run in built.find(TransportDocument, {"label": "bulk"}):
        truth = arrhenius(run.temperature)
        assert run.diffusivity_low < truth < run.diffusivity_high
        assert run.ions == IONS
        assert run.picoseconds == pytest.approx(FRAMES * STEPS / 1000)
        assert run.transport.boundaries == ()
        assert run.haven is None or 0.2 < run.haven < 5
        assert run.formula == "Li"
        assert run.conductivity == pytest.approx(run.transport.conductivity.value)
    (slow,) = built.find(TransportDocument, {"label": "slow"})
    assert slow.diffusivity is None
    assert slow.diffusivity_limit > 1e-9
    assert "hops" in slow.transport.tracer.reason


def test_boundaries_are_analysed_where_they_were(built: Results) -> None:
    (run,) = built.find(TransportDocument, {"label": "Σ5", "temperature": {"$gt": 900}})
    pooled, first, second = run.transport.boundaries
    assert pooled.plane is None
    assert (first.plane, second.plane) == PLANES
    truth = arrhenius(run.temperature, 0.2)
    assert pooled.total.estimate.low < truth < pooled.total.estimate.high
    assert pooled.density == pytest.approx(IONS / run.transport.volume, rel=0.25)
    maps = unpack(run.packed)
    area = np.outer(np.diff(maps["x"]), np.diff(maps["z"]))
    assert (maps["xz"] * area).sum() == pytest.approx(IONS)
    assert maps["hops"].shape == (IONS,)


def test_activation_energies_are_recovered(built: Results) -> None:
    (bulk,) = built.find(ArrheniusDocument, {"label": "bulk"})
    assert (bulk.region, bulk.direction, bulk.resolved) == ("cell", "all", 4)
    assert bulk.activation_energy_low < 0.25 < bulk.activation_energy_high
    assert bulk.diffusivity_low < arrhenius(300) < bulk.diffusivity_high
    assert bulk.members.keys() == {f"bulk {t:g}" for t in TEMPERATURES}
    regions = {(d.region, d.direction) for d in built.find(ArrheniusDocument, {"label": "Σ5"})}
    assert regions == {
        ("cell", "all"), ("boundary", "all"), ("boundary", "along"), ("boundary", "across")
    }  # fmt: skip


def test_one_call_answers_which_boundaries_are_fast_and_resolved(built: Results) -> None:
    wanted = {"region": "boundary", "conductivity": {"$gt": 1e-4}, "decades": {"$lt": 1}}
    fast = built.find(ArrheniusDocument, {**wanted, "direction": "all"})
    assert [document.label for document in fast] == ["Σ5"]
    table = built.table(ArrheniusDocument, wanted, ["label", "direction", "conductivity"])
    assert set(table["label"]) == {"Σ5"}
    assert (table["conductivity"] > 1e-4).all()
    assert built.find(ArrheniusDocument, {**wanted, "conductivity": {"$gt": 1e3}}) == []


def test_what_is_only_a_limit_makes_no_activation_energy(built: Results) -> None:
    (slow,) = built.find(ArrheniusDocument, {"label": "slow"})
    assert slow.activation_energy is slow.conductivity is slow.decades is None
    assert slow.points[0].limit > 1e-9
    assert any("no activation energy" in warning for warning in slow.warnings)


def test_only_what_depends_on_a_new_run_is_made_again(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = Results(store)
    again = results.build()
    assert (again["transport"], again["arrhenius"]) == ((0, []), (0, []))
    with open_job_store(store).docs_store as jobs:
        jobs.update([stored_run(tmp_path, 900.0, arrhenius(900))], key=["uuid", "index"])
    third = results.build()
    assert (third["transport"], third["arrhenius"]) == ((1, []), (1, []))
    (bulk,) = results.find(ArrheniusDocument, {"label": "bulk"})
    assert bulk.resolved == 5
    monkeypatch.setattr(arrhenius_builder, "current_version", lambda: "99")
    assert results.build()["arrhenius"] == (6, [])
    assert len(results.find(ArrheniusDocument)) == 6


def test_a_melt_enters_no_activation_energy(store: Path, tmp_path: Path) -> None:
    with open_job_store(store).docs_store as jobs:
        melt = stored_run(tmp_path, 1200.0, 20 * arrhenius(1200), liquid=True)
        jobs.update([melt], key=["uuid", "index"])
    results = Results(store)
    results.build()
    (run,) = results.find(TransportDocument, {"solid": False})
    assert run.temperature == pytest.approx(1200, abs=5)
    assert any(
        "the framework does not stay in place: S moves by" in warning for warning in run.warnings
    )
    (bulk,) = results.find(ArrheniusDocument, {"label": "bulk"})
    assert [point.solid for point in bulk.points] == [True] * 4 + [False]
    assert (bulk.resolved, bulk.hottest) == (4, pytest.approx(1000, abs=5))
    assert bulk.activation_energy_low < 0.25 < bulk.activation_energy_high
    assert any("K: left out of the fit" in warning for warning in bulk.warnings)


def test_documents_of_another_version_are_told_of(store: Path) -> None:
    with SQLiteStore(str(store), "transport", key="uuid") as properties:
        old = properties.query_one({"label": "slow"})
        del old["solid"]
        properties.update([old], key="uuid")
    with pytest.raises(InputError, match="'transport' of beta-Li3PS4 in study 'study' does not"):
        Results(store).find(TransportDocument)


def test_mrun_builds_in_parallel(tmp_path: Path, runs: list[dict[str, Any]]) -> None:
    store = tmp_path / "store.sqlite"
    with open_job_store(store).docs_store as jobs:
        jobs.update(runs, key=["uuid", "index"])
    for builder, source in ((TransportBuilder, None), (ArrheniusBuilder, "transport")):
        read = (
            SQLiteStore(str(store), source, key="uuid")
            if source
            else open_job_store(store).docs_store
        )
        made = builder(read, SQLiteStore(str(store), builder.target.collection, key="uuid"))
        recipe = tmp_path / "builder.json"
        recipe.write_text(json.dumps(made, cls=MontyEncoder))
        command = [str(Path(sys.executable).parent / "mrun"), "-n", "2", str(recipe)]
        subprocess.run(command, check=True, cwd=tmp_path, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert len(Results(store).find(ArrheniusDocument)) == 6


def test_runs_that_are_no_production_are_left_alone(store: Path, tmp_path: Path) -> None:
    heating = stored_run(tmp_path, 800.0, 1e-5, "heating")
    for stage in heating["output"]["stages"]:
        stage["name"] = "heat"
    sodium = stored_run(tmp_path, 800.0, 1e-5, "sodium")
    sodium["output"]["series"]["displacements"] = {"Na": [0.0]}
    with open_job_store(store).docs_store as jobs:
        jobs.update([heating, sodium], key=["uuid", "index"])
    assert Results(store).build()["transport"] == (0, [])


def test_unusable_runs_are_told_of_and_keep_no_other(store: Path, tmp_path: Path) -> None:
    gone = stored_run(tmp_path, 800.0, 1e-5, "gone")
    Path(gone["output"]["trajectory"]["path"]).unlink()
    short = stored_run(
        tmp_path,
        801.0,
        1e-5,
        "short",
        protocol=Protocol(
            (Stage("equilibrate", (FRAMES + 2) * STEPS, 800.0), Stage("produce", 10, 800.0)), 1.0
        ),
    )
    with open_job_store(store).docs_store as jobs:
        jobs.update([gone, short], key=["uuid", "index"])
    made, faults = Results(store).build()["transport"]
    assert made == 0
    assert len(Results(store).find(TransportDocument)) == 9
    assert any("is not there" in fault for fault in faults)
    assert any("1 frames of its production" in fault for fault in faults)


def test_a_boundary_outside_of_the_cell_is_refused(runs: list[dict[str, Any]]) -> None:
    run = json.loads(json.dumps(runs[0]))
    run["output"]["planes"] = [0.2, 1.2]
    with pytest.raises(InputError, match=r"'bulk 500'.*expected one or more heights"):
        TransportBuilder(None, None).process_item(run)
