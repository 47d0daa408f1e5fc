"""Loops of active learning, made up."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from physics.potentials.errors import Deviation, Errors
from stores.documents import (
    DatasetErrors,
    DatasetReference,
    GradeProfile,
    LearningRunDocument,
    RunRecord,
    SweepRecord,
)

BULK = "bulk +5 %"
TILT = "Σ5 [001] (2-10)"
TWIN = "Σ3 [110] (-111)"


def errors(energy: float, forces: float, stress: float = np.nan, count: int = 10) -> Errors:
    """Mean absolute errors in eV per atom, eV/Å and GPa; NaN where there is no label."""
    return Errors(
        *(
            Deviation(mae, 1.3 * mae, 4 * mae, 0 if np.isnan(mae) else count)
            for mae in (energy, forces, stress)
        )
    )


def on_dataset(overall: Errors, groups: dict[str, Errors], configurations: int) -> DatasetErrors:
    """Errors on a data set."""
    reference = DatasetReference(
        checksum="c", n_configurations=configurations, n_atoms=40 * configurations
    )
    return DatasetErrors(dataset=reference, overall=overall, groups=groups)


def run(seed: str, temperature: float, grade: float | None, **changes: Any) -> RunRecord:
    """A run of 2 ps that came to its end."""
    fields: dict[str, Any] = {
        "seed": seed,
        "temperature": temperature,
        "atoms": 64,
        "picoseconds": 2.0,
        "completed": True,
        "stopped": None,
        "largest_grade": grade,
        "kept": 0,
        "cpu_seconds": 30.0,
    }
    return RunRecord(**fields | changes)


def sweep(number: int, runs: list[RunRecord], **changes: Any) -> SweepRecord:
    """A turn without a held-out set that selected nothing."""
    fields: dict[str, Any] = {
        "sweep": number,
        "stop": 10.0,
        "potential": f"{number}" * 64,
        "training": on_dataset(errors(0.0021, 0.0812), {}, 40 * number),
        "test": None,
        "labels": 40,
        "failed_labels": [],
        "runs": runs,
        "candidates": 0,
        "selected": 0,
        "label_seconds": 120.0,
        "fit_seconds": 60.0,
        "notes": [],
    }
    return SweepRecord(**fields | changes)


def profile(seed: str, temperature: float, mean: list[float], largest: list[float]) -> GradeProfile:
    """Grades in bins of 1 Å."""
    distances = [0.5 + place for place in range(len(mean))]
    return GradeProfile(
        seed=seed, temperature=temperature, distances=distances, mean=mean, largest=largest
    )


def loop(sweeps: list[SweepRecord], **changes: Any) -> LearningRunDocument:
    """A loop that converged, with totals that are those of its sweeps."""
    fields: dict[str, Any] = {
        "uuid": "a-job",
        "study": "a study",
        "system": "boundaries",
        "last_updated": datetime(2026, 1, 1, tzinfo=UTC),
        "input_hash": "0123456789abcdef",
        "engine": "chgnet",
        "functional": "CHGNet",
        "reason": "converged",
        "converged": True,
        "n_sweeps": len(sweeps),
        "n_labels": sum(s.labels for s in sweeps),
        "n_configurations": sweeps[-1].training.dataset.n_configurations,
        "test_energy": None,
        "test_forces": None,
        "largest_grade": sweeps[-1].largest_grade,
        "explore_seconds": sum(s.explore_seconds for s in sweeps),
        "label_seconds": sum(s.label_seconds for s in sweeps),
        "fit_seconds": sum(s.fit_seconds for s in sweeps),
        "threshold": 2.0,
        "extrapolating": [],
        "sweeps": sweeps,
        "profiles": [],
        "checksum": "fedcba9876543210",
    }
    return LearningRunDocument(**fields | changes)
