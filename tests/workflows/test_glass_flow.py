"""The flow of glasses: what it assembles, and argon quenched and strained on a real engine."""

from typing import Any

import numpy as np
import pytest
from jobflow import Flow, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder
from pymatgen.analysis.elasticity import ElasticTensor
from pymatgen.core import Lattice, Structure

from makers.calculation import calculation
from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.glass import PackMaker
from physics.analysis.glass import Acceptance
from physics.dynamics.melt_quench import AB_INITIO, MeltQuench
from stores.builders import GlassElasticBuilder
from stores.documents import (
    DynamicsDocument,
    GlassElasticDocument,
    QuenchDocument,
    QuenchTensorsDocument,
)
from workflows.elastic import ElasticFlowMaker
from workflows.glass import GlassFlowMaker
from workflows.plan import plan_flow

SHORT = MeltQuench(
    start=20.0,
    melt=60.0,
    heating_rate=800.0,
    hold=0.04,
    cooling_rate=800.0,
    rest=0.04,
    coupling="iso",
    temperature_damping=25.0,
    pressure_damping=250.0,
)
SEEDS = (3, 5)
CLAMPED = ElasticFlowMaker(
    relax=calculation("lj", "relax", fmax=3e-3),
    strained=calculation("lj", "static"),
    linearity=False,
    symmetry=False,
)


def named(flow: Flow, step: str) -> list[Any]:
    return [job for job, _ in flow.iterflow() if job.metadata["step"] == step]


@pytest.fixture
def published() -> Flow:
    """Two pressures, two seeds, the defaults otherwise."""
    return GlassFlowMaker(engine="chgnet", pressures=[1e-4, 0.36], seeds=[0, 7]).make()


NAMES = [f"Li3PS4 glass, {p} MPa, seed {s}" for p in ("0.1", "360") for s in (0, 7)]


def test_each_pressure_and_seed_is_packed_melted_and_collected(published: Flow) -> None:
    steps = {"pack glass": PackMaker, "melt-quench": DynamicsMaker, "collect glass": None}
    assert len(list(published.iterflow())) == 12
    for step, maker in steps.items():
        jobs = named(published, step)
        assert sorted(job.metadata["system"] for job in jobs) == sorted(NAMES)
        assert sorted(job.name for job in jobs) == sorted(f"{step}: {name}" for name in NAMES)
        assert {job.metadata["atoms"] for job in jobs} == {160}
        assert maker is None or all(isinstance(job.maker, maker) for job in jobs)


def test_seed_and_pressure_reach_the_jobs(published: Flow) -> None:
    packed = {job.metadata["system"]: job.maker for job in named(published, "pack glass")}
    melted = {job.metadata["system"]: job.maker for job in named(published, "melt-quench")}
    told = {job.metadata["system"]: job.maker for job in named(published, "collect glass")}
    for name in NAMES:
        seed, pressure = int(name.split()[-1]), 0.36 if "360" in name else 1e-4
        assert packed[name].seed == melted[name].protocol.seed == seed
        assert {stage.pressure for stage in melted[name].protocol.stages} == {pressure}
        assert told[name].pressure == pressure
        assert told[name].acceptance == Acceptance(same_units=True)
    assert packed[NAMES[0]].ions == {"Li": 60, "PS4": 20}
    assert melted[NAMES[0]].protocol == AB_INITIO.protocol(0)


def test_the_plan_counts_the_melt_quenches(published: Flow) -> None:
    published.update_metadata({"study": "s"})
    planned = [jobs for jobs in plan_flow(published, {}) if jobs.step == "melt-quench"]
    assert [jobs.system for jobs in planned] == NAMES
    assert {jobs.engine for jobs in planned} == {"chgnet"}
    assert len({jobs.seconds for jobs in planned}) == 1
    assert planned[0].seconds > 3600


