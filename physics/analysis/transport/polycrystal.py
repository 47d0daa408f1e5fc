"""Conductivity of a polycrystal from that of its grains and of its grain boundaries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.grain_models import (
    WIDTH,
    boundary_fraction,
    brick_layer,
    coated_sphere,
)
from physics.errors import InputError

FloatArray = NDArray[np.float64]

ENERGY_SCALE = 0.1
"""Energy gamma0 in the weights exp(-gamma / gamma0) of boundaries, J/m^2. [choice]"""


@dataclass(frozen=True)
class GrainBoundaryConductivity:
    """
    Conductivity of one kind of grain boundary.

    Parameters
    ----------
    name : str
        Name of the boundary.
    along, across : Estimate
        Conductivity in the plane and normal to it, S/cm.
    energy : float or None
        Energy, J/m^2; None if unknown.
    """

    name: str
    along: Estimate
    across: Estimate
    energy: float | None = None


@dataclass(frozen=True, eq=False)
class TotalConductivity:
    """
    Conductivity of polycrystals of K grain sizes.

    Parameters
    ----------
    grain_sizes : ndarray, shape (K,)
        Edge or diameter of the grains, Å.
    values : dict of (str, str) to ndarray, shape (K,)
        Conductivity by model, ``brick layer`` or ``coated sphere``, and mix of boundaries, S/cm.
    low, high : ndarray, shape (K,)
        Ends of the band over models and mixes, with all intervals at their low or high ends, S/cm.
    """

    grain_sizes: FloatArray
    values: dict[tuple[str, str], FloatArray]
    low: FloatArray
    high: FloatArray


def total_conductivity(
    bulk: Estimate,
    boundaries: Sequence[GrainBoundaryConductivity],
    grain_sizes: ArrayLike,
    width: float = WIDTH,
) -> TotalConductivity:
    """
    Estimate the conductivity of polycrystals as a band.

    The band is over two models, `brick_layer` and `coated_sphere`, and over mixes of the
    boundaries: each alone, all alike, and, where all energies are known, by 1 / gamma and by
    exp(-gamma / gamma0). Boundaries of a mix lie side by side along them and one after the other
    across. The shell of the coated sphere has the mean (2 along + across) / 3.

    Parameters
    ----------
    bulk : Estimate
        Conductivity of the crystal, S/cm.
    boundaries : sequence of GrainBoundaryConductivity
        The boundaries.
    grain_sizes : array, shape (K,)
        Edge or diameter of the grains, Å.
    width : float
        Width of the boundaries, Å.

    Returns
    -------
    TotalConductivity
        The band and the values of each model and mix.

    Raises
    ------
    InputError
        If there are no boundaries or two of one name, or a size, width, energy or conductivity is
        not positive.
    """
    sizes = np.atleast_1d(np.asarray(grain_sizes, dtype=float))
    names = [boundary.name for boundary in boundaries]
    if not names or len(set(names)) < len(names):
        raise InputError(
            f"the boundaries are {', '.join(names) or 'none'}, expected one or more of different "
            "names"
        )
    _require_estimate("bulk", bulk)
    for boundary in boundaries:
        _require_estimate(f"{boundary.name}, along", boundary.along)
        _require_estimate(f"{boundary.name}, across", boundary.across)

    def values(end: Callable[[Estimate], float]) -> dict[tuple[str, str], FloatArray]:
        """Give the conductivity by model and mix at the same end of all intervals."""
        found = {}
        for mix, weights in _mixes(boundaries).items():
            along = float(weights @ [end(boundary.along) for boundary in boundaries])
            across = _harmonic(weights, [end(boundary.across) for boundary in boundaries])
            fraction = boundary_fraction(sizes, width)
            found["brick layer", mix] = brick_layer(end(bulk), along, across, sizes, width)
            found["coated sphere", mix] = coated_sphere(
                end(bulk), (2 * along + across) / 3, fraction
            )
        return found

    return TotalConductivity(
        grain_sizes=sizes,
        values=values(lambda estimate: estimate.value),
        low=np.min(list(values(lambda estimate: estimate.low).values()), axis=0),
        high=np.max(list(values(lambda estimate: estimate.high).values()), axis=0),
    )


def _mixes(boundaries: Sequence[GrainBoundaryConductivity]) -> dict[str, FloatArray]:
    """Give the weights of the boundaries in each mix; their sum is 1."""
    mixes = {
        boundary.name: weights
        for boundary, weights in zip(boundaries, np.eye(len(boundaries)), strict=True)
    }
    mixes["equal"] = np.full(len(boundaries), 1 / len(boundaries))
    known = [boundary.energy for boundary in boundaries if boundary.energy is not None]
    for energy in known:
        if not 0 < energy < np.inf:
            raise InputError(
                f"a boundary energy of {energy:g} J/m^2, expected a positive number; None if it "
                "is unknown"
            )
    if len(known) == len(boundaries):
        energies = np.array(known)
        inverse, boltzmann = 1 / energies, np.exp(-(energies - energies.min()) / ENERGY_SCALE)
        mixes["1 / energy"] = inverse / inverse.sum()
        mixes["exp(-energy)"] = boltzmann / boltzmann.sum()
    return mixes


def _harmonic(weights: FloatArray, conductivities: Sequence[float]) -> float:
    counted = [pair for pair in zip(weights, conductivities, strict=True) if pair[0] > 0]
    if any(conductivity == 0 for _, conductivity in counted):
        return 0.0
    return float(1 / sum(weight / conductivity for weight, conductivity in counted))


def _require_estimate(name: str, given: Estimate) -> None:
    if not (0 <= given.low <= given.value <= given.high < np.inf and given.value > 0):
        raise InputError(
            f"the conductivity of {name} is {given.value:g} S/cm ({given.low:g} to "
            f"{given.high:g}), expected a positive number within its interval"
        )
