"""Search for the best terminations, translations and gaps of a boundary."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from physics.errors import InputError
from physics.structures.bicrystal import Bicrystal, Grains, stacked
from physics.structures.contacts import Thresholds
from physics.structures.formula_units import formula_unit, without_formula_unit
from physics.structures.relief import relieve
from physics.structures.slab import Slab
from physics.structures.translations import face, overlaps

GAP_COST = 0.01
"""Overlap per area that one Å of gap is worth in the ranking, 1/Å: a wall of 1 eV/Å^2 against a
cohesion of some 0.2 J/m^2 per Å [choice]."""

DISTINCT = 1.0
"""Translations of one termination that are closer count as one candidate, Å."""

ROOM = 1e-6
"""Overlap that counts as none, Å^2."""

PUSHES = 3
"""Candidates that are pushed apart for each one to be kept."""

MOST_REMOVED = 4
"""Formula units taken out at each boundary before a plane is given up."""

SAME_CUT = 1e-4
"""Cuts that differ by less, in units of the layer spacing, are one."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Joint:
    """
    How two grains are put together, whatever their thickness.

    Parameters
    ----------
    cuts : tuple of float
        Heights of the cuts of both crystals in units of the layer spacings.
    shift : tuple of float
        Translation of the upper grain in units of the in-plane cell vectors.
    gap : float
        Distance of the cuts, Å.
    removed : int
        Formula units taken out at each boundary.
    """

    cuts: tuple[float, float]
    shift: tuple[float, float]
    gap: float
    removed: int = 0


@dataclass(frozen=True)
class Candidate:
    """
    A built boundary and how it was built.

    Parameters
    ----------
    bicrystal : Bicrystal
        The cell, without overlaps.
    grains : Grains
        The slabs it was made of.
    shift : tuple of float
        Translation of the upper grain in units of the cell vectors.
    gap : float
        Distance of the cuts, Å.
    overlap : float
        Sum of (r_th - r)^2 over the pairs that were too close at first, Å^2.
    moved : float
        Largest displacement of a unit that removed the overlap, Å.
    removed : int
        Formula units taken out at each boundary.
    """

    bicrystal: Bicrystal
    grains: Grains
    shift: tuple[float, float]
    gap: float
    overlap: float
    moved: float
    removed: int


@dataclass(frozen=True, order=True)
class _Trial:
    score: float
    number: int
    grains: Grains = field(compare=False)
    shift: FloatArray = field(compare=False)
    gap: float = field(compare=False)
    overlap: float = field(compare=False)


def candidates(
    terminations: Sequence[Grains],
    thresholds: Thresholds,
    *,
    translations: int,
    gaps: Sequence[float],
    keep: int,
) -> list[Candidate]:
    """
    Build the boundaries with least overlap.

    Every termination is tried at every translation and gap; the score of a trial is the overlap of
    both boundaries per area plus `GAP_COST` per Å of gap. The best distinct ones are pushed apart
    until no two units are too close. Where that fails for all, whole formula units go.

    Parameters
    ----------
    terminations : sequence of Grains
        The slabs of each termination.
    thresholds : Thresholds
        Shortest allowed distances.
    translations : int
        Translations of the grid; 1 tries none but the origin.
    gaps : sequence of float
        Distances of the cuts, Å.
    keep : int
        Most candidates returned.

    Returns
    -------
    list of Candidate
        At least one, the best first.

    Raises
    ------
    InputError
        If the boundary stays overcrowded.
    """
    trials = sorted(
        trial
        for grains in terminations
        for trial in _trials(grains, thresholds, translations, np.array(gaps))
    )
    best = _distinct(trials, PUSHES * keep)
    built: list[Candidate] = []
    for trial in best:
        candidate = _relieved(trial, thresholds, removed=0)
        if candidate is not None:
            built.append(candidate)
        if len(built) == keep:
            break
    return built or [_thinned(best[0], thresholds)]


def joined(terminations: Sequence[Grains], thresholds: Thresholds, joint: Joint) -> Candidate:
    """
    Build one boundary, without a search.

    Parameters
    ----------
    terminations : sequence of Grains
        The slabs of each termination.
    thresholds : Thresholds
        Shortest allowed distances.
    joint : Joint
        What is wanted.

    Returns
    -------
    Candidate
        It.

    Raises
    ------
    InputError
        If there are no such cuts, or the units find no room.
    """
    for grains in terminations:
        if np.abs(np.subtract(grains.cuts, joint.cuts)).max() < SAME_CUT:
            break
    else:
        known = [_rounded(grains.cuts) for grains in terminations]
        raise InputError(
            f"given the cuts {_rounded(joint.cuts)}, expected one of {known}; give the crystal and "
            "the boundary that they are of"
        )
    shift = np.array(joint.shift) @ grains.cell
    overlap = _overlap(grains, thresholds, shift[None], np.array([joint.gap]))
    trial = _Trial(0.0, 0, grains, shift, joint.gap, float(overlap[0, 0]))
    candidate = _relieved(trial, thresholds, joint.removed)
    if candidate is None:
        raise InputError(
            f"the units find no room at a translation of {_rounded(joint.shift)} and a gap of "
            f"{joint.gap:g} Å; give another translation, a larger gap or more layers"
        )
    return candidate


