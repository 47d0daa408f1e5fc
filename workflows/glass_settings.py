"""What all entries of a study that make a glass have in common."""

from dataclasses import asdict, replace
from typing import Any, Literal

from pydantic import Field

from makers.dynamics import MTP
from physics.dynamics.grading import Grading
from physics.dynamics.melt_quench import PROFILES, MeltQuench
from physics.errors import InputError
from workflows.study_settings import Name, StudyModel

FRAMES = 100
"""Of each melt-quench."""


class GlassSettings(StudyModel):
    """Composition of a glass, and how it is melted and quenched."""

    name: Name = Field(description="what it is called")
    formula: str = Field(default="Li3PS4", description="composition of the glass in Li, P and S")
    potential: bool = Field(
        default=False, description="run with the potential of the study, in place of its engine"
    )
    density: float = Field(default=1.88, gt=0, description="density of the packing, g/cm^3")
    profile: Literal["ab-initio", "amorphisation", "quick"] = Field(
        default="ab-initio", description="rates and times, see docs/dynamics.md"
    )
    melt_quench: dict[str, float | str] = Field(
        default_factory=dict, description="rates and times that differ, such as {hold: 2.0}, ps"
    )

    def quench(self) -> MeltQuench:
        """
        Give the melt-quench.

        Returns
        -------
        MeltQuench
            The profile with what differs.

        Raises
        ------
        InputError
            If a name is unknown, or a number makes no sense.
        """
        usual = {k: v for k, v in asdict(PROFILES[self.profile]).items() if k != "pressure"}
        for key, value in self.melt_quench.items():
            if key not in usual:
                raise InputError(f"melt_quench: given {key}, expected some of {', '.join(usual)}")
            if isinstance(value, str) != isinstance(usual[key], str):
                raise InputError(f"melt_quench: {key} {value} given, expected such as {usual[key]}")
        changes: dict[str, Any] = dict(self.melt_quench)
        return replace(PROFILES[self.profile], **changes)

    def forces_from(self, engine: str, *, graded: bool) -> dict[str, Any]:
        """
        Say what gives the forces of its runs.

        Parameters
        ----------
        engine : str
            Engine of the study.
        graded : bool
            Whether the potential has an active set, for extrapolation grades.

        Returns
        -------
        dict of str to Any
            The fields ``engine``, ``driver`` and ``grading`` of its Maker.
        """
        if not self.potential:
            return {"engine": engine, "driver": "ase", "grading": None}
        return {"engine": MTP, "driver": "lammps", "grading": Grading() if graded else None}
