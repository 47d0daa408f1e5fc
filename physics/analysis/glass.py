"""Whether a quench has given a glass that can be used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from physics.dynamics.summary import StageSummary

MELTED = 25.0
"""Mean squared displacement of phosphorus in a melt, Å^2: (5 Å)^2, Jalem et al. 2023."""

PLATEAU = 0.2
"""Largest growth of a mean squared displacement in the second half of the rest, Å^2."""

FRAMEWORK = ("P", "S")
"""What must not diffuse in a glass."""


@dataclass(frozen=True)
class Acceptance:
    """
    What is demanded of a glass; what is not demanded is found all the same.

    Parameters
    ----------
    tetrahedral : float or None
        Least part of the phosphorus with four sulfur atoms; None where it is not demanded. Jalem
        et al. 2023 found 0.87.
    melted : bool
        Whether phosphorus must have moved by more than 5 Å in the melt.
    same_units : bool
        Whether the units must be those that were packed.
    """

    tetrahedral: float | None = None
    melted: bool = False
    same_units: bool = False


@dataclass(frozen=True)
class Check:
    """
    One test of a glass.

    Parameters
    ----------
    name : str
        What is tested.
    value : float or None
        What was found; None if it could not be.
    limit : str
        What is expected, in words.
    passed : bool
        Whether it is so.
    demanded : bool
        Whether the glass is refused if it is not.
    """

    name: str
    value: float | None
    limit: str
    passed: bool
    demanded: bool

    @property
    def refuses(self) -> bool:
        """Whether the glass is refused."""
        return self.demanded and not self.passed

    @property
    def told(self) -> str:
        """What was found and what is expected, in words."""
        found = "unknown" if self.value is None else f"{self.value:.3g}"
        return f"{self.name}: {found}, expected {self.limit}"


def check_glass(
    acceptance: Acceptance,
    stages: Sequence[StageSummary],
    *,
    tetrahedral: float | None,
    packed: Mapping[str, int],
    found: Mapping[str, int],
) -> list[Check]:
    """
    Test a glass.

    Parameters
    ----------
    acceptance : Acceptance
        What is demanded.
    stages : sequence of StageSummary
        Stages of the melt-quench, named as in `physics.dynamics.melt_quench`; all of them.
    tetrahedral : float or None
        Part of the phosphorus with four sulfur atoms; None in other glasses.
    packed, found : mapping of str to int
        Number of units of each kind at the start and in the glass.

    Returns
    -------
    list of Check
        Tetrahedra, melt, units, rest: the mean squared displacements of P and S have a plateau,
        which is demanded of every glass that has them.
    """
    by_name = {stage.name: stage for stage in stages}
    least = acceptance.tetrahedral
    moved = by_name["melt"].displacements.get("P") if "melt" in by_name else None
    changed = sum(abs(packed.get(kind, 0) - found.get(kind, 0)) for kind in {*packed, *found})
    rest = by_name.get("rest")
    grown = [
        rest.displacements[symbol] - rest.displacements_at_half[symbol]
        for symbol in FRAMEWORK
        if rest is not None and symbol in rest.displacements
    ]
    growth = max(grown, default=None)
    return [
        Check(
            "tetrahedral part of the phosphorus",
            tetrahedral,
            "at least 0" if least is None else f"at least {least:g}",
            least is None or (tetrahedral is not None and tetrahedral >= least),
            least is not None,
        ),
        Check(
            "displacement² of phosphorus in the melt (Å²)",
            moved,
            f"more than {MELTED:g}",
            moved is not None and moved > MELTED,
            acceptance.melted,
        ),
        Check(
            "units gained and lost",
            changed,
            "none",
            changed == 0,
            acceptance.same_units,
        ),
        Check(
            "growth of the displacement² of P and S in the rest (Å²)",
            growth,
            f"at most {PLATEAU:g}",
            growth is not None and growth <= PLATEAU,
            demanded=any(symbol in stage.displacements for stage in stages for symbol in FRAMEWORK),
        ),
    ]