def test_a_given_structure_is_not_packed(argon: Structure) -> None:
    maker = GlassFlowMaker("argon", engine="lj", seeds=SEEDS, elastic=CLAMPED)
    flow = maker.make(argon * 2)
    assert not named(flow, "pack glass")
    assert {job.metadata["atoms"] for job in named(flow, "relax bulk")} == {32}
    assert [job.metadata["system"] for job in named(flow, "collect tensors")] == ["argon, 0.1 MPa"]
    assert len(named(flow, "static strained")) == 24


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], dict[str, Any]]:
    """Outputs of two melt-quenches of argon, with elasticity."""
    cell = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.26), ["Ar"], [[0, 0, 0]])
    flow = GlassFlowMaker(
        "argon",
        engine="lj",
        melt_quench=SHORT,
        pressures=[0.1],
        seeds=SEEDS,
        output=Output(5),
        acceptance=Acceptance(),
        elastic=CLAMPED,
    ).make(cell * 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("glasses"))
        done = run_locally(flow, log=False, ensure_success=True, create_folders=True)
    return [job for job, _ in flow.iterflow()], {
        uuid: turns[1].output for uuid, turns in done.items()
    }


def of(finished: Any, kind: type) -> list[Any]:
    return [output for output in finished[1].values() if isinstance(output, kind)]


def test_the_runs_went_through_all_stages(finished: Any) -> None:
    runs = of(finished, DynamicsDocument)
    assert sorted(run.protocol.seed for run in runs) == sorted(SEEDS)
    for run in runs:
        assert run.completed
        assert [stage.name for stage in run.stages] == ["heat", "melt", "quench", "rest"]
        # 32 atoms: T fluctuates by sqrt(2 / 96) T, so that 4 sd of 60 K are 35 K
        assert run.stages[1].temperature == pytest.approx(60, abs=35)
    energies = [run.energy for run in runs]
    assert energies[0] != pytest.approx(energies[1], abs=1e-6)


def test_what_is_collected_is_of_its_run(finished: Any) -> None:
    runs = {run.protocol.seed: run for run in of(finished, DynamicsDocument)}
    for quench in of(finished, QuenchDocument):
        run = runs[quench.seed]
        assert quench.label == "argon, 100 MPa"
        assert quench.pressure == 0.1
        assert quench.acceptance == Acceptance()
        assert quench.engine == "lj"
        assert quench.completed
        assert quench.structure == run.structure
        assert quench.start.lattice.a == pytest.approx(2 * 5.26)
        assert quench.stages == run.stages
    assert {quench.seed for quench in of(finished, QuenchDocument)} == set(SEEDS)


def test_tensors_of_a_pair_potential_obey_cauchy(finished: Any) -> None:
    """In a relaxed crystal of central forces C12 is C44 (Born and Huang 1954)."""
    (collected,) = of(finished, QuenchTensorsDocument)
    assert collected.seeds == list(SEEDS)
    assert collected.pressure == 0.1
    for tensor in np.array(collected.tensors):
        assert tensor[0, 1] == pytest.approx(tensor[5, 5], rel=0.03)
        assert tensor[0, 0] == pytest.approx(tensor[1, 1], rel=0.03)
    relaxed = [
        finished[1][job.uuid].structure
        for job in finished[0]
        if job.metadata["step"] == "relax bulk"
    ]
    assert collected.densities == pytest.approx([float(each.density) for each in relaxed])


def test_moduli_of_the_mean_tensor_and_their_spread(finished: Any) -> None:
    (collected,) = of(finished, QuenchTensorsDocument)
    job = {
        "uuid": "u",
        "name": "collect tensors",
        "completed_at": "2026-01-01T00:00:00",
        "output": collected,
        "metadata": {"study": "s", "system": "argon"},
    }
    builder = GlassElasticBuilder(MemoryStore(), MemoryStore())
    built = GlassElasticDocument.from_stored(
        MontyDecoder().process_decoded(builder.process_item(job))
    )
    tensors = np.array(collected.tensors)
    assert np.array(built.stiffness) == pytest.approx(tensors.mean(axis=0), abs=1e-9)
    mean = ElasticTensor.from_voigt(tensors.mean(axis=0))
    assert built.bulk_hill == pytest.approx(mean.k_vrh)
    assert built.shear_hill == pytest.approx(mean.g_vrh)
    single = [ElasticTensor.from_voigt(tensor) for tensor in tensors]
    assert built.bulk_hill_sd == pytest.approx(np.std([t.k_vrh for t in single], ddof=1))
    assert built.shear_hill_sd == pytest.approx(np.std([t.g_vrh for t in single], ddof=1))
    assert built.bulk_hill_sd > 0
    assert built.density == pytest.approx(np.mean(collected.densities))
    assert (built.quenches, built.seeds) == (2, list(SEEDS))
    assert built.stable
    assert any("averaged over 2 quenches" in warning for warning in built.warnings)
    assert any("Lennard-Jones" in warning for warning in built.warnings)
