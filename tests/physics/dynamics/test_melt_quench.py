"""The published melt-quenches, number by number."""

from itertools import pairwise

import pytest

from physics.dynamics.melt_quench import AB_INITIO, AMORPHISATION, PROFILES, MeltQuench
from physics.errors import InputError


def test_ab_initio_melt_quench_is_that_of_garcia_mendez() -> None:
    protocol = AB_INITIO.protocol()
    assert [(s.name, s.steps, *s.temperatures) for s in protocol.stages] == [
        ("heat", 5000, 300, 1000),
        ("melt", 4000, 1000, 1000),
        ("quench", 5000, 1000, 300),
        ("rest", 1500, 300, 300),
    ]
    assert protocol.steps == 15_500
    assert (protocol.time_step, protocol.thermostat) == (2.0, "langevin")
    assert {stage.ensemble for stage in protocol.stages} == {"npt"}


def test_amorphisation_is_that_of_jalem() -> None:
    protocol = AMORPHISATION.protocol(seed=3)
    assert [(s.name, s.steps * 2 / 1000, *s.temperatures) for s in protocol.stages] == [
        ("heat", 200, 300, 2000),
        ("melt", 400, 2000, 2000),
        ("quench", 340, 2000, 300),
        ("settle", 2000, 300, 300),
        ("rest", 8000, 300, 300),
    ]
    assert protocol.steps == 5_470_000
    assert (protocol.temperature_damping, protocol.pressure_damping) == (100, 1000)
    assert protocol.seed == 3


@pytest.mark.parametrize("name", PROFILES)
def test_temperature_is_continuous(name: str) -> None:
    stages = PROFILES[name].protocol().stages
    for before, after in pairwise(stages):
        assert before.temperatures[1] == after.temperatures[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"melt": 300.0}, "expected a melt hotter than the glass"),
        ({"cooling_rate": 0.0}, "cooling_rate 0 given"),
        ({"hold": -1.0}, "hold -1 given"),
        ({"settle": -1.0}, "settle -1 ps given"),
    ],
)
def test_what_is_no_melt_quench_is_refused(change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        MeltQuench(**change)
