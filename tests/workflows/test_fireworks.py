"""Mock mode under another manager: a FireWorks worker replays what the local runner recorded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fireworks import Firework
from jobflow.managers.fireworks import flow_to_workflow

from stores.jobstore import open_job_store
from workflows.study import Study

ROOT = Path(__file__).parent.parent.parent

WORKER = """
import json, sys
from fireworks import Firework
for spec in json.load(open(sys.argv[1])):
    firework = Firework.from_dict(spec)
    for task in firework.tasks:
        task.run_task(firework.spec)
"""


@pytest.mark.parametrize("mode", ["replay", "run"])
def test_a_worker_obeys_the_mode(workspace: Path, mode: str) -> None:
    crystal, glass = (
        Study.from_file(ROOT / "workflows" / "studies" / f"{name}.yaml")
        for name in ("beta-Li3PS4", "Li3PS4-glass")
    )
    # boundaries start further jobs, which this worker does not; fits take their time
    without = {"boundaries": [], "potential": None, "dynamics": None}
    study = crystal.model_copy(update={**without, "glasses": glass.glasses})
    flow = study.flow(study.structures())
    store = open_job_store(workspace / "store.sqlite")
    workflow = flow_to_workflow(flow, store)
    ordered = [workflow.id_fw[number] for number in sorted(workflow.id_fw, reverse=True)]
    (workspace / "fireworks.json").write_text(
        "[" + ",".join(Firework.to_format(firework, "json") for firework in ordered) + "]"
    )
    # An engine that cannot be imported: only a replay can succeed.
    (workspace / "chgnet.py").write_text("raise ImportError('no engine here')")
    result = subprocess.run(
        [sys.executable, "-c", WORKER, "fireworks.json"],
        cwd=workspace,
        env=os.environ
        | {
            "THIOFLOW_MODE": mode,
            "THIOFLOW_RECORDINGS": str(ROOT / "tests" / "recordings"),
            "PYTHONPATH": str(workspace),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if mode == "run":
        assert result.returncode != 0
        assert "ImportError: no engine here" in result.stderr
        return
    assert result.returncode == 0, result.stderr
    with store:
        (output,) = store.query({"output.@class": "StressStrainDocument"})
        (quench,) = store.query({"output.@class": "QuenchDocument"})
    assert quench["output"]["completed"]
    assert len(output["output"]["strains"]) == 18
