"""Crystals: primitive cells, planes of centered lattices, symmetry, and input that is none."""

from collections import Counter
from math import sqrt

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from physics.errors import InputError
from physics.structures.crystal import Crystal

A, C = 3.21, 5.21
FCC = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
BCC = Structure.from_spacegroup("Im-3m", Lattice.cubic(2.87), ["Fe"], [[0, 0, 0]])
HCP = Structure.from_spacegroup("P6_3/mmc", Lattice.hexagonal(A, C), ["Mg"], [[1 / 3, 2 / 3, 0.25]])
ZINCBLENDE = Structure.from_spacegroup(
    "F-43m", Lattice.cubic(5.65), ["Ga", "As"], [[0, 0, 0], [0.25] * 3]
)
QUARTZ = Structure.from_spacegroup(
    "P3_221",
    Lattice.hexagonal(4.913, 5.405),
    ["Si", "O"],
    [[0.4697, 0, 2 / 3], [0.4135, 0.2669, 0.7858]],
)
CRYSTALS = {
    "fcc": (FCC, 1, 48, ("Fm-3m", 225)),
    "bcc": (BCC, 1, 48, ("Im-3m", 229)),
    "hcp": (HCP, 2, 24, ("P6_3/mmc", 194)),
    "zincblende": (ZINCBLENDE, 2, 24, ("F-43m", 216)),
    "quartz": (QUARTZ, 9, 6, ("P3_221", 154)),
}


@pytest.mark.parametrize("name", CRYSTALS)
def test_primitive_cell_and_symmetry(name: str) -> None:
    structure, atoms, order, space_group = CRYSTALS[name]
    crystal = Crystal(structure)
    assert len(crystal.primitive) == atoms
    assert crystal.primitive.composition.reduced_formula == structure.composition.reduced_formula
    assert crystal.primitive.volume == pytest.approx(structure.volume * atoms / len(structure))
    assert crystal.point_group.shape == (order, 3, 3)
    assert crystal.space_group == space_group
    of_structure = {tuple(row) for row in structure.cart_coords.round(6)}
    assert {tuple(row) for row in crystal.primitive.cart_coords.round(6)} <= of_structure


@pytest.mark.parametrize("name", CRYSTALS)
def test_operations_map_the_crystal_onto_itself(name: str) -> None:
    crystal = Crystal(CRYSTALS[name][0])
    cell = crystal.primitive
    symbols = [site.specie.symbol for site in cell]
    for operation in crystal.operations:
        np.testing.assert_allclose(operation.rotation @ operation.rotation.T, np.eye(3), atol=1e-9)
        images = cell.cart_coords @ operation.rotation.T + operation.translation
        distances = cell.lattice.get_all_distances(
            cell.frac_coords, cell.lattice.get_fractional_coords(images)
        )
        onto = distances.argmin(axis=0)
        assert distances.min(axis=0).max() < 1e-2
        assert [symbols[site] for site in onto] == symbols


def test_a_supercell_is_the_same_crystal() -> None:
    crystal = Crystal(FCC * (2, 2, 1))
    assert len(crystal.primitive) == 1
    assert crystal.plane((2, 2, 1)).spacing == pytest.approx(Crystal(FCC).plane((1, 1, 1)).spacing)


