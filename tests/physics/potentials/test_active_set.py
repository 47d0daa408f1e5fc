"""Active sets and extrapolation grades: motep, invariances, and training sets with gaps."""

from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from motep.calculator import MTP
from motep.grade import Grader
from motep.grade.setting import GradeMode
from scipy.spatial.transform import Rotation

from physics.errors import InputError
from physics.potentials import active_set
from physics.potentials.active_set import ActiveSet
from physics.potentials.batch import Batch
from physics.potentials.energy_gradients import Mode
from physics.potentials.potential import MomentTensorPotential

CELL = [[7.0, 0.0, 0.0], [2.0, 6.0, 0.0], [0.0, 1.0, 6.5]]

Draw = Callable[..., MomentTensorPotential]
DrawAtoms = Callable[..., Atoms]


@pytest.fixture(scope="session")
def potential(draw_potential: Draw) -> MomentTensorPotential:
    return draw_potential(8, 2)


@pytest.fixture(scope="session")
def training(draw_atoms: DrawAtoms) -> list[Atoms]:
    """Two structures, their atoms displaced many times."""
    rng = np.random.default_rng(0)
    images = []
    for k in range(120):
        atoms = draw_atoms(6, 2, seed=k % 2, cell=CELL)
        atoms.positions += rng.normal(0.0, 0.05, (6, 3))
        images.append(atoms)
    return images


@pytest.fixture(scope="session")
def active(potential: MomentTensorPotential, training: list[Atoms]) -> ActiveSet:
    return ActiveSet.select(potential, training)


@pytest.fixture(scope="session")
def candidates(draw_atoms: DrawAtoms) -> list[Atoms]:
    return [draw_atoms(6, 2, seed=seed, cell=CELL) for seed in range(40, 46)]


def of_motep(calculator: MTP, **settings: object) -> Grader:
    """Prepare the grader of motep."""
    return Grader(calculator.engine.mtp_data, seed=1, **settings)


@pytest.mark.parametrize("mode", ["neighbourhood", "configuration", "scalars"])
def test_rows_of_the_training_set_are_within_the_threshold(
    mode: Mode, potential: MomentTensorPotential, training: list[Atoms]
) -> None:
    active = ActiveSet.select(potential, training, mode)
    assert active.grade(training).max() <= 1.001 + 1e-9
    assert active.rank > 0.8 * len(active.rows)
    chosen = active.origins[active.origins[:, 0] >= 0]
    if mode == "configuration":
        found = active.grade(training)[chosen[:, 0]]
    else:
        grades = active.grades(training)
        found = [grades[c][atom] for c, atom in chosen]
    np.testing.assert_allclose(found, 1.0, atol=1e-7)


@pytest.mark.parametrize("ours", ["neighbourhood", "configuration"])
def test_grades_equal_motep_with_its_active_set(
    ours: Mode,
    potential: MomentTensorPotential,
    training: list[Atoms],
    candidates: list[Atoms],
    motep: Callable[..., MTP],
) -> None:
    theirs = {"neighbourhood": GradeMode.NEIGHBORHOOD, "configuration": GradeMode.CONFIGURATION}
    grader = of_motep(motep(potential), mode=theirs[ours], maxvol_setting={"algorithm": "mlip"})
    grader.update(training)
    scalars, offsets, radial = np.split(
        grader.maxvol_result.submatrix, np.cumsum([len(potential.xi), len(potential.offsets)]), 1
    )
    rows = np.hstack([radial, offsets, scalars])
    m = len(rows)
    active = ActiveSet(potential, ours, rows, np.zeros((m, 2), int), np.ones(m), len(training))
    images = [*training[:10], *candidates]
    graded = grader.grade(images)
    expected = [atoms.calc.results["MV_grade"] for atoms in graded]
    assert max(expected) > 5
    np.testing.assert_allclose(active.grade(images), expected, rtol=1e-6)
    if ours == "neighbourhood":
        for found, atoms in zip(active.grades(images), graded, strict=True):
            np.testing.assert_allclose(found, atoms.calc.results["nbh_grades"], rtol=1e-5)


def test_grades_by_scalars_equal_motep_with_fixed_radial_functions(
    potential: MomentTensorPotential,
    training: list[Atoms],
    candidates: list[Atoms],
    motep: Callable[..., MTP],
) -> None:
    # all parameters together are dependent, and canonical MaxVol has no padding
    calculator = motep(potential)
    calculator.engine.mtp_data.optimized = ["species_coeffs", "moment_coeffs"]
    grader = of_motep(
        calculator, mode=GradeMode.NEIGHBORHOOD, maxvol_setting={"algorithm": "maxvol"}
    )
    grader.update(training)
    scalars, offsets = np.split(grader.maxvol_result.submatrix, [len(potential.xi)], 1)
    rows = np.hstack([offsets, scalars])
    m = len(rows)
    active = ActiveSet(potential, "scalars", rows, np.zeros((m, 2), int), np.ones(m), 1)
    expected = [atoms.calc.results["MV_grade"] for atoms in grader.grade(candidates)]
    np.testing.assert_allclose(active.grade(candidates), expected, rtol=1e-8)
    ours = ActiveSet.select(potential, training, "scalars", 1 + 1e-6)
    volumes = [np.linalg.slogdet(array / ours.scales)[1] for array in (ours.rows, rows)]
    # both are dominant, so neither exceeds the other by more than the bound
    assert abs(volumes[0] - volumes[1]) <= m / 2 * np.log(m)
    again = ActiveSet(potential, "scalars", rows, np.zeros((m, 2), int), ours.scales, 1)
    np.testing.assert_array_equal(again.extended(training, 1 + 1e-6).rows, rows)


