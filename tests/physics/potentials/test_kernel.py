"""The compiled kernel against the plain evaluation and against motep."""

from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.calculator import Calculator
from ase.neighborlist import neighbor_list
from ase.stress import voigt_6_to_full_3x3_stress
from numba import config, get_num_threads, set_num_threads

from physics.potentials import evaluation_source, kernel
from physics.potentials.kernel import Pairs, evaluate, evaluate_with_shortest
from physics.potentials.layout import layout
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.reference import evaluate as plain


def pairs_of(atoms: Atoms, cutoff: float) -> Pairs:
    """List neighbours with ASE; each pair beyond the cell has an image of its own."""
    i, j, vectors = neighbor_list("ijD", atoms, cutoff)
    order = np.argsort(i, kind="stable")
    i, j, vectors = i[order], j[order], vectors[order]
    count = len(atoms)
    return Pairs(
        positions=np.concatenate([atoms.positions, atoms.positions[i] + vectors]),
        owner=np.concatenate([np.arange(count), j]),
        first=np.searchsorted(i, np.arange(count + 1)),
        index=(count + np.arange(len(j))).astype(np.int32),
    )


def salt() -> Atoms:
    atoms = bulk("NaCl", "rocksalt", a=5.6) * (2, 1, 1)
    atoms.rattle(0.2, seed=1)
    return atoms


def skewed() -> Atoms:
    atoms = bulk("Cu", "fcc", a=3.6)
    atoms.set_cell(atoms.cell.array @ np.array([[1, 0.4, 0], [0, 1, 0.3], [0, 0, 1.1]]), True)
    return atoms


SYSTEMS = {"salt": salt, "skewed cell of one atom": skewed, "water": lambda: molecule("H2O")}


