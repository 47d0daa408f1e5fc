"""A potential of copper that was fitted to EMT, beside EMT and beside itself."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.units import GPa
from pymatgen.core import Lattice, Structure
from scipy.optimize import minimize_scalar

from makers.elastic import strain_structure
from makers.relaxation import relax
from makers.validation import ValidateMaker
from physics.analysis.elasticity import strain_modes
from physics.potentials.calculator import MTPCalculator
from physics.potentials.loss import Weights
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.training import train, untrained
from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.request import Request, build
from physics.structures.slab import layer_cell
from stores.documents import (
    BestBoundary,
    BuiltCandidate,
    StoredPotential,
    StressStrainDocument,
    ValidationDocument,
)

STRAIN = 0.01


@pytest.fixture(scope="module")
def fitted() -> MomentTensorPotential:
    """A potential of twenty strained and rattled cells of EMT copper."""
    rng = np.random.default_rng(0)
    images = []
    for _ in range(20):
        atoms = bulk("Cu", cubic=True, a=3.6)
        strain = np.eye(3) + rng.normal(scale=0.02, size=(3, 3))
        atoms.set_cell(atoms.cell.array @ strain, scale_atoms=True)
        atoms.rattle(0.05, rng=rng)
        atoms.calc = EMT()
        atoms.calc = SinglePointCalculator(
            atoms,
            energy=atoms.get_potential_energy(),
            forces=atoms.get_forces(),
            stress=atoms.get_stress(),
        )
        images.append(atoms)
    start = untrained(images, 8, r_max=5.0, n_chebyshev=6)
    return train(start, images, weights=Weights(forces=0.1, stress=0.1), max_steps=60).potential


def emt_energy(deformation: np.ndarray) -> float:
    """Energy of a deformed cell of fcc copper with EMT's lattice parameter, eV."""
    atoms = bulk("Cu", cubic=True, a=emt_lattice_parameter())
    atoms.set_cell(atoms.cell.array @ deformation, scale_atoms=True)
    atoms.calc = EMT()
    return float(atoms.get_potential_energy())


@cache
def emt_lattice_parameter() -> float:
    def energy(parameter: float) -> float:
        atoms = bulk("Cu", a=parameter)
        atoms.calc = EMT()
        return float(atoms.get_potential_energy())

    return float(minimize_scalar(energy, bracket=(3.5, 3.7), tol=1e-10).x)


def emt_curvature(mode: np.ndarray) -> float:
    """Second derivative of the energy density by the amount of a strain, GPa."""
    step = 0.002
    plus, minus = (emt_energy(np.eye(3) + sign * step * mode) for sign in (1, -1))
    curvature = (plus - 2 * emt_energy(np.eye(3)) + minus) / step**2
    return curvature / emt_lattice_parameter() ** 3 / GPa


def crystal_of(calculator: Calculator) -> Structure:
    start = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
    return relax(start, calculator, cell="free", fmax=1e-5, steps=300).structure


def emt_elastic(crystal: Structure) -> StressStrainDocument:
    """Stresses by EMT."""
    strains = strain_modes(STRAIN)
    strained = strain_structure.original(crystal, strains.tolist())
    stress = partial(relax, calculator=EMT(), cell="fixed", fmax=1e-4, steps=100)
    return StressStrainDocument(
        input_hash="elastic",
        warnings=["EMT is a model"],
        engine="emt",
        functional="EMT",
        structure=crystal,
        prestress=np.zeros((3, 3)).tolist(),
        strain=STRAIN,
        relax_ions=True,
        halved=False,
        strains=strains.tolist(),
        stresses=[stress(structure).stress.tolist() for structure in strained],
        rotations=[np.eye(3).tolist()],
    )


def boundary(
    structure: Structure, energy: float, bulks: list[Structure], energies: list[float]
) -> BestBoundary:
    candidate = BuiltCandidate(
        structure=structure, heights=(0.0, 1.0), cuts=(0.0, 0.0), shift=(0.0, 0.0), gap=0.0,
        equivalent=True, overlap=0.0, moved=0.0, removed=0,
    )  # fmt: skip
    return BestBoundary(
        label="a boundary", crystal=bulks[0], built=candidate, energy=energy, bulks=bulks,
        bulk_energies=energies,
    )  # fmt: skip


