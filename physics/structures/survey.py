"""All boundaries of a crystal up to a cell area."""

from itertools import product
from math import gcd

import numpy as np

from physics.errors import InputError
from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.geometry import Geometry, Side, rotated
from physics.structures.grain_boundaries import tilt_geometry
from physics.structures.plane import Miller, coprime
from physics.structures.rotations import twists

HALF_TURN = 179.9
"""A half turn about the normal makes the symmetric tilt boundary, degrees."""


def survey(
    crystal: Crystal,
    *,
    max_index: int = 3,
    max_twist_index: int = 1,
    construction: Construction | None = None,
) -> list[Geometry]:
    """
    List the symmetric tilt and the twist boundaries of a crystal.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    max_index : int
        Highest Miller index of a tilt boundary's plane.
    max_twist_index : int
        Highest Miller index of a twist boundary's plane; 0 for no twists.
    construction : Construction, optional
        Its `max_area` and `max_strain` limit the list.

    Returns
    -------
    list of Geometry
        One for each boundary that is different by symmetry: tilts, then twists, by area.
    """
    how = construction or Construction()
    tilts = []
    for plane in distinct_planes(crystal, max_index):
        try:
            geometry = tilt_geometry(crystal, plane)
        except InputError:
            continue  # its normal is a symmetry axis
        if geometry.area <= how.max_area:
            tilts.append(geometry)
    turned = []
    for plane in distinct_planes(crystal, max_twist_index):
        side = Side(crystal, plane, crystal.plane(plane))
        turned += [
            rotated((side, side), match)
            for match in twists((side, side), how)
            if abs(match.angle) < HALF_TURN
        ]
    return sorted(tilts, key=_order) + sorted(turned, key=_order)


def distinct_planes(crystal: Crystal, max_index: int) -> list[Miller]:
    """
    List lattice planes, one of each form.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    max_index : int
        Highest Miller index.

    Returns
    -------
    list of tuple of int
        Coprime Miller indices; of planes that a symmetry maps onto each other the one with the
        most positive, then smallest indices.
    """
    lattice = crystal.structure.lattice.matrix
    in_indices = np.rint(
        np.linalg.inv(lattice).T @ crystal.point_group.transpose(0, 2, 1) @ lattice.T
    )
    seen: set[Miller] = set()
    planes = []
    for plane in _positive_first(max_index):
        if plane in seen:
            continue
        planes.append(plane)
        images = np.rint(np.array(plane) @ in_indices).astype(int)
        seen |= {coprime(image) for image in np.concatenate([images, -images]).tolist()}
    return planes


def _positive_first(max_index: int) -> list[Miller]:
    span = range(-max_index, max_index + 1)
    planes = [(h, k, l) for h, k, l in product(span, repeat=3) if gcd(h, k, l) == 1]  # noqa: E741
    return sorted(
        planes,
        key=lambda p: (sum(i < 0 for i in p), max(map(abs, p)), sum(map(abs, p)), [-i for i in p]),
    )


def _order(geometry: Geometry) -> float:
    return round(geometry.area, 3)
