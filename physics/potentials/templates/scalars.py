"""Derivatives of all scalars by positions and strain: a template, see `source`."""


@compiled
def carry_forward(moments, slopes, times, multiplicity, opens, lane):
    """Carry derivatives from the basic moments of the atom in a lane to all others."""
    for k in range(len(times)):
        a, b, t = times[k, 0], times[k, 1], times[k, 2]
        by_a, by_b = multiplicity[k] * moments[b, lane], multiplicity[k] * moments[a, lane]
        if opens[k]:
            for c in range(3 * ROW):
                slopes[t, c] = by_a * slopes[a, c] + by_b * slopes[b, c]
        else:
            for c in range(3 * ROW):
                slopes[t, c] += by_a * slopes[a, c] + by_b * slopes[b, c]


@compiled
def spread_slopes(i, n, d, who, slopes, scalars, by_position, virials):
    """Add the derivatives of the scalars by some neighbours of atom i to their positions."""
    for s in range(len(scalars)):
        own = slopes[scalars[s]]
        xx, yy, zz, yz, xz, xy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        sx, sy, sz = 0.0, 0.0, 0.0
        for j in range(n):
            r = d[3 * ROW + j]
            x, y, z = d[j] * r, d[ROW + j] * r, d[2 * ROW + j] * r
            gx, gy, gz = own[j], own[ROW + j], own[2 * ROW + j]
            sx += gx
            sy += gy
            sz += gz
            xx += gx * x
            yy += gy * y
            zz += gz * z
            yz += gy * z
            xz += gx * z
            xy += gx * y
        for j in range(n):
            by_position[s, 3 * who[j]] += own[j]
            by_position[s, 3 * who[j] + 1] += own[ROW + j]
            by_position[s, 3 * who[j] + 2] += own[2 * ROW + j]
        by_position[s, 3 * i] -= sx
        by_position[s, 3 * i + 1] -= sy
        by_position[s, 3 * i + 2] -= sz
        virials[s, 0] += xx
        virials[s, 1] += yy
        virials[s, 2] += zz
        virials[s, 3] += yz
        virials[s, 4] += xz
        virials[s, 5] += xy


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def walk_scalars(
    positions, types, owner, first, index, basic, times, multiplicity, scalars, n_moments,
    opens, radial_coefficients, r_min, r_max, scaling, starts, values, by_position, virials, threads,
):  # fmt: skip
    """Walk over configurations: of each atom the scalars, and their derivatives by neighbours."""
    n_species, configurations = len(radial_coefficients), len(starts) - 1
    for thread in prange(threads):
        begin_at = thread * configurations // threads
        end_at = (thread + 1) * configurations // threads
        turns = most_turns(starts[begin_at], starts[end_at], first)
        d = np.zeros((LANES, turns, ROWS * ROW))
        who = np.zeros((LANES, turns * ROW), np.int64)
        ends = np.zeros((LANES, n_species), np.int64)
        near = np.zeros(LANES, np.int64)
        moments, slopes = np.zeros((n_moments, LANES)), np.zeros((n_moments, 3 * ROW))
        for c in range(begin_at, end_at):
            for block in range(starts[c], starts[c + 1], LANES):
                lanes = min(LANES, starts[c + 1] - block)
                moments[:] = 0.0
                block_moments(
                    block, lanes, positions, types, first, index, radial_coefficients,
                    r_min, r_max, scaling, d, who, ends, near, moments,
                )  # fmt: skip
                contract(moments, times, multiplicity)
                for lane in range(lanes):
                    for s in range(len(scalars)):
                        values[s, block + lane] = moments[scalars[s], lane]
                    for j in range(near[lane]):
                        who[lane, j] = owner[who[lane, j]]
                    for turn in range((near[lane] + ROW - 1) // ROW):
                        begin = turn * ROW
                        here = min(ROW, near[lane] - begin)
                        basic_slopes((here + SIMD - 1) // SIMD * SIMD, d[lane, turn], slopes)
                        carry_forward(moments, slopes, times, multiplicity, opens, lane)
                        spread_slopes(
                            block + lane, here, d[lane, turn], who[lane, begin:], slopes, scalars,
                            by_position, virials[:, c],
                        )  # fmt: skip
