"""Small cells of a boundary that hold the surroundings of its core, for labels that are dear."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure
from scipy.spatial.distance import cdist

from physics.errors import InputError
from physics.structures.candidates import Joint
from physics.structures.construction import Construction, GrainBoundary
from physics.structures.crystal import Crystal
from physics.structures.plane_distances import plane_distances
from physics.structures.request import Request, build, describe

REACH = 5.0
"""The surroundings of an atom reach so far, Å: the usual cutoff of a moment tensor potential."""

CORE = REACH
"""The core of a boundary reaches so far to each side, Å: hardly an atom beyond has neighbors in the
other grain."""

TOLERANCE = 0.3
"""Surroundings are alike if no distance differs by more, Å. Displacements of 0.1 Å change most of
them by less; the bulk of beta-Li3PS4 holds a fifth to a half of its boundaries then [choice]."""

COVERED = 0.9
"""Part of the core that a training cell holds."""

MAX_ATOMS = 128
"""Largest training cell."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TrainingCell:
    """
    A boundary with grains as thin as still hold the surroundings of its core.

    Parameters
    ----------
    boundary : GrainBoundary
        The cell.
    coverage : float
        Part of the core atoms of the full cell whose surroundings occur in it.
    full_atoms : int
        Atoms of the full cell.
    """

    boundary: GrainBoundary
    coverage: float
    full_atoms: int


def coverage(
    full: Structure,
    heights: tuple[float, float],
    small: Structure,
    *,
    core: float = CORE,
    reach: float = REACH,
    tolerance: float = TOLERANCE,
) -> float:
    """
    Tell how much of the core of the boundaries of one cell occurs in another.

    An atom occurs in `small` if an atom of its element there has the same surroundings: for each
    element, the ascending distances to the neighbors agree. A missing neighbor counts as one at
    `reach`, so that one near `reach` hardly matters.

    Parameters
    ----------
    full : Structure
        Cell of the boundaries, which are normal to c, Å.
    heights : tuple of float
        Heights of the boundaries along c, Å.
    small : Structure
        The other cell, Å.
    core : float
        Atoms of `full` that are at most so far from a boundary count, Å.
    reach : float
        Farthest neighbors, Å.
    tolerance : float
        Largest difference of distances that agree, Å.

    Returns
    -------
    float
        Part of the atoms of the core, from 0 to 1.

    Raises
    ------
    InputError
        If no atom is in the core.
    """
    period = full.lattice.c
    planes = [height / period for height in heights]
    within = np.flatnonzero(plane_distances(full.frac_coords[:, 2], planes, period) <= core)
    if not len(within):
        raise InputError(
            f"no atom lies within {core} Å of the boundaries at {heights} Å; give the heights of "
            "the boundaries along c, or a larger core"
        )
    elements = sorted({site.specie.symbol for site in [*full, *small]})
    wanted, given = _padded(
        _surroundings(full, elements, reach), _surroundings(small, elements, reach), reach
    )
    kinds, kinds_given = (
        np.array([elements.index(site.specie.symbol) for site in structure])
        for structure in (full, small)
    )
    differences = cdist(wanted[within], given, "chebyshev")
    differences[kinds[within][:, None] != kinds_given] = np.inf
    return float(np.mean(differences.min(axis=1) <= tolerance))


def training_cell(
    crystal: Crystal,
    request: Request,
    construction: Construction | None = None,
    *,
    joint: Joint | None = None,
    wanted: float = COVERED,
    max_atoms: int = MAX_ATOMS,
) -> TrainingCell:
    """
    Thin the grains of a boundary as far as the surroundings of its core allow.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    request : Request
        The boundary.
    construction : Construction, optional
        How the full cell is built.
    joint : Joint, optional
        Which candidate; None: the first one of the full cell.
    wanted : float
        Coverage that is enough.
    max_atoms : int
        Largest cell.

    Returns
    -------
    TrainingCell
        The smallest cell of that coverage, or, where none of at most `max_atoms` has it, that of
        largest coverage. The cells are compared as they are built, before any relaxation.

    Raises
    ------
    InputError
        If one layer of each grain has more than `max_atoms` atoms, the boundary cannot be built, or
        the coverage wanted is not from 0 to 1.
    """
    if not 0 <= wanted <= 1:
        raise InputError(f"given a coverage of {wanted}, expected a part from 0 to 1")
    how = construction or Construction()
    geometry = describe(crystal, request, how)
    thin = [replace(how, layers=n) for n in range(1, max(how.layers_of(geometry)))]
    smaller = [cell for cell in thin if cell.atoms_of(geometry) < how.atoms_of(geometry)]
    allowed = [cell for cell in [*smaller, how] if cell.atoms_of(geometry) <= max_atoms]
    if not allowed:
        raise InputError(
            f"one layer of each grain of {request.label} has {sum(geometry.atoms_per_layer)} "
            f"atoms, at most {max_atoms} are allowed; raise max_atoms or choose a plane of smaller "
            "area"
        )
    full = build(crystal, request, how, joint)[0]
    cells = []
    for cell in allowed:
        built = full if cell is how else _thinned(crystal, request, cell, full.joint)
        if built is None:
            continue
        covered = coverage(full.structure, full.heights, built.structure)
        cells.append(TrainingCell(built, covered, len(full.structure)))
        if covered >= wanted:
            break
    if not cells:
        raise InputError(
            f"no cell of {request.label} with at most {max_atoms} atoms has room for its units; "
            "raise max_atoms"
        )
    return max(cells, key=lambda cell: cell.coverage)


def _thinned(
    crystal: Crystal, request: Request, thin: Construction, joint: Joint
) -> GrainBoundary | None:
    """Build a boundary of thin grains; None if they are too thin for their units to find room."""
    try:
        return build(crystal, request, thin, joint)[0]
    except InputError:
        return None


def _surroundings(structure: Structure, elements: list[str], reach: float) -> FloatArray:
    """
    Give the ascending distances from each atom to its neighbors of each element.

    Shape (N, E, K), padded with `reach`.
    """
    kinds = np.array([elements.index(site.specie.symbol) for site in structure])
    first, second, _, lengths = structure.get_neighbor_list(reach, exclude_self=True)
    row = first * len(elements) + kinds[second]
    order = np.lexsort((lengths, row))
    row, lengths = row[order], lengths[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    distances = np.full((len(structure) * len(elements), rank.max(initial=0) + 1), reach)
    distances[row, rank] = lengths
    return distances.reshape(len(structure), len(elements), -1)


def _padded(first: FloatArray, second: FloatArray, reach: float) -> list[FloatArray]:
    """Bring surroundings to one length, shapes (N, E K) and (M, E K)."""
    count = max(first.shape[2], second.shape[2])
    return [
        np.pad(each, [(0, 0), (0, 0), (0, count - each.shape[2])], constant_values=reach).reshape(
            len(each), -1
        )
        for each in (first, second)
    ]
