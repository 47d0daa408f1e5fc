"""Relaxation here and now: known minima, and what has none."""

import numpy as np
import pytest
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones
from ase.units import GPa
from pymatgen.core import Lattice, Structure

from makers.relaxation import relax
from physics.errors import InputError

LATTICE_PARAMETER = 3.5898
"""Of EMT copper, Å; ASE's documentation gives 3.59."""


def displaced(structure: Structure) -> Structure:
    """Atoms moved at random by about 0.05 Å, the cell stretched along z."""
    moved = Structure(
        Lattice(structure.lattice.matrix * [1, 1, 1.02]), structure.species, structure.frac_coords
    )
    shifts = np.random.default_rng(0).normal(0, 0.05, (len(moved), 3))
    return Structure(
        moved.lattice, moved.species, moved.cart_coords + shifts, coords_are_cartesian=True
    )


def test_a_free_cell_finds_the_crystal(copper: Structure) -> None:
    found = relax(displaced(copper), EMT(), cell="free", fmax=1e-4, steps=300)
    assert found.structure.lattice.abc == pytest.approx([LATTICE_PARAMETER] * 3, abs=1e-3)
    assert found.structure.lattice.angles == pytest.approx([90] * 3, abs=0.01)
    assert found.stress == pytest.approx(np.zeros((3, 3)), abs=0.01)
    assert found.structure.species == copper.species


def test_a_fixed_cell_stays_and_its_stress_is_that_of_ase(copper: Structure) -> None:
    start = displaced(copper)
    found = relax(start, EMT(), cell="fixed", fmax=1e-4, steps=300)
    np.testing.assert_array_equal(found.structure.lattice.matrix, start.lattice.matrix)
    atoms = found.structure.to_ase_atoms()
    atoms.calc = EMT()
    assert np.abs(atoms.get_forces()).max() < 1e-4
    assert found.energy == pytest.approx(atoms.get_potential_energy(), abs=1e-9)
    assert found.stress == pytest.approx(atoms.get_stress(voigt=False) / GPa, abs=1e-6)
    assert found.stress[2, 2] > 1


def test_the_height_alone_relaxes_where_that_is_asked_for(copper: Structure) -> None:
    start = displaced(copper)
    found = relax(start, EMT(), cell="normal", fmax=1e-4, steps=300)
    np.testing.assert_array_equal(found.structure.lattice.matrix[:2], start.lattice.matrix[:2])
    assert found.stress[2, 2] == pytest.approx(0, abs=0.01)
    assert found.structure.lattice.c < start.lattice.c - 0.01


def test_what_does_not_converge_is_refused(copper: Structure) -> None:
    with pytest.raises(InputError, match=r"not relaxed to 0\.0001 eV/Å in 1 steps"):
        relax(displaced(copper), EMT(), cell="free", fmax=1e-4, steps=1)


def test_a_crystal_without_a_minimum_bursts(argon: Structure) -> None:
    """Atoms that only repel each other, for a Lennard-Jones diameter far beyond their distance."""
    with pytest.raises(InputError, match=r"the volume went from 146 to \d+ Å\^3"):
        relax(
            argon, LennardJones(sigma=8.0, epsilon=1e-4, rc=8.0), cell="free", fmax=1e-6, steps=500
        )
