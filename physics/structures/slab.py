"""A slab of a crystal: whole layers of whole units, in the frame of the boundary."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Lattice, Structure

from physics.structures.crystal import Crystal
from physics.structures.plane import LatticePlane

SAME_HEIGHT = 1e-3
"""Units whose heights differ by less are in one sheet, Å."""


@dataclass(frozen=True)
class Slab:
    """
    A grain: the units of a crystal whose centers lie between two parallel cuts.

    Parameters
    ----------
    cell : ndarray, shape (2, 2)
        Rows are the in-plane periods, Å.
    thickness : float
        Distance of the cuts, a whole number of layers, Å.
    centers : ndarray, shape (U, 3)
        Unit centers; z runs from 0 at the lower cut to `thickness` at the upper, Å.
    unit : ndarray of int, shape (N,)
        Unit of each atom.
    offsets : ndarray, shape (N, 3)
        Atom positions from the centers of their units, Å.
    site : ndarray of int, shape (N,)
        Site of the primitive cell that each atom is a copy of.
    """

    cell: NDArray[np.float64]
    thickness: float
    centers: NDArray[np.float64]
    unit: NDArray[np.int64]
    offsets: NDArray[np.float64]
    site: NDArray[np.int64]

    @property
    def positions(self) -> NDArray[np.float64]:
        """Cartesian positions of the atoms, shape (N, 3), Å."""
        return self.centers[self.unit] + self.offsets

    def turned(self, rotation: NDArray[np.float64]) -> "Slab":
        """
        Turn or mirror the slab, which keeps its cell: a symmetry of the net of the plane.

        Parameters
        ----------
        rotation : ndarray, shape (3, 3)
            Orthogonal matrix that maps the normal onto itself or its opposite.

        Returns
        -------
        Slab
            The image, between the same cuts.
        """
        centers = self.centers @ rotation.T
        centers[:, 2] += self.thickness * (rotation[2, 2] < 0)
        return Slab(
            self.cell, self.thickness, centers, self.unit, self.offsets @ rotation.T, self.site
        )

    def deformed(self, deformation: NDArray[np.float64], cell: NDArray[np.float64]) -> "Slab":
        """
        Deform the slab in its plane; units turn with it but keep their shape.

        Parameters
        ----------
        deformation : ndarray, shape (2, 2)
            Maps positions x to ``deformation @ x``.
        cell : ndarray, shape (2, 2)
            The in-plane periods after the deformation, Å.

        Returns
        -------
        Slab
            The deformed slab.
        """
        u, _, v = np.linalg.svd(deformation)
        centers, offsets = self.centers.copy(), self.offsets.copy()
        centers[:, :2] = centers[:, :2] @ deformation.T
        offsets[:, :2] = offsets[:, :2] @ (u @ v).T
        return Slab(cell, self.thickness, centers, self.unit, offsets, self.site)


def slab(
    crystal: Crystal,
    plane: LatticePlane,
    layers: int,
    cut: float,
    repeats: NDArray[np.int64] | None = None,
) -> Slab:
    """
    Cut a slab out of a crystal.

    A unit belongs to the slab when its center does, so no unit is cut; a layer holds exactly the
    content of one primitive cell for each net cell, so the composition is exact.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    plane : LatticePlane
        The plane of the cuts.
    layers : int
        Thickness in layers of `plane`.
    cut : float
        Height of the lower cut, from the origin of the crystal along the normal, Å.
    repeats : ndarray of int, shape (2, 2), optional
        Rows are the in-plane periods of the slab in the basis of the net, right-handed.

    Returns
    -------
    Slab
        The slab.
    """
    units = crystal.units
    layer = plane.frame @ plane.layer
    centers = units.centers @ plane.frame.T
    centers += np.ceil((cut - centers[:, 2]) / layer[2] - 1e-9)[:, None] * layer
    centers[:, 2] -= cut
    within = _net_points(np.eye(2, dtype=int) if repeats is None else repeats)
    shifts = np.concatenate([within @ plane.net, np.zeros((len(within), 1))], axis=1)
    shifts = (np.arange(layers)[:, None, None] * layer + shifts).reshape(-1, 3)
    copies = len(shifts)
    cell = plane.net if repeats is None else repeats @ plane.net
    all_centers = (shifts[:, None] + centers).reshape(-1, 3)
    inside = all_centers[:, :2] @ np.linalg.inv(cell)
    all_centers[:, :2] -= np.floor(inside + 1e-9) @ cell
    return Slab(
        cell=cell,
        thickness=layers * layer[2],
        centers=all_centers,
        unit=(np.arange(copies)[:, None] * len(units) + units.of_atom).ravel(),
        offsets=np.tile(units.offsets @ plane.frame.T, (copies, 1)),
        site=np.tile(np.arange(len(units.of_atom)), copies),
    )


def layer_cell(
    crystal: Crystal, plane: LatticePlane, deformation: NDArray[np.float64]
) -> Structure:
    """
    Give the bulk crystal as one layer of a plane, deformed in that plane like a grain.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    plane : LatticePlane
        The plane.
    deformation : ndarray, shape (2, 2)
        Maps in-plane positions x to ``deformation @ x``.

    Returns
    -------
    Structure
        Vectors a and b lie in the plane, which is normal to z; c leads to the next layer, Å.
    """
    grain = slab(crystal, plane, 1, 0.0).deformed(deformation, plane.net @ deformation.T)
    lattice = np.zeros((3, 3))
    lattice[:2, :2] = grain.cell
    lattice[2] = plane.frame @ plane.layer
    lattice[2, :2] = deformation @ lattice[2, :2]
    species = [crystal.primitive[site].specie for site in grain.site.tolist()]
    return Structure(Lattice(lattice), species, grain.positions, coords_are_cartesian=True)


def terminations(crystal: Crystal, plane: LatticePlane) -> NDArray[np.float64]:
    """
    List the distinct cuts between the sheets of unit centers of one layer.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    plane : LatticePlane
        The plane of the cuts.

    Returns
    -------
    ndarray, shape (n,)
        Heights midway between neighboring sheets, those with the widest gap first, Å. Of cuts
        that a symmetry of the crystal maps onto each other only one is given.
    """
    spacing = plane.spacing
    heights = np.sort((crystal.units.centers @ plane.normal) % spacing)
    gaps = np.diff(heights, append=heights[0] + spacing)
    cuts = ((heights + gaps / 2) % spacing)[np.argsort(-gaps.round(3), kind="stable")]
    wide = np.sort(-gaps.round(3), kind="stable") < -SAME_HEIGHT
    distinct: list[float] = []
    for cut in cuts[wide]:
        if not any(equivalent_cuts(crystal, plane, cut, other) for other in distinct):
            distinct.append(float(cut))
    return np.array(distinct)


def equivalent_cuts(
    crystal: Crystal, plane: LatticePlane, cut: float, other: float, *, flipped: bool = False
) -> bool:
    """
    Tell whether a symmetry of the crystal maps one cut onto another.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    plane : LatticePlane
        The plane of the cuts.
    cut, other : float
        Heights, Å.
    flipped : bool
        Whether only symmetries count that turn the normal over.

    Returns
    -------
    bool
        True if there is such a symmetry.
    """
    for operation in crystal.operations:
        turned = operation.rotation @ plane.normal
        sign = round(float(turned @ plane.normal), 6)
        if abs(sign) == 1 and not (flipped and sign > 0):
            height = sign * cut + float(operation.translation @ plane.normal) - other
            if abs(height - np.rint(height / plane.spacing) * plane.spacing) < SAME_HEIGHT:
                return True
    return False


def _net_points(repeats: NDArray[np.int64]) -> NDArray[np.int64]:
    """List the points of the net in one supercell, shape (|det|, 2)."""
    corners = np.array([[0, 0], repeats[0], repeats[1], repeats[0] + repeats[1]])
    low, high = corners.min(axis=0), corners.max(axis=0)
    grid = np.stack(np.meshgrid(*map(np.arange, low, high + 1), indexing="ij"), -1).reshape(-1, 2)
    inside = grid @ np.linalg.inv(repeats)
    return grid[((inside > -1e-9) & (inside < 1 - 1e-9)).all(axis=1)]
