"""What a job costs."""

import os


def cpu_seconds() -> float:
    """
    Give the CPU time of this process, of its threads, and of its children that have ended.

    Returns
    -------
    float
        s, since the start of the process: differences count.
    """
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
