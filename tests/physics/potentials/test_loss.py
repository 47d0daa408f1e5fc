"""The loss against motep's, and its derivatives against finite differences."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from motep.io.mlip.mtp import read_mtp
from motep.loss import LossFunction, LossSetting

from physics.errors import InputError
from physics.potentials import loss as loss_module
from physics.potentials.files import write_potential
from physics.potentials.labels import Labels
from physics.potentials.loss import Loss, Weights
from physics.potentials.potential import MomentTensorPotential

CELL = [[7.0, 0.0, 0.0], [2.0, 6.0, 0.0], [0.0, 1.0, 6.5]]


@pytest.fixture(scope="module")
def images(draw_atoms: Callable[..., Atoms]) -> list[Atoms]:
    rng = np.random.default_rng(0)
    drawn = [draw_atoms(n, 2, seed=n, cell=CELL) for n in (3, 5, 2, 6)]
    for atoms in drawn:
        atoms.calc = SinglePointCalculator(
            atoms,
            energy=rng.normal(),
            forces=rng.normal(size=(len(atoms), 3)),
            stress=0.01 * rng.normal(size=6),
        )
    return drawn


@pytest.fixture(scope="module")
def potential(draw_potential: Callable[..., MomentTensorPotential]) -> MomentTensorPotential:
    return draw_potential(8, 2)


def test_it_equals_that_of_motep(
    images: list[Atoms], potential: MomentTensorPotential, tmp_path: Path
) -> None:
    write_potential(tmp_path / "p.mtp", potential, "MLIP-2")
    data = read_mtp(tmp_path / "p.mtp")
    data.species = Atoms(list(potential.species)).numbers
    data.optimized = ["radial_coeffs", "species_coeffs", "moment_coeffs"]
    setting = LossSetting(energy_weight=1.3, forces_weight=0.02, stress_weight=0.005)
    motep = LossFunction(images, data, setting, engine="cext")
    ours = Loss(potential, images, Weights(1.3, 0.02, 0.005))
    assert ours.value(potential) == pytest.approx(motep(data.parameters), rel=1e-9)
    _, gradient, _ = ours.normal_equations(potential)
    linear = len(potential.species) + len(potential.xi)
    theirs = motep.jac(data.parameters)
    xi, offsets, radial = np.split(theirs, [len(potential.xi), linear])
    np.testing.assert_allclose(
        2 * gradient,
        np.concatenate([radial, offsets, xi]),
        rtol=1e-7,
        atol=1e-9 * np.abs(gradient).max(),
    )


@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_derivatives_equal_finite_differences(
    images: list[Atoms], potential: MomentTensorPotential, ridge: float
) -> None:
    loss = Loss(potential, images, Weights(ridge=ridge))
    value, gradient, matrix = loss.normal_equations(potential)
    assert value == pytest.approx(loss.value(potential))
    assert np.linalg.eigvalsh(matrix).min() > -1e-10 * np.abs(matrix).max()
    theta = potential.parameters
    rng = np.random.default_rng(1)
    for _ in range(5):
        direction = rng.normal(size=len(theta)) * np.abs(theta)
        up, down = (
            loss.value(potential.with_parameters(theta + h * direction)) for h in (1e-5, -1e-5)
        )
        assert 2 * gradient @ direction == pytest.approx((up - down) / 2e-5, rel=1e-6)


def test_configurations_may_be_derived_in_groups(
    images: list[Atoms], potential: MomentTensorPotential, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Loss(potential, images, Weights()).normal_equations(potential)
    monkeypatch.setattr(loss_module, "GROUP", 7 * 3 * potential.n_parameters)
    loss = Loss(potential, images, Weights())
    assert [len(group.labels.sizes) for group in loss._groups] == [1, 2, 1]
    for part, expected in zip(loss.normal_equations(potential), whole, strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-10, atol=1e-12)


def test_missing_labels_do_not_count(images: list[Atoms], potential: MomentTensorPotential) -> None:
    bare = [atoms.copy() for atoms in images]
    for atoms, given in zip(bare, images, strict=True):
        atoms.calc = SinglePointCalculator(atoms, energy=given.get_potential_energy())
    without = Loss(potential, bare, Weights())
    assert without.value(potential) == Loss(potential, images, Weights(1, 0, 0)).value(potential)
    assert without.n_labels == 4
    assert Loss(potential, images, Weights()).n_labels == 4 + 16 * 3 + 4 * 6


@pytest.mark.parametrize("label", ["energy", "forces", "stress"])
def test_labels_that_are_not_finite_are_refused(images: list[Atoms], label: str) -> None:
    broken = images[1].copy()
    results = dict(images[1].calc.results)
    results[label] = results[label] * np.nan
    broken.calc = SinglePointCalculator(broken, **results)
    with pytest.raises(InputError, match=rf"configuration 1 \(.*{label}.*not finite.*leave out"):
        Labels.of([images[0], broken])


def test_a_configuration_without_energy_is_refused(images: list[Atoms]) -> None:
    with pytest.raises(InputError, match=r"configuration 0 .* has no energy"):
        Labels.of([images[0].copy()])


def test_no_configurations_are_refused() -> None:
    with pytest.raises(InputError, match="no configurations"):
        Labels.of([])


@pytest.mark.parametrize("weights", [(-1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1.0, np.nan, 0.0)])
def test_weights_without_a_minimum_are_refused(weights: tuple[float, float, float]) -> None:
    with pytest.raises(InputError, match=r"weights .* expected"):
        Weights(*weights)
