"""Energies, forces and virials of blocks of atoms: a template, see `evaluation_source`."""


@compiled
def scratch(rows):
    """Make a scratch array of zeros whose rows lie within cache lines."""
    array = np.zeros((rows + 1) * LANES)
    shift = (-(array.ctypes.data // 8)) % LANES
    return array[shift : shift + rows * LANES]


@compiled
def most_listed(first):
    """Count the neighbours of the atom that has most of them."""
    most = 0
    for i in range(len(first) - 1):
        most = max(most, first[i + 1] - first[i])
    return most


@compiled
def by_species(types, n_species):
    """Order the atoms by species, so that those in the lanes of a block are alike."""
    after = np.zeros(n_species + 1, np.int64)
    for i in range(len(types)):
        after[types[i] + 1] += 1
    for species in range(n_species):
        after[species + 1] += after[species]
    order = np.empty(len(types), np.int64)
    for i in range(len(types)):
        order[after[types[i]]] = i
        after[types[i]] += 1
    return order


@compiled
def gather(atoms, positions, owner, types, first, index, r_max, near, who, place):
    """
    Collect the neighbours of the atoms of a block within the cutoff, species by species.

    Vectors to them go to `near`, all x first, and `place` says where the next one of each species
    and lane would go. Return the smallest square of a distance to those listed.
    """
    rows = len(who)
    span = rows // len(place) * LANES
    for column in range(len(place)):
        place[column] = column // LANES * span + column % LANES
    least = np.inf
    for lane in range(len(atoms)):
        i = atoms[lane]
        x_i, y_i, z_i = positions[i, 0], positions[i, 1], positions[i, 2]
        for k in range(first[i], first[i + 1]):
            # numbers without sign: numba need not look whether they count from the end
            j = np.uintp(index[k])
            x, y, z = positions[j, 0] - x_i, positions[j, 1] - y_i, positions[j, 2] - z_i
            square = x * x + y * y + z * z
            least = min(least, square)
            column = np.uintp(types[np.uintp(owner[j])] * LANES + lane)
            free = place[column]
            near[np.uintp(free)] = x
            near[np.uintp(free + rows)] = y
            near[np.uintp(free + 2 * rows)] = z
            who[np.uintp(free)] = owner[j]
            place[column] = free + (LANES if square < r_max * r_max else 0)
    return least


@compiled
def fill_up(near, who, place, longest, r_max):
    """Give all atoms of a block as many neighbours of a species, with some at the cutoff."""
    rows = len(who)
    span = rows // len(place) * LANES
    for species in range(len(longest)):
        low, high = species * LANES, (species + 1) * LANES
        longest[species] = place[low:high].max() // LANES - species * span // LANES
        for lane in range(LANES):
            until = species * span + longest[species] * LANES + lane
            for empty in range(place[low + lane], until, LANES):
                near[empty], near[empty + rows], near[empty + 2 * rows] = r_max, 0.0, 0.0
                who[empty] = who[lane]


@compiled
def fill_coefficients(atoms, types, coefficients, filled, c):
    """Write the coefficients of the species of each atom of a block into its lane."""
    for lane in range(len(atoms)):
        species = types[atoms[lane]]
        if filled[lane] != species:
            filled[lane] = species
            own = coefficients[species].ravel()
            for k in range(len(own)):
                c[k * LANES + lane] = own[k]


@compiled
def all_radial(near, longest, d, c, r_min, r_max, scaling):
    """Evaluate the radial functions of all neighbours; return how many slots they take."""
    capacity = len(near) // (3 * LANES * len(longest))
    slot = 0
    for species in range(len(longest)):
        count = longest[species]
        radial(near, species * capacity, count, d, slot, c, species, r_min, r_max, scaling)
        slot += count
    for row in range(slot * ROWS, (slot + GROUP - 1) // GROUP * GROUP * ROWS):
        store(d, row, broadcast(0.0))
    return slot


@compiled
def seed(adjoint, scalars, xi):
    """Set the derivative of the energy by each moment that is a scalar, and 0 for the others."""
    adjoint[:] = 0.0
    for s in range(len(scalars)):
        store(adjoint, scalars[s], broadcast(xi[s]))


@compiled
def scatter(d, who, capacity, longest, forces):
    """Subtract the derivative by each neighbour of a block from the force on it."""
    s = 0
    for species in range(len(longest)):
        for place in range(species * capacity, species * capacity + longest[species]):
            for lane in range(LANES):
                k = np.uintp(who[place * LANES + lane])
                forces[k, 0] -= d[s + lane]
                forces[k, 1] -= d[s + LANES + lane]
                forces[k, 2] -= d[s + 2 * LANES + lane]
            s += ROWS * LANES


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def walk_energies(
    positions, owner, types, first, index, times, multiplicity, scalars, n_moments,
    coefficients, xi, offsets, r_min, r_max, scaling, energies, forces, virials, least,
):  # fmt: skip
    """Walk over blocks of atoms; write the least square of a distance down for each thread."""
    threads, count, n_species = len(least), len(energies), len(coefficients)
    spread = np.empty((threads, count, 3))
    listed, order = most_listed(first), by_species(types, n_species)
    for thread in prange(threads):
        own = spread[thread]
        own[:] = 0.0
        near, who = scratch(3 * n_species * listed), np.zeros(n_species * listed * LANES, np.int64)
        place, longest = np.zeros(n_species * LANES, np.int64), np.zeros(n_species, np.int64)
        d = scratch((n_species * listed + GROUP) * ROWS)
        c, filled = scratch(coefficients[0].size), np.full(LANES, -1)
        moments, adjoint, totals = scratch(n_moments), scratch(n_moments), scratch(10)
        nearest = np.inf
        for begin in range(thread * LANES, count, threads * LANES):
            atoms = order[begin : min(begin + LANES, count)]
            square = gather(atoms, positions, owner, types, first, index, r_max, near, who, place)
            nearest = min(nearest, square)
            fill_up(near, who, place, longest, r_max)
            fill_coefficients(atoms, types, coefficients, filled, c)
            slots = all_radial(near, longest, d, c, r_min, r_max, scaling)
            moments[:] = 0.0
            sums(d, slots, moments)
            contract(moments, times, multiplicity)
            seed(adjoint, scalars, xi)
            carry_back(moments, adjoint, times, multiplicity)
            energy = broadcast(0.0)
            for s in range(len(scalars)):
                energy += xi[s] * load(moments, scalars[s])
            totals[:] = 0.0
            store(totals, 9, energy)
            gradient(d, slots, adjoint, totals)
            scatter(d, who, listed, longest, own)
            for lane in range(len(atoms)):
                i = atoms[lane]
                energies[i] = offsets[types[i]] + totals[9 * LANES + lane]
                for a in range(3):
                    own[i, a] += totals[a * LANES + lane]
                for a in range(6):
                    virials[i, a] = totals[(3 + a) * LANES + lane]
        least[thread] = nearest
    for thread in prange(threads):
        for i in range(thread * count // threads, (thread + 1) * count // threads):
            for a in range(3):
                force = 0.0
                for other in range(threads):
                    force += spread[other, i, a]
                forces[i, a] = force
