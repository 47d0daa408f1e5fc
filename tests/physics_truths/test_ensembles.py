"""Ensembles that integrators sample, against the distributions that they promise.

The tests of Shirts, J. Chem. Theory Comput. 9, 909 (2013), and Merz and Shirts, PLoS ONE 13,
e0202764 (2018): the distribution of the kinetic energy is known; of potential energies at two
temperatures, and of volumes at two pressures, the ratio is, whatever the potential. Where the cell
has a known distribution of its own, that is asked for too.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from ase.units import GPa, kB
from fluid_for_tests import LENGTH
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import chi2, kstest
from systems_for_tests import ATOMS, STIFFNESS, System, of_ase, of_crystal

from physics.dynamics.frame import Frame
from physics.dynamics.protocol import Coupling, Stage

pytestmark = [pytest.mark.physical_validation, pytest.mark.xdist_group("ensembles")]

ERRORS = 4.0
"""Standard errors by which a mean may be off: one test of 16 000."""


FLUIDS = [of_ase("langevin"), of_ase("nose-hoover")]
LAMMPS = [of_crystal("lammps", "langevin"), of_crystal("lammps", "nose-hoover")]
SAME_OF_ASE = of_crystal("ase", "nose-hoover")


def each(*systems: System) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("system", systems, ids=lambda system: system.name)


each_fluid = each(*FLUIDS)
each_crystal = each(*LAMMPS)
each_system = each(*FLUIDS, *LAMMPS)
each_of_pressure = each(*FLUIDS, *LAMMPS, SAME_OF_ASE)


@cache
def at_constant_volume(system: System, which: int) -> list[Frame]:
    return system.run(Stage("nvt", 1, system.temperatures[which]))


@cache
def at_constant_pressure(system: System, which: int, coupling: Coupling = "iso") -> list[Frame]:
    """A short stage at an eighth of the temperature goes before: of that nothing may stay."""
    temperature, pressure = system.temperatures[0], system.pressures[which]
    stage = Stage("npt", 1, temperature, None, "npt", pressure, None, coupling)
    return system.run(stage, replace(stage, steps=system.interval, temperature=temperature / 8))


def inefficiency(series: np.ndarray) -> float:
    """
    Give the number of values that are worth one independent of the others.

    1 + 2 Σ_t (1 - t / n) C(t) up to where the autocorrelation C first is below zero; Chodera et
    al., J. Chem. Theory Comput. 3, 26 (2007).
    """
    n = len(series)
    away = series - series.mean()
    correlation = np.correlate(away, away, "full")[n - 1 :] / (away @ away)
    end = int(np.argmax(correlation < 0)) or n
    return float(1 + 2 * correlation[1:end].sum())


def standard_error(series: np.ndarray) -> float:
    return float(series.std() * np.sqrt(inefficiency(series) / len(series)))


def assert_mean(series: np.ndarray, expected: float, bias: float = 0.0) -> None:
    """A mean is that expected, within its statistical error and a part known to be off."""
    error = standard_error(series)
    apart = series.mean() - expected
    assert abs(apart) < ERRORS * error + bias, f"{series.mean()} ± {error}, not {expected}"


def slope(low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """
    Estimate α of p_high(x) / p_low(x) ~ exp(α x), and its error, by maximum likelihood.

    It is where the probabilities that a value x is of `high`, 1 / (1 + exp(-c - α x)), have the
    right sum and mean; the error follows from the second derivative of the likelihood.
    """
    x = np.concatenate([low, high])
    centre, width = x.mean(), x.std()
    x = (x - centre) / width
    of_high = np.repeat([0.0, 1.0], [len(low), len(high)])

    def offset(alpha: float) -> float:
        return float(brentq(lambda c: np.sum(of_high - expit(c + alpha * x)), -50, 50))

    alpha = float(
        brentq(lambda alpha: np.sum((of_high - expit(offset(alpha) + alpha * x)) * x), -20, 20)
    )
    probability = expit(offset(alpha) + alpha * x)
    weights = probability * (1 - probability)
    mean = weights @ x / weights.sum()
    worth = max(inefficiency(low), inefficiency(high))
    return alpha / width, np.sqrt(worth / (weights @ (x - mean) ** 2)) / width


@pytest.mark.parametrize("which", [0, 1])
@each_system
def test_kinetic_energy_has_the_distribution_of_maxwell(system: System, which: int) -> None:
    """Twice the kinetic energy over kT is chi-squared of 3 N - 3 degrees of freedom."""
    frames = at_constant_volume(system, which)
    freedom = 3 * len(frames[0].positions) - 3
    thermal = kB * system.temperatures[which]
    reduced = np.array([2 * frame.kinetic_energy / thermal for frame in frames])
    # with the thermostat in the middle of a step, half a percent is missing
    assert_mean(reduced, freedom, bias=0.005 * freedom)
    assert_mean((reduced - reduced.mean()) ** 2, 2 * freedom, bias=0.01 * 2 * freedom)
    thinned = reduced[:: int(np.ceil(inefficiency(reduced)))]
    assert kstest(thinned, chi2(freedom).cdf).pvalue > 1e-4


@each_system
def test_each_atom_and_direction_has_its_share(system: System) -> None:
    """Equipartition: no part of the system is colder than another."""
    frames = at_constant_volume(system, 0)
    squares = np.array([frame.velocities for frame in frames]) ** 2
    shares = squares.mean(axis=0) / squares.mean()
    # χ² of one degree of freedom has the variance 2; neighbouring frames are not independent
    worth = max(inefficiency(one) for one in squares[:, :3].reshape(len(squares), -1).T)
    assert np.abs(shares - 1).max() < ERRORS * np.sqrt(2 * worth / len(frames)) * 1.2


@each_system
def test_potential_energies_at_two_temperatures(system: System) -> None:
    """p(U, T_2) / p(U, T_1) ~ exp((1/kT_1 - 1/kT_2) U)."""
    low, high = (
        np.array([frame.energy for frame in at_constant_volume(system, which)]) for which in (0, 1)
    )
    found, error = slope(low, high)
    inverse = 1 / (kB * np.array(system.temperatures))
    assert abs(found - (inverse[0] - inverse[1])) < ERRORS * error
    assert error < 0.25 * (inverse[0] - inverse[1])


@each_of_pressure
def test_volumes_at_two_pressures(system: System) -> None:
    """p(V, P_2) / p(V, P_1) ~ exp(-(P_2 - P_1) V / kT)."""
    low, high = (
        np.array([frame.volume for frame in at_constant_pressure(system, which)])
        for which in (0, 1)
    )
    found, error = slope(low, high)
    expected = -np.diff(system.pressures)[0] * GPa / (kB * system.temperatures[0])
    assert abs(found - expected) < ERRORS * error
    assert error < 0.2 * abs(expected)


@each_of_pressure
def test_compressibility_is_that_of_the_equation_of_state(system: System) -> None:
    """Between two pressures, fluctuations <dV^2> are -kT dV/dP; five percent are its curvature."""
    volumes = [
        np.array([frame.volume for frame in at_constant_pressure(system, which)])
        for which in (0, 1)
    ]
    response = -(volumes[1].mean() - volumes[0].mean()) / (np.diff(system.pressures)[0] * GPa)
    fluctuation = np.mean([volume.var() for volume in volumes]) / (kB * system.temperatures[0])
    # relative error of a variance of n independent values is (2 / n)^1/2
    independent = min(len(volume) / inefficiency(volume) for volume in volumes)
    tolerance = ERRORS * np.sqrt(2 / independent) + 0.05
    assert fluctuation / response == pytest.approx(1, abs=tolerance)


@each_of_pressure
def test_pressure_is_that_of_the_barostat(system: System) -> None:
    """Where the measure is dV, <P_inside V> = P <V> - kT."""
    for which in (0, 1):
        frames = at_constant_pressure(system, which)
        outside = system.pressures[which]
        work = np.array([(frame.pressure - outside) * GPa * frame.volume for frame in frames])
        assert_mean(work, -kB * system.temperatures[0])


@pytest.mark.parametrize("coupling", ["aniso", "z"])
@each_system
def test_pressure_along_each_free_axis(system: System, coupling: Coupling) -> None:
    """As above, for each length by itself: it is the same derivative of the same measure."""
    frames = at_constant_pressure(system, 0, coupling)
    for axis in [0, 1, 2] if coupling == "aniso" else [2]:
        work = work_along(frames, axis, system.pressures[0])
        assert_mean(work, -kB * system.temperatures[0])


def work_along(frames: list[Frame], axis: int, outside: float) -> np.ndarray:
    """(P_jj - P) V of atoms of one mass, eV."""
    work = []
    for frame in frames:
        assert frame.velocities is not None
        assert frame.stress is not None
        squares = np.sum(frame.velocities**2, axis=0)
        motion = 2 * frame.kinetic_energy * squares[axis] / squares.sum()
        work.append(motion - (frame.stress[axis, axis] + outside) * GPa * frame.volume)
    return np.array(work)


@each_of_pressure
def test_temperature_at_constant_pressure(system: System) -> None:
    temperatures = np.array([frame.temperature for frame in at_constant_pressure(system, 0)])
    expected = system.temperatures[0]
    assert_mean(temperatures, expected, bias=0.005 * expected)


@pytest.mark.parametrize("coupling", ["iso", "aniso", "z"])
@each_fluid
def test_strain_has_its_exact_distribution(system: System, coupling: Coupling) -> None:
    """
    Of V^(N-1) exp(-C/2kT Σ ε^2) dV at no pressure, with V = exp(Σ ε): a Gaussian.

    Its mean is N kT / C; its variance kT / C, a third of that where three strains are one.
    """
    frames = at_constant_pressure(system, 0, coupling)
    lengths = np.array([np.diag(frame.cell) for frame in frames])
    strains = np.log(lengths / LENGTH)
    softness = kB * system.temperatures[0] / STIFFNESS
    free = {"iso": [0], "aniso": [0, 1, 2], "z": [2]}[coupling]
    for strain in strains.T[free]:
        assert_mean(strain, ATOMS * softness)
        variance = softness / (3 if coupling == "iso" else 1)
        assert_mean((strain - ATOMS * softness) ** 2, variance)
    if coupling == "aniso":
        product = (strains - ATOMS * softness).T
        for first, second in ((0, 1), (0, 2), (1, 2)):
            assert_mean(product[first] * product[second], 0.0)


@each_crystal
def test_a_cubic_crystal_has_three_axes_alike(system: System) -> None:
    """
    Strains of the three lengths have one mean, one variance and one covariance.

    The three are alike springs; with one chain for all, as LAMMPS has it, they would not share
    their energy were it not for the atoms.
    """
    frames = at_constant_pressure(system, 0, "aniso")
    strains = np.log([np.diag(frame.cell) for frame in frames])
    strains -= strains.mean()
    x, y, z = strains.T
    for one, other in ((x, y), (y, z), (z, x)):
        assert_mean(one - other, 0.0)
        assert_mean(one**2 - other**2, 0.0)
    assert_mean(x * y - y * z, 0.0)
    assert_mean(y * z - z * x, 0.0)


@each_crystal
@pytest.mark.parametrize("which", [0, 1])
def test_both_engines_give_the_same_crystal(system: System, which: int) -> None:
    """One potential, two integrators: energies, volumes and their spread agree."""
    here, there = (at_constant_pressure(one, which) for one in (system, SAME_OF_ASE))
    for measured in ("energy", "volume", "temperature"):
        a, b = (np.array([getattr(frame, measured) for frame in run]) for run in (here, there))
        error = np.hypot(standard_error(a), standard_error(b))
        assert abs(a.mean() - b.mean()) < ERRORS * error, measured
        assert_same_variance(a, b)


def assert_same_variance(a: np.ndarray, b: np.ndarray) -> None:
    squares = [(series - series.mean()) ** 2 for series in (a, b)]
    error = np.hypot(*map(standard_error, squares))
    assert abs(squares[0].mean() - squares[1].mean()) < ERRORS * error


@pytest.mark.parametrize("coupling", ["iso", "aniso", "z"])
@each_system
def test_neither_cell_nor_centre_turns_or_drifts(system: System, coupling: Coupling) -> None:
    frames = at_constant_pressure(system, 0, coupling)
    for frame in (frames[0], frames[-1]):
        off_diagonal = frame.cell[~np.eye(3, dtype=bool)]
        np.testing.assert_array_equal(off_diagonal, 0.0)
        assert frame.velocities is not None
        np.testing.assert_allclose(frame.velocities.mean(axis=0), 0, atol=1e-14)
    centres = [frame.positions.mean(axis=0) @ np.linalg.inv(frame.cell) for frame in frames]
    np.testing.assert_allclose(centres, np.tile(centres[0], (len(centres), 1)), atol=1e-10)


@each(FLUIDS[0], LAMMPS[0])
def test_energy_without_thermostat(system: System) -> None:
    """
    What it is off by falls with the square of the time step, and does not drift.

    It follows the temperature, which in a cold crystal is slow: four times the spread at the short
    step, a quarter of that at the long one, is what its halves may differ by.
    """
    spreads, drifts = [], []
    for part in (1, 4):
        shorter = replace(system, interval=part * max(system.interval // 4, 1), frames=400)
        frames = shorter.run(
            Stage("nve", 1, system.temperatures[0], None, "nve"), time_step=system.time_step / part
        )
        energies = np.array([frame.energy + frame.kinetic_energy for frame in frames])
        halves = np.split(energies, 2)
        spreads.append(energies.std())
        drifts.append(abs(halves[1].mean() - halves[0].mean()))
    assert 10 < spreads[0] / spreads[1] < 25
    assert drifts[1] < spreads[0] / 4
