"""The ions that lithium thiophosphate glasses are made of, as rigid templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

TETRAHEDRAL = np.arccos(-1 / 3)
"""Angle of two bonds of phosphorus, rad."""


@dataclass(frozen=True)
class Ion:
    """
    An ion with the shape it has in crystals.

    Parameters
    ----------
    name : str
        Formula, such as ``P2S7``.
    symbols : tuple of str, length n
        Elements of its atoms.
    positions : ndarray, shape (n, 3)
        Their places from their centroid, Å.
    charge : int
        Formal charge, e.
    """

    name: str
    symbols: tuple[str, ...]
    positions: FloatArray
    charge: int


def _tripod(end: FloatArray, anti: FloatArray, length: float) -> FloatArray:
    """
    Give three bonds that complete a tetrahedron.

    Parameters
    ----------
    end : ndarray, shape (3,)
        Unit vector along the fourth bond, towards the atom that has the three.
    anti : ndarray, shape (3,)
        Unit vector normal to it; the first of the three leans that way.
    length : float
        Length of the bonds, Å.

    Returns
    -------
    ndarray, shape (3, 3)
        Bond vectors in rows, Å.
    """
    turns = np.array([0, 2 * np.pi / 3, 4 * np.pi / 3])[:, None]
    across = np.cos(turns) * anti + np.sin(turns) * np.cross(end, anti)
    return length * (np.sin(TETRAHEDRAL) * across - np.cos(TETRAHEDRAL) * end)


def _ps4(bond: float = 2.05) -> Ion:
    z, x = np.array([0.0, 0, 1]), np.array([1.0, 0, 0])
    positions = np.vstack([np.zeros(3), -bond * z, _tripod(z, x, bond)])
    return Ion("PS4", ("P",) + ("S",) * 4, positions, -3)


def _p2s6(middle: float = 2.26, bond: float = 2.02) -> Ion:
    """Two PS3 that a P-P bond joins, staggered (D3d)."""
    z, x = np.array([0.0, 0, 1]), np.array([1.0, 0, 0])
    up, down = middle / 2 * z, -middle / 2 * z
    sulfur = np.vstack([up + _tripod(z, x, bond), down + _tripod(-z, -x, bond)])
    return Ion("P2S6", ("P",) * 2 + ("S",) * 6, np.vstack([up, down, sulfur]), -4)


def _p2s7(angle: float = 109.0, bridge: float = 2.11, terminal: float = 2.0) -> Ion:
    """
    Two tetrahedra that share a sulfur (C2v): one terminal S of each is anti to the other P.

    So the ends are staggered, and their sulfur is 3.43 Å apart.
    """
    half = np.radians(angle / 2)
    height, reach = bridge * np.cos(half), bridge * np.sin(half)
    ends, sulfur = [], []
    for side in (1.0, -1.0):
        end = np.array([side * np.sin(half), 0, -np.cos(half)])
        anti = np.array([side * np.cos(half), 0, np.sin(half)])
        ends.append(np.array([side * reach, 0, 0]))
        sulfur.append(ends[-1] + _tripod(end, anti, terminal))
    positions = np.vstack([*ends, np.array([0, 0, height]), *sulfur])
    positions -= positions.mean(axis=0)
    return Ion("P2S7", ("P",) * 2 + ("S",) * 7, positions, -4)


IONS: Mapping[str, Ion] = MappingProxyType(
    {
        ion.name: ion
        for ion in (
            _ps4(),
            _p2s7(),
            _p2s6(),
            Ion("S", ("S",), np.zeros((1, 3)), -2),
            Ion("Li", ("Li",), np.zeros((1, 3)), 1),
        )
    }
)
"""Thiophosphate [PS4]3-, pyrothiophosphate [P2S7]4-, hypothiophosphate [P2S6]4- with its P-P bond,
sulfide and lithium, by name."""
