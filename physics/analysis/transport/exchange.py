"""Diffusivity of a slab without what its ions do after they have left it."""

import numpy as np
from numpy.typing import NDArray

from physics.analysis.transport.estimate import Estimate

FloatArray = NDArray[np.float64]

RATIOS = np.geomspace(1e-3, 1e3, 3001)
"""Ratios of the diffusivities inside and outside among which it is sought."""


def without_exchange(
    inside: Estimate, outside: float, *, left: float, entered: float, across: float
) -> Estimate | None:
    """
    Separate the diffusivities of two media whose ions cross the border between them.

    With diffusivities D inside and D' outside, the mean squared displacement of ions that start
    inside, of which the part p is outside after a lag, grows along the border as

        d MSD / d lag = 2 [D + p (D' - D)]

    and across it, where displacements that end on the slower side are cut short, as

        d MSD / d lag = 2 [D + p (D' - D) (1 + sqrt(D / D'))]

    The first holds for every Brownian motion. The second follows from its propagator in two
    half-spaces of one density, so it holds while displacements are small against the slab and
    ions neither gather in it nor avoid it. With the same for ions that start outside this gives D.

    Parameters
    ----------
    inside : Estimate
        Diffusivity of the ions that start inside, in any unit.
    outside : float
        Diffusivity of those that start outside, in the same unit, above zero.
    left, entered : float
        Parts of the ions that have left and entered, averaged over the lags of the window.
    across : float
        Part of the axes that are across the border: 0, 1, or 1/3 of all three.

    Returns
    -------
    Estimate or None
        D; the diffusivity outside is taken at its estimate for both ends of the interval. None
        if no D and D' give what was seen.
    """
    root = np.sqrt(RATIOS)
    seen_inside = 1 + left * (1 / RATIOS - 1) * (1 + across * root)
    seen_outside = 1 + entered * (RATIOS - 1) * (1 + across / root)
    seen = RATIOS * seen_inside / seen_outside
    # Equal diffusivities are seen equal; from there it rises as far as the mixing can be undone.
    middle = len(RATIOS) // 2
    falls = np.flatnonzero((np.diff(seen) <= 0) | (seen_outside[:-1] <= 0))
    branch = slice(
        max(falls[falls < middle], default=-1) + 1,
        min(falls[falls >= middle], default=len(RATIOS) - 1) + 1,
    )
    if not seen[branch][0] <= inside.value / outside <= seen[branch][-1]:
        return None
    return Estimate(
        *(
            each / float(np.interp(each / outside, seen[branch], seen_inside[branch]))
            for each in (inside.value, inside.low, inside.high)
        )
    )
