"""Diffusivity of ions slab by slab."""

from dataclasses import dataclass

import numpy as np

from physics.analysis.transport.diffusivity import Diffusivity, diffusivity
from physics.analysis.transport.paths import Paths
from physics.analysis.transport.region import ACROSS, ALONG, THICKNESS
from physics.analysis.transport.slab import Slab, height_of, require_normal
from physics.analysis.transport.start_in import longest_lag, start_in

FEWEST_IONS = 2.0
"""Mean number of ions whose scatter has an error."""


@dataclass(frozen=True)
class SlabTransport:
    """
    Transport in one of the slabs that a cell is cut into.

    Parameters
    ----------
    height : float
        Height of its middle, in parts of c.
    thickness : float
        Thickness, Å.
    density : float
        Ions per Å^3.
    along, across : Diffusivity or None
        Mean along x and y, and along z, of the ions that start in it; None where on average there
        are fewer than two.
    """

    height: float
    thickness: float
    density: float
    along: Diffusivity | None
    across: Diffusivity | None


def slab_profile(paths: Paths, thickness: float = THICKNESS) -> list[SlabTransport]:
    """
    Find the diffusivity of ions slab by slab.

    The estimator is that of `boundary_transport`, without the correction for what ions do outside
    their slab: where the diffusivity jumps, the profile is smoothed.

    Parameters
    ----------
    paths : Paths
        The paths, in a cell with c along z, normal to a and b.
    thickness : float
        Thickness of the slabs, Å; it is rounded so that slabs fill the cell.

    Returns
    -------
    list of SlabTransport
        From the bottom of the cell to its top.

    Raises
    ------
    InputError
        If c is not normal to a and b, or ions cross a slab between two frames.
    """
    require_normal(paths.cell)
    height = height_of(paths.cell)
    slabs = max(round(height / thickness), 1)
    profile = []
    for number in range(slabs):
        slab = Slab((number + 0.5) / slabs, 1 / slabs, np.zeros(()))
        found = start_in(paths, [slab])
        along = across = None
        if found is not None and found.ions >= FEWEST_IONS:
            longest = longest_lag(found.displacements, height / slabs)
            along = diffusivity(found.displacements, ALONG, longest=longest)
            across = diffusivity(found.displacements, ACROSS, longest=longest)
        ions = 0.0 if found is None else found.ions
        density = ions * slabs / paths.volume
        profile.append(SlabTransport(slab.plane, height / slabs, density, along, across))
    return profile
