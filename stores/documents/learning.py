"""Active learning: seeds, runs that explore, what they select, sweeps, and how the loop ended."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pymatgen.core import Structure

from stores.documents.base import Document, PropertyDocument
from stores.documents.dataset import DatasetDocument
from stores.documents.potential import DatasetErrors, PotentialDocument

Reason = Literal["converged", "sweeps", "labels", "labels failed", "fits failed", "runs failed"]

REASONS: dict[Reason, str] = {
    "converged": "a full sweep stayed below the last limit and asked for no more labels",
    "sweeps": "the largest number of sweeps was reached",
    "labels": "the largest number of labels was reached",
    "labels failed": "too many labels failed",
    "fits failed": "two fits failed, one after the other",
    "runs failed": "no run of a sweep gave anything",
}


class Seed(BaseModel):
    """A structure that exploring starts from."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="what it is called")
    structure: Structure = Field(description="the structure, Å")
    planes: tuple[float, float] | None = Field(
        default=None,
        description="heights of its boundaries in parts of c; None without boundaries",
    )


class SeedsDocument(Document):
    """All seeds of a loop."""

    seeds: list[Seed] = Field(description="the seeds")


class GradeProfile(BaseModel):
    """Grades of atoms against their distance from the nearest boundary."""

    model_config = ConfigDict(extra="forbid")

    seed: str = Field(description="name of the seed")
    temperature: float = Field(description="temperature, K")
    distances: list[float] = Field(description="middle of each bin, Å")
    mean: list[float] = Field(description="mean grade of the atoms in each bin")
    largest: list[float] = Field(description="largest grade of an atom in each bin")


class RunRecord(BaseModel):
    """What one run of a sweep gave."""

    model_config = ConfigDict(extra="forbid")

    seed: str = Field(description="name of the seed")
    temperature: float = Field(description="temperature, K")
    atoms: int = Field(description="number of atoms")
    picoseconds: float = Field(description="time that was simulated, ps")
    completed: bool = Field(description="whether the run came to its end")
    stopped: str | None = Field(description="why it stopped early; None if it did not")
    largest_grade: float | None = Field(
        description="largest grade seen; None if the run gave nothing"
    )
    kept: int = Field(description="configurations beyond the threshold that the run kept")
    cpu_seconds: float = Field(description="CPU time, s")


class ExploredDocument(Document):
    """A run of molecular dynamics with a potential, and where it extrapolates."""

    record: RunRecord = Field(description="what the run gave")
    potential: str = Field(description="checksum of the potential")
    candidates: DatasetDocument | None = Field(
        description="configurations beyond the threshold, without labels; None if there are none"
    )
    profile: GradeProfile | None = Field(
        description="grades against the distance from a boundary; None without boundaries"
    )
    directory: str = Field(description="folder of the run, with its trajectory")


class SelectionDocument(Document):
    """What a sweep selected for labelling."""

    potential: str = Field(description="checksum of the potential that explored")
    threshold: float = Field(description="grade beyond which a configuration is selected")
    runs: list[RunRecord] = Field(description="the runs of the sweep")
    profiles: list[GradeProfile] = Field(description="of the runs of boundaries")
    candidates: int = Field(description="configurations beyond the threshold")
    selected: DatasetDocument | None = Field(
        description="those that widen the training set, without labels; None if none does"
    )


class LabelledDocument(Document):
    """Configurations that an engine labelled."""

    engine: str = Field(description="name of the engine in the registry")
    functional: str = Field(description="level of theory of the engine")
    dataset: DatasetDocument = Field(description="configurations with energy, forces, stress")
    failed: list[str] = Field(
        description="configurations that were left out: their calculation failed, or a force is "
        "beyond the limit"
    )
    cpu_seconds: float = Field(description="CPU time of the calculations, s")


