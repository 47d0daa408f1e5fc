"""Arrhenius fits: published numbers, the coverage of intervals, breaks, and what is refused."""

from collections.abc import Sequence

import numpy as np
import pytest
from ase.units import kB
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import curve_fit
from scipy.stats import linregress
from scipy.stats import t as student

from physics.analysis.transport.arrhenius import Arrhenius, fit_arrhenius
from physics.analysis.transport.estimate import Estimate
from physics.errors import InputError
from stores.published import published

ENERGY, PREFACTOR = 0.3, 1e-3
RUNS = 500


def law(temperatures: Sequence[float], energy: float = ENERGY) -> NDArray[np.float64]:
    return PREFACTOR * np.exp(-energy / (kB * np.asarray(temperatures)))


def bent(temperatures: Sequence[float], at: float = 600, below: float = 0.4) -> NDArray[np.float64]:
    """Diffusivities whose activation energy is larger below a temperature."""
    inverse = 1 / (kB * np.asarray(temperatures))
    return law(temperatures) * np.exp(-(below - ENERGY) * np.maximum(inverse - 1 / (kB * at), 0))


def with_error(value: float, error: float) -> Estimate:
    """Give an estimate whose logarithm has a standard error."""
    return Estimate(value, value * np.exp(-1.959964 * error), value * np.exp(1.959964 * error))


def glass(density: float) -> tuple[dict[float, float], float, float]:
    """Give the diffusivities by temperature, their activation energy, and D at 300 K."""
    points = {
        value.conditions.temperature: value.value
        for value in published("diffusivity", "Li3PS4 glass")
        if value.conditions.density == density
    }
    (energy,) = (
        value.value
        for value in published("activation_energy", "Li3PS4 glass")
        if value.conditions.density == density
    )
    return points, energy, points.pop(300)


@pytest.mark.parametrize(
    ("density", "energy", "factor"),
    [
        (1.56, 0.2543, 16),
        (1.65, 0.2523, 1.2e4),
        (1.76, 0.2386, 4e3),
        (1.89, 0.2482, 1.9),
        (2.42, 0.3452, 530),
    ],
)
def test_glasses_of_garcia_mendez_2020(density: float, energy: float, factor: float) -> None:
    """Table S1: three temperatures say little about 300 K, with t = 12.7."""
    points, printed, cold = glass(density)
    fit = fit_arrhenius(list(points), list(points.values()))
    assert fit.activation_energy.value == pytest.approx(printed, abs=1.5e-3)
    assert fit.activation_energy.value == pytest.approx(energy, abs=5e-5)
    found = fit.predict(300)
    assert found.value == pytest.approx(cold, rel=0.03)
    assert found.high / found.value == pytest.approx(factor, rel=0.05)
    assert found.value / found.low == pytest.approx(factor, rel=0.05)
    assert fit.warnings == ("3 points, expected 4 or more: the law itself is hardly tested",)
    assert len(fit.cautions(300)) == 1


