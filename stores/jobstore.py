"""The job store: where jobflow keeps the outputs of jobs."""

from pathlib import Path

from jobflow import JobStore

from stores.sqlite import SQLiteStore


def open_job_store(path: Path | str) -> JobStore:
    """
    Describe the job store of a SQLite file; nothing is opened until `connect`.

    Parameters
    ----------
    path : Path or str
        The SQLite file.

    Returns
    -------
    JobStore
        Documents in the collection ``jobs``, large objects in ``blobs``.
    """
    file = str(path)
    return JobStore(
        SQLiteStore(
            file,
            "jobs",
            key="uuid",
            last_updated_field="completed_at",
            last_updated_type="isoformat",
        ),
        additional_stores={"data": SQLiteStore(file, "blobs", key="blob_uuid")},
    )
