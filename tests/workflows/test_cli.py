"""The command line as a user meets it: a real process, its output, its exit status, its files."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ase import units
from command_for_tests import THIOFLOW, thioflow

from stores.builders import BUILDERS
from stores.documents import ElasticDocument
from stores.results import Results

ROOT = Path(__file__).parent.parent.parent
STUDIES = ROOT / "workflows" / "studies"
NOTHING_NEW = "".join(f"{builder.target.collection}: 0 new\n" for builder in BUILDERS)


def copper_study(folder: Path, old: str = "", new: str = "") -> Path:
    """Write the copper study into a folder of its own, with a change."""
    inputs = folder / "inputs"
    inputs.mkdir(exist_ok=True)
    shutil.copytree(STUDIES / "structures", inputs / "structures", dirs_exist_ok=True)
    text = (STUDIES / "copper.yaml").read_text()
    assert old in text
    (inputs / "copper.yaml").write_text(text.replace(old, new) if old else text)
    return inputs / "copper.yaml"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the copper study has been run."""
    folder = tmp_path_factory.mktemp("finished")
    result = thioflow(folder, "study", "run", copper_study(folder))
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


def test_plan_runs_nothing(tmp_path: Path) -> None:
    study = copper_study(tmp_path)
    result = thioflow(tmp_path, "study", "plan", study)
    assert result.returncode == 0
    assert "relax strained" in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["inputs"]


def test_status_query_report_export(finished: Path) -> None:
    assert "finished" in thioflow(finished, "study", "status").stdout
    rows = json.loads(thioflow(finished, "query", "elastic", "--format", "json").stdout)
    assert rows[0]["system"] == "copper"
    assert rows[0]["bulk_hill"] == pytest.approx(134.7, abs=0.5)
    none = thioflow(
        finished, "query", "elastic", "--where", '{"bulk_hill": {"$lt": 100}}', "--format", "csv"
    )
    assert len(none.stdout.splitlines()) == 1
    assert thioflow(finished, "build").stdout == NOTHING_NEW
    assert thioflow(finished, "report", "copper", "--output", "r.html").returncode == 0
    assert (finished / "r.html").stat().st_size > 10_000


def test_exports_are_read_back(finished: Path) -> None:
    from ase.io import read
    from pymatgen.core import Structure

    for form, output in (("extxyz", "c.xyz"), ("cif", "cifs"), ("json", "c.json")):
        result = thioflow(finished, "export", "copper", "--format", form, "--output", output)
        assert result.returncode == 0, result.stderr
    calculations = Results(finished / "thioflow.sqlite").calculations("copper")
    frames = read(finished / "c.xyz", index=":")
    assert len(frames) == len(calculations) == 7
    for atoms, (_, document) in zip(frames, calculations, strict=True):
        assert atoms.get_potential_energy() == pytest.approx(document.energy, abs=1e-6)
        assert atoms.get_stress()[0] / units.GPa == pytest.approx(document.stress[0][0], abs=1e-4)
    assert len(list((finished / "cifs").iterdir())) == 7
    for path in (finished / "cifs").iterdir():
        assert Structure.from_file(path).composition.reduced_formula == "Cu"
    (stored,) = json.loads((finished / "c.json").read_text())
    assert ElasticDocument.from_stored(stored).system == "copper"


def test_running_again_repeats_nothing(finished: Path) -> None:
    before = sorted(path.name for path in (finished / "runs" / "copper").iterdir())
    result = thioflow(finished, "study", "run", finished / "inputs" / "copper.yaml")
    assert result.returncode == 0
    assert "started" not in result.stdout
    assert "bulk modulus" in result.stdout
    assert sorted(path.name for path in (finished / "runs" / "copper").iterdir()) == before


def test_other_content_under_the_same_name_is_refused(finished: Path, tmp_path: Path) -> None:
    other = copper_study(tmp_path, "elastic: {}", "elastic: {strain: 0.01}")
    result = thioflow(finished, "study", "run", other)
    assert result.returncode == 2
    assert "another content" in result.stderr


