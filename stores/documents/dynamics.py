"""Runs of molecular dynamics."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pymatgen.core import Structure

from physics.dynamics.protocol import Protocol
from physics.dynamics.summary import Series, StageSummary
from physics.errors import InputError
from stores.documents.base import Document, PropertyDocument
from stores.trajectories.files import checksum
from stores.trajectories.reader import Trajectory

Driver = Literal["ase", "lammps", "lmp"]


class TrajectoryFile(BaseModel):
    """A trajectory on disk: never in the document itself."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(description="absolute path of the file")
    sha256: str = Field(description="SHA-256 checksum of the file")
    frames: int = Field(description="number of frames")

    @classmethod
    def of(cls, path: Path) -> "TrajectoryFile":
        """
        Describe a file.

        Parameters
        ----------
        path : Path
            A trajectory.

        Returns
        -------
        TrajectoryFile
            Its place, checksum and length.

        Raises
        ------
        InputError
            If it is no trajectory.
        """
        with Trajectory(path) as trajectory:
            return cls(path=str(path), sha256=checksum(path), frames=len(trajectory))

    def open(self) -> Trajectory:
        """
        Open the file, if it is still the same.

        Returns
        -------
        Trajectory
            For reading; to be closed.

        Raises
        ------
        InputError
            If it is gone, or has another content.
        """
        if not Path(self.path).is_file():
            raise InputError(
                f"the trajectory {self.path} is not there; give the folder of the run back, or run "
                "the job again"
            )
        if (found := checksum(self.path)) != self.sha256:
            raise InputError(
                f"the trajectory {self.path} has the checksum {found[:12]}, expected "
                f"{self.sha256[:12]}: it was changed after its run; run the job again"
            )
        return Trajectory(self.path)


class DynamicsDocument(Document):
    """A run of molecular dynamics; its frames are in a file."""

    label: str = Field(description="what was run")
    engine: str = Field(description="engine of the registry, or mtp")
    functional: str = Field(description="level of theory of the engine")
    driver: Driver = Field(description="what moved the atoms")
    potential: str | None = Field(
        default=None, description="checksum of the moment tensor potential; None for other engines"
    )
    mode: Literal["run", "replay"] = Field(
        default="run", description="computed, or from a recording"
    )
    protocol: Protocol = Field(description="what was to be run")
    steps: int = Field(description="time steps done")
    completed: bool = Field(description="whether all steps were done")
    stopped: str | None = Field(description="why the run stopped early; None if it did not")
    structure: Structure = Field(description="last good configuration, Å")
    energy: float = Field(description="its potential energy, eV")
    stages: list[StageSummary] = Field(description="what each stage gave")
    series: Series = Field(description="course of the run, at 200 times or fewer")
    trajectory: TrajectoryFile = Field(description="the frames")
    extrapolating: TrajectoryFile | None = Field(
        default=None,
        description="configurations whose extrapolation grade was above the threshold to keep; "
        "None if no grades were asked for",
    )
    planes: tuple[float, float] | None = Field(
        default=None, description="heights of the boundaries at the start in parts of c; None: none"
    )
    seconds: float = Field(description="wall time of the last attempt, s")
    directory: str = Field(description="folder of the run")


class DynamicsRunDocument(PropertyDocument):
    """A run of molecular dynamics as it is queried."""

    collection: ClassVar[str] = "dynamics"
    columns: ClassVar[tuple[str, ...]] = (
        "study",
        "system",
        "label",
        "engine",
        "atoms",
        "picoseconds",
        "temperature",
        "pressure",
        "density",
        "li_displacement",
        "largest_grade",
        "completed",
    )
    line: ClassVar[tuple[str, ...]] = (
        "system",
        "label",
        "engine",
        "atoms",
        "picoseconds",
        "temperature",
        "density",
        "li_displacement",
    )

    label: str = Field(title="run", description="what was run")
    formula: str = Field(description="reduced formula")
    engine: str = Field(title="engine", description="engine of the registry, or mtp")
    functional: str = Field(title="level of theory", description="level of theory of the engine")
    potential: str | None = Field(description="checksum of the potential; None for other engines")
    atoms: int = Field(title="atoms", description="number of atoms")
    picoseconds: float = Field(title="time (ps)", description="time simulated, ps")
    temperature: float = Field(
        title="temperature (K)", description="mean temperature of the last stage, K"
    )
    pressure: float | None = Field(
        title="pressure (GPa)",
        description="mean pressure of the last stage, GPa; None if the engine has no stress",
    )
    density: float = Field(
        title="density (g/cm^3)", description="mean density of the last stage, g/cm^3"
    )
    li_displacement: float | None = Field(
        title="Li displacement² (Å²)",
        description="mean squared displacement of lithium in the last stage, Å^2; None without Li",
    )
    largest_grade: float | None = Field(
        title="largest grade", description="largest extrapolation grade; None if none was asked for"
    )
    completed: bool = Field(title="completed", description="whether all steps were done")
    stopped: str | None = Field(description="why the run stopped early; None if it did not")
    stages: list[StageSummary] = Field(description="what each stage gave")
    structure: Structure = Field(description="last good configuration, Å")
    series: Series = Field(description="course of the run, at 200 times or fewer")
    trajectory: TrajectoryFile = Field(description="the frames")
    extrapolating: TrajectoryFile | None = Field(
        description="configurations that extrapolate; None if no grades were asked for"
    )
