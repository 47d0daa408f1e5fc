"""How many ions of each kind a glass of a given composition has."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Composition
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from physics.errors import InputError
from physics.structures.ions import IONS

POLYANIONS = ("PS4", "P2S7", "P2S6")
"""Kinds of anions that glasses are made of if not told otherwise."""

ELEMENTS = ("Li", "P", "S")

NONE = 1e-6
"""Fewer anions than that for each Li are none."""

FloatArray = NDArray[np.float64]


def balanced(anions: Mapping[str, int]) -> dict[str, int]:
    """
    Add the lithium that balances the charge of anions.

    Parameters
    ----------
    anions : mapping of str to int
        Number of each anion, by its name in `physics.structures.ions.IONS`.

    Returns
    -------
    dict of str to int
        The same with ``Li``.

    Raises
    ------
    InputError
        If an ion is unknown, a number is not a whole one, or Li is among the anions.
    """
    _require_counts(anions)
    if "Li" in anions:
        raise InputError(
            f"given {anions['Li']} Li among the anions, expected anions alone: Li follows from them"
        )
    return {"Li": -net_charge(anions), **anions}


def net_charge(ions: Mapping[str, int]) -> int:
    """
    Sum the charges of ions.

    Parameters
    ----------
    ions : mapping of str to int
        Number of each ion.

    Returns
    -------
    int
        Charge, e.
    """
    return sum(IONS[name].charge * count for name, count in ions.items())


def require_balanced(ions: Mapping[str, int]) -> None:
    """
    Insist on ions whose charges balance.

    Parameters
    ----------
    ions : mapping of str to int
        Number of each ion.

    Raises
    ------
    InputError
        If an ion is unknown, a number is not a whole one, there are no ions, or they are charged.
    """
    _require_counts(ions)
    if charge := net_charge(ions):
        text = ", ".join(f"{count} {name}" for name, count in ions.items())
        raise InputError(
            f"the charges of {text} add up to {charge:+d} e, expected 0; give "
            f"{ions.get('Li', 0) - charge} Li"
        )
    if not sum(ions.values()):
        raise InputError("no ions were given, expected such as {'Li': 60, 'PS4': 20}")


def composition_of(ions: Mapping[str, int]) -> Composition:
    """
    Add up the atoms of ions.

    Parameters
    ----------
    ions : mapping of str to int
        Number of each ion.

    Returns
    -------
    Composition
        Atoms by element.
    """
    symbols = [Composition({s: n}) for name, n in ions.items() for s in IONS[name].symbols]
    return sum(symbols, start=Composition())


def ions_of(
    formula: str,
    *,
    lithium: int | None = None,
    atoms: float | None = None,
    anions: Sequence[str] = POLYANIONS,
) -> dict[str, int]:
    """
    Find the numbers of ions nearest to a composition.

    The amounts a_k >= 0 of the anions solve, for each Li, ``sum_k -q_k a_k = 1`` (charge) and
    ``sum_k n_k(P) a_k = x``, ``sum_k n_k(S) a_k = y``. Where more anions than equations leave a
    choice, those named first are taken as far as they go. Of the anions with an amount, whole
    numbers are taken that minimise ``|P - P_wanted| + |S - S_wanted|`` (and the same of Li where
    its number is free). Exact are the charge, which is 0, and the number of Li, if given; P and S
    deviate by no more than whole ions make them.

    Parameters
    ----------
    formula : str
        Composition in Li, P and S, such as ``Li3PS4`` or ``LiP0.465S1.605``.
    lithium : int, optional
        Number of Li; this or `atoms` is given.
    atoms : float, optional
        Number of atoms, to be met as nearly as can be.
    anions : sequence of str
        Kinds of anions, by their names in `physics.structures.ions.IONS`.

    Returns
    -------
    dict of str to int
        Number of each ion, Li first; anions that are not needed are left out.

    Raises
    ------
    InputError
        If the formula is not of Li, P and S, the anions cannot make it up, or whole anions cannot
        balance that number of Li.
    """
    wanted = _wanted(formula, lithium, atoms)
    content, charges = _content(anions)
    amounts = _amounts(formula, wanted / wanted[0], content, charges, anions)
    needed = np.flatnonzero(amounts > NONE).tolist()
    counts = _nearest(wanted, content[:, needed], charges[needed], fixed=lithium is not None)
    names = [anions[kind] for kind in needed]
    if counts is None or not counts.any():
        enough = wanted / wanted[0] * max(wanted[0], -charges.min())
        nearest = _nearest(enough, content[:, needed], charges[needed], fixed=False)
        number = -int(charges[needed] @ nearest) if nearest is not None else 0
        raise InputError(
            f"given {f'{lithium} Li' if lithium is not None else f'{atoms} atoms'} of {formula}, "
            f"expected as many Li as whole {', '.join(names)} can balance, such as {number}"
        )
    return balanced(dict(zip(names, counts.tolist(), strict=True)))


def _require_counts(ions: Mapping[str, int]) -> None:
    if unknown := set(ions) - set(IONS):
        raise InputError(
            f"unknown ions {', '.join(sorted(unknown))}, expected any of {', '.join(IONS)}"
        )
    for name, count in ions.items():
        if count != int(count) or count < 0:
            raise InputError(f"given {count} {name}, expected a whole number of at least 0")


def _wanted(formula: str, lithium: int | None, atoms: float | None) -> FloatArray:
    """Give the wanted numbers of Li, P and S."""
    try:
        composition = Composition(formula)
    except ValueError as error:
        raise InputError(f"given '{formula}', expected a formula such as Li3PS4") from error
    amounts = np.array([composition[element] for element in ELEMENTS])
    if {element.symbol for element in composition} - set(ELEMENTS) or not amounts[0]:
        raise InputError(f"given {formula}, expected a composition of Li, P and S")
    given = [number for number in (lithium, atoms) if number is not None]
    if len(given) != 1 or not 0 < given[0] < np.inf:
        raise InputError(
            f"given {lithium} Li and {atoms} atoms, expected one of both, a positive number"
        )
    return amounts * given[0] / (amounts[0] if lithium is not None else amounts.sum())


def _content(anions: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Give P and S of each anion, shape (2, K), and the charges, shape (K,)."""
    for name in anions:
        if name not in IONS or IONS[name].charge >= 0:
            known = ", ".join(name for name, ion in IONS.items() if ion.charge < 0)
            raise InputError(f"given '{name}' as an anion, expected some of {known}")
    if not anions or len(set(anions)) < len(anions):
        raise InputError(f"given {list(anions)} as anions, expected at least one, each once")
    symbols = [IONS[name].symbols for name in anions]
    content = [[float(each.count(element)) for each in symbols] for element in ("P", "S")]
    return np.array(content), np.array([float(IONS[name].charge) for name in anions])


