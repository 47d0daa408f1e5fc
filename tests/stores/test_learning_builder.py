"""From loops of active learning as jobs leave them to the property: what they gave and cost."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from maggma.stores import MemoryStore
from monty.json import jsanitize

from physics.potentials.errors import Deviation, Errors
from physics.potentials.loss import Weights
from stores.builders import BUILDERS
from stores.builders.learning import LearningBuilder
from stores.documents import (
    DatasetErrors,
    DatasetReference,
    GradeProfile,
    LearningDocument,
    LearningRunDocument,
    PotentialDocument,
    RunRecord,
    SweepRecord,
)
from stores.results import Results, property_type
from stores.sqlite import SQLiteStore

JOB = {"uuid": "u", "index": 1, "name": "learn", "completed_at": "2026-01-01T00:00:00"}
METADATA = {"study": "s", "system": "boundaries"}


def on_dataset(energy: float, forces: float, configurations: int) -> DatasetErrors:
    """Mean absolute errors in eV per atom and eV/Å; no label has a stress."""
    overall = Errors(
        *(
            Deviation(mae, mae, mae, 0 if np.isnan(mae) else 9)
            for mae in (energy, forces, np.nan)
        )
    )  # fmt: skip
    reference = DatasetReference(checksum="c", n_configurations=configurations, n_atoms=640)
    return DatasetErrors(dataset=reference, overall=overall, groups={"twin, 300 K": overall})


def run(grade: float | None, seconds: float) -> RunRecord:
    return RunRecord(
        seed="twin", temperature=300.0, atoms=64, picoseconds=2.0, completed=grade is not None,
        stopped=None, largest_grade=grade, kept=0, cpu_seconds=seconds,
    )  # fmt: skip


def sweep(number: int, grades: list[float | None], labels: int) -> SweepRecord:
    """Each run took as many seconds as there were labels."""
    return SweepRecord(
        sweep=number, stop=10.0, potential="p", training=on_dataset(0.001, 0.05, 20), test=None,
        labels=labels, failed_labels=[], runs=[run(grade, labels) for grade in grades],
        candidates=3, selected=2, label_seconds=10.0 * labels, fit_seconds=1.5, notes=[],
    )  # fmt: skip


def potential(test: DatasetErrors | None) -> PotentialDocument:
    return PotentialDocument(
        input_hash="p", text="MTP", checksum="abc", engine="thioflow", species=["Li"], level=8,
        r_min=2.0, r_max=5.0, n_chebyshev=8, n_parameters=87, weights=Weights(), seed=1,
        began_with=None, losses=[1.0], start_losses=[1.0], converged=True, seconds=1.0,
        training=on_dataset(0.001, 0.05, 33), test=test,
    )  # fmt: skip


def learned(test: DatasetErrors | None = None, **changes: Any) -> LearningDocument:
    fields: dict[str, Any] = {
        "input_hash": "h",
        "parents": ["a", "b"],
        "versions": {"ase": "3"},
        "warnings": ["beware"],
        "engine": "chgnet",
        "functional": "CHGNet",
        "reason": "sweeps",
        "converged": False,
        "extrapolating": ["twin, 300 K: grade 3.5"],
        "threshold": 2.0,
        "sweeps": [sweep(1, [90.0, 7.0], 4), sweep(2, [3.5, None, 1.2], 11)],
        "profiles": [
            GradeProfile(seed="twin", temperature=300.0, distances=[0.5], mean=[0.4], largest=[3.5])
        ],
        "potential": potential(test),
    }
    return LearningDocument(**fields | changes)


def stored(output: LearningDocument) -> dict[str, Any]:
    """A job as the store has it."""
    kept = jsanitize(output, strict=True, allow_bson=True)
    return JOB | {"output": kept, "metadata": METADATA}


def derived(folder: Path, output: LearningDocument) -> tuple[LearningRunDocument, Results]:
    """The property, through the file of a store."""
    path = folder / "store.sqlite"
    properties = SQLiteStore(str(path), "learning", key="uuid")
    builder = LearningBuilder(MemoryStore(), properties)
    with properties:
        builder.update_targets([builder.process_item(stored(output))])
    results = Results(path)
    (document,) = results.find(LearningRunDocument)
    return document, results


def test_what_the_job_says_is_kept(tmp_path: Path) -> None:
    given = learned()
    document, _ = derived(tmp_path, given)
    assert (document.study, document.system) == ("s", "boundaries")
    assert document.last_updated.replace(tzinfo=UTC) == datetime(2026, 1, 1, tzinfo=UTC)
    assert document.parents == ["u", "a", "b"]
    assert document.warnings == ["beware"]
    assert document.versions["ase"] == "3"
    assert (document.engine, document.functional) == ("chgnet", "CHGNet")
    assert (document.reason, document.converged) == ("sweeps", False)
    assert (document.threshold, document.checksum) == (2.0, "abc")
    assert document.extrapolating == given.extrapolating
    assert document.profiles == given.profiles
    assert [s.runs for s in document.sweeps] == [s.runs for s in given.sweeps]
    assert np.isnan(document.sweeps[0].training.overall.stress.mae)


def test_sweeps_are_added_up(tmp_path: Path) -> None:
    document, _ = derived(tmp_path, learned())
    assert (document.n_sweeps, document.n_labels) == (2, 4 + 11)
    assert document.explore_seconds == 2 * 4 + 3 * 11
    assert document.label_seconds == 10 * (4 + 11)
    assert document.fit_seconds == 3.0
    assert document.largest_grade == 3.5
    assert document.n_configurations == 33


def test_errors_are_those_of_the_final_potential(tmp_path: Path) -> None:
    document, _ = derived(tmp_path, learned(on_dataset(0.00266, 0.147, 414)))
    assert document.test_energy == pytest.approx(2.66)
    assert document.test_forces == pytest.approx(147)


@pytest.mark.parametrize(
    ("test", "energy"), [(None, None), (on_dataset(0.002, np.nan, 5), pytest.approx(2.0))]
)
def test_what_was_not_held_out_is_none(
    tmp_path: Path, test: DatasetErrors | None, energy: Any
) -> None:
    document, _ = derived(tmp_path, learned(test))
    assert document.test_energy == energy
    assert document.test_forces is None


@pytest.mark.parametrize("sweeps", [[], [sweep(1, [], 4)], [sweep(1, [None], 4)]])
def test_without_runs_there_is_no_grade(tmp_path: Path, sweeps: list[SweepRecord]) -> None:
    document, _ = derived(tmp_path, learned(sweeps=sweeps))
    assert document.largest_grade is None


def test_loops_are_queried_by_name(tmp_path: Path) -> None:
    assert LearningBuilder in BUILDERS
    assert property_type("learning") is LearningRunDocument
    _, results = derived(tmp_path, learned(on_dataset(0.002, 0.1, 5)))
    (row,) = results.table(LearningRunDocument).to_dict("records")
    assert (row["study"], row["engine"], row["reason"]) == ("s", "chgnet", "sweeps")
    assert (row["n_labels"], row["largest_grade"]) == (15, 3.5)
    narrow = results.table(LearningRunDocument, {"converged": False}, [*LearningRunDocument.line])
    assert narrow["test_energy"].tolist() == [2.0]
    assert results.table(LearningRunDocument, {"converged": True}).empty
