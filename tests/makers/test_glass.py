"""Jobs of glasses, one by one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymatgen.core import Structure

from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.glass import CollectQuenchMaker, PackMaker, collect_tensors
from physics.analysis.elasticity import strain_modes
from physics.analysis.glass import Acceptance
from physics.dynamics.protocol import Protocol, Stage
from physics.dynamics.summary import StageSummary
from physics.errors import InputError
from physics.structures.census import census_of
from physics.structures.contacts import THIOPHOSPHATE, shortest_contacts
from stores.documents import DynamicsDocument, QuenchDocument, StressStrainDocument

IONS = {"Li": 6, "PS4": 2}
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def packed(**fields: Any) -> Structure:
    maker = PackMaker(ions=IONS, density=1.6, **fields)
    return maker.make.original(maker)


def test_a_packing_has_its_ions_at_its_density() -> None:
    structure = packed(seed=1)
    assert census_of(structure).counts == IONS
    assert float(structure.density) == pytest.approx(1.6)
    for pair, distance in shortest_contacts(structure).items():
        assert distance >= THIOPHOSPHATE[pair]


def test_the_seed_decides() -> None:
    first, again, other = (packed(seed=seed).cart_coords for seed in (1, 1, 2))
    assert first == pytest.approx(again, abs=0)
    assert np.abs(first - other).max() > 0.1


def test_a_charged_packing_is_refused() -> None:
    maker = PackMaker(ions={"Li": 5, "PS4": 2})
    with pytest.raises(InputError, match="add up to -1 e, expected 0; give 6 Li"):
        maker.make.original(maker)


@pytest.fixture
def run(workspace: Path, argon: Structure) -> DynamicsDocument:
    """Ten steps of argon."""
    maker = DynamicsMaker(
        engine="lj",
        driver="ase",
        protocol=Protocol((Stage("rest", 10, 20.0),), seed=11),
        output=Output(5),
    )
    return maker.make.original(maker, argon)


def test_a_quench_is_what_its_run_was(run: DynamicsDocument, argon: Structure) -> None:
    maker = CollectQuenchMaker(label="argon", pressure=0.36, acceptance=Acceptance(melted=True))
    quench = maker.make.original(maker, argon, run, ["job"])
    assert (quench.label, quench.pressure, quench.seed) == ("argon", 0.36, 11)
    assert quench.acceptance == Acceptance(melted=True)
    assert (quench.start, quench.structure) == (argon, run.structure)
    assert (quench.engine, quench.functional) == ("lj", "Lennard-Jones 12-6")
    assert (quench.completed, quench.stopped, quench.potential) == (True, None, None)
    assert quench.stages == run.stages
    assert quench.warnings == run.warnings
    assert quench.warnings
    assert quench.parents == ["job"]


def test_the_hash_of_a_quench_is_of_all_that_decides(
    run: DynamicsDocument, argon: Structure
) -> None:
    def hashed(run: DynamicsDocument, **fields: Any) -> str:
        maker = CollectQuenchMaker(**({"label": "argon", "pressure": 0.36} | fields))
        return str(maker.make.original(maker, argon, run).input_hash)

    stricter = hashed(run, acceptance=Acceptance(tetrahedral=0.9))
    longer = hashed(run.model_copy(update={"input_hash": "another"}))
    assert len({hashed(run), hashed(run, pressure=1.0), stricter, longer}) == 4
    assert hashed(run) == hashed(run)


def cubic(c11: float, c12: float, c44: float) -> np.ndarray:
    tensor = np.diag([c11 - c12] * 3 + [c44] * 3)
    tensor[:3, :3] += c12
    return tensor


def stretched(argon: Structure, tensor: np.ndarray, **changes: Any) -> StressStrainDocument:
    """Stresses of a linear solid."""
    strains, stresses = strain_modes(0.01), []
    for strain in strains:
        voigt = np.array([strain[i, j] * (1 if i == j else 2) for i, j in VOIGT])
        stress = np.zeros((3, 3))
        for value, (i, j) in zip(tensor @ voigt, VOIGT, strict=True):
            stress[i, j] = stress[j, i] = value
        stresses.append(stress.tolist())
    fields: dict[str, Any] = {
        "input_hash": "h",
        "engine": "lj",
        "functional": "Lennard-Jones 12-6",
        "structure": argon,
        "strain": 0.01,
        "halved": False,
        "relax_ions": True,
        "strains": strains.tolist(),
        "stresses": stresses,
        "rotations": [np.eye(3).tolist()],
        "prestress": np.zeros((3, 3)).tolist(),
    }
    return StressStrainDocument(**fields | changes)


def quenched(seed: int, glass: Structure, **changes: Any) -> QuenchDocument:
    rest = StageSummary("rest", "npt", 9, 2, 300.0, 1.0, 0.0, 1.6, -1.0, {"S": 0.1}, {"S": 0.1})
    made = QuenchDocument(
        input_hash="", label="argon", engine="lj", functional="model", potential=None, seed=seed,
        pressure=0.36, acceptance=Acceptance(), start=glass, structure=glass, completed=True,
        stopped=None, stages=[rest],
    )  # fmt: skip
    return made.model_copy(update=changes)


def collected(stresses: list[StressStrainDocument], quenches: list[QuenchDocument]) -> Any:
    return collect_tensors.original(stresses, quenches, parents=["a"])


def test_tensors_are_found_of_the_stresses(argon: Structure) -> None:
    tensors = [cubic(4.0, 2.0, 1.5), cubic(5.0, 3.0, 1.0)]
    denser = argon.copy()
    denser.scale_lattice(argon.volume / 1.1)
    quenches = [
        stretched(argon, tensors[0], warnings=["a", "b"]),
        stretched(denser, tensors[1], warnings=["b", "c"]),
    ]
    document = collected(quenches, [quenched(4, argon), quenched(9, argon)])
    # Cauchy stress over Green-Lagrange strain, both of first order: exact for a linear solid
    assert np.array(document.tensors) == pytest.approx(np.array(tensors), abs=1e-9)
    density = float(argon.density)
    assert document.densities == pytest.approx([density, 1.1 * density])
    assert (document.seeds, document.pressure, document.formula) == ([4, 9], 0.36, "Ar")
    assert document.warnings == ["a", "b", "c"]
    assert document.parents == ["a"]


def test_no_tensor_or_a_singular_one_is_refused(argon: Structure) -> None:
    with pytest.raises(InputError, match="no glass to average over"):
        collected([], [])
    with pytest.raises(InputError, match="singular"):
        collected([stretched(argon, cubic(1.0, 1.0, 1.0))], [quenched(0, argon)])


def test_a_refused_glass_is_left_out(argon: Structure) -> None:
    tensors = [cubic(4.0, 2.0, 1.5), cubic(5.0, 3.0, 1.0)]
    stresses = [stretched(argon, tensor) for tensor in tensors]
    stopped = quenched(4, argon, completed=False, stopped="too hot")
    document = collected(stresses, [stopped, quenched(9, argon)])
    assert document.seeds == [9]
    assert np.array(document.tensors) == pytest.approx(np.array(tensors[1:]), abs=1e-9)
    assert any("seed 4 left out" in said and "too hot" in said for said in document.warnings)
    with pytest.raises(InputError, match="too hot"):
        collected(stresses[:1], [stopped])
