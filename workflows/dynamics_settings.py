"""The parts of a study about glasses, potentials and molecular dynamics."""

from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pymatgen.core import Structure

from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.potential import FitMaker
from physics.analysis.glass import Acceptance
from physics.dynamics.grading import Grading
from physics.dynamics.melt_quench import AB_INITIO
from physics.dynamics.protocol import Protocol, Stage
from physics.structures.composition import ions_of, require_balanced
from physics.structures.packing import cell_of
from physics.structures.supercell import supercell
from stores.documents import StoredPotential
from workflows.elastic import ElasticFlowMaker
from workflows.glass import GlassFlowMaker
from workflows.glass_settings import FRAMES, GlassSettings
from workflows.learning_settings import LARGEST_STRAIN, LearningSettings
from workflows.potential import PotentialFlowMaker
from workflows.potential_file import read_stored_potential
from workflows.study_settings import Name, StudyModel

TIME_STEP = 2.0
"""Of runs of the engine on crystals, fs."""


class GlassEntry(GlassSettings):
    """One glass: packed, melted and quenched; defaults are those of Garcia-Mendez et al. 2020."""

    atoms: int = Field(default=160, ge=5, description="number of atoms, met as nearly as can be")
    ions: dict[str, int] | None = Field(
        default=None, description="number of each ion, such as {Li: 60, PS4: 20}, in place of both"
    )
    crystal: Name | None = Field(
        default=None,
        description="system that is repeated to that number of atoms or more and melted, in place "
        "of a packing",
    )
    pressures: list[float] = Field(
        default=[AB_INITIO.pressure], min_length=1, description="of the melt-quench, GPa"
    )
    seeds: list[int] = Field(default=[0], min_length=1, description="one quench for each")
    elastic: bool = Field(default=False, description="find the elastic tensor of each glass")

    @model_validator(mode="after")
    def _is_a_glass(self) -> Self:
        cell_of(self.counts(), self.density)
        for what in ("pressures", "seeds"):
            given = getattr(self, what)
            if len(set(given)) < len(given):
                raise ValueError(f"{what} {given} given, expected each once")
        for pressure in self.pressures:
            for seed in self.seeds:
                replace(self.quench(), pressure=pressure).protocol(seed)
        if self.potential and self.elastic:
            raise ValueError(
                "elastic tensors are computed with the engine of the study: leave elastic or "
                "potential out"
            )
        return self

    def counts(self) -> dict[str, int]:
        """
        Give the ions.

        Returns
        -------
        dict of str to int
            Number of each ion.

        Raises
        ------
        InputError
            If they do not balance, or cannot make up the formula.
        """
        if self.ions is None:
            return ions_of(self.formula, atoms=self.atoms)
        require_balanced(self.ions)
        return self.ions

    def start(self, structures: Mapping[str, Structure]) -> Structure | None:
        """
        Give what is melted in place of a packing.

        Parameters
        ----------
        structures : mapping of str to Structure
            Structure by system name.

        Returns
        -------
        Structure or None
            The repeated crystal; None for a packing.
        """
        return None if self.crystal is None else supercell(structures[self.crystal], self.atoms)

    def flow_maker(
        self, engine: str, elastic: ElasticFlowMaker | None, *, graded: bool
    ) -> GlassFlowMaker:
        """
        Give the Maker of its flow.

        Parameters
        ----------
        engine : str
            Name in the registry.
        elastic : ElasticFlowMaker or None
            Finds elastic tensors, without symmetry.
        graded : bool
            Whether the potential has an active set, for extrapolation grades.

        Returns
        -------
        GlassFlowMaker
            The Maker; runs with an engine write forces, so that a potential can be trained on them.
        """
        quench = self.quench()
        return GlassFlowMaker(
            name=self.name,
            ions=self.counts(),
            density=self.density,
            melt_quench=quench,
            pressures=self.pressures,
            seeds=self.seeds,
            output=Output(ceil(quench.protocol().steps / FRAMES), forces=not self.potential),
            acceptance=Acceptance(
                tetrahedral=0.8 if self.profile == "amorphisation" else None,
                melted=self.profile == "amorphisation",
                same_units=self.profile != "amorphisation",
            ),
            elastic=elastic if self.elastic else None,
            **self.forces_from(engine, graded=graded),
        )