@pytest.mark.parametrize(
    ("structure", "miller", "spacing", "area"),
    [
        (FCC, (1, 1, 1), 3.6 / sqrt(3), sqrt(3) / 4 * 3.6**2),
        (FCC, (0, 0, 1), 3.6 / 2, 3.6**2 / 2),
        (FCC, (1, 1, 0), 3.6 / sqrt(8), 3.6**2 / sqrt(2)),
        (FCC, (2, 1, 0), 3.6 / sqrt(20), 3.6**2 * sqrt(5) / 2),
        (BCC, (1, 1, 0), 2.87 / sqrt(2), 2.87**2 / sqrt(2)),
        (BCC, (0, 0, 1), 2.87 / 2, 2.87**2),
        (BCC, (1, 1, 1), 2.87 / sqrt(12), sqrt(3) * 2.87**2),
        (HCP, (0, 0, 0, 1), C, sqrt(3) / 2 * A**2),
        (HCP, (1, 0, -1, 0), sqrt(3) / 2 * A, A * C),
        (HCP, (1, 1, -2, 0), A / 2, sqrt(3) * A * C),
    ],
    ids=["fcc111", "fcc001", "fcc110", "fcc210", "bcc110", "bcc001", "bcc111", "0001", "prism",
         "second prism"],
)  # fmt: skip
def test_textbook_planes(
    structure: Structure, miller: tuple[int, ...], spacing: float, area: float
) -> None:
    plane = Crystal(structure).plane(miller)
    assert plane.spacing == pytest.approx(spacing)
    assert plane.area == pytest.approx(area)


@pytest.mark.parametrize("miller", [(1, 0, -1, 1), (1, 1, -2, 2), (2, -1, -1, 1)])
def test_miller_bravais_indices(miller: tuple[int, int, int, int]) -> None:
    crystal = Crystal(HCP)
    h, k, _, l = miller  # noqa: E741
    four, three = crystal.plane(miller), crystal.plane((h, k, l))
    np.testing.assert_allclose(four.frame, three.frame)
    assert four.spacing == pytest.approx(HCP.lattice.d_hkl((h, k, l)))


def test_the_normal_stays_in_the_axes_given() -> None:
    for miller in [(1, 1, 1), (2, -1, 0), (0, 0, -1)]:
        expected = np.array(miller) / np.linalg.norm(miller)
        np.testing.assert_allclose(Crystal(FCC).plane(miller).normal, expected, atol=1e-9)


def test_directions() -> None:
    np.testing.assert_allclose(Crystal(FCC).direction((2, 2, 0)), [sqrt(0.5), sqrt(0.5), 0])
    np.testing.assert_allclose(
        Crystal(HCP).direction((1, 0, 0)), HCP.lattice.matrix[0] / A, atol=1e-12
    )


def test_lithium_thiophosphate(li3ps4: Structure) -> None:
    crystal = Crystal(li3ps4)
    assert crystal.space_group == ("Pnma", 62)
    assert crystal.oxidation_states == {"Li": 1, "P": 5, "S": -2}
    assert Counter(crystal.units.kinds) == {"Li": 12, "PS4": 4}
    assert len(crystal.operations) == 8


def test_oxidation_states_on_the_sites_are_known() -> None:
    magnetite = Structure.from_spacegroup(
        "Fd-3m:2",
        Lattice.cubic(8.39),
        ["Fe", "Fe", "O"],
        [[0.125] * 3, [0.5] * 3, [0.2549] * 3],
    )
    with pytest.raises(InputError, match="do not balance"):
        Crystal(magnetite)
    magnetite.add_oxidation_state_by_element({"Fe": 8 / 3, "O": -2})
    assert Crystal(magnetite).oxidation_states["Fe"] == pytest.approx(8 / 3)


def test_partial_occupancies() -> None:
    disordered = Structure(Lattice.cubic(4), [{"Li": 0.5}], [[0, 0, 0]])
    with pytest.raises(InputError, match="partial occupancies"):
        Crystal(disordered)


def test_a_crystal_that_lacks_an_ion(li3ps4: Structure) -> None:
    short = li3ps4.copy()
    short.remove_sites([0])
    with pytest.raises(InputError, match="do not balance"):
        Crystal(short)


def test_no_plane(copper: Structure) -> None:
    with pytest.raises(InputError, match="expected three integers"):
        Crystal(copper).plane((0, 0, 0))


def test_two_sites_at_one_place() -> None:
    doubled = Structure(Lattice.cubic(3), ["Cu", "Cu"], [[0, 0, 0], [0, 0, 0]])
    with pytest.raises(InputError, match="at the same place"):
        _ = Crystal(doubled).primitive
