"""`thioflow analyse` as a user meets it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from command_for_tests import thioflow
from monty.serialization import loadfn
from numpy.typing import NDArray

from physics.dynamics.frame import Frame
from stores.arrays import unpack
from stores.documents import ArrheniusDocument, TransportDocument
from stores.trajectories.foreign import open_trajectory
from stores.trajectories.writer import TrajectoryWriter
from workflows.cli.main import main
from workflows.trajectory_transport import transport_in_files

CELL = np.diag([14.0, 14.0, 48.0])
PLANES = ("--boundary", "0.25", "--boundary", "0.75")
IONS, FRAMES, INTERVAL = 80, 300, 100.0
EVEN = range(0, 100 * FRAMES, 100)
KB = 8.617333e-5
ENERGY = 0.2

Command = Callable[..., "Done"]


@dataclass(frozen=True)
class Done:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, eq=False)
class Walk:
    """Lithium that walks at random past sulfur, at a temperature; unwrapped positions, Å."""

    symbols: list[str]
    positions: NDArray[np.float64]
    temperature: float

    def atoms(self, number: int, *, wrap: bool = False) -> Atoms:
        """Give a frame."""
        atoms = Atoms(self.symbols, positions=self.positions[number], cell=CELL, pbc=True)
        if wrap:
            atoms.wrap()
        return atoms


def diffusivity(temperature: float) -> float:
    """Of the walkers, cm^2/s."""
    return float(5e-5 * np.exp(-ENERGY / KB * (1 / temperature - 1 / 900)))


def walk(temperature: float, seed: int = 0) -> Walk:
    rng = np.random.default_rng(seed)
    # 1 cm^2/s is 10 Å^2/fs
    steps = rng.normal(
        scale=np.sqrt(20 * diffusivity(temperature) * INTERVAL), size=(FRAMES, IONS, 3)
    )
    steps[0] = rng.random((IONS, 3)) @ CELL
    still = np.stack(np.meshgrid([3.0, 10.0], [3.0, 10.0], np.arange(2, 48, 4.0)), -1)
    still = np.broadcast_to(still.reshape(-1, 3), (FRAMES, 48, 3))
    positions = np.concatenate([np.cumsum(steps, axis=0), still], axis=1)
    return Walk(["Li"] * IONS + ["S"] * 48, positions, temperature)


def write_own(path: Path, run: Walk, *, heating: float = 0.0, steps: Sequence[int] = EVEN) -> None:
    """Write our H5MD, with steps of 1 fs; the temperature rises by a part of itself on the way."""
    numbers = [{"Li": 3, "S": 16}[symbol] for symbol in run.symbols]
    with TrajectoryWriter.create(path, numbers, time_step=1.0) as file:
        for step, positions in zip(steps, run.positions, strict=False):
            file.append(
                Frame(
                    step=step,
                    time=float(step),
                    positions=positions,
                    cell=CELL,
                    energy=-1.0,
                    temperature=run.temperature * (1 + heating * step / EVEN[-1]),
                )
            )


def write_dump(path: Path, run: Walk, columns: str = "xu yu zu") -> None:
    """Write a dump of LAMMPS, 50 steps of 2 fs between frames."""
    bounds = "\n".join(f"0 {length}" for length in np.diag(CELL))
    text = []
    for number, positions in enumerate(run.positions):
        text.append(
            f"ITEM: TIMESTEP\n{50 * number}\nITEM: NUMBER OF ATOMS\n{len(positions)}\n"
            f"ITEM: BOX BOUNDS pp pp pp\n{bounds}\nITEM: ATOMS id type {columns}\n"
        )
        text += [
            f"{atom} {1 if symbol == 'Li' else 2} {x:.8f} {y:.8f} {z:.8f}\n"
            for atom, (symbol, (x, y, z)) in enumerate(
                zip(run.symbols, positions, strict=True), start=1
            )
        ]
    path.write_text("".join(text))


def write_extxyz(path: Path, run: Walk, *, wrap: bool = False) -> None:
    ase.io.write(path, [run.atoms(number, wrap=wrap) for number in range(FRAMES)])


def write_xdatcar(path: Path, run: Walk) -> None:
    frames = [run.atoms(number, wrap=True) for number in range(FRAMES)]
    ase.io.write(path, frames, format="vasp-xdatcar")


@pytest.fixture
def analyse(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command in this process: what the program calls, without its start."""
    monkeypatch.setenv("COLUMNS", "100")

    def called(*arguments: str, status: int = 0) -> Done:
        monkeypatch.setattr("sys.argv", ["thioflow", "analyse", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        done = Done(int(ended.value.code or 0), *capsys.readouterr())
        assert done.status == status, done.err
        return done

    return called


def test_all_formats_give_the_same_and_the_true_diffusivity(analyse: Command) -> None:
    run = walk(900.0)
    write_own(Path("own.h5md"), run)
    write_dump(Path("run.dump"), run)
    write_extxyz(Path("run.extxyz"), run)
    write_extxyz(Path("wrapped.extxyz"), run, wrap=True)
    write_xdatcar(Path("XDATCAR"), run)
    at = ("-T", "900")
    options = {
        "own.h5md": (),
        "run.dump": (*at, "--time-step", "2", "--species", "1=Li", "--species", "2=S"),
        "run.extxyz": (*at, "--interval", "100"),
        "wrapped.extxyz": (*at, "--interval", "100", "--unwrap"),
        "XDATCAR": (*at, "--interval", "100", "--unwrap"),
    }
    found = {}
    for name, given in options.items():
        done = analyse(name, *given, "-o", f"{name}.json")
        assert f"{name}\nLi5S3: 80 Li at 900 K, 300 frames, 29.9 ps\n" in done.out
        (found[name],) = loadfn(f"{name}.json")["runs"]
    truth = diffusivity(900)
    for document in found.values():
        assert isinstance(document, TransportDocument)
        assert document.diffusivity == pytest.approx(found["own.h5md"].diffusivity, rel=1e-5)
        assert document.diffusivity_low < truth < document.diffusivity_high
        assert document.picoseconds == pytest.approx(29.9)
        # n e^2 D / kT by hand
        density = IONS / np.linalg.det(CELL) * 1e24
        assert document.conductivity == pytest.approx(
            density * 1.602177e-19 * document.diffusivity / (KB * 900), rel=1e-5
        )
    arrays = unpack(found["own.h5md"].packed)
    assert arrays["xz"].sum() * 0.2**2 == pytest.approx(IONS, rel=0.05)


def test_several_temperatures_give_an_activation_energy_and_a_prediction(
    analyse: Command, workspace: Path
) -> None:
    temperatures = (900.0, 600.0, 700.0, 800.0)
    for seed, temperature in enumerate(temperatures):
        write_own(Path(f"{temperature:g}.h5md"), walk(temperature, seed))
    files = [f"{temperature:g}.h5md" for temperature in temperatures]
    done = thioflow(
        workspace, "analyse", *files, "--at", "400", "-o", "all.json", "--plot", "lines.png"
    )
    assert done.returncode == 0, done.stderr
    assert "Arrhenius law, and its prediction at 400 K" in done.stdout
    assert "4 of 4, 600–900 K" in done.stdout
    found = loadfn("all.json")
    assert [run.temperature for run in found["runs"]] == sorted(temperatures)
    (fit,) = found["fits"]
    assert isinstance(fit, ArrheniusDocument)
    assert fit.activation_energy_low < ENERGY < fit.activation_energy_high
    assert fit.diffusivity_low < diffusivity(400) < fit.diffusivity_high
    assert Path("lines.png").stat().st_size > 10_000


def test_what_is_too_slow_is_a_limit_with_its_reason(analyse: Command) -> None:
    slow = walk(250.0)
    write_own(Path("slow.h5md"), slow)
    write_own(Path("fast.h5md"), walk(700.0))
    done = analyse("slow.h5md", "fast.h5md")
    assert "limit only (all ions):" in done.out
    assert "hops of 3.2 Å were seen, expected 50 or more" in " ".join(done.out.split())
    assert "1 of 2" in done.out
    assert "no activation energy: diffusivities at 1 temperatures" in done.out
    assert re.search(r"^ all ions +< \d\.\d·10⁻", done.out, re.MULTILINE)


def test_boundaries_are_resolved_and_drawn(analyse: Command) -> None:
    write_own(Path("run.h5md"), walk(900.0))
    done = analyse("run.h5md", *PLANES, "-o", "found.json", "--plot", "msd.svg")
    names = [line.split("  ")[0].strip() for line in done.out.splitlines()]
    for name in ("at boundaries", "at 0.25 of c", "at 0.75 of c", "Anisotropy ξ at the boundaries"):
        assert any(each.startswith(name) for each in names), name
    (document,) = loadfn("found.json")["runs"]
    assert document.planes == (0.25, 0.75)
    pooled, *single = document.transport.boundaries
    assert [each.plane for each in single] == [0.25, 0.75]
    # the medium is the same everywhere
    truth = diffusivity(900)
    for each in (pooled.along, pooled.across, pooled.total):
        assert each.estimate is not None
        assert 0.7 < each.estimate.value / truth < 1.4
    assert "mean squared displacement" in Path("msd.svg").read_text()


def test_a_framework_that_flows_is_told_and_not_fitted(analyse: Command) -> None:
    for temperature in (700.0, 900.0):
        run = walk(temperature)
        drift = np.random.default_rng(1).normal(scale=0.2, size=(FRAMES, 48, 3))
        run.positions[:, IONS:] += np.cumsum(drift, axis=0)
        write_own(Path(f"{temperature:g}.h5md"), run)
    done = " ".join(analyse("700.h5md", "900.h5md").out.split())
    assert "the framework does not stay in place: S moves by" in done
    assert "warning (all ions): the framework does not stay in place at 700, 900 K" in done
    assert "all ions 0 of 2 – –" in done


def test_one_boundary_is_shown_once(analyse: Command) -> None:
    write_own(Path("run.h5md"), walk(900.0))
    done = analyse("run.h5md", "--boundary", "0.5")
    assert "at 0.5 of c" in done.out
    assert "at boundaries" not in done.out.replace("at the boundaries", "")


def test_python_users_have_it_too(workspace: Path) -> None:
    run = walk(900.0)
    write_own(Path("run.h5md"), run)
    frames: list[Path] = []
    found = transport_in_files([open_trajectory("run.h5md", skip=5)], report=frames.append)
    (document,) = found.runs
    assert not found.fits
    assert document.picoseconds == pytest.approx(24.9)
    assert set(frames) == {Path("run.h5md")}
    assert len(frames) % 250 == 0


def test_runs_at_one_temperature_are_not_fitted(analyse: Command) -> None:
    for name, temperature, seed in (("one.h5md", 900.0, 0), ("two.h5md", 904.0, 1)):
        write_own(Path(name), walk(temperature, seed))
    done = analyse("one.h5md", "two.h5md", "--plot", "msd.png")
    assert "Arrhenius" not in done.out
    assert Path("msd.png").stat().st_size > 10_000


def test_a_temperature_that_the_velocities_contradict_is_warned_of(analyse: Command) -> None:
    write_own(Path("run.h5md"), walk(900.0))
    done = analyse("run.h5md", "-T", "600")
    assert "600 K was given, but by its velocities the file has 900 K" in done.out


def write_all(folder: Path) -> None:
    """Write files, each with what the name says."""
    run = walk(900.0)
    write_own(folder / "good.h5md", run)
    write_own(folder / "heated.h5md", run, heating=0.5)
    write_own(folder / "two.h5md", replace(run, positions=run.positions[:2]))
    write_dump(folder / "wrapped.dump", run, columns="x y z")
    write_extxyz(folder / "timeless.extxyz", run)
    swapped = [run.atoms(number) for number in range(4)]
    swapped[2] = swapped[2][::-1]
    ase.io.write(folder / "swapped.extxyz", swapped)
    copper = bulk("Cu", cubic=True)
    ase.io.write(folder / "copper.extxyz", [copper, copper])
    (folder / "notes.txt").write_text("what I did on Monday\n")


TYPES = ("--species", "1=Li", "--species", "2=S")


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    write_all(folder)
    return folder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["wrapped.dump", "--time-step", "2", *TYPES], "--unwrap"),
        (["wrapped.dump", "--time-step", "2"], "(--species 1=Li)"),
        (["wrapped.dump", *TYPES, "--unwrap"], "--time-step"),
        (
            ["swapped.extxyz", "--interval", "100", "-T", "9"],
            "frame 2 has its elements in another order",
        ),
        (["two.h5md"], "two.h5md: 2 frames, 100 fs apart, leave fewer than 3 lags"),
        (["heated.h5md"], "expected one temperature"),
        (["copper.extxyz", "-T", "300", "--interval", "1"], "copper.extxyz has no Li, but Cu;"),
        (["good.h5md", "--ion", "Na"], "good.h5md has no Na, but Li, S; name the element"),
        (["good.h5md", "--boundary", "1.25"], "boundaries are at [1.25] of c"),
        (
            ["good.h5md", "--boundary", "0.1", "--boundary", "0.2"],
            "boundaries that are 4.8 Å apart",
        ),
        (["timeless.extxyz", "--interval", "100"], "does not know its temperature"),
        (["timeless.extxyz", "-T", "900"], "--interval"),
        (["notes.txt"], "notes.txt"),
        (["good.h5md", "./good.h5md"], "the same file as good.h5md, and would count twice"),
        (["good.h5md", "copper.extxyz", "--interval", "1"], "expected runs of one system"),
        (["good.h5md", "-T", "900", "-T", "600"], "2 temperatures were given for 1 files"),
        (["good.h5md", "-T", "-900"], "temperature of -900 K"),
        (["good.h5md", "--at", "0"], "a prediction at 0 K"),
        (["good.h5md", "--charge", "0"], "square of the charge"),
        (["good.h5md", "--species", "Li"], "--species 'Li'"),
        (["good.h5md", "--skip", "1000"], "0 whole frames after the first 1000 ps"),
        (["missing.h5md"], "missing.h5md"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_analysed_is_said_and_nothing_is_written(
    faults: Path,
    analyse: Command,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(faults)
    before = sorted(faults.iterdir())
    done = analyse(*arguments, "-o", "found.json", "--plot", "found.png", status=2)
    assert said in " ".join(done.err.replace("│", " ").split())
    assert not done.out
    assert sorted(faults.iterdir()) == before


def test_what_is_there_is_kept_unless_forced(analyse: Command) -> None:
    write_own(Path("run.h5md"), walk(900.0))
    Path("found.json").write_text("mine")
    done = analyse("run.h5md", "-o", "found.json", status=2)
    assert "found.json exists already" in done.err
    assert Path("found.json").read_text() == "mine"
    analyse("run.h5md", "-o", "found.json", "--force")
    assert isinstance(loadfn("found.json")["runs"][0], TransportDocument)
    assert "ends in .png" in analyse("run.h5md", "--plot", "run.jpeg", status=2).err


def test_a_last_frame_out_of_line_is_left_out(analyse: Command) -> None:
    write_own(Path("run.h5md"), walk(900.0), steps=[*EVEN[:-1], EVEN[-2] + 50])
    assert "299 frames, 29.8 ps" in analyse("run.h5md").out
