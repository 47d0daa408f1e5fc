"""Whether the framework that ions move in stays in place, or flows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.analysis.transport.displacements import displacements
from physics.analysis.transport.paths import FloatArray, Snapshot, gather_paths

ENOUGH = 256
"""Most atoms of an element that are looked at, evenly chosen."""

FLOWS = 2.56
"""Mean squared displacement over half of a run beyond which a framework flows, Å^2: that of half a
hop, which no vibration reaches [choice]."""


@dataclass(frozen=True)
class Framework:
    """
    How far a framework moves.

    Parameters
    ----------
    element : str
        Its element that moves least: units may turn about their centers in a solid.
    squared : float
        Mean squared displacement of that over half of the run, Å^2.
    """

    element: str
    squared: float

    @property
    def flows(self) -> bool:
        """Whether it is that of a liquid, or changes its phase: no diffusivity of one solid."""
        return self.squared > FLOWS


def framework_of(
    frames: Iterable[Snapshot],
    symbols: Sequence[str],
    masses: FloatArray,
    mobile: NDArray[np.bool_],
) -> Framework | None:
    """
    Measure how far the framework moves.

    Parameters
    ----------
    frames : iterable of Snapshot
        The frames of N atoms, read once.
    symbols : sequence of str, length N
        Elements.
    masses : ndarray, shape (N,)
        Masses, u.
    mobile : ndarray of bool, shape (N,)
        The ions; all other atoms are the framework.

    Returns
    -------
    Framework or None
        Of its element that moves least; None where all atoms are ions.

    Raises
    ------
    InputError
        If the frames cannot be used, see `physics.analysis.transport.paths.gather_paths`.
    """
    elements = np.asarray(symbols)
    kinds = sorted(set(elements[~mobile].tolist()))
    if not kinds:
        return None
    chosen = np.zeros(len(elements), dtype=bool)
    for kind in kinds:
        places = np.flatnonzero(elements == kind)
        chosen[places[:: -(-len(places) // ENOUGH)]] = True
    moved = displacements(gather_paths(frames, chosen, masses, still=~mobile))
    lag = int(np.abs(moved.lags - moved.span / 2).argmin())
    squared = moved.sums[:, lag].sum(axis=1) / moved.origins[:, lag]
    return min(
        (Framework(kind, float(squared[elements[chosen] == kind].mean())) for kind in kinds),
        key=lambda framework: framework.squared,
    )
