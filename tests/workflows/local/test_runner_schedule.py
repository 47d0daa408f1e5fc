"""Any order of execution that the schedule allows ends as jobflow's `run_locally` does."""

import copy
import dataclasses
import random
from typing import Any

import jobs_for_tests as jobs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jobflow import Flow, JobStore, run_locally
from jobflow.core.flow import get_flow
from maggma.stores import MemoryStore

from workflows.local.parcel import pack, passed_on, unpack
from workflows.local.schedule import ENDED, Node, Schedule, State, Stop


def memory_store() -> JobStore:
    store = JobStore(MemoryStore())
    store.connect()
    return store


class Simulation:
    """The runner's bookkeeping in one process: jobs run one by one, in a drawn order."""

    def __init__(self, flow: Flow, seed: int) -> None:
        self.random = random.Random(seed)
        self.store = memory_store()
        self.schedule = Schedule()
        self.texts: dict[int, str] = {}
        self.schedule.add(self.enter(get_flow(flow)))

    def enter(self, flow: Flow, origin: int | None = None, awaited: bool = False) -> list[Node]:
        """Pack a flow and number its jobs."""
        first = len(self.texts) + 1
        nodes = []
        for sequence, parcel in enumerate(pack(flow), start=first):
            self.texts[sequence] = parcel.text
            parents = tuple(first + parent for parent in parcel.parents)
            reads = tuple(first + parent for parent in parcel.reads)
            nodes.append(
                Node(
                    sequence,
                    parcel.uuid,
                    parcel.index,
                    parcel.name,
                    parcel.strict,
                    parents,
                    reads,
                    origin,
                    awaited,
                )
            )
        return nodes

    def run(self) -> None:
        """Run all, now and then losing a worker or the runner."""
        while self.schedule.ready or self.schedule.running:
            self.schedule.take(self.random.randint(1, 4))
            running = [n for n in self.schedule.nodes.values() if n.state is State.RUNNING]
            node = self.random.choice(running)
            fate = self.random.random()
            if fate < 0.1:
                self.schedule.put_back(node)
            elif fate < 0.2:
                self.reload()
            else:
                self.execute(node)

    def reload(self) -> None:
        """Begin anew from what a ledger would hold."""
        kept = []
        for node in self.schedule.nodes.values():
            fresh = copy.copy(node)
            fresh.children, fresh.open_parents, fresh.open_parts = [], 0, 1
            kept.append(fresh)
        before = {n.sequence: n.state for n in kept if n.state in ENDED}
        self.schedule = Schedule(kept)
        after = {n: self.schedule.nodes[n].state for n in before}
        assert after == before

    def execute(self, node: Node) -> None:
        """Run one job; it fails as its plan says, and never for want of its inputs."""
        job = unpack(self.texts[node.sequence])
        try:
            response = job.run(self.store)
        except RuntimeError:
            self.schedule.fail(node)
            return
        new = []
        for flow, awaited in (
            (response.replace, True),
            (response.detour, True),
            (response.addition, False),
        ):
            if flow is not None:
                new += self.enter(flow, node.sequence, awaited)
        stop = Stop.CHILDREN if response.stop_children else Stop.NOTHING
        self.schedule.finish(node, new, stop, passed_on(job, response))


@st.composite
def plans(draw: st.DrawFn, depth: int = 2, prefix: str = "job") -> list[dict[str, Any]]:
    parts = []
    for i in range(draw(st.integers(1, 4 if depth == 2 else 3))):
        name = f"{prefix}.{i}"
        part = {
            "name": name,
            "does": draw(st.sampled_from(["value"] * 6 + ["fail", "stop_children"])),
            "parents": [j for j in range(i) if draw(st.booleans())],
            "tolerant": draw(st.booleans()),
            "nested": draw(st.booleans()),
            "linear": draw(st.booleans()),
            "keep": draw(st.booleans()),
            "replace": [],
            "detour": [],
            "addition": [],
        }
        way = draw(st.sampled_from(["", "replace", "replace", "detour", "addition"]))
        if depth and way:
            part[way] = draw(plans(depth - 1, f"{name}.{way}"))
        parts.append(part)
    return parts