class PotentialSettings(StudyModel):
    """
    The moment tensor potential of the study: a file, or trained on runs of the engine.

    It is trained on runs of each crystal that heat it at constant volume, and on the melt-quenches
    of all glasses.
    """

    file: Path | None = Field(
        default=None,
        description="an .mtp file, relative to the study file, with its .active.npz beside it; "
        "without it one is trained",
    )
    level: int = Field(default=16, ge=2, le=28, multiple_of=2, description="level")
    cutoff: float = Field(default=5.0, gt=0, description="cutoff, Å")
    chebyshev: int = Field(
        default=8, ge=2, description="Chebyshev polynomials of each radial function"
    )
    temperatures: tuple[float, float] = Field(
        default=(300.0, 2000.0), description="between which each crystal is heated, K"
    )
    picoseconds: float = Field(default=10.0, gt=0, description="time of each run, ps")
    frames: int = Field(default=300, ge=10, description="frames of each run")
    strains: list[float] = Field(
        default=[0.0], min_length=1, description="of all lengths of the crystal, one run for each"
    )
    seed: int = Field(default=0, ge=0, description="seed of all that is drawn")
    learning: LearningSettings | None = Field(
        default=None, description="active learning; {} for all defaults"
    )

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        self.run_maker("emt")
        if self.file is not None and self.learning is not None:
            raise ValueError("file and learning given, expected one of them")
        if not all(abs(strain) <= LARGEST_STRAIN for strain in self.strains):
            raise ValueError(
                f"strains {self.strains} given, expected each at most {LARGEST_STRAIN} either way"
            )
        return self

    def read(self) -> StoredPotential | None:
        """
        Read the potential of the file, with its active set if that is beside it.

        Returns
        -------
        StoredPotential or None
            The potential; None if one is trained.

        Raises
        ------
        InputError
            If a file is missing or cannot be read.
        """
        if self.file is None:
            return None
        return read_stored_potential(self.file)

    def flow_maker(self) -> PotentialFlowMaker:
        """
        Give the Maker that fits.

        Returns
        -------
        PotentialFlowMaker
            Splits, fits, evaluates and selects the active set.
        """
        return PotentialFlowMaker(
            fit=FitMaker(
                level=self.level,
                r_max=self.cutoff,
                n_chebyshev=self.chebyshev,
                seed=self.seed,
            )
        )

    def run_maker(self, engine: str) -> DynamicsMaker:
        """
        Give the Maker of the run of a crystal.

        Parameters
        ----------
        engine : str
            Name in the registry.

        Returns
        -------
        DynamicsMaker
            Heats at constant volume, and writes forces.
        """
        steps = max(1, round(1000 * self.picoseconds / TIME_STEP))
        low, high = self.temperatures
        stage = Stage("heat", steps, low, high)
        return DynamicsMaker(
            name="train on",
            engine=engine,
            driver="ase",
            protocol=Protocol((stage,), TIME_STEP, thermostat="langevin", seed=self.seed),
            output=Output(ceil(steps / self.frames), forces=True),
        )


class DynamicsSettings(StudyModel):
    """Large molecular dynamics with the potential; defaults are those of Jalem et al. 2023."""

    temperatures: list[float] = Field(
        default=[300.0], min_length=1, description="one run for each, K"
    )
    equilibration: float = Field(default=100.0, gt=0, description="before production, ps")
    production: float = Field(default=1000.0, gt=0, description="ps")
    pressure: float = Field(default=0.0, description="GPa")
    time_step: float = Field(default=2.0, gt=0, description="fs")
    atoms: int = Field(
        default=12_288, ge=1, description="crystals are repeated to this number or more"
    )
    boundaries: bool = Field(
        default=True, description="run the best candidate of each boundary of the study too"
    )
    interval: int = Field(default=100, ge=1, description="steps between frames")
    keep: float = Field(default=2.0, ge=1, description="grade beyond which a frame is kept")
    stop: float = Field(default=10.0, ge=1, description="grade that stops a run")
    seed: int = Field(default=0, ge=0, description="seed of the velocities")

    @model_validator(mode="after")
    def _can_be_run(self) -> Self:
        self.run_makers()
        return self

    def run_makers(self, *, graded: bool = True) -> list[DynamicsMaker]:
        """
        Give the Makers of the runs, one for each temperature.

        Parameters
        ----------
        graded : bool
            Whether the potential has an active set, for extrapolation grades.

        Returns
        -------
        list of DynamicsMaker
            Equilibration and production at constant pressure, in LAMMPS.
        """
        return [
            DynamicsMaker(
                name=f"{temperature:g} K",
                protocol=Protocol(
                    tuple(
                        Stage(
                            name,
                            max(1, round(1000 * time / self.time_step)),
                            temperature,
                            ensemble="npt",
                            pressure=self.pressure,
                            coupling="aniso",
                        )
                        for name, time in (
                            ("equilibrate", self.equilibration),
                            ("produce", self.production),
                        )
                    ),
                    self.time_step,
                    seed=self.seed,
                ),
                output=Output(self.interval),
                grading=Grading(self.keep, self.stop) if graded else None,
            )
            for temperature in self.temperatures
        ]
