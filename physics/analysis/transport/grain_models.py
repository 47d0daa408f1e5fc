"""Conductivity of grains with boundaries between them, by models of their arrangement."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.errors import InputError

FloatArray = NDArray[np.float64]

WIDTH = 10.0
"""Width of a grain boundary, Å (Jalem et al. 2023)."""


def boundary_fraction(grain_size: ArrayLike, width: float = WIDTH) -> FloatArray:
    """
    Give the part of the volume that is grain boundary: f = 1 - (d / (d + delta))^3.

    Parameters
    ----------
    grain_size : array
        Edge of the grains d, Å.
    width : float
        Width of the boundaries delta, Å.

    Returns
    -------
    ndarray
        The part, of the shape of `grain_size`.

    Raises
    ------
    InputError
        If a size is not positive.
    """
    return 1 - _edge(grain_size, width) ** 3


def brick_layer(
    bulk: float, along: float, across: float, grain_size: ArrayLike, width: float = WIDTH
) -> FloatArray:
    """
    Give the conductivity of cubes with boundaries between them.

    Columns of grains and the boundaries across, with the boundaries along beside them:
    sigma = x^2 / (x / sigma_b + (1 - x) / sigma_across) + (1 - x^2) sigma_along with
    x = d / (d + delta) (Näfe, Solid State Ionics 13, 255 (1984)).

    Parameters
    ----------
    bulk, along, across : float
        Conductivity of the grains and of the boundaries in and normal to their plane, S/cm.
    grain_size : array
        Edge of the grains d, Å.
    width : float
        Width of the boundaries delta, Å.

    Returns
    -------
    ndarray
        Conductivity, S/cm, of the shape of `grain_size`.

    Raises
    ------
    InputError
        If a conductivity is negative or a size not positive.
    """
    _require_conductivities(bulk, along, across)
    x = _edge(grain_size, width)
    return x**2 * _in_series(bulk, across, 1 - x) + (1 - x**2) * along


def coated_sphere(bulk: float, boundary: float, fraction: ArrayLike) -> FloatArray:
    """
    Give the conductivity of spheres in shells of boundary.

    Maxwell-Garnett with the boundary as the matrix, a bound of Hashin and Shtrikman (J. Appl.
    Phys. 33, 3125 (1962)): sigma = sigma_g (sigma_b (3 - 2f) + 2f sigma_g) / (f sigma_b +
    (3 - f) sigma_g).

    Parameters
    ----------
    bulk, boundary : float
        Conductivity of the spheres and of the shells, S/cm.
    fraction : array
        Part f of the volume that is boundary.

    Returns
    -------
    ndarray
        Conductivity, S/cm, of the shape of `fraction`.

    Raises
    ------
    InputError
        If a conductivity is negative or a fraction not between 0 and 1.
    """
    _require_conductivities(bulk, boundary)
    f = _require_fraction(fraction)
    if boundary == 0:
        return np.where(f > 0, 0.0, bulk)
    inner = bulk * (3 - 2 * f) + 2 * f * boundary
    found: FloatArray = boundary * inner / (f * bulk + (3 - f) * boundary)
    return found


def wiener_bounds(
    bulk: float, boundary: float, fraction: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """
    Give the least and the largest conductivity of any mixture of two phases (Wiener 1912).

    Parameters
    ----------
    bulk, boundary : float
        Conductivity of grains and boundaries, S/cm.
    fraction : array
        Part of the volume that is boundary.

    Returns
    -------
    ndarray, ndarray
        Conductivity of layers in series and side by side, S/cm, of the shape of `fraction`.

    Raises
    ------
    InputError
        If a conductivity is negative or a fraction not between 0 and 1.
    """
    _require_conductivities(bulk, boundary)
    f = _require_fraction(fraction)
    return _in_series(bulk, boundary, f), (1 - f) * bulk + f * boundary


def hart(
    bulk: float,
    along: float,
    grain_size: ArrayLike,
    width: float = WIDTH,
    directions: float = 3.0,
) -> FloatArray:
    """
    Give the conductivity of grains with fast boundaries beside them, by the law of Hart.

    sigma = p sigma_along + (1 - p) sigma_b with p = q delta / d (Acta Metall. 5, 597 (1957)).
    With q = 3 it counts all boundaries as parallel to the current and passes above what any
    mixture can have; it is no part of the band of `total_conductivity`.

    Parameters
    ----------
    bulk, along : float
        Conductivity of the grains and of the boundaries in their plane, S/cm.
    grain_size : array
        Distance of the boundaries d, Å.
    width : float
        Width of the boundaries delta, Å.
    directions : float
        Number q of families of boundaries: 1 for parallel ones, 3 for cubes.

    Returns
    -------
    ndarray
        Conductivity, S/cm, of the shape of `grain_size`.

    Raises
    ------
    InputError
        If boundaries are slower than the grains or fill the volume, or a size is not positive.
    """
    _require_conductivities(bulk, along)
    if along < bulk:
        raise InputError(
            f"boundaries of {along:g} S/cm in grains of {bulk:g} S/cm: the law of Hart is for fast "
            "boundaries; use brick_layer"
        )
    x = _edge(grain_size, width)
    part = directions * (1 - x) / x
    if np.any(part >= 1):
        raise InputError(
            f"boundaries of {width:g} Å are {part.max():.2g} of the volume by the law of Hart, "
            "expected less than 1; use brick_layer"
        )
    found: FloatArray = part * along + (1 - part) * bulk
    return found


def _in_series(first: float, second: float, part: FloatArray) -> FloatArray:
    """Give the conductivity of layers one after the other; part is that of the second."""
    product, weighted = first * second, part * first + (1 - part) * second
    return np.divide(product, weighted, out=np.zeros_like(weighted), where=weighted > 0)


def _edge(grain_size: ArrayLike, width: float) -> FloatArray:
    """Give the edge of a grain as part of the period of the polycrystal."""
    size = np.asarray(grain_size, dtype=float)
    if not (np.all(size > 0) and 0 < width < np.inf):
        raise InputError(
            f"grains of {size.min(initial=np.inf):g} Å or more and boundaries of {width:g} Å, "
            "expected positive sizes"
        )
    found: FloatArray = np.asarray(1 / (1 + width / size))
    return found


def _require_fraction(fraction: ArrayLike) -> FloatArray:
    f = np.asarray(fraction, dtype=float)
    if not np.all((f >= 0) & (f <= 1)):
        raise InputError(f"a boundary fraction of {f.min():g} to {f.max():g}, expected 0 to 1")
    return f


def _require_conductivities(*conductivities: float) -> None:
    for each in conductivities:
        if not 0 <= each < np.inf:
            raise InputError(f"a conductivity of {each:g} S/cm, expected zero or more")
