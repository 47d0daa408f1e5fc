"""What a study with active learning would run, and what that costs."""

from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from makers.dynamics import MTP
from makers.engines import get_engine
from workflows.plan import (
    FIT_SECONDS,
    LABELS_PER_RUN,
    MTP_SECONDS,
    SWEEPS,
    PlannedJobs,
    plan_flow,
)
from workflows.study import Study

COPPER = Structure(
    Lattice.cubic(3.6), ["Cu"] * 4, [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
)
LOOP = """\
name: test
engine: emt
systems:
  copper: {structure: copper.cif}
potential:
  frames: 20
  strains: [-0.02, 0.02]
  learning:
    temperatures: [300, 1200]
    picoseconds: 10
"""
RUNS = 3 * 2
"""Strains and temperatures of a sweep."""


def plan(folder: Path, *lines: str) -> dict[str, PlannedJobs]:
    """Kinds of jobs by step, with more settings of learning."""
    path = folder / "study.yaml"
    path.write_text(LOOP + "".join(f"    {line}\n" for line in lines))
    structures = {"copper": COPPER}
    planned = plan_flow(Study.from_file(path).flow(structures), structures)
    by_step = {kind.step: kind for kind in planned}
    assert len(by_step) == len(planned)
    return by_step


def test_the_first_sweep_is_known_and_the_others_are_estimated(tmp_path: Path) -> None:
    planned = plan(tmp_path)
    first, further = planned["explore"], planned["explore, further sweeps"]
    assert (first.count, first.engine) == (RUNS, MTP)
    assert first.seconds == pytest.approx(MTP_SECONDS * 4 * 5000)
    assert (further.count, further.engine) == ((SWEEPS - 1) * RUNS, MTP)
    assert further.seconds == pytest.approx(first.seconds)
    fits = planned["fit potential, further sweeps"]
    assert (fits.count, fits.seconds) == (SWEEPS - 1, FIT_SECONDS)
    labels = planned["label, all sweeps"]
    assert (labels.count, labels.engine) == (LABELS_PER_RUN * RUNS, "emt")
    assert labels.seconds == get_engine("emt").estimate(4, 1)


def test_limits_of_the_loop_limit_the_estimate(tmp_path: Path) -> None:
    planned = plan(tmp_path, "sweeps: 3", "labels: 7")
    assert planned["explore, further sweeps"].count == 2 * RUNS
    assert planned["fit potential, further sweeps"].count == 2
    assert planned["label, all sweeps"].count == 7
    planned = plan(tmp_path, "sweeps: 1")
    assert planned["explore"].count == RUNS
    assert not any("further" in step for step in planned)


def test_runs_that_are_held_out_cost_what_their_engine_does(tmp_path: Path) -> None:
    """One crystal at three temperatures, 4.6 ps each in steps of 2 fs."""
    runs = plan(tmp_path)["run held out"]
    assert (runs.count, runs.engine) == (3, "emt")
    assert runs.seconds == get_engine("emt").estimate(4, 2300)


def test_frames_that_another_engine_labels_are_counted(tmp_path: Path) -> None:
    planned = plan(tmp_path, "label: lj")
    counts = {step: kind.count for step, kind in planned.items() if kind.engine == "lj"}
    assert counts == {
        "label frames": 2 * 20,
        "label held-out set": 3 * 23,
        "label, all sweeps": LABELS_PER_RUN * RUNS,
    }
    assert {kind.seconds for kind in planned.values() if kind.engine == "lj"} == {
        get_engine("lj").estimate(4, 1)
    }
