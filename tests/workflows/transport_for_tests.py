"""Transport of made-up runs: a crystal and boundaries, each at several temperatures."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import exp
from typing import Any

import numpy as np
from ase.units import kB

from physics.analysis.transport.arrhenius import fit_arrhenius
from physics.analysis.transport.conductivity import nernst_einstein
from physics.analysis.transport.diffusivity import Diffusivity
from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.framework import Framework
from physics.analysis.transport.region import BoundaryTransport
from physics.analysis.transport.slab_profile import SlabTransport
from physics.analysis.transport.transport import Concentration, Curve, Hopping, Transport
from physics.analysis.transport.window import Window
from stores.arrays import pack
from stores.documents import ArrheniusDocument, ArrheniusPoint, TransportDocument
from stores.documents.transport import Direction, Region, interval

TILT = "Σ5 [001] (120)"
TWIN = "Σ3 [110] (-111)"
PLANES = (0.25, 0.75)
CELL = (12.0, 8.0, 60.0)
DENSITY = 0.018
WINDOW = Window(start=2000.0, end=10000.0, exponent=1.02)


def law(temperature: float, energy: float = 0.3, prefactor: float = 1e-3) -> float:
    """D by the Arrhenius law, cm^2/s."""
    return prefactor * exp(-energy / (kB * temperature))


def known(value: float, factor: float = 1.3) -> Diffusivity:
    """A diffusivity with an interval of a factor on both sides."""
    estimate = Estimate(value, value / factor, value * factor)
    return Diffusivity(estimate, None, None, WINDOW, 400.0)


def limited(value: float) -> Diffusivity:
    """An upper limit."""
    reason = "12 hops were seen, expected 50 or more"
    return Diffusivity(None, value, reason, Window(2000.0, 10000.0, 0.6), 12.0)


def curve(diffusivity: float) -> Curve:
    """Vibrations and diffusion; Å^2 and ps."""
    lags = np.geomspace(0.05, 100, 40)
    x, y, z = (0.2 + 2 * 1e4 * diffusivity * part * lags for part in (0.8, 1.0, 1.2))
    total = x + y + z
    columns = {"along_x": x, "along_y": y, "along_z": z, "total": total}
    return Curve(
        lags=lags.tolist(),
        errors=(total * 0.02 * np.sqrt(lags)).tolist(),
        **{name: values.tolist() for name, values in columns.items()},
    )


def at_boundary(plane: float | None, value: float, xi: float) -> BoundaryTransport:
    """Ions at a boundary; `xi` is how much faster they are across it."""
    return BoundaryTransport(
        plane=plane,
        thickness=10.0,
        ions=17.0,
        density=DENSITY,
        along=known(value),
        across=known(xi * value),
        total=known(value),
        anisotropy=Estimate(xi, 0.8 * xi, 1.3 * xi),
        exchanged=0.12,
        warnings=() if plane else ("along the boundaries, their diffusivities differ",),
    )


def run(
    label: str, temperature: float, tracer: Diffusivity, *, boundary: float = 0.0, **changes: Any
) -> TransportDocument:
    """A run; with boundaries where their diffusivity is given."""
    planes = PLANES if boundary else None
    rng = np.random.default_rng(int(temperature))
    edges = {
        axis: np.arange(0, length + 0.1, 0.2) for axis, length in zip("xyz", CELL, strict=True)
    }
    shape = len(edges["x"]) - 1, len(edges["z"]) - 1
    wave = np.cos(2 * np.pi * np.arange(shape[1]) / 30) ** 2
    heights = np.linspace(0.075, CELL[2] - 0.075, 400)
    estimate = tracer.estimate
    volume = float(np.prod(CELL))
    ions = round(DENSITY * volume)
    found = Transport(
        ions=ions,
        charge=1.0,
        volume=volume,
        frames=2001,
        interval=0.05,
        tracer=tracer,
        axes=(tracer, tracer, tracer),
        collective=tracer,
        haven=Estimate(0.5, 0.3, 0.9) if estimate else None,
        conductivity=nernst_einstein(estimate, DENSITY, temperature) if estimate else None,
        anisotropy=Estimate(1.2, 1.0, 1.4) if estimate else None,
        curve=curve(estimate.value if estimate else 1e-7),
        hopping=Hopping(Estimate(0.01, 0.008, 0.012), 0.4, 10.2, -0.31, 0.35),
        boundaries=tuple(
            at_boundary(plane, boundary, xi)
            for plane, xi in ((None, 0.5), (PLANES[0], 0.45), (PLANES[1], 0.55))
        )
        if boundary
        else (),
        slabs=tuple(
            SlabTransport((number + 0.5) / 6, 10.0, DENSITY, known(boundary), limited(2 * boundary))
            for number in range(6)
        )
        if boundary
        else (),
        concentration=Concentration(
            heights=heights.tolist(),
            densities=(DENSITY * (1 + 0.5 * np.sin(2 * np.pi * heights / 6))).tolist(),
            excess=[0.1, 0.12] if boundary else [],
        ),
        framework=Framework("P", 0.4),
    )
    arrays = {"xz": wave * rng.random((shape[0], 1)), **edges}
    fields: dict[str, Any] = {
        "uuid": f"{label} {temperature:g}",
        "study": "a study",
        "system": "beta-Li3PS4",
        "last_updated": datetime(2026, 1, 1, tzinfo=UTC),
        "input_hash": "h",
        "label": label,
        "formula": "Li3PS4",
        "engine": "mtp",
        "functional": "moment tensor potential",
        "potential": "0123456789abcdef" * 4,
        "ion": "Li",
        "temperature": temperature,
        "ions": ions,
        "picoseconds": 100.0,
        "hops": tracer.hops,
        **interval("diffusivity", estimate),
        "diffusivity_limit": tracer.limit,
        "conductivity": found.conductivity.value if found.conductivity else None,
        "haven": 0.5 if estimate else None,
        "boundary_diffusivity": boundary or None,
        "solid": True,
        "planes": planes,
        "transport": found,
        "packed": pack(arrays),
    }
    return TransportDocument(**fields | changes)


def fit(
    label: str,
    points: Sequence[tuple[float, Diffusivity]],
    region: Region = "cell",
    direction: Direction = "all",
    **changes: Any,
) -> ArrheniusDocument:
    """The law through some points, with its prediction at 300 K."""
    resolved = [(at, found.estimate) for at, found in points if found.estimate]
    temperatures = [at for at, _ in resolved]
    found = fit_arrhenius(temperatures, [d for _, d in resolved]) if len(resolved) > 1 else None
    predicted = found.predict(300.0) if found else None
    conductivity = nernst_einstein(predicted, DENSITY, 300.0) if predicted else None
    fields: dict[str, Any] = {
        "uuid": f"{label} {region} {direction}",
        "study": "a study",
        "system": "beta-Li3PS4",
        "last_updated": datetime(2026, 1, 1, tzinfo=UTC),
        "input_hash": "h",
        "label": label,
        "region": region,
        "direction": direction,
        "formula": "Li3PS4",
        "engine": "mtp",
        "functional": "moment tensor potential",
        "potential": "0123456789abcdef" * 4,
        "ion": "Li",
        "density": DENSITY,
        "points": [
            ArrheniusPoint(
                uuid=f"{label} {at:g}",
                temperature=at,
                diffusivity=each.estimate,
                limit=each.limit,
                hops=each.hops,
                solid=True,
            )
            for at, each in points
        ],
        "resolved": len(resolved),
        "coldest": min(temperatures, default=None),
        "hottest": max(temperatures, default=None),
        **interval("activation_energy", found.activation_energy if found else None),
        "prefactor": found.prefactor if found else None,
        "break_temperature": None,
        "temperature": 300.0,
        **interval("diffusivity", predicted),
        **interval("conductivity", conductivity),
        "decades": conductivity.decades if conductivity else None,
        "members": {},
    }
    return ArrheniusDocument(**fields | changes)


def crystal(temperatures: Sequence[float] = (500, 700, 1000)) -> list[Any]:
    """A crystal that is resolved at all temperatures but the first; runs and fit."""
    first, *others = temperatures
    points = [(first, limited(2e-6)), *((t, known(law(t))) for t in others)]
    return [*(run("bulk", t, found) for t, found in points), fit("bulk", points)]


def boundary(
    label: str, factor: float, temperatures: Sequence[float] = (400, 600, 800, 1000), **changes: Any
) -> list[Any]:
    """A boundary with ions so many times faster than in the crystal; runs and fits."""
    faster = {t: factor * law(t, 0.27) for t in temperatures}
    runs = [run(label, t, known(law(t)), boundary=d, **changes) for t, d in faster.items()]
    fits = [fit(label, [(t, known(law(t))) for t in temperatures])]
    fits += [
        fit(label, [(t, known(part * d)) for t, d in faster.items()], "boundary", direction)
        for direction, part in (("all", 1.0), ("along", 1.2), ("across", 0.6))
    ]
    return [*runs, *fits]
