"""Glasses, potentials and dynamics in study files: published defaults, refusals with their line."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import bulk
from jobflow import Flow
from pymatgen.core import Lattice, Structure

from makers.dynamics import DynamicsMaker
from physics.dynamics.grading import Grading
from physics.errors import InputError
from physics.potentials.active_set import ActiveSet
from physics.potentials.active_set_file import write_active_set
from physics.potentials.files import write_potential
from physics.potentials.potential import MomentTensorPotential
from workflows.study import Study

GOOD = """\
name: test
engine: emt
systems:
  copper: {structure: copper.cif}
glasses:
  - name: glass
    melt_quench:
      hold: 2.0
potential:
  level: 16
dynamics:
  temperatures: [300]
"""


FACES = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
STRUCTURES = {"copper": Structure(Lattice.cubic(3.6), ["Cu"] * 4, FACES)}


def read(folder: Path, text: str) -> Study:
    path = folder / "study.yaml"
    path.write_text(text)
    return Study.from_file(path)


def flow_of(study: Study) -> Flow:
    return study.flow(STRUCTURES)


def of_step(flow: Flow, step: str) -> list[Any]:
    return [job for job, _ in flow.iterflow() if job.metadata["step"] == step]


DEFAULTS = GOOD.replace("    melt_quench:\n      hold: 2.0\n", "").replace(
    "potential:\n  level: 16\ndynamics:\n  temperatures: [300]\n", "potential: {}\ndynamics: {}\n"
)


def test_a_glass_is_that_of_garcia_mendez(tmp_path: Path) -> None:
    """60 Li and 20 PS4 at 1.88 g/cm^3; 300 to 1000 K at 70 K/ps, 8 ps, back, 3 ps; 2 fs."""
    flow = flow_of(read(tmp_path, DEFAULTS))
    (pack,), (run,) = of_step(flow, "pack glass"), of_step(flow, "melt-quench")
    assert (pack.maker.ions, pack.maker.density) == ({"Li": 60, "PS4": 20}, 1.88)
    protocol = run.maker.protocol
    assert [(s.name, s.steps, s.temperatures) for s in protocol.stages] == [
        ("heat", 5000, (300, 1000)),
        ("melt", 4000, (1000, 1000)),
        ("quench", 5000, (1000, 300)),
        ("rest", 1500, (300, 300)),
    ]
    assert {(s.ensemble, s.pressure) for s in protocol.stages} == {("npt", 1e-4)}
    assert (protocol.time_step, protocol.thermostat, protocol.steps) == (2.0, "langevin", 15_500)
    assert (run.maker.engine, run.maker.driver, run.maker.output.forces) == ("emt", "ase", True)
    assert protocol.steps / run.maker.output.interval == 100


def test_large_dynamics_are_those_of_jalem(tmp_path: Path) -> None:
    """12 288 atoms, 2 fs, 0.1 and 1 ps of damping, constant pressure."""
    flow = flow_of(read(tmp_path, DEFAULTS))
    (repeat,) = of_step(flow, "repeat cell")
    assert 12_288 in repeat.function_args
    (run,) = of_step(flow, "large molecular dynamics")
    protocol = run.maker.protocol
    assert [(s.name, s.steps) for s in protocol.stages] == [
        ("equilibrate", 50_000),
        ("produce", 500_000),
    ]
    assert {(s.ensemble, s.pressure, s.coupling) for s in protocol.stages} == {("npt", 0, "aniso")}
    damping = (protocol.temperature_damping, protocol.pressure_damping)
    assert (protocol.time_step, *damping) == (2.0, 100.0, 1000.0)
    assert (run.maker.engine, run.maker.driver) == ("mtp", "lammps")
    assert (run.maker.grading.keep, run.maker.grading.stop) == (2.0, 10.0)


def test_a_potential_is_trained_on_crystals_and_glasses(tmp_path: Path) -> None:
    text = DEFAULTS.replace("potential: {}", "potential: {strains: [-0.02, 0.0], level: 8}")
    flow = flow_of(read(tmp_path, text.replace("dynamics: {}\n", "")))
    runs = of_step(flow, "run to train on")
    volumes = sorted(run.function_args[0].volume / 3.6**3 for run in runs)
    assert volumes == pytest.approx([0.98**3, 1.0])
    assert all(run.maker.output.forces for run in runs)
    assert {s.temperatures for run in runs for s in run.maker.protocol.stages} == {(300, 2000)}
    (collect,) = of_step(flow, "collect frames")
    sources = [reference.uuid for reference in collect.function_args[0]]
    (glass,) = of_step(flow, "melt-quench")
    assert sources == [*(run.uuid for run in runs), glass.uuid]
    assert collect.function_args[1] == ["copper -0.02", "copper +0", "glass"]
    (fit,) = of_step(flow, "fit potential")
    assert (fit.maker.level, fit.maker.r_max, fit.maker.n_chebyshev) == (8, 5.0, 8)
    assert not of_step(flow, "large molecular dynamics")


def test_rates_and_times_can_differ(tmp_path: Path) -> None:
    text = GOOD.replace("hold: 2.0", "hold: 2.0\n      melt: 1400")
    text = text.replace("  - name: glass", "  - name: glass\n    profile: amorphisation")
    (entry,) = read(tmp_path, text).glasses
    quench = entry.quench()
    assert (quench.hold, quench.melt) == (2.0, 1400)
    assert (quench.cooling_rate, quench.settle, quench.rest) == (5.0, 2000.0, 8000.0)
    maker = entry.flow_maker("emt", None, graded=False)
    assert (maker.acceptance.tetrahedral, maker.acceptance.melted) == (0.8, True)
    assert not maker.acceptance.same_units


def test_a_glass_by_its_formula_or_its_ions(tmp_path: Path) -> None:
    ions = GOOD.replace("glass\n", "glass\n    ions: {Li: 7, P2S7: 1, PS4: 1}\n")
    (entry,) = read(tmp_path, ions).glasses
    assert entry.counts() == {"Li": 7, "P2S7": 1, "PS4": 1}
    (entry,) = read(tmp_path, GOOD.replace("glass\n", "glass\n    formula: Li4P2S7\n")).glasses
    counts = entry.counts()
    assert (counts["Li"], set(counts)) == (4 * counts["P2S7"], {"Li", "P2S7"})
    assert 13 * counts["P2S7"] == pytest.approx(160, abs=7)


def test_pressures_and_seeds_make_quenches(tmp_path: Path) -> None:
    more = "glass\n    pressures: [0.36, 10]\n    seeds: [0, 1, 2]\n    elastic: true\n"
    flow = flow_of(read(tmp_path, GOOD.replace("glass\n", more)))
    assert len(of_step(flow, "melt-quench")) == 6
    assert len(of_step(flow, "collect tensors")) == 2
    assert len(of_step(flow, "relax strained")) == 6 * 24


def test_a_crystal_is_melted_in_place_of_a_packing(tmp_path: Path) -> None:
    flow = flow_of(read(tmp_path, GOOD.replace("glass\n", "glass\n    crystal: copper\n")))
    assert not of_step(flow, "pack glass")
    (run,) = of_step(flow, "melt-quench")
    start = run.function_args[0]
    assert start.composition.formula == f"Cu{len(start)}"
    assert 160 <= len(start) < 320
    assert run.metadata["atoms"] == len(start)


def test_a_glass_can_be_run_with_the_potential(tmp_path: Path) -> None:
    """What a potential makes does not train it."""
    text = GOOD.replace("- name: glass\n", "- name: glass\n    potential: true\n")
    flow = flow_of(read(tmp_path, text))
    (run,) = of_step(flow, "melt-quench")
    assert (run.maker.engine, run.maker.driver, run.maker.output.forces) == ("mtp", "lammps", False)
    (select,) = of_step(flow, "select active set")
    assert run.function_args[1].uuid == select.uuid
    (collect,) = of_step(flow, "collect frames")
    assert collect.function_args[1] == ["copper +0"]


IN_GLASS = [
    ("density: 1880", "line 6: glasses.0: density: given 1880.0 g/cm3.* kg/m3 are 1.88 g/cm3"),
    ("pressures: [5000]", "line 6: glasses.0: .*pressure 5000 GPa given, expected at most 1000"),
    ("pressures: [1, 1]", "line 6: glasses.0: pressures .* given, expected each once"),
    ("seeds: [-1]", "line 6: glasses.0: seed -1 given, expected 0 or more"),
    ("seeds: [1, 1]", "line 6: glasses.0: seeds .* given, expected each once"),
    ("density: 0", "line 7: glasses.0.density: .*greater than 0, given 0"),
    ("formula: LiCl", "line 6: glasses.0: given LiCl, expected a composition of Li, P and S"),
    ("formula: Xx", "line 6: glasses.0: given Xx"),
    ("formula: LiPS", "line 6: glasses.0: LiPS has 1.0000 P for each Li, but PS4"),
    ("atoms: 4", "line 7: glasses.0.atoms: .*greater than or equal to 5"),
    ("ions: {Li: 3}", r"line 6: glasses.0: the charges of 3 Li add up to \+3 e"),
    ("ions: {Na: 3}", "line 6: glasses.0: unknown ions Na"),
    ("ions: {Li: 2.5, PS4: 1}", "line 7: glasses.0.ions.Li: .*integer"),
    ("ions: {}", "line 6: glasses.0: no ions were given"),
    ("profile: fast", "line 7: glasses.0.profile: .*'ab-initio', 'amorphisation' or 'quick'"),
    ("pressures: []", "line 7: glasses.0.pressures: .*at least 1 item"),
    ("pressures: [high]", "line 7: glasses.0.pressures.0: .*number.*given 'high'"),
    ("seeds: []", "line 7: glasses.0.seeds: .*at least 1 item"),
    ("elastic: maybe", "line 7: glasses.0.elastic: .*boolean"),
    ("potential: true\n    elastic: true", "line 6: glasses.0: elastic tensors are computed with"),
    ("crystal: silver", "glass glass: crystal 'silver' given, expected one of the systems copper"),
    ("presures: [1]", "line 7: unknown key 'glasses.0.presures': did you mean 'pressures'"),
]
IN_MELT_QUENCH = [
    ("hold: long", "line 6: glasses.0: melt_quench: hold long given, expected such as 8.0"),
    ("hold: [1]", "line 8: glasses.0.melt_quench.hold.*number"),
    ("hold: .inf", "line 8: glasses.0.melt_quench.hold.*finite number"),
    ("start: 300\n      melt: 20000", "line 6: glasses.0: .*temperature 20000 K given"),
    ("time_step: 50", "line 6: glasses.0: time step 50 fs given"),
    ("time_step: 0", "line 6: glasses.0: time_step 0 given, expected more than 0"),
    ("thermostat: berendsen", "line 6: glasses.0: thermostat 'berendsen' given, expected nose"),
    ("coupling: xy", "line 6: glasses.0: .*coupling 'xy' given, expected one of iso, aniso, z"),
    ("temperature_damping: 1", "line 6: glasses.0: temperature_damping 1 fs given"),
    ("pressure: 0.5", "line 6: glasses.0: melt_quench: given pressure, expected some of start"),
    ("holt: 2.0", "line 6: glasses.0: melt_quench: given holt, expected some of start, melt"),
    ("hold: 0", "line 6: glasses.0: hold 0 given, expected more than 0"),
    ("hold: .nan", "glasses.0.*hold.* nan"),
    ("melt: 200", "line 6: glasses.0: a melt of 200 K and a glass of 300 K"),
    ("settle: -1", "line 6: glasses.0: settle -1 ps given, expected 0 or more"),
]
IN_POTENTIAL = [
    ("picoseconds: .inf", "line 10: potential.picoseconds: .*finite number"),
    ("level: 7", "line 10: potential.level: .*multiple of 2, given 7"),
    ("level: 30", "line 10: potential.level: .*less than or equal to 28"),
    ("cutoff: 0", "line 10: potential.cutoff: .*greater than 0"),
    ("chebyshev: 1", "line 10: potential.chebyshev: .*greater than or equal to 2"),
    ("temperatures: [300]", "line 10: key 'potential.temperatures.1' is missing"),
    ("temperatures: [0, 300]", "line 9: potential: stage 'heat': temperature 0 K given"),
    ("temperatures: [300, 20000]", "line 9: potential: .*temperature 20000 K given"),
    ("picoseconds: 0", "line 10: potential.picoseconds: .*greater than 0"),
    ("strains: [0.2]", "line 9: potential: strains .*0.2.* given, expected each at most 0.1"),
    ("strains: []", "line 10: potential.strains: .*at least 1 item"),
    ("seed: -1", "line 10: potential.seed: .*greater than or equal to 0"),
    ("lvl: 3", "line 10: unknown key 'potential.lvl': did you mean 'level'"),
]
IN_DYNAMICS = [
    ("production: .inf", "line 12: dynamics.production: .*finite number"),
    ("temperatures: []", "line 12: dynamics.temperatures: .*at least 1 item"),
    ("temperatures: [0]", "line 11: dynamics: stage 'equilibrate': temperature 0 K given"),
    ("equilibration: 0", "line 12: dynamics.equilibration: .*greater than 0"),
    ("production: -1", "line 12: dynamics.production: .*greater than 0"),
    ("pressure: 5000", "line 11: dynamics: .*pressure 5000 GPa given, expected at most 1000"),
    ("pressure: .nan", "dynamics.*pressure.* nan"),
    ("time_step: 0", "line 12: dynamics.time_step: .*greater than 0"),
    ("time_step: 25", "line 11: dynamics: time step 25 fs given, expected .* at most 20 fs"),
    ("atoms: 0", "line 12: dynamics.atoms: .*greater than or equal to 1"),
    ("interval: 0", "line 12: dynamics.interval: .*greater than or equal to 1"),
    ("keep: 0.5", "line 12: dynamics.keep: .*greater than or equal to 1"),
    ("keep: 20", "line 11: dynamics: grades are kept above 20 and stop the run above 10"),
    ("seed: -1", "line 12: dynamics.seed: .*greater than or equal to 0"),
    ("temperatures: [warm]", "line 12: dynamics.temperatures.0: .*number.*given 'warm'"),
]
CASES = [
    *(("name: glass\n", f"name: glass\n    {new}\n", said) for new, said in IN_GLASS),
    *(("hold: 2.0", new, said) for new, said in IN_MELT_QUENCH),
    *(("level: 16", new, said) for new, said in IN_POTENTIAL),
    *(("temperatures: [300]", new, said) for new, said in IN_DYNAMICS),
    ("potential:\n  level: 16\n", "", "dynamics.* need.* a potential: give 'potential: "),
    ("- name: glass\n", "- name: glass\n  - name: glass\n", "two glasses have one name"),
    ("name: glass", "name: my glass", "line 6: glasses.0.name: .*given 'my glass'"),
]


@pytest.mark.parametrize(("old", "new", "said"), CASES, ids=[case[1].strip() for case in CASES])
def test_bad_values_are_refused_with_their_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(InputError, match=said):
        read(tmp_path, GOOD.replace(old, new))


def potential_file(folder: Path, *, active: bool) -> MomentTensorPotential:
    """Write a drawn potential of copper, in a folder beside the study."""
    rng = np.random.default_rng(0)
    potential = MomentTensorPotential.initialise(
        2, ["Cu"], r_min=2.0, r_max=5.0, n_chebyshev=4, rng=rng
    )
    folder.mkdir()
    write_potential(folder / "cu.mtp", potential)
    if active:
        atoms = bulk("Cu", cubic=True)
        images = [atoms.copy() for _ in range(8)]
        for image in images:
            image.rattle(0.1, rng=rng)
        write_active_set(folder / "cu.active.npz", ActiveSet.select(potential, images))
    return potential


@pytest.mark.parametrize("active", [True, False])
def test_grades_need_the_active_set_beside_the_potential(tmp_path: Path, active: bool) -> None:
    potential_file(tmp_path / "mtp", active=active)
    flow = flow_of(read(tmp_path, GOOD.replace("level: 16", "file: mtp/cu.mtp")))
    (run,) = of_step(flow, "large molecular dynamics")
    assert isinstance(run.maker, DynamicsMaker)
    assert run.maker.grading == (Grading(2.0, 10.0) if active else None)
    assert not of_step(flow, "run to train on")
    (keep,) = of_step(flow, "keep potential")
    assert run.function_args[1].uuid == keep.uuid
    stored = keep.function_args[0]
    assert stored.potential().species == ("Cu",)
    assert (stored.active_set is not None) is active


def test_the_study_changes_with_the_content_of_the_potential_alone(tmp_path: Path) -> None:
    potential = potential_file(tmp_path / "mtp", active=False)
    study = read(tmp_path, GOOD.replace("level: 16", "file: mtp/cu.mtp"))
    before = study.content_hash(STRUCTURES)
    (tmp_path / "mtp" / "cu.mtp").rename(tmp_path / "mtp" / "same.mtp")
    same = read(tmp_path, GOOD.replace("level: 16", "file: mtp/same.mtp"))
    assert same.content_hash(STRUCTURES) == before
    other = potential.with_parameters(1.5 * potential.parameters)
    write_potential(tmp_path / "mtp" / "same.mtp", other)
    assert same.content_hash(STRUCTURES) != before


def test_a_missing_potential_is_told(tmp_path: Path) -> None:
    study = read(tmp_path, GOOD.replace("level: 16", "file: absent.mtp"))
    with pytest.raises(InputError, match=r"absent\.mtp"):
        flow_of(study)
    (tmp_path / "absent.mtp").write_text("junk")
    with pytest.raises(InputError, match=r"absent\.mtp"):
        flow_of(study)


def test_glasses_count_in_the_hash_of_a_study(tmp_path: Path) -> None:
    study, other = (read(tmp_path, text) for text in (GOOD, GOOD.replace("hold: 2.0", "hold: 3.0")))
    assert study.content_hash(STRUCTURES) != other.content_hash(STRUCTURES)
