"""What jobs of a study carry in their names and metadata."""

from typing import TypeVar

from jobflow import Flow, Job

POTENTIAL = "potential"
"""What stands for a system in jobs of the potential."""

FlowOrJob = TypeVar("FlowOrJob", Flow, Job)


def of_system(part: FlowOrJob, system: str) -> FlowOrJob:
    """
    Say in the name and in the metadata of jobs which system they are of.

    Parameters
    ----------
    part : Flow or Job
        The jobs.
    system : str
        Name of the system, or `POTENTIAL`.

    Returns
    -------
    Flow or Job
        The same.
    """
    part.append_name(f"{system}: ", prepend=True)
    part.update_metadata({"system": system})
    return part
