"""The registry, and one real job of every engine that pip alone can install."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import units
from ase.calculators.emt import EMT
from monty.json import MontyDecoder, MontyEncoder
from pymatgen.core import Structure

from makers.calculation import CalculationMaker, calculation
from makers.engine import Engine
from makers.engines import ENGINES, get_engine
from physics.errors import InputError
from stores.documents import CalculationDocument


def run(maker: CalculationMaker, structure: Structure) -> CalculationDocument:
    """Run a Maker here, after the round trip through JSON that every manager makes."""
    again = MontyDecoder().process_decoded(json.loads(json.dumps(maker, cls=MontyEncoder)))
    return again.make.original(again, structure)


def central_stress(maker: CalculationMaker, structure: Structure, axis: int) -> float:
    """Stress along an axis from energies, GPa: (1/V) dE/d(strain)."""
    step = 1e-3
    energies = []
    for strain in (step, -step):
        strained = structure.copy()
        factor = np.ones(3)
        factor[axis] += strain
        strained.lattice = strained.lattice.__class__(strained.lattice.matrix * factor)
        energies.append(run(maker, strained).energy)
    return (energies[0] - energies[1]) / (2 * step * structure.volume) / units.GPa


def test_unknown_engine_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'chgnet'"):
        get_engine("chgnett")


def test_a_missing_engine_says_how_to_get_it() -> None:
    engine = Engine(
        name="absent",
        functional="none",
        relax_maker="a:b",
        md_maker="a:b",
        modules=("no_such_module",),
        packages=(),
        install="pip install no-such-module",
        seconds=1.0,
    )
    with pytest.raises(InputError, match="pip install no-such-module"):
        engine.require()


def test_an_engine_refuses_elements_it_does_not_know(workspace: Path, li3ps4: Structure) -> None:
    with pytest.raises(InputError, match="does not know Li, P, S"):
        run(calculation("emt", "static"), li3ps4)


def test_settings_of_makers_are_checked() -> None:
    with pytest.raises(TypeError, match="fmaxx"):
        calculation("emt", "relax", fmaxx=0.1)


@pytest.mark.parametrize("name", list(ENGINES))
def test_makers_of_every_engine_survive_json(name: str) -> None:
    for maker in (
        calculation(name, "static"),
        calculation(name, "relax", cell=False, fmax=0.02),
        get_engine(name).md(),
    ):
        again = MontyDecoder().process_decoded(json.loads(json.dumps(maker, cls=MontyEncoder)))
        assert again.as_dict() == maker.as_dict()


def test_emt_static_is_ase_emt(workspace: Path, copper: Structure) -> None:
    atoms = copper.to_ase_atoms()
    atoms.calc = EMT()
    document = run(calculation("emt", "static"), copper)
    assert document.energy == pytest.approx(atoms.get_potential_energy(), abs=1e-12)
    np.testing.assert_allclose(document.forces, atoms.get_forces(), atol=1e-12)
    np.testing.assert_allclose(
        np.array(document.stress) * units.GPa, atoms.get_stress(voigt=False), atol=1e-12
    )
    assert document.structure == copper


@pytest.mark.parametrize("name", ["emt", "lj"])
def test_relaxation_reaches_zero_force_and_stress(
    workspace: Path, request: pytest.FixtureRequest, name: str
) -> None:
    structure = request.getfixturevalue({"emt": "copper", "lj": "argon"}[name])
    structure.perturb(0.05)
    document = run(calculation(name, "relax", fmax=1e-5), structure)
    assert document.converged
    assert np.max(np.linalg.norm(document.forces, axis=1)) < 1e-5
    assert np.max(np.abs(document.stress)) < 1e-3


def test_an_unconverged_relaxation_says_so(workspace: Path, copper: Structure) -> None:
    copper.perturb(0.2)
    document = run(calculation("emt", "relax", steps=2), copper)
    assert not document.converged
    assert any("not converged" in warning for warning in document.warnings)


def test_the_calculator_of_molecular_dynamics_is_that_of_the_engine(copper: Structure) -> None:
    atoms = copper.to_ase_atoms()
    atoms.rattle(0.1, seed=0)
    energies = []
    for calculator in (EMT(), get_engine("emt").calculator()):
        atoms.calc = calculator
        energies.append(atoms.get_potential_energy())
    assert energies[0] == pytest.approx(energies[1], abs=1e-12)


def test_the_calculator_of_a_missing_engine_says_how_to_get_it() -> None:
    absent = replace(get_engine("emt"), modules=("no_such_module",), install="pip install it")
    with pytest.raises(InputError, match="pip install it"):
        absent.calculator()


@pytest.mark.xdist_group("chgnet")
def test_chgnet_stress_is_the_derivative_of_its_energy(workspace: Path, li3ps4: Structure) -> None:
    maker = calculation("chgnet", "static")
    document = run(maker, li3ps4)
    assert document.stress is not None
    assert document.stress[0][0] == pytest.approx(central_stress(maker, li3ps4, 0), abs=0.02)
    assert {"chgnet", "torch", "thioflow"} <= document.versions.keys()
    assert any("soft" in warning for warning in document.warnings)


def test_gfn2_xtb_stress_is_the_derivative_of_its_energy(workspace: Path) -> None:
    lithium_sulfide = Structure.from_spacegroup(
        "Fm-3m", [[5.71, 0, 0], [0, 5.71, 0], [0, 0, 5.71]], ["Li", "S"],
        [[0.25, 0.25, 0.25], [0, 0, 0]],
    )  # fmt: skip
    maker = calculation("gfn2-xtb", "static")
    document = run(maker, lithium_sulfide)
    assert document.stress is not None
    assert document.stress[0][0] == pytest.approx(
        central_stress(maker, lithium_sulfide, 0), abs=0.02
    )


def test_gpaw_gives_energy_and_forces(workspace: Path, li3ps4: Structure) -> None:
    if (reason := get_engine("gpaw").why_unavailable()) is not None:
        pytest.skip(reason)
    document = run(calculation("gpaw", "static"), li3ps4)
    assert np.isfinite(document.energy)
    assert np.abs(np.sum(document.forces, axis=0)).max() < 0.1
