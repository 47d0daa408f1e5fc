"""Neighbours and contractions, shared by walks that derive by parameters: a template."""


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
def contract(moments, times, multiplicity):
    """Multiply basic moments into all others."""
    for k in range(len(times)):
        a, b, t, c = times[k, 0], times[k, 1], times[k, 2], multiplicity[k]
        for lane in range(LANES):
            moments[t, lane] += c * moments[a, lane] * moments[b, lane]


@compiled
def carry_back(moments, adjoint, times, multiplicity, scalars, xi):
    """Carry the derivative of the energy back from the scalars to the basic moments."""
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
def block_moments(
    block, lanes, positions, types, first, index, radial_coefficients, r_min, r_max, scaling,
    d, who, ends, near, moments,
):  # fmt: skip
    """Sum the basic moments of the atoms of a block, an atom in each lane."""
    n_species = len(radial_coefficients)
    for lane in range(lanes):
        i = block + lane
        n = gather(i, positions, types, first, index, r_max, d[lane], who[lane], ends[lane])
        near[lane] = n
        for turn in range((n + ROW - 1) // ROW):
            begin = turn * ROW
            here = min(ROW, n - begin)
            full = (here + SIMD - 1) // SIMD * SIMD
            for species in range(n_species):
                start = ends[lane, species - 1] if species else 0
                radial(
                    max(start - begin, 0), min(ends[lane, species] - begin, here), d[lane, turn],
                    radial_coefficients[types[i], species], r_min, r_max, scaling,
                )  # fmt: skip
            for row in range(4, ROWS):
                for j in range(here, full):
                    d[lane, turn, row * ROW + j] = 0.0
            sums(full, d[lane, turn], moments, lane)


@compiled
def most_turns(low, high, first):
    """Count the turns that the atom with the most listed neighbours may take."""
    most = 1
    for i in range(low, high):
        most = max(most, first[i + 1] - first[i])
    return (most + ROW - 1) // ROW
