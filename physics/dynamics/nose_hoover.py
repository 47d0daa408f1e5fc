"""Nosé-Hoover chain: a friction that follows the kinetic energy."""

import math

import numpy as np

from physics.dynamics.frame import FloatArray

LINKS = 3
"""Length of the chain."""


def chain_step(
    rates: FloatArray,
    twice_kinetic: float,
    freedom: int,
    thermal: float,
    *,
    damping: float,
    duration: float,
) -> tuple[float, FloatArray]:
    """
    Let a chain act on velocities v for a time, positions standing still.

    With η' the rates of the chain, f degrees of freedom, and masses Q_1 = f kT τ^2, Q_j = kT τ^2:

    v' = - η'_1 v;  η''_1 = (2 K - f kT) / Q_1 - η'_1 η'_2;
    η''_j = (Q_j-1 η'_j-1^2 - kT) / Q_j - η'_j η'_j+1.

    Parameters
    ----------
    rates : ndarray, shape (LINKS,)
        η' at the start, 1 / time.
    twice_kinetic : float
        Twice the kinetic energy 2 K at the start.
    freedom : int
        Degrees of freedom f.
    thermal : float
        kT, in the unit of the kinetic energy.
    damping : float
        Time τ of the thermostat.
    duration : float
        Time to go on by.

    Returns
    -------
    float
        What the velocities are to be multiplied by.
    ndarray, shape (LINKS,)
        η' at the end.

    Notes
    -----
    Martyna, Klein and Tuckerman, J. Chem. Phys. 97, 2635 (1992); Martyna, Tuckerman, Tobias and
    Klein, Mol. Phys. 87, 1117 (1996) for the splitting, here of second order as the rest of a step
    is: that of fourth order has steps back in time, in which rates overflow where many atoms are
    far from the temperature.
    """
    masses = [freedom * thermal * damping**2] + [thermal * damping**2] * (LINKS - 1)
    speeds = [*rates.tolist(), 0.0]
    scale = 1.0

    def kick(link: int, time: float) -> None:
        if link == 0:
            excess = twice_kinetic * scale**2 - freedom * thermal
        else:
            excess = masses[link - 1] * speeds[link - 1] ** 2 - thermal
        drag = math.exp(-speeds[link + 1] * time / 2)
        speeds[link] = (speeds[link] * drag + time * excess / masses[link]) * drag

    for link in reversed(range(LINKS)):
        kick(link, duration / 2)
    scale = math.exp(-speeds[0] * duration)
    for link in range(LINKS):
        kick(link, duration / 2)
    return scale, np.array(speeds[:LINKS])
