"""All that is read from the paths of the ions of one run."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.analysis.transport.anisotropy import anisotropy
from physics.analysis.transport.collective import collective_diffusivity, haven_ratio
from physics.analysis.transport.conductivity import nernst_einstein
from physics.analysis.transport.diffusivity import Diffusivity, diffusivity
from physics.analysis.transport.displacements import Displacements, displacements
from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.framework import Framework, framework_of
from physics.analysis.transport.heat_map import heat_maps
from physics.analysis.transport.hops import HopStatistics, hop_statistics
from physics.analysis.transport.paths import Paths, Snapshot, gather_paths
from physics.analysis.transport.profile import concentration_profile, excess
from physics.analysis.transport.region import (
    THICKNESS,
    BoundaryTransport,
    boundary_transport,
    plane_drift,
)
from physics.analysis.transport.slab_profile import SlabTransport, slab_profile
from physics.analysis.transport.van_hove import self_part
from physics.errors import InputError
from physics.structures.plane_distances import plane_distances

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

REACH = 12.0
"""Largest distance of the van Hove function, Å."""

POINTS = 400
"""Most heights at which a concentration is kept."""


@dataclass(frozen=True)
class Curve:
    """
    Mean squared displacements at lags that are evenly spaced on a logarithmic scale.

    Parameters
    ----------
    lags : list of float
        ps.
    along_x, along_y, along_z, total : list of float
        Mean squared displacements, Å^2.
    errors : list of float
        Standard error of the last, Å^2.
    """

    lags: list[float]
    along_x: list[float]
    along_y: list[float]
    along_z: list[float]
    total: list[float]
    errors: list[float]


@dataclass(frozen=True)
class Hopping:
    """
    How often ions hop.

    Parameters
    ----------
    rate : Estimate
        Hops of an ion per ps.
    immobile : float
        Part of the ions that never hopped.
    squared_length : float or None
        Mean squared length of a hop, Å^2; None without hops.
    mean_cosine : float or None
        Of the angle between successive hops of an ion; None if no ion hopped twice.
    returned : float or None
        Part of the hops after the first that lead back.
    """

    rate: Estimate
    immobile: float
    squared_length: float | None
    mean_cosine: float | None
    returned: float | None


@dataclass(frozen=True)
class Concentration:
    """
    Ions along c.

    Parameters
    ----------
    heights : list of float
        Å.
    densities : list of float
        Ions per Å^3.
    excess : list of float
        Ions per Å^2 that each boundary has more than bulk; below zero where they are depleted.
    """

    heights: list[float]
    densities: list[float]
    excess: list[float]


@dataclass(frozen=True)
class Transport:
    """
    Transport of the ions of one run.

    Parameters
    ----------
    ions : int
        Number of ions.
    charge : float
        Charge of an ion, elementary charges.
    volume : float
        Mean volume of the cell, Å^3.
    frames : int
        Number of frames.
    interval : float
        Time between frames, ps.
    tracer : Diffusivity
        Of single ions.
    axes : tuple of Diffusivity
        Along x, y and z.
    collective : Diffusivity or None
        Of the sum of all ions, which carries the charge; None where the run is too short for it.
    haven : Estimate or None
        Ratio of both; None where one of them is not resolved.
    conductivity : Estimate or None
        By Nernst and Einstein with a Haven ratio of 1, S/cm; None without a diffusivity.
    anisotropy : Estimate or None
        Slope along z over the larger one along x and y; None without a diffusivity.
    curve : Curve
        Mean squared displacements.
    hopping : Hopping
        Hops.
    boundaries : tuple of BoundaryTransport
        At both boundaries together, and at each; empty where there are none.
    slabs : tuple of SlabTransport
        In the slabs that the cell is cut into along c; empty where there are no boundaries.
    concentration : Concentration
        Ions along c.
    framework : Framework or None
        How far the framework moves; None where all atoms are ions.
    """

    ions: int
    charge: float
    volume: float
    frames: int
    interval: float
    tracer: Diffusivity
    axes: tuple[Diffusivity, Diffusivity, Diffusivity]
    collective: Diffusivity | None
    haven: Estimate | None
    conductivity: Estimate | None
    anisotropy: Estimate | None
    curve: Curve
    hopping: Hopping
    boundaries: tuple[BoundaryTransport, ...]
    slabs: tuple[SlabTransport, ...]
    concentration: Concentration
    framework: Framework | None

    @property
    def solid(self) -> bool:
        """Whether the framework stays in place."""
        return self.framework is None or not self.framework.flows

    @property
    def warnings(self) -> tuple[str, ...]:
        """What limits the use of these numbers."""
        told = [*self.tracer.warnings]
        if self.framework is not None and self.framework.flows:
            told.append(
                f"the framework does not stay in place: {self.framework.element} moves by "
                f"{self.framework.squared**0.5:.1f} Å in half of the run, as in a liquid or a "
                "change of phase; this run enters no activation energy"
            )
        for boundary in self.boundaries[:1]:
            told += boundary.warnings
        return tuple(told)

    @property
    def picoseconds(self) -> float:
        """Time that was analysed, ps."""
        return (self.frames - 1) * self.interval


def transport(
    frames: Callable[[], Iterable[Snapshot]],
    symbols: Sequence[str],
    masses: ArrayLike,
    temperature: float,
    rng: np.random.Generator,
    *,
    ion: str = "Li",
    charge: float = 1.0,
    planes: Sequence[float] = (),
) -> tuple[Transport, dict[str, NDArray[Any]]]:
    """
    Analyse the production of one run.

    Parameters
    ----------
    frames : callable
        Gives the frames, of N atoms at one temperature, from the first on; it is called once for
        the ions, once for the framework and once for each boundary.
    symbols : sequence of str, length N
        Elements.
    masses : array_like, shape (N,)
        Masses, u.
    temperature : float
        Temperature, K.
    rng : numpy.random.Generator
        Draws the resamples of intervals.
    ion : str
        Element that moves; all others are the framework.
    charge : float
        Charge of an ion, elementary charges.
    planes : sequence of float
        Heights of the boundaries in the first frame, in parts of c.

    Returns
    -------
    Transport
        Diffusivities and the rest.
    dict of str to ndarray
        Larger arrays: maps ``xz``, ``yz``, ``xy`` (ions per frame and Å^2) with the edges of their
        bins ``x``, ``y``, ``z`` (Å); ``hops`` of each ion; the self part of the van Hove function,
        ``van_hove`` (Å^-1), with ``radii`` (Å), ``lags`` (fs) and ``non_gaussian``.

    Raises
    ------
    InputError
        If the frames cannot be used, no atom is such an ion, or a boundary is not in the cell or
        has no ions.
    """
    mobile = np.asarray(symbols) == ion
    masses = np.asarray(masses, dtype=float)
    paths = gather_paths(frames(), mobile, masses)
    moved = displacements(paths)
    tracer = diffusivity(moved)
    collective = collective_diffusivity(paths)
    hops = hop_statistics(paths)
    profile = concentration_profile(paths)
    thin = slice(None, None, -(-len(profile.heights) // POINTS))
    along_x, along_y, along_z = (diffusivity(moved, (axis,)) for axis in range(3))
    boundaries: list[BoundaryTransport] = []
    if planes:
        drifts = [_drift(frames, mobile, masses, plane) for plane in planes]
        boundaries = boundary_transport(paths, planes, rng, drifts=drifts)
    found = Transport(
        ions=paths.ions,
        charge=charge,
        volume=paths.volume,
        frames=paths.frames,
        interval=paths.interval / 1000,
        tracer=tracer,
        axes=(along_x, along_y, along_z),
        collective=collective,
        haven=haven_ratio(tracer, collective),
        conductivity=nernst_einstein(
            tracer.estimate, paths.ions / paths.volume, temperature, charge
        )
        if tracer.estimate
        else None,
        anisotropy=anisotropy(moved, tracer.window, rng) if tracer.estimate else None,
        curve=_curve(moved),
        hopping=_hopping(hops),
        boundaries=tuple(boundaries),
        slabs=tuple(slab_profile(paths)) if planes else (),
        concentration=Concentration(
            heights=profile.heights[thin].tolist(),
            densities=profile.density[thin].tolist(),
            excess=excess(profile, planes, THICKNESS / 2) if planes else [],
        ),
        framework=framework_of(frames(), symbols, masses, mobile),
    )
    return found, {"hops": hops.hops, **_maps(paths), **_van_hove(paths, tracer)}


def _drift(
    frames: Callable[[], Iterable[Snapshot]], mobile: BoolArray, masses: FloatArray, plane: float
) -> FloatArray:
    """Find how a boundary moves, from the framework that is near it in the first frame."""
    first = next(iter(frames()))
    along = (first.positions @ np.linalg.inv(first.cell))[:, 2]
    near = plane_distances(along, [plane], float(first.cell[2, 2])) <= THICKNESS / 2
    if not (near & ~mobile).any():
        raise InputError(
            f"no atom of the framework is within {THICKNESS / 2:g} Å of the boundary at {plane:g} "
            "of c; check its height"
        )
    return plane_drift(gather_paths(frames(), near & ~mobile, masses, still=~mobile))


def _curve(moved: Displacements) -> Curve:
    kept = moved.steps - 1
    x, y, z = moved.mean[kept].T.tolist()
    return Curve(
        lags=(moved.lags / 1000).tolist(),
        along_x=x,
        along_y=y,
        along_z=z,
        total=moved.total[kept].tolist(),
        errors=moved.error[kept].tolist(),
    )


def _hopping(hops: HopStatistics) -> Hopping:
    return Hopping(hops.rate, hops.immobile, hops.squared_length, hops.mean_cosine, hops.returned)


def _maps(paths: Paths) -> dict[str, FloatArray]:
    maps = heat_maps(paths)
    return {
        **{name: found.values for name, found in maps.items()},
        "x": maps["xz"].first,
        "y": maps["yz"].first,
        "z": maps["xz"].second,
    }


def _van_hove(paths: Paths, tracer: Diffusivity) -> dict[str, FloatArray]:
    """Find the self part at the ends of the window."""
    found = self_part(paths, (tracer.window.start, tracer.window.end), REACH)
    return {
        "van_hove": found.density,
        "radii": found.radii,
        "lags": found.lags,
        "non_gaussian": found.non_gaussian,
    }
