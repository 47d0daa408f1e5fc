"""
The source of a kernel, written out for a moment table.

The moments of an atom and the forces of its neighbours are sums and polynomials over its
neighbours. Loops over the moments would be hundreds of loops of a few turns, and the time would go
into starting them. So the sums are written out for a moment table, without a branch and without an
index that is not a constant. `LANES` atoms are worked on side by side, each in its lane of a vector
(see `lanes`): they take their neighbours one after another, species by species, those with fewer
neighbours of a species than others take some that do not count, at the cutoff.

A neighbour has `ROWS` rows of the scratch array ``d``: the direction u, the distance r and its
inverse, the radial functions f_mu, and their derivatives.
"""

from collections.abc import Iterable
from pathlib import Path

from physics.potentials.lanes import LANES
from physics.potentials.layout import Layout

GROUP = 4
"""Neighbours that are added to the moments together."""

WRITTEN_OUT = 5000
"""Most products that are written out; more, as from level 22 on, would take minutes to compile."""

TEMPLATE = Path(__file__).with_name("templates") / "evaluation.py"
LOOPS = TEMPLATE.with_name("loops.py")


def evaluation_source(plan: Layout, n_radial: int, n_chebyshev: int) -> str:
    """
    Write the module that evaluates potentials of a table.

    Parameters
    ----------
    plan : Layout
        Layout of the table.
    n_radial, n_chebyshev : int
        Number of radial functions and of their polynomials.

    Returns
    -------
    str
        Python source with `walk_energies`.
    """
    return "\n".join(
        [
            "import numpy as np",
            "from numba import njit, prange",
            "from physics.potentials.lanes import broadcast, load, square_root, store",
            f"LANES, GROUP, ROWS = {LANES}, {GROUP}, {5 + 2 * n_radial}",
            'compiled = njit(fastmath=True, cache=True, error_model="numpy")',
            *_radial_source(n_radial, n_chebyshev),
            *_sums_source(plan, n_radial),
            *_contraction_source(plan),
            *_gradient_source(plan, n_radial),
            TEMPLATE.read_text(),
        ]
    )


def _radial_source(n_radial: int, n_chebyshev: int) -> list[str]:
    """f_mu = scaling (r_max - r)^2 sum_q c_q T_q(x) and its derivative, of `count` neighbours."""
    lines = [
        "@compiled",
        "def radial(near, begin, count, d, slot, c, species, r_min, r_max, scaling):",
        "    scale = 2.0 / (r_max - r_min)",
        f"    c0 = species * {n_radial * n_chebyshev}",
        "    rows = len(near) // (3 * LANES)",
        "    for k in range(count):",
        "        o, s = begin + k, ROWS * (slot + k)",
        "        x, y, z = load(near, o), load(near, o + rows), load(near, o + 2 * rows)",
        "        r = square_root(x * x + y * y + z * z)",
        "        inverse = 1.0 / r",
        "        store(d, s, x * inverse)",
        "        store(d, s + 1, y * inverse)",
        "        store(d, s + 2, z * inverse)",
        "        store(d, s + 3, r)",
        "        store(d, s + 4, inverse)",
        "        t1 = (r - r_min) * scale - 1.0",
        "        twice = t1 + t1",
        "        gap = r_max - r",
        "        weight = scaling * gap",
        "        square = weight * gap",
        "        slope = square * scale",
    ]
    slopes = {2: "4.0 * t1", 3: "2.0 * t2 + twice * u2 - 1.0"}
    for q in range(2, n_chebyshev):
        lines.append(f"        t{q} = twice * t{q - 1} - " + (f"t{q - 2}" if q > 2 else "1.0"))
        recursion = f"2.0 * t{q - 1} + twice * u{q - 1} - u{q - 2}"
        lines.append(f"        u{q} = {slopes.get(q, recursion)}")
    for m in range(n_radial):
        c = [f"load(c, c0 + {m * n_chebyshev + q})" for q in range(n_chebyshev)]
        lines += [f"        v = {c[0]}", "        w = broadcast(0.0)"]
        for q in range(1, n_chebyshev):
            lines.append(f"        a = {c[q]}")
            lines.append(f"        v += a * t{q}")
            lines.append(f"        w += a * u{q}" if q > 1 else "        w += a")
        lines.append(f"        store(d, s + {5 + m}, square * v)")
        lines.append(f"        store(d, s + {5 + n_radial + m}, slope * w - (weight + weight) * v)")
    return lines


def _loads(n_radial: int, slot: str = "", first: int = 0, indent: str = "        ") -> list[str]:
    """Load the direction and the radial functions of a neighbour."""
    lines = [f"{indent}{c}{slot} = load(d, s + {first + k})" for k, c in enumerate("xyz")]
    return lines + [f"{indent}f{k}{slot} = load(d, s + {first + 5 + k})" for k in range(n_radial)]


def _by_tail(plan: Layout) -> dict[tuple[int, int], dict[int, dict[int, int]]]:
    """Arrange the basic moments: by the exponents of y and z, then mu, then the exponent of x."""
    tails: dict[tuple[int, int], dict[int, dict[int, int]]] = {}
    for basic, mu, monomial in zip(
        plan.basic.tolist(), plan.mu.tolist(), plan.monomial.tolist(), strict=True
    ):
        i, *tail = plan.powers[monomial].tolist()
        j, k = tail
        tails.setdefault((j, k), {}).setdefault(mu, {})[i] = basic
        while j + k:
            (j, k), _ = _before((j, k))
            tails.setdefault((j, k), {})
    return dict(sorted(tails.items(), key=lambda item: (sum(item[0]), item[0])))


def _before(tail: tuple[int, int]) -> tuple[tuple[int, int], str]:
    """Give the y^j z^k of one degree less, and the component that makes this one of it."""
    j, k = tail
    return ((j, k - 1), "z") if k else ((j - 1, 0), "y")


