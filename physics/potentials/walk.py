"""
The part of the kernel that is the same for every moment table: a template, not a module.

`kernel` puts it behind the constants (LANES, ROW, SIMD, OUT, ROWS) and the functions (radial, sums,
gradient) that it writes for a table; only together they are a module that numba can cache.
"""


@compiled
def gather(i, positions, types, first, index, r_max, d, who, ends):
    """Collect the neighbours of atom i within the cutoff, species after species; count them."""
    n = 0
    for species in range(len(ends)):
        for k in range(first[i], first[i + 1]):
            j = index[k]
            if types[j] != species:
                continue
            x = positions[j, 0] - positions[i, 0]
            y = positions[j, 1] - positions[i, 1]
            z = positions[j, 2] - positions[i, 2]
            square = x * x + y * y + z * z
            if square < r_max * r_max:
                r = np.sqrt(square)
                turn, place = n // ROW, n % ROW
                who[n] = j
                d[turn, place], d[turn, ROW + place], d[turn, 2 * ROW + place] = x / r, y / r, z / r
                d[turn, 3 * ROW + place] = r
                n += 1
        ends[species] = n
    return n


@compiled
def contract(moments, adjoint, times, multiplicity, scalars, xi):
    """Multiply moments into scalars, and carry the derivative of the energy back."""
    for k in range(len(times)):
        a, b, t, c = times[k, 0], times[k, 1], times[k, 2], multiplicity[k]
        for lane in range(LANES):
            moments[t, lane] += c * moments[a, lane] * moments[b, lane]
    for s in range(len(scalars)):
        for lane in range(LANES):
            adjoint[scalars[s], lane] = xi[s]
    for k in range(len(times) - 1, -1, -1):
        a, b, t, c = times[k, 0], times[k, 1], times[k, 2], multiplicity[k]
        for lane in range(LANES):
            adjoint[a, lane] += c * moments[b, lane] * adjoint[t, lane]
        for lane in range(LANES):
            adjoint[b, lane] += c * moments[a, lane] * adjoint[t, lane]


@compiled
def scatter(i, n, d, who, forces, virial):
    """Add the forces of some neighbours of atom i to all of them, and their virial."""
    for j in range(n):
        x, y, z, r = d[j], d[ROW + j], d[2 * ROW + j], d[3 * ROW + j]
        bx, by, bz = d[(OUT + 1) * ROW + j], d[(OUT + 2) * ROW + j], d[(OUT + 3) * ROW + j]
        along = d[OUT * ROW + j] - (bx * x + by * y + bz * z) / r
        fx, fy, fz = along * x + bx / r, along * y + by / r, along * z + bz / r
        k = who[j]
        forces[i, 0] += fx
        forces[i, 1] += fy
        forces[i, 2] += fz
        forces[k, 0] -= fx
        forces[k, 1] -= fy
        forces[k, 2] -= fz
        for a, f in enumerate((fx, fy, fz)):
            virial[a, 0] += f * x * r
            virial[a, 1] += f * y * r
            virial[a, 2] += f * z * r


@njit(parallel=True, fastmath=True, cache=True)
def walk(
    positions, types, first, index, basic, times, multiplicity, scalars, n_moments,
    radial_coefficients, xi, offsets, r_min, r_max, scaling, energies, spread, virial,
):  # fmt: skip
    """Walk over blocks of atoms: moments of each, contractions of all in lanes, forces of each."""
    threads, count, n_species = len(spread), len(energies), len(radial_coefficients)
    for thread in prange(threads):
        low, high = thread * count // threads, (thread + 1) * count // threads
        most = 1
        for i in range(low, high):
            most = max(most, first[i + 1] - first[i])
        turns = (most + ROW - 1) // ROW
        d = np.zeros((LANES, turns, ROWS * ROW))
        who = np.zeros((LANES, turns * ROW), np.int64)
        ends = np.zeros(n_species, np.int64)
        near = np.zeros(LANES, np.int64)
        moments, adjoint = np.zeros((n_moments, LANES)), np.zeros((n_moments, LANES))
        g = np.zeros(len(basic))
        for block in range(low, high, LANES):
            lanes = min(LANES, high - block)
            moments[:] = 0.0
            adjoint[:] = 0.0
            for lane in range(lanes):
                i = block + lane
                n = gather(i, positions, types, first, index, r_max, d[lane], who[lane], ends)
                near[lane] = n
                for turn in range((n + ROW - 1) // ROW):
                    begin = turn * ROW
                    here = min(ROW, n - begin)
                    full = (here + SIMD - 1) // SIMD * SIMD
                    for species in range(n_species):
                        start = ends[species - 1] if species else 0
                        radial(
                            max(start - begin, 0), min(ends[species] - begin, here), d[lane, turn],
                            radial_coefficients[types[i], species], r_min, r_max, scaling,
                        )  # fmt: skip
                    for row in range(4, OUT):
                        for j in range(here, full):
                            d[lane, turn, row * ROW + j] = 0.0
                    sums(full, d[lane, turn], moments, lane)
            contract(moments, adjoint, times, multiplicity, scalars, xi)
            for lane in range(lanes):
                i = block + lane
                energy = offsets[types[i]]
                for s in range(len(scalars)):
                    energy += xi[s] * moments[scalars[s], lane]
                energies[i] = energy
                for b in range(len(basic)):
                    g[b] = adjoint[basic[b], lane]
                for turn in range((near[lane] + ROW - 1) // ROW):
                    begin = turn * ROW
                    here = min(ROW, near[lane] - begin)
                    gradient((here + SIMD - 1) // SIMD * SIMD, d[lane, turn], g)
                    scatter(
                        i, here, d[lane, turn], who[lane, begin:], spread[thread], virial[thread]
                    )
