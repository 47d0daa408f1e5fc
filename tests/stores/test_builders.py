"""Builders: incremental, rerunnable, parallel, and honest about what is wrong with the data."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from maggma.core import Store
from maggma.stores import MemoryStore
from monty.json import MontyEncoder, jsanitize
from pymatgen.core import Lattice, Structure

from physics.analysis.elasticity import strain_modes
from physics.errors import InputError
from stores.builders import ElasticBuilder
from stores.builders import base as builder_base
from stores.documents import ElasticDocument, StressStrainDocument
from stores.jobstore import open_job_store
from stores.results import Results
from stores.sqlite import SQLiteStore

STIFFNESS = np.array(
    [
        [60.0, 20, 15, 0, 0, 0],
        [20, 50, 10, 0, 0, 0],
        [15, 10, 40, 0, 0, 0],
        [0, 0, 0, 12, 0, 0],
        [0, 0, 0, 0, 14, 0],
        [0, 0, 0, 0, 0, 16],
    ]
)
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def stress(strain: np.ndarray, stiffness: np.ndarray, cubic: float) -> list[list[float]]:
    """Stress of a crystal with a stiffness and a third-order softening, GPa."""
    e = np.array([strain[i, j] * (1 if i == j else 2) for i, j in VOIGT])
    s = stiffness @ e - cubic * e**3
    matrix = np.zeros((3, 3))
    for (i, j), value in zip(VOIGT, s, strict=True):
        matrix[i, j] = matrix[j, i] = value
    return matrix.tolist()


def job(
    number: int = 0,
    stiffness: np.ndarray = STIFFNESS,
    cubic: float = 0.0,
    completed: str = "2026-01-01T00:00:00.123456",
) -> dict[str, Any]:
    """A stored job whose output is stress-strain data."""
    delta = 0.02
    strains = np.concatenate([strain_modes(delta), strain_modes(delta / 2)])
    output = StressStrainDocument(
        input_hash=f"hash {number}",
        parents=["relaxation"],
        warnings=["of the engine"],
        engine="emt",
        functional="EMT",
        structure=Structure(Lattice.orthorhombic(4, 5, 6), ["Cu"], [[0, 0, 0]]),
        prestress=np.zeros((3, 3)).tolist(),
        strain=delta,
        halved=True,
        relax_ions=True,
        strains=strains.tolist(),
        stresses=[stress(strain, stiffness, cubic) for strain in strains],
        rotations=[np.eye(3).tolist()],
    )
    return {
        "uuid": f"uuid {number}",
        "index": 1,
        "name": "collect",
        "completed_at": completed,
        "metadata": {"study": "study", "system": f"crystal {number}"},
        "output": jsanitize(output, strict=True),
    }


@pytest.fixture(params=["memory", "sqlite"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Store, Store]:
    if request.param == "memory":
        jobs, properties = MemoryStore("jobs", key="uuid"), MemoryStore("elastic", key="uuid")
        jobs.connect()
        properties.connect()
        jobs.close = properties.close = lambda: None  # a closed MemoryStore forgets everything
        jobs.connect = properties.connect = lambda *_: None
        return jobs, properties
    path = str(tmp_path / "store.sqlite")
    jobs = open_job_store(path).docs_store
    properties = SQLiteStore(path, "elastic", key="uuid")
    jobs.connect()
    properties.connect()
    return jobs, properties


def test_the_tensor_is_recovered(stores: tuple[Store, Store]) -> None:
    jobs, properties = stores
    jobs.update([job()], key=["uuid", "index"])
    assert ElasticBuilder(jobs, properties).build() == (1, [])
    properties.connect()
    document = ElasticDocument.from_stored(properties.query_one({"system": "crystal 0"}))
    np.testing.assert_allclose(document.stiffness, STIFFNESS, atol=1e-10)
    np.testing.assert_allclose(np.array(document.compliance) @ STIFFNESS, np.eye(6), atol=1e-12)
    assert document.nonlinearity == pytest.approx(0, abs=1e-12)
    assert document.warnings == ["of the engine"]
    assert document.parents == ["uuid 0", "relaxation"]
    assert document.last_updated.isoformat() == "2026-01-01T00:00:00.123000"


def test_only_what_is_new_is_analysed(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, properties = stores
    jobs.update([job(0), job(1)], key=["uuid", "index"])
    builder = ElasticBuilder(jobs, properties)
    assert builder.build() == (2, [])
    assert builder.build() == (0, [])
    jobs.connect()
    jobs.update([job(2)], key=["uuid", "index"])
    assert builder.build() == (1, [])
    jobs.connect()
    jobs.update([job(1, completed="2026-01-02T00:00:00")], key=["uuid", "index"])
    assert builder.build() == (1, [])
    monkeypatch.setattr(builder_base, "current_version", lambda: "99")
    assert builder.build() == (3, [])
    properties.connect()
    assert properties.count() == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stiffness": STIFFNESS - 75 * np.eye(6)}, "elastically unstable"),
        ({"cubic": 2e4}, "not linear"),
        ({"stiffness": STIFFNESS + 30 * np.eye(6, k=1)}, "asymmetric"),
    ],
)
def test_bad_data_is_warned_of(changes: dict[str, Any], said: str) -> None:
    builder = ElasticBuilder(MemoryStore(), MemoryStore())
    document = builder.process_item(job(**changes))
    assert any(said in warning for warning in document["warnings"])
    assert not any(said in warning for warning in builder.process_item(job())["warnings"])


def test_an_error_names_the_job() -> None:
    item = job()
    item["output"]["strains"].pop(0)
    item["output"]["stresses"].pop(0)
    with pytest.raises(InputError, match=r"'collect' \(uuid 0\).*xx at \+0.02"):
        ElasticBuilder(MemoryStore(), MemoryStore()).process_item(item)


def test_one_bad_job_does_not_keep_the_others(stores: tuple[Store, Store]) -> None:
    jobs, properties = stores
    bad = job(1)
    bad["output"]["strains"].pop(0)
    bad["output"]["stresses"].pop(0)
    jobs.update([job(0), bad, job(2)], key=["uuid", "index"])
    made, faults = ElasticBuilder(jobs, properties).build()
    assert made == 2
    assert len(faults) == 1
    assert "uuid 1" in faults[0]


def test_mrun_builds_in_parallel(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with open_job_store(path).docs_store as jobs:
        jobs.update([job(n) for n in range(8)], key=["uuid", "index"])
    builder = ElasticBuilder(
        open_job_store(path).docs_store, SQLiteStore(str(path), "elastic", key="uuid")
    )
    recipe = tmp_path / "builder.json"
    recipe.write_text(json.dumps(builder, cls=MontyEncoder))
    command = [str(Path(sys.executable).parent / "mrun"), "-n", "2", str(recipe)]
    subprocess.run(command, check=True, cwd=tmp_path, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert len(Results(path).find(ElasticDocument)) == 8
