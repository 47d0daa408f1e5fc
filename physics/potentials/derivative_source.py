"""
The source of a kernel that derives by parameters, written out for a moment table.

The moments of an atom and the forces of its neighbours are sums and polynomials over its
neighbours. Written as loops over the moments they are hundreds of loops of some 25 turns, and the
time goes into starting them. So they are written out for a moment table, as one loop over
the neighbours whose body has no branch and no index that is not a constant; all rows of an atom's
scratch array have a constant distance, so that the compiler sees that they do not overlap, and uses
SIMD lanes for neighbours. The contractions of `LANES` atoms run side by side, an atom in each lane.

The rows of the scratch array are the direction u, the distance r, the radial functions f_mu, their
derivatives. This is for training; `evaluation_source` writes the kernel that evaluates.
"""

from pathlib import Path

import numpy as np

from physics.potentials.layout import Layout

LANES = 32
"""Atoms whose moments are contracted together."""

ROW = 32
"""Neighbours that are worked on together; an atom with more takes several turns."""

SIMD = 8
"""Neighbours are filled up to a multiple of that with some that do not count."""

PARAMETERS = 96
"""About as many parameters are derived by together: those of whole radial functions."""

TEMPLATES = Path(__file__).with_name("templates")


def derivative_source(plan: Layout, n_radial: int, n_chebyshev: int) -> str:
    """
    Write the module of a table: its straight-line functions, and the walks that call them.

    Parameters
    ----------
    plan : Layout
        Layout of the table.
    n_radial, n_chebyshev : int
        Number of radial functions and of their polynomials.

    Returns
    -------
    str
        Python source with `walk_parameters` and `walk_jacobian`.
    """
    width = max(PARAMETERS // n_chebyshev, 1) * n_chebyshev
    stride = -(-width // 32) * 32
    return "\n".join(
        [
            "import numpy as np",
            "from numba import njit, prange",
            "from physics.potentials.lanes import broadcast, load, store",
            f"LANES, ROW, SIMD, ROWS = {LANES}, {ROW}, {SIMD}, {4 + 2 * n_radial}",
            f"PADDED = {-(-len(plan.basic) // 16) * 16}",
            f"MONOMIALS, RADIAL, CHEBYSHEV = {len(plan.parent)}, {n_radial}, {n_chebyshev}",
            f"WIDTH, STRIDE, VECTORS = {width}, {stride}, {stride // 8}",
            'compiled = njit(fastmath=True, cache=True, error_model="numpy")',
            *_radial_source(n_radial, n_chebyshev),
            *_sums_source(plan, n_radial),
            *_by_function_source(plan, n_radial),
            *_by_coefficient_source(n_radial, n_chebyshev),
            *_basic_slopes_source(plan, n_radial),
            *_function_slopes_source(plan, n_radial),
            *(
                (TEMPLATES / f"{name}.py").read_text()
                for name in ("common", "parameters", "jacobian")
            ),
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


def _by_function_source(plan: Layout, n_radial: int) -> list[str]:
    """Derive the energy by f_mu of each neighbour; replaces the slopes of f_mu."""
    lines = ["@compiled", "def by_function(n, d, g):"]
    lines += [f"    g{b} = g[{b}]" for b in range(len(plan.basic))]
    lines += ["    for j in range(n):", *_monomial_lines(plan, n_radial)]
    lines += [f"        q{k} = 0.0" for k in range(n_radial)]
    for m in range(len(plan.parent)):
        own = range(plan.start[m], plan.start[m + 1])
        lines += [f"        q{plan.mu[b]} += g{b} * p{m}" for b in own]
    return lines + [f"        {_row(4 + n_radial + k)} = q{k}" for k in range(n_radial)]


def _by_coefficient_source(n_radial: int, n_chebyshev: int) -> list[str]:
    """Add up the derivative of the energy by c_{mu,q} over the neighbours of one species."""
    terms = [(m, q) for m in range(n_radial) for q in range(n_chebyshev)]
    lines = ["@compiled", "def by_coefficient(begin, end, d, r_min, r_max, scaling, out):"]
    lines += [f"    s{m}_{q} = 0.0" for m, q in terms]
    lines += ["    for j in range(begin, end):", f"        r = {_row(3)}"]
    lines += ["        x = (2 * r - r_min - r_max) / (r_max - r_min)"]
    lines += ["        t0 = scaling * (r_max - r) ** 2", "        t1 = t0 * x"]
    lines += [f"        t{q} = 2 * x * t{q - 1} - t{q - 2}" for q in range(2, n_chebyshev)]
    lines += [f"        a{m} = {_row(4 + n_radial + m)}" for m in range(n_radial)]
    lines += [f"        s{m}_{q} += a{m} * t{q}" for m, q in terms]
    return lines + [f"    out[{m}, {q}] += s{m}_{q}" for m, q in terms]


def _basic_slopes_source(plan: Layout, n_radial: int) -> list[str]:
    """Derive the basic moments by the x, y and z of each neighbour."""
    lines = ["@compiled", "def basic_slopes(n, d, slopes):", "    for j in range(n):"]
    lines += _monomial_lines(plan, n_radial)
    lines.append(f"        inverse = 1 / {_row(3)}")
    for k in range(n_radial):
        lines += [f"        h{k} = {_row(4 + n_radial + k)}", f"        f{k} *= inverse"]
    degree = np.zeros(len(plan.parent), dtype=int)
    for m in range(len(plan.parent)):
        degree[m] = degree[plan.parent[m]] + 1 if m else 0
        for c, (power, lowered) in zip("xyz", plan.lowered(m), strict=True):
            lines.append(f"        l{c} = {power} * p{lowered}" if power else f"        l{c} = 0.0")
        for b in range(plan.start[m], plan.start[m + 1]):
            mu = plan.mu[b]
            lines.append(f"        w = p{m} * (h{mu} - {degree[m]} * f{mu})")
            lines += [
                f"        slopes[(3 * j + {a}) * PADDED + {plan.basic[b]}] = w * {c} + f{mu} * l{c}"
                for a, c in enumerate("xyz")
            ]
    return lines


def _function_slopes_source(plan: Layout, n_radial: int) -> list[str]:
    """Monomials; of each mu dE/df_mu = sum_k (dE/dM_{mu,k}) u^k and its gradient by position."""
    count = len(plan.parent)
    lines = ["@compiled", "def function_slopes(n, d, g, e):"]
    lines += [f"    g{b} = g[{b}]" for b in range(len(plan.basic))]
    lines += ["    for j in range(n):", *_monomial_lines(plan, n_radial)]
    lines.append(f"        inverse = 1 / {_row(3)}")
    lines += [f"        e[{m * ROW} + j] = p{m}" for m in range(count)]
    by_mu = {
        (m, int(plan.mu[b])): b
        for m in range(count)
        for b in range(plan.start[m], plan.start[m + 1])
    }
    for k in range(n_radial):
        lines += ["        value, bx, by, bz = 0.0, 0.0, 0.0, 0.0"]
        for m in range(count):
            if (m, k) in by_mu:
                lines.append(f"        value += g{by_mu[m, k]} * p{m}")
                for c, (power, lowered) in zip("xyz", plan.lowered(m), strict=True):
                    if power:
                        lines.append(f"        b{c} += {power} * g{by_mu[m, k]} * p{lowered}")
        lines.append("        along = bx * x + by * y + bz * z")
        first = count + 4 * k
        lines.append(f"        e[{first * ROW} + j] = value")
        lines += [
            f"        e[{(first + 1 + a) * ROW} + j] = (b{c} - along * {c}) * inverse"
            for a, c in enumerate("xyz")
        ]
    return lines
