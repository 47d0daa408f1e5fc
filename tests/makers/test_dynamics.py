"""Jobs of molecular dynamics: documents, grades, guards, bad input."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from jobflow import Flow, JobStore, job, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, MontyEncoder
from pymatgen.core import Lattice, Structure

from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.lammps import load_lammps
from physics.dynamics.frame import Frame, degrees_of_freedom
from physics.dynamics.grading import Grading
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from physics.potentials.calculator import MTPCalculator
from stores.documents import DynamicsDocument, StoredPotential, TrajectoryFile
from stores.trajectories.files import checksum

GRADED = Grading(keep=1.5, stop=4.0, interval=5)


@pytest.fixture(params=["ase", "lammps"])
def driver(request: pytest.FixtureRequest) -> str:
    """Each driver of a moment tensor potential."""
    if request.param == "lammps":
        try:
            load_lammps()
        except InputError as error:
            pytest.skip(str(error))
    return request.param


@pytest.fixture
def attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Go to a new folder beside those of earlier attempts."""
    folders: list[Path] = []

    def go() -> Path:
        folders.append(tmp_path / f"attempt-{len(folders)}")
        folders[-1].mkdir()
        monkeypatch.chdir(folders[-1])
        return folders[-1]

    return go


def run(
    maker: DynamicsMaker, structure: Structure, potential: StoredPotential | None = None
) -> DynamicsDocument:
    """Run a Maker here, after the round trip through JSON that every manager makes."""
    again = MontyDecoder().process_decoded(json.loads(json.dumps(maker, cls=MontyEncoder)))
    assert again == maker
    return again.make.original(again, structure, potential)


def maker(*stages: Stage, driver: str = "ase", **given: Any) -> DynamicsMaker:
    """Give a Maker of the stages, which writes every tenth step."""
    of_protocol = {"time_step", "thermostat", "temperature_damping", "seed"}
    protocol = Protocol(stages, **{name: given.pop(name) for name in of_protocol & given.keys()})
    settings = {"protocol": protocol, "driver": driver, "output": Output(10)} | given
    return DynamicsMaker(**settings)


def frames_of(file: TrajectoryFile | None) -> list[Frame]:
    assert file is not None
    with file.open() as trajectory:
        return list(trajectory)


def apart(frame: Frame, structure: Structure) -> float:
    """Largest distance of an atom of a frame from one of a structure, through the faces, Å."""
    np.testing.assert_allclose(frame.cell, structure.lattice.matrix, atol=1e-10)
    shift = frame.positions @ np.linalg.inv(frame.cell) - structure.frac_coords
    return float(np.linalg.norm((shift - np.rint(shift)) @ frame.cell, axis=1).max())


@pytest.mark.parametrize(
    ("engine", "element", "lattice_parameter", "kelvin"),
    [("emt", "Cu", 3.6, 300.0), ("lj", "Ar", 5.3, 30.0)],
)
def test_the_document_of_an_engine(
    workspace: Path, engine: str, element: str, lattice_parameter: float, kelvin: float
) -> None:
    cell = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(lattice_parameter), [element], [[0, 0, 0]]
    )
    stages = (
        Stage("hold", 30, kelvin),
        Stage("heat", 25, kelvin, 2 * kelvin),
        Stage("expand", 45, 2 * kelvin, ensemble="npt"),
    )
    document = run(maker(*stages, engine=engine, output=Output(10, forces=True)), cell * 2)
    assert (document.engine, document.driver, document.potential) == (engine, "ase", None)
    assert (document.steps, document.completed, document.stopped) == (100, True, None)
    assert document.protocol.stages == stages
    assert document.extrapolating is None
    assert [warning for warning in document.warnings if "model" not in warning] == []
    assert document.trajectory.frames == 11
    assert document.trajectory.sha256 == checksum(document.trajectory.path)
    assert Path(document.trajectory.path).parent == Path(document.directory)
    frames = frames_of(document.trajectory)
    assert [frame.step for frame in frames] == list(range(0, 101, 10))
    assert [frame.time for frame in frames] == list(range(0, 201, 20))
    assert frames[0].temperature == pytest.approx(kelvin)
    assert apart(frames[0], cell * 2) < 1e-5
    assert apart(frames[-1], document.structure) < 1e-5
    assert document.energy == frames[-1].energy
    volumes = np.array([frame.volume for frame in frames])
    assert (volumes[:6] == volumes[0]).all()
    assert (volumes[6:] != volumes[0]).all()
    assert [stage.name for stage in document.stages] == ["hold", "heat", "expand"]
    hold = document.stages[0]
    assert hold.frames == 4
    assert hold.temperature == pytest.approx(np.mean([frame.temperature for frame in frames[2:4]]))
    for frame in frames:
        assert frame.forces is not None
        assert np.abs(frame.forces.sum(axis=0)).max() < 1e-4
    assert DynamicsDocument.from_stored(document.model_dump()) == document


