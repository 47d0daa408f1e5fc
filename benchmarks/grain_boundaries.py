"""
Speed and soundness of the construction of grain boundaries beside pymatgen and aimsgb.

Builds the published list of boundaries of beta-Li3PS4 in both settings of the axes, and two twists,
once without a scan (one termination, one translation) and once with the full scan; then one tilt
with ever more layers. The other packages get the names as published: cubic planes and angles, which
they apply to the orthorhombic cell with its axes sorted by length; pymatgen also needs the squared
axes as whole numbers. Each of their runs has a process and a time limit of its own. Compilation by
numba happens in a first run that is not timed. Run ``python benchmarks/grain_boundaries.py --help``
for the options.
"""

import argparse
import importlib.util
import multiprocessing
import time
import warnings
from collections import Counter
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from pymatgen.core import Structure

from physics.structures.construction import Construction, GrainBoundary
from physics.structures.contacts import shortest_contacts
from physics.structures.crystal import Crystal
from physics.structures.grain_boundaries import tilt_boundary, twist_boundary
from physics.structures.slab import terminations
from physics.structures.units import find_units

Miller = tuple[int, int, int]

BETA = Path(__file__).parent.parent / "workflows/studies/structures/beta-Li3PS4.cif"
AXES = ("pnma", "std")
TILTS: dict[Miller, tuple[Miller, int, float]] = {
    (1, 2, 0): ((0, 0, 1), 5, 36.86990),
    (2, -1, 0): ((0, 0, 1), 5, 36.86990),
    (1, 3, 0): ((0, 0, 1), 5, 36.86990),
    (1, 5, 0): ((0, 0, 1), 13, 22.61986),
    (3, -2, 0): ((0, 0, 1), 13, 22.61986),
    (1, 7, 0): ((0, 0, 1), 25, 16.26020),
    (-2, 5, 0): ((0, 0, 1), 29, 43.60282),
    (-1, 1, 1): ((1, 1, 0), 3, 70.52878),
    (2, 0, 1): ((0, 1, 0), 5, 36.86990),
}
"""Published plane, and the axis, Sigma and angle of its cubic namesake."""
TWISTS: dict[Miller, float] = {(0, 0, 1): 34.55, (1, 0, 0): 54.35}
TARGETS = {"no scan": "< 0.3 s", "full scan": "< 3 s", "12 000 atoms, one candidate": "< 3 s"}
LIMIT = 60.0
"""Time for one boundary by another package, s."""
SQUARES = [13, 5, 3]
"""c^2 : b^2 : a^2 of the sorted axes in whole numbers, as pymatgen approximates them."""


def in_pnma(plane: Miller, axes: str) -> Miller:
    """
    Write a plane in the axes of Pnma.

    Parameters
    ----------
    plane
        Miller indices.
    axes
        ``"pnma"``, or ``"std"`` for axes sorted by length, a < b < c.

    Returns
    -------
    tuple of int
        Miller indices.
    """
    h, k, l = plane  # noqa: E741 - Miller's letters
    return plane if axes == "pnma" else (l, k, h)


def timed(build: Callable[[], list[GrainBoundary]]) -> tuple[GrainBoundary, int, float]:
    """
    Build boundaries.

    Parameters
    ----------
    build
        Returns the candidates.

    Returns
    -------
    tuple
        The best candidate, the number of them, the CPU time in s.
    """
    start = time.process_time()
    found = build()
    return found[0], len(found), time.process_time() - start


def soundness(structure: Structure) -> str:
    """
    Describe what a boundary consists of.

    Parameters
    ----------
    structure
        The cell.

    Returns
    -------
    str
        Atoms, formula, units that are neither Li nor PS4, and the shortest distances of any two
        atoms and of atoms of different units, Å.
    """
    units = find_units(structure)
    kinds = Counter(units.kinds)
    broken = sum(count for kind, count in kinds.items() if kind not in {"Li", "PS4"})
    shortest = min(distance for *_, distance in zip(*structure.get_neighbor_list(3.0), strict=True))
    formula = structure.composition.reduced_formula
    apart = min(shortest_contacts(structure, units).values())
    return f"{len(structure):7d} {formula:>15} {broken:6d} {shortest:6.2f} {apart:6.2f}"


def with_pymatgen(plane: Miller) -> Structure:
    """
    Build a tilt boundary of the real cell with pymatgen.

    Parameters
    ----------
    plane
        A key of `TILTS`.

    Returns
    -------
    Structure
        The cell.
    """
    from pymatgen.core.interface import GrainBoundaryGenerator  # noqa: PLC0415

    axis, _, angle = TILTS[plane]
    generator = GrainBoundaryGenerator(Structure.from_file(BETA))
    found = generator.gb_from_parameters(axis, angle, plane=plane, expand_times=2, ratio=SQUARES)
    return Structure(found.lattice, found.species, found.frac_coords)


def with_aimsgb(plane: Miller) -> Structure:
    """
    Build a tilt boundary of the real cell with aimsgb.

    Parameters
    ----------
    plane
        A key of `TILTS`.

    Returns
    -------
    Structure
        The cell.
    """
    from aimsgb import Grain  # noqa: PLC0415
    from aimsgb import GrainBoundary as Bicrystal  # noqa: PLC0415

    axis, sigma, _ = TILTS[plane]
    grains = Bicrystal(list(axis), sigma, list(plane), Grain.from_file(str(BETA)))
    found = Grain.stack_grains(grains.grain_a, grains.grain_b, to_primitive=False)
    return Structure(found.lattice, found.species, found.frac_coords)


