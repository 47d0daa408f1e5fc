"""Distances of atoms from planes normal to c, such as grain boundaries."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def plane_distances(along: ArrayLike, planes: Sequence[float], period: float) -> FloatArray:
    """
    Measure how far atoms are from the nearest of several planes and their periodic images.

    Parameters
    ----------
    along : array_like, shape (N,)
        Coordinates of the atoms along c, in parts of c.
    planes : sequence of float
        Heights of the planes, in parts of c.
    period : float
        Height of the cell, Å.

    Returns
    -------
    ndarray, shape (N,)
        Distances, Å.
    """
    away = np.asarray(along, dtype=float)[:, None] - np.asarray(planes)
    distances: FloatArray = np.abs(away - np.rint(away)).min(axis=1) * period
    return distances
