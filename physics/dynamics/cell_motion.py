"""Motion of the cell under a pressure, and of atoms in a cell that moves.

The cell stretches along three axes b_j, the rows of B, each at a rate e_j of its own: with
G = B^-1 diag(e) B, the cell h changes by h' = h G, and atoms of positions r, velocities v and
accelerations a (rows) by

    r' = v + r G,    v' = a - v G^T - v (Σ_j e_j) / f,

with f = 3 N - 3 degrees of freedom. The rates have the mass W = (f + 3) kT τ^2 / 3 and

    W e_j' = Σ m (v B^-1)_j (v B^T)_j - V (B σ B^-1)_jj - P V + 2 K / f.

A coupling that ties the axes projects the rates. Along a coupling's own volume this samples
exp(-(U + P V) / kT) dV, as Martyna, Tobias and Klein, J. Chem. Phys. 101, 4177 (1994) show for one
rate or a symmetric G; for others the phase space is contracted alike. As the centre of mass stands
still in the cell, an ideal gas has P <V> = N kT.
"""

import numpy as np
from scipy.special import exprel

from physics.dynamics.frame import FloatArray, degrees_of_freedom
from physics.dynamics.protocol import Coupling

TIED: dict[Coupling | None, tuple[slice, ...]] = {
    None: (),
    "iso": (slice(0, 3),),
    "aniso": (slice(0, 1), slice(1, 2), slice(2, 3)),
    "z": (slice(2, 3),),
}
"""Rates that go together; each group is one degree of freedom.

Each has a thermostat of its own: three springs of a cubic cell alike on one chain of Nosé and
Hoover keep their phases.
"""


def coupled(rates: FloatArray, coupling: Coupling | None) -> FloatArray:
    """
    Project rates, or forces on them, on those that a coupling leaves free.

    Parameters
    ----------
    rates : ndarray, shape (3,)
        One for each axis.
    coupling : {"iso", "aniso", "z"} or None
        What of the cell moves.

    Returns
    -------
    ndarray, shape (3,)
        Their projection; exactly the same where it is one already.
    """
    if coupling == "iso":
        return np.full(3, rates[0] + np.mean(rates - rates[0]))
    if coupling == "aniso":
        return rates
    return rates * (0.0, 0.0, float(coupling == "z"))


def stretch_axes(cell: FloatArray, coupling: Coupling | None) -> FloatArray:
    """
    Give the axes B that the cell stretches along.

    Parameters
    ----------
    cell : ndarray, shape (3, 3)
        Lattice vectors as rows.
    coupling : {"iso", "aniso", "z"} or None
        What of the cell moves.

    Returns
    -------
    ndarray, shape (3, 3)
        The lattice vectors for "aniso", whose angles stay; else x, y and z.
    """
    return cell if coupling == "aniso" else np.eye(3)


def stretch_mass(atoms: int, thermal: float, damping: float) -> float:
    """
    Give the mass W of each rate, (3 N - 3 + 3) kT τ^2 / 3.

    Parameters
    ----------
    atoms : int
        Number N of atoms.
    thermal : float
        kT.
    damping : float
        Time τ of the barostat.

    Returns
    -------
    float
        Mass, energy times time squared; all three together weigh what the one of an isotropic
        cell does in Martyna, Tobias and Klein.
    """
    return (degrees_of_freedom(atoms) + 3) / 3 * thermal * damping**2


def stretch_force(
    axes: FloatArray,
    cell: FloatArray,
    velocities: FloatArray,
    masses: FloatArray,
    *,
    stress: FloatArray,
    pressure: float,
) -> FloatArray:
    """
    Give the force on each rate, W e'.

    Parameters
    ----------
    axes, cell : ndarray, shape (3, 3)
        Axes B and lattice vectors h, rows.
    velocities : ndarray, shape (N, 3)
        Of the atoms, v.
    masses : ndarray, shape (N, 1)
        Of the atoms, m.
    stress : ndarray, shape (3, 3)
        Stress σ of the potential energy, energy / volume, tension positive.
    pressure : float
        Pressure P outside.

    Returns
    -------
    ndarray, shape (3,)
        Forces, energy.
    """
    inverse = np.linalg.inv(axes)
    volume = abs(np.linalg.det(cell))
    motion = np.sum(masses * (velocities @ inverse) * (velocities @ axes.T), axis=0)
    tension = volume * np.diag(axes @ stress @ inverse)
    twice_kinetic = np.sum(masses * velocities**2)
    measure = twice_kinetic / degrees_of_freedom(len(masses))
    return motion - tension - pressure * volume + measure


def drift(
    axes: FloatArray,
    rates: FloatArray,
    positions: FloatArray,
    velocities: FloatArray,
    duration: float,
) -> FloatArray:
    """
    Carry positions along for a time: r' = v + r G, solved exactly.

    Parameters
    ----------
    axes : ndarray, shape (3, 3)
        Axes B, rows.
    rates : ndarray, shape (3,)
        Rates e.
    positions, velocities : ndarray, shape (M, 3)
        r and v at the start; lattice vectors have no v of their own.
    duration : float
        Time.

    Returns
    -------
    ndarray, shape (M, 3)
        Positions at the end.
    """
    inverse = np.linalg.inv(axes)
    turned = positions @ inverse * np.exp(rates * duration)
    return (turned + velocities @ inverse * duration * exprel(rates * duration)) @ axes


def kick(
    axes: FloatArray,
    rates: FloatArray,
    velocities: FloatArray,
    accelerations: FloatArray,
    duration: float,
) -> FloatArray:
    """
    Let accelerations act for a time: v' = a - v G^T - v (Σ e) / f, solved exactly.

    Parameters
    ----------
    axes : ndarray, shape (3, 3)
        Axes B, rows.
    rates : ndarray, shape (3,)
        Rates e.
    velocities, accelerations : ndarray, shape (N, 3)
        v at the start, and a.
    duration : float
        Time.

    Returns
    -------
    ndarray, shape (N, 3)
        Velocities at the end.
    """
    drag = -duration * (rates + rates.sum() / degrees_of_freedom(len(velocities)))
    turned = velocities @ axes.T * np.exp(drag)
    return (turned + accelerations @ axes.T * duration * exprel(drag)) @ np.linalg.inv(axes).T
