"""Stages read as the manual of LAMMPS has them, in its units."""

import numpy as np
import pytest

from physics.dynamics import lammps_script as script
from physics.dynamics.protocol import Protocol, Stage

COOL = Stage("cool", 170_000, 2000.0, 300.0, "npt", pressure=0.0, pressure_end=0.1)
PROTOCOL = Protocol((COOL,))


def test_published_settings_in_the_units_of_lammps() -> None:
    assert script.measuring(PROTOCOL)[0] == "timestep 0.002"
    (fix,) = script.ensemble(COOL, PROTOCOL, 0)
    assert "npt temp 2000.0 300.0 0.1 iso 0.0 1000.0 1.0 " in fix
    assert script.run(10, COOL, 500) == "run 10 start 500 stop 170500 pre no post no"


def test_langevin_dynamics_has_other_noise_at_each_step_and_seed() -> None:
    def seeds(seed: int) -> set[int]:
        protocol = Protocol((COOL,), thermostat="langevin", seed=seed)
        noise = [script.ensemble(COOL, protocol, step)[1].split() for step in range(200)]
        assert all(words[3:7] == ["langevin", "2000.0", "300.0", "0.1"] for words in noise)
        return {int(words[7]) for words in noise}

    assert len(seeds(0) | seeds(1)) == 400
    assert 1 <= min(seeds(0)) <= max(seeds(0)) <= 900_000_000


def test_stress_is_minus_the_pressure() -> None:
    stress = script.stress_tensor([1e4, 2e4, 3e4, 4e4, 5e4, 6e4])
    expected = -np.array([[1, 4, 5], [4, 2, 6], [5, 6, 3]])
    assert stress == pytest.approx(expected, rel=1e-7)
