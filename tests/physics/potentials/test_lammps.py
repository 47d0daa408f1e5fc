"""In LAMMPS the potential gives what it gives in ASE, and what goes wrong reaches the caller."""

import signal
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from ase.md.verlet import VelocityVerlet
from ase.stress import voigt_6_to_full_3x3_stress

from makers.lammps import load_lammps
from physics.errors import InputError
from physics.potentials.calculator import MTPCalculator
from physics.potentials.kernel import evaluate_with_shortest
from physics.potentials.lammps import couple
from physics.potentials.potential import MomentTensorPotential

DrawPotential = Callable[..., MomentTensorPotential]
DrawAtoms = Callable[..., Atoms]
Open = Callable[[Atoms], Any]

ORTHOGONAL = [[4.0, 0.0, 0.0], [0.0, 5.5, 0.0], [0.0, 0.0, 6.0]]
TRICLINIC = [[5.2, 0.0, 0.0], [2.1, 4.6, 0.0], [-1.3, 1.7, 5.0]]
SKEWED = [[3.0, 0.0, 0.0], [2.9, 2.4, 0.0], [-2.6, 1.9, 3.1]]
CASES = [
    ("orthogonal", 4, ORTHOGONAL, True),
    ("triclinic", 4, TRICLINIC, True),
    ("two-atoms", 2, SKEWED, True),
    ("slab", 4, TRICLINIC, [True, True, False]),
    ("molecule", 5, ORTHOGONAL, False),
]
SPECIES = ["S", "P", "Li"]
"""Atom types of LAMMPS, in another order than the species of the potentials."""


@pytest.fixture
def open_lammps() -> Iterator[Open]:
    """Open LAMMPS with a structure whose cell is lower triangular; types go by SPECIES."""
    try:
        lammps = load_lammps()
    except InputError as error:
        pytest.skip(str(error))
    opened: list[Any] = []

    def instance(atoms: Atoms) -> Any:
        lmp = lammps.lammps(cmdargs=["-log", "none", "-screen", "none"])
        opened.append(lmp)
        cell, boundary = atoms.cell.array, " ".join("p" if p else "f" for p in atoms.pbc)
        box = "block " + " ".join(f"0 {side}" for side in np.diag(cell))
        if np.tril(cell, -1).any():
            box = f"{box.replace('block', 'prism')} {cell[1, 0]} {cell[2, 0]} {cell[2, 1]}"
        lmp.commands_string(f"""
            units metal
            boundary {boundary}
            box tilt large
            region box {box}
            create_box {len(SPECIES)} box
        """)
        types = [SPECIES.index(symbol) + 1 for symbol in atoms.symbols]
        lmp.create_atoms(len(atoms), None, types, atoms.positions.ravel().tolist())
        for number, symbol in enumerate(SPECIES, start=1):
            lmp.command(f"mass {number} {Atoms(symbol).get_masses()[0]}")
        return lmp

    yield instance
    for lmp in opened:
        lmp.close()


@pytest.fixture
def repulsive() -> MomentTensorPotential:
    """A potential of soft repulsive pairs of three species."""
    potential = MomentTensorPotential.initialise(
        2, ["Li", "P", "S"], r_min=2.0, r_max=5.0, n_chebyshev=2, rng=np.random.default_rng(0)
    )
    radial = np.ones_like(potential.radial)
    radial[..., 1] = -0.9
    radial[0, 1:] *= 0.7
    return potential.with_parameters(np.concatenate([radial.ravel(), [0, 0, 0], [0.3]]))


def crystal(temperature: float) -> Atoms:
    """Draw 32 atoms of three species and their velocities."""
    atoms = bulk("S", "fcc", a=5.0, cubic=True) * 2
    rng = np.random.default_rng(3)
    atoms.symbols = rng.permutation(["Li"] * 12 + ["P"] * 4 + ["S"] * 16)
    atoms.set_momenta(
        rng.normal(size=(32, 3)) * np.sqrt(atoms.get_masses()[:, None] * units.kB * temperature)
    )
    return atoms


def per_atom(lmp: Any, name: str) -> Any:
    """Give a quantity of the atoms in the order in which they were created."""
    order = np.argsort(lmp.numpy.extract_atom("id"))
    return lmp.numpy.extract_atom(name)[order]


def give_velocities(lmp: Any, atoms: Atoms) -> None:
    lmp.numpy.extract_atom("v")[:] = atoms.get_velocities() * 1000 * units.fs