def test_frames_of_a_potential_have_its_energies_and_forces(
    workspace: Path, driver: str, cold_argon: StoredPotential, argon_crystal: Structure
) -> None:
    stages = (Stage("hold", 40, 20.0), Stage("expand", 40, 20.0, ensemble="npt"))
    output = Output(10, velocities=True, forces=True)
    document = run(maker(*stages, driver=driver, output=output), argon_crystal, cold_argon)
    assert (document.potential, document.driver) == (cold_argon.checksum, driver)
    assert {"numba", driver} <= document.versions.keys()
    calculator = MTPCalculator(cold_argon.potential())
    with document.trajectory.open() as trajectory:
        assert len(trajectory) == 9
        for frame in trajectory:
            atoms = trajectory.atoms(frame)
            assert atoms.get_temperature() * len(atoms) * 3 == pytest.approx(
                frame.temperature * degrees_of_freedom(len(atoms)), rel=1e-5
            )
            stress = atoms.get_stress()
            atoms.calc = calculator
            assert atoms.get_potential_energy() == pytest.approx(frame.energy, abs=1e-5)
            np.testing.assert_allclose(atoms.get_forces(), frame.forces, atol=1e-5)
            np.testing.assert_allclose(atoms.get_stress(), stress, atol=1e-6)


def test_drivers_agree(
    workspace: Path, cold_argon: StoredPotential, argon_crystal: Structure
) -> None:
    """Without a thermostat both make the same steps of velocity Verlet."""
    try:
        load_lammps()
    except InputError as error:
        pytest.skip(str(error))
    paths = [
        frames_of(
            run(maker(Stage("free", 50, 20.0, ensemble="nve"), driver=driver),
                argon_crystal, cold_argon).trajectory
        )
        for driver in ("ase", "lammps")
    ]  # fmt: skip
    for frame, same in zip(*paths, strict=True):
        np.testing.assert_allclose(frame.positions, same.positions, atol=1e-4)
        assert frame.temperature == pytest.approx(same.temperature, rel=1e-4)


def test_a_cell_smaller_than_the_cutoff_is_repeated_in_thought(
    workspace: Path, driver: str, cold_argon: StoredPotential, argon: Structure
) -> None:
    assert argon.lattice.a < cold_argon.potential().r_max
    document = run(maker(Stage("hold", 30, 20.0), driver=driver), argon, cold_argon)
    calculator = MTPCalculator(cold_argon.potential())
    with document.trajectory.open() as trajectory:
        for frame in trajectory:
            large = trajectory.atoms(frame) * 3
            large.calc = calculator
            assert large.get_potential_energy() / 27 == pytest.approx(frame.energy, abs=1e-5)


@pytest.mark.parametrize("by_reference", [False, True])
def test_jobflow_runs_it(
    workspace: Path,
    cold_argon: StoredPotential,
    argon_crystal: Structure,
    by_reference: bool,
) -> None:
    @job
    def give() -> StoredPotential:
        return cold_argon

    first = give()
    given = first.output if by_reference else cold_argon
    dynamics = maker(Stage("hold", 20, 20.0), grading=GRADED).make(argon_crystal, given)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(
        Flow([*[first] * by_reference, dynamics]), store=store, log=False, ensure_success=True,
        create_folders=True,
    )  # fmt: skip
    found = store.get_output(dynamics.uuid, load=True)
    document = MontyDecoder().process_decoded(found)
    assert document.potential == cold_argon.checksum
    assert [frame.step for frame in frames_of(document.trajectory)] == [0, 10, 20]


