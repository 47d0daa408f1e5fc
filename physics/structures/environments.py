"""Which units of a structure have the surroundings of the crystal, and where they lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Lattice, Structure

from physics.structures.crystal import Crystal
from physics.structures.units import Units

FloatArray = NDArray[np.float64]

BULK_LIKE = 0.3
"""A unit is bulk-like if no distance to its neighbors deviates by more, Å."""
SHELL = 1.35
"""Neighbors of a unit are those within this many times its nearest distance."""
STANDOFF = 2.0
"""Farthest that the units of a grain keep from the middle of a boundary, Å."""
RELAXED = 3.0
"""Farthest from a boundary that units are displaced, Å."""
SAME_DEPTH = 0.1
"""Units whose depths in a grain differ by less are in one sheet, Å."""
BEYOND = 1.0
"""A missing neighbor counts as this far behind the outermost one, Å."""


@dataclass(frozen=True)
class Environments:
    """
    Surroundings of the framework units of a structure, compared with those of the crystal.

    Parameters
    ----------
    heights : ndarray, shape (F,)
        Height of each unit along the normal of a and b, from 0 to `period`, ascending, Å.
    deviations : ndarray, shape (F,)
        Largest difference of the sorted distances to its neighbors from those of the site of the
        crystal that fits best, Å.
    shell : float
        Distance of the farthest neighbor in the crystal, Å.
    period : float
        Period of the structure along the normal, Å.
    """

    heights: FloatArray
    deviations: FloatArray
    shell: float
    period: float

    @property
    def bulk_like(self) -> NDArray[np.bool_]:
        """Which units are bulk-like, shape (F,)."""
        return self.deviations <= BULK_LIKE

    def find_boundaries(self) -> tuple[float, ...]:
        """
        Find where the structure is not bulk-like.

        Units that are not bulk-like belong together if no bulk-like one lies between them, and so
        do groups, the closest first, that together reach no farther than `shell` and `STANDOFF`
        to each side. A boundary that changes no distance up to `shell`, such as the coherent twin
        of fcc, is not found.

        Returns
        -------
        tuple of float
            Mean height of each group, Å; none if all units are bulk-like, or none is.
        """
        groups = self._groups()
        while len(groups) > 1:
            following = [*groups[1:], groups[0] + self.period]
            gaps = [b[0] - a[-1] for a, b in zip(groups, following, strict=True)]
            extents = [b[-1] - a[0] for a, b in zip(groups, following, strict=True)]
            near = [k for k, e in enumerate(extents) if e <= 2 * (self.shell + STANDOFF)]
            if not near:
                break
            k = min(near, key=gaps.__getitem__)
            groups[k] = np.concatenate([groups[k], following[k]])
            del groups[(k + 1) % len(groups)]
        return tuple(sorted(float(group.mean() % self.period) for group in groups))

    def _groups(self) -> list[FloatArray]:
        """Split the heights that are not bulk-like where a bulk-like one lies between them."""
        off = np.flatnonzero(~self.bulk_like)
        heights = self.heights[off]
        ends = np.flatnonzero(np.diff(off, append=off[:1] + len(self.heights)) > 1)
        if not len(ends):
            return []
        rolled = np.roll(heights, -ends[-1] - 1)
        rolled = np.where(rolled < rolled[0], rolled + self.period, rolled)
        return np.split(rolled, (ends[:-1] - ends[-1]) % len(heights))

    def interiors(self, boundaries: Sequence[float]) -> tuple[float | None, ...]:
        """
        Give the largest deviation in the middle of each grain.

        The middle is everything farther than `shell` and `RELAXED` from both boundaries, or, in a
        thin grain, what is farthest from them. Without boundaries the whole structure is one
        grain.

        Parameters
        ----------
        boundaries : sequence of float
            Heights, ascending, Å.

        Returns
        -------
        tuple of float or None
            Deviation of each grain from one boundary to the next one, Å; None for a grain that
            has no unit.
        """
        if not len(boundaries):
            return (float(self.deviations.max()) if len(self.deviations) else None,)
        return tuple(
            self._interior(low, width)
            for low, width in zip(boundaries, widths(boundaries, self.period), strict=True)
        )

    def _interior(self, low: float, width: float) -> float | None:
        above = (self.heights - low) % self.period
        depth = np.minimum(above, width - above)
        if not (depth > 0).any():
            return None
        middle = min(self.shell + RELAXED, depth.max() - SAME_DEPTH)
        return float(self.deviations[depth >= middle].max())


def normal_period(structure: Structure) -> float:
    """
    Give the period of a structure along the normal of a and b.

    Parameters
    ----------
    structure : Structure
        The structure, Å.

    Returns
    -------
    float
        Volume over the area of a and b, Å.
    """
    a, b, _ = structure.lattice.matrix
    return float(structure.volume / np.linalg.norm(np.cross(a, b)))


def widths(boundaries: Sequence[float], period: float) -> FloatArray:
    """
    Give the distance from each boundary to the next one, across the end of the cell too.

    Parameters
    ----------
    boundaries : sequence of float, length B
        Heights, ascending, Å.
    period : float
        Period of the structure, Å.

    Returns
    -------
    ndarray, shape (B,)
        Distances, Å.
    """
    return np.diff(np.asarray(boundaries, dtype=float), append=boundaries[0] + period)


def environments(
    structure: Structure, units: Units, crystal: Crystal, mobile: str | None
) -> Environments:
    """
    Compare the surroundings of the framework units of a structure with those of a crystal.

    Framework units are all but the mobile ions, or all units if the crystal has nothing else.
    Neighbors are other framework units; a unit is compared with the sites of its kind, or, if
    the crystal has no such kind, with all.

    Parameters
    ----------
    structure : Structure
        The structure, boundaries parallel to a and b, Å.
    units : Units
        Its units.
    crystal : Crystal
        The crystal that it should consist of.
    mobile : str, optional
        Element symbol of the mobile ion.

    Returns
    -------
    Environments
        The comparison.
    """
    sites = _framework(crystal.units, mobile)
    lattice = crystal.primitive.lattice
    near = _distances(lattice, crystal.units.centers[sites], SHELL * min(lattice.abc))
    shells = [row[row <= SHELL * row[0]] for row in near]
    kinds = np.array(crystal.units.kinds)[sites]

    everything_mobile = len(sites) == len(crystal.units)
    members = _framework(units, None if everything_mobile else mobile)
    shell = max(float(row[-1]) for row in shells)
    distances = _distances(
        structure.lattice, units.centers[members], shell + BEYOND, max(map(len, shells))
    )
    deviations = np.full(len(members), np.inf)
    for kind in set(np.array(units.kinds)[members].tolist()):
        which = np.flatnonzero(np.array(units.kinds)[members] == kind)
        same = np.flatnonzero(kinds == kind)
        for site in same if len(same) else range(len(shells)):
            shape = shells[site]
            deviation = np.abs(distances[which, : len(shape)] - shape).max(axis=1)
            deviations[which] = np.minimum(deviations[which], deviation)

    period = normal_period(structure)
    fractions = structure.lattice.get_fractional_coords(units.centers[members])[:, 2]
    heights = (fractions - np.floor(fractions)) * period
    order = np.argsort(heights, kind="stable")
    return Environments(heights[order], deviations[order], shell, period)


def _framework(units: Units, mobile: str | None) -> NDArray[np.int64]:
    """List the units that are no mobile ions; all of them if there is nothing else."""
    framework = np.flatnonzero([kind != mobile for kind in units.kinds])
    return framework if len(framework) else np.arange(len(units))


def _distances(
    lattice: Lattice, points: FloatArray, reach: float, count: int | None = None
) -> FloatArray:
    """Give the distances from each point to the nearest others, ascending, padded with `reach`."""
    if not len(points):
        return np.zeros((0, count or 0))
    net = Structure(lattice, ["H"] * len(points), points, coords_are_cartesian=True)
    start, _, _, lengths = net.get_neighbor_list(reach, exclude_self=True)
    order = np.lexsort((lengths, start))
    start, lengths = start[order], lengths[order]
    rank = np.arange(len(start)) - np.searchsorted(start, start)
    count = int(rank.max()) + 1 if count is None else count
    distances = np.full((len(points), count), reach)
    kept = rank < count
    distances[start[kept], rank[kept]] = lengths[kept]
    return distances
