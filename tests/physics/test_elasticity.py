"""The elastic tensor against crystals whose constants are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pymatgen.core import Lattice, Structure
from tensors_for_tests import cubic, random_tensor

from physics.analysis.elasticity import (
    deformation_gradient,
    elastic_tensor,
    nonlinearity,
    point_group,
    strain_modes,
    symmetry_distinct,
)
from physics.analysis.moduli import asymmetry, rotate
from physics.errors import InputError

DELTA = 0.015


def hooke(C: np.ndarray, strain: np.ndarray) -> np.ndarray:
    voigt = np.array([*np.diag(strain), 2 * strain[1, 2], 2 * strain[0, 2], 2 * strain[0, 1]])
    xx, yy, zz, yz, xz, xy = C @ voigt
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


CRYSTALS = {
    "triclinic": Structure(
        Lattice.from_parameters(4.1, 5.3, 6.7, 81, 97, 74),
        ["Li", "P", "S"],
        [[0, 0, 0], [0.21, 0.43, 0.37], [0.61, 0.17, 0.72]],
    ),
    "orthorhombic": Structure.from_spacegroup(
        "Pnma",
        Lattice.orthorhombic(13.07, 8.13, 6.26),
        ["Li", "Li", "P", "S", "S", "S"],
        [
            [0.3562, 0.013, 0.439],
            [0, 0, 0.5],
            [0.08712, 0.25, 0.1665],
            [0.15383, 0.03105, 0.2776],
            [0.9379, 0.25, 0.2629],
            [0.1054, 0.25, 0.8384],
        ],
    ),
    "hexagonal": Structure.from_spacegroup(
        "P6_3/mmc", Lattice.hexagonal(3.21, 5.21), ["Mg"], [[1 / 3, 2 / 3, 0.25]]
    ),
    "cubic": Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.61), ["Cu"], [[0, 0, 0]]),
}
ORDERS = {"triclinic": 1, "orthorhombic": 8, "hexagonal": 24, "cubic": 48}


def test_modes_are_the_voigt_basis_at_both_signs() -> None:
    modes = strain_modes(DELTA)
    voigt = [[*np.diag(E), 2 * E[1, 2], 2 * E[0, 2], 2 * E[0, 1]] for E in modes]
    np.testing.assert_allclose(voigt, DELTA * np.concatenate([np.eye(6), -np.eye(6)]))
    np.testing.assert_array_equal(modes, modes.transpose(0, 2, 1))


@pytest.mark.parametrize("delta", [0, -0.015, 9e-4, 0.051, 15, float("nan")])
def test_a_strain_out_of_range_is_refused(delta: float) -> None:
    with pytest.raises(InputError, match=r"0\.001 to 0\.05"):
        strain_modes(delta)


@given(arrays(float, (3, 3), elements=st.floats(-0.1, 0.1)))
@settings(deadline=None)
def test_deformation_has_the_strain_and_no_rotation(half: np.ndarray) -> None:
    strain = (half + half.T) / 2
    F = deformation_gradient(strain)
    np.testing.assert_allclose((F.T @ F - np.eye(3)) / 2, strain, atol=1e-14)
    np.testing.assert_allclose(F, F.T, atol=1e-14)
    assert np.linalg.eigvalsh(F)[0] > 0


@pytest.mark.parametrize(
    ("strain", "message"),
    [
        (np.diag([-0.5, 0, 0]), "flat"),
        (np.triu(np.ones((3, 3))), "symmetric"),
        (np.zeros((2, 3)), r"shape \(3, 3\), given \(2, 3\)"),
        (np.full((3, 3), np.nan), "9 of 9"),
        ("soft", "given str"),
    ],
)
def test_a_strain_that_no_deformation_has_is_refused(strain: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        deformation_gradient(strain)


@pytest.mark.parametrize("name", CRYSTALS)
def test_point_group_is_a_group_of_the_crystal(name: str) -> None:
    group = point_group(CRYSTALS[name])
    assert len(group) == ORDERS[name]
    np.testing.assert_allclose(
        group @ group.transpose(0, 2, 1), np.tile(np.eye(3), (len(group), 1, 1)), atol=1e-12
    )
    products = np.einsum("aij,bjk->abik", group, group)
    misfit = np.abs(products[:, :, None] - group).max(axis=(3, 4)).min(axis=2)
    assert misfit.max() < 1e-6
    inverse = np.linalg.inv(CRYSTALS[name].lattice.matrix)
    indices = CRYSTALS[name].lattice.matrix @ group.transpose(0, 2, 1) @ inverse
    np.testing.assert_allclose(indices, np.rint(indices), atol=1e-6)


def test_a_slightly_distorted_lattice_gives_orthogonal_rotations() -> None:
    bent = Lattice.from_parameters(13.07, 8.13, 6.26, 90.01, 89.99, 90.01)
    structure = Structure(
        bent, CRYSTALS["orthorhombic"].species, CRYSTALS["orthorhombic"].frac_coords
    )
    group = point_group(structure, symprec=0.05)
    assert len(group) == 8
    np.testing.assert_allclose(group @ group.transpose(0, 2, 1) - np.eye(3), 0, atol=1e-12)
    assert len(symmetry_distinct(strain_modes(DELTA), group)) == 9


def test_a_supercell_has_the_rotations_of_its_own_lattice() -> None:
    assert len(point_group(CRYSTALS["cubic"] * (2, 1, 1))) == 16


def test_overlapping_sites_are_refused() -> None:
    crushed = Structure(Lattice.cubic(4), ["Li", "Li"], [[0, 0, 0], [0, 0, 0]])
    with pytest.raises(InputError, match="overlapping"):
        point_group(crushed)


@pytest.mark.parametrize(("name", "count"), [("triclinic", 12), ("orthorhombic", 9), ("cubic", 3)])
def test_number_of_distinct_strains(name: str, count: int) -> None:
    distinct = symmetry_distinct(strain_modes(DELTA), point_group(CRYSTALS[name]))
    assert len(distinct) == count


def test_both_magnitudes_stay_apart() -> None:
    strains = np.concatenate([strain_modes(DELTA), strain_modes(DELTA / 2)])
    assert symmetry_distinct(strains, point_group(CRYSTALS["cubic"])) == [0, 3, 6, 12, 15, 18]


def test_fractional_rotations_are_refused() -> None:
    with pytest.raises(InputError, match="fractional"):
        symmetry_distinct(strain_modes(DELTA), [[[0, -1, 0], [1, -1, 0], [0, 0, 1]]])


@pytest.mark.parametrize("name", CRYSTALS)
def test_known_constants_come_back_from_the_distinct_strains(name: str) -> None:
    group = point_group(CRYSTALS[name])
    C = np.mean([rotate(random_tensor(7), R) for R in group], axis=0)
    strains = strain_modes(DELTA)
    strains = strains[symmetry_distinct(strains, group)]
    stresses = np.array([hooke(C, strain) for strain in strains])
    found = elastic_tensor(strains, stresses, group, DELTA)
    np.testing.assert_allclose(found, C, atol=1e-8 * np.abs(C).max())


def test_known_constants_come_back_in_turned_axes() -> None:
    turn = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0], [0.48, 0.64, 0.6]])
    group = turn @ point_group(CRYSTALS["cubic"]) @ turn.T
    C = rotate(cubic(168.4, 121.4, 75.4), turn)
    strains = strain_modes(DELTA)
    strains = strains[symmetry_distinct(strains, group)]
    stresses = [hooke(C, strain) for strain in strains]
    np.testing.assert_allclose(elastic_tensor(strains, stresses, group, DELTA), C, atol=1e-9)


def test_a_strain_that_was_computed_counts_as_computed() -> None:
    C, strains = random_tensor(11), strain_modes(DELTA)
    stresses = [hooke(C, strain) for strain in strains]
    group = point_group(CRYSTALS["orthorhombic"])
    without_identity = group[[not np.allclose(R, np.eye(3)) for R in group]]
    np.testing.assert_allclose(
        elastic_tensor(strains, stresses, without_identity, DELTA), C, atol=1e-9
    )


def test_even_terms_cancel_and_odd_terms_show_as_nonlinearity() -> None:
    C, strains = random_tensor(3), np.concatenate([strain_modes(d) for d in (0.02, 0.01)])
    even = np.array([hooke(C, E) + 500 * E @ E for E in strains])
    odd = np.array([hooke(C, E) + 1e4 * E @ E @ E for E in strains])
    identity = [np.eye(3)]
    np.testing.assert_allclose(elastic_tensor(strains, even, identity, 0.02), C, atol=1e-9)
    full = elastic_tensor(strains, odd, identity, 0.02)
    half = elastic_tensor(strains, odd, identity, 0.01)
    assert full[0, 0] - half[0, 0] == pytest.approx(1e4 * (0.02**2 - 0.01**2))
    expected = 1e4 * (0.02**2 - 0.01**2) / np.abs(half).max()
    assert nonlinearity(full, half) == pytest.approx(expected)


def test_prestress_gives_birch_coefficients() -> None:
    C, d = random_tensor(5), np.eye(3)
    prestress = np.array([[1.2, 0.3, -0.1], [0.3, -0.7, 0.2], [-0.1, 0.2, 0.5]])
    strains = strain_modes(1e-3)
    deformations = [deformation_gradient(E) for E in strains]
    stresses = [
        F @ (prestress + hooke(C, E)) @ F.T / np.linalg.det(F)
        for F, E in zip(deformations, strains, strict=True)
    ]
    terms = (
        np.einsum("ik,jl->ijkl", prestress, d)
        + np.einsum("il,jk->ijkl", prestress, d)
        + np.einsum("jk,il->ijkl", prestress, d)
        + np.einsum("jl,ik->ijkl", prestress, d)
    ) / 2 - np.einsum("ij,kl->ijkl", prestress, d)
    voigt = ([0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1])
    birch = C + terms[voigt][:, *voigt]
    found = elastic_tensor(strains, stresses, [np.eye(3)], 1e-3)
    np.testing.assert_allclose(found, birch, atol=1e-3)
    assert np.abs(birch - C).max() > 1
    assert asymmetry(found) > 0.01


def test_a_missing_strain_is_named() -> None:
    strains = np.delete(strain_modes(DELTA), 9, axis=0)
    with pytest.raises(InputError, match=r"yz at -0\.015"):
        elastic_tensor(strains, strains, [np.eye(3)], DELTA)


def test_a_strain_of_another_magnitude_is_no_substitute() -> None:
    strains = strain_modes(0.01)
    with pytest.raises(InputError, match=r"xx at \+0\.0105"):
        elastic_tensor(strains, strains, point_group(CRYSTALS["cubic"]), 0.0105)


def test_no_strains_at_all() -> None:
    with pytest.raises(InputError, match=r"xx at \+0\.015"):
        elastic_tensor(np.empty((0, 3, 3)), np.empty((0, 3, 3)), [np.eye(3)], DELTA)


def test_as_many_stresses_as_strains() -> None:
    with pytest.raises(InputError, match=r"shape \(12, 3, 3\), given \(11, 3, 3\)"):
        elastic_tensor(strain_modes(DELTA), np.zeros((11, 3, 3)), [np.eye(3)], DELTA)


def test_nonlinearity_of_zero_stress_is_refused() -> None:
    with pytest.raises(InputError, match="zero"):
        nonlinearity(np.zeros((6, 6)), np.zeros((6, 6)))
