"""The flow that a learned potential of a study comes from: which jobs, of what, from what."""

from collections import Counter
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from jobflow import Flow
from pymatgen.core import Lattice, Structure

from workflows.study import Study

FACES = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
COPPER = Structure(Lattice.cubic(3.6), ["Cu"] * 4, FACES)
SILVER = Structure(Lattice.cubic(4.1), ["Ag"] * 4, FACES)

ONE = """\
name: test
engine: emt
systems:
  copper: {structure: copper.cif}
boundaries:
  - name: Σ5 [001] (001)
  - name: Σ5 [001] (210)
boundary: {candidates: 2}
potential:
  level: 4
  frames: 20
  strains: [-0.02, 0.02]
  learning:
    temperatures: [300, 1200]
    held_out: {temperatures: [300, 800, 2000]}
"""
TWO = ONE.replace("copper.cif}\n", "copper.cif}\n  silver: {structure: silver.cif}\n")
BARE = ONE[: ONE.index("boundaries:")] + ONE[ONE.index("potential:") :]
TWIST, TILT = "Σ5 [001] (001)", "Σ5 [001] (210)"


def flow_of(folder: Path, text: str) -> Flow:
    path = folder / "study.yaml"
    path.write_text(text)
    structures = {"copper": COPPER, "silver": SILVER}
    study = Study.from_file(path)
    return study.flow({name: structures[name] for name in study.systems})


def learning(text: str, line: str) -> str:
    """Add a line to the settings of learning."""
    return text.replace("  learning:\n", f"  learning:\n    {line}\n")


def of_step(flow: Flow, step: str) -> list[Any]:
    return [job for job, _ in flow.iterflow() if job.metadata["step"] == step]


def seeds_of(flow: Flow) -> tuple[list[str], list[Any], list[Any]]:
    """Names, structures and planes that exploring starts from."""
    (keep,) = of_step(flow, "keep seeds")
    return keep.function_args[:3]


def steps_of(flow: Flow) -> Counter[str]:
    return Counter(job.metadata["step"] for job, _ in flow.iterflow())


def test_each_stage_has_its_jobs(tmp_path: Path) -> None:
    """Two runs train; three crystals and two cells explore at two temperatures; three test."""
    without = ONE[: ONE.index("potential:")]
    flow, boundaries = flow_of(tmp_path, ONE), flow_of(tmp_path, without)
    assert steps_of(flow) - steps_of(boundaries) == {
        "run to train on": 2,
        "collect frames": 1,
        "fit potential": 1,
        "build training cell": 2,
        "relax training cell": 2,
        "run held out": (1 + 2) * 3,
        "collect held-out set": 1,
        "keep seeds": 1,
        "evaluate potential": 1,
        "select active set": 1,
        "explore": (3 + 2) * 2,
        "select configurations": 1,
        "decide": 1,
        "take potential": 1,
        "validate potential": 1,
    }
    (fit,) = of_step(flow, "fit potential")
    assert (fit.maker.level, fit.maker.r_max, fit.maker.n_chebyshev) == (4, 5.0, 8)


def test_crystals_keep_their_strain_and_cells_of_boundaries_do_not(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, ONE)
    names, structures, planes = seeds_of(flow)
    assert names == ["copper -5 %", "copper", "copper +5 %", TWIST, TILT]
    volumes = [structure.volume / COPPER.volume for structure in structures[:3]]
    assert volumes == pytest.approx([0.95**3, 1, 1.05**3])
    assert planes[:3] == [None, None, None]
    cells, relaxed = of_step(flow, "build training cell"), of_step(flow, "relax training cell")
    assert [reference.uuid for reference in planes[3:]] == [cell.uuid for cell in cells]
    assert [reference.uuid for reference in structures[3:]] == [relax.uuid for relax in relaxed]
    ensembles = {
        run.maker.seed: {stage.ensemble for stage in run.maker.run.protocol.stages}
        for run in of_step(flow, "explore")
    }
    assert ensembles == {
        "copper -5 %": {"nvt"}, "copper": {"npt"}, "copper +5 %": {"nvt"}, TWIST: {"npt"},
        TILT: {"npt"},
    }  # fmt: skip


def test_crystals_are_repeated_before_they_are_strained(tmp_path: Path) -> None:
    _, structures, _ = seeds_of(flow_of(tmp_path, learning(BARE, "atoms: 30")))
    assert [len(structure) for structure in structures] == [32, 32, 32]
    volumes = [structure.volume / 8 / COPPER.volume for structure in structures]
    assert volumes == pytest.approx([0.95**3, 1, 1.05**3])


def test_with_two_systems_boundaries_say_of_which(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, TWO)
    names, _, _ = seeds_of(flow)
    assert names == [
        "copper -5 %", "copper", "copper +5 %", "silver -5 %", "silver", "silver +5 %",
        f"copper, {TWIST}", f"copper, {TILT}", f"silver, {TWIST}", f"silver, {TILT}",
    ]  # fmt: skip
    groups = of_step(flow, "collect held-out set")[0].function_args[1]
    assert len(set(groups)) == len(groups) == (2 + 4) * 3
    assert len(of_step(flow, "validate potential")) == 2
    assert {job.metadata["system"] for job in of_step(flow, "relax training cell")} == {
        "copper",
        "silver",
    }


