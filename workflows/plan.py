"""What a study would run, and what that costs, before anything runs."""

from collections import Counter
from dataclasses import dataclass

from jobflow import Flow
from pymatgen.core import Structure

from makers.boundary import RelaxBoundaryMaker
from makers.calculation import CalculationMaker
from makers.engines import get_engine


@dataclass(frozen=True)
class PlannedJobs:
    """
    Jobs of one kind on one system.

    Parameters
    ----------
    system : str
        Name of the structure.
    step : str
        What they do.
    engine : str
        Engine, or "-" for jobs that need none.
    count : int
        How many.
    seconds : float
        Estimated CPU seconds of each, on one core.
    """

    system: str
    step: str
    engine: str
    count: int
    seconds: float


def plan_flow(flow: Flow, structures: dict[str, Structure]) -> list[PlannedJobs]:
    """
    List the jobs of a flow with their estimated cost.

    Parameters
    ----------
    flow : Flow
        The flow of a study; every job has its system in the metadata, and one that starts others
        has how many and of how many atoms.
    structures : dict of str to Structure
        Structure by system name.

    Returns
    -------
    list of PlannedJobs
        In the order in which they start.
    """
    groups: Counter[tuple[str, str, str, float]] = Counter()
    for job, _ in flow.iterflow():
        system, step = job.metadata["system"], job.metadata["step"]
        engine, seconds = "-", 0.0
        maker = job.maker.relax if isinstance(job.maker, RelaxBoundaryMaker) else job.maker
        if isinstance(maker, CalculationMaker):
            engine, atoms = maker.engine, job.metadata.get("atoms", len(structures[system]))
            seconds = get_engine(engine).estimate(atoms, maker.evaluations)
        groups[system, step, engine, seconds] += job.metadata.get("jobs", 1)
    return [PlannedJobs(*key[:3], count, key[3]) for key, count in groups.items()]
