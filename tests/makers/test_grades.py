"""Jobs of active sets and grades."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from makers.dataset import SplitMaker, take_selected
from makers.grades import ActiveSetMaker, GradeMaker
from makers.potential import EvaluateMaker, FitMaker
from physics.errors import InputError
from physics.potentials.active_set import ActiveSet
from stores.documents import DatasetDocument, GradeDocument, PotentialDocument


def run(maker: Any, *given: Any) -> Any:
    """Run a job here and now."""
    return maker.make.original(maker, *given)


@pytest.fixture(scope="module")
def fitted(alloy: DatasetDocument, tmp_path_factory: pytest.TempPathFactory) -> PotentialDocument:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("run"))
        return run(FitMaker(level=2, r_max=4.0, n_chebyshev=4, max_steps=8), alloy)


@pytest.fixture(scope="module")
def candidates(alloy: DatasetDocument) -> DatasetDocument:
    """A cell of the training set, one far from it twice, all without labels."""
    known, far = (atoms.copy() for atoms in alloy.to_images()[:2])
    far.set_cell(far.cell.array * 0.85, scale_atoms=True)
    return DatasetDocument.from_images([known, far, far.copy()], source="test")


def test_training_configurations_have_no_grade_beyond_one(
    fitted: PotentialDocument, alloy: DatasetDocument
) -> None:
    active = run(ActiveSetMaker(), fitted, alloy)
    graded = run(GradeMaker(), active, alloy)
    assert max(graded.grades) < 1.1
    assert graded.selected == []
    expected = ActiveSet.select(fitted.potential(), alloy.to_images())
    assert active.active_set.rank == expected.rank
    assert active.active_set.rows == fitted.n_parameters
    assert (active.restored_active_set().rows == expected.rows).all()
    with pytest.raises(InputError, match="0 configurations were selected"):
        take_selected.original(alloy, graded)


def test_far_configurations_are_selected_once(
    fitted: PotentialDocument, alloy: DatasetDocument, candidates: DatasetDocument
) -> None:
    graded: GradeDocument = run(GradeMaker(), run(ActiveSetMaker(), fitted, alloy), candidates)
    assert graded.grades[0] < 1.1
    assert graded.grades[1] == graded.grades[2] > 2
    assert len(graded.selected) == 1
    assert graded.selected[0] in {1, 2}
    atoms = graded.atom_grades()
    assert atoms is not None
    assert atoms.reshape(3, 4).max(axis=1).tolist() == graded.grades
    taken = take_selected.original(candidates, graded)
    (far,) = taken.to_images()
    assert (far.positions == candidates.to_images()[1].positions).all()
    with pytest.raises(InputError, match="expected some of the same"):
        take_selected.original(alloy, graded)


def test_whole_configurations_are_graded(
    fitted: PotentialDocument, alloy: DatasetDocument, candidates: DatasetDocument
) -> None:
    active = run(ActiveSetMaker(mode="configuration"), fitted, alloy)
    graded = run(GradeMaker(), active, candidates)
    assert graded.mode == "configuration"
    assert graded.packed is None
    assert graded.atom_grades() is None
    expected = ActiveSet.select(fitted.potential(), alloy.to_images(), "configuration")
    assert graded.grades == pytest.approx(expected.grade(candidates.to_images()))


def test_test_errors_are_kept_with_the_active_set(
    fitted: PotentialDocument, alloy: DatasetDocument
) -> None:
    evaluation = run(EvaluateMaker(), fitted, alloy.taken([3, 4], "test"))
    done = run(ActiveSetMaker(), fitted, alloy, evaluation)
    assert done.test == evaluation.errors
    assert done.checksum == fitted.checksum
    assert done.input_hash != fitted.input_hash


def test_gaps_of_the_training_set_become_a_warning(alloy: DatasetDocument, workspace: Path) -> None:
    few = alloy.taken([0, 1], "few")
    fitted = run(FitMaker(level=2, r_max=4.0, n_chebyshev=4, max_steps=1), few)
    active = run(ActiveSetMaker(mode="configuration"), fitted, few)
    assert any("huge grades" in warning for warning in active.warnings)


def test_what_does_not_belong_together_is_refused(
    fitted: PotentialDocument, alloy: DatasetDocument
) -> None:
    part = alloy.taken([0, 1, 2], "part")
    with pytest.raises(InputError, match="did not train"):
        run(ActiveSetMaker(), fitted, part)
    evaluation = run(EvaluateMaker(), fitted, part)
    other = evaluation.model_copy(update={"potential": "another"})
    with pytest.raises(InputError, match="another potential"):
        run(ActiveSetMaker(), fitted, alloy, other)
    with pytest.raises(InputError, match="no active set"):
        run(GradeMaker(), fitted, part)


def test_a_random_split_warns_of_trajectories(alloy: DatasetDocument) -> None:
    blocks = run(SplitMaker(fraction=0.2, blocks=5), alloy)
    assert not blocks.warnings
    assert blocks.training.n_configurations == 24
    assert blocks.test.group_sizes == {"first": 4, "second": 2}
    assert len(set(blocks.test_blocks)) == 2
    drawn = run(SplitMaker(method="random", fraction=0.2), alloy)
    assert any("frames of trajectories" in warning for warning in drawn.warnings)
    assert drawn.test.warnings == drawn.warnings
    assert drawn.test.n_configurations == len(np.unique(drawn.test_blocks)) == 6
    with pytest.raises(InputError, match="'all'"):
        run(SplitMaker(method="all"), alloy)
