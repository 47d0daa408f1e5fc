"""Errors of potentials: labels that are off by known amounts."""

from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.units import GPa

from physics.errors import InputError
from physics.potentials.calculator import MTPCalculator
from physics.potentials.errors import Errors, errors, errors_by_group, predictions
from physics.potentials.potential import MomentTensorPotential

TRICLINIC = [[6.0, 0.0, 0.0], [1.0, 6.0, 0.0], [0.5, 0.3, 6.5]]
LABELS = ("energy", "forces", "stress")


@pytest.fixture(scope="module")
def potential(draw_potential: Callable[..., MomentTensorPotential]) -> MomentTensorPotential:
    return draw_potential(4)


@pytest.fixture(scope="module")
def images(
    potential: MomentTensorPotential, draw_atoms: Callable[..., Atoms]
) -> Callable[..., list[Atoms]]:
    """Crystals of 4, 5, ... atoms with the potential's own labels, as ASE's calculator has them."""

    def draw(count: int, labels: tuple[str, ...] = LABELS) -> list[Atoms]:
        drawn = []
        for seed in range(count):
            atoms = draw_atoms(4 + seed, seed=seed, cell=TRICLINIC)
            atoms.calc = MTPCalculator(potential)
            results = {label: np.array(atoms.calc.get_property(label, atoms)) for label in labels}
            results["energy"] = float(results["energy"])
            atoms.calc = SinglePointCalculator(atoms, **results)
            drawn.append(atoms)
        return drawn

    return draw


def deviations(found: Errors) -> list[tuple[float, float, float, int]]:
    kinds = (found.energy, found.forces, found.stress)
    return [(kind.mae, kind.rmse, kind.maximum, kind.count) for kind in kinds]


def test_own_labels_have_no_error(
    potential: MomentTensorPotential, images: Callable[..., list[Atoms]]
) -> None:
    found = errors(potential, images(3))
    assert [kind[3] for kind in deviations(found)] == [3, 3 * (4 + 5 + 6), 18]
    assert max(kind[2] for kind in deviations(found)) < 1e-10


def test_shifted_labels_give_the_shift(
    potential: MomentTensorPotential, images: Callable[..., list[Atoms]]
) -> None:
    shifted = images(3)
    for atoms in shifted:
        atoms.calc.results["energy"] += 0.02 * len(atoms)
        atoms.calc.results["forces"] -= 0.3
        atoms.calc.results["stress"] += 1.5 * GPa
    found = deviations(errors(potential, shifted))
    assert found[0] == pytest.approx((0.02, 0.02, 0.02, 3))
    assert found[1] == pytest.approx((0.3, 0.3, 0.3, 45))
    assert found[2] == pytest.approx((1.5, 1.5, 1.5, 18))


def test_mean_root_mean_square_and_largest_differ(
    potential: MomentTensorPotential, images: Callable[..., list[Atoms]]
) -> None:
    shifted = images(2)
    shifted[0].calc.results["energy"] += 3.0 * len(shifted[0])
    shifted[1].calc.results["energy"] -= 4.0 * len(shifted[1])
    energy = errors(potential, shifted).energy
    assert (energy.mae, energy.rmse, energy.maximum) == pytest.approx((3.5, 12.5**0.5, 4.0))


def test_missing_labels_do_not_count(
    potential: MomentTensorPotential, images: Callable[..., list[Atoms]]
) -> None:
    bare, full = images(1, ("energy",))[0], images(2)[1]
    full.calc.results["forces"] += 0.1
    found = errors(potential, [bare, full])
    assert (found.energy.count, found.forces.count, found.stress.count) == (2, 15, 6)
    assert found.forces.mae == pytest.approx(0.1)
    nothing = errors(potential, [bare]).stress
    assert nothing.count == 0
    assert np.isnan([nothing.mae, nothing.rmse, nothing.maximum]).all()


def test_cluster_has_no_stress(
    potential: MomentTensorPotential, draw_atoms: Callable[..., Atoms]
) -> None:
    cluster = draw_atoms(4)
    cluster.calc = SinglePointCalculator(
        cluster, energy=0.0, forces=np.zeros((4, 3)), stress=np.zeros(6)
    )
    found = errors(potential, [cluster])
    assert (found.forces.count, found.stress.count) == (12, 0)


def test_groups_are_apart(
    potential: MomentTensorPotential, images: Callable[..., list[Atoms]]
) -> None:
    mixed = images(3)
    mixed[1].calc.results["energy"] += 0.5 * len(mixed[1])
    found = errors_by_group(potential, mixed, ["hot", "cold", "hot"])
    assert list(found) == ["hot", "cold"]
    assert [group.energy.count for group in found.values()] == [2, 1]
    assert [group.energy.mae for group in found.values()] == pytest.approx([0.0, 0.5], abs=1e-10)
    assert found["cold"].forces.count == 3 * len(mixed[1])
    with pytest.raises(InputError, match="1 groups were given for 3 configurations"):
        errors_by_group(potential, mixed, ["all"])


def test_predictions_tell_which_configuration(
    potential: MomentTensorPotential, images: Callable[..., list[Atoms]]
) -> None:
    many = images(3) * 30  # more than are evaluated at once
    found = predictions(potential, many)
    assert found.forces.configurations.tolist() == np.repeat(range(90), [12, 15, 18] * 30).tolist()
    last = many[-1]
    assert found.energy.reference[-1] == last.get_potential_energy() / len(last)
    assert found.forces.of([89]).predicted == pytest.approx(last.get_forces().ravel())
    assert found.stress.of([89]).predicted == pytest.approx(last.get_stress() / GPa)


def test_coinciding_atoms_are_refused(potential: MomentTensorPotential) -> None:
    atoms = Atoms("Li2", positions=[[0, 0, 0], [0, 0, 0]])
    atoms.calc = SinglePointCalculator(atoms, energy=0.0)
    with pytest.raises(InputError, match="same place"):
        errors(potential, [atoms])
