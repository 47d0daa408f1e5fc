"""Pushing units apart that overlap, each unit moving and turning as a rigid body."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure
from scipy.optimize import Bounds, minimize
from scipy.spatial.transform import Rotation

from physics.structures.contacts import Contacts, Thresholds, contacts
from physics.structures.units import Units

MARGIN = 0.05
"""Units are pushed that much farther than the thresholds ask, Å."""

SKIN = 1.0
"""Pairs up to that much beyond their threshold are watched while units move, Å."""

ROUNDS = 30
STEPS = 30
FREE = 1e-6

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Relief:
    """
    A structure with its overlaps pushed apart.

    Parameters
    ----------
    structure : Structure
        The structure, atoms in the same order.
    units : Units
        Its units, changed in position and orientation alone.
    overlap : float
        Sum of (r_th - r)^2 over the pairs that are still too close, Å^2.
    moved : float
        Largest displacement of a unit's center, Å.
    """

    structure: Structure
    units: Units
    overlap: float
    moved: float


def relieve(structure: Structure, units: Units, thresholds: Thresholds, fixed: int = 0) -> Relief:
    """
    Push overlapping units apart.

    Minimises ``sum (r_th + margin - r)^2`` over the pairs of atoms of different units that are
    closer than that, with the translation and rotation of every unit as variables (L-BFGS).

    Parameters
    ----------
    structure : Structure
        Periodic structure, Å.
    units : Units
        Its units.
    thresholds : Thresholds
        Shortest allowed distances r_th.
    fixed : int
        So many units, the first ones, stay where they are.

    Returns
    -------
    Relief
        The structure, and what overlap is left.
    """
    kinds = thresholds.kinds([site.specie.symbol for site in structure])
    start = units.centers
    structure = _placed(structure, units)
    for _ in range(ROUNDS):
        pairs = contacts(structure, units, float(thresholds.lengths.max()) + MARGIN + SKIN)
        limits = thresholds.lengths[kinds[pairs.first], kinds[pairs.second]] + MARGIN
        if _overlap(_positions(units), pairs, limits)[0] < FREE:
            break
        units = _minimised(units, pairs, limits, fixed)
        structure = _placed(structure, units)
    pairs = contacts(structure, units, float(thresholds.lengths.max()))
    limits = thresholds.lengths[kinds[pairs.first], kinds[pairs.second]]
    return Relief(
        structure,
        units,
        overlap=_overlap(_positions(units), pairs, limits)[0],
        moved=float(np.linalg.norm(units.centers - start, axis=1).max()),
    )


def _minimised(units: Units, pairs: Contacts, limits: FloatArray, fixed: int) -> Units:
    """
    Take some L-BFGS steps; rotation vectors are in units of the largest radius.

    A quarter of the overlap is minimised: its gradient is the step that parts two atoms exactly as
    far as they must, so the first step does not push units farther than needed.
    """
    arm = max(float(np.linalg.norm(units.offsets, axis=1).max()), 1.0)
    count = len(units)
    largest = np.repeat(np.where(np.arange(count) < fixed, 0.0, SKIN / 2), 3)

    def moved(variables: FloatArray) -> tuple[Units, FloatArray]:
        shifts, turns = variables.reshape(2, count, 3)
        turned = Rotation.from_rotvec(turns[units.of_atom] / arm).apply(units.offsets)
        return Units(units.of_atom, units.centers + shifts, turned, units.kinds), turns / arm

    def overlap(variables: FloatArray) -> tuple[float, FloatArray]:
        now, turns = moved(variables)
        value, gradient = _overlap(_positions(now), pairs, limits)
        force = _sum_over_units(gradient, units)
        torque = _sum_over_units(np.cross(now.offsets, gradient), units)
        slope = np.concatenate([force, _left_jacobian(turns, torque) / arm]).ravel()
        return value / 4, slope / 4

    result = minimize(
        overlap, np.zeros(6 * count), jac=True, method="L-BFGS-B",
        bounds=Bounds(*np.tile([-largest, largest], 2)), options={"maxiter": STEPS},
    )  # fmt: skip
    return moved(result.x)[0]


def _overlap(
    positions: FloatArray, pairs: Contacts, limits: FloatArray
) -> tuple[float, FloatArray]:
    """Give sum (limit - r)^2 over pairs closer than their limit, and its gradient."""
    vectors = positions[pairs.second] + pairs.translations - positions[pairs.first]
    distances = np.linalg.norm(vectors, axis=1)
    excess = np.maximum(limits - distances, 0.0)
    pull = (2 * excess / np.maximum(distances, FREE))[:, None] * vectors
    gradient = np.zeros_like(positions)
    np.add.at(gradient, pairs.first, pull)
    np.add.at(gradient, pairs.second, -pull)
    return float(excess @ excess), gradient


def _left_jacobian(turns: FloatArray, torques: FloatArray) -> FloatArray:
    """Turn torques into derivatives with respect to rotation vectors: J_l(turn)^T torque."""
    angles = np.linalg.norm(turns, axis=1, keepdims=True)
    axes = turns / np.maximum(angles, FREE)
    sinc = np.sinc(angles / np.pi)
    versine = (1 - np.cos(angles)) / np.maximum(angles, FREE)
    along = (axes * torques).sum(axis=1, keepdims=True) * axes
    result: FloatArray = sinc * torques + (1 - sinc) * along - versine * np.cross(axes, torques)
    return result


def _sum_over_units(vectors: FloatArray, units: Units) -> FloatArray:
    totals = np.zeros((len(units), 3))
    np.add.at(totals, units.of_atom, vectors)
    return totals


def _positions(units: Units) -> FloatArray:
    positions: FloatArray = units.centers[units.of_atom] + units.offsets
    return positions


def _placed(structure: Structure, units: Units) -> Structure:
    positions = _positions(units)
    if np.allclose(structure.cart_coords, positions, rtol=0, atol=1e-9):
        return structure  # thousands of sites take longer to make than to push apart
    return Structure(
        structure.lattice,
        structure.species,
        positions,
        coords_are_cartesian=True,
        site_properties=structure.site_properties,
    )
