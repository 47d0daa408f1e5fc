"""The SQLite store as the store of jobflow."""

from pathlib import Path
from typing import Any

import pytest
from jobflow import Flow, JobStore, job, run_locally

from stores.sqlite import SQLiteStore


@job(data="forces")
def compute(count: int) -> dict[str, Any]:
    return {"energy": -1.0 * count, "forces": [[0.5, 0.25, float(count)]] * count}


@job
def total(*energies: float) -> float:
    return sum(energies)


def test_job_store_with_an_additional_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "store.sqlite"
    store = JobStore(
        SQLiteStore(path, "jobs", last_updated_field="completed_at", last_updated_type="isoformat"),
        additional_stores={"data": SQLiteStore(path, "blobs")},
    )
    jobs = [compute(count) for count in (1, 2)]
    last = total(*(one.output["energy"] for one in jobs))
    run_locally(Flow([*jobs, last]), store=store, ensure_success=True, log=False)
    store.connect()
    assert store.get_output(last.uuid) == -3.0
    assert store.get_output(jobs[1].uuid, load=True)["forces"] == [[0.5, 0.25, 2.0]] * 2
    assert "blob_uuid" in store.get_output(jobs[1].uuid)["forces"]
    assert SQLiteStore(path, "jobs") == SQLiteStore(str(path), "jobs", key="uuid")
    store.update({"uuid": jobs[0].uuid, "index": 2, "output": 7})
    assert store.count({"uuid": jobs[0].uuid}) == 2
    assert store.get_output(jobs[0].uuid, which=2) == 7
    store.close()
