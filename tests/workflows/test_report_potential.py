"""The section of a report about potentials."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from report_for_tests import in_order, page_of

from stores.documents import DatasetReference, FittedPotentialDocument


def potential(**changes: Any) -> FittedPotentialDocument:
    fields: dict[str, Any] = {
        "uuid": "u",
        "study": "a study",
        "system": "training",
        "last_updated": datetime(2026, 1, 1, tzinfo=UTC),
        "input_hash": "h",
        "engine": "thioflow",
        "formula": "Li-P-S",
        "level": 8,
        "r_max": 5.5,
        "n_parameters": 87,
        "n_configurations": 210,
        "training_energy": 2.3141,
        "training_forces": 81.23,
        "test_energy": 2.5,
        "test_forces": 95.04,
        "rank": 83,
        "converged": True,
        "checksum": "0123456789abcdef" * 4,
        "training": DatasetReference(checksum="c", n_configurations=210, n_atoms=6720),
        "text": "MTP",
    }
    return FittedPotentialDocument(**(fields | changes))


def test_errors_stand_beside_what_was_fitted(tmp_path: Path) -> None:
    text = page_of(tmp_path, potential()).text
    row = "0123456789ab Li-P-S, training thioflow 8 5.5 87 210 83 2.31 2.50 81.2 95.0"
    assert row in text
    assert "Multiscale Model. Simul. 14, 1153" in text
    assert "Comput. Mater. Sci. 140, 171" in text
    assert "not converged" not in text


@pytest.mark.parametrize("converged", [None, False])
def test_what_is_not_known_is_a_dash(tmp_path: Path, converged: bool | None) -> None:
    bare = potential(
        engine="mlip", training_forces=None, test_energy=None, test_forces=None, rank=None,
        converged=converged, warnings=["no test set"],
    )  # fmt: skip
    text = page_of(tmp_path, bare).text
    assert "8 5.5 87 210 – 2.31 – – –" in text
    assert ("not converged" in text) == (converged is False)
    assert "no test set Concerns Li-P-S, level 8, 5.5 Å" in text
    assert "Mach. Learn.: Sci. Technol. 2, 025002" in text
    assert "Comput. Mater. Sci. 140, 171" not in text


def test_the_lowest_level_comes_first(tmp_path: Path) -> None:
    text = page_of(
        tmp_path,
        potential(uuid="v", level=16, checksum="a"),
        potential(r_max=7.0, checksum="b"),
        potential(),
    ).text
    names = ["level 8, 5.5 Å", "level 8, 7 Å", "level 16, 5.5 Å"]
    assert in_order(text, [f"Li-P-S, {name}" for name in names])


def test_a_potential_of_two_jobs_stands_once_with_its_active_set(tmp_path: Path) -> None:
    text = page_of(tmp_path, potential(uuid="v"), potential(rank=None)).text
    assert text.count("0123456789ab") == 1
    assert "87 210 83" in text
