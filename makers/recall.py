"""The job that gives outputs of earlier jobs again."""

from typing import Any

from jobflow import CURRENT_JOB, job


@job
def recall(uuids: list[str]) -> dict[str, Any]:
    """
    Give outputs of earlier jobs again, for a flow that starts within another.

    Managers let such a flow refer to its own jobs only. Blobs stay where they are: the store has
    their places. The job needs ``config.expose_store``.

    Parameters
    ----------
    uuids : list of str
        The jobs, each once: jobflow fills a blob in at one place of a document only.

    Returns
    -------
    dict of str to dict
        Their outputs as they are stored, by uuid.
    """
    store = CURRENT_JOB.store
    return {uuid: store.get_output(uuid, load=False) for uuid in uuids}
