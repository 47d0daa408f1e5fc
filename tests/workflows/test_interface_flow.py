"""The flow of amorphous/crystal interfaces: packed, quenched, joined and annealed, for real."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jobflow import run_locally
from pymatgen.core import Structure

from makers.dynamics_run import Output
from makers.interface import ATOMS
from physics.dynamics.melt_quench import AB_INITIO, MeltQuench
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from physics.potentials.potential import MomentTensorPotential
from physics.structures.census import census_of
from stores.documents import DynamicsDocument, InterfaceDocument, StoredPotential
from workflows.interface import ANNEAL, InterfaceFlowMaker

BETA = Path(__file__).parents[2] / "workflows" / "studies" / "structures" / "beta-Li3PS4.cif"
TINY = MeltQuench(
    start=50.0,
    melt=100.0,
    heating_rate=50_000.0,
    hold=0.001,
    cooling_rate=50_000.0,
    rest=0.001,
    time_step=0.1,
    temperature_damping=5.0,
    pressure_damping=50.0,
)
WARM = Protocol(
    (Stage("anneal", 10, 50.0, 100.0, "npt", coupling="z"),),
    0.1,
    temperature_damping=5.0,
    pressure_damping=50.0,
)


def of_steps(flow: Any) -> dict[str, Any]:
    return {job.metadata["step"]: job for job, _ in flow.iterflow()}


@pytest.mark.parametrize(
    ("miller", "periods"),
    [((0, 0, 1), (8.13, 13.07)), ((1, 0, 0), (6.26, 8.13)), ((1, 2, 0), (6.26, 27.38))],
)
def test_published_planes_have_ten_thousand_atoms(
    li3ps4: Structure, miller: tuple[int, int, int], periods: tuple[float, float]
) -> None:
    """Jalem et al. 2023: three planes, each side 25 Å or thicker."""
    jobs = of_steps(InterfaceFlowMaker(engine="chgnet", miller=miller).make(li3ps4))
    assert list(jobs) == [
        "pack glass",
        "melt-quench",
        "join interface",
        "anneal interface",
        "collect interface",
    ]
    label = f"Li3PS4 glass/({' '.join(map(str, miller))})"
    for job in jobs.values():
        assert job.metadata["system"] == label
        assert job.name.endswith(f": {label}")
    pack, quench, join, anneal, _ = jobs.values()
    assert ATOMS <= join.metadata["atoms"] < 1.25 * ATOMS
    assert pack.metadata["atoms"] == quench.metadata["atoms"] < join.metadata["atoms"] / 1.8
    assert pack.maker.repeats == join.maker.repeats
    shorter, longer = sorted(np.multiply(periods, join.maker.repeats))
    assert longer - shorter <= max(periods)
    assert pack.maker.thickness == join.maker.thickness == 25
    assert quench.maker.protocol == replace(AB_INITIO, coupling="z").protocol(0)
    assert anneal.maker.protocol == ANNEAL


def test_seed_engine_and_output_reach_the_jobs(li3ps4: Structure) -> None:
    maker = InterfaceFlowMaker(
        engine="chgnet", miller=(0, 0, 1), seed=5, output=Output(7), gap=3.0, density=1.7
    )
    pack, quench, join, anneal, _ = of_steps(maker.make(li3ps4)).values()
    assert (pack.maker.seed, pack.maker.density, join.maker.gap) == (5, 1.7, 3.0)
    for run in (quench.maker, anneal.maker):
        assert (run.protocol.seed, run.engine, run.driver) == (5, "chgnet", "ase")
        assert run.output.interval == 7
        assert {stage.coupling for stage in run.protocol.stages} == {"z"}


def test_what_cannot_be_an_interface(li3ps4: Structure, copper: Structure) -> None:
    with pytest.raises(InputError, match="expected coupling 'z'"):
        InterfaceFlowMaker(
            engine="chgnet",
            miller=(0, 0, 1),
            anneal=Protocol((Stage("a", 5, 300.0, ensemble="npt", coupling="aniso"),)),
        )
    with pytest.raises(InputError, match="has Cu, expected Li, P and S"):
        InterfaceFlowMaker(engine="chgnet", miller=(0, 0, 1)).make(copper)
    with pytest.raises(InputError, match="not all zero"):
        InterfaceFlowMaker(engine="chgnet", miller=(0, 0, 0)).make(li3ps4)
    with pytest.raises(InputError, match="crystal is 5 Å thick"):
        InterfaceFlowMaker(engine="chgnet", miller=(0, 0, 1), thickness=5.0).make(li3ps4)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Outputs by step, with a potential that is drawn, for runs of a few femtoseconds."""
    crystal = Structure.from_file(BETA)
    drawn = MomentTensorPotential.initialise(
        2, ["Li", "P", "S"], r_min=1.8, r_max=5.0, n_chebyshev=4, rng=np.random.default_rng(0)
    )
    flow = InterfaceFlowMaker(
        engine="mtp",
        miller=(0, 0, 1),
        atoms=1,
        thickness=14.0,
        melt_quench=TINY,
        anneal=WARM,
        output=Output(5),
        seed=2,
    ).make(crystal, StoredPotential.of(drawn))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("interface"))
        done = run_locally(flow, log=False, ensure_success=True, create_folders=True)
    assert flow.output.uuid == of_steps(flow)["collect interface"].uuid
    return {step: done[job.uuid][1].output for step, job in of_steps(flow).items()}