def no_boundary(crystal: Structure, stretch: float = 1.0) -> BestBoundary:
    """Two grains that are one crystal, four atoms of it and twelve; -2 and -1 eV per atom."""
    layer = Structure(
        Lattice(crystal.lattice.matrix * [stretch, stretch, 1]),
        crystal.species,
        crystal.frac_coords,
    )
    stack = layer * (1, 1, 4)
    upper = stack.frac_coords[:, 2] % 1 > 0.25 - 1e-6
    stack.add_site_property("grain", upper.astype(int).tolist())
    return boundary(stack, -20.0, [layer, layer], [-2.0, -1.0])


def validated(
    potential: MomentTensorPotential, crystal: Structure, *arguments: Any, **fields: Any
) -> ValidationDocument:
    maker = ValidateMaker(engine="emt", strain=STRAIN, **fields)
    return ValidateMaker.make.original(maker, StoredPotential.of(potential), crystal, *arguments)


@pytest.fixture(scope="module")
def beside_emt(fitted: MomentTensorPotential) -> ValidationDocument:
    crystal = crystal_of(EMT())
    return validated(fitted, crystal, [no_boundary(crystal)], emt_elastic(crystal), ["a job"])


def test_the_lattice_is_that_of_the_engine(beside_emt: ValidationDocument) -> None:
    assert beside_emt.relaxed is not None
    expected = [emt_lattice_parameter()] * 3
    assert beside_emt.crystal.lattice.abc == pytest.approx(expected, abs=1e-4)
    assert beside_emt.relaxed.lattice.abc == pytest.approx(expected, abs=0.002)
    assert beside_emt.relaxed.lattice.abc != beside_emt.crystal.lattice.abc


def test_elastic_constants_are_curvatures_of_the_energy_of_the_engine(
    beside_emt: ValidationDocument,
) -> None:
    """C11 from a stretch, C11 - C12 and C44 from shears of constant volume to first order."""
    c11 = emt_curvature(np.diag([1.0, 0, 0]))
    c12 = c11 - emt_curvature(np.diag([1.0, -1, 0])) / 2
    c44 = emt_curvature(np.array([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]]))
    expected = np.diag([c11 - c12] * 3 + [c44] * 3)
    expected[:3, :3] += c12
    np.testing.assert_allclose(beside_emt.reference_stiffness, expected, atol=0.02 * c11)
    np.testing.assert_allclose(beside_emt.stiffness, expected, atol=0.05 * c11)


def test_both_tensors_are_of_one_crystal(fitted: MomentTensorPotential) -> None:
    """Turned by 45 degrees, C11 would be (C11 + C12 + 2 C44) / 2: a third more."""
    crystal = crystal_of(EMT())
    half = np.sqrt(0.5)
    turn = np.array([[half, half, 0], [-half, half, 0], [0, 0, 1]])
    turned = Structure(Lattice(crystal.lattice.matrix @ turn), crystal.species, crystal.frac_coords)
    found = validated(fitted, turned, [], emt_elastic(crystal))
    tolerance = 0.05 * found.reference_stiffness[0][0]
    np.testing.assert_allclose(found.stiffness, found.reference_stiffness, atol=tolerance)


def test_what_it_rests_on_is_kept(
    beside_emt: ValidationDocument, fitted: MomentTensorPotential
) -> None:
    assert (beside_emt.engine, beside_emt.functional) == ("emt", "effective medium theory")
    assert beside_emt.potential == StoredPotential.of(fitted).checksum
    assert beside_emt.parents == ["a job"]
    assert beside_emt.warnings == ["EMT is a model"]


@pytest.mark.parametrize("stretch", [0.99, 1.0, 1.01])
def test_one_crystal_has_no_boundary_whatever_its_strain(
    fitted: MomentTensorPotential, stretch: float
) -> None:
    crystal = crystal_of(EMT())
    (found,) = validated(fitted, crystal, [no_boundary(crystal, stretch)]).boundaries
    assert found.reference == 0
    assert found.atoms == 16
    assert found.unrelaxed == pytest.approx(0, abs=1e-6)
    assert found.relaxed == pytest.approx(0, abs=1e-3)


def test_the_energy_by_the_engine_is_what_its_cell_has_more_than_the_bulk(
    fitted: MomentTensorPotential, copper: Structure
) -> None:
    """One eV more than the bulk, for two boundaries of 3.6 Å x 3.6 Å."""
    higher = no_boundary(copper).model_copy(update={"energy": -19.0})
    (found,) = validated(fitted, copper, [higher], steps=1).boundaries
    assert found.reference == pytest.approx(1.602176634e-19 / (2 * 3.6e-10**2))


