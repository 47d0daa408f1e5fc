"""The part of a study about active learning."""

from typing import Any, Self

from pydantic import Field, model_validator

from makers.calculation import calculation
from makers.engines import get_engine
from makers.labels import LabelMaker
from makers.potential import FitMaker
from makers.selection import SelectMaker
from physics.dynamics.grading import Grading
from workflows.active_learning import ActiveLearningFlowMaker
from workflows.held_out import HeldOutFlowMaker
from workflows.potential import CUTOFFS, LEVELS
from workflows.study_settings import StudyModel
from workflows.sweep import STOPS, SweepMaker

LARGEST_STRAIN = 0.1
"""Of a crystal that a potential is trained on or explored with [choice]."""


class HeldOutSettings(StudyModel):
    """Molecular dynamics of the engine that tests and never trains; as in Jalem et al. 2023."""

    temperatures: list[float] = Field(
        default=[300.0, 800.0, 2000.0], min_length=1, description="one run of each boundary, K"
    )
    picoseconds: tuple[float, float, float] = Field(
        default=(1.0, 1.0, 2.6), description="of heating, equilibration and production, ps"
    )
    frames: tuple[int, int, int] = Field(
        default=(5, 5, 13), description="of heating, equilibration and production"
    )


class SearchSettings(StudyModel):
    """The search for cutoff and level before the loop."""

    cutoffs: list[float] = Field(default=list(CUTOFFS), min_length=1, description="Å")
    levels: list[int] = Field(default=list(LEVELS), min_length=1, description="levels")


class CellSettings(StudyModel):
    """Training cells of boundaries: as few layers as hold the surroundings of the core."""

    max_atoms: int = Field(default=128, ge=1, description="largest training cell")
    coverage: float = Field(
        default=0.9, gt=0, le=1, description="part of the atoms of the core that it holds"
    )
    fmax: float = Field(default=0.1, gt=0, le=1, description="largest force after relaxing, eV/Å")
    steps: int = Field(default=100, ge=1, description="most steps of relaxing")


class LearningSettings(StudyModel):
    """Active learning of the potential; defaults are those of Jalem et al. 2023 where printed."""

    label: str | None = Field(
        default=None, description="engine of the labels; that of the study if not given"
    )
    search: SearchSettings | None = Field(
        default=None, description="search for cutoff and level before the loop; {} for defaults"
    )
    strains: list[float] = Field(
        default=[-0.05, 0.0, 0.05], description="of all lengths of crystals that are explored"
    )
    atoms: int = Field(
        default=1, ge=1, description="crystals are repeated to this number or more to be explored"
    )
    boundaries: bool = Field(default=True, description="explore the boundaries of the study")
    cells: CellSettings = Field(default_factory=CellSettings)
    glasses: bool = Field(default=False, description="explore the glasses of the study")
    interfaces: bool = Field(default=False, description="explore the interfaces of the study")
    temperatures: list[float] = Field(
        default=[300.0, 1000.0], min_length=1, description="one run of each structure, K"
    )
    beyond: list[float] = Field(
        default=[], description="higher ones that are explored too, but need not be trusted, K"
    )
    picoseconds: float = Field(default=20.0, gt=0, description="time of each run, ps")
    time_step: float = Field(default=2.0, gt=0, description="fs")
    threshold: float = Field(default=2.0, ge=1, description="grade beyond which is selected")
    enough: float | None = Field(
        default=None,
        ge=1,
        description="largest grade of a sweep that ends the loop; the threshold if not given",
    )
    stops: list[float] = Field(
        default=list(STOPS), min_length=1, description="grades at which runs stop, falling"
    )
    most: int | None = Field(default=None, ge=1, description="most labels of one sweep")
    sweeps: int = Field(default=30, ge=1, description="most sweeps")
    labels: int = Field(default=1000, ge=1, description="most labels")
    failed: float = Field(
        default=0.2, ge=0, lt=1, description="largest part of the labels of a sweep that may fail"
    )
    held_out: HeldOutSettings | None = Field(
        default_factory=HeldOutSettings, description="what tests; null for nothing"
    )

    @model_validator(mode="after")
    def _can_be_learned(self) -> Self:
        if not all(abs(strain) <= LARGEST_STRAIN for strain in self.strains):
            raise ValueError(
                f"strains {self.strains} given, expected each at most {LARGEST_STRAIN} either way"
            )
        if len(set(self.strains)) < len(self.strains):
            raise ValueError(f"strains {self.strains} given, expected each once")
        explored = [*self.temperatures, *self.beyond]
        if len(set(explored)) < len(explored):
            raise ValueError(f"temperatures {explored} given, expected each once")
        if not (self.strains or self.boundaries or self.glasses or self.interfaces):
            raise ValueError("nothing to explore: give strains, boundaries, glasses or interfaces")
        if self.label is not None:
            get_engine(self.label)
        for stop in self.stops:
            Grading(self.threshold, stop)
        self.flow_maker("emt", 0)
        if self.held_out is not None:
            self.held_out_maker("emt", 0)
        return self

    def flow_maker(self, engine: str, seed: int) -> ActiveLearningFlowMaker:
        """
        Give the Maker of the loop.

        Parameters
        ----------
        engine : str
            Engine of the study.
        seed : int
            Of the velocities.

        Returns
        -------
        ActiveLearningFlowMaker
            The Maker.
        """
        return ActiveLearningFlowMaker(
            label=self.label_maker(engine),
            explore=SweepMaker(
                temperatures=self.temperatures,
                beyond=self.beyond,
                picoseconds=self.picoseconds,
                time_step=self.time_step,
                stops=self.stops,
                select=SelectMaker(threshold=self.threshold, most=self.most),
                seed=seed,
            ),
            fit=FitMaker(seed=seed),
            enough=self.enough,
            sweeps=self.sweeps,
            labels=self.labels,
        )

    def held_out_maker(self, engine: str, seed: int) -> HeldOutFlowMaker | None:
        """
        Give the Maker of the held-out set.

        Parameters
        ----------
        engine : str
            Engine of the study.
        seed : int
            Of velocities and noise.

        Returns
        -------
        HeldOutFlowMaker or None
            The Maker; None if nothing is held out.
        """
        if self.held_out is None:
            return None
        settings: dict[str, Any] = self.held_out.model_dump()
        return HeldOutFlowMaker(
            engine=engine,
            label=None if self.label in (None, engine) else self.label_maker(engine),
            seed=seed,
            **settings,
        )

    def label_maker(self, engine: str) -> LabelMaker:
        """
        Give the Maker of labels.

        Parameters
        ----------
        engine : str
            Engine of the study.

        Returns
        -------
        LabelMaker
            The Maker.
        """
        return LabelMaker(
            calculation=calculation(self.label or engine, "static"), failed=self.failed
        )
