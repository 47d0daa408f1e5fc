"""Derivatives of the energy by the parameters: a template, see `derivative_source`."""


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def walk_parameters(
    positions, types, first, index, basic, times, multiplicity, scalars, n_moments,
    radial_coefficients, xi, r_min, r_max, scaling, by_radial, by_scalar, threads,
):  # fmt: skip
    """Walk over blocks of atoms: what each radial function of each neighbour does to the energy."""
    count, n_species = len(by_scalar), len(radial_coefficients)
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
                for s in range(len(scalars)):
                    by_scalar[i, s] = moments[scalars[s], lane]
                for b in range(len(basic)):
                    g[b] = adjoint[basic[b], lane]
                for turn in range((near[lane] + ROW - 1) // ROW):
                    begin = turn * ROW
                    here = min(ROW, near[lane] - begin)
                    by_function((here + SIMD - 1) // SIMD * SIMD, d[lane, turn], g)
                    for species in range(n_species):
                        start = ends[lane, species - 1] if species else 0
                        by_coefficient(
                            max(start - begin, 0), min(ends[lane, species] - begin, here),
                            d[lane, turn], r_min, r_max, scaling, by_radial[i, species],
                        )  # fmt: skip
