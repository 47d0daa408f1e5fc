"""The part of a study about interfaces of a crystal and a glass."""

from dataclasses import replace
from math import ceil
from typing import Self

from pydantic import Field, model_validator

from makers.dynamics_run import Output
from makers.interface import ATOMS, THICKNESS
from physics.dynamics.protocol import Coupling
from physics.structures.composition import ions_of
from physics.structures.interface import GAP, THINNEST
from physics.structures.packing import cell_of
from physics.structures.plane import coprime
from workflows.glass_settings import FRAMES, GlassSettings
from workflows.interface import ANNEAL, InterfaceFlowMaker
from workflows.study_settings import Name

COUPLING: Coupling = "z"
"""In its plane an interface has the periods of the crystal."""


class InterfaceEntry(GlassSettings):
    """
    One interface of a crystal and a glass; its size is that of Jalem et al. 2023.

    The profile is ``amorphisation`` with the potential of the study, ``ab-initio`` with its engine,
    if none is given.
    """

    crystal: Name = Field(description="system of the study that is the crystal")
    plane: tuple[int, int, int] = Field(
        description="plane of the interface in the axes of the crystal, such as [0, 0, 1]"
    )
    atoms: int = Field(
        default=ATOMS, ge=1, description="the cell is repeated in its plane to this number or more"
    )
    thickness: float = Field(
        default=THICKNESS,
        ge=THINNEST,
        description="of the crystal, at least, and of the packed glass, Å",
    )
    gap: float = Field(
        default=GAP, ge=0, description="distance of the cuts at both interfaces when joined, Å"
    )
    seed: int = Field(default=0, ge=0, description="of packing, velocities and noise")

    @model_validator(mode="after")
    def _is_an_interface(self) -> Self:
        if self.potential and "profile" not in self.model_fields_set:
            self.profile = "amorphisation"
        coprime(self.plane)
        cell_of(ions_of(self.formula, atoms=ATOMS), self.density)
        replace(self.quench(), coupling=COUPLING).protocol(self.seed)
        coupling = self.melt_quench.get("coupling", COUPLING)
        if coupling != COUPLING:
            raise ValueError(
                f"melt_quench: coupling {coupling} given, expected {COUPLING}: in its plane the "
                "glass has the periods of the crystal; leave it out"
            )
        return self

    def flow_maker(self, engine: str, *, graded: bool) -> InterfaceFlowMaker:
        """
        Give the Maker of its flow.

        Parameters
        ----------
        engine : str
            Name in the registry.
        graded : bool
            Whether the potential has an active set, for extrapolation grades.

        Returns
        -------
        InterfaceFlowMaker
            The Maker; of the shorter one of melt-quench and anneal `FRAMES` frames are written, of
            the longer one as often.
        """
        quench = self.quench()
        shorter = min(quench.protocol().steps, ANNEAL.steps)
        return InterfaceFlowMaker(
            name=self.name,
            miller=self.plane,
            atoms=self.atoms,
            thickness=self.thickness,
            formula=self.formula,
            density=self.density,
            melt_quench=quench,
            gap=self.gap,
            seed=self.seed,
            output=Output(ceil(shorter / FRAMES)),
            **self.forces_from(engine, graded=graded),
        )