def sites(structure: Structure) -> list[str]:
    return [site.specie.symbol for site in structure]


def test_the_glass_keeps_the_periods_of_the_crystal(finished: dict[str, Any]) -> None:
    packed, quenched = finished["pack glass"], finished["melt-quench"]
    assert isinstance(quenched, DynamicsDocument)
    assert (quenched.completed, quenched.steps) == (True, quenched.protocol.steps)
    assert quenched.protocol.seed == 2
    for glass in (packed, quenched.structure):
        assert glass.lattice.abc[:2] == pytest.approx((8.13, 13.07), abs=0.05)
        assert glass.lattice.angles == pytest.approx((90, 90, 90))
    assert quenched.structure.lattice.matrix[:2] == pytest.approx(packed.lattice.matrix[:2])
    assert quenched.structure.lattice.c != pytest.approx(packed.lattice.c, abs=1e-9)


def test_both_sides_are_joined_at_two_interfaces(finished: dict[str, Any]) -> None:
    crystal = Structure.from_file(BETA)
    joined, glass = finished["join interface"], finished["melt-quench"].structure
    assert isinstance(joined, InterfaceDocument)
    phase = np.array(joined.structure.site_properties["phase"])
    assert phase.tolist() == [0] * 96 + [1] * len(glass)  # three layers of 32 atoms
    assert joined.atoms == len(phase)
    assert (joined.label, joined.plane, joined.gap) == ("Li3PS4 glass/(0 0 1)", (0, 0, 1), 2.5)
    assert joined.thickness == pytest.approx((3 * crystal.lattice.c, glass.lattice.c))
    assert joined.heights == pytest.approx((0, 3 * crystal.lattice.c + 2.5))
    height = sum(joined.thickness) + 2 * 2.5
    assert joined.structure.lattice.c == pytest.approx(height)
    assert (joined.formula, joined.charge_mismatch, joined.overlap) == ("Li3PS4", 0, 0)
    assert joined.units == {"Li": 3 * len(phase) // 8, "PS4": len(phase) // 8}
    assert (joined.annealed, joined.crystal_displacement) == (False, None)
    assert (joined.engine, joined.seed) == ("mtp", 2)
    assert joined.potential == finished["melt-quench"].potential
    assert len(joined.parents) == 2


def test_what_is_smaller_than_published_is_told(finished: dict[str, Any]) -> None:
    told = " ".join(finished["join interface"].warnings)
    assert "the crystal is 18.8 Å thick, expected at least 25 Å" in told
    assert re.search(r"the glass is 1[3-5]\.\d Å thick, expected at least 25 Å", told)
    assert f"has {finished['join interface'].atoms} atoms, expected at least 10000" in told


def test_the_anneal_keeps_the_phases(finished: dict[str, Any]) -> None:
    joined, annealed = finished["join interface"], finished["collect interface"]
    run = finished["anneal interface"]
    assert isinstance(annealed, InterfaceDocument)
    assert sites(annealed.structure) == sites(joined.structure) == sites(run.structure)
    phases = [each.structure.site_properties["phase"] for each in (joined, annealed)]
    assert phases[0] == phases[1]
    assert annealed.structure.cart_coords == pytest.approx(run.structure.cart_coords)
    assert annealed.annealed
    stretch = run.structure.lattice.c / joined.structure.lattice.c
    assert stretch != 1
    assert annealed.heights[1] == pytest.approx(stretch * joined.heights[1])
    assert annealed.thickness == pytest.approx([stretch * part for part in joined.thickness])
    assert annealed.units == census_of(run.structure).counts
    assert 0 < annealed.crystal_displacement < 0.05
    assert set(joined.warnings) <= set(annealed.warnings)
    assert annealed.input_hash != joined.input_hash