OTHERS: dict[str, Callable[[Miller], Structure]] = {
    "pymatgen": with_pymatgen,
    "aimsgb": with_aimsgb,
}


def other(name: str, plane: Miller, pipe: Connection) -> None:
    """
    Build a boundary with another package and send what came out.

    Parameters
    ----------
    name
        A key of `OTHERS`.
    plane
        A key of `TILTS`.
    pipe
        Where the line of the table goes.
    """
    warnings.simplefilter("ignore")
    start = time.process_time()
    try:
        structure = OTHERS[name](plane)
    except Exception as error:  # noqa: BLE001 - whatever it raises is its result
        pipe.send(f"{type(error).__name__}: {error}".splitlines()[0][:70])
        return
    seconds = time.process_time() - start
    pipe.send(f"{soundness(structure)} {seconds:8.2f}")


def limited(name: str, plane: Miller, seconds: float) -> str:
    """
    Build a boundary with another package in a process that is ended after some time.

    Parameters
    ----------
    name
        A key of `OTHERS`.
    plane
        A key of `TILTS`.
    seconds
        Time limit.

    Returns
    -------
    str
        The rest of a line of the table.
    """
    if importlib.util.find_spec(name) is None:
        return "not installed"
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=other, args=(name, plane, send))
    process.start()
    send.close()
    try:
        return receive.recv() if receive.poll(seconds) else f"nothing within {seconds:g} s"
    except EOFError:
        return "process died"
    finally:
        process.kill()
        process.join()


def compare(crystal: Crystal, *, alone: bool) -> None:
    """
    Print the table of the published list.

    Parameters
    ----------
    crystal
        The crystal.
    alone
        Leave the other packages out.
    """
    once = Construction(translations=1, terminations=1, keep=1)
    full = Construction()
    columns = f"{'boundary':22}{'atoms':>7} {'formula':>15} {'broken':>6} {'d_min':>6} {'units':>6}"
    print(f"{columns}  no scan   scan    area  angle  strain  cuts found")
    cases: list[tuple[str, Miller, Callable[..., list[GrainBoundary]]]] = [
        (f"{axes} {_text(plane)}", plane, partial(tilt_boundary, crystal, in_pnma(plane, axes)))
        for axes in AXES
        for plane in TILTS
    ]
    cases += [
        (f"pnma {_text(plane)} twist", plane, partial(twist_boundary, crystal, plane, angle=angle))
        for plane, angle in TWISTS.items()
    ]
    for name, plane, build in cases:
        _, _, quick = timed(partial(build, construction=once))
        best, count, scan = timed(partial(build, construction=full))
        geometry = best.geometry
        cuts = len(terminations(crystal, crystal.plane(geometry.planes[0])))
        print(
            f"{name:22}{soundness(best.structure)} {quick:8.2f} {scan:6.2f} {geometry.area:7.1f} "
            f"{geometry.misorientation:6.2f} {geometry.strain:7.2%} {cuts:5d} {count:5d}",
            flush=True,
        )
        if name.startswith("std") and not alone:
            for package in OTHERS:
                print(f"  {package:20}{limited(package, plane, LIMIT)}", flush=True)


def scale(crystal: Crystal, layers: tuple[int, ...]) -> None:
    """
    Print how the time grows with the thickness of the grains.

    Parameters
    ----------
    crystal
        The crystal.
    layers
        Layers of each grain.
    """
    print(f"\n{'(1 2 0), layers':22}{'atoms':>7} {'1 candidate':>12} {'4':>8} ms per 1000 atoms")
    for count in layers:
        seconds = {}
        for keep in (1, 4):
            how = Construction(layers=count, max_atoms=100_000, keep=keep)
            best, _, seconds[keep] = timed(
                partial(tilt_boundary, crystal, (1, 2, 0), construction=how)
            )
        atoms = len(best.structure)
        print(
            f"{count:22d}{atoms:7d} {seconds[1]:10.2f} s {seconds[4]:6.2f} s "
            f"{1e6 * seconds[1] / atoms:18.0f}",
            flush=True,
        )


def _text(plane: Miller) -> str:
    return "(" + " ".join(map(str, plane)) + ")"


def main() -> None:
    """Run the benchmark and print the tables."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alone", action="store_true", help="leave out pymatgen and aimsgb")
    parser.add_argument(
        "--layers", type=int, nargs="+", default=[5, 10, 50, 100, 200], help="layers of each grain"
    )
    options = parser.parse_args()
    crystal = Crystal(Structure.from_file(BETA))
    start = time.process_time()
    tilt_boundary(crystal, (2, -1, 0))
    twist_boundary(crystal, (1, 0, 0))
    print(
        "CPU time in s on one core; "
        f"the first boundaries, {time.process_time() - start:.1f} s with compilation, do not count."
    )
    print("Targets: " + ", ".join(f"{name} {target}" for name, target in TARGETS.items()))
    print(
        "Broken: units other than Li and PS4. d_min: shortest distance of two atoms (2.01 Å is a\n"
        "P-S bond), units: of atoms of different units, Å. Cuts: terminations tried. Found:\n"
        "candidates built. Other packages: the last column is their time.\n"
    )
    compare(crystal, alone=options.alone)
    scale(crystal, tuple(options.layers))


if __name__ == "__main__":
    main()