def run_until(folder: Path, line: str) -> subprocess.Popen[str]:
    """Start the copper study, and return when its progress shows a line."""
    process = subprocess.Popen(
        [THIOFLOW, "study", "run", str(copper_study(folder))],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert any(line in told for told in process.stdout)
    return process


def test_killed_and_resumed(tmp_path: Path) -> None:
    process = run_until(tmp_path, "done: copper: strain_structure")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert "stopped" in thioflow(tmp_path, "study", "status").stdout
    result = thioflow(tmp_path, "study", "resume", "copper")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "started: copper: emt relax: bulk" not in result.stdout
    (document,) = Results(tmp_path / "thioflow.sqlite").find(ElasticDocument)
    assert document.bulk_hill == pytest.approx(134.7, abs=0.5)


def test_interrupted_by_ctrl_c(tmp_path: Path) -> None:
    process = run_until(tmp_path, "done: copper: emt relax: bulk")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "thioflow study resume" in errors
    assert thioflow(tmp_path, "study", "resume", "copper").returncode == 0


def test_a_failed_job_is_named_with_its_folder(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    study = copper_study(tmp_path)
    replay = {"THIOFLOW_MODE": "replay", "THIOFLOW_RECORDINGS": str(empty)}
    result = thioflow(tmp_path, "study", "run", study, **replay)
    assert result.returncode == 1
    assert "no recording of job" in result.stdout
    assert "THIOFLOW_MODE=record" in result.stdout
    assert "job.log" in result.stdout
    assert "blocked" in result.stdout
    again = thioflow(tmp_path, "study", "resume", "copper", "--retry-failed")
    assert again.returncode == 0, again.stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("elastic: {}", "elastic: {strain: 0.2}", "line 7: elastic.strain"),
        ("elastic: {}", "elastic: {", "not valid YAML"),
        ("engine: emt", "engine: emtt", "did you mean 'emt'"),
        ("engine: emt", "engine: gpaw", "engine 'gpaw' is not available"),
        ("engine: emt", "engine: lj", "does not know Cu"),
        ("copper.cif", "silver.cif", "does not exist"),
    ],
)
def test_bad_input_writes_nothing(tmp_path: Path, old: str, new: str, said: str) -> None:
    if "gpaw" in new and shutil.which("gpaw", path=str(Path(sys.executable).parent)):
        pytest.skip("gpaw is installed here")
    result = thioflow(tmp_path, "study", "run", copper_study(tmp_path, old, new))
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["inputs"]


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + bytes(4096)])
def test_a_store_that_is_none(tmp_path: Path, content: bytes) -> None:
    store = tmp_path / "other.sqlite"
    store.write_bytes(content)
    study = copper_study(tmp_path)
    for arguments in (
        ("study", "run", study),
        ("study", "status"),
        ("query", "elastic"),
        ("build",),
    ):
        result = thioflow(tmp_path, *arguments, "--store", store)
        assert result.returncode == 2, result.stdout
        assert "other.sqlite" in result.stderr
        assert "Traceback" not in result.stderr
        assert store.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    import sqlite3

    store = tmp_path / "other.sqlite"
    with sqlite3.connect(store) as connection:
        connection.execute("CREATE TABLE precious (x)")
    connection.close()
    before = store.read_bytes()
    result = thioflow(tmp_path, "study", "run", copper_study(tmp_path), "--store", store)
    assert result.returncode == 2
    assert store.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("study", "status"),
        ("study", "resume", "copper"),
        ("query", "elastic"),
        ("build",),
        ("report", "copper"),
        ("export", "copper", "--output", "x"),
    ],
)
def test_without_a_store_every_verb_says_so(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = thioflow(tmp_path, *arguments)
    assert result.returncode == 2
    assert "no store at" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("query", "elastics"), "unknown property 'elastics'"),
        (("query", "elastic", "--where", "{bulk"), "is not JSON"),
        (("query", "elastic", "--where", "[]"), "expected a JSON object"),
        (("query", "elastic", "--where", '{"a": {"$gtt": 1}}'), "$gtt"),
        (("query", "elastic", "--columns", "bulk"), "unknown column bulk"),
        (("study", "status", "nickel"), "nickel"),
        (("study", "resume", "nickel"), "nickel"),
        (("report", "nickel"), "nickel"),
        (("export", "nickel", "--output", "x"), "nickel"),
        (("export", "copper", "--output", "/proc/x"), "/proc/x"),
    ],
)
def test_wrong_words_are_told(finished: Path, arguments: tuple[str, ...], said: str) -> None:
    result = thioflow(finished, *arguments)
    assert result.returncode == 2, result.stdout
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_full_disk(tmp_path: Path) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(mount)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small tmpfs is not permitted here")
    try:
        study = copper_study(tmp_path)
        store = mount / "store.sqlite"
        arguments = ("study", "run", study, "--store", store)
        result = thioflow(tmp_path, *arguments, THIOFLOW_RUNS=str(tmp_path / "runs"))
        assert result.returncode in {1, 2}
        assert "full" in result.stdout + result.stderr
        assert "Traceback" not in result.stderr
        subprocess.run(["mount", "-o", "remount,size=50m", str(mount)], check=True)
        again = thioflow(tmp_path, *arguments, THIOFLOW_RUNS=str(tmp_path / "runs"))
        if again.returncode == 1:
            again = thioflow(
                tmp_path, "study", "resume", "copper", "--retry-failed", "--store", store,
                THIOFLOW_RUNS=str(tmp_path / "runs"),
            )  # fmt: skip
        assert again.returncode == 0, again.stdout + again.stderr
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def test_a_read_only_folder(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    study = copper_study(tmp_path)
    command = ["mount", "-t", "tmpfs", "-o", "size=1m,ro", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a read-only tmpfs is not permitted here")
    try:
        result = thioflow(folder, "study", "run", study)
        assert result.returncode == 2
        assert "Traceback" not in result.stderr
        assert str(folder) in result.stderr
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_help_is_quick_because_it_imports_little() -> None:
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, workflows.cli; print(*sorted({m.split('.')[0] for m in sys.modules}))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"numpy", "pandas", "pymatgen", "ase", "jobflow", "maggma", "torch", "matplotlib"}
    assert not heavy & set(result.stdout.split())


def test_every_verb_has_help(tmp_path: Path) -> None:
    for verb in ((), ("study",), ("study", "run"), ("query",), ("engines",), ("export",)):
        assert "Usage" in thioflow(tmp_path, *verb, "--help").stdout
    assert thioflow(tmp_path, "--version").stdout.startswith("thioflow ")


def test_resume_without_the_engine_stops_before_its_first_job(tmp_path: Path) -> None:
    if shutil.which("gpaw", path=str(Path(sys.executable).parent)):
        pytest.skip("gpaw is installed here")
    study = copper_study(tmp_path, "engine: emt", "engine: gpaw")
    empty = tmp_path / "empty"
    empty.mkdir()
    replay = {"THIOFLOW_MODE": "replay", "THIOFLOW_RECORDINGS": str(empty)}
    assert thioflow(tmp_path, "study", "run", study, **replay).returncode == 1
    jobs = sorted((tmp_path / "runs" / "copper").iterdir())
    result = thioflow(tmp_path, "study", "resume", "copper", "--retry-failed")
    if shutil.which("gpaw", path=str(Path(sys.executable).parent)):
        pytest.skip("gpaw is installed here")
    assert result.returncode == 2
    assert "engine 'gpaw' is not available" in result.stderr
    assert sorted((tmp_path / "runs" / "copper").iterdir()) == jobs