@settings(max_examples=100, deadline=None, derandomize=True)
@given(plan=plans(), seed=st.integers(0, 2**32))
def test_any_order_ends_like_run_locally(plan: list[dict[str, Any]], seed: int) -> None:
    reference = memory_store()
    run_locally(jobs.build(plan), store=reference, log=False)
    simulation = Simulation(jobs.build(plan), seed)
    simulation.run()
    assert jobs.documents(simulation.store) == jobs.documents(reference)
    assert {n.state for n in simulation.schedule.nodes.values()} <= ENDED


def node(sequence: int, *parents: int, **more: Any) -> Node:
    return Node(sequence, f"uuid-{sequence}", 1, f"job {sequence}", True, parents, **more)


def test_long_chain_of_blocked_jobs() -> None:
    schedule = Schedule()
    schedule.add([node(1), *(node(i, i - 1) for i in range(2, 5001))])
    (first,) = schedule.take(1)
    schedule.fail(first)
    assert schedule.counts[State.BLOCKED] == 4999
    assert schedule.nodes[5000].cause == 1


def test_chain_of_replacements_closes_at_its_end() -> None:
    schedule = Schedule()
    schedule.add([node(1), node(2, 1)])
    (turn,) = schedule.take(1)
    for i in range(3, 2003):
        schedule.finish(turn, [node(i, origin=turn.sequence, awaited=True)])
        assert schedule.nodes[2].state is State.WAITING
        (turn,) = schedule.take(5)
    schedule.finish(turn, [])
    assert schedule.nodes[2].state is State.READY


def test_what_a_response_brings_goes_before_later_jobs() -> None:
    schedule = Schedule()
    schedule.add([node(i) for i in range(1, 10)])
    (first,) = schedule.take(1)
    schedule.finish(first, [node(10, origin=1, awaited=True)])
    assert [n.sequence for n in schedule.take(2)] == [10, 2]


def test_stopping_the_run_cancels_all_that_has_not_begun() -> None:
    schedule = Schedule()
    schedule.add([node(1), node(2), node(3), node(4, 2)])
    first, second = schedule.take(2)
    schedule.finish(first, [], Stop.RUN)
    assert schedule.nodes[3].state is schedule.nodes[4].state is State.CANCELLED
    assert second.state is State.RUNNING
    schedule.finish(second, [node(5, origin=2, awaited=True)])
    assert schedule.nodes[5].state is State.CANCELLED
    assert not schedule.ready
    assert not schedule.running


def passing_on(sequence: int, *parents: int, **more: Any) -> Node:
    tolerant = node(sequence, *parents, **more)
    tolerant.strict = False
    return tolerant


@pytest.mark.parametrize("resumed", [False, True])
def test_who_reads_an_output_passed_on_needs_the_job_that_failed(resumed: bool) -> None:
    after, reader, again = node(4, 2), node(5, 2, reads=(2,)), passing_on(3, 2, reads=(2,))
    last = node(6, 3, reads=(3,))
    schedule = Schedule([node(1), passing_on(2, 1, reads=(1,)), again, after, reader, last])
    (first,) = schedule.take(9)
    schedule.fail(first)
    (second,) = schedule.take(9)
    schedule.finish(second, [], passed_on=["uuid-1"])
    if resumed:
        schedule = Schedule(dataclasses.replace(n) for n in schedule.nodes.values())
    assert schedule.nodes[2].state is State.DONE
    assert [n.sequence for n in schedule.take(9)] == [3, 4]
    schedule.finish(schedule.nodes[3], [], passed_on=["uuid-2"])
    assert [(schedule.nodes[i].state, schedule.nodes[i].cause) for i in (5, 6)] == [
        (State.BLOCKED, 1), (State.BLOCKED, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("state", [State.RUNNING, State.READY, State.WAITING])
def test_what_was_left_unfinished_starts_again(state: State) -> None:
    schedule = Schedule([node(1, state=State.DONE), node(2, 1, state=state), node(3, 2)])
    assert [n.sequence for n in schedule.take(9)] == [2]
