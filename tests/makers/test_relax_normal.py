"""Relaxation of the atoms and the cell height along z, the in-plane vectors as they are."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from monty.json import MontyDecoder, MontyEncoder
from pymatgen.core import Lattice, Structure
from scipy.optimize import minimize_scalar

from makers.calculation import CalculationMaker, calculation
from makers.calculators import NormalCellFilter
from makers.engines import ENGINES
from physics.errors import InputError
from stores.documents import CalculationDocument

SEED = 3

Stack = Callable[[float], Structure]


def run(maker: CalculationMaker, structure: Structure) -> CalculationDocument:
    """Run a Maker here, after the round trip through JSON that every manager makes."""
    again = MontyDecoder().process_decoded(json.loads(json.dumps(maker, cls=MontyEncoder)))
    return again.make.original(again, structure)


def emt_lattice_parameter() -> float:
    """Cubic lattice parameter of EMT copper from its energies alone, Å."""

    def energy(parameter: float) -> float:
        atoms = bulk("Cu", "fcc", a=parameter)
        atoms.calc = EMT()
        return float(atoms.get_potential_energy())

    return float(minimize_scalar(energy, bracket=(3.5, 3.7), tol=1e-10).x)


def cube_stack(parameter: float) -> Structure:
    """(001) layers: a and b orthogonal, 16 atoms."""
    cubic = Structure.from_spacegroup("Fm-3m", Lattice.cubic(parameter), ["Cu"], [[0, 0, 0]])
    return cubic * (1, 1, 4)


def close_packed_stack(parameter: float) -> Structure:
    """(111) layers on the primitive in-plane cell: a and b at 60 degrees, 6 atoms."""
    side, height = parameter / np.sqrt(2), parameter * np.sqrt(3)
    lattice = Lattice(
        [[side, 0, 0], [side / 2, side * np.sqrt(3) / 2, 0], [0, 0, 2 * height]]
    )  # fmt: skip
    fractions = [[layer % 3 / 3, layer % 3 / 3, layer / 6] for layer in range(6)]
    return Structure(lattice, ["Cu"] * 6, fractions)


def stretched(structure: Structure, strain: float) -> Structure:
    """Strain along z with the atoms displaced at random by about 0.05 Å."""
    matrix = structure.lattice.matrix * [1, 1, 1 + strain]
    strained = Structure(Lattice(matrix), structure.species, structure.frac_coords)
    shifts = np.random.default_rng(SEED).normal(0, 0.05, (len(strained), 3))
    return Structure(
        strained.lattice, strained.species, strained.cart_coords + shifts, coords_are_cartesian=True
    )


@pytest.mark.parametrize("strain", [-0.02, 0.02])
@pytest.mark.parametrize("stack", [cube_stack, close_packed_stack])
def test_the_height_returns_to_the_bulk_one(workspace: Path, stack: Stack, strain: float) -> None:
    ideal = stack(emt_lattice_parameter())
    start = stretched(ideal, strain)
    document = run(calculation("emt", "relax", cell="normal", fmax=1e-3), start)
    cell = document.structure.lattice.matrix
    assert document.converged
    assert cell[2, 2] == pytest.approx(ideal.lattice.matrix[2, 2], abs=1e-3)
    np.testing.assert_array_equal(cell[:2], start.lattice.matrix[:2])
    np.testing.assert_array_equal(cell[2, :2], [0, 0])


def test_the_stress_along_z_vanishes_and_those_in_the_plane_stay(workspace: Path) -> None:
    ideal = cube_stack(emt_lattice_parameter())
    squeezed = Structure(
        Lattice(ideal.lattice.matrix * [0.99, 0.99, 1]), ideal.species, ideal.frac_coords
    )
    document = run(calculation("emt", "relax", cell="normal", fmax=1e-3), squeezed)
    assert document.stress is not None
    assert document.stress[2][2] == pytest.approx(0, abs=0.01)
    assert document.stress[0][0] < -1
    assert document.structure.lattice.c > ideal.lattice.c


def test_a_translation_in_the_plane_held_by_the_cell_is_kept(workspace: Path) -> None:
    """A vector c with an in-plane part translates one grain over the other, at its own height."""
    start = stretched(close_packed_stack(emt_lattice_parameter()), 0.02)
    matrix = np.array(start.lattice.matrix)
    matrix[2] += (matrix[0] + matrix[1]) / 3 + matrix[0]
    tilted = Structure(Lattice(matrix), start.species, start.cart_coords, coords_are_cartesian=True)
    document = run(calculation("emt", "relax", cell="normal", fmax=1e-2), tilted)
    np.testing.assert_array_equal(document.structure.lattice.matrix[2, :2], matrix[2, :2])


def test_it_is_unconverged_while_the_cell_is(workspace: Path) -> None:
    """Symmetric layers feel no force, however strained: the stress alone must speak."""
    ideal = cube_stack(emt_lattice_parameter())
    strained = Structure(
        Lattice(ideal.lattice.matrix * [1, 1, 1.05]), ideal.species, ideal.frac_coords
    )
    document = run(calculation("emt", "relax", cell="normal", fmax=1e-3, steps=2), strained)
    assert np.abs(document.forces).max() < 1e-3
    assert not document.converged


def test_vectors_out_of_the_plane_are_refused(workspace: Path, copper: Structure) -> None:
    turned = Structure(
        Lattice(copper.lattice.matrix[[2, 0, 1]]), copper.species, copper.frac_coords
    )
    with pytest.raises(InputError, match=r"leave the xy plane by 3\.6 Å"):
        run(calculation("emt", "relax", cell="normal"), turned)


def test_another_word_for_the_cell_is_refused() -> None:
    with pytest.raises(InputError, match=r"cell='foo'.*expected True, False or 'normal'"):
        calculation("emt", "relax", cell="foo")


def test_a_fixed_symmetry_is_refused() -> None:
    with pytest.raises(InputError, match="choose one of the two"):
        calculation("emt", "relax", cell="normal", fix_symmetry=True)


def test_the_stress_left_does_not_grow_with_the_cell() -> None:
    """The largest stress that passes, sqrt(N) fmax / V, against the force of the filter."""
    atoms = bulk("Cu", "fcc", a=3.7, cubic=True) * (2, 2, 2)
    atoms.calc = EMT()
    cell_force = NormalCellFilter(atoms).get_forces()[-1, 2]
    expected = -atoms.get_volume() * atoms.get_stress()[2] / np.sqrt(len(atoms))
    assert cell_force == pytest.approx(expected, rel=1e-9)
    assert abs(cell_force) > 1


@pytest.mark.parametrize("name", list(ENGINES))
def test_every_engine_has_it_and_it_survives_json(name: str) -> None:
    maker = calculation(name, "relax", cell="normal", fmax=0.05)
    again = MontyDecoder().process_decoded(json.loads(json.dumps(maker, cls=MontyEncoder)))
    assert again.as_dict() == maker.as_dict()
    assert again.maker.relax_kwargs["cell_filter"] is NormalCellFilter