def _product(*factors: str) -> str:
    """Multiply; an empty factor is 1."""
    return " * ".join(filter(None, factors)) or "1.0"


def _tail(tail: tuple[int, int], slot: str = "") -> str:
    """Name y^j z^k; the first one is 1."""
    return "t{}{}{}".format(*tail, slot) if sum(tail) else ""


def _tail_lines(tails: Iterable[tuple[int, int]], slot: str = "") -> list[str]:
    """Multiply out y^j z^k."""
    lines = []
    for tail in tails:
        if sum(tail):
            before, component = _before(tail)
            value = _product(_tail(before, slot), component + slot)
            lines.append(f"        {_tail(tail, slot)} = {value}")
    return lines


def _sums_source(plan: Layout, n_radial: int) -> list[str]:
    """M_{mu,k} = sum_j f_mu u^k."""
    tails, slots, rows = _by_tail(plan), [f"_{k}" for k in range(GROUP)], 5 + 2 * n_radial
    lines = [
        "@compiled",
        "def sums(d, count, moments):",
        "    for begin in range(0, count, GROUP):",
        "        s = ROWS * begin",
    ]
    for k, slot in enumerate(slots):
        lines += _loads(n_radial, slot, k * rows)
        lines += [f"        x1{slot} = x{slot}"]
        lines += [
            f"        x{i}{slot} = x{i - 1}{slot} * x{slot}"
            for i in range(2, plan.powers[:, 0].max() + 1)
        ]
        lines += _tail_lines(tails, slot)
    for tail, by_mu in tails.items():
        for mu, by_power in by_mu.items():
            lines += [f"        w{k} = {_product(f'f{mu}{k}', _tail(tail, k))}" for k in slots]
            for i, row in by_power.items():
                terms = " + ".join(_product(f"w{k}", f"x{i}{k}" if i else "") for k in slots)
                lines.append(f"        store(moments, {row}, load(moments, {row}) + {terms})")
    return lines


def _contraction_source(plan: Layout) -> list[str]:
    """Multiply basic moments into all others, and carry dE/dM back from the scalars."""
    if len(plan.times) > WRITTEN_OUT:
        return [LOOPS.read_text()]
    products = [
        (*row, multiplicity)
        for row, multiplicity in zip(plan.times.tolist(), plan.multiplicity.tolist(), strict=True)
    ]
    return [
        "from physics.potentials.products import back_propagation, multiplication",
        f"products = {products}",
        "multiply, propagate = multiplication(products), back_propagation(products)",
        "@compiled",
        "def contract(moments, times, multiplicity):",
        "    multiply(moments)",
        "@compiled",
        "def carry_back(moments, adjoint, times, multiplicity):",
        "    propagate(moments, adjoint)",
    ]


def _gradient_source(plan: Layout, n_radial: int) -> list[str]:
    """
    Carry dE/dM back to each neighbour.

    With S_{mu,jk}(x) = sum_i (dE/dM_{mu,ijk}) x^i by Horner's rule, the energy by f_mu is
    sum_jk S_{mu,jk} y^j z^k, and that by u the gradient of sum_{mu,jk} f_mu S_{mu,jk} y^j z^k. The
    derivative of the energy by the position of the neighbour replaces the direction; its sum and
    that of the virial go to the rows of `totals`.
    """
    tails = _by_tail(plan)
    lines = ["@compiled", "def gradient(d, count, adjoint, totals):"]
    lines += [f"    s{k} = broadcast(0.0)" for k in range(9)]
    lines += ["    for k in range(count):", "        s = ROWS * k"]
    lines += [*_loads(n_radial), *_tail_lines(tails)]
    started = set()

    def add(name: str, *factors: str) -> None:
        lines.append(f"        {name} {'+=' if name in started else '='} {_product(*factors)}")
        started.add(name)

    for tail, by_mu in reversed(tails.items()):
        a, t = "a{}{}".format(*tail), _tail(tail)
        for mu, by_power in by_mu.items():
            top = max(by_power)
            lines.append(f"        v = load(adjoint, {by_power[top]})")
            for i in range(top - 1, -1, -1):
                lines.append("        w = v" if i == top - 1 else "        w = w * x + v")
                own = f" + load(adjoint, {by_power[i]})" if i in by_power else ""
                lines.append(f"        v = v * x{own}")
            add(f"q{mu}", "v", t)
            add(a, f"f{mu}", "v")
            if top:
                add("c", f"f{mu}", "w")
        if "c" in started:
            add("bx", "c", t)
            started.remove("c")
        if sum(tail) and a in started:
            before, component = _before(tail)
            add(f"b{component}", a, _tail(before))
            add("a{}{}".format(*before), a, component)
    lines += [f"        b{c} = broadcast(0.0)" for c in "xyz" if f"b{c}" not in started]
    slopes = [f"load(d, s + {5 + n_radial + k}) * q{k}" for k in range(n_radial)]
    lines += [
        "        inverse = load(d, s + 4)",
        f"        along = {' + '.join(slopes)} - (bx * x + by * y + bz * z) * inverse",
        "        r = load(d, s + 3)",
    ]
    for k, c in enumerate("xyz"):
        lines.append(f"        f{c} = along * {c} + b{c} * inverse")
        lines.append(f"        store(d, s + {k}, f{c})")
        lines.append(f"        s{k} += f{c}")
    lines += [f"        {c} = {c} * r" for c in "xyz"]
    for k, pair in enumerate(("xx", "yy", "zz", "yz", "xz", "xy")):
        lines.append(f"        s{3 + k} += f{pair[0]} * {pair[1]}")
    return lines + [f"    store(totals, {k}, s{k})" for k in range(9)]
