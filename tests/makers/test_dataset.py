"""Jobs of data sets: frames of the stages of runs, what is added, what is taken."""

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from explore_for_tests import labelled
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pymatgen.core import Lattice, Structure

from makers.dataset import collect_stages, extend_dataset, take_labels
from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.labels import collect_labels
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from stores.documents import (
    CalculationDocument,
    DatasetDocument,
    DynamicsDocument,
    LabelledDocument,
)

INTERVAL = 2
HEAT, HOLD = 20, 10
"""Steps of the stages: 10 frames, and 5."""


def engine_run(seed: int, *, forces: bool = True) -> DynamicsDocument:
    """Heat and hold four atoms of copper."""
    copper = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
    stages = (Stage("heat", HEAT, 100.0, 300.0), Stage("hold", HOLD, 300.0))
    maker = DynamicsMaker(
        engine="emt", driver="ase", protocol=Protocol(stages, 2.0, seed=seed),
        output=Output(INTERVAL, forces=forces),
    )  # fmt: skip
    return maker.make.original(maker, copper)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[DynamicsDocument]:
    """Two runs that came to their end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("runs"))
        return [engine_run(1), engine_run(2)]


def steps_of(images: list[Atoms], run: DynamicsDocument) -> NDArray[np.int64]:
    """Steps of configurations, found by their positions among all frames of a run."""
    with run.trajectory.open() as trajectory:
        known = {frame.positions.tobytes(): frame.step for frame in trajectory}
    return np.array([known[atoms.positions.tobytes()] for atoms in images])


def test_frames_are_those_of_each_stage_with_its_last(runs: list[DynamicsDocument]) -> None:
    document = collect_stages.original(runs, ["one", "two"], [2, 5], ["a", "b"])
    images = document.to_images()
    assert document.groups == ["one"] * 7 + ["two"] * 7
    for run, own in zip(runs, (images[:7], images[7:]), strict=True):
        assert steps_of(own, run).tolist() == [2, 20, 22, 24, 26, 28, 30]
    assert document.n_labelled == 14
    assert document.source == "molecular dynamics with emt"
    assert document.parents == ["a", "b"]


def test_labels_are_those_of_the_run(runs: list[DynamicsDocument]) -> None:
    images = collect_stages.original(runs[:1], ["one"], [3, 1]).to_images()
    for atoms in images:
        expected = labelled(atoms.copy())
        assert atoms.get_potential_energy() == pytest.approx(
            expected.get_potential_energy(), abs=1e-5
        )
        np.testing.assert_allclose(atoms.get_forces(), expected.get_forces(), rtol=0, atol=1e-4)
        np.testing.assert_allclose(atoms.get_stress(), expected.get_stress(), rtol=0, atol=1e-5)


@settings(max_examples=15, deadline=None)
@given(heat=st.integers(1, 10), hold=st.integers(1, 5))
def test_frames_are_evenly_spaced_up_to_the_end_of_a_stage(
    runs: list[DynamicsDocument], heat: int, hold: int
) -> None:
    run = runs[0]
    steps = steps_of(collect_stages.original([run], ["one"], [heat, hold]).to_images(), run)
    for own, start, end in ((steps[:heat], 0, HEAT), (steps[heat:], HEAT, HEAT + HOLD)):
        assert own[-1] == end
        assert (own > start).all()
        gaps = np.diff(own)
        assert (gaps >= INTERVAL).all()
        assert np.ptp(gaps) <= INTERVAL if len(gaps) else len(own) == 1


def test_more_frames_than_a_stage_has_are_refused(runs: list[DynamicsDocument]) -> None:
    said = "6 frames of stage 'hold' of molecular dynamics were asked for, which has 5; write"
    with pytest.raises(InputError, match=said):
        collect_stages.original(runs, ["one", "two"], [10, 6])


def test_a_run_that_stopped_gives_the_stages_before(runs: list[DynamicsDocument]) -> None:
    """The same frames as if of three stages, and as if one run had stopped in the second."""
    heat, hold = runs[0].protocol.stages
    stages = (replace(heat, steps=6), replace(heat, steps=14, name="settle"), hold)
    whole = runs[1].model_copy(update={"protocol": replace(runs[1].protocol, stages=stages)})
    stages = (heat, replace(heat, steps=100, name="settle"), hold)
    stopped = runs[0].model_copy(
        update={
            "protocol": replace(runs[0].protocol, stages=stages),
            "completed": False,
            "stopped": "two atoms met",
        }
    )
    document = collect_stages.original([stopped, whole], ["one", "two"], [1, 6, 2])
    heard = [warning for warning in document.warnings if "no frames" in warning]
    assert heard == ["one: no frames of stage 'settle', two atoms met"]
    assert document.groups == ["one"] + ["two"] * 9
    images = document.to_images()
    assert steps_of(images[:1], runs[0]).tolist() == [20]
    assert steps_of(images[1:], runs[1])[[0, 6, 8]].tolist() == [6, 20, 30]


@pytest.mark.usefixtures("workspace")
def test_a_trajectory_without_forces_is_no_data() -> None:
    bare = engine_run(3, forces=False)
    with pytest.raises(InputError, match=r"has no forces; run it again with Output\(forces=True\)"):
        collect_stages.original([bare], ["one"], [1, 1])


def point(atoms: Atoms, energy: float) -> CalculationDocument:
    """A single point whose hash is that of its structure, with an energy of some rounding."""
    atoms = labelled(atoms.copy())
    structure = Structure(
        atoms.cell.array, atoms.get_chemical_symbols(), atoms.get_scaled_positions()
    )
    return CalculationDocument(
        input_hash=f"{structure.volume:.3f}",
        kind="static",
        engine="emt",
        functional="EMT",
        structure=structure,
        energy=energy,
        forces=atoms.get_forces().tolist(),
        stress=np.zeros((3, 3)).tolist(),
        converged=True,
        steps=1,
        seconds=0.0,
        directory="",
        warnings=["of the engine"],
    )


def label(energy: float, lattice_parameter: float = 3.7) -> LabelledDocument:
    """One configuration with its label."""
    crystal = bulk("Cu", cubic=True, a=lattice_parameter)
    return collect_labels.original([point(crystal, energy)], ["new"], engine="emt", failed=0.0)


def assert_same(found: list[Atoms], expected: list[Atoms]) -> None:
    """Compare configurations and labels to the last bit."""
    assert len(found) == len(expected)
    for atoms, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(atoms.positions, other.positions)
        np.testing.assert_array_equal(atoms.cell.array, other.cell.array)
        assert atoms.calc.results.keys() == other.calc.results.keys()
        for name, value in other.calc.results.items():
            np.testing.assert_array_equal(atoms.calc.results[name], value)


def test_both_parts_are_kept_to_the_last_bit(alloy: DatasetDocument) -> None:
    labels = label(-0.1 + 0.2)
    document = extend_dataset.original(alloy, labels, ["a", "b"])
    assert_same(document.to_images(), [*alloy.to_images(), *labels.dataset.to_images()])
    assert document.groups == [*alloy.groups, "new"]
    assert document.source == "EMT, single points with emt"
    assert document.warnings == ["of the engine"]
    assert document.parents == ["a", "b"]
    twice = extend_dataset.original(document, labels)
    assert twice.source == document.source
    assert twice.n_configurations == alloy.n_configurations + 2


def test_the_hash_is_of_what_was_labelled_and_not_of_its_last_bits(
    alloy: DatasetDocument,
) -> None:
    one = extend_dataset.original(alloy, label(0.3))
    rounded = extend_dataset.original(alloy, label(0.1 + 0.2))
    assert one.checksum != rounded.checksum
    assert one.input_hash == rounded.input_hash
    assert extend_dataset.original(alloy, label(0.3, 3.8)).input_hash != one.input_hash
    assert extend_dataset.original(one, label(0.3)).input_hash != one.input_hash


def test_labels_are_taken_as_they_are() -> None:
    labels = label(0.3)
    taken = take_labels.original(labels, ["a"])
    assert taken == labels.dataset.model_copy(update={"parents": ["a"]})
    assert taken.parents == ["a"]