def test_with_another_engine_every_frame_is_labelled_anew(tmp_path: Path) -> None:
    """Energies of the engine that moves atoms reach neither fit nor test."""
    flow = flow_of(tmp_path, learning(ONE, "label: lj"))
    (frames,), (held_out,) = of_step(flow, "label frames"), of_step(flow, "label held-out set")
    (decide,) = of_step(flow, "decide")
    for job in (frames, held_out):
        assert job.maker.calculation.engine == "lj"
    assert decide.maker.label.calculation.engine == "lj"
    assert frames.metadata["jobs"] == 2 * 20
    assert held_out.metadata["jobs"] == 3 * 3 * 23
    graph, (fit,) = flow.graph, of_step(flow, "fit potential")
    (collect,) = of_step(flow, "collect frames")
    (evaluate,) = of_step(flow, "evaluate potential")
    (collect_test,) = of_step(flow, "collect held-out set")
    assert not set(graph.predecessors(fit.uuid)) & {collect.uuid}
    assert not set(graph.predecessors(evaluate.uuid)) & {collect_test.uuid, collect.uuid}
    without = graph.subgraph(set(graph) - {frames.uuid, held_out.uuid})
    assert not nx.has_path(without, collect.uuid, fit.uuid)
    assert not nx.has_path(without, collect_test.uuid, evaluate.uuid)
    assert of_step(flow, "validate potential") == []


@pytest.mark.parametrize("line", ["label: emt", "label: lj", "search: {}"])
def test_no_fit_descends_from_the_held_out_set(tmp_path: Path, line: str) -> None:
    flow = flow_of(tmp_path, learning(ONE, line))
    graph = flow.graph
    held_out = {
        job.uuid
        for job, _ in flow.iterflow()
        if "held out" in job.metadata["step"] or "held-out" in job.metadata["step"]
    }
    fits = of_step(flow, "fit potential")
    assert len(fits) == (29 if line == "search: {}" else 1)
    assert not any(nx.ancestors(graph, fit.uuid) & held_out for fit in fits)
    sources = {
        job.uuid for step in ("run to train on", "collect frames") for job in of_step(flow, step)
    }
    assert all(sources <= nx.ancestors(graph, fit.uuid) for fit in fits)
    (collect,) = of_step(flow, "collect held-out set")
    evaluations = [
        job
        for job in of_step(flow, "evaluate potential")
        if collect.uuid in nx.ancestors(graph, job.uuid)
    ]
    assert len(evaluations) == 1


def test_a_search_gives_the_potential_that_the_fit_begins_with(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, learning(ONE, "search: {cutoffs: [4], levels: [2, 4]}"))
    *grid, fit = of_step(flow, "fit potential")
    assert [(job.maker.r_max, job.maker.level) for job in grid] == [(4, 2), (4, 4)]
    begin = fit.function_args[1].uuid
    assert {job.uuid for job in grid} <= nx.ancestors(flow.graph, begin)


def test_what_is_left_out_has_no_jobs(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, learning(ONE, "boundaries: false"))
    assert seeds_of(flow)[0] == ["copper -5 %", "copper", "copper +5 %"]
    assert of_step(flow, "build training cell") == []
    assert len(of_step(flow, "run held out")) == 3
    flow = flow_of(
        tmp_path, ONE.replace("held_out: {temperatures: [300, 800, 2000]}", "held_out: null")
    )
    assert of_step(flow, "run held out") == []
    assert of_step(flow, "evaluate potential") == []


@pytest.mark.parametrize("explored", [True, False])
def test_glasses_train_and_explore_if_asked_for(tmp_path: Path, *, explored: bool) -> None:
    glasses = "glasses:\n  - {name: melt, crystal: copper, seeds: [0, 1]}\n"
    text = BARE.replace("potential:", f"{glasses}potential:")
    flow = flow_of(tmp_path, learning(text, f"glasses: {str(explored).lower()}"))
    quenches = [run.uuid for run in of_step(flow, "melt-quench")]
    assert len(quenches) == 2
    (collect,) = of_step(flow, "collect frames")
    trained = [reference.uuid for reference in collect.function_args[0]]
    names, structures, _ = seeds_of(flow)
    if explored:
        assert trained[2:] == quenches
        assert names[3:] == ["melt 0", "melt 1"]
        assert [reference.uuid for reference in structures[3:]] == quenches
        planned = {run.maker.seed: run.metadata["atoms"] for run in of_step(flow, "explore")}
        assert planned["melt 0"] == planned["melt 1"] > planned["copper"] == 4
    else:
        assert len(trained) == 2
        assert names == ["copper -5 %", "copper", "copper +5 %"]


@pytest.mark.parametrize(
    ("text", "step", "relaxed"),
    [
        (ONE, "relax boundary", 0),
        (BARE.replace("potential:", "elastic: {}\npotential:"), "collect stresses", 1),
        (BARE, "relax bulk", 1),
    ],
)
def test_the_potential_is_set_beside_the_crystal_that_the_study_relaxed(
    tmp_path: Path, text: str, step: str, relaxed: int
) -> None:
    """One that is relaxed for it alone only if the study has none."""
    flow = flow_of(tmp_path, text)
    (validate,), (final,) = of_step(flow, "validate potential"), of_step(flow, "take potential")
    potential, crystal = validate.function_args[:2]
    assert potential.uuid == final.uuid
    assert crystal.uuid in {job.uuid for job in of_step(flow, step)}
    assert len(of_step(flow, "relax bulk")) == relaxed
