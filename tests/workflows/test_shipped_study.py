"""The study that thioflow ships, replayed without its engine."""

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ase import units
from command_for_tests import thioflow

from physics.structures.units import find_units
from stores.documents import (
    ArrheniusDocument,
    DynamicsRunDocument,
    ElasticDocument,
    GlassDocument,
    GrainBoundaryDocument,
    LearningRunDocument,
    PotentialValidationDocument,
    TransportDocument,
)
from stores.results import Results

ROOT = Path(__file__).parent.parent.parent
STUDIES = ROOT / "workflows" / "studies"

pytestmark = pytest.mark.xdist_group("shipped study")

TEMPERATURES = (300, 330, 365, 400)
SYSTEMS = 3
"""Crystal and two boundaries, which test and are run."""


def replay(folder: Path, name: str) -> Path:
    """Replay a shipped study in a folder, with an engine that cannot be imported."""
    (folder / "chgnet.py").write_text("raise ImportError('no engine here')")
    result = thioflow(
        folder,
        "study",
        "run",
        STUDIES / f"{name}.yaml",
        THIOFLOW_MODE="replay",
        THIOFLOW_RECORDINGS=str(ROOT / "tests" / "recordings"),
        PYTHONPATH=str(folder),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return replay(tmp_path_factory.mktemp("replayed"), "beta-Li3PS4")


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
    assert [b.kind for b in boundaries] == ["symmetric tilt"] * 2
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


def test_the_shipped_glass_keeps_its_units(tmp_path: Path) -> None:
    (glass,) = found(replay(tmp_path, "Li3PS4-glass"), GlassDocument)
    assert glass.accepted
    assert glass.units == glass.packed_units == {"Li": 24, "PS4": 8}
    assert glass.charge_mismatch == 0
    assert 1.2 < glass.density < 1.9
    assert glass.published_density == 1.55


def test_the_shipped_loop_converges_on_crystal_and_boundaries(replayed: Path) -> None:
    (loop,) = found(replayed, LearningRunDocument)
    assert loop.converged
    last = loop.sweeps[-1]
    assert len({run.seed for run in last.runs}) == 3 + 2  # strains, boundaries
    assert {run.temperature for run in last.runs} == {300, 1000, 1300}
    trusted = [run for run in last.runs if run.temperature <= 1000]
    assert all(run.completed and run.largest_grade <= 2 for run in trusted)
    assert all(run.picoseconds == pytest.approx(20) for run in trusted)
    assert {profile.seed for profile in loop.profiles} == {
        boundary.label for boundary in found(replayed, GrainBoundaryDocument)
    }


def test_the_shipped_potential_is_as_good_as_the_published_one(replayed: Path) -> None:
    """Held-out errors against the engine; 2.66 meV/atom, 147 meV/Å are published, against DFT."""
    (loop,) = found(replayed, LearningRunDocument)
    groups = loop.sweeps[-1].test.groups
    assert len(groups) == SYSTEMS * 2
    for kelvin in (300, 800):
        own = [errors for name, errors in groups.items() if name.endswith(f", {kelvin} K")]
        assert len(own) == SYSTEMS
        assert sum(errors.forces.mae for errors in own) / SYSTEMS < 0.147
        assert sum(errors.energy.mae for errors in own) / SYSTEMS < 0.005


def test_the_shipped_held_out_set_is_kept_apart(replayed: Path) -> None:
    results = Results(replayed / "thioflow.sqlite")
    potential = results.potential("beta-Li3PS4")
    test, training = (
        results.dataset(potential.test.dataset),
        results.dataset(potential.training.dataset),
    )
    assert test.shared_with(training) == []
    assert test.shared_with(test) == list(range(test.n_configurations))
    assert test.n_configurations == SYSTEMS * 2 * (2 + 2 + 4)


def test_the_shipped_potential_is_set_beside_its_engine(replayed: Path) -> None:
    (validation,) = found(replayed, PotentialValidationDocument)
    assert validation.boundary_error < 0.1  # published: 0.10 J/m^2
    assert validation.density == pytest.approx(validation.reference_density, rel=0.03)


@pytest.mark.parametrize("kelvin", TEMPERATURES)
def test_the_shipped_runs_keep_temperature_and_units(replayed: Path, kelvin: int) -> None:
    """Fifty picoseconds of crystal and boundaries, in larger cells than were taught."""
    runs = [
        run
        for run in found(replayed, DynamicsRunDocument)
        if run.engine == "mtp" and run.label.endswith(f", {kelvin} K")
    ]
    assert len(runs) == SYSTEMS
    for run in runs:
        assert run.completed, run.stopped
        assert run.picoseconds == pytest.approx(52)
        assert run.temperature == pytest.approx(kelvin, rel=0.05)
        assert run.largest_grade < 2
        assert set(find_units(run.structure).kinds) == {"Li", "PS4"}
        # what its potential was taught by
        assert any("CHGNet is known to be soft" in warning for warning in run.warnings)


def test_the_shipped_runs_that_train_have_forces(replayed: Path) -> None:
    runs = [run for run in found(replayed, DynamicsRunDocument) if run.engine == "chgnet"]
    assert len(runs) == 3 + SYSTEMS * 2  # strains, held out
    for run in runs:
        with run.trajectory.open() as trajectory:
            assert trajectory[0].forces is not None


def test_the_shipped_conductivities_have_intervals_or_limits(replayed: Path) -> None:
    runs = found(replayed, TransportDocument)
    assert len(runs) == SYSTEMS * len(TEMPERATURES)
    for run in runs:
        assert (run.diffusivity is None) == (run.diffusivity_limit is not None)
        assert (run.planes is None) == (run.label == "bulk")
        assert run.haven is None or 0 < run.haven < 3
    fits = found(replayed, ArrheniusDocument)
    parts = Counter((fit.label, fit.region, fit.direction) for fit in fits)
    assert set(parts.values()) == {1}
    assert len(parts) == 1 + 2 * 4
    for fit in fits:
        assert len(fit.points) == len(TEMPERATURES)
        assert fit.resolved == sum(
            point.diffusivity is not None and point.solid for point in fit.points
        )
    (bulk,) = (fit for fit in fits if fit.label == "bulk")
    assert bulk.activation_energy_low < bulk.activation_energy < bulk.activation_energy_high
    report = (replayed / "runs" / "beta-Li3PS4" / "report.html").read_text()
    assert "Lithium transport" in report
    assert "Jalem 2023" in report
