"""Arrhenius law of diffusivities: activation energies, and predictions at other temperatures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from ase.units import kB
from numpy.typing import NDArray
from scipy.special import stdtrit

from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.lines import fit_lines
from physics.errors import InputError

FloatArray = NDArray[np.float64]

HALF_WIDTH = 1.959964
"""Half of a 95 % interval of a normal distribution, in standard deviations."""

FEW = 4
"""Points below which a fit is warned of. [choice]"""


@dataclass(frozen=True, eq=False)
class Arrhenius:
    """
    ln D = ln D0 - Ea / (k_B T), in one or two regimes.

    Parameters
    ----------
    temperatures : tuple of float
        Temperatures of the points, K, ascending.
    break_temperature : float or None
        Where two regimes meet, K; None for one.
    coefficients : ndarray, shape (2,) or (3,)
        ln D0 (D0 in cm^2/s) and -Ea (eV) above the break, and what is added to -Ea below it.
    covariance : ndarray, shape (2, 2) or (4, 4)
        Of the coefficients and, in the last place, of the break in 1 / (k_B T).
    degrees_of_freedom : int
        Of the scatter of the points; 0 for two points without errors, whose intervals are infinite.
    warnings : tuple of str
        What to know about the fit.
    """

    temperatures: tuple[float, ...]
    break_temperature: float | None
    coefficients: FloatArray = field(repr=False)
    covariance: FloatArray = field(repr=False)
    degrees_of_freedom: int
    warnings: tuple[str, ...] = ()

    @property
    def activation_energy(self) -> Estimate:
        """Activation energy Ea, eV; of two regimes that below the break."""
        return self.activation_energy_at(self.temperatures[0])

    @property
    def prefactor(self) -> Estimate:
        """Prefactor D0, cm^2/s; of two regimes that below the break."""
        return _exponential(self._estimate(0.0, below=self.break_temperature is not None))

    def activation_energy_at(self, temperature: float) -> Estimate:
        """
        Give the activation energy of the regime that holds a temperature.

        Parameters
        ----------
        temperature : float
            Temperature, K.

        Returns
        -------
        Estimate
            Ea with its 95 % interval, eV.

        Raises
        ------
        InputError
            If the temperature is not positive.
        """
        slope = self._estimate(_inverse(temperature), self._below(temperature), order=1)
        return Estimate(-slope.value, -slope.high, -slope.low)

    def predict(self, temperature: float) -> Estimate:
        """
        Give the diffusivity at a temperature, by the regime that holds it.

        Parameters
        ----------
        temperature : float
            Temperature, K.

        Returns
        -------
        Estimate
            D with its 95 % interval, cm^2/s.

        Raises
        ------
        InputError
            If the temperature is not positive.
        """
        return _exponential(self._estimate(_inverse(temperature), self._below(temperature)))

    def cautions(self, temperature: float) -> tuple[str, ...]:
        """
        Tell what to know about the prediction at a temperature.

        Parameters
        ----------
        temperature : float
            Temperature, K.

        Returns
        -------
        tuple of str
            That it is far from the points of its regime: by more than their range of 1/T.

        Raises
        ------
        InputError
            If the temperature is not positive.
        """
        target, below = _inverse(temperature), self._below(temperature)
        points = [_inverse(each) for each in self.temperatures if self._below(each) == below]
        first, last = min(points), max(points)
        if first - target <= last - first and target - last <= last - first:
            return ()
        coldest, hottest = 1 / (kB * last), 1 / (kB * first)
        caution = (
            f"{temperature:g} K is far from the points at {coldest:.0f} to {hottest:.0f} K: the "
            "interval holds only if the same law does"
        )
        return (caution,)

    def _below(self, temperature: float) -> bool:
        return self.break_temperature is not None and temperature < self.break_temperature

    def _estimate(self, inverse: float, below: bool, order: int = 0) -> Estimate:
        """Give ln D at 1 / (k_B T), or with order 1 its derivative, by one of the regimes."""
        row = np.zeros(len(self.covariance))
        row[:2] = (1.0, inverse) if order == 0 else (0.0, 1.0)
        if below and self.break_temperature is not None:
            row[2] = inverse - _inverse(self.break_temperature) if order == 0 else 1.0
            row[3] = -self.coefficients[2] if order == 0 else 0.0
        value = float(row[: len(self.coefficients)] @ self.coefficients)
        if not self.degrees_of_freedom:
            return Estimate(value, -np.inf, np.inf)
        error = float(np.sqrt(row @ self.covariance @ row))
        half = float(stdtrit(self.degrees_of_freedom, 0.975)) * error
        return Estimate(value, value - half, value + half)


def fit_arrhenius(
    temperatures: Sequence[float],
    diffusivities: Sequence[Estimate] | Sequence[float],
    limits: Sequence[tuple[float, float]] = (),
) -> Arrhenius:
    """
    Fit the Arrhenius law to diffusivities.

    Points with intervals are weighted by them, points without are fitted by ordinary least
    squares; see `fit_lines` for the intervals of the law and for when two regimes are accepted.

    Parameters
    ----------
    temperatures : sequence of float, length n
        Temperatures, K; some may be equal.
    diffusivities : sequence of Estimate or of float, length n
        Diffusivities, cm^2/s.
    limits : sequence of (float, float)
        Temperatures, K, and diffusivities below which the true ones are, cm^2/s. They do not
        enter the fit; one that the fit passes above gives a warning.

    Returns
    -------
    Arrhenius
        The law, with 95 % intervals.

    Raises
    ------
    InputError
        If there are fewer than two temperatures, or numbers, intervals or limits that are not
        positive and finite, or intervals for some points only.
    """
    x = np.array([_inverse(each) for each in temperatures])
    y, errors = _logarithms(diffusivities)
    if len(x) != len(y):
        raise InputError(f"{len(x)} temperatures and {len(y)} diffusivities, expected one for each")
    if len(np.unique(x)) < 2:
        raise InputError(
            f"diffusivities at {len(np.unique(x))} temperatures, expected two or more; an upper "
            "limit does not count"
        )
    fit = fit_lines(x, y, errors)
    law = Arrhenius(
        temperatures=tuple(sorted(float(each) for each in temperatures)),
        break_temperature=None if fit.meeting is None else 1 / (kB * fit.meeting),
        coefficients=fit.coefficients,
        covariance=fit.covariance,
        degrees_of_freedom=fit.degrees_of_freedom,
    )
    return replace(law, warnings=tuple(_warnings(law, limits)))


def _warnings(law: Arrhenius, limits: Sequence[tuple[float, float]]) -> Iterator[str]:
    """Tell what to know about a fit."""
    points = len(law.temperatures)
    if points < FEW:
        yield f"{points} points, expected {FEW} or more: the law itself is hardly tested"
    if law.break_temperature is not None:
        yield (
            f"two regimes meet at {law.break_temperature:.0f} K: activation energy and prefactor "
            "are those below it"
        )
    for temperature, limit in limits:
        if not 0 < limit < np.inf:
            raise InputError(f"an upper limit of {limit:g} cm^2/s, expected a positive number")
        fitted = law.predict(temperature).value
        if fitted > limit:
            yield (
                f"the fit gives {fitted:.2g} cm^2/s at {temperature:g} K, above the upper limit "
                f"{limit:.2g} found there"
            )


def _inverse(temperature: float) -> float:
    """Give 1 / (k_B T), 1/eV."""
    if not 0 < temperature < np.inf:
        raise InputError(f"a temperature of {temperature:g} K, expected a positive number")
    return 1 / (kB * temperature)


def _logarithms(
    diffusivities: Sequence[Estimate] | Sequence[float],
) -> tuple[FloatArray, FloatArray | None]:
    """Give ln D and its standard errors; None if there are no intervals."""
    given = [each for each in diffusivities if isinstance(each, Estimate)]
    if given and len(given) != len(diffusivities):
        raise InputError(
            f"{len(given)} of {len(diffusivities)} diffusivities have an interval, expected all or "
            "none"
        )
    values = [each.value if isinstance(each, Estimate) else each for each in diffusivities]
    for value in values:
        if not 0 < value < np.inf:
            raise InputError(
                f"a diffusivity of {value:g} cm^2/s, expected a positive number; if it could not "
                "be resolved give its upper limit as one"
            )
    for each in given:
        if not 0 < each.low <= each.value <= each.high < np.inf or each.low == each.high:
            raise InputError(
                f"the interval of {each.value:g} cm^2/s is {each.low:g} to {each.high:g}, expected "
                "positive ends on both sides; give one that reaches zero as an upper limit"
            )
    errors = [np.log(each.high / each.low) / (2 * HALF_WIDTH) for each in given]
    return np.log(values), np.array(errors) if given else None


def _exponential(logarithm: Estimate) -> Estimate:
    with np.errstate(over="ignore"):
        return Estimate(
            *(float(np.exp(each)) for each in (logarithm.value, logarithm.low, logarithm.high))
        )
