"""Templates of ions: bond lengths, angles, symmetry and charge."""

from itertools import combinations

import numpy as np
import pytest
from pymatgen.core import Lattice, Molecule, Structure
from pymatgen.symmetry.analyzer import PointGroupAnalyzer

from physics.structures.ions import IONS
from physics.structures.units import find_units

BONDS = {
    "PS4": {"PS": [2.05] * 4},
    "P2S6": {"PP": [2.26], "PS": [2.02] * 6},
    "P2S7": {"PS": [2.0] * 6 + [2.11] * 2},
    "S": {},
    "Li": {},
}
POLYANIONS = ("PS4", "P2S6", "P2S7")


def bonds(name: str) -> list[tuple[int, int, float]]:
    ion = IONS[name]
    lengths = [
        (i, j, float(np.linalg.norm(ion.positions[i] - ion.positions[j])))
        for i, j in combinations(range(len(ion.symbols)), 2)
    ]
    return [bond for bond in lengths if bond[2] < 2.5]


@pytest.mark.parametrize("name", BONDS)
def test_bonds_have_their_lengths(name: str) -> None:
    found: dict[str, list[float]] = {}
    for i, j, length in bonds(name):
        pair = "".join(sorted(IONS[name].symbols[i] + IONS[name].symbols[j]))
        found.setdefault(pair, []).append(length)
    assert set(found) == set(BONDS[name])
    for pair, lengths in found.items():
        assert sorted(lengths) == pytest.approx(BONDS[name][pair])


@pytest.mark.parametrize("name", POLYANIONS)
def test_every_phosphorus_is_tetrahedral(name: str) -> None:
    ion = IONS[name]
    for center in np.flatnonzero(np.array(ion.symbols) == "P"):
        partners = [i + j - center for i, j, _ in bonds(name) if center in {i, j}]
        assert len(partners) == 4
        arms = ion.positions[partners] - ion.positions[center]
        arms /= np.linalg.norm(arms, axis=1, keepdims=True)
        cosines = [float(a @ b) for a, b in combinations(arms, 2)]
        assert cosines == pytest.approx([-1 / 3] * 6)


@pytest.mark.parametrize(("name", "group"), [("PS4", "Td"), ("P2S6", "D3d"), ("P2S7", "C2v")])
def test_symmetry(name: str, group: str) -> None:
    ion = IONS[name]
    assert str(PointGroupAnalyzer(Molecule(ion.symbols, ion.positions)).get_pointgroup()) == group


def test_bridge_of_pyrothiophosphate() -> None:
    """P-S-P of 109 degrees; then P...P is 3.42 to 3.44 Å."""
    ion = IONS["P2S7"]
    ends = ion.positions[:2]
    (bridge,) = (p for p in ion.positions[2:] if (np.linalg.norm(ends - p, axis=1) < 2.5).all())
    a, b = ends - bridge
    angle = np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))
    assert angle == pytest.approx(109)
    assert 3.42 < np.linalg.norm(ends[0] - ends[1]) < 3.44


@pytest.mark.parametrize("name", BONDS)
def test_charges_of_the_atoms_add_up(name: str) -> None:
    """P 5+, S 2-, Li 1+, and a bond of two P, which share its electrons, takes one e of each."""
    symbols = IONS[name].symbols
    states = sum({"P": 5, "S": -2, "Li": 1}[symbol] for symbol in symbols)
    like = sum(symbols[i] == symbols[j] == "P" for i, j, _ in bonds(name))
    assert IONS[name].charge == states - 2 * like


@pytest.mark.parametrize("name", BONDS)
def test_an_ion_is_one_unit_about_its_origin(name: str) -> None:
    ion = IONS[name]
    units = find_units(
        Structure(Lattice.cubic(20), ion.symbols, ion.positions, coords_are_cartesian=True)
    )
    assert len(units) == 1
    assert units.kinds == (name,)
    assert units.centers[0] == pytest.approx(np.zeros(3), abs=1e-9)


@pytest.mark.parametrize("name", POLYANIONS)
def test_sulfur_of_an_ion_is_not_crowded(name: str) -> None:
    """S atoms without a bond are 3.2 to 3.4 Å apart in thiophosphate crystals."""
    sulfur = IONS[name].positions[[symbol == "S" for symbol in IONS[name].symbols]]
    assert min(np.linalg.norm(a - b) for a, b in combinations(sulfur, 2)) > 3.2
