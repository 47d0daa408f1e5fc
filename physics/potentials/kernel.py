"""
Energies, forces and virial of a moment tensor potential in one compiled pass.

The moments of an atom and the forces of its neighbours are sums and polynomials over its
neighbours. Written as loops over the moments they are hundreds of loops of some 25 turns, and the
time goes into starting them. So they are written out for a moment table, as one loop over
the neighbours whose body has no branch and no index that is not a constant; all rows of an atom's
scratch array have a constant distance, so that the compiler sees that they do not overlap, and uses
SIMD lanes for neighbours. The contractions of `LANES` atoms run side by side, an atom in each lane.
"""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from numba import get_num_threads
from numpy.typing import NDArray

from physics.potentials.compiled import import_source
from physics.potentials.moments import MomentTable
from physics.potentials.potential import MomentTensorPotential

LANES = 32
"""Atoms whose moments are contracted together."""

ROW = 32
"""Neighbours that are worked on together; an atom with more takes several turns."""

WALK = Path(__file__).with_name("walk.py")

SIMD = 8
"""Neighbours are filled up to a multiple of that with some that do not count."""

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """
    A moment table in the order in which the kernel walks through it.

    Parameters
    ----------
    parent, axis : ndarray of int, shape (n_monomials,)
        Each monomial of the unit vector is its parent times one component; the first one is 1.
    start : ndarray of int, shape (n_monomials + 1,)
        Basic moments of each monomial: those from ``start[m]`` to ``start[m + 1]``.
    basic, mu : ndarray of int, shape (n_basic,)
        Number and radial function of these basic moments.
    times : ndarray of int, shape (n_times, 3)
        Left, right and target of each product.
    multiplicity : ndarray, shape (n_times,)
        Its factor.
    """

    parent: IntArray
    axis: IntArray
    start: IntArray
    basic: IntArray
    mu: IntArray
    times: IntArray
    multiplicity: FloatArray


def layout(table: MomentTable) -> Layout:
    """
    Arrange a moment table for the kernel.

    Parameters
    ----------
    table : MomentTable
        The table.

    Returns
    -------
    Layout
        The same, by monomial.
    """
    used = {tuple(k) for k in table.basic[:, 1:].tolist()}
    needed = sorted(_with_parents(used), key=lambda k: (sum(k), k))
    number = {k: index for index, k in enumerate(needed)}
    axis = [next((a for a in range(3) if k[a]), 0) for k in needed]
    of_basic = np.array([number[tuple(k)] for k in table.basic[:, 1:].tolist()])
    order = np.lexsort((table.basic[:, 0], of_basic))
    return Layout(
        parent=np.array(
            [number[_lowered(k, a)] if sum(k) else 0 for k, a in zip(needed, axis, strict=True)]
        ),
        axis=np.array(axis),
        start=np.searchsorted(of_basic[order], np.arange(len(needed) + 1)),
        basic=order,
        mu=table.basic[order, 0],
        times=np.ascontiguousarray(table.times[:, [0, 1, 3]]),
        multiplicity=table.times[:, 2].astype(np.float64),
    )


def _with_parents(used: set[tuple[int, ...]]) -> set[tuple[int, ...]]:
    """Add every monomial that a derivative or a product leads to."""
    found, new = set(used), set(used)
    while new:
        new = {_lowered(k, a) for k in new for a in range(3) if k[a]} - found
        found |= new
    return found


