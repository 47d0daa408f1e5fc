"""Taking failed jobs of a run back, so that they run again."""

from jobflow import JobStore

from workflows.local.ledger import Ledger
from workflows.local.schedule import Node, State, Stop


def take_back(ledger: Ledger, run: str, store: JobStore) -> None:
    """
    Reset the failed jobs of a run and everything that depends on them.

    Jobs that were brought by a job taken back are forgotten, with their outputs: it brings its
    own again.

    Parameters
    ----------
    ledger : Ledger
        The ledger.
    run : str
        Name of the run, on which no runner works.
    store : JobStore
        Where the outputs are, connected.
    """
    nodes = {node.sequence: node for node in ledger.nodes(run)}
    reset = _downstream(nodes)
    forgotten: set[int] = set()
    for node in nodes.values():
        if node.origin in reset | forgotten:
            forgotten.add(node.sequence)
    if forgotten:
        for node in map(nodes.__getitem__, forgotten):
            store.remove_docs({"uuid": node.uuid, "index": node.index})
    with ledger.transaction():
        ledger.remove(run, forgotten)
        for node in map(nodes.__getitem__, reset - forgotten):
            node.state, node.stop, node.cause, node.deaths = State.WAITING, Stop.NOTHING, None, 0
            ledger.change(run, node)


def _downstream(nodes: dict[int, Node]) -> set[int]:
    """Find the failed jobs and all that waited for them, directly or through an origin."""
    children: dict[int, list[int]] = {}
    for node in nodes.values():
        for parent in node.parents:
            children.setdefault(parent, []).append(node.sequence)
    found: set[int] = set()
    pending = [node.sequence for node in nodes.values() if node.state is State.FAILED]
    while pending:
        node = nodes[pending.pop()]
        if node.sequence in found:
            continue
        found.add(node.sequence)
        while True:
            pending += children.get(node.sequence, [])
            if node.origin is None or not node.awaited:
                break
            node = nodes[node.origin]
    return found
