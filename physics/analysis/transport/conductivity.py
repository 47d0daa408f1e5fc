"""Ionic conductivity from the diffusivity of the ions, and back."""

from ase.units import kB
from scipy.constants import elementary_charge

from physics.analysis.transport.estimate import Estimate
from physics.errors import InputError

PER_CUBIC_CENTIMETER = 1e24
"""One per Å^3."""


def nernst_einstein(
    diffusivity: Estimate,
    density: float,
    temperature: float,
    charge: float = 1.0,
    haven: float = 1.0,
) -> Estimate:
    """
    Give the conductivity of ions of a tracer diffusivity: sigma = n z^2 e^2 D / (H k_B T).

    Parameters
    ----------
    diffusivity : Estimate
        Tracer diffusivity D of the ions, cm^2/s.
    density : float
        Number of ions in a volume n, 1/Å^3.
    temperature : float
        Temperature T, K.
    charge : float
        Charge z of an ion, elementary charges.
    haven : float
        Haven ratio H of tracer and charge diffusivity; 1 for ions that move independently.

    Returns
    -------
    Estimate
        Conductivity, S/cm; its interval is that of the diffusivity alone.

    Raises
    ------
    InputError
        If density, temperature or Haven ratio is not positive, or the charge zero.
    """
    return diffusivity.scaled(_conductivity_of_one(density, temperature, charge, haven))


def tracer_diffusivity(
    conductivity: Estimate,
    density: float,
    temperature: float,
    charge: float = 1.0,
    haven: float = 1.0,
) -> Estimate:
    """
    Give the tracer diffusivity that a conductivity implies: D = H k_B T sigma / (n z^2 e^2).

    Parameters
    ----------
    conductivity : Estimate
        Conductivity sigma, S/cm.
    density : float
        Number of ions in a volume n, 1/Å^3.
    temperature : float
        Temperature T, K.
    charge : float
        Charge z of an ion, elementary charges.
    haven : float
        Haven ratio H of tracer and charge diffusivity; 1 for ions that move independently.

    Returns
    -------
    Estimate
        Tracer diffusivity, cm^2/s; its interval is that of the conductivity alone.

    Raises
    ------
    InputError
        If density, temperature or Haven ratio is not positive, or the charge zero.
    """
    return conductivity.scaled(1 / _conductivity_of_one(density, temperature, charge, haven))


def _conductivity_of_one(density: float, temperature: float, charge: float, haven: float) -> float:
    """Give the conductivity, S/cm, of ions that diffuse by 1 cm^2/s."""
    for name, value in (
        ("density of ions", density),
        ("temperature", temperature),
        ("Haven ratio", haven),
        ("square of the charge", charge**2),
    ):
        if not 0 < value < float("inf"):
            raise InputError(f"a {name} of {value:g}, expected a positive number")
    carried = density * PER_CUBIC_CENTIMETER * charge**2 * elementary_charge
    return carried / (haven * kB * temperature)
