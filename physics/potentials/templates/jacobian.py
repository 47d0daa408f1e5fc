"""Derivatives of energies, forces and virials by all parameters: see `derivative_source`."""


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
    those of the adjoints; a moment has `VECTORS` rows in each.
    """
    if radial_ones:
        for k in range(len(times)):
            a, b, t, c = times[k, 0], times[k, 1], times[k, 2], multiplicity[k]
            by_a, by_b = c * moments[b, lane], c * moments[a, lane]
            first = not opens[k]
            for v in range(VECTORS):
                sum_of = by_a * load(along, a * VECTORS + v) + by_b * load(along, b * VECTORS + v)
                if first:
                    sum_of += load(along, t * VECTORS + v)
                store(along, t * VECTORS + v, sum_of)
    for k in range(len(times) - 1, -1, -1):
        a, b, t, c = times[k, 0], times[k, 1], times[k, 2], multiplicity[k]
        by_a, by_b, of_t = c * moments[b, lane], c * moments[a, lane], c * adjoint[t, lane]
        for v in range(VECTORS):
            of_target = load(back, t * VECTORS + v)
            left = load(back, a * VECTORS + v) + by_a * of_target
            if radial_ones:
                left += of_t * load(along, b * VECTORS + v)
            store(back, a * VECTORS + v, left)
            right = load(back, b * VECTORS + v) + by_b * of_target
            if radial_ones:
                right += of_t * load(along, a * VECTORS + v)
            store(back, b * VECTORS + v, right)


@compiled
def multiply(rows, n_basic, slopes, back, out):
    """
    Multiply derivatives of basic moments by position with those of adjoints by parameters.

    Six rows and four vectors at a time: their sums stay in registers.
    """
    for row in range(0, rows, 6):
        for v in range(0, VECTORS, 4):
            zero = broadcast(0.0)
            m00, m01, m02, m03 = zero, zero, zero, zero
            m10, m11, m12, m13 = zero, zero, zero, zero
            m20, m21, m22, m23 = zero, zero, zero, zero
            m30, m31, m32, m33 = zero, zero, zero, zero
            m40, m41, m42, m43 = zero, zero, zero, zero
            m50, m51, m52, m53 = zero, zero, zero, zero
            for b in range(n_basic):
                first = b * VECTORS + v
                b0, b1 = load(back, first), load(back, first + 1)
                b2, b3 = load(back, first + 2), load(back, first + 3)
                s = broadcast(slopes[np.uintp((row + 0) * PADDED + b)])
                m00 += s * b0
                m01 += s * b1
                m02 += s * b2
                m03 += s * b3
                s = broadcast(slopes[np.uintp((row + 1) * PADDED + b)])
                m10 += s * b0
                m11 += s * b1
                m12 += s * b2
                m13 += s * b3
                s = broadcast(slopes[np.uintp((row + 2) * PADDED + b)])
                m20 += s * b0
                m21 += s * b1
                m22 += s * b2
                m23 += s * b3
                s = broadcast(slopes[np.uintp((row + 3) * PADDED + b)])
                m30 += s * b0
                m31 += s * b1
                m32 += s * b2
                m33 += s * b3
                s = broadcast(slopes[np.uintp((row + 4) * PADDED + b)])
                m40 += s * b0
                m41 += s * b1
                m42 += s * b2
                m43 += s * b3
                s = broadcast(slopes[np.uintp((row + 5) * PADDED + b)])
                m50 += s * b0
                m51 += s * b1
                m52 += s * b2
                m53 += s * b3
            at = (row + 0) * VECTORS + v
            store(out, at + 0, m00)
            store(out, at + 1, m01)
            store(out, at + 2, m02)
            store(out, at + 3, m03)
            at = (row + 1) * VECTORS + v
            store(out, at + 0, m10)
            store(out, at + 1, m11)
            store(out, at + 2, m12)
            store(out, at + 3, m13)
            at = (row + 2) * VECTORS + v
            store(out, at + 0, m20)
            store(out, at + 1, m21)
            store(out, at + 2, m22)
            store(out, at + 3, m23)
            at = (row + 3) * VECTORS + v
            store(out, at + 0, m30)
            store(out, at + 1, m31)
            store(out, at + 2, m32)
            store(out, at + 3, m33)
            at = (row + 4) * VECTORS + v
            store(out, at + 0, m40)
            store(out, at + 1, m41)
            store(out, at + 2, m42)
            store(out, at + 3, m43)
            at = (row + 5) * VECTORS + v
            store(out, at + 0, m50)
            store(out, at + 1, m51)
            store(out, at + 2, m52)
            store(out, at + 3, m53)


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
    i, n, n_basic, d, who, back, slopes, flat_out, out, count, column, by_force, by_virial,
):  # fmt: skip
    """Add what parameters do to the adjoints of the basic moments."""
    for turn in range((n + ROW - 1) // ROW):
        here = min(ROW, n - turn * ROW)
        multiply(3 * here, n_basic, slopes[turn], back, flat_out)
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
        along, back = np.zeros(n_moments * STRIDE), np.zeros(n_moments * STRIDE)
        along_rows, back_rows = along.reshape(-1, STRIDE), back.reshape(-1, STRIDE)
        slopes = np.zeros((turns, 3 * ROW * PADDED))
        flat_out = np.zeros(3 * ROW * STRIDE)
        out = flat_out.reshape(-1, STRIDE)
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
                        add_radial(part, count, n_basic, mu, basic, monomial, sums_of, along_rows)
                        back[:] = 0.0
                        carry(
                            lane, moments, adjoint, times, multiplicity, opens, True, along, back,
                        )  # fmt: skip
                        add_products(
                            i, n, n_basic, d[lane], who[lane], back, slopes, flat_out, out,
                            count, column + part, by_force, by_virial[c],
                        )  # fmt: skip
                    for part in range(0, len(scalars), WIDTH):
                        count = min(WIDTH, len(scalars) - part)
                        back[:] = 0.0
                        for p in range(count):
                            back_rows[scalars[part + p], p] = 1.0
                        carry(
                            lane, moments, adjoint, times, multiplicity, opens, False, along, back,
                        )  # fmt: skip
                        add_products(
                            i, n, n_basic, d[lane], who[lane], back, slopes, flat_out, out,
                            count, of_scalars + part, by_force, by_virial[c],
                        )  # fmt: skip
