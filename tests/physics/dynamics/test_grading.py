"""Extrapolation grades of one frame after another."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from physics.dynamics.frame import Frame
from physics.dynamics.grading import Grader, Grading
from physics.errors import InputError
from physics.potentials.active_set import ActiveSet
from physics.potentials.potential import MomentTensorPotential


@pytest.fixture(scope="module")
def images() -> list[Atoms]:
    """Strained and shaken cells of sodium chloride."""
    rng = np.random.default_rng(0)
    crystals = [bulk("NaCl", "rocksalt", a=a, cubic=True) for a in np.linspace(5.2, 6.0, 12)]
    for atoms in crystals:
        strain = np.eye(3) + rng.normal(scale=0.02, size=(3, 3))
        atoms.set_cell(atoms.cell.array @ strain, scale_atoms=True)
        atoms.positions += rng.normal(scale=0.15, size=atoms.positions.shape)
    return crystals


@pytest.fixture(scope="module")
def active(images: list[Atoms]) -> ActiveSet:
    """Of the first ten."""
    rng = np.random.default_rng(1)
    potential = MomentTensorPotential.initialise(
        2, ["Cl", "Na"], r_min=2.0, r_max=5.0, n_chebyshev=4, rng=rng
    )
    return ActiveSet.select(potential, images[:10])


def frame_of(atoms: Atoms, step: int = 0) -> Frame:
    return Frame(step, 2.0 * step, atoms.positions.copy(), atoms.cell.array, 0.0, 0.0)


def test_grades_are_those_of_the_active_set(active: ActiveSet, images: list[Atoms]) -> None:
    grader = Grader(Grading(), active, images[0])
    grades = [grader.grade(frame_of(atoms)) for atoms in images]
    np.testing.assert_allclose(grades, active.grade(images), rtol=1e-9)
    assert max(grades[:10]) < 1.1


def test_grades_follow_atoms_that_move_and_leave_the_cell(
    active: ActiveSet, images: list[Atoms]
) -> None:
    """Frames have unwrapped positions; the list of neighbours is kept from one to the next."""
    atoms = images[0].copy()
    grader = Grader(Grading(), active, atoms)
    rng = np.random.default_rng(2)
    velocities = rng.normal(scale=0.05, size=atoms.positions.shape)
    drift = np.array([0.4, 0.0, -0.2])
    for step in range(40):
        atoms.positions += velocities * np.cos(step / 4) + drift
        atoms.set_cell(atoms.cell.array * (1 + 0.002 * np.sin(step)), scale_atoms=True)
        wrapped = atoms.copy()
        wrapped.wrap()
        expected = active.grade([wrapped])[0]
        assert grader.grade(frame_of(atoms, step)) == pytest.approx(expected, rel=1e-8)


def test_a_potential_that_does_not_know_an_element_is_refused(active: ActiveSet) -> None:
    with pytest.raises(InputError, match="K"):
        Grader(Grading(), active, Atoms("KCl", [[0, 0, 0], [0, 0, 3]], cell=[9, 9, 9], pbc=True))


@pytest.mark.parametrize(
    "given",
    [{"keep": 0.5}, {"keep": 5.0, "stop": 4.0}, {"interval": 0}, {"keep": np.nan}],
)
def test_thresholds_that_make_no_sense_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(InputError, match="expected 1 <= keep <= stop"):
        Grading(**given)  # type: ignore[arg-type]
