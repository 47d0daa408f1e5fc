"""The flow of a held-out set: how many runs and frames, of what, labelled by what."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ase.calculators.emt import EMT
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

from makers.calculation import calculation
from makers.labels import LabelMaker
from physics.errors import InputError
from stores.documents import DatasetDocument
from workflows.held_out import HELD_OUT, HeldOutFlowMaker
from workflows.loop_state import SeedInput

COPPER = Structure(
    Lattice.cubic(3.6), ["Cu"] * 4, [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
)
LABEL = LabelMaker(calculation=calculation("emt", "static"))


def seeds(count: int) -> list[SeedInput]:
    return [SeedInput(f"boundary {number}", COPPER, atoms=4) for number in range(count)]


def of_step(flow: Flow, step: str) -> list[Any]:
    return [job for job, _ in flow.iterflow() if job.metadata["step"] == step]


def test_six_boundaries_give_the_published_414_configurations() -> None:
    """Six at 300, 800 and 2000 K, 5 + 5 + 13 frames (Jalem et al. 2023)."""
    flow = HeldOutFlowMaker(engine="emt").make(seeds(6))
    runs, (collect,) = of_step(flow, "run held out"), of_step(flow, "collect held-out set")
    references, groups, counts = collect.function_args[:3]
    assert [reference.uuid for reference in references] == [run.uuid for run in runs]
    assert len(runs) * sum(counts) == 414
    assert groups[:4] == [
        "boundary 0, 300 K", "boundary 0, 800 K", "boundary 0, 2000 K", "boundary 1, 300 K",
    ]  # fmt: skip
    stages = runs[2].maker.protocol.stages
    assert [(s.name, s.steps, s.temperatures) for s in stages] == [
        ("heat", 500, (100, 2000)),
        ("equilibrate", 500, (2000, 2000)),
        ("produce", 1300, (2000, 2000)),
    ]
    assert {s.ensemble for s in stages} == {"nvt"}
    assert flow.output.uuid == collect.uuid


def test_each_run_has_a_seed_of_its_own_beyond_those_of_runs_that_train() -> None:
    runs = of_step(HeldOutFlowMaker(engine="emt", seed=3).make(seeds(30)), "run held out")
    own = [run.maker.protocol.seed for run in runs]
    assert len(set(own)) == len(own) == 90
    assert min(own) > HELD_OUT
    other = of_step(HeldOutFlowMaker(engine="emt", seed=4).make(seeds(30)), "run held out")
    assert all(run.maker.protocol.seed != seed for run, seed in zip(other, own, strict=True))


TIMES = st.integers(1, 400).map(lambda steps: steps * 0.002)


@settings(deadline=None)
@given(times=st.tuples(TIMES, TIMES, TIMES), frames=st.tuples(*[st.integers(1, 20)] * 3))
def test_each_stage_writes_as_many_frames_as_are_taken(
    times: tuple[float, float, float], frames: tuple[int, int, int]
) -> None:
    assume(all(1000 * t / 2 >= n for t, n in zip(times, frames, strict=True)))
    maker = HeldOutFlowMaker(engine="emt", picoseconds=times, frames=frames).run(300.0, 0)
    protocol, interval = maker.protocol, maker.output.interval
    written = range(interval, protocol.steps + 1, interval)
    ends = [*protocol.starts, protocol.steps]
    for count, (start, end) in zip(frames, pairwise(ends), strict=True):
        assert sum(start < step <= end for step in written) >= count


def test_a_cold_run_is_not_heated_from_above() -> None:
    heat = HeldOutFlowMaker(engine="emt").run(20.0, 0).protocol.stages[0]
    assert heat.temperatures == (20, 20)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"picoseconds": (0.004, 1, 1), "frames": (3, 1, 1)}, "3 frames in 0.004 ps with .* 2 fs"),
        ({"frames": (5, 0, 5)}, "0 frames in 1 ps"),
        ({"temperatures": []}, "no temperature"),
        ({"temperatures": [-300.0]}, "temperature -300 K given"),
    ],
)
def test_what_gives_no_frames_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        HeldOutFlowMaker(engine="emt", **given).make(seeds(1))


def test_another_engine_labels_every_frame(workspace: Path) -> None:
    flow = HeldOutFlowMaker(
        engine="emt", label=LABEL, temperatures=[300.0], picoseconds=(0.008, 0.008, 0.016),
        frames=(1, 1, 2),
    ).make(seeds(1))  # fmt: skip
    (label,), (take,) = of_step(flow, "label held-out set"), of_step(flow, "take held-out set")
    assert (label.metadata["jobs"], label.metadata["atoms"]) == (4, 4)
    assert flow.output.uuid == take.uuid
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    outputs = run_locally(flow, store=store, create_folders=True, log=False, ensure_success=True)
    document = outputs[take.uuid][1].output
    assert isinstance(document, DatasetDocument)
    assert document.groups == ["boundary 0, 300 K"] * 4
    assert document.source == "single points with emt"
    for atoms in document.to_images():
        found = atoms.get_potential_energy()
        atoms.calc = EMT()
        assert found == pytest.approx(atoms.get_potential_energy(), abs=1e-6)
    points = [d["metadata"] for d in store.query({"name": {"$regex": "^emt static"}})]
    assert [metadata["step"] for metadata in points] == ["label"] * 4
