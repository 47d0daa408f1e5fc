"""What a study would run, and what that costs, before anything runs."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from jobflow import Flow
from pymatgen.core import Structure

from makers.boundary import RelaxBoundaryMaker
from makers.calculation import CalculationMaker
from makers.dynamics import MTP, DynamicsMaker
from makers.engines import get_engine
from makers.explore import ExploreMaker
from makers.labels import LabelMaker
from workflows.active_learning import ActiveLearningFlowMaker

_Kind = tuple[str, str, float]

SWEEPS, LABELS_PER_RUN = 12, 6
"""Sweeps of a loop of active learning, and labels for each of its runs, as they were measured."""

FIT_SECONDS = 10.0
"""Of a fit that goes on from the potential before."""

MTP_SECONDS = 2e-6
"""Of a moment tensor potential of level 16 for one atom and step, with LAMMPS and grades."""


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
        atoms = job.metadata.get("atoms") or len(structures.get(system, ()))
        maker = job.maker
        if isinstance(maker, RelaxBoundaryMaker):
            maker = maker.relax
        elif isinstance(maker, LabelMaker):
            maker = maker.calculation
        elif isinstance(maker, ExploreMaker):
            maker = maker.run
        if isinstance(maker, ActiveLearningFlowMaker):
            for known, further in _loop(maker, job.metadata).items():
                groups[system, *known] += further
        elif isinstance(maker, CalculationMaker):
            engine = maker.engine
            seconds = get_engine(engine).estimate(atoms, maker.evaluations)
        elif isinstance(maker, DynamicsMaker):
            engine, steps = maker.engine, maker.protocol.steps
            seconds = (
                MTP_SECONDS * atoms * steps
                if engine == MTP
                else get_engine(engine).estimate(atoms, steps)
            )
        groups[system, step, engine, seconds] += job.metadata.get("jobs", 1)
    return [PlannedJobs(*key[:3], count, key[3]) for key, count in groups.items() if count]


def _loop(maker: ActiveLearningFlowMaker, metadata: dict[str, Any]) -> dict[_Kind, int]:
    """Estimate what a loop of active learning brings beyond its first sweep."""
    runs, atoms = metadata["runs"], metadata["atoms"]
    sweeps = min(SWEEPS, maker.sweeps) - 1
    labels = min(LABELS_PER_RUN * runs, maker.labels)
    engine = maker.label.calculation.engine
    steps = round(1000 * maker.explore.picoseconds / maker.explore.time_step)
    return {
        ("explore, further sweeps", MTP, MTP_SECONDS * atoms * steps): sweeps * runs,
        ("label, all sweeps", engine, get_engine(engine).estimate(atoms, 1)): labels,
        ("fit potential, further sweeps", "-", FIT_SECONDS): sweeps,
    }