def in_ase(lmp: Any, symbols: Any, calculator: MTPCalculator) -> Atoms:
    """Build the structure that LAMMPS has now."""
    low, high, xy, yz, xz, periodic, _ = lmp.extract_box()
    cell = np.diag(np.subtract(high, low)) + np.array([[0, 0, 0], [xy, 0, 0], [xz, yz, 0]])
    positions = per_atom(lmp, "x") - low
    return Atoms(symbols, positions, cell=cell, pbc=periodic, calculator=calculator)


def pressure(lmp: Any) -> Any:
    """Give the virial part of the pressure tensor, bar."""
    xx, yy, zz, xy, xz, yz = lmp.numpy.extract_compute("tensor", 0, 1)
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


@pytest.mark.filterwarnings("ignore:two atoms are:UserWarning")
@pytest.mark.parametrize(
    ("n_atoms", "cell", "pbc"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_energies_forces_and_pressure_equal_those_of_ase(  # noqa: PLR0917
    n_atoms: int,
    cell: list[list[float]],
    pbc: bool | list[bool],
    draw_potential: DrawPotential,
    draw_atoms: DrawAtoms,
    open_lammps: Open,
) -> None:
    potential = draw_potential(8, 3)
    atoms = draw_atoms(n_atoms, 3, seed=n_atoms, cell=cell)
    atoms.pbc = pbc
    lmp = open_lammps(atoms)
    coupling = couple(lmp, potential, SPECIES)
    lmp.commands_string("""
        compute tensor all pressure NULL virial
        compute energies all pe/atom
        compute stresses all stress/atom NULL virial
        compute total all reduce sum c_stresses[*]
        thermo_style custom pe c_tensor[1] c_total[1]
        dump now all custom 1 /dev/null c_energies
        run 0
    """)
    coupling.check()

    atoms.calc = MTPCalculator(potential)
    forces = atoms.get_forces()
    assert lmp.get_thermo("pe") == pytest.approx(atoms.get_potential_energy(), rel=1e-10)
    assert per_atom(lmp, "f") == pytest.approx(forces, rel=1e-9, abs=1e-9 * abs(forces).max())
    energies = lmp.numpy.extract_compute("energies", 1, 1)
    assert energies == pytest.approx(atoms.get_potential_energies(), rel=1e-10)
    if not np.all(pbc):
        return
    expected = -voigt_6_to_full_3x3_stress(atoms.get_stress()) / units.bar
    assert pressure(lmp) == pytest.approx(expected, rel=1e-5, abs=1e-5 * abs(expected).max())
    xx, yy, zz, xy, xz, yz = -lmp.numpy.extract_compute("total", 0, 1) / atoms.get_volume()
    summed = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    assert summed == pytest.approx(expected, rel=1e-5, abs=1e-5 * abs(expected).max())


def test_dynamics_equal_those_of_ase_and_conserve_energy(
    repulsive: MomentTensorPotential, open_lammps: Open
) -> None:
    atoms = crystal(600.0)
    lmp = open_lammps(atoms)
    couple(lmp, repulsive, SPECIES)
    give_velocities(lmp, atoms)
    lmp.commands_string("fix nve all nve\ntimestep 0.001\nthermo 1\nrun 0")
    totals, kinetic = [], []
    for _ in range(20):
        lmp.command("run 10")
        totals.append(lmp.get_thermo("etotal") / 32)
        kinetic.append(lmp.get_thermo("ke") / 32)

    atoms.calc = MTPCalculator(repulsive)
    VelocityVerlet(atoms, timestep=1.0 * units.fs).run(200)
    apart = in_ase(lmp, atoms.symbols, atoms.calc).positions - atoms.positions
    apart -= np.round(apart / 10.0) * 10.0
    assert abs(apart).max() < 1e-6
    velocities = per_atom(lmp, "v") / (1000 * units.fs)
    assert velocities == pytest.approx(
        atoms.get_velocities(), abs=1e-5 * abs(atoms.get_velocities()).max()
    )
    assert np.ptp(totals) < 2e-3 * np.ptp(kinetic)


def test_atoms_that_change_places_in_memory_and_a_cell_that_moves(
    repulsive: MomentTensorPotential, open_lammps: Open
) -> None:
    atoms = crystal(3000.0)
    atoms.set_cell([[10.0, 0.0, 0.0], [0.2, 10.0, 0.0], [0.0, -0.1, 10.0]], scale_atoms=True)
    lmp = open_lammps(atoms)
    couple(lmp, repulsive, SPECIES)
    give_velocities(lmp, atoms)
    lmp.commands_string("""
        compute tensor all pressure NULL virial
        thermo_style custom pe c_tensor[1] vol
        atom_modify sort 10 2.5
        neigh_modify every 1 delay 0 check no
        fix npt all npt temp 3000 3000 0.1 tri 0 0 0.2
        timestep 0.001
        run 200
    """)
    assert lmp.numpy.extract_atom("id").tolist() != list(range(1, 33))
    now = in_ase(lmp, atoms.symbols, MTPCalculator(repulsive))
    assert abs(now.cell.array - atoms.cell.array).max() > 0.05
    assert abs(now.cell.array[[1, 2, 2], [0, 0, 1]]).min() > 1e-3
    assert lmp.get_thermo("pe") == pytest.approx(now.get_potential_energy(), rel=1e-9)
    forces = now.get_forces()
    assert per_atom(lmp, "f") == pytest.approx(forces, abs=1e-8 * abs(forces).max())
    expected = -voigt_6_to_full_3x3_stress(now.get_stress()) / units.bar
    assert pressure(lmp) == pytest.approx(expected, abs=1e-5 * abs(expected).max())


def test_a_potential_takes_the_place_of_the_one_before(
    draw_potential: DrawPotential, draw_atoms: DrawAtoms, open_lammps: Open
) -> None:
    atoms = draw_atoms(4, 3, seed=5, cell=TRICLINIC)
    lmp = open_lammps(atoms)
    couple(lmp, draw_potential(2, 3), SPECIES)
    couple(lmp, draw_potential(8, 3), SPECIES)
    lmp.command("run 0")
    energy = MTPCalculator(draw_potential(8, 3)).get_potential_energy(atoms)
    assert lmp.get_thermo("pe") == pytest.approx(energy, rel=1e-10)


def test_atoms_at_the_same_place_stop_the_run(
    draw_potential: DrawPotential, open_lammps: Open
) -> None:
    atoms = Atoms("LiS", [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]], cell=ORTHOGONAL, pbc=True)
    lmp = open_lammps(atoms)
    coupling = couple(lmp, draw_potential(2, 3), SPECIES)
    lmp.commands_string("fix nve all nve\nrun 100")
    assert lmp.extract_global("ntimestep") < 2
    with pytest.raises(InputError, match="two atoms are at the same place"):
        coupling.check()


def test_an_interrupt_during_a_run_ends_it(
    repulsive: MomentTensorPotential, open_lammps: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def interrupted(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 4:
            signal.raise_signal(signal.SIGINT)
        return evaluate_with_shortest(*arguments)

    lmp = open_lammps(crystal(300.0))
    coupling = couple(lmp, repulsive, SPECIES)
    lmp.command("fix nve all nve")
    monkeypatch.setattr("physics.potentials.lammps.evaluate_with_shortest", interrupted)
    lmp.command("run 1000")
    assert lmp.extract_global("ntimestep") == 3
    with pytest.raises(KeyboardInterrupt):
        coupling.check()
    lmp.command("run 1000")
    assert len(calls) == 4
    with pytest.raises(KeyboardInterrupt):
        coupling.check()


@pytest.mark.parametrize(
    ("species", "skin", "message"),
    [
        (["Li", "S"], 0.5, r"\['Li', 'S'\] were given for 3 atom types"),
        (["Li", "S", "Ge"], 0.5, r"\['Ge'\] were given, which the potential does not know"),
        (SPECIES, -0.1, "skin -0.1 Å were given"),
    ],
)
def test_wrong_settings_are_refused(
    species: list[str],
    skin: float,
    message: str,
    repulsive: MomentTensorPotential,
    open_lammps: Open,
) -> None:
    lmp = open_lammps(crystal(300.0))
    with pytest.raises(InputError, match=message):
        couple(lmp, repulsive, species, skin=skin)
    assert not lmp.has_id("fix", "mtp")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"world_size": 4}, "LAMMPS on 4 processes was given"),
        ({"units": "real"}, "LAMMPS in units real was given"),
        ({"box_exist": 0}, "LAMMPS without a box was given"),
    ],
)
def test_wrong_instances_are_refused(
    settings: dict[str, Any], message: str, repulsive: MomentTensorPotential
) -> None:
    known = {"world_size": 1, "units": "metal", "box_exist": 1, "ntypes": 3, **settings}
    lmp = SimpleNamespace(extract_setting=known.get, extract_global=known.get)
    with pytest.raises(InputError, match=message):
        couple(lmp, repulsive, SPECIES)
