"""Protocols: schedules, and what they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError


@given(
    steps=st.integers(1, 10_000),
    ends=st.tuples(st.floats(1, 3000), st.floats(1, 3000)),
    part=st.floats(0, 1),
)
def test_a_schedule_is_linear_between_its_ends(
    steps: int, ends: tuple[float, float], part: float
) -> None:
    stage = Stage("heat", steps, ends[0], ends[1])
    step = round(part * steps)
    expected = ends[0] + (ends[1] - ends[0]) * step / steps
    assert stage.temperature_at(step) == pytest.approx(expected)
    assert stage.temperature_at(0) == ends[0]
    assert stage.temperature_at(steps) == ends[1]


def test_without_an_end_a_schedule_is_constant() -> None:
    stage = Stage("rest", 10, 300.0, ensemble="npt", pressure=0.36)
    assert {stage.temperature_at(step) for step in range(11)} == {300.0}
    assert stage.pressure_at(7) == 0.36


def test_stages_follow_each_other() -> None:
    protocol = Protocol((Stage("a", 10, 300), Stage("b", 5, 300), Stage("c", 1, 300)))
    assert protocol.starts == (0, 10, 15)
    assert protocol.steps == 16


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": 0}, "0 steps given, expected 1 or more"),
        ({"temperature": -5.0}, "temperature -5 K"),
        ({"temperature": float("nan")}, "temperature nan K"),
        ({"temperature_end": 1e6}, "at most 10000 K"),
        ({"pressure": 1e4}, "1 GPa are 10 000 bar"),
        ({"ensemble": "nph"}, "expected one of nve, nvt, npt"),
        ({"coupling": "x"}, "expected one of iso, aniso, z"),
    ],
)
def test_a_stage_outside_sense_is_refused(change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Stage(**({"name": "heat", "steps": 10, "temperature": 300.0} | change))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stages": ()}, "without stages"),
        ({"time_step": 2000.0}, "1 ps are 1000 fs"),
        ({"time_step": 0.0}, "time step 0 fs"),
        ({"thermostat": "berendsen"}, "expected nose-hoover or langevin"),
        ({"temperature_damping": 0.1}, "at least five time steps, 10 fs"),
        ({"pressure_damping": float("nan")}, "pressure_damping nan fs"),
        ({"seed": -1}, "seed -1 given"),
    ],
)
def test_a_protocol_outside_sense_is_refused(change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Protocol(**({"stages": (Stage("rest", 10, 300.0),)} | change))
