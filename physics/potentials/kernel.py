"""Energies, forces and virial of a moment tensor potential in one compiled pass."""

from dataclasses import dataclass

import numpy as np
from numba import get_num_threads, njit, prange
from numpy.typing import NDArray

from physics.potentials.moments import MomentTable
from physics.potentials.potential import MomentTensorPotential

LANES = 8
"""Atoms whose moments are contracted together, one in each SIMD lane."""

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
    powers : ndarray, shape (n_monomials, 3)
        Exponents of the components.
    lower : ndarray of int, shape (n_monomials, 3)
        Monomial with one power less of each component; 0 where that power is 0.
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
    powers: FloatArray
    lower: IntArray
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
    lower = [[number[_lowered(k, a)] if k[a] else 0 for a in range(3)] for k in needed]
    of_basic = np.array([number[tuple(k)] for k in table.basic[:, 1:].tolist()])
    order = np.lexsort((table.basic[:, 0], of_basic))
    return Layout(
        parent=np.array([lower[m][axis[m]] for m in range(len(needed))]),
        axis=np.array(axis),
        powers=np.array(needed, dtype=np.float64),
        lower=np.array(lower),
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
    _evaluate(
        pairs.positions, types[pairs.owner], pairs.first, pairs.index,
        plan.parent, plan.axis, plan.powers, plan.lower, plan.start, plan.basic, plan.mu,
        plan.times, plan.multiplicity, potential.table.scalars, potential.table.n_moments,
        potential.radial, potential.xi, potential.offsets,
        potential.r_min, potential.r_max, potential.scaling, energies, spread, virial,
    )  # fmt: skip
    forces = np.zeros((count, 3))
    total = spread.sum(axis=0)
    for axis in range(3):
        forces[:, axis] = np.bincount(pairs.owner, total[:, axis], count)
    return energies, forces, virial.sum(axis=0)


@njit(fastmath=True, cache=True)
def _neighbourhood(  # noqa: PLR0917 - numba takes no dataclasses
    i: int,
    positions: FloatArray,
    types: IntArray,
    first: IntArray,
    index: NDArray[np.int32],
    n_species: int,
    r_max: float,
    unit: FloatArray,
    length: FloatArray,
    who: IntArray,
    ends: FloatArray,
) -> int:
    """Collect the neighbours within the cutoff, species after species; give their number."""
    n = 0
    x, y, z = positions[i, 0], positions[i, 1], positions[i, 2]
    for species in range(n_species):
        for k in range(first[i], first[i + 1]):
            j = index[k]
            if types[j] != species:
                continue
            dx, dy, dz = positions[j, 0] - x, positions[j, 1] - y, positions[j, 2] - z
            square = dx * dx + dy * dy + dz * dz
            if square < r_max * r_max:
                r = np.sqrt(square)
                length[n], who[n] = r, j
                unit[0, n], unit[1, n], unit[2, n] = dx / r, dy / r, dz / r
                n += 1
        ends[species] = n
    return n


@njit(fastmath=True, cache=True)
def _radial(  # noqa: PLR0917 - numba takes no dataclasses
    n: int,
    coefficients: FloatArray,
    rows: FloatArray,
    length: FloatArray,
    r_min: float,
    r_max: float,
    scaling: float,
    f: FloatArray,
    slope: FloatArray,
) -> None:
    """Evaluate f_mu and its derivative at all neighbours; `rows[5]` holds the ends of species."""
    width = r_max - r_min
    f[:, :n] = 0.0
    slope[:, :n] = 0.0
    x, t, dt, before, dbefore = rows[0], rows[1], rows[2], rows[3], rows[4]
    for j in range(n):
        x[j] = (2 * length[j] - r_min - r_max) / width
        t[j], dt[j], before[j], dbefore[j] = 1.0, 0.0, x[j], 1.0
    begin = 0
    for species in range(len(coefficients)):
        end = int(rows[5, species])
        for q in range(coefficients.shape[2]):
            for m in range(coefficients.shape[1]):
                c = coefficients[species, m, q]
                for j in range(begin, end):
                    f[m, j] += c * t[j]
                    slope[m, j] += c * dt[j]
            for j in range(begin, end):
                # T_{q+1} = 2 x T_q - T_{q-1}, where T_{-1} = T_1 = x
                following = 2 * x[j] * t[j] - before[j]
                dfollowing = 2 * t[j] + 2 * x[j] * dt[j] - dbefore[j]
                before[j], dbefore[j] = t[j], dt[j]
                t[j], dt[j] = following, dfollowing
        begin = end
    for m in range(len(f)):
        for j in range(n):
            gap = r_max - length[j]
            slope[m, j] = scaling * (gap * gap * slope[m, j] * 2 / width - 2 * gap * f[m, j])
            f[m, j] *= scaling * gap * gap


@njit(fastmath=True, cache=True)
def _monomials(
    n: int,
    unit: FloatArray,
    parent: IntArray,
    axis: IntArray,
    monomials: FloatArray,
) -> None:
    """Evaluate all monomials of the unit vectors."""
    for j in range(n):
        monomials[0, j] = 1.0
    for m in range(1, len(parent)):
        above, component = monomials[parent[m]], unit[axis[m]]
        for j in range(n):
            monomials[m, j] = above[j] * component[j]


@njit(fastmath=True, cache=True)
def _contract(  # noqa: PLR0917 - numba takes no dataclasses
    moments: FloatArray,
    adjoint: FloatArray,
    times: IntArray,
    multiplicity: FloatArray,
    scalars: IntArray,
    xi: FloatArray,
) -> None:
    """Multiply moments into scalars, and carry the derivative of the energy back."""
    for k in range(len(times)):
        a, b, t, c = times[k, 0], times[k, 1], times[k, 2], multiplicity[k]
        left, right, target = moments[a], moments[b], moments[t]
        for lane in range(LANES):
            target[lane] += c * left[lane] * right[lane]
    for s in range(len(scalars)):
        for lane in range(LANES):
            adjoint[scalars[s], lane] = xi[s]
    for k in range(len(times) - 1, -1, -1):
        a, b, t, c = times[k, 0], times[k, 1], times[k, 2], multiplicity[k]
        left, right = moments[a], moments[b]
        by_left, by_right, by_target = adjoint[a], adjoint[b], adjoint[t]
        for lane in range(LANES):
            by_left[lane] += c * right[lane] * by_target[lane]
        for lane in range(LANES):
            by_right[lane] += c * left[lane] * by_target[lane]


@njit(fastmath=True, cache=True)
def _gradient(  # noqa: PLR0917 - numba takes no dataclasses
    n: int,
    lane: int,
    adjoint: FloatArray,
    monomials: FloatArray,
    powers: FloatArray,
    lower: IntArray,
    start: IntArray,
    basic: IntArray,
    mu: IntArray,
    f: FloatArray,
    slope: FloatArray,
    work: FloatArray,
) -> None:
    """
    Sum, for each neighbour, the polynomials that make the derivative of the energy.

    With Q = sum_b g_b f_mu u^k: rows of `work` are the derivative by the distance, k Q, and the
    derivatives by the components of u; the last two rows are room.
    """
    by_r, degree, by_x, by_y, by_z = work[0], work[1], work[2], work[3], work[4]
    value, derivative = work[5], work[6]
    work[:5, :n] = 0.0
    for m in range(len(powers)):
        if start[m] == start[m + 1]:
            continue
        g, radial = adjoint[basic[start[m]], lane], mu[start[m]]
        for j in range(n):
            value[j], derivative[j] = g * f[radial, j], g * slope[radial, j]
        for b in range(start[m] + 1, start[m + 1]):
            g, radial = adjoint[basic[b], lane], mu[b]
            for j in range(n):
                value[j] += g * f[radial, j]
                derivative[j] += g * slope[radial, j]
        kx, ky, kz = powers[m]
        k = kx + ky + kz
        here = monomials[m]
        low_x, low_y, low_z = monomials[lower[m, 0]], monomials[lower[m, 1]], monomials[lower[m, 2]]
        for j in range(n):
            by_r[j] += derivative[j] * here[j]
            degree[j] += k * value[j] * here[j]
            by_x[j] += kx * value[j] * low_x[j]
            by_y[j] += ky * value[j] * low_y[j]
            by_z[j] += kz * value[j] * low_z[j]


@njit(fastmath=True, cache=True)
def _scatter(  # noqa: PLR0917 - numba takes no dataclasses
    i: int,
    n: int,
    unit: FloatArray,
    length: FloatArray,
    who: IntArray,
    work: FloatArray,
    forces: FloatArray,
    virial: FloatArray,
) -> None:
    """Add the forces of one neighbourhood to its atoms, and its virial."""
    for j in range(n):
        radial = work[0, j] - work[1, j] / length[j]
        for a in range(3):
            pull = radial * unit[a, j] + work[2 + a, j] / length[j]
            forces[i, a] += pull
            forces[who[j], a] -= pull
            for b in range(3):
                virial[a, b] += pull * unit[b, j] * length[j]


@njit(parallel=True, fastmath=True, cache=True)
def _evaluate(  # noqa: PLR0917 - numba takes no dataclasses
    positions: FloatArray,
    types: IntArray,
    first: IntArray,
    index: NDArray[np.int32],
    parent: IntArray,
    axis: IntArray,
    powers: FloatArray,
    lower: IntArray,
    start: IntArray,
    basic: IntArray,
    mu: IntArray,
    times: IntArray,
    multiplicity: FloatArray,
    scalars: IntArray,
    n_moments: int,
    radial: FloatArray,
    xi: FloatArray,
    offsets: FloatArray,
    r_min: float,
    r_max: float,
    scaling: float,
    energies: FloatArray,
    spread: FloatArray,
    virial: FloatArray,
) -> None:
    """Walk over blocks of atoms: moments of each, contractions of all in lanes, forces of each."""
    threads = len(spread)
    count = len(energies)
    n_radial = radial.shape[2]
    for thread in prange(threads):
        low, high = thread * count // threads, (thread + 1) * count // threads
        room = max(1, len(radial))
        for i in range(low, high):
            room = max(room, first[i + 1] - first[i])
        room = (room + 7) // 8 * 8
        unit = np.zeros((LANES, 3, room))
        length = np.ones((LANES, room))
        f, slope = np.zeros((LANES, n_radial, room)), np.zeros((LANES, n_radial, room))
        who = np.zeros((LANES, room), np.int64)
        near = np.zeros(LANES, np.int64)
        monomials, chebyshev = np.zeros((len(parent), room)), np.zeros((6, room))
        moments, adjoint = np.zeros((n_moments, LANES)), np.zeros((n_moments, LANES))
        work = np.zeros((7, room))
        for block in range(low, high, LANES):
            lanes = min(LANES, high - block)
            moments[:] = 0.0
            adjoint[:] = 0.0
            for lane in range(lanes):
                i = block + lane
                near[lane] = _neighbourhood(
                    i, positions, types, first, index, len(radial), r_max,
                    unit[lane], length[lane], who[lane], chebyshev[5],
                )  # fmt: skip
                _radial(
                    near[lane], radial[types[i]], chebyshev, length[lane], r_min, r_max, scaling,
                    f[lane], slope[lane],
                )  # fmt: skip
                _monomials(near[lane], unit[lane], parent, axis, monomials)
                for m in range(len(parent)):
                    for b in range(start[m], start[m + 1]):
                        total = 0.0
                        for j in range(near[lane]):
                            total += f[lane, mu[b], j] * monomials[m, j]
                        moments[basic[b], lane] = total
            _contract(moments, adjoint, times, multiplicity, scalars, xi)
            for lane in range(lanes):
                i = block + lane
                energies[i] = offsets[types[i]]
                for s in range(len(scalars)):
                    energies[i] += xi[s] * moments[scalars[s], lane]
                _monomials(near[lane], unit[lane], parent, axis, monomials)
                _gradient(
                    near[lane], lane, adjoint, monomials, powers, lower, start, basic, mu,
                    f[lane], slope[lane], work,
                )  # fmt: skip
                _scatter(
                    i, near[lane], unit[lane], length[lane], who[lane], work,
                    spread[thread], virial[thread],
                )  # fmt: skip
