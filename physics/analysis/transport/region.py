"""Transport at boundaries: of the ions that start in a slab around them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.analysis.transport.anisotropy import anisotropy
from physics.analysis.transport.diffusivity import Diffusivity, diffusivity
from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.exchange import without_exchange
from physics.analysis.transport.paths import Paths
from physics.analysis.transport.slab import (
    Rest,
    Slab,
    height_of,
    require_apart,
    require_normal,
)
from physics.analysis.transport.start_in import StartIn, longest_lag, start_in
from physics.errors import InputError

FloatArray = NDArray[np.float64]

THICKNESS = 10.0
"""Thickness of a boundary, Å: Jalem et al. 2023."""

ALONG, ACROSS, ALL = (0, 1), (2,), (0, 1, 2)

UNCHANGED = Estimate(1.0, 1.0, 1.0)


@dataclass(frozen=True)
class BoundaryTransport:
    """
    Transport at one boundary of a cell, or at all together.

    Parameters
    ----------
    plane : float or None
        Height of the boundary, in parts of c; None for all together.
    thickness : float
        Of the slab around it, Å.
    ions : float
        Mean number of ions in the slab.
    density : float
        Ions per Å^3 in the slab.
    along : Diffusivity
        Mean along x and y.
    across : Diffusivity
        Along z.
    total : Diffusivity
        Mean along x, y and z.
    anisotropy : Estimate or None
        Slope of the mean squared displacement along z over the larger one of those along x and
        y, without what ions do elsewhere; None without an estimate of the total.
    exchanged : float
        Part of the ions that are elsewhere after the longest lag that was used.
    warnings : tuple of str
        What limits the use of these numbers.
    """

    plane: float | None
    thickness: float
    ions: float
    density: float
    along: Diffusivity
    across: Diffusivity
    total: Diffusivity
    anisotropy: Estimate | None
    exchanged: float
    warnings: tuple[str, ...]


def boundary_transport(
    paths: Paths,
    planes: Sequence[float],
    rng: np.random.Generator,
    *,
    thickness: float = THICKNESS,
    drifts: Sequence[ArrayLike] = (),
) -> list[BoundaryTransport]:
    """
    Find the diffusivity of ions at boundaries.

    Displacements count from time origins at which an ion is in the slab |z - plane| <= thickness
    / 2, wherever it goes; lags are so short that the root mean square displacement along z is
    below a quarter of the thickness. What the ions do outside is taken out with the diffusivity
    outside, see `exchange.without_exchange`.

    Parameters
    ----------
    paths : Paths
        The paths, in a cell with c along z, normal to a and b.
    planes : sequence of float
        Heights of the boundaries in the first frame, in parts of c.
    rng : numpy.random.Generator
        For the bootstrap of the anisotropy.
    thickness : float
        Thickness of the slabs, Å.
    drifts : sequence of array_like, shape (frames,), optional
        Displacement of each boundary since the first frame, in parts of c, such as `plane_drift`
        gives; none if not given.

    Returns
    -------
    list of BoundaryTransport
        All boundaries together, then each by itself: how much they differ shows how much one
        simulation tells.

    Raises
    ------
    InputError
        If c is not normal to a and b, a boundary is outside of the cell or leaves it, slabs
        overlap, no ion is in a slab, or ions cross a slab between two frames.
    """
    require_normal(paths.cell)
    height = height_of(paths.cell)
    moves = [np.asarray(each, dtype=float) for each in drifts] or [np.zeros(())] * len(planes)
    require_apart(planes, moves, thickness, height)
    slabs = [
        Slab(plane, thickness / height, move) for plane, move in zip(planes, moves, strict=True)
    ]
    outside = start_in(paths, [Rest(slabs)])
    pooled, *single = (
        _transport(paths, chosen, start_in(paths, chosen), outside, rng)
        for chosen in (slabs, *([slab] for slab in slabs))
    )
    return [replace(pooled, warnings=(*pooled.warnings, *_differences(single))), *single]


def plane_drift(paths: Paths) -> FloatArray:
    """
    Find how a boundary moves along c.

    Parameters
    ----------
    paths : Paths
        Paths of atoms of the framework that were near the boundary in the first frame, without
        the drift of the whole framework.

    Returns
    -------
    ndarray, shape (frames,)
        Their mean displacement since the first frame, in parts of c.
    """
    total = np.sum([each[..., 2].sum(axis=1) for each in paths.fractional()], axis=0)
    moved: FloatArray = (total - total[0]) / paths.ions
    return moved


def _transport(
    paths: Paths,
    slabs: Sequence[Slab],
    inside: StartIn | None,
    outside: StartIn | None,
    rng: np.random.Generator,
) -> BoundaryTransport:
    if inside is None:
        raise InputError(
            "no ion is within "
            f"{slabs[0].part * height_of(paths.cell) / 2:g} Å of a boundary at "
            f"{' or '.join(f'{slab.plane:g}' for slab in slabs)} of c; check its height and which "
            "ions move, or give a thicker slab"
        )
    thickness = slabs[0].part * height_of(paths.cell)
    longest = longest_lag(inside.displacements, thickness)
    (along, more_along), (across, more_across), (total, _) = (
        _diffusivity(inside, outside, axes, longest) for axes in (ALONG, ACROSS, ALL)
    )
    return BoundaryTransport(
        plane=slabs[0].plane if len(slabs) == 1 else None,
        thickness=thickness,
        ions=inside.ions,
        density=inside.ions / (len(slabs) * slabs[0].part * paths.volume),
        along=along,
        across=across,
        total=total,
        anisotropy=None
        if total.estimate is None
        else _product(
            anisotropy(inside.displacements, total.window, rng).scaled(1 / more_along.value),
            more_across,
        ),
        exchanged=float(inside.left[round(longest / paths.interval) - 1]),
        warnings=(),
    )


def _diffusivity(
    inside: StartIn, outside: StartIn | None, axes: Sequence[int], longest: float
) -> tuple[Diffusivity, Estimate]:
    """Find a diffusivity without what ions do elsewhere, and the factor of that on each number."""
    found = diffusivity(inside.displacements, axes, longest=longest)
    if outside is None:
        return found, UNCHANGED
    beyond = diffusivity(outside.displacements, axes, longest=longest).estimate
    left, entered = (each.left_in(found.window) for each in (inside, outside))
    seen, separated = found.estimate, None
    if seen is None and found.limit is not None:
        seen = Estimate(found.limit, found.limit, found.limit)
    if seen is not None and beyond is not None:
        separated = without_exchange(
            seen, beyond.value, left=left, entered=entered, across=axes.count(2) / len(axes)
        )
    if seen is None or separated is None:
        told = (
            f"{left:.0%} of the ions that count are outside of the slab, where too little is known "
            "to take out what they do there"
        )
        return replace(found, warnings=(*found.warnings, told)), UNCHANGED
    factor = Estimate(
        separated.value / seen.value, separated.low / seen.low, separated.high / seen.high
    )
    if found.estimate is None:
        return replace(found, limit=separated.value), factor
    return replace(found, estimate=separated), factor


def _product(first: Estimate, second: Estimate) -> Estimate:
    return Estimate(first.value * second.value, first.low * second.low, first.high * second.high)


def _differences(single: Sequence[BoundaryTransport]) -> list[str]:
    """Tell where the intervals of boundaries do not overlap."""
    told = []
    for name in ("along", "across"):
        found = [getattr(each, name).estimate for each in single]
        known = [each for each in found if each is not None]
        if known and max(each.low for each in known) > min(each.high for each in known):
            told.append(
                f"{name} the boundaries, their diffusivities differ by more than their intervals: "
                + ", ".join(
                    f"{each.value:.2g} ({each.low:.2g} to {each.high:.2g})" for each in known
                )
                + " cm²/s"
            )
    return told