@pytest.mark.parametrize("seed", range(3))
def test_one_crystal_has_no_boundary_by_any_potential(copper: Structure, seed: int) -> None:
    rng = np.random.default_rng(seed)
    potential = MomentTensorPotential.initialise(
        2, ["Cu"], r_min=2.0, r_max=4.5, n_chebyshev=6, rng=rng
    )
    found = validated(potential, copper, [no_boundary(copper)], steps=1).boundaries[0]
    assert found.unrelaxed == pytest.approx(0, abs=1e-6)


@pytest.fixture(scope="module")
def own(fitted: MomentTensorPotential) -> BestBoundary:
    """The (2 1 0) boundary of copper as the potential itself builds and relaxes it."""
    calculator = MTPCalculator(fitted)
    crystal = Crystal(crystal_of(calculator))
    (built,) = build(
        crystal, Request(plane="2 1 0"), Construction(separation=8, keep=1, translations=1)
    )
    find: Callable[..., Any] = partial(relax, calculator=calculator, cell="normal", steps=1000)
    layer = find(layer_cell(crystal, crystal.plane((2, 1, 0)), np.eye(2)), fmax=0.001)
    best = find(built.structure, fmax=0.01)
    structure = best.structure.copy(
        site_properties={"grain": built.structure.site_properties["grain"]}
    )
    per_atom = layer.energy / len(layer.structure)
    return boundary(structure, best.energy, [layer.structure] * 2, [per_atom] * 2)


def test_a_potential_agrees_with_itself(fitted: MomentTensorPotential, own: BestBoundary) -> None:
    (found,) = validated(fitted, own.bulks[0], [own]).boundaries
    assert found.reference > 0.3
    assert found.unrelaxed == pytest.approx(found.reference, abs=1e-6)
    assert found.relaxed == pytest.approx(found.reference, abs=1e-3)


def test_a_boundary_can_come_as_the_store_has_it(
    fitted: MomentTensorPotential, own: BestBoundary
) -> None:
    stored = own.model_dump() | {"bulks": list(own.bulks), "built": own.built.model_dump()}
    found = validated(fitted, own.bulks[0], [stored])
    assert found.boundaries == validated(fitted, own.bulks[0], [own]).boundaries


def test_what_does_not_relax_is_missing_with_a_warning(
    fitted: MomentTensorPotential, own: BestBoundary, copper: Structure
) -> None:
    start = copper.copy()
    start.perturb(0.1, seed=0)
    shaken = own.model_copy(
        update={"built": own.built.model_copy(update={"structure": own.built.structure.copy()})}
    )
    shaken.built.structure.perturb(0.1, seed=0)
    found = validated(fitted, start, [shaken], steps=1)
    assert found.relaxed is None
    assert found.stiffness is None
    assert found.boundaries[0].relaxed is None
    assert found.boundaries[0].unrelaxed > 1
    for text in ("no lattice by the potential: not relaxed", "no relaxed energy of a boundary"):
        assert any(warning.startswith(text) for warning in found.warnings), text


def test_an_element_that_the_potential_does_not_know_is_a_warning(
    fitted: MomentTensorPotential,
) -> None:
    gold = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.1), ["Au"], [[0, 0, 0]])
    found = validated(fitted, gold, [no_boundary(gold)])
    assert (found.relaxed, found.stiffness) == (None, None)
    assert (found.boundaries[0].unrelaxed, found.boundaries[0].relaxed) == (None, None)
    assert any("Au" in warning for warning in found.warnings)


def test_atoms_closer_than_the_potential_expects_are_a_warning(
    fitted: MomentTensorPotential, copper: Structure
) -> None:
    close = copper.copy()
    close.translate_sites([0], [0.12, 0.12, 0.0])
    found = validated(fitted, close)
    assert any(w.startswith("lattice: two atoms are") for w in found.warnings)


def test_it_depends_on_what_it_is_given(fitted: MomentTensorPotential, copper: Structure) -> None:
    other = fitted.with_parameters(1.01 * fitted.parameters)
    found = [
        validated(potential, copper, steps=0, **fields)
        for potential, fields in (
            (fitted, {}), (fitted, {"fmax": 0.5}), (fitted, {"boundary_fmax": 0.5}), (other, {}),
        )
    ]  # fmt: skip
    assert len({document.input_hash for document in found}) == len(found)