def _lowered(k: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return tuple(power - (a == axis) for a, power in enumerate(k))


@dataclass(frozen=True)
class Pairs:
    """
    Neighbours of each atom, among the atoms and their periodic images.

    Parameters
    ----------
    positions : ndarray, shape (M, 3)
        Positions of the N atoms, then of the images, Å.
    owner : ndarray of int, shape (M,)
        The atom that each is an image of.
    first : ndarray of int, shape (N + 1,)
        Neighbours of atom i are those from ``first[i]`` to ``first[i + 1]``.
    index : ndarray of int32
        Rows of `positions`; those beyond the cutoff are passed over.
    """

    positions: FloatArray
    owner: IntArray
    first: IntArray
    index: NDArray[np.int32]


def evaluate(
    potential: MomentTensorPotential, plan: Layout, types: IntArray, pairs: Pairs
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """
    Evaluate a potential.

    Parameters
    ----------
    potential : MomentTensorPotential
        The potential.
    plan : Layout
        Layout of its table.
    types : ndarray of int, shape (N,)
        Species of each atom, as `potential` numbers them.
    pairs : Pairs
        Neighbours.

    Returns
    -------
    energies : ndarray, shape (N,)
        eV.
    forces : ndarray, shape (N, 3)
        eV/Å.
    virial : ndarray, shape (3, 3)
        Derivative of the energy by strain, eV.
    """
    count, threads = len(types), get_num_threads()
    energies = np.empty(count)
    spread = np.zeros((threads, len(pairs.owner), 3))
    virial = np.zeros((threads, 3, 3))
    table = potential.table
    _module(table, potential.n_chebyshev).walk(
        pairs.positions, types[pairs.owner], pairs.first, pairs.index,
        plan.basic, plan.times, plan.multiplicity, table.scalars, table.n_moments,
        potential.radial, potential.xi, potential.offsets,
        potential.r_min, potential.r_max, potential.scaling, energies, spread, virial,
    )  # fmt: skip
    forces = np.zeros((count, 3))
    total = spread.sum(axis=0)
    for axis in range(3):
        forces[:, axis] = np.bincount(pairs.owner, total[:, axis], count)
    return energies, forces, virial.sum(axis=0)


_modules: dict[tuple[bytes, int], ModuleType] = {}


def _module(table: MomentTable, n_chebyshev: int) -> ModuleType:
    """Give the compiled code of a table; tables are compared by content."""
    key = (table.basic.tobytes(), n_chebyshev)
    if key not in _modules:
        _modules[key] = import_source(_source(layout(table), table.n_radial, n_chebyshev))
    return _modules[key]


def _source(plan: Layout, n_radial: int, n_chebyshev: int) -> str:
    """Write the module of a table: its straight-line functions, and those that call them."""
    out = 4 + 2 * n_radial
    return "\n".join(
        [
            "import numpy as np",
            "from numba import njit, prange",
            f"LANES, ROW, SIMD, OUT, ROWS = {LANES}, {ROW}, {SIMD}, {out}, {out + 4}",
            "compiled = njit(fastmath=True, cache=True)",
            *_radial_source(n_radial, n_chebyshev),
            *_sums_source(plan, n_radial),
            *_gradient_source(plan, n_radial),
            WALK.read_text(),
        ]
    )


def _row(number: int) -> str:
    """Name the element of the present neighbour in a row of the scratch array."""
    return f"d[{number * ROW} + j]"


def _radial_source(n_radial: int, n_chebyshev: int) -> list[str]:
    """f_mu = scaling (r_max - r)^2 sum_q c_q T_q(x) and its derivative, from `begin` to `end`."""
    lines = ["@compiled", "def radial(begin, end, d, c, r_min, r_max, scaling):"]
    terms = [(m, q) for q in range(n_chebyshev) for m in range(n_radial)]
    lines += [f"    c{m}_{q} = c[{m}, {q}]" for m, q in terms]
    lines += ["    scale = 2.0 / (r_max - r_min)", "    for j in range(begin, end):"]
    lines += [f"        r = {_row(3)}", "        x = (2 * r - r_min - r_max) / (r_max - r_min)"]
    lines += ["        t0, u0 = 1.0, 0.0", "        t1, u1 = x, 1.0"]
    for q in range(2, n_chebyshev):
        lines.append(f"        t{q} = 2 * x * t{q - 1} - t{q - 2}")
        lines.append(f"        u{q} = 2 * t{q - 1} + 2 * x * u{q - 1} - u{q - 2}")
    lines += ["        gap = r_max - r", "        weight = scaling * gap"]
    for m in range(n_radial):
        value = " + ".join(f"c{m}_{q} * t{q}" for q in range(n_chebyshev))
        slope = " + ".join(f"c{m}_{q} * u{q}" for q in range(n_chebyshev))
        lines.append(f"        v = {value}")
        lines.append(f"        {_row(4 + m)} = weight * gap * v")
        lines.append(
            f"        {_row(4 + n_radial + m)} = weight * (gap * scale * ({slope}) - 2 * v)"
        )
    return lines


def _monomial_lines(plan: Layout, n_radial: int) -> list[str]:
    """Load direction and radial functions of a neighbour and multiply out the monomials."""
    lines = [f"        {c} = {_row(k)}" for k, c in enumerate("xyz")]
    lines += [f"        f{k} = {_row(4 + k)}" for k in range(n_radial)]
    lines.append("        p0 = 1.0")
    for m in range(1, len(plan.parent)):
        lines.append(f"        p{m} = p{plan.parent[m]} * {'xyz'[plan.axis[m]]}")
    return lines


def _sums_source(plan: Layout, n_radial: int) -> list[str]:
    """M_{mu,k} = sum_j f_mu u^k."""
    basics = range(len(plan.basic))
    of_monomial = np.repeat(np.arange(len(plan.parent)), np.diff(plan.start))
    return [
        "@compiled",
        "def sums(n, d, moments, lane):",
        *(f"    m{b} = 0.0" for b in basics),
        "    for j in range(n):",
        *_monomial_lines(plan, n_radial),
        *(f"        m{b} += f{plan.mu[b]} * p{of_monomial[b]}" for b in basics),
        *(f"    moments[{plan.basic[b]}, lane] += m{b}" for b in basics),
    ]


def _gradient_source(plan: Layout, n_radial: int) -> list[str]:
    """Carry dE/dM back to each neighbour: by its distance, and by its direction."""
    count = len(plan.parent)
    lines = ["@compiled", "def gradient(n, d, g):"]
    lines += [f"    g{b} = g[{b}]" for b in range(len(plan.basic))]
    lines += ["    for j in range(n):", *_monomial_lines(plan, n_radial)]
    lines += [f"        q{k} = 0.0" for k in range(n_radial)]
    lines += [f"        b{c} = 0.0" for c in "xyz"]
    for m in range(count):
        own = range(plan.start[m], plan.start[m + 1])
        lines.append(
            f"        a{m} = " + (" + ".join(f"g{b} * f{plan.mu[b]}" for b in own) or "0.0")
        )
        lines += [f"        q{plan.mu[b]} += g{b} * p{m}" for b in own]
    for m in range(count - 1, 0, -1):
        parent, component = plan.parent[m], "xyz"[plan.axis[m]]
        lines.append(f"        b{component} += a{m} * p{parent}")
        lines.append(f"        a{parent} += a{m} * {component}")
    slopes = [f"{_row(4 + n_radial + k)} * q{k}" for k in range(n_radial)]
    out = 4 + 2 * n_radial
    lines.append(f"        {_row(out)} = " + " + ".join(slopes))
    return lines + [f"        {_row(out + 1 + k)} = b{c}" for k, c in enumerate("xyz")]
