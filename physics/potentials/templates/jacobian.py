"""Derivatives of energies, forces and virials by all parameters: a template, see `source`."""


@compiled
def polynomials(n, d, r_min, r_max, scaling, weighted, falling):
    """Evaluate scaling (r_max - r)^2 T_q(x) of each neighbour, and its derivative by r."""
    scale = 2.0 / (r_max - r_min)
    for j in range(n):
        r = d[j // ROW, 3 * ROW + j % ROW]
        x = (2 * r - r_min - r_max) / (r_max - r_min)
        gap = r_max - r
        t, t_before, u, u_before = 1.0, x, 0.0, -1.0
        for q in range(CHEBYSHEV):
            weighted[j, q] = scaling * gap * gap * t
            falling[j, q] = scaling * gap * (gap * scale * q * u - 2 * t)
            t, t_before = (x if q == 0 else 2 * x * t - t_before), t
            u, u_before = 2 * x * u - u_before, u


@compiled
def moments_of_polynomials(ends, e, weighted, sums_of):
    """Sum u^k times each weighted polynomial over the neighbours of each species."""
    sums_of[:] = 0.0
    begin = 0
    for species in range(len(ends)):
        for m in range(MONOMIALS):
            for j in range(begin, ends[species]):
                p = e[j // ROW, m * ROW + j % ROW]
                for q in range(CHEBYSHEV):
                    sums_of[species, m, q] += p * weighted[j, q]
        begin = ends[species]


@compiled
def carry(lane, moments, adjoint, times, multiplicity, opens, radial_ones, along, back):
    """
    Carry derivatives by `WIDTH` parameters from basic moments to adjoints of basic moments.

    `along` holds the derivatives of the moments (none if the parameters are not radial), `back`
    those of the adjoints.
    """
    if radial_ones:
        for k in range(len(times)):
            a, b, t, c = times[k, 0], times[k, 1], times[k, 2], multiplicity[k]
            by_a, by_b = c * moments[b, lane], c * moments[a, lane]
            if opens[k]:
                for p in range(WIDTH):
                    along[t, p] = by_a * along[a, p] + by_b * along[b, p]
            else:
                for p in range(WIDTH):
                    along[t, p] += by_a * along[a, p] + by_b * along[b, p]
    for k in range(len(times) - 1, -1, -1):
        a, b, t, c = times[k, 0], times[k, 1], times[k, 2], multiplicity[k]
        by_a, by_b, of_t = c * moments[b, lane], c * moments[a, lane], c * adjoint[t, lane]
        if radial_ones:
            for p in range(WIDTH):
                back[a, p] += by_a * back[t, p] + of_t * along[b, p]
            for p in range(WIDTH):
                back[b, p] += by_b * back[t, p] + of_t * along[a, p]
        else:
            for p in range(WIDTH):
                back[a, p] += by_a * back[t, p]
            for p in range(WIDTH):
                back[b, p] += by_b * back[t, p]


@compiled
def multiply(rows, slopes, back, out):
    """
    Multiply derivatives of basic moments by position with those of adjoints by parameters.

    Sixteen basic moments at a time, so that their factors stay in registers.
    """
    out[: rows * WIDTH] = 0.0
    for b in range(0, PADDED, 16):
        for row in range(rows):
            s = row * PADDED + b
            s0, s1, s2, s3 = slopes[s + 0], slopes[s + 1], slopes[s + 2], slopes[s + 3]
            s4, s5, s6, s7 = slopes[s + 4], slopes[s + 5], slopes[s + 6], slopes[s + 7]
            s8, s9, s10, s11 = slopes[s + 8], slopes[s + 9], slopes[s + 10], slopes[s + 11]
            s12, s13, s14, s15 = slopes[s + 12], slopes[s + 13], slopes[s + 14], slopes[s + 15]
            for p in range(WIDTH):
                out[row * WIDTH + p] += (
                    s0 * back[(b + 0) * WIDTH + p]
                    + s1 * back[(b + 1) * WIDTH + p]
                    + s2 * back[(b + 2) * WIDTH + p]
                    + s3 * back[(b + 3) * WIDTH + p]
                    + s4 * back[(b + 4) * WIDTH + p]
                    + s5 * back[(b + 5) * WIDTH + p]
                    + s6 * back[(b + 6) * WIDTH + p]
                    + s7 * back[(b + 7) * WIDTH + p]
                    + s8 * back[(b + 8) * WIDTH + p]
                    + s9 * back[(b + 9) * WIDTH + p]
                    + s10 * back[(b + 10) * WIDTH + p]
                    + s11 * back[(b + 11) * WIDTH + p]
                    + s12 * back[(b + 12) * WIDTH + p]
                    + s13 * back[(b + 13) * WIDTH + p]
                    + s14 * back[(b + 14) * WIDTH + p]
                    + s15 * back[(b + 15) * WIDTH + p]
                )


@compiled
def add(i, k, x, y, z, out, row, count, column, by_force, by_virial):
    """Add the derivatives by the position of one neighbour to forces and virial."""
    for p in range(count):
        gx, gy, gz = out[row, p], out[row + 1, p], out[row + 2, p]
        by_force[i, 0, column + p] += gx
        by_force[i, 1, column + p] += gy
        by_force[i, 2, column + p] += gz
        by_force[k, 0, column + p] -= gx
        by_force[k, 1, column + p] -= gy
        by_force[k, 2, column + p] -= gz
        by_virial[0, column + p] += gx * x
        by_virial[1, column + p] += gy * y
        by_virial[2, column + p] += gz * z
        by_virial[3, column + p] += gy * z
        by_virial[4, column + p] += gx * z
        by_virial[5, column + p] += gx * y


@compiled
def explicit(d, e, j, weighted, falling, out):
    """Derive the force by the coefficients in the radial functions of the neighbour itself."""
    x, y, z = d[j], d[ROW + j], d[2 * ROW + j]
    for mu in range(RADIAL):
        first = (MONOMIALS + 4 * mu) * ROW + j
        value = e[first]
        gx, gy, gz = e[first + ROW], e[first + 2 * ROW], e[first + 3 * ROW]
        for q in range(CHEBYSHEV):
            along = falling[q] * value
            out[0, mu * CHEBYSHEV + q] = along * x + weighted[q] * gx
            out[1, mu * CHEBYSHEV + q] = along * y + weighted[q] * gy
            out[2, mu * CHEBYSHEV + q] = along * z + weighted[q] * gz


@compiled
def add_own(
    i, n, ends, d, e, who, weighted, falling, of_neighbour, column,
    by_energy, by_force, by_virial,
):  # fmt: skip
    """Add what the coefficients in each neighbour's own radial functions do."""
    species = 0
    for j in range(n):
        while j >= ends[species]:
            species += 1
        turn, place = j // ROW, j % ROW
        explicit(d[turn], e[turn], place, weighted[j], falling[j], of_neighbour)
        r = d[turn, 3 * ROW + place]
        x, y, z = d[turn, place] * r, d[turn, ROW + place] * r, d[turn, 2 * ROW + place] * r
        at = column + species * RADIAL * CHEBYSHEV
        add(
            i, who[j], x, y, z, of_neighbour, 0, RADIAL * CHEBYSHEV, at, by_force, by_virial,
        )  # fmt: skip
        for mu in range(RADIAL):
            value = e[turn, (MONOMIALS + 4 * mu) * ROW + place]
            for q in range(CHEBYSHEV):
                by_energy[at + mu * CHEBYSHEV + q] += value * weighted[j, q]


@compiled
def add_radial(part, count, n_basic, mu, basic, monomial, sums_of, along):
    """Derive the basic moments by coefficients of whole radial functions from `part` on."""
    along[:n_basic] = 0.0
    for k in range(count // CHEBYSHEV):
        function = part // CHEBYSHEV + k
        for b in range(n_basic):
            if mu[b] == function % RADIAL:
                for q in range(CHEBYSHEV):
                    along[basic[b], k * CHEBYSHEV + q] = sums_of[function // RADIAL, monomial[b], q]


@compiled
def add_products(
    i, n, d, who, flat_back, slopes, flat_out, out, count, column, by_force, by_virial,
):  # fmt: skip
    """Add what parameters do to the adjoints of the basic moments."""
    for turn in range((n + ROW - 1) // ROW):
        here = min(ROW, n - turn * ROW)
        multiply(3 * here, slopes[turn], flat_back, flat_out)
        for j in range(here):
            r = d[turn, 3 * ROW + j]
            x, y, z = d[turn, j] * r, d[turn, ROW + j] * r, d[turn, 2 * ROW + j] * r
            add(
                i, who[turn * ROW + j], x, y, z, out, 3 * j, count, column, by_force, by_virial,
            )  # fmt: skip


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def walk_jacobian(
    positions, types, first, index, basic, times, multiplicity, scalars, n_moments,
    mu, monomial, opens, owner, radial_coefficients, xi, r_min, r_max, scaling, starts, threads,
    by_energy, by_force, by_virial,
):  # fmt: skip
    """Walk over configurations: of each atom the moments, and what each parameter does to them."""
    n_species, configurations = len(radial_coefficients), len(starts) - 1
    n_basic, own = len(basic), n_species * RADIAL * CHEBYSHEV
    of_scalars = n_species * own + n_species
    for thread in prange(threads):
        c_low = thread * configurations // threads
        c_high = (thread + 1) * configurations // threads
        turns = most_turns(starts[c_low], starts[c_high], first)
        d = np.zeros((LANES, turns, ROWS * ROW))
        e = np.zeros((turns, (MONOMIALS + 4 * RADIAL) * ROW))
        who = np.zeros((LANES, turns * ROW), np.int64)
        ends = np.zeros((LANES, n_species), np.int64)
        near = np.zeros(LANES, np.int64)
        moments, adjoint = np.zeros((n_moments, LANES)), np.zeros((n_moments, LANES))
        g = np.zeros(n_basic)
        weighted = np.zeros((turns * ROW, CHEBYSHEV))
        falling = np.zeros((turns * ROW, CHEBYSHEV))
        sums_of = np.zeros((n_species, MONOMIALS, CHEBYSHEV))
        along = np.zeros((n_moments, WIDTH))
        flat_back = np.zeros(max(n_moments, PADDED) * WIDTH)
        back = flat_back.reshape(-1, WIDTH)
        slopes = np.zeros((turns, 3 * ROW * PADDED))
        flat_out = np.zeros(3 * ROW * WIDTH)
        out = flat_out.reshape(-1, WIDTH)
        of_neighbour = np.zeros((3, RADIAL * CHEBYSHEV))
        for c in range(c_low, c_high):
            for block in range(starts[c], starts[c + 1], LANES):
                lanes = min(LANES, starts[c + 1] - block)
                moments[:] = 0.0
                adjoint[:] = 0.0
                block_moments(
                    block, lanes, positions, types, first, index, radial_coefficients,
                    r_min, r_max, scaling, d, who, ends, near, moments,
                )  # fmt: skip
                contract(moments, times, multiplicity)
                carry_back(moments, adjoint, times, multiplicity, scalars, xi)
                for lane in range(lanes):
                    i, n = block + lane, near[lane]
                    column = types[i] * own
                    by_energy[c, n_species * own + types[i]] += 1.0
                    for s in range(len(scalars)):
                        by_energy[c, of_scalars + s] += moments[scalars[s], lane]
                    for b in range(n_basic):
                        g[b] = adjoint[basic[b], lane]
                    for j in range(n):
                        who[lane, j] = owner[who[lane, j]]
                    for turn in range((n + ROW - 1) // ROW):
                        full = (min(ROW, n - turn * ROW) + SIMD - 1) // SIMD * SIMD
                        basic_slopes(full, d[lane, turn], slopes[turn])
                        function_slopes(full, d[lane, turn], g, e[turn])
                    polynomials(n, d[lane], r_min, r_max, scaling, weighted, falling)
                    add_own(
                        i, n, ends[lane], d[lane], e, who[lane], weighted, falling, of_neighbour,
                        column, by_energy[c], by_force, by_virial[c],
                    )  # fmt: skip
                    moments_of_polynomials(ends[lane], e, weighted, sums_of)
                    for part in range(0, own, WIDTH):
                        count = min(WIDTH, own - part)
                        add_radial(part, count, n_basic, mu, basic, monomial, sums_of, along)
                        back[:] = 0.0
                        carry(
                            lane, moments, adjoint, times, multiplicity, opens, True, along, back,
                        )  # fmt: skip
                        add_products(
                            i, n, d[lane], who[lane], flat_back, slopes, flat_out, out,
                            count, column + part, by_force, by_virial[c],
                        )  # fmt: skip
                    for part in range(0, len(scalars), WIDTH):
                        count = min(WIDTH, len(scalars) - part)
                        back[:] = 0.0
                        for p in range(count):
                            back[scalars[part + p], p] = 1.0
                        carry(
                            lane, moments, adjoint, times, multiplicity, opens, False, along, back,
                        )  # fmt: skip
                        add_products(
                            i, n, d[lane], who[lane], flat_back, slopes, flat_out, out,
                            count, of_scalars + part, by_force, by_virial[c],
                        )  # fmt: skip