def test_the_next_attempt_at_a_run_that_ended_gives_the_same(
    attempt: Callable[[], Path], driver: str, cold_argon: StoredPotential, argon_crystal: Structure
) -> None:
    given = maker(Stage("hold", 35, 20.0), driver=driver, grading=GRADED)
    first = attempt()
    document = run(given, argon_crystal, cold_argon)
    second = attempt()
    again = run(given, argon_crystal, cold_argon)
    assert list(second.iterdir()) == []
    assert Path(again.directory).parent == first
    assert again.trajectory == document.trajectory
    assert again.extrapolating == document.extrapolating
    assert again.stages == document.stages
    assert again.energy == pytest.approx(document.energy, abs=1e-9)
    assert again.structure.matches(document.structure)
    other = run(maker(Stage("hold", 35, 20.0), driver=driver, seed=1), argon_crystal, cold_argon)
    assert Path(other.directory).parent == second


@pytest.mark.parametrize(("time_step", "too_long"), [(8.0, False), (10.0, True)])
def test_a_time_step_that_is_too_long_is_a_warning_with_its_number(
    workspace: Path, argon: Structure, time_step: float, too_long: bool
) -> None:
    """At this density the fastest vibration of Lennard and Jones takes 134 fs."""
    argon.scale_lattice(4.5**3)
    document = run(maker(Stage("hold", 10, 20.0), engine="lj", time_step=time_step), argon * 2)
    told = [warning for warning in document.warnings if "time step" in warning]
    assert len(told) == too_long
    if too_long:
        assert told[0].startswith("the time step of 10 fs is 1/13.")


def test_a_cold_run_stays_within_what_the_potential_knows(
    workspace: Path, driver: str, cold_argon: StoredPotential, argon_crystal: Structure
) -> None:
    given = maker(Stage("cold", 200, 5.0), driver=driver, grading=GRADED, time_step=4.0)
    document = run(given, argon_crystal, cold_argon)
    assert document.completed
    assert document.extrapolating is not None
    assert document.extrapolating.frames == 0
    assert frames_of(document.extrapolating) == []
    grades = [frame.grade for frame in frames_of(document.trajectory)]
    assert 0 < max(grades) <= GRADED.keep
    assert document.stages[0].largest_grade == max(grades)


def test_a_hot_run_stops_where_it_extrapolates(
    workspace: Path, driver: str, cold_argon: StoredPotential, argon_crystal: Structure
) -> None:
    given = maker(Stage("hot", 1000, 20.0, 2000.0), driver=driver, grading=GRADED)
    document = run(given, argon_crystal, cold_argon)
    assert not document.completed
    assert 0 < document.steps < 1000
    assert document.stopped is not None
    assert f"step {document.steps}: extrapolation grade" in document.stopped
    assert any(document.stopped in warning for warning in document.warnings)
    kept = frames_of(document.extrapolating)
    grades = np.array([frame.grade for frame in kept])
    assert len(grades) > 1
    assert (grades > GRADED.keep).all()
    assert (grades[:-1] <= GRADED.stop).all()
    assert grades[-1] > GRADED.stop
    assert kept[-1].step == document.steps
    active = cold_argon.restored_active_set()
    assert active is not None
    images = [Atoms("Ar32", frame.positions, cell=frame.cell, pbc=True) for frame in kept]
    np.testing.assert_allclose(grades, active.grade(images), rtol=1e-4)
    steps = [frame.step for frame in frames_of(document.trajectory)]
    assert steps == list(range(0, document.steps + 1, 10))


def test_a_start_that_extrapolates_stops_at_once(
    workspace: Path, driver: str, cold_argon: StoredPotential, argon_crystal: Structure
) -> None:
    argon_crystal.translate_sites([0], [0.08, 0.08, 0.0])
    given = maker(Stage("cold", 100, 5.0), driver=driver, grading=GRADED)
    document = run(given, argon_crystal, cold_argon)
    assert (document.steps, document.completed) == (0, False)
    assert document.trajectory.frames == 1
    (kept,) = frames_of(document.extrapolating)
    assert kept.grade > GRADED.stop
    assert document.stages[0].largest_grade == kept.grade


