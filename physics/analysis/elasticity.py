"""
The elastic tensor from stresses at homogeneous strains.

Voigt order is xx, yy, zz, yz, xz, xy with engineering shear (e4 = 2 E_yz); stresses are Cauchy
stresses in GPa, tension positive; axes are the Cartesian axes of the structure.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pymatgen.core import Structure
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from physics.analysis.arrays import finite_array
from physics.errors import InputError

VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
VOIGT_NAMES = ("xx", "yy", "zz", "yz", "xz", "xy")
SMALLEST_STRAIN, LARGEST_STRAIN = 1e-3, 0.05
SAME_STRAIN = 1e-2
"""Two strains are the same if no component differs by more than this fraction of the larger."""

_ROWS, _COLUMNS = np.transpose(VOIGT)


def strain_modes(delta: float) -> NDArray[np.float64]:
    """
    Build the six Voigt modes at both signs.

    Parameters
    ----------
    delta : float
        Magnitude of each mode, dimensionless, from 1e-3 to 0.05.

    Returns
    -------
    ndarray, shape (12, 3, 3)
        Green-Lagrange strains: modes xx, yy, zz, yz, xz, xy at +delta, then the same at -delta.
        A shear mode has the two components delta/2.

    Raises
    ------
    InputError
        If delta is out of range: below, noise of the stresses dominates; above, the response is
        no longer linear.
    """
    if not SMALLEST_STRAIN <= delta <= LARGEST_STRAIN:
        raise InputError(
            f"strain magnitude: given {delta}, expected a number from {SMALLEST_STRAIN} to "
            f"{LARGEST_STRAIN}; 0.015 is usual."
        )
    modes = np.zeros((6, 3, 3))
    modes[range(6), _ROWS, _COLUMNS] += 0.5 * delta
    modes[range(6), _COLUMNS, _ROWS] += 0.5 * delta
    return np.concatenate([modes, -modes])


def deformation_gradient(strain: ArrayLike) -> NDArray[np.float64]:
    """
    Find the rotation-free deformation that has a given strain.

    Parameters
    ----------
    strain : array_like, shape (3, 3)
        Green-Lagrange strain E, symmetric, dimensionless.

    Returns
    -------
    ndarray, shape (3, 3)
        Symmetric F = (I + 2E)^(1/2); a lattice of row vectors L becomes L F.

    Raises
    ------
    InputError
        If E is not symmetric, or I + 2E is not positive definite, so that no deformation has
        this strain.
    """
    E = finite_array("strain", strain, (3, 3))
    if not np.allclose(E, E.T, rtol=0, atol=1e-12):
        raise InputError(
            f"strain: expected a symmetric matrix, given {E.tolist()}; use (E + E^T)/2."
        )
    squares, axes = np.linalg.eigh(np.eye(3) + 2 * E)
    if squares[0] <= 0:
        raise InputError(
            f"strain: the smallest eigenvalue is {0.5 * (squares[0] - 1):.4f}, expected more than "
            "-0.5, where the crystal is flat; give a smaller strain."
        )
    return (axes * np.sqrt(squares)) @ axes.T


def point_group(structure: Structure, symprec: float = 0.01) -> NDArray[np.float64]:
    """
    Find the rotations, proper and improper, that map a crystal onto itself.

    Parameters
    ----------
    structure : Structure
        Periodic structure; the rotations map its own lattice, which for a supercell can be fewer
        than those of the primitive cell.
    symprec : float
        Distance within which sites and lattice count as symmetric, Å.

    Returns
    -------
    ndarray, shape (n, 3, 3)
        Orthogonal matrices acting on Cartesian column vectors. Where the lattice obeys its
        symmetry only within `symprec`, each is the nearest orthogonal matrix (its polar factor).

    Raises
    ------
    InputError
        If the symmetry cannot be determined.
    """
    try:
        operations = SpacegroupAnalyzer(structure, symprec=symprec).get_symmetry_operations()
    except (TypeError, ValueError) as error:
        raise InputError(
            f"point group of {structure.formula} within {symprec} Å: {error}. Check the structure "
            "for overlapping sites, or give a smaller symprec."
        ) from error
    fractional = np.unique([np.rint(op.rotation_matrix) for op in operations], axis=0)
    columns = structure.lattice.matrix.T
    left, _, right = np.linalg.svd(columns @ fractional @ np.linalg.inv(columns))
    return left @ right


def symmetry_distinct(strains: ArrayLike, rotations: ArrayLike) -> list[int]:
    """
    Choose a smallest set of strains from which symmetry gives all the others.

    Parameters
    ----------
    strains : array_like, shape (n, 3, 3)
        Strains, dimensionless.
    rotations : array_like, shape (m, 3, 3)
        Point group in the same Cartesian axes, as from `point_group`.

    Returns
    -------
    list of int
        Indices of the chosen strains, ascending: the first of each orbit under R E R^T.

    Raises
    ------
    InputError
        If an array has the wrong shape, is not finite, or a rotation is not orthogonal.
    """
    E = finite_array("strains", strains, (None, 3, 3))
    R = _orthogonal(rotations)
    distinct: list[int] = []
    for index, strain in enumerate(E):
        image = _best_image(E[distinct], R, strain)
        if image is None:
            distinct.append(index)
    return distinct


def elastic_tensor(
    strains: ArrayLike, stresses: ArrayLike, rotations: ArrayLike, delta: float
) -> NDArray[np.float64]:
    """
    Differentiate the stress centrally at the six Voigt modes.

    C_ij = [sigma_i(+delta e_j) - sigma_i(-delta e_j)] / (2 delta). Where a strain was not
    computed, its stress is R sigma R^T of a computed strain E with R E R^T equal to it.

    With sigma the Cauchy stress and E the Green-Lagrange strain, the result is the tensor of
    elastic constants of a structure free of stress. Under a prestress s it is the tensor of
    stress-strain (Birch) coefficients,
    B_ijkl = C_ijkl + (s_ik d_jl + s_il d_jk + s_jk d_il + s_jl d_ik)/2 - s_ij d_kl
    (d: Kronecker's delta, tension positive), the ones that enter Born stability under load; it is
    asymmetric by s_kl d_ij - s_ij d_kl unless s is hydrostatic. Keep the prestress beside it.

    Parameters
    ----------
    strains : array_like, shape (n, 3, 3)
        Green-Lagrange strains that were computed, of any magnitudes, in any order.
    stresses : array_like, shape (n, 3, 3)
        Cauchy stress at each strain, GPa, tension positive.
    rotations : array_like, shape (m, 3, 3)
        Point group in the same Cartesian axes; the identity alone for none.
    delta : float
        Strain magnitude of the differences, dimensionless, from 1e-3 to 0.05.

    Returns
    -------
    ndarray, shape (6, 6)
        C_ij, row: stress, column: strain, GPa; not symmetrised.

    Raises
    ------
    InputError
        If a strain is missing (the message names mode and sign), delta is out of range, or an
        array has the wrong shape or is not finite.

    References
    ----------
    Garcia-Mendez et al., Adv. Energy Mater. 10, 2000335 (2020); D. C. Wallace, Thermodynamics of
    Crystals (Wiley, 1972), section 2.
    """
    E = finite_array("strains", strains, (None, 3, 3))
    sigma = finite_array("stresses", stresses, (len(E), 3, 3))
    R = _orthogonal(rotations)
    response = np.empty((12, 6))
    for index, mode in enumerate(strain_modes(delta)):
        image = _best_image(E, R, mode)
        if image is None:
            name = f"{VOIGT_NAMES[index % 6]} at {'+-'[index // 6]}{delta}"
            raise InputError(
                f"elastic tensor: no stress for the strain mode {name} among {len(E)} computed "
                "strains and their symmetry images; compute that strain."
            )
        rotation, computed = image
        response[index] = (rotation @ sigma[computed] @ rotation.T)[_ROWS, _COLUMNS]
    return ((response[:6] - response[6:]) / (2 * delta)).T


def nonlinearity(C_full: ArrayLike, C_half: ArrayLike) -> float:
    """
    Measure how far the response is from linear.

    Parameters
    ----------
    C_full, C_half : array_like, shape (6, 6)
        Elastic tensors from differences at delta and at delta/2, GPa.

    Returns
    -------
    float
        max|C_full - C_half| / max|C_half|; above 0.05 the strain is too large.

    Raises
    ------
    InputError
        If a tensor has the wrong shape or is not finite, or C_half is zero.
    """
    full = finite_array("C at delta", C_full, (6, 6))
    half = finite_array("C at delta/2", C_half, (6, 6))
    largest = np.abs(half).max()
    if largest == 0:
        raise InputError(
            "nonlinearity: C at delta/2 is zero, expected an elastic tensor in GPa; check that the "
            "engine gives stresses."
        )
    return float(np.abs(full - half).max() / largest)


def _orthogonal(rotations: ArrayLike) -> NDArray[np.float64]:
    """Check rotations, shape (m, 3, 3), and put the identity before them."""
    R = finite_array("rotations", rotations, (None, 3, 3))
    error = np.abs(R @ R.transpose(0, 2, 1) - np.eye(3)).max(initial=0.0)
    if error > 1e-6:
        raise InputError(
            f"rotations: R R^T differs from the identity by {error:.1e}, expected orthogonal "
            "Cartesian matrices; fractional rotations must be converted first."
        )
    return np.concatenate([np.eye(3)[None], R])


def _best_image(
    E: NDArray[np.float64], R: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[NDArray[np.float64], int] | None:
    """
    Find a rotation R and the index of a strain E with R E R^T equal to the target.

    The identity stands first in R, so that a strain that was computed is its own image.
    """
    if not len(E):
        return None
    images = np.einsum("rab,nbc,rdc->rnad", R, E, R)
    misfit = np.abs(images - target).max(axis=(2, 3))
    scale = np.maximum(np.abs(E).max(axis=(1, 2)), np.abs(target).max())
    if not (misfit <= SAME_STRAIN * scale).any():
        return None
    rotation, index = np.unravel_index(np.argmin(misfit), misfit.shape)
    return R[rotation], int(index)
