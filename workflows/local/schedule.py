"""The schedule of a run: which job may start, and what the end of a job changes for others."""

import heapq
from collections import ChainMap, Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """State of a job in a run."""

    WAITING = "waiting"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"
    """Not run, because a job it depends on failed."""
    CANCELLED = "cancelled"
    """Not run, because a job asked for that (stop_children, stop_jobflow)."""


ENDED = frozenset({State.DONE, State.FAILED, State.BLOCKED, State.CANCELLED})


class Stop(StrEnum):
    """What the response of a job stops."""

    NOTHING = ""
    CHILDREN = "children"
    RUN = "run"


@dataclass
class Node:
    """
    A job in the schedule.

    Parameters
    ----------
    sequence
        Number of the job in its run, from 1.
    uuid, index, name
        The job's own.
    strict
        Whether a failed parent blocks the job.
    parents
        Sequence numbers of the jobs it waits for.
    reads
        Those of them whose outputs it takes; the others only come first.
    origin
        Sequence number of the job whose response brought this one; None for a job of the flow.
    awaited
        Whether what depends on `origin` waits for this job too: true for a replacement and a
        detour, false for an addition.
    state, attempts, deaths
        Where it stands, how often it was started, how many workers died of it.
    stop
        What its response stopped.
    cause
        Sequence number of the job that failed (for a blocked job, or one that is done but passes
        on the output that is missing) or stopped it (cancelled).
    """

    sequence: int
    uuid: str
    index: int
    name: str
    strict: bool
    parents: tuple[int, ...] = ()
    reads: tuple[int, ...] = ()
    origin: int | None = None
    awaited: bool = False
    state: State = State.WAITING
    attempts: int = 0
    deaths: int = 0
    stop: Stop = Stop.NOTHING
    cause: int | None = None
    children: list[int] = field(default_factory=list, init=False)
    open_parents: int = field(default=0, init=False)
    """Parents that have not closed; kept by the schedule, as is all that follows."""
    open_parts: int = field(default=1, init=False)
    """The job itself and the replacements and detours it brought that have not closed."""
    rank: int = field(default=0, init=False)
    """Ready jobs start in order of rank."""