@pytest.mark.parametrize("engine_and_driver", ["lj ase", "mtp ase", "mtp lammps"])
@pytest.mark.parametrize("cause", ["two atoms are close", "the time step is long"])
def test_a_run_that_explodes_is_stopped_and_its_good_frames_are_kept(
    attempt: Callable[[], Path],
    cold_argon: StoredPotential,
    argon_crystal: Structure,
    engine_and_driver: str,
    cause: str,
) -> None:
    engine, mover = engine_and_driver.split()
    kelvin, time_step = (40.0, 2.0) if cause == "two atoms are close" else (2000.0, 20.0)
    if cause == "two atoms are close":
        argon_crystal.translate_sites([0], [0.13, 0.13, 0.0])
    else:
        argon_crystal.scale_lattice(8.0**3)
    given = maker(
        Stage("hold", 500, kelvin), engine=engine, driver=mover, time_step=time_step,
        output=Output(5),
    )  # fmt: skip
    for _ in range(2):
        attempt()
        document = run(given, argon_crystal, cold_argon if engine == "mtp" else None)
        assert not document.completed
        assert document.stopped is not None
        assert document.steps < 500
        assert any("stopped early" in warning for warning in document.warnings)
        frames = frames_of(document.trajectory)
        assert [frame.step for frame in frames] == list(range(0, document.steps + 1, 5))
        for frame in frames:
            assert np.isfinite(frame.positions).all()
            assert np.isfinite([frame.energy, frame.temperature]).all()
            assert frame.temperature < 4 * kelvin + 500


@pytest.mark.parametrize("engine_and_driver", ["lj ase", "mtp ase", "mtp lammps"])
def test_coinciding_atoms_are_refused_and_a_repaired_start_runs(
    attempt: Callable[[], Path],
    cold_argon: StoredPotential,
    argon_crystal: Structure,
    engine_and_driver: str,
) -> None:
    engine, mover = engine_and_driver.split()
    potential = cold_argon if engine == "mtp" else None
    broken = argon_crystal.copy()
    broken.replace(1, "Ar", broken[0].frac_coords)
    given = maker(Stage("hold", 10, 10.0), engine=engine, driver=mover)
    for _ in range(2):
        attempt()
        with pytest.raises(InputError):
            run(given, broken, potential)
    assert run(given, argon_crystal, potential).completed


def test_what_cannot_go_together_is_refused(
    workspace: Path, cold_argon: StoredPotential, argon: Structure, copper: Structure
) -> None:
    stage = Stage("hold", 10, 20.0)
    with pytest.raises(InputError, match="a potential of Ar was given for Cu4"):
        run(maker(stage), copper, cold_argon)
    with pytest.raises(InputError, match="'mtp' was given no moment tensor potential"):
        run(maker(stage), argon)
    with pytest.raises(InputError, match="'lj' was given a moment tensor potential"):
        run(maker(stage, engine="lj"), argon, cold_argon)
    with pytest.raises(InputError, match="did you mean 'emt'"):
        maker(stage, engine="emtt")
    with pytest.raises(InputError, match="does not know Ar"):
        run(maker(stage, engine="emt"), argon)
    with pytest.raises(InputError, match="'verlet' given, expected ase"):
        maker(stage, driver="verlet")
    with pytest.raises(InputError, match="use driver 'ase' without grading"):
        maker(stage, engine="lj", driver="lammps")
    with pytest.raises(InputError, match="use driver 'ase' without grading"):
        maker(stage, engine="lj", grading=GRADED)
    with pytest.raises(InputError, match="use driver 'lammps'"):
        maker(stage, driver="lmp", grading=GRADED)
    without = cold_argon.model_copy(update={"active_set": None})
    with pytest.raises(InputError, match="without an active set"):
        run(maker(stage, grading=GRADED), argon, without)


def test_a_trajectory_that_was_changed_is_refused(workspace: Path, argon: Structure) -> None:
    document = run(maker(Stage("hold", 20, 20.0), engine="lj"), argon)
    path = Path(document.trajectory.path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(InputError, match="was changed after its run"):
        document.trajectory.open()
    path.write_bytes(whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:])
    with pytest.raises(InputError, match="was changed after its run"):
        document.trajectory.open()
    path.write_bytes(whole)
    document.trajectory.open().close()
    path.unlink()
    with pytest.raises(InputError, match="is not there"):
        document.trajectory.open()
