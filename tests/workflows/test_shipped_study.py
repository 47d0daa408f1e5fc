"""The study that thioflow ships, replayed without its engine."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from ase import units
from command_for_tests import thioflow

from physics.structures.units import find_units
from stores.documents import (
    DynamicsRunDocument,
    ElasticDocument,
    FittedPotentialDocument,
    GlassDocument,
    GrainBoundaryDocument,
)
from stores.results import Results

ROOT = Path(__file__).parent.parent.parent
STUDIES = ROOT / "workflows" / "studies"

pytestmark = pytest.mark.xdist_group("shipped study")


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the shipped study was replayed, with an engine that cannot be imported."""
    folder = tmp_path_factory.mktemp("replayed")
    (folder / "chgnet.py").write_text("raise ImportError('no engine here')")
    result = thioflow(
        folder,
        "study",
        "run",
        STUDIES / "beta-Li3PS4.yaml",
        THIOFLOW_MODE="replay",
        THIOFLOW_RECORDINGS=str(ROOT / "tests" / "recordings"),
        PYTHONPATH=str(folder),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


def found(replayed: Path, kind: type) -> list:
    return Results(replayed / "thioflow.sqlite").find(kind)


def test_the_shipped_study_replays_without_its_engine(replayed: Path) -> None:
    (document,) = Results(replayed / "thioflow.sqlite").find(ElasticDocument)
    assert document.stable
    assert 8 < document.bulk_hill < 12
    assert 3 < document.shear_hill < 5
    assert any("soft" in warning for warning in document.warnings)
    report = (replayed / "runs" / "beta-Li3PS4" / "report.html").read_text()
    assert "soft" in report
    assert f"{document.bulk_hill:.1f}" in report
    HTMLParser().feed(report)


def test_the_shipped_boundaries_are_whole_and_cost_energy(replayed: Path) -> None:
    boundaries = Results(replayed / "thioflow.sqlite").find(GrainBoundaryDocument)
    assert [b.kind for b in boundaries].count("symmetric tilt") == 3
    assert [b.kind for b in boundaries].count("twist") == 1
    report = (replayed / "runs" / "beta-Li3PS4" / "report.html").read_text()
    for boundary in boundaries:
        assert boundary.energy is not None
        assert 0.02 < boundary.energy < 0.5
        assert boundary.structure.composition.reduced_formula == "Li3PS4"
        assert set(find_units(boundary.structure).kinds) == {"Li", "PS4"}
        assert len(boundary.candidates) == 2
        assert boundary.label in report
        assert any("no minimum of chgnet" in warning for warning in boundary.warnings)
    angles = {b.label: b.misorientation for b in boundaries}
    assert angles["Σ5 [001] (2-10)"] == pytest.approx(77.6, abs=1)  # of the engine's own cell


@pytest.mark.parametrize(("mode", "name"), enumerate(("xx", "yy", "zz", "yz", "xz", "xy")))
def test_stress_and_energy_tell_the_same_stiffness(replayed: Path, mode: int, name: str) -> None:
    """C_ii from stresses is the curvature of the recorded energies, up to CHGNet's nonlinearity."""
    results = Results(replayed / "thioflow.sqlite")
    (document,) = results.find(ElasticDocument)
    energy = {
        job["name"].rpartition(": ")[2]: calculation.energy
        for job, calculation in results.calculations("beta-Li3PS4")
    }
    plus = energy[f"strain {name} +0.015"]
    minus = energy.get(f"strain {name} -0.015", plus)  # equal by symmetry for shear
    curvature = (plus + minus - 2 * energy["bulk"]) / 0.015**2 / document.structure.volume
    assert document.stiffness[mode][mode] == pytest.approx(curvature / units.GPa, rel=0.1)


def test_the_shipped_glass_keeps_its_units(replayed: Path) -> None:
    (glass,) = found(replayed, GlassDocument)
    assert glass.accepted
    assert glass.units == glass.packed_units == {"Li": 24, "PS4": 8}
    assert glass.charge_mismatch == 0
    assert 1.2 < glass.density < 1.9
    assert glass.published_density == 1.55


def test_the_shipped_potential_learns_what_it_is_shown(replayed: Path) -> None:
    potentials = found(replayed, FittedPotentialDocument)
    assert {potential.checksum for potential in potentials} == {potentials[0].checksum}
    (tested,) = [potential for potential in potentials if potential.test_forces is not None]
    assert tested.test_energy < 5
    assert tested.test_forces < 150


def test_the_shipped_runs_keep_temperature_and_crystal(replayed: Path) -> None:
    runs = [run for run in found(replayed, DynamicsRunDocument) if run.engine == "mtp"]
    assert len(runs) == 5
    for run in runs:
        assert run.completed, run.stopped
        assert run.temperature == pytest.approx(300, abs=20)
        assert run.largest_grade < 10
        assert set(find_units(run.structure).kinds) == {"Li", "PS4"}
        with run.trajectory.open() as trajectory:
            assert trajectory.steps.tolist() == list(range(0, 751, 10))
    trained = [run for run in found(replayed, DynamicsRunDocument) if run.engine == "chgnet"]
    for run in trained:
        with run.trajectory.open() as trajectory:
            assert trajectory[0].forces is not None