def _amounts(
    formula: str,
    wanted: FloatArray,
    content: FloatArray,
    charges: FloatArray,
    anions: Sequence[str],
) -> FloatArray:
    """Solve for the anions of one Li, or refuse with the range that they can make up."""
    rows = np.vstack([-charges, content])
    found = linprog(np.arange(len(anions)), A_eq=rows, b_eq=wanted)
    if found.success:
        return np.asarray(found.x)
    low, high = _range(rows[1], rows[:1], wanted[:1])
    if low - NONE <= wanted[1] <= high + NONE:
        element, amount, with_ = "S", wanted[2], f" with {wanted[1]:.4f} P"
        low, high = _range(rows[2], rows[:2], wanted[:2])
    else:
        element, amount, with_ = "P", wanted[1], ""
    raise InputError(
        f"{formula} has {amount:.4f} {element} for each Li, but {', '.join(anions)} make "
        f"{low:.4f} to {high:.4f}{with_}; change the formula or the anions"
    )


def _range(row: FloatArray, rows: FloatArray, values: FloatArray) -> tuple[float, float]:
    """Give the least and the largest ``row a`` of amounts a >= 0 with ``rows a = values``."""
    low, high = (linprog(sign * row, A_eq=rows, b_eq=values).fun for sign in (1.0, -1.0))
    return low, -high


def _nearest(
    wanted: FloatArray, content: FloatArray, charges: FloatArray, *, fixed: bool
) -> NDArray[np.int64] | None:
    """
    Find the whole numbers n of anions with the least sum of errors e of the elements.

    Mixed-integer program in (n, e): ``rows n - e <= wanted <= rows n + e``.
    """
    rows = np.vstack([-charges, content])
    kinds, errors = rows.shape[1], np.eye(3)
    largest = np.full(kinds + 3, np.inf)
    largest[kinds] = 0 if fixed else np.inf  # the error of Li
    found = milp(
        np.concatenate([np.zeros(kinds), np.ones(3)]),
        integrality=np.concatenate([np.ones(kinds), np.zeros(3)]),
        bounds=Bounds(0, largest),
        constraints=[
            LinearConstraint(np.hstack([rows, -errors]), ub=wanted),
            LinearConstraint(np.hstack([rows, errors]), lb=wanted),
        ],
        options={"mip_rel_gap": 0},
    )
    return np.rint(found.x[:kinds]).astype(np.int64) if found.success else None
