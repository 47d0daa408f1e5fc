"""
Moduli of an elastic tensor.

Tensors are 6x6 in GPa, Voigt order xx, yy, zz, yz, xz, xy with engineering shear strains.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.analysis.arrays import finite_array
from physics.errors import InputError

_VOIGT_INDEX = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])
_LARGEST_CONDITION = 1e12


@dataclass(frozen=True)
class Moduli:
    """
    What follows from an elastic tensor.

    Parameters
    ----------
    stiffness : ndarray, shape (6, 6)
        Symmetrised elastic tensor C, GPa.
    compliance : ndarray, shape (6, 6)
        S = C^-1, 1/GPa.
    bulk_voigt, bulk_reuss, bulk_hill : float
        Bulk modulus for uniform strain, for uniform stress and their mean, GPa.
    shear_voigt, shear_reuss, shear_hill : float
        Shear modulus likewise, GPa.
    young_hill : float
        Young's modulus of the Hill means, GPa.
    poisson_hill : float
        Poisson ratio of the Hill means.
    universal_anisotropy : float
        A^U = 5 G_V/G_R + B_V/B_R - 6, zero for an isotropic solid.
    eigenvalues : ndarray, shape (6,)
        Eigenvalues of C, ascending, GPa.
    stable : bool
        Born stability: all eigenvalues are positive. Where it is false, the Reuss and Hill means
        have no physical meaning.
    """

    stiffness: NDArray[np.float64]
    compliance: NDArray[np.float64]
    bulk_voigt: float
    bulk_reuss: float
    bulk_hill: float
    shear_voigt: float
    shear_reuss: float
    shear_hill: float
    young_hill: float
    poisson_hill: float
    universal_anisotropy: float
    eigenvalues: NDArray[np.float64]
    stable: bool


def moduli(C: ArrayLike) -> Moduli:
    """
    Average an elastic tensor over orientations and test its stability.

    Parameters
    ----------
    C : array_like, shape (6, 6)
        Elastic tensor, GPa; its symmetric part (C + C^T)/2 is used.

    Returns
    -------
    Moduli
        Voigt, Reuss and Hill moduli, anisotropy, compliance, eigenvalues, stability.

    Raises
    ------
    InputError
        If C has the wrong shape, is not finite or singular, or a mean diverges.

    References
    ----------
    R. Hill, Proc. Phys. Soc. A 65, 349 (1952); S. I. Ranganathan and M. Ostoja-Starzewski, Phys.
    Rev. Lett. 101, 055504 (2008) for A^U; F. Mouhat and F.-X. Coudert, Phys. Rev. B 90, 224104
    (2014) for stability.
    """
    raw = finite_array("elastic tensor", C, (6, 6))
    stiffness = 0.5 * (raw + raw.T)
    S = _compliance(stiffness)
    bulk_voigt, shear_voigt = _voigt(stiffness)
    with np.errstate(divide="ignore", invalid="ignore"):
        bulk_reuss = 1 / S[:3, :3].sum()
        shear_reuss = 15 / (6 * S[:3, :3].trace() - 2 * S[:3, :3].sum() + 3 * S[3:, 3:].trace())
        bulk, shear = 0.5 * (bulk_voigt + bulk_reuss), 0.5 * (shear_voigt + shear_reuss)
        young = 9 * bulk * shear / (3 * bulk + shear)
        poisson = (3 * bulk - 2 * shear) / (2 * (3 * bulk + shear))
        anisotropy = 5 * shear_voigt / shear_reuss + bulk_voigt / bulk_reuss - 6
    means = (bulk_reuss, shear_reuss, young, poisson, anisotropy)
    eigenvalues = np.linalg.eigvalsh(stiffness).astype(np.float64)
    if not np.isfinite(means).all():
        raise InputError(
            f"elastic tensor: its means diverge, eigenvalues {np.round(eigenvalues, 4).tolist()} "
            "GPa; expected a tensor with finite Reuss moduli, check the stresses."
        )
    return Moduli(
        stiffness=stiffness,
        compliance=S,
        bulk_voigt=float(bulk_voigt),
        bulk_reuss=float(bulk_reuss),
        bulk_hill=float(bulk),
        shear_voigt=float(shear_voigt),
        shear_reuss=float(shear_reuss),
        shear_hill=float(shear),
        young_hill=float(young),
        poisson_hill=float(poisson),
        universal_anisotropy=float(anisotropy),
        eigenvalues=eigenvalues,
        stable=bool(eigenvalues[0] > 0),
    )


def asymmetry(C: ArrayLike) -> float:
    """
    Measure how far an elastic tensor is from symmetric.

    Parameters
    ----------
    C : array_like, shape (6, 6)
        Elastic tensor as computed, GPa.

    Returns
    -------
    float
        max|C - C^T| / max|C|.

    Raises
    ------
    InputError
        If C has the wrong shape, is not finite or is zero.
    """
    tensor = finite_array("elastic tensor", C, (6, 6))
    largest = np.abs(tensor).max()
    if largest == 0:
        raise InputError(
            "elastic tensor: all constants are zero, expected GPa; check that the engine gives "
            "stresses."
        )
    return float(np.abs(tensor - tensor.T).max() / largest)


def rotate(C: ArrayLike, R: ArrayLike) -> NDArray[np.float64]:
    """
    Rotate a crystal: C'_ijkl = R_ia R_jb R_kc R_ld C_abcd.

    Parameters
    ----------
    C : array_like, shape (6, 6)
        Elastic tensor, GPa.
    R : array_like, shape (3, 3)
        Orthogonal matrix acting on Cartesian column vectors.

    Returns
    -------
    ndarray, shape (6, 6)
        The tensor of the rotated crystal in the same axes, GPa.

    Raises
    ------
    InputError
        If an array has the wrong shape or is not finite, or R is not orthogonal.
    """
    tensor = finite_array("elastic tensor", C, (6, 6))[_VOIGT_INDEX[:, :, None, None], _VOIGT_INDEX]
    rotation = finite_array("rotation", R, (3, 3))
    error = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if error > 1e-6:
        raise InputError(
            f"rotation: R R^T differs from the identity by {error:.1e}, expected an orthogonal "
            "Cartesian matrix."
        )
    rotated = np.einsum("ia,jb,kc,ld,abcd->ijkl", *[rotation] * 4, tensor, optimize=True)
    rows, columns = [0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]
    return rotated[rows, columns][:, rows, columns]


def directional_young(C: ArrayLike, directions: ArrayLike) -> NDArray[np.float64]:
    """
    Young's modulus along directions of a single crystal.

    1/E(n) = s_ijkl n_i n_j n_k n_l (J. F. Nye, Physical Properties of Crystals, chapter VIII).

    Parameters
    ----------
    C : array_like, shape (6, 6)
        Elastic tensor, GPa; its symmetric part is used.
    directions : array_like, shape (n, 3)
        Cartesian directions of any length but zero.

    Returns
    -------
    ndarray, shape (n,)
        Young's modulus along each direction, GPa.

    Raises
    ------
    InputError
        If an array has the wrong shape or is not finite, C is singular or a direction is zero.
    """
    tensor = finite_array("elastic tensor", C, (6, 6))
    vectors = finite_array("directions", directions, (None, 3))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not lengths.all():
        raise InputError("directions: a vector has length zero, expected a direction.")
    x, y, z = (vectors / lengths).T
    products = np.stack([x * x, y * y, z * z, y * z, x * z, x * y])
    S = _compliance(0.5 * (tensor + tensor.T))
    return 1 / np.einsum("in,ij,jn->n", products, S, products)


def _voigt(C: NDArray[np.float64]) -> tuple[float, float]:
    """Average the stiffness over orientations: B_V and G_V, GPa."""
    normal = C[:3, :3]
    shear = 3 * normal.trace() - normal.sum() + 6 * C[3:, 3:].trace()
    return normal.sum() / 9, shear / 30


def _compliance(C: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert a symmetric C, or say that it is singular."""
    condition = np.linalg.cond(C)
    if not condition < _LARGEST_CONDITION:
        raise InputError(
            f"elastic tensor: singular (condition number {condition:.1e}, expected below "
            f"{_LARGEST_CONDITION:.0e}), so it has no compliance; check the stresses of the modes."
        )
    S = np.linalg.inv(C)
    return 0.5 * (S + S.T)
