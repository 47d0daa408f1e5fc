"""What stops a run, and what does not."""

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from scipy.stats import chi2

from physics.dynamics.frame import Frame
from physics.dynamics.guards import Guards
from physics.errors import InputError


def tetrahedra() -> Atoms:
    """Four PS4 in a cell of 12 Å, one of them across its faces."""
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 2.05 / np.sqrt(3)
    centres = np.array([[0, 0, 0], [6, 6, 0], [6, 0, 6], [0, 6, 6.0]])
    positions = [place for centre in centres for place in (centre, *(centre + corners))]
    return Atoms("PS4" * 4, positions=positions, cell=[12, 12, 12], pbc=True)


@pytest.fixture
def first() -> Frame:
    atoms = tetrahedra()
    return Frame(0, 0.0, atoms.get_positions(), atoms.cell.array, -80.0, 300.0)


@pytest.fixture
def guards(first: Frame) -> Guards:
    return Guards(tetrahedra().get_chemical_symbols(), first, broken_units=0.3)


def test_start_is_fine(guards: Guards, first: Frame) -> None:
    assert guards.check(first, 300.0) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("energy", np.nan),
        ("temperature", np.inf),
        ("positions", np.full((20, 3), np.nan)),
        ("cell", np.full((3, 3), np.nan)),
        ("velocities", np.full((20, 3), np.inf)),
        ("stress", np.full((3, 3), np.nan)),
        ("forces", np.full((20, 3), np.nan)),
    ],
)
def test_numbers_that_are_none(
    guards: Guards, first: Frame, name: str, value: float | np.ndarray
) -> None:
    reason = guards.check(replace(first, step=7, time=14.0, **{name: value}), 300.0)
    assert reason is not None
    assert reason.startswith(f"step 7 (0.014 ps): {name} ")
    assert "time step is too long" in reason


def test_too_hot(guards: Guards, first: Frame) -> None:
    assert guards.check(replace(first, temperature=1399.0), 300.0) is None
    reason = guards.check(replace(first, temperature=1700.0), 300.0)
    assert reason is not None
    assert "1700 K, more than 1400 K at a stage of 300 K" in reason
    assert guards.check(replace(first, temperature=1700.0), 1000.0) is None


@pytest.mark.parametrize("atoms", [2, 4, 8, 32])
@pytest.mark.parametrize("temperature", [100.0, 1000.0, 10000.0])
def test_healthy_run_is_never_too_hot(atoms: int, temperature: float) -> None:
    """The limit is where a million independent temperatures seldom reach, once in 1e6 runs."""
    frame = Frame(0, 0.0, np.zeros((atoms, 3)), 10 * np.eye(3), 0.0, temperature)
    guards = Guards(["Li"] * atoms, frame)
    freedom = 3 * atoms - 3
    highest = temperature * chi2.isf(1e-6 / 1e6, freedom) / freedom
    assert guards.check(replace(frame, temperature=0.999 * highest), temperature) is None


@pytest.mark.parametrize(
    ("part", "fine"), [(0.51, True), (1.99, True), (0.49, False), (2.01, False)]
)
def test_volume(first: Frame, part: float, fine: bool) -> None:
    guards = Guards(tetrahedra().get_chemical_symbols(), first)
    reason = guards.check(replace(first, cell=first.cell * part ** (1 / 3)), 300.0)
    assert (reason is None) == fine
    if reason is not None:
        assert f"{part:.2f} times that of the start, outside 0.5 to 2" in reason


def test_molecule_has_no_volume() -> None:
    frame = Frame(0, 0.0, np.zeros((1, 3)), np.zeros((3, 3)), 0.0, 300.0)
    assert Guards(["Li"], frame).check(frame, 300.0) is None


def test_broken_units(guards: Guards, first: Frame) -> None:
    """One of four is within the limit of 0.3, two are not."""
    torn = first.positions.copy()
    torn[1] += 0.8
    one = replace(first, positions=torn.copy())
    assert guards.check(one, 300.0) is None
    torn[6] += 0.8
    two = replace(first, positions=torn)
    reason = guards.check(two, 300.0)
    assert reason is not None
    assert "0.500 of the P atoms" in reason
    assert "more than 0.3" in reason
    assert Guards(tetrahedra().get_chemical_symbols(), first).check(two, 300.0) is None


def test_units_that_cross_faces_are_whole(guards: Guards, first: Frame) -> None:
    """Positions are unwrapped: a tetrahedron may be a cell away, and its S in another."""
    moved = first.positions.copy()
    moved[:5] += 12.0
    moved[7] -= 24.0
    assert guards.check(replace(first, positions=moved), 300.0) is None


@pytest.mark.parametrize(("symbols", "limit"), [("Ar20", 0.3), ("PS4" * 4, 1.5), ("PS4" * 4, -0.1)])
def test_limit_that_makes_no_sense(first: Frame, symbols: str, limit: float) -> None:
    with pytest.raises(InputError, match="broken units given"):
        Guards(Atoms(symbols).get_chemical_symbols(), first, limit)
