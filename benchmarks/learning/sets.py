"""Configurations of beta-Li3PS4 and two of its boundaries, labelled by CHGNet."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write
from pymatgen.core import Structure

from makers.dynamics import DynamicsMaker
from makers.dynamics_run import TRAJECTORY, Output
from makers.relaxation import relax
from physics.dynamics.protocol import Protocol, Stage
from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.request import Request, build, in_structure_axes
from physics.structures.units import bond_lengths
from stores.trajectories.reader import Trajectory

BETA = Path(__file__).parents[2] / "workflows/studies/structures/beta-Li3PS4.cif"
STRAINS = (-0.05, 0.0, 0.05)
"""Of the crystals; the boundaries come after them."""
BOUNDARIES = ("Σ5 [001] (2-10)", "Σ3 [110] (-111)")
START = (300.0, 600.0)
"""The crystal is heated from here to there for the configurations of the start, K."""
HELD_OUT = (300.0, 800.0, 1000.0)
"""Temperatures of the held-out set, K."""
TIME_STEP = 2.0
WARM_UP, APART = 80, 20
"""Steps before the first frame that is held out, and between frames."""


def structure_of(atoms: Atoms) -> Structure:
    """Give the structure of atoms."""
    return Structure(
        atoms.cell.array, atoms.get_chemical_symbols(), atoms.positions, coords_are_cartesian=True
    )


def cached(path: Path, make: Callable[[], list[Atoms]]) -> list[Atoms]:
    """Read configurations, or make and write them if there is no such file."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        write(part, make(), format="extxyz")
        part.replace(path)
    images = read(path, ":", format="extxyz")
    assert isinstance(images, list)
    return images


def labelled(atoms: Atoms, calculator: Calculator) -> Atoms:
    """Label a configuration with energy, forces and stress."""
    image = Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=True)
    image.calc = calculator
    labels = {"energy": image.get_potential_energy(), "forces": image.get_forces()}
    image.calc = SinglePointCalculator(image, stress=image.get_stress(), **labels)
    return image


def starting_structures(calculator: Calculator) -> list[Atoms]:
    """Make the crystal at each strain, and the boundaries, relaxed with free height."""
    bulk = Structure.from_file(BETA)
    crystal = Crystal(bulk, bond_lengths({}), {}, 0.1)
    found = [bulk.copy().apply_strain(strain) for strain in STRAINS]
    for name in BOUNDARIES:
        request = in_structure_axes(crystal, Request(name=name, axes="pnma"))
        boundary = build(crystal, request, Construction(layers=1, keep=1))[0].structure
        found.append(relax(boundary, calculator, cell="normal", fmax=0.1, steps=200).structure)
    atoms = [structure.to_ase_atoms() for structure in found]
    return [Atoms(a.numbers, a.positions, cell=a.cell, pbc=True) for a in atoms]


def with_chgnet(start: Atoms, stage: Stage, seed: int, calculator: Calculator) -> list[Atoms]:
    """Run molecular dynamics with CHGNet; give the frames that are `APART`, labelled."""
    run = DynamicsMaker(
        engine="chgnet",
        driver="ase",
        protocol=Protocol((stage,), TIME_STEP, thermostat="langevin", seed=seed),
        output=Output(APART),
    )
    with TemporaryDirectory() as folder:
        run.run(structure_of(start), folder=Path(folder))
        return [labelled(atoms, calculator) for atoms in frames_of(Path(folder) / TRAJECTORY)[1:]]


def held_out_set(boundaries: Sequence[Atoms], samples: int, calculator: Calculator) -> list[Atoms]:
    """Make the configurations that test and never train."""
    found = []
    for place, boundary in enumerate(boundaries):
        for temperature in HELD_OUT:
            stage = Stage("hold", WARM_UP + APART * samples, temperature)
            found += with_chgnet(boundary, stage, 900 + place, calculator)[-samples:]
    return found


def frames_of(path: Path) -> list[Atoms]:
    """Read the frames of a run, none if it did not come so far."""
    if not path.exists():
        return []
    with Trajectory(path) as file:
        return [file.atoms(frame) for frame in file.frames()]


def starting_set(crystal: Atoms, frames: int, seed: int, calculator: Calculator) -> list[Atoms]:
    """Make the configurations that a potential begins with."""
    stage = Stage("heat", APART * frames, *START)
    return with_chgnet(crystal, stage, seed, calculator)