class Schedule:
    """
    The jobs of a run and the order that their dependencies allow.

    The rules are those of jobflow's `run_locally`, without its order. A job starts when each of
    its parents has *closed*: it has ended, and with it every replacement and detour that it
    brought, and theirs. It is then cancelled if a parent stopped its children, blocked if a
    parent failed (parents count by uuid, so the failure of a replacement is the failure of the
    job), or the output of one that it reads refers to that of a job that failed, and the job does
    not take missing references, and ready otherwise. Jobs that a response brought go before later
    jobs of the flow, so that a long chain of replacements, the slowest part of most runs, does not
    wait for everything else.

    Parameters
    ----------
    nodes
        All jobs of the run in order of their sequence, in the states they were left in.
        Those left running become ready.
    """

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        self.nodes: dict[int, Node] = {}
        self.counts: Counter[State] = Counter()
        self._failed: dict[str, int] = {}
        self._lacking: dict[str, int] = {}
        self._stopped: dict[str, int] = {}
        self._run_stopped: int | None = None
        self._ready: list[tuple[int, int]] = []
        left = list(nodes)
        for node in left:
            if node.state not in ENDED:
                node.state = State.WAITING
            self._register(node)
            self._remember(node)
        for node in [node for node in left if node.state in ENDED]:
            self._close(node, [])
        self._decide_on(left, [])

    @property
    def last(self) -> int:
        """Highest sequence number of a job, 0 if there is none."""
        return max(self.nodes, default=0)

    @property
    def running(self) -> int:
        """Number of jobs being run."""
        return self.counts[State.RUNNING]

    @property
    def ready(self) -> int:
        """Number of jobs that may start now."""
        return self.counts[State.READY]

    def add(self, nodes: list[Node]) -> list[Node]:
        """
        Add jobs, parents before children.

        Parameters
        ----------
        nodes
            New jobs, in order of their sequence.

        Returns
        -------
        list of Node
            The jobs whose state changed thereby.
        """
        changed: list[Node] = []
        for node in nodes:
            self._register(node)
        self._decide_on(nodes, changed)
        return changed

    def take(self, most: int) -> list[Node]:
        """
        Take ready jobs, which thereby are running.

        Parameters
        ----------
        most : int
            Number of jobs wanted.

        Returns
        -------
        list of Node
            The first of the ready jobs, their attempts counted up.
        """
        taken: list[Node] = []
        while self._ready and len(taken) < most:
            node = self.nodes[heapq.heappop(self._ready)[1]]
            if node.state is State.READY:
                self._enter(node, State.RUNNING)
                node.attempts += 1
                taken.append(node)
        return taken

    def put_back(self, node: Node) -> None:
        """
        Make a running job ready again.

        Parameters
        ----------
        node
            A job whose worker was lost.
        """
        self._enter(node, State.READY)
        heapq.heappush(self._ready, (node.rank, node.sequence))

    def finish(
        self,
        node: Node,
        new: list[Node],
        stop: Stop = Stop.NOTHING,
        passed_on: Iterable[str] = (),
    ) -> list[Node]:
        """
        End a running job well.

        Parameters
        ----------
        node
            The job.
        new
            The jobs that its response brought.
        stop
            What its response stops.
        passed_on
            Uuids of the jobs whose outputs are part of its own.

        Returns
        -------
        list of Node
            The jobs whose state changed, `node` first.
        """
        node.stop = stop
        lost = ChainMap(self._failed, self._lacking)
        node.cause = min((lost[uuid] for uuid in passed_on if uuid in lost), default=None)
        self._enter(node, State.DONE)
        changed = [node]
        self._remember(node)
        if stop is Stop.RUN:
            for other in self.nodes.values():
                if other.state in {State.WAITING, State.READY}:
                    other.cause = node.sequence
                    self._enter(other, State.CANCELLED)
                    changed.append(other)
        changed += self.add(new)
        self._close(node, changed)
        return changed

    def fail(self, node: Node) -> list[Node]:
        """
        End a running job badly.

        Parameters
        ----------
        node
            The job.

        Returns
        -------
        list of Node
            The jobs whose state changed, `node` first.
        """
        self._enter(node, State.FAILED)
        changed = [node]
        self._remember(node)
        self._close(node, changed)
        return changed

    def _enter(self, node: Node, state: State) -> None:
        self.counts[node.state] -= 1
        self.counts[state] += 1
        node.state = state

    def _register(self, node: Node) -> None:
        self.nodes[node.sequence] = node
        self.counts[node.state] += 1
        node.open_parents = len(node.parents)
        for parent in node.parents:
            self.nodes[parent].children.append(node.sequence)
        node.rank = node.sequence
        if node.origin is not None:
            origin = self.nodes[node.origin]
            node.rank = origin.rank
            if node.awaited:
                origin.open_parts += 1

    def _remember(self, node: Node) -> None:
        """Note by uuid what an ended job means for its children."""
        if node.state is State.FAILED:
            self._failed[node.uuid] = node.sequence
        elif node.state is State.BLOCKED and node.cause is not None:
            self._failed[node.uuid] = node.cause
        elif node.state is State.DONE and node.cause is not None:
            self._lacking[node.uuid] = node.cause
        elif node.state is State.CANCELLED and node.cause is not None:
            self._stopped[node.uuid] = node.cause
        if node.stop is Stop.CHILDREN:
            self._stopped[node.uuid] = node.sequence
        elif node.stop is Stop.RUN:
            self._run_stopped = node.sequence

    def _decide_on(self, nodes: list[Node], changed: list[Node]) -> None:
        """Decide on those of the jobs that wait for nothing."""
        for node in nodes:
            if node.open_parents == 0 and node.state is State.WAITING:
                self._decide(node, changed)
                if node.state in ENDED:
                    self._close(node, changed)

    def _decide(self, node: Node, changed: list[Node]) -> None:
        """Give a job whose parents have all closed its state."""
        uuids = [self.nodes[parent].uuid for parent in node.parents]
        stopped = [self._stopped[uuid] for uuid in uuids if uuid in self._stopped]
        failed = [self._failed[uuid] for uuid in uuids if uuid in self._failed]
        read = [self.nodes[parent].uuid for parent in node.reads]
        failed += [self._lacking[uuid] for uuid in read if uuid in self._lacking]
        if self._run_stopped is not None:
            node.cause = self._run_stopped
            self._enter(node, State.CANCELLED)
        elif stopped:
            node.cause = min(stopped)
            self._enter(node, State.CANCELLED)
        elif failed and node.strict:
            node.cause = min(failed)
            self._enter(node, State.BLOCKED)
        else:
            self.put_back(node)
        changed.append(node)
        self._remember(node)

    def _close(self, node: Node, changed: list[Node]) -> None:
        """Count down what waits for an ended job, and decide on what waits no longer."""
        pending = [node]
        while pending:
            closing = pending.pop()
            closing.open_parts -= 1
            while closing.open_parts == 0:
                for child in map(self.nodes.__getitem__, closing.children):
                    child.open_parents -= 1
                    if child.open_parents == 0 and child.state is State.WAITING:
                        self._decide(child, changed)
                        if child.state in ENDED:
                            pending.append(child)
                if closing.origin is None or not closing.awaited:
                    break
                closing = self.nodes[closing.origin]
                closing.open_parts -= 1
