"""Summaries of stages: of frames that were made up, so that every number is known."""

from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.units import GPa, kB

from physics.dynamics.frame import Frame
from physics.dynamics.protocol import Protocol, Stage
from physics.dynamics.summary import squared_displacements, summarise

ATOMS = Atoms("LiLiPS", positions=np.eye(4, 3), cell=[10, 10, 10], pbc=True)


def frame(step: int, positions: np.ndarray, cell: float = 10.0, **more: Any) -> Frame:
    numbers = {"energy": -4.0, "temperature": 300.0} | more
    return Frame(step, 2.0 * step, positions, cell * np.eye(3), **numbers)


def test_density_of_copper_is_that_of_its_lattice() -> None:
    copper = bulk("Cu", a=3.6, cubic=True)
    frames = [Frame(0, 0.0, copper.positions, copper.cell.array, 0.0, 300.0)]
    found = summarise(frames, Protocol((Stage("rest", 10, 300),)), copper, 0)
    assert found[0].density == pytest.approx(4 * 63.546 / 6.02214076e23 / 3.6e-8**3, rel=1e-6)


def test_stages_are_parted_and_half_counts() -> None:
    protocol = Protocol((Stage("heat", 10, 300, 500), Stage("rest", 20, 500)))
    frames = []
    for step in range(0, 31, 5):
        moved = ATOMS.positions.copy()
        moved[0, 0] += 0.1 * step
        frames.append(frame(step, moved, temperature=300.0 + step, grade=1 + step / 10))
    heat, rest = summarise(frames, protocol, ATOMS, 30)
    assert (heat.name, heat.steps, heat.frames) == ("heat", 10, 3)
    assert (rest.name, rest.steps, rest.frames) == ("rest", 20, 5)
    assert heat.temperature == pytest.approx(307.5)  # steps 5 and 10
    assert rest.temperature == pytest.approx(325.0)  # steps 20, 25, 30
    assert rest.temperature_sd == pytest.approx(np.std([320, 325, 330]))
    assert (heat.largest_grade, rest.largest_grade) == (2.0, 4.0)
    assert rest.energy == -1.0
    ratio = rest.displacements["Li"] / rest.displacements_at_half["Li"]
    assert ratio == pytest.approx(4.0)


def test_an_incomplete_run_has_the_stages_it_came_to() -> None:
    protocol = Protocol((Stage("a", 10, 300), Stage("b", 10, 300), Stage("c", 10, 300)))
    frames = [frame(step, ATOMS.positions) for step in (0, 5, 10, 15)]
    found = summarise(frames, protocol, ATOMS, 17)
    assert [(s.name, s.steps) for s in found] == [("a", 10), ("b", 7)]


def test_a_stage_between_two_frames_is_there_with_one() -> None:
    protocol = Protocol((Stage("a", 7, 300), Stage("b", 2, 300), Stage("c", 11, 300)))
    frames = [frame(step, ATOMS.positions) for step in (0, 5, 10, 15, 20)]
    found = summarise(frames, protocol, ATOMS, 20)
    assert [(s.name, s.steps, s.frames) for s in found] == [("a", 7, 2), ("b", 2, 1), ("c", 11, 4)]
    found = summarise(frames[:2], protocol, ATOMS, 9)
    assert [(s.name, s.steps, s.frames) for s in found] == [("a", 7, 2), ("b", 2, 1)]


def test_displacements_leave_out_the_center_of_mass_and_the_breathing_of_the_cell() -> None:
    first = frame(0, ATOMS.positions)
    swollen = frame(1, 1.1 * (ATOMS.positions + np.array([3.0, -2.0, 7.0])), 11.0)
    assert max(squared_displacements(first, swollen, ATOMS).values()) == pytest.approx(0, abs=1e-20)


def test_displacement_of_one_element() -> None:
    heavy = Atoms("LiPS", positions=np.eye(3), cell=[10] * 3, pbc=True)
    heavy.set_masses([1e-12, 1.0, 1.0])
    moved = heavy.positions.copy()
    moved[0] += [3.0, 4.0, 0.0]
    found = squared_displacements(frame(0, heavy.positions), frame(1, moved), heavy)
    assert found["Li"] == pytest.approx(25.0)
    assert found["P"] == pytest.approx(0.0, abs=1e-9)


def test_pressure_of_an_ideal_gas() -> None:
    gas = frame(0, ATOMS.positions, temperature=1000.0, stress=np.zeros((3, 3)))
    degrees = 3 * 4 - 3
    assert gas.pressure == pytest.approx(degrees / 3 * kB * 1000 / 1000 / GPa)
    assert frame(0, ATOMS.positions).pressure is None
    pushed = frame(0, ATOMS.positions, temperature=0.0, stress=-np.diag([1.0, 2.0, 6.0]))
    assert pushed.pressure == pytest.approx(3.0)


def test_the_largest_grade_may_be_between_two_frames() -> None:
    protocol = Protocol((Stage("a", 10, 300), Stage("b", 10, 300), Stage("c", 10, 300)))
    frames = [frame(step, ATOMS.positions, grade=1.5) for step in (0, 10, 20)]
    frames.append(frame(30, ATOMS.positions))
    found = summarise(frames, protocol, ATOMS, 30, kept=[(3, 2.5), (7, 2.1), (28, 4.0)])
    assert [stage.largest_grade for stage in found] == [2.5, 1.5, 4.0]
