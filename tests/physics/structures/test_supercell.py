"""Cells repeated to a size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from physics.errors import InputError
from physics.structures.supercell import supercell

LI3PS4 = Structure(Lattice.orthorhombic(13.07, 8.13, 6.26), ["Li"] * 32, np.zeros((32, 3)))


@given(atoms=st.integers(1, 20_000))
def test_a_supercell_has_enough_atoms_and_none_too_many(atoms: int) -> None:
    found = supercell(LI3PS4, atoms)
    assert len(found) >= atoms
    periods = sorted(found.lattice.abc)
    assert periods[2] - periods[0] <= max(LI3PS4.lattice.abc) + 1e-9


def test_density_stays() -> None:
    assert supercell(LI3PS4, 500).density == pytest.approx(LI3PS4.density)


def test_a_boundary_is_repeated_in_its_plane() -> None:
    found = supercell(LI3PS4, 300, axes=(0, 1))
    assert found.lattice.c == LI3PS4.lattice.c
    assert len(found) >= 300


def test_without_axes_there_is_no_supercell() -> None:
    with pytest.raises(InputError, match="no axes"):
        supercell(LI3PS4, 64, axes=())
