"""Energies, forces and virials: a template, see `source`."""


@compiled
def scatter(i, n, d, who, forces, virial):
    """Add the forces of some neighbours of atom i to all of them, and to its virial."""
    xx, yy, zz, yz, xz, xy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
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
        xx += fx * x * r
        yy += fy * y * r
        zz += fz * z * r
        yz += fy * z * r
        xz += fx * z * r
        xy += fx * y * r
    virial[0] += xx
    virial[1] += yy
    virial[2] += zz
    virial[3] += yz
    virial[4] += xz
    virial[5] += xy


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def walk_energies(
    positions, types, first, index, basic, times, multiplicity, scalars, n_moments,
    radial_coefficients, xi, offsets, r_min, r_max, scaling, energies, spread, virials,
):  # fmt: skip
    """Walk over blocks of atoms: moments of each, contractions of all in lanes, forces of each."""
    threads, count, n_species = len(spread), len(energies), len(radial_coefficients)
    for thread in prange(threads):
        low, high = thread * count // threads, (thread + 1) * count // threads
        turns = most_turns(low, high, first)
        d = np.zeros((LANES, turns, ROWS * ROW))
        who = np.zeros((LANES, turns * ROW), np.int64)
        ends = np.zeros((LANES, n_species), np.int64)
        near = np.zeros(LANES, np.int64)
        moments, adjoint = np.zeros((n_moments, LANES)), np.zeros((n_moments, LANES))
        g = np.zeros(len(basic))
        for block in range(low, high, LANES):
            lanes = min(LANES, high - block)
            moments[:] = 0.0
            adjoint[:] = 0.0
            block_moments(
                block, lanes, positions, types, first, index, radial_coefficients,
                r_min, r_max, scaling, d, who, ends, near, moments,
            )  # fmt: skip
            contract(moments, times, multiplicity)
            carry_back(moments, adjoint, times, multiplicity, scalars, xi)
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
                        i, here, d[lane, turn], who[lane, begin:], spread[thread], virials[i]
                    )
