"""Jobs that a loop of active learning starts on its way: what they say of themselves."""

import re

import pytest
from loop_for_tests import HOT, copper_loop, run_loop


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """Name and metadata of all jobs of a loop of three sweeps, as one of a study."""
    flow = copper_loop(sweeps=3, temperatures=(HOT,), strains=(0.05,), picoseconds=0.5)
    flow.append_name("potential: ", prepend=True)
    flow.update_metadata({"study": "a study", "system": "potential"})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("loop"))
        loop = run_loop(flow)
    assert len(loop.document.sweeps) == 3
    return list(loop.store.query(properties=["name", "metadata"]))


def test_each_says_what_it_does_in_which_sweep(jobs: list[dict]) -> None:
    """Jobs that one starts do not inherit what it does."""
    in_loop = [job for job in jobs if "sweep" in job["metadata"]]
    steps = {(job["metadata"]["step"], job["metadata"]["sweep"]) for job in in_loop}
    each = {"select active set", "evaluate potential", "explore", "select configurations", "decide"}
    later = {"label configurations", "label", "collect labels", "extend training set"}
    for sweep in (1, 2, 3):
        found = {step for step, number in steps if number == sweep}
        assert each <= found
        assert (later | {"fit potential"} <= found) is (sweep > 1)
    for job in in_loop:
        if (number := re.search(r", sweep (\d)$", job["name"])) is not None:
            assert int(number[1]) == job["metadata"]["sweep"]


def test_each_is_of_the_study_and_is_named_once(jobs: list[dict]) -> None:
    for job in jobs:
        assert (job["metadata"]["study"], job["metadata"]["system"]) == ("a study", "potential")
        assert job["name"].count("potential: ") == 1
        assert job["name"].count("sweep") <= 1
    decisions = {job["name"] for job in jobs if "decide" in job["name"]}
    assert decisions == {f"potential: decide, sweep {number}" for number in (1, 2, 3)}
