"""Jobs that fit and evaluate potentials."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator
from ase.neighborlist import neighbor_list
from ase.units import GPa

from makers.potential import EvaluateMaker, FitMaker
from physics.errors import InputError
from physics.potentials.calculator import MTPCalculator
from physics.potentials.loss import Loss, Weights
from stores.documents import DatasetDocument, PotentialDocument


def fit(dataset: DatasetDocument, *given: Any, **fields: Any) -> PotentialDocument:
    """Fit here and now."""
    settings = {"level": 2, "r_max": 4.0, "n_chebyshev": 4, "max_steps": 8} | fields
    maker = FitMaker(**settings)
    return maker.make.original(maker, dataset, *given)


def evaluate(potential: PotentialDocument, dataset: DatasetDocument) -> Any:
    maker = EvaluateMaker()
    return maker.make.original(maker, potential, dataset)


@pytest.fixture(scope="module")
def fitted(alloy: DatasetDocument, tmp_path_factory: pytest.TempPathFactory) -> PotentialDocument:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("run") / ".")
        return fit(alloy, max_steps=100)


def test_the_document_holds_the_potential_and_how_it_was_fitted(
    fitted: PotentialDocument, alloy: DatasetDocument
) -> None:
    potential = fitted.potential()
    assert fitted.species == ["Cu", "Au"] == list(potential.species)
    assert (fitted.level, fitted.r_max, fitted.n_chebyshev) == (2, 4.0, 4)
    assert fitted.n_parameters == 2 * 2 * 1 * 4 + 2 + 1
    assert fitted.converged
    assert fitted.losses == sorted(fitted.losses, reverse=True)
    loss = Loss(potential, alloy.to_images(), Weights())
    assert fitted.losses[-1] == pytest.approx(loss.value(potential), rel=1e-12)
    assert fitted.training.dataset == alloy.reference
    assert (fitted.seed, fitted.began_with, fitted.start_losses) == (0, None, [fitted.losses[-1]])
    assert PotentialDocument.from_stored(fitted.model_dump()).potential().parameters == (
        pytest.approx(potential.parameters, rel=0, abs=0)
    )


def test_of_several_starts_the_best_is_kept(alloy: DatasetDocument, workspace: Path) -> None:
    several = fit(alloy, starts=3, seed=4, max_steps=2)
    alone = [fit(alloy, seed=seed, max_steps=2).losses[-1] for seed in (4, 5, 6)]
    assert several.start_losses == alone
    assert several.losses[-1] == min(alone)
    assert several.seed == 4 + int(np.argmin(alone))
    assert any("did not converge in 2 steps" in warning for warning in several.warnings)


def test_a_fit_begins_with_a_trained_potential(
    fitted: PotentialDocument, alloy: DatasetDocument, workspace: Path
) -> None:
    """It is no worse from the first step on, and keeps level and cutoff of that potential."""
    again = fit(alloy, fitted, level=8, r_max=6.0)
    assert again.losses[0] <= fitted.losses[-1] * (1 + 1e-12)
    assert (again.level, again.r_max) == (2, 4.0)
    assert (again.began_with, again.seed) == (fitted.checksum, None)


def test_errors_are_those_of_the_calculator_of_ase(
    fitted: PotentialDocument, alloy: DatasetDocument
) -> None:
    document = evaluate(fitted, alloy)
    calculator = MTPCalculator(fitted.potential())
    images = alloy.to_images()
    energy, forces, stress = [], [], []
    for atoms in images:
        copy = atoms.copy()
        copy.calc = calculator
        energy.append(abs(copy.get_potential_energy() - atoms.get_potential_energy()) / len(atoms))
        forces.append(np.abs(copy.get_forces() - atoms.get_forces()).mean())
        stress.append(np.abs(copy.get_stress() - atoms.get_stress()).mean() / GPa)
    assert document.by_configuration["energy"] == pytest.approx(energy, rel=1e-6)
    assert document.by_configuration["forces"] == pytest.approx(forces, rel=1e-6)
    assert document.by_configuration["stress"] == pytest.approx(stress, rel=1e-6)
    assert document.errors.overall.energy.mae == pytest.approx(np.mean(energy), rel=1e-6)
    assert fitted.training.overall.forces.mae == pytest.approx(np.mean(forces), rel=1e-6)
    assert document.errors.groups.keys() == {"first", "second"}
    assert document.errors.groups["second"].stress.mae == pytest.approx(np.mean(stress[20:]))
    found = document.predictions()
    assert found.forces.reference == pytest.approx(
        np.concatenate([atoms.get_forces().ravel() for atoms in images]), abs=0
    )
    assert np.abs(found.energy.predicted - found.energy.reference) == pytest.approx(
        energy, rel=1e-6
    )


def test_labels_that_are_missing_do_not_count(
    fitted: PotentialDocument, alloy: DatasetDocument
) -> None:
    images = alloy.to_images()[:2]
    images[1].calc = SinglePointCalculator(images[1], energy=images[1].get_potential_energy())
    document = evaluate(fitted, DatasetDocument.from_images(images, source="test"))
    assert document.errors.overall.forces.count == 12
    assert np.isnan(document.by_configuration["forces"]).tolist() == [False, True]
    assert np.isfinite(document.by_configuration["energy"]).all()


def test_the_cost_counts_neighbours_within_the_cutoff(fitted: PotentialDocument) -> None:
    crystal = bulk("Cu", cubic=True, a=3.6)
    crystal.calc = SinglePointCalculator(crystal, energy=0.0)
    document = evaluate(fitted, DatasetDocument.from_images([crystal], source="test"))
    assert document.neighbours == 18 == len(neighbor_list("i", crystal, 4.0)) / 4
    assert document.operations == 18 * (4 + 1) + 0 + 1
    assert document.seconds > 0


def test_an_earlier_attempt_in_a_folder_beside_is_continued(
    alloy: DatasetDocument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fit that was cut off goes on to the same end as one that was not."""
    folders = [tmp_path / name for name in ("0001-fit", "0001-fit.2", "0002-other")]
    for folder in folders:
        folder.mkdir()
    monkeypatch.chdir(folders[2])
    whole = fit(alloy, max_steps=6, tolerance=0.0)
    (checkpoint,) = folders[2].glob("*.npz")
    monkeypatch.chdir(folders[0])
    steps: list[int] = []

    def cut_off(message: str, step: int, loss: float) -> None:
        steps.append(step)
        if len(steps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("makers.potential.logger.info", cut_off)
    checkpoint.rename(tmp_path / "elsewhere.npz")
    with pytest.raises(KeyboardInterrupt):
        fit(alloy, max_steps=6, tolerance=0.0)
    monkeypatch.chdir(folders[1])
    continued = fit(alloy, max_steps=6, tolerance=0.0)
    assert steps == [1, 2, 3, 4, 5, 6]
    assert continued.text == whole.text
    assert continued.losses == whole.losses


def test_configurations_that_train_are_no_test(
    fitted: PotentialDocument, alloy: DatasetDocument
) -> None:
    images = alloy.to_images()
    shaken = [atoms.copy() for atoms in images[:3]]
    for atoms in shaken:
        atoms.rattle(0.05, seed=1)
        atoms.calc = SinglePointCalculator(atoms, energy=0.0)
    apart = DatasetDocument.from_images(shaken, source="test")
    maker = EvaluateMaker()
    given = maker.make.original(maker, fitted, apart, training=alloy)
    assert given.input_hash == evaluate(fitted, apart).input_hash
    mixed = DatasetDocument.from_images([*shaken, images[7], images[20]], source="test")
    said = "2 of 5 configurations that were held out are in the training set, .* number 3; keep"
    with pytest.raises(InputError, match=said):
        maker.make.original(maker, fitted, mixed, training=alloy)


def test_errors_on_a_held_out_set_do_not_reach_a_fit(
    fitted: PotentialDocument, alloy: DatasetDocument, workspace: Path
) -> None:
    """A potential that was tested begins the same fit as one that was not."""
    tested = fitted.model_copy(update={"test": evaluate(fitted, alloy).errors})
    first, second = (fit(alloy, begin, max_steps=2) for begin in (fitted, tested))
    assert first.input_hash == second.input_hash


def test_bad_input_is_refused(
    fitted: PotentialDocument, alloy: DatasetDocument, workspace: Path
) -> None:
    with pytest.raises(InputError, match="0 starts"):
        fit(alloy, starts=0)
    with pytest.raises(InputError, match="2 starts"):
        fit(alloy, fitted, starts=2)
    with pytest.raises(InputError, match="choose a lower level"):
        fit(alloy.taken([0], "one"), n_chebyshev=8)
    without = [atoms.copy() for atoms in alloy.to_images()]
    with pytest.raises(InputError, match="has no energy"):
        fit(DatasetDocument.from_images(without, source="test"))
