"""Elastic tensors averaged over glasses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.analysis.moduli import Moduli, moduli
from physics.errors import InputError

ENOUGH = 5
"""Quenches over which an average is worth its name."""

AVERAGED = ("bulk_hill", "shear_hill", "young_hill", "poisson_hill")


@dataclass(frozen=True)
class AverageModuli:
    """
    Elastic moduli of a glass.

    Parameters
    ----------
    mean : Moduli
        Moduli of the mean tensor.
    isotropic : ndarray, shape (6, 6)
        Isotropic tensor closest to it, GPa.
    standard_deviations : dict of str to float or None
        Of `AVERAGED` over the single tensors; None for one tensor.
    """

    mean: Moduli
    isotropic: NDArray[np.float64]
    standard_deviations: dict[str, float | None]


def average_moduli(tensors: Sequence[ArrayLike]) -> AverageModuli:
    """
    Average the elastic tensors of several quenches.

    Parameters
    ----------
    tensors : sequence of array, shape (6, 6)
        Elastic tensors, GPa; each in the axes of its own cell, which have no meaning in a glass.

    Returns
    -------
    AverageModuli
        Moduli of the mean tensor and the spread of the single ones.

    Raises
    ------
    InputError
        If there is no tensor, or one is not finite.
    """
    if not len(tensors):
        raise InputError("no elastic tensors were given to average, expected one or more")
    single = [moduli(tensor) for tensor in tensors]
    mean = moduli(np.mean([each.stiffness for each in single], axis=0))
    return AverageModuli(
        mean=mean,
        isotropic=isotropic_tensor(mean.bulk_voigt, mean.shear_voigt),
        standard_deviations={
            name: float(np.std([getattr(each, name) for each in single], ddof=1))
            if len(single) > 1
            else None
            for name in AVERAGED
        },
    )


def isotropic_tensor(bulk: float, shear: float) -> NDArray[np.float64]:
    """
    Give the elastic tensor of an isotropic solid.

    With the Voigt means of a tensor it is the isotropic one closest to that (Fedorov 1968).

    Parameters
    ----------
    bulk, shear : float
        Bulk and shear modulus, GPa.

    Returns
    -------
    ndarray, shape (6, 6)
        Elastic tensor, GPa.
    """
    tensor = np.diag([2.0 * shear] * 3 + [shear] * 3)
    tensor[:3, :3] += bulk - 2 * shear / 3
    return tensor
