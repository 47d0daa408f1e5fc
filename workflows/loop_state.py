"""Where a loop of active learning stands, and the structures that it explores from."""

from dataclasses import dataclass
from typing import Any

from jobflow import Job
from pydantic import BaseModel, ConfigDict, Field

from stores.documents import SweepRecord


@dataclass(frozen=True)
class SeedInput:
    """
    A structure to explore from, as it is when the flow is assembled.

    Parameters
    ----------
    name : str
        What it is called.
    structure : Structure or OutputReference
        The structure, Å.
    planes : tuple of float or OutputReference, optional
        Heights of its boundaries in parts of c.
    atoms : int
        Number of its atoms, for the plan.
    fixed_cell : bool
        Whether it is run at constant volume, as a strained crystal is.
    """

    name: str
    structure: Any
    planes: Any = None
    atoms: int = 0
    fixed_cell: bool = False


class LoopState(BaseModel):
    """Where the loop stands: what is large is named by the job that has it."""

    model_config = ConfigDict(extra="forbid")

    sweep: int = Field(description="number of the turn, from 1")
    stop: int = Field(default=0, description="place of the grade that stops runs")
    names: list[str] = Field(description="names of the seeds")
    fixed_cells: list[bool] = Field(description="whether each is run at constant volume")
    jobs: dict[str, str] = Field(
        description="uuids of the jobs that have seeds, potential and training; as far as there "
        "are, test (the held-out set), before (the potential before), labelled (for this turn)"
    )
    untrained: bool = Field(default=False, description="whether the fit began untrained")
    sweeps: list[SweepRecord] = Field(default_factory=list, description="the turns before")
    notes: list[str] = Field(default_factory=list, description="what went wrong in this turn")


@dataclass
class Parts:
    """
    What the jobs of a turn refer to, by what it is.

    Parameters
    ----------
    jobs : dict of str to str
        uuids of the jobs that have it.
    references : dict of str to OutputReference
        References to it.
    """

    jobs: dict[str, str]
    references: dict[str, Any]

    def put(self, name: str, made: Job) -> None:
        """
        Take the output of a job for something.

        Parameters
        ----------
        name : str
            What it is.
        made : Job
            The job.
        """
        self.jobs[name], self.references[name] = made.uuid, made.output
