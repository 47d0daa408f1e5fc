"""Interfaces in study files: published defaults, settings of jobs, refusals with their line."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jobflow import Flow
from pymatgen.core import Structure

from physics.dynamics.grading import Grading
from physics.dynamics.melt_quench import AB_INITIO, AMORPHISATION, QUICK
from physics.errors import InputError
from workflows.interface import ANNEAL
from workflows.study import Study

BETA = Path(__file__).parents[2] / "workflows" / "studies" / "structures" / "beta-Li3PS4.cif"
STRUCTURES = {"beta": Structure.from_file(BETA)}
POTENTIAL = """\
potential:
  level: 16
"""
WITHOUT_POTENTIAL = """\
name: test
engine: chgnet
systems:
  beta: {structure: beta-Li3PS4.cif}
interfaces:
  - name: glass
    crystal: beta
    plane: [0, 0, 1]
"""
GOOD = WITHOUT_POTENTIAL + POTENTIAL


def read(folder: Path, text: str) -> Study:
    path = folder / "study.yaml"
    path.write_text(text)
    return Study.from_file(path)


def with_entry(*lines: str) -> str:
    """The study with more lines of the interface."""
    more = "".join(f"    {line}\n" for line in lines)
    return GOOD.replace("    crystal: beta\n", more + "    crystal: beta\n")


def of_step(flow: Flow, step: str) -> list[Any]:
    return [job for job, _ in flow.iterflow() if job.metadata["step"] == step]


def test_sizes_are_those_of_jalem(tmp_path: Path) -> None:
    """10 000 atoms or more, each side 25 Å or more; Garcia-Mendez et al. melt and quench it."""
    flow = read(tmp_path, WITHOUT_POTENTIAL).flow(STRUCTURES)
    (pack,), (join,) = of_step(flow, "pack glass"), of_step(flow, "join interface")
    (quench,), (anneal,) = of_step(flow, "melt-quench"), of_step(flow, "anneal interface")
    assert (pack.maker.thickness, join.maker.thickness, join.maker.miller) == (25, 25, (0, 0, 1))
    assert (pack.maker.formula, pack.maker.density) == ("Li3PS4", 1.88)
    assert 10_000 <= join.metadata["atoms"] < 12_500
    assert quench.maker.protocol == replace(AB_INITIO, coupling="z").protocol(0)
    assert anneal.maker.protocol == ANNEAL
    assert {(run.maker.engine, run.maker.driver) for run in (quench, anneal)} == {("chgnet", "ase")}
    assert quench.maker.protocol.steps / quench.maker.output.interval == 100
    for job, _ in flow.iterflow():
        assert (job.metadata["study"], job.metadata["system"]) == ("test", "glass/(0 0 1)")


def test_a_potential_amorphises_as_jalem_did(tmp_path: Path) -> None:
    flow = read(tmp_path, with_entry("potential: true", "seed: 3")).flow(STRUCTURES)
    (quench,), (anneal,) = of_step(flow, "melt-quench"), of_step(flow, "anneal interface")
    assert quench.maker.protocol == replace(AMORPHISATION, coupling="z").protocol(3)
    (select,) = of_step(flow, "select active set")
    for run in (quench, anneal):
        assert (run.maker.engine, run.maker.driver) == ("mtp", "lammps")
        assert run.maker.grading == Grading()
        assert run.function_args[1].uuid == select.uuid
        assert run.maker.protocol.steps / run.maker.output.interval >= 100
    (collect,) = of_step(flow, "collect frames")
    assert collect.function_args[1] == ["beta +0"]


def test_a_profile_that_is_given_stands(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, with_entry("potential: true", "profile: ab-initio")).interfaces
    assert entry.quench() == AB_INITIO
    (entry,) = read(tmp_path, with_entry("profile: quick", "melt_quench: {hold: 1}")).interfaces
    assert entry.quench() == replace(QUICK, hold=1)


def test_settings_reach_the_jobs(tmp_path: Path) -> None:
    lines = ("atoms: 1", "thickness: 14", "gap: 3", "formula: Li4P2S7", "density: 1.7", "seed: 5")
    text = with_entry(*lines).replace("[0, 0, 1]", "[1, 2, 0]")
    flow = read(tmp_path, text.replace(POTENTIAL, "")).flow(STRUCTURES)
    (pack,), (join,) = of_step(flow, "pack glass"), of_step(flow, "join interface")
    given = (pack.maker.formula, pack.maker.density, pack.maker.thickness, pack.maker.seed)
    assert given == ("Li4P2S7", 1.7, 14, 5)
    assert (join.maker.gap, join.maker.miller, join.maker.repeats) == (3, (1, 2, 0), (1, 1))
    assert join.maker.label == "glass/(1 2 0)"
    assert pack.function_args[0] == join.function_args[0] == STRUCTURES["beta"]


def test_only_interfaces_that_are_there_count_in_the_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = (read(tmp_path, text) for text in (GOOD, with_entry("gap: 3")))
    assert first.content_hash(STRUCTURES) != other.content_hash(STRUCTURES)
    monkeypatch.setattr("workflows.study.input_hash", lambda _, settings, **__: list(settings))
    assert "interfaces" in first.content_hash(STRUCTURES)
    none = first.model_copy(update={"interfaces": []})
    assert none.content_hash(STRUCTURES) == ["name", "engine", "relax", "potential"]


IN_ENTRY = [
    ("thickness: 9", "line 7: interfaces.0.thickness: .*greater than or equal to 10"),
    ("gap: -1", "line 7: interfaces.0.gap: .*greater than or equal to 0"),
    ("atoms: 0", "line 7: interfaces.0.atoms: .*greater than or equal to 1"),
    ("seed: -1", "line 7: interfaces.0.seed: .*greater than or equal to 0"),
    ("formula: LiCl", "line 6: interfaces.0: given LiCl, expected a composition of Li, P and S"),
    ("density: 1880", "line 6: interfaces.0: density: given 1880.0 g/cm3"),
    ("profile: fast", "line 7: interfaces.0.profile: .*'ab-initio', 'amorphisation' or 'quick'"),
    ("melt_quench: {coupling: iso}", "line 6: interfaces.0: melt_quench: coupling iso given, .* z"),
    ("melt_quench: {hold: 0}", "line 6: interfaces.0: hold 0 given, expected more than 0"),
    ("melt_quench: {holt: 1}", "line 6: interfaces.0: melt_quench: given holt, expected some of"),
    ("melt_quench: {time_step: 50}", "line 6: interfaces.0: time step 50 fs given"),
    ("seeds: [1]", "line 7: unknown key 'interfaces.0.seeds': did you mean 'seed'"),
]
CASES = [
    *(("    crystal: beta\n", f"    {new}\n    crystal: beta\n", said) for new, said in IN_ENTRY),
    ("[0, 0, 1]", "[0, 0, 0]", "line 6: interfaces.0: .*three integers that are not all zero"),
    ("[0, 0, 1]", "[0, 1]", "line 8: key 'interfaces.0.plane.2' is missing"),
    ("[0, 0, 1]", "[0, 0, 0.5]", "line 8: interfaces.0.plane.2: .*integer"),
    ("    crystal: beta\n", "", "line 6: key 'interfaces.0.crystal' is missing"),
    ("crystal: beta", "crystal: b", "interface glass: crystal 'b' given, expected one of .* beta"),
    (
        "  - name: glass\n",
        "  - {name: glass, crystal: beta, plane: [1, 0, 0]}\n  - name: glass\n",
        "two interfaces have one name",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), CASES, ids=[case[1].strip() for case in CASES])
def test_bad_values_are_refused_with_their_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(InputError, match=said):
        read(tmp_path, GOOD.replace(old, new))


def test_a_potential_must_be_there(tmp_path: Path) -> None:
    text = with_entry("potential: true").replace(POTENTIAL, "")
    with pytest.raises(InputError, match="interfaces with 'potential: true', need a potential"):
        read(tmp_path, text)


def test_other_elements_are_refused_before_anything_runs(tmp_path: Path, copper: Structure) -> None:
    study = read(tmp_path, GOOD)
    with pytest.raises(InputError, match="has Cu, expected Li, P and S"):
        study.flow({"beta": copper})