def _rounded(values: tuple[float, float]) -> str:
    return f"({values[0]:.4f}, {values[1]:.4f})"


def _trials(
    grains: Grains, thresholds: Thresholds, translations: int, gaps: FloatArray
) -> Iterator[_Trial]:
    shifts = _shifts(grains, translations)
    scores = _overlap(grains, thresholds, shifts, gaps)
    ranked = scores / (2 * grains.area) + GAP_COST * gaps
    best = np.argmin(ranked, axis=1)
    for number, (shift, g) in enumerate(zip(shifts, best, strict=True)):
        yield _Trial(
            round(float(ranked[number, g]), 9),
            number,
            grains,
            shift,
            float(gaps[g]),
            float(scores[number, g]),
        )


def _shifts(grains: Grains, count: int) -> FloatArray:
    """Spread translations evenly over the cell, after those that are special."""
    if count == 1:
        return np.zeros((1, 2))
    lengths = np.linalg.norm(grains.cell, axis=1)
    along = min(max(round(float(np.sqrt(count * lengths[0] / lengths[1]))), 1), count)
    across = count // along
    grid = np.stack(
        np.meshgrid(np.arange(along) / along, np.arange(across) / across, indexing="ij"), -1
    )
    return np.concatenate([grains.special, grid.reshape(-1, 2) @ grains.cell])


def _overlap(
    grains: Grains, thresholds: Thresholds, shifts: FloatArray, gaps: FloatArray
) -> FloatArray:
    """Score both boundaries of the cell at each translation and gap, shape (T, G), Å^2."""
    reach = float(thresholds.lengths.max())
    lower, upper = grains.lower, grains.upper
    lower_kinds, upper_kinds = (_kinds(grains, slab, thresholds) for slab in (lower, upper))
    sticks_out = max(float(np.abs(slab.offsets).max()) for slab in (lower, upper))
    depth = reach + sticks_out
    moved = grains.origin + shifts
    second = overlaps(
        face(lower, lower_kinds, depth, upper=True), face(upper, upper_kinds, depth, upper=False),
        cell=grains.cell, thresholds=thresholds.lengths, shifts=moved, gaps=gaps,
    )  # fmt: skip
    if grains.equivalent:
        return 2 * second
    return second + overlaps(
        face(upper, upper_kinds, depth, upper=True), face(lower, lower_kinds, depth, upper=False),
        cell=grains.cell, thresholds=thresholds.lengths, shifts=-moved, gaps=gaps,
    )  # fmt: skip


def _kinds(grains: Grains, slab: Slab, thresholds: Thresholds) -> NDArray[np.int64]:
    crystal = grains.crystals[0 if slab is grains.lower else 1]
    of_site = thresholds.kinds([site.specie.symbol for site in crystal.primitive])
    return of_site[slab.site]


def _distinct(trials: Sequence[_Trial], count: int) -> list[_Trial]:
    """Take the first trials that differ: in termination, in score, or in translation."""
    kept: list[_Trial] = []
    for trial in trials:
        if len(kept) == count:
            break
        if not any(_alike(trial, other) for other in kept):
            kept.append(trial)
    return kept


def _alike(trial: _Trial, other: _Trial) -> bool:
    if trial.grains is not other.grains:
        return False
    if trial.overlap > ROOM and abs(trial.overlap - other.overlap) < ROOM:
        return True  # a symmetry of the bicrystal maps one translation onto the other
    cell = trial.grains.cell
    difference = (trial.shift - other.shift) @ np.linalg.inv(cell)
    return bool(np.linalg.norm((difference - np.rint(difference)) @ cell) < DISTINCT)


def _relieved(trial: _Trial, thresholds: Thresholds, removed: int) -> Candidate | None:
    bicrystal = stacked(trial.grains, trial.shift, trial.gap)
    formula = formula_unit(trial.grains.crystals[0].units.kinds)
    for _ in range(removed):
        bicrystal = without_formula_unit(bicrystal, thresholds, formula)
    relief = relieve(bicrystal.structure, bicrystal.units, thresholds)
    if relief.overlap > ROOM:
        return None
    shift = np.linalg.solve(trial.grains.cell.T, trial.shift)
    return Candidate(
        Bicrystal(relief.structure, relief.units, bicrystal.heights),
        trial.grains,
        (float(shift[0]), float(shift[1])),
        trial.gap,
        trial.overlap,
        relief.moved,
        removed,
    )


def _thinned(trial: _Trial, thresholds: Thresholds) -> Candidate:
    lower, upper = trial.grains.crystals
    if lower is not upper:
        raise InputError(
            "the interface is overcrowded, and taking out formula units of one crystal would not "
            "help the other; choose other planes, more translations or larger gaps"
        )
    for removed in range(1, MOST_REMOVED + 1):
        candidate = _relieved(trial, thresholds, removed)
        if candidate is not None:
            return candidate
    raise InputError(
        f"the boundary stays overcrowded after {MOST_REMOVED} formula units were taken out at each "
        "side; choose another plane, more translations or larger gaps"
    )
