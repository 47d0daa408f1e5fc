"""Packings: composition, density, whole ions without overlap, no direction or place preferred."""

from collections.abc import Mapping

import numpy as np
import pytest
from ase.neighborlist import neighbor_list
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor

from physics.errors import InputError
from physics.structures.composition import balanced, composition_of, ions_of
from physics.structures.contacts import THIOPHOSPHATE
from physics.structures.ions import IONS
from physics.structures.packing import cell_of, pack

GLASS = {"Li": 60, "PS4": 20}
OBLIQUE = np.array([[17.0, 0.0], [-4.0, 15.0]])


def owners(ions: Mapping[str, int]) -> list[tuple[str, slice]]:
    """Atoms of each ion, one after the other."""
    found, start = [], 0
    for name, count in ions.items():
        size = len(IONS[name].symbols)
        for _ in range(count):
            found.append((name, slice(start, start + size)))
            start += size
    return found


def closest(structure: Structure, ions: Mapping[str, int]) -> dict[tuple[str, str], float]:
    """Shortest distances between ions."""
    owner = np.concatenate(
        [[k] * (atoms.stop - atoms.start) for k, (_, atoms) in enumerate(owners(ions))]
    )
    atoms = AseAtomsAdaptor.get_atoms(structure)
    i, j, cells, d = neighbor_list("ijSd", atoms, 4.0)
    apart = (owner[i] != owner[j]) | cells.any(axis=1)
    symbols = np.array(atoms.get_chemical_symbols())
    return {
        (a, b): float(d[apart & (symbols[i] == a) & (symbols[j] == b)].min(initial=4.0))
        for a, b in THIOPHOSPHATE
    }


@pytest.mark.parametrize(
    ("ions", "density", "in_plane"),
    [
        (GLASS, 1.88, None),
        (GLASS, 2.42, None),
        (ions_of("LiP0.465S1.628", lithium=100), 1.88, None),
        (balanced({"PS4": 10, "S": 10}), 1.7, None),
        (balanced({"PS4": 30}), 1.88, OBLIQUE),
    ],
)
def test_whole_ions_that_do_not_overlap(
    ions: dict[str, int], density: float, in_plane: np.ndarray | None
) -> None:
    structure = pack(ions, density, np.random.default_rng(4), in_plane)
    assert structure.composition == composition_of(ions)
    assert float(structure.density) == pytest.approx(density, rel=1e-6)
    for pair, distance in closest(structure, ions).items():
        assert distance >= THIOPHOSPHATE[pair] - 1e-9
    for name, atoms in owners(ions):
        template, placed = IONS[name].positions, structure.cart_coords[atoms]
        assert [site.specie.symbol for site in structure[atoms]] == list(IONS[name].symbols)
        turn = np.linalg.lstsq(template - template.mean(0), placed - placed.mean(0))[0]
        fitted = (template - template.mean(0)) @ turn
        assert fitted == pytest.approx(placed - placed.mean(0), abs=1e-6)
        assert np.linalg.norm(fitted, axis=1) == pytest.approx(
            np.linalg.norm(template - template.mean(0), axis=1), abs=1e-6
        )


def test_published_cell_of_160_atoms() -> None:
    """60 Li and 20 PS4 at 1.88 g/cm3 fill a cube of 14.71 Å."""
    lattice = cell_of(GLASS, 1.88)
    assert lattice.abc == pytest.approx([14.71] * 3, abs=0.005)
    assert lattice.angles == pytest.approx([90.0] * 3)


def test_in_plane_cell_is_kept() -> None:
    lattice = cell_of(GLASS, 1.88, OBLIQUE)
    assert lattice.matrix[:2, :2] == pytest.approx(OBLIQUE)
    assert lattice.matrix[2, :2] == pytest.approx(np.zeros(2))
    assert lattice.matrix[:2, 2] == pytest.approx(np.zeros(2))
    assert lattice.volume == pytest.approx(cell_of(GLASS, 1.88).volume)


def test_the_seed_decides() -> None:
    first, same, other = (pack(GLASS, 1.88, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.cart_coords, same.cart_coords)
    assert np.abs(first.cart_coords - other.cart_coords).max() > 1


def test_no_place_and_no_direction_is_preferred() -> None:
    """
    Means over n ions have the spread that independent ones have.

    The fractional coordinate is 1/2 +- 1/sqrt(12 n), the squared cosine of one bond with an axis
    1/3 +- sqrt(4/45/n).
    """
    n = 200
    structure = pack(balanced({"PS4": n}), 1.88, np.random.default_rng(8))
    phosphorus = structure.frac_coords[: 5 * n : 5]
    assert (phosphorus >= -1e-9).all()
    assert (phosphorus <= 1 + 1e-9).all()
    assert phosphorus.mean(axis=0) == pytest.approx([0.5] * 3, abs=4 / np.sqrt(12 * n))
    bonds = structure.cart_coords[1 : 5 * n : 5] - structure.cart_coords[: 5 * n : 5]
    cosines = bonds / np.linalg.norm(bonds, axis=1, keepdims=True)
    assert (cosines**2).mean(axis=0) == pytest.approx([1 / 3] * 3, abs=4 * np.sqrt(4 / 45 / n))
    assert cosines.mean(axis=0) == pytest.approx([0.0] * 3, abs=4 / np.sqrt(3 * n))


@pytest.mark.parametrize(
    ("ions", "density", "in_plane", "message"),
    [
        (GLASS, 0.0, None, "given 0.0 g/cm3"),
        (GLASS, -1.88, None, "given -1.88 g/cm3"),
        (GLASS, float("nan"), None, "given nan g/cm3"),
        (GLASS, 1880.0, None, "1880.0 kg/m3 are 1.88 g/cm3"),
        ({"Li": 59, "PS4": 20}, 1.88, None, "give 60 Li"),
        ({"Li": 3, "PS5": 1}, 1.88, None, "unknown ions PS5"),
        (GLASS, 1.88, [[5.0, 0.0], [9.0, 0.0]], "two right-handed"),
        (GLASS, 1.88, [[0.0, 9.0], [9.0, 0.0]], "two right-handed"),
        (GLASS, 1.88, np.eye(3), "two right-handed"),
        ({"Li": 12, "PS4": 4}, 4.0, None, r"free of overlap, \d+ contacts are too short by up to"),
    ],
)
def test_what_cannot_be_packed(
    ions: dict[str, int], density: float, in_plane: np.ndarray | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        pack(ions, density, np.random.default_rng(0), in_plane)