class SweepRecord(BaseModel):
    """One turn of the loop: labels added, potential fitted, explored with, selected."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="constants")

    sweep: int = Field(description="number of the turn, from 1")
    stop: float = Field(description="grade at which runs stopped")
    potential: str = Field(description="checksum of the potential that explored")
    training: DatasetErrors = Field(description="its training set, and errors on it")
    test: DatasetErrors | None = Field(
        description="held-out set, and errors on it by boundary and temperature; None without one"
    )
    labels: int = Field(description="labels that were added before this fit")
    failed_labels: list[str] = Field(description="configurations that could not be labelled")
    runs: list[RunRecord] = Field(description="the runs of the sweep")
    candidates: int = Field(description="configurations beyond the threshold")
    selected: int = Field(description="those that were selected for labelling")
    label_seconds: float = Field(description="CPU time of the labels, s")
    fit_seconds: float = Field(description="CPU time of the fit, s")
    notes: list[str] = Field(description="what went wrong in this turn, and what was done")

    @property
    def explore_seconds(self) -> float:
        """CPU time of the runs, s."""
        return sum(run.cpu_seconds for run in self.runs)

    @property
    def largest_grade(self) -> float | None:
        """Largest grade of all runs."""
        return max(
            (r.largest_grade for r in self.runs if r.largest_grade is not None), default=None
        )


class LearningDocument(Document):
    """How a loop of active learning went, and the potential that it ended with."""

    engine: str = Field(description="engine that labelled, name in the registry")
    functional: str = Field(description="level of theory of the labels")
    reason: Reason = Field(description="why the loop ended")
    converged: bool = Field(
        description="whether a full sweep stayed below the last limit and asked for no more labels"
    )
    extrapolating: list[str] = Field(
        description="runs of the last sweep that passed the threshold or gave nothing, and why"
    )
    threshold: float = Field(description="grade beyond which configurations were selected")
    sweeps: list[SweepRecord] = Field(description="the turns of the loop")
    profiles: list[GradeProfile] = Field(description="of the last sweep")
    potential: PotentialDocument = Field(
        description="the potential, with its active set and its errors on the held-out set"
    )


class LearningRunDocument(PropertyDocument):
    """A loop of active learning as it is queried."""

    collection: ClassVar[str] = "learning"
    columns: ClassVar[tuple[str, ...]] = (
        "study",
        "engine",
        "functional",
        "reason",
        "n_sweeps",
        "n_labels",
        "n_configurations",
        "test_energy",
        "test_forces",
        "largest_grade",
        "explore_seconds",
        "label_seconds",
        "fit_seconds",
    )
    line: ClassVar[tuple[str, ...]] = (
        "engine",
        "reason",
        "n_sweeps",
        "n_labels",
        "test_energy",
        "test_forces",
        "largest_grade",
    )

    engine: str = Field(title="engine", description="engine that labelled")
    functional: str = Field(title="level of theory", description="level of theory of the labels")
    reason: Reason = Field(title="ended", description="why the loop ended")
    converged: bool = Field(
        description="whether a full sweep stayed below the last limit and asked for no more labels"
    )
    n_sweeps: int = Field(title="sweeps", description="turns of the loop")
    n_labels: int = Field(title="labels", description="labels that the loop asked for")
    n_configurations: int = Field(
        title="configurations", description="configurations of the final training set"
    )
    test_energy: float | None = Field(
        title="test MAE (meV/atom)",
        description="mean absolute error of energies of the held-out set, meV per atom; None "
        "without one",
    )
    test_forces: float | None = Field(
        title="test MAE (meV/Å)",
        description="mean absolute error of its force components, meV/Å; None without one",
    )
    largest_grade: float | None = Field(
        title="largest grade", description="largest extrapolation grade of the last sweep"
    )
    explore_seconds: float = Field(title="exploring (s)", description="CPU time of all runs, s")
    label_seconds: float = Field(title="labelling (s)", description="CPU time of all labels, s")
    fit_seconds: float = Field(title="fitting (s)", description="CPU time of all fits, s")
    threshold: float = Field(description="grade beyond which configurations were selected")
    extrapolating: list[str] = Field(
        description="runs of the last sweep that passed the threshold or gave nothing, and why"
    )
    sweeps: list[SweepRecord] = Field(description="the turns of the loop")
    profiles: list[GradeProfile] = Field(description="of the last sweep")
    checksum: str = Field(description="SHA-256 of the text of the potential")