@pytest.mark.parametrize("level", [2, 4, 8, 12, 16])
@pytest.mark.parametrize("system", SYSTEMS)
def test_it_equals_the_plain_evaluation(level: int, system: str) -> None:
    atoms = SYSTEMS[system]()
    species = tuple(dict.fromkeys(atoms.get_chemical_symbols()))
    potential = MomentTensorPotential.initialise(
        level, species, r_min=0.8, r_max=5.0, n_chebyshev=6, rng=np.random.default_rng(level)
    )
    types = potential.types(atoms.numbers)
    found = evaluate(potential, types, pairs_of(atoms, 6.0))
    expected = plain(potential, atoms)
    energies, forces, virials = found
    np.testing.assert_allclose(energies, expected.energies, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(
        forces, expected.forces, rtol=1e-10, atol=1e-12 * np.abs(expected.forces).max() + 1e-15
    )
    if atoms.pbc.all():
        stress = voigt_6_to_full_3x3_stress(virials.sum(axis=0)) / atoms.get_volume()
        np.testing.assert_allclose(
            stress, expected.stress, rtol=1e-10, atol=1e-12 * np.abs(expected.stress).max()
        )


DrawPotential = Callable[..., MomentTensorPotential]
Motep = Callable[[MomentTensorPotential], Calculator]

SKEWED = [[3.0, 0.0, 0.0], [2.9, 2.4, 0.0], [-2.6, 1.9, 3.1]]
TRICLINIC = [[5.2, 0.0, 0.0], [2.1, 4.6, 0.0], [-1.3, 1.7, 5.0]]


def crystal(draw_atoms: Callable[..., Atoms], n_atoms: int, n_species: int) -> Atoms:
    """Draw a triclinic crystal; more than ten atoms as a rattled supercell."""
    if n_atoms == 1:
        return draw_atoms(1, n_species, seed=1, cell=SKEWED)
    if n_atoms <= 10:
        return draw_atoms(n_atoms, n_species, seed=2, cell=TRICLINIC)
    atoms = draw_atoms(4, n_species, seed=3, cell=TRICLINIC) * (5, 5, 5)
    assert len(atoms) == n_atoms
    atoms.rattle(0.1, seed=4)
    return atoms


def assert_equals_motep(potential: MomentTensorPotential, atoms: Atoms, motep: Motep) -> None:
    """Compare to 1e-10 of the largest value of each kind."""
    energies, forces, virials = evaluate(
        potential, potential.types(atoms.numbers), pairs_of(atoms, potential.r_max + 0.5)
    )
    atoms = atoms.copy()
    atoms.calc = motep(potential)
    expected = atoms.get_potential_energies()
    assert energies == pytest.approx(expected, rel=1e-10, abs=1e-10 * abs(expected).max())
    expected = atoms.get_forces()
    # those of an atom alone in its cell are zero but for rounding
    scale = max(abs(expected).max(), abs(virials).max() / potential.r_max)
    assert forces == pytest.approx(expected, rel=0, abs=1e-10 * scale)
    expected = atoms.get_stress()
    stress = virials.sum(axis=0) / atoms.get_volume()
    assert stress == pytest.approx(expected, rel=0, abs=1e-10 * abs(expected).max())


@pytest.mark.parametrize("n_species", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("level", "n_atoms"),
    [(2, 1), (2, 6), (4, 6), (8, 1), (8, 6), (8, 500), (12, 1), (12, 6)],
)
def test_it_equals_motep(  # noqa: PLR0917
    level: int,
    n_atoms: int,
    n_species: int,
    draw_potential: DrawPotential,
    draw_atoms: Callable[..., Atoms],
    motep: Motep,
) -> None:
    atoms = crystal(draw_atoms, n_atoms, n_species)
    assert_equals_motep(draw_potential(level, n_species), atoms, motep)


@pytest.mark.parametrize("level", [6, 10, 14, 16, 18, 20])
def test_further_levels_equal_motep(
    level: int, draw_potential: DrawPotential, draw_atoms: Callable[..., Atoms], motep: Motep
) -> None:
    assert_equals_motep(draw_potential(level, 3), crystal(draw_atoms, 6, 3), motep)


def test_products_in_loops_equal_motep(
    draw_potential: DrawPotential,
    draw_atoms: Callable[..., Atoms],
    motep: Motep,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evaluation_source, "WRITTEN_OUT", 0)
    monkeypatch.setattr(kernel, "_kernels", {})
    assert_equals_motep(draw_potential(8, 3), crystal(draw_atoms, 6, 3), motep)


def test_threads_share_the_work(
    draw_potential: DrawPotential, draw_atoms: Callable[..., Atoms]
) -> None:
    potential, atoms = draw_potential(8, 3), crystal(draw_atoms, 500, 3)
    types, pairs = potential.types(atoms.numbers), pairs_of(atoms, 5.0)
    before = get_num_threads()
    try:
        found = []
        for threads in {1, min(2, config.NUMBA_NUM_THREADS)}:
            set_num_threads(threads)
            found.append(evaluate(potential, types, pairs))
    finally:
        set_num_threads(before)
    for one, other in zip(found[0], found[-1], strict=True):
        assert one == pytest.approx(other, rel=1e-12, abs=1e-12 * abs(one).max())


def test_the_shortest_distance_is_found_on_the_way(
    draw_potential: DrawPotential, draw_atoms: Callable[..., Atoms]
) -> None:
    potential, atoms = draw_potential(4, 2), crystal(draw_atoms, 500, 2)
    types = potential.types(atoms.numbers)
    *_, shortest = evaluate_with_shortest(potential, types, pairs_of(atoms, 5.0))
    assert shortest == pytest.approx(neighbor_list("d", atoms, 5.0).min())
    *_, shortest = evaluate_with_shortest(potential, types[:1], pairs_of(Atoms("Li"), 5.0))
    assert shortest == np.inf


def test_an_atom_alone_has_its_offset() -> None:
    potential = MomentTensorPotential.initialise(
        8, ("Cu",), r_min=1.0, r_max=4.0, n_chebyshev=4, rng=np.random.default_rng(0)
    )
    atoms = Atoms("Cu")
    energies, forces, virials = evaluate(potential, np.zeros(1, int), pairs_of(atoms, 5.0))
    assert energies == pytest.approx(plain(potential, atoms).energies)
    assert not forces.any()
    assert not virials.any()


def test_the_layout_reaches_every_basic_moment_by_its_monomial() -> None:
    potential = MomentTensorPotential.initialise(
        12, ("Cu",), r_min=1.0, r_max=4.0, n_chebyshev=4, rng=np.random.default_rng(0)
    )
    plan = layout(potential.table)
    u = np.array([0.3, -0.5, 0.7])
    monomials = np.ones(len(plan.parent))
    for m in range(1, len(plan.parent)):
        monomials[m] = monomials[plan.parent[m]] * u[plan.axis[m]]
    for m in range(len(plan.parent)):
        for b in range(plan.start[m], plan.start[m + 1]):
            mu, *powers = potential.table.basic[plan.basic[b]]
            assert mu == plan.mu[b]
            assert monomials[m] == pytest.approx(np.prod(u**powers))
    assert plan.start[-1] == len(potential.table.basic)
