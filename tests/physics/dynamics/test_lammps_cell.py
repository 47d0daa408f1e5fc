"""Any cell is turned into the form that LAMMPS takes, and back."""

import numpy as np
import pytest
from ase import Atoms
from hypothesis import assume, given
from hypothesis import strategies as st

from physics.dynamics.lammps_cell import standard_orientation, type_masses
from physics.errors import InputError

SIDES = st.lists(st.floats(-9, 9), min_size=9, max_size=9)


@given(numbers=SIDES)
def test_a_turned_cell_has_the_form_and_turns_back(numbers: list[float]) -> None:
    given_cell = np.reshape(numbers, (3, 3))
    assume(abs(np.linalg.det(given_cell)) > 1.0)
    cell, rotation = standard_orientation(Atoms("Li2", cell=given_cell, pbc=True))
    assert not np.triu(cell, 1).any()
    assert (np.diag(cell) > 0).all()
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-12)
    assert cell @ rotation == pytest.approx(given_cell, abs=1e-12)


def test_a_cell_of_the_form_stays_to_the_last_bit() -> None:
    given_cell = [[0.1 + 0.2, 0, 0], [-1 / 3, 5.1, 0], [7.7, 1e-9, 6.3]]
    cell, rotation = standard_orientation(Atoms("Li2", cell=given_cell, pbc=True))
    assert cell.tolist() == given_cell
    assert rotation.tolist() == np.eye(3).tolist()


@pytest.mark.parametrize(
    "atoms",
    [
        Atoms("Li", cell=[4, 4, 4], pbc=True),
        Atoms("Li2", cell=[4, 4, 4], pbc=[True, True, False]),
        Atoms("Li2", pbc=True),
    ],
    ids=["one-atom", "slab", "no-cell"],
)
def test_what_has_no_box_is_refused(atoms: Atoms) -> None:
    with pytest.raises(InputError, match="expected two or more in a cell periodic in three"):
        standard_orientation(atoms)


def test_masses_are_those_of_the_atoms_in_the_order_of_the_species() -> None:
    atoms = Atoms("LiS2Li", masses=[6.0, 32.0, 32.0, 6.0])
    assert type_masses(atoms, ["S", "P", "Li"]) == [32.0, pytest.approx(30.973762), 6.0]


def test_isotopes_of_one_element_are_refused() -> None:
    with pytest.raises(InputError, match=r"atoms of Li with masses \[6.0, 7.0\]"):
        type_masses(Atoms("Li2", masses=[6.0, 7.0]), ["Li"])