def test_ordinary_least_squares_as_textbooks_and_scipy_have_it() -> None:
    temperatures = np.array([500.0, 500, 600, 750, 900])
    values = law(temperatures) * np.exp([0.1, -0.2, 0.05, 0.1, -0.08])
    x, y = 1 / (kB * temperatures), np.log(values)
    known = linregress(x, y)
    t = student.ppf(0.975, 3)
    fit = fit_arrhenius(list(temperatures), list(values))
    assert fit.activation_energy.value == pytest.approx(-known.slope)
    assert fit.activation_energy.high + known.slope == pytest.approx(t * known.stderr)
    assert np.log(fit.prefactor.value) == pytest.approx(known.intercept)
    assert np.log(fit.prefactor.high) - known.intercept == pytest.approx(t * known.intercept_stderr)
    scatter = np.sqrt(((y - known.slope * x - known.intercept) ** 2).sum() / 3)
    target = 1 / (kB * 300)
    error = scatter * np.sqrt(1 / 5 + (target - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum())
    predicted = fit.predict(300)
    assert np.log(predicted.high / predicted.value) == pytest.approx(t * error)


def test_points_are_weighted_by_their_intervals() -> None:
    temperatures = np.array([500.0, 600, 750, 900])
    errors = np.array([0.4, 0.1, 0.05, 0.2])
    values = law(temperatures) * np.exp([0.5, -0.1, 0.04, 0.1])
    x = 1 / (kB * temperatures)
    (slope, level), covariance = curve_fit(
        lambda at, slope, level: slope * at + level,
        x,
        np.log(values),
        sigma=errors,
        absolute_sigma=True,
    )
    fit = fit_arrhenius(list(temperatures), list(map(with_error, values, errors)))
    assert fit.activation_energy.value == pytest.approx(-slope, rel=1e-5)
    assert np.log(fit.prefactor.value) == pytest.approx(level, rel=1e-5)
    misfit = (((np.log(values) - slope * x - level) / errors) ** 2).sum()
    scale = np.sqrt((1 + misfit) / 3) * student.ppf(0.975, 3)
    assert fit.activation_energy.high + slope == pytest.approx(
        scale * np.sqrt(covariance[0, 0]), rel=1e-3
    )


@pytest.mark.parametrize("too_small", [1, 2])
@pytest.mark.parametrize("points", [3, 4, 5, 6])
def test_intervals_cover_the_truth(points: int, too_small: int) -> None:
    """95 % at least for few points with the errors given, nearly so if they are half the true."""
    random = np.random.default_rng(points)
    temperatures = np.linspace(500, 900, points)
    errors = np.geomspace(0.25, 0.05, points)
    cold = law([300])[0]
    energy = prediction = 0
    for _ in range(RUNS):
        noise = too_small * errors * random.normal(size=points)
        values = law(temperatures) * np.exp(noise)
        fit = fit_arrhenius(list(temperatures), list(map(with_error, values, errors)))
        energy += fit.activation_energy.low <= ENERGY <= fit.activation_energy.high
        prediction += fit.predict(300).low <= cold <= fit.predict(300).high
    expected = {
        (3, 1): 0.999, (4, 1): 0.987, (5, 1): 0.973, (6, 1): 0.964,
        (3, 2): 0.964, (4, 2): 0.936, (5, 2): 0.933, (6, 2): 0.916,
    }[points, too_small]  # fmt: skip
    assert energy / RUNS == pytest.approx(expected, abs=0.025)
    assert prediction / RUNS == pytest.approx(expected, abs=0.025)


def test_intervals_of_points_without_errors_cover_the_truth() -> None:
    random = np.random.default_rng(1)
    temperatures = [500.0, 600, 750, 900]
    covered = 0
    for _ in range(RUNS):
        values = law(temperatures) * np.exp(0.2 * random.normal(size=4))
        found = fit_arrhenius(temperatures, list(values)).activation_energy
        covered += found.low <= ENERGY <= found.high
    assert covered / RUNS == pytest.approx(0.95, abs=0.025)


@given(
    energy=st.floats(0.05, 1.5),
    temperatures=st.lists(st.integers(200, 1500), min_size=3, max_size=12, unique=True),
)
def test_an_exact_law_is_found(energy: float, temperatures: list[int]) -> None:
    fit = fit_arrhenius(temperatures, list(law(temperatures, energy)))
    assert fit.break_temperature is None
    assert fit.activation_energy.value == pytest.approx(energy, abs=1e-6)
    assert fit.prefactor.value == pytest.approx(PREFACTOR, rel=1e-4)
    assert fit.temperatures == tuple(sorted(temperatures))
    assert fit.predict(400).value == pytest.approx(law([400], energy)[0], rel=1e-4)


def test_two_regimes_are_found_and_each_predicts_its_own_side() -> None:
    temperatures = [400.0, 450, 500, 550, 650, 750, 850, 1000]
    fit = fit_arrhenius(temperatures, list(bent(temperatures)))
    assert fit.break_temperature == pytest.approx(600, abs=1)
    assert fit.activation_energy.value == pytest.approx(0.4, abs=2e-3)
    assert fit.activation_energy_at(900).value == pytest.approx(ENERGY, abs=2e-3)
    assert fit.predict(300).value == pytest.approx(bent([300])[0], rel=0.02)
    assert fit.predict(1200).value == pytest.approx(law([1200])[0], rel=0.02)
    assert fit.prefactor.value == pytest.approx(bent([300])[0] * np.exp(0.4 / (kB * 300)), rel=0.05)
    (warning,) = fit.warnings
    assert warning.startswith(f"two regimes meet at {fit.break_temperature:.0f} K")


def test_the_interval_of_a_regime_is_that_of_its_own_points() -> None:
    """With the place of the break free, the points of the other side say nothing.

    Without scatter, s^2 is 1 over the degrees of freedom.
    """
    temperatures = [400.0, 450, 500, 550, 650, 750, 850, 1000]
    points = [with_error(value, 0.02) for value in bent(temperatures)]
    both, cold = fit_arrhenius(temperatures, points), fit_arrhenius(temperatures[:4], points[:4])
    assert both.break_temperature is not None
    standard = [
        fit.predict(300).decades
        / student.ppf(0.975, fit.degrees_of_freedom)
        * np.sqrt(fit.degrees_of_freedom)
        for fit in (both, cold)
    ]
    assert standard[0] == pytest.approx(standard[1], rel=0.03)


def test_intervals_cover_the_truth_below_a_break() -> None:
    random = np.random.default_rng(3)
    temperatures = np.linspace(400, 1000, 10)
    truth = bent([300])[0]
    covered = broken = 0
    for _ in range(RUNS):
        values = bent(temperatures) * np.exp(0.05 * random.normal(size=10))
        fit = fit_arrhenius(list(temperatures), [with_error(value, 0.05) for value in values])
        broken += fit.break_temperature is not None
        covered += fit.predict(300).low <= truth <= fit.predict(300).high
    assert broken > 0.97 * RUNS
    assert covered / RUNS == pytest.approx(0.95, abs=0.03)


def test_a_straight_line_is_seldom_taken_for_two() -> None:
    random = np.random.default_rng(4)
    temperatures = list(np.linspace(400, 1000, 8))
    broken = 0
    for _ in range(RUNS):
        values = law(temperatures) * np.exp(0.1 * random.normal(size=8))
        fit = fit_arrhenius(temperatures, [with_error(value, 0.1) for value in values])
        broken += fit.break_temperature is not None
    assert broken < 0.04 * RUNS


def test_a_break_needs_three_temperatures_on_each_side() -> None:
    temperatures = [400.0, 450, 450, 450, 650, 750, 850]
    assert fit_arrhenius(temperatures, list(bent(temperatures))).break_temperature is None


def test_two_points_without_errors_say_nothing_about_their_law() -> None:
    fit = fit_arrhenius([500, 600], list(law([500, 600])))
    assert fit.activation_energy == Estimate(pytest.approx(ENERGY), -np.inf, np.inf)
    assert fit.predict(300) == Estimate(pytest.approx(law([300])[0]), 0, np.inf)


def test_a_limit_below_the_fit_is_told() -> None:
    temperatures = [500.0, 600, 750, 900]
    values = list(law(temperatures))
    below, above = law([400])[0] / 2, law([400])[0] * 2
    fit = fit_arrhenius(temperatures, values, limits=[(400, below), (400, above)])
    (warning,) = fit.warnings
    assert warning.startswith(
        "the fit gives 1.7e-07 cm^2/s at 400 K, above the upper limit 8.3e-08"
    )
    without = fit_arrhenius(temperatures, values)
    assert fit.activation_energy == without.activation_energy
    assert without.warnings == ()


@pytest.mark.parametrize(
    ("temperature", "far"), [(300, True), (340, True), (390, False), (500, False), (3000, True)]
)
def test_what_is_farther_than_the_points_reach_is_told(temperature: float, far: bool) -> None:
    """1/T from 1/800 to 1/500: its range more is 1/364 K."""
    fit = fit_arrhenius([500, 600, 700, 800], list(law([500, 600, 700, 800])))
    assert bool(fit.cautions(temperature)) == far


def test_the_reach_of_a_regime_is_that_of_its_points() -> None:
    temperatures = [400.0, 450, 500, 550, 650, 750, 850, 1000]
    fit = fit_arrhenius(temperatures, list(bent(temperatures)))
    (caution,) = fit.cautions(250)
    assert "400 to 550 K" in caution


GOOD = [law([T])[0] for T in (500, 600, 700)]


@pytest.mark.parametrize(
    ("temperatures", "values", "named"),
    [
        ([], [], "at 0 temperatures, expected two"),
        ([500], GOOD[:1], "at 1 temperatures, expected two"),
        ([500, 500, 500], GOOD, "at 1 temperatures, expected two"),
        ([500, 600], GOOD, "2 temperatures and 3 diffusivities"),
        ([500, 600, -700], GOOD, "temperature of -700 K"),
        ([500, 600, np.nan], GOOD, "temperature of nan K"),
        ([500, 600, 700], [*GOOD[:2], 0.0], "diffusivity of 0 cm"),
        ([500, 600, 700], [*GOOD[:2], -1e-9], "diffusivity of -1e-09 cm"),
        ([500, 600], [with_error(1e-9, 0.1), 1e-8], "1 of 2 diffusivities have an interval"),
        ([500, 600], [Estimate(1e-9, 0, 2e-9)] * 2, "give one that reaches zero as an upper limit"),
        ([500, 600], [Estimate(1e-9, 1e-9, 1e-9)] * 2, "expected positive ends on both sides"),
        ([500, 600], [Estimate(1e-9, 2e-9, 3e-9)] * 2, "expected positive ends on both sides"),
    ],
)
def test_bad_points_are_refused(temperatures: list[float], values: list[float], named: str) -> None:
    with pytest.raises(InputError, match=named):
        fit_arrhenius(temperatures, values)


def test_bad_limits_and_targets_are_refused() -> None:
    fit: Arrhenius = fit_arrhenius([500, 600, 700], GOOD)
    with pytest.raises(InputError, match="upper limit of -1 cm"):
        fit_arrhenius([500, 600, 700], GOOD, limits=[(400, -1)])
    for method in (fit.predict, fit.activation_energy_at, fit.cautions):
        with pytest.raises(InputError, match="temperature of 0 K"):
            method(0)