def test_exact_dependences_leave_no_noise_in_grades(
    draw_potential: Draw, training: list[Atoms]
) -> None:
    potential = draw_potential(16, 2)
    active = ActiveSet.select(potential, training)
    n_radial = potential.table.n_radial
    # one dependence of the scalars of level 16 besides those of the radial functions
    assert active.rank <= potential.n_parameters - n_radial * (n_radial + 1) // 2 - 1
    assert active.grade(training).max() <= 1.001 + 1e-6
    turned = [atoms.copy() for atoms in training[:20]]
    for atoms in turned:
        atoms.rotate(40, (1, 2, 3), rotate_cell=True)
    assert active.grade(turned).max() <= 1.001 + 1e-6
    rng = np.random.default_rng(5)
    for atoms in turned:
        atoms.positions += rng.normal(0.0, 0.001, (6, 3))
    assert active.grade(turned).max() < 3


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_grades_follow_atoms_through_rotation_and_permutation(
    seed: int, active: ActiveSet, candidates: list[Atoms]
) -> None:
    rng = np.random.default_rng(seed)
    atoms = candidates[seed % len(candidates)]
    order = rng.permutation(len(atoms))
    moved = atoms[order]
    rotation = Rotation.random(random_state=rng).as_matrix()
    moved.set_cell(atoms.cell.array @ rotation.T)
    moved.set_positions(moved.positions @ rotation.T)
    before, after = active.grades([atoms])[0], active.grades([moved])[0]
    np.testing.assert_allclose(after, before[order], rtol=1e-6)


def test_species_that_never_meet_are_named_and_graded_as_unknown(
    potential: MomentTensorPotential, training: list[Atoms]
) -> None:
    alone = [atoms[atoms.numbers == 3] for atoms in training]
    with pytest.warns(UserWarning, match="no neighbours Li-P, P-Li, P-P"):
        active = ActiveSet.select(potential, alone)
    assert active.grade(alone).max() <= 1.001
    assert active.grade(training[:5]).min() > 1e4


def test_fewer_configurations_than_parameters_are_warned_of(
    potential: MomentTensorPotential, training: list[Atoms]
) -> None:
    m = potential.n_parameters
    with pytest.warns(UserWarning, match=rf"10 of the {m} active rows.*mode neighbourhood"):
        active = ActiveSet.select(potential, training[:10], "configuration")
    assert active.rank == 10
    assert active.grade(training[10:20]).min() > 100


@pytest.mark.filterwarnings("error::UserWarning")
def test_sound_training_set_is_not_warned_of(
    potential: MomentTensorPotential, training: list[Atoms]
) -> None:
    ActiveSet.select(potential, training)


def test_one_of_near_duplicates_is_selected(
    active: ActiveSet, training: list[Atoms], candidates: list[Atoms]
) -> None:
    near = candidates[0].copy()
    near.positions += np.random.default_rng(0).normal(0.0, 1e-4, near.positions.shape)
    images = [training[3], candidates[0], near, training[7]]
    assert active.grade(images[1:3]).min() > 2
    selected = active.select_new(images)
    assert selected.tolist() in ([1], [2])


def test_selected_candidates_make_the_others_known(
    active: ActiveSet, training: list[Atoms], candidates: list[Atoms]
) -> None:
    assert active.grade(candidates).min() > 2
    wider = active.extended(candidates)
    assert wider.grade(candidates).max() <= 2.0 + 1e-9
    new = np.unique(wider.origins[wider.origins[:, 0] >= len(training), 0]) - len(training)
    np.testing.assert_array_equal(active.select_new(candidates), new)
    assert np.linalg.slogdet(wider.rows)[1] > np.linalg.slogdet(active.rows)[1]
    assert wider.select_new(candidates).tolist() == []
    assert active.select_new(training).tolist() == []


def test_parts_change_nothing(
    active: ActiveSet,
    training: list[Atoms],
    candidates: list[Atoms],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = [*candidates, training[0][:1], *training[:5]]
    grades = active.grades(images)
    monkeypatch.setattr(active_set, "ATOMS_AT_ONCE", 100)
    in_parts = active.grades(images)
    assert [len(found) for found in in_parts] == [len(atoms) for atoms in images]
    np.testing.assert_allclose(np.concatenate(in_parts), np.concatenate(grades), rtol=1e-7)
    streamed = ActiveSet.select(active.potential, training)
    assert streamed.grade(training).max() <= 1.001 + 1e-9


def test_atoms_are_graded_with_neighbours_known(active: ActiveSet, candidates: list[Atoms]) -> None:
    batch = Batch.of(active.potential, candidates[:1])
    np.testing.assert_array_equal(
        active.grade_atoms(batch.types, batch.pairs), active.grades(candidates[:1])[0]
    )


def test_no_images_have_no_grades(active: ActiveSet) -> None:
    assert active.grades([]) == []
    assert active.grade([]).shape == (0,)
    assert active.select_new([]).shape == (0,)


def test_bad_input_is_refused(
    potential: MomentTensorPotential, active: ActiveSet, training: list[Atoms]
) -> None:
    with pytest.raises(InputError, match="no configurations"):
        ActiveSet.select(potential, [])
    with pytest.raises(InputError, match="mode 'atoms'"):
        ActiveSet.select(potential, training, "atoms")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="threshold"):
        ActiveSet.select(potential, training, threshold=0.9)
    with pytest.raises(InputError, match=r"atoms of .* were given"):
        active.grade([Atoms("Cu", cell=CELL, pbc=True)])
    of_configurations = ActiveSet.select(potential, training, "configuration")
    with pytest.raises(InputError, match="whole configurations"):
        of_configurations.grades(training[:1])
