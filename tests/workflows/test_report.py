"""The report: complete, self-contained, valid, safe, and honest about what is missing."""

import dataclasses
import re
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from report_for_tests import Page

from physics.analysis.elasticity import point_group, strain_modes, symmetry_distinct
from physics.analysis.moduli import moduli
from physics.errors import InputError
from stores.documents import ElasticDocument, PropertyDocument
from stores.published import published
from workflows.notation import significant
from workflows.report import JobSummary, write_report
from workflows.report.comparison import difference
from workflows.report.plots.cell import cell_plot

C = np.diag([40.0, 30, 35, 9, 8, 7])
C[:3, :3] += [[0, 11, 12], [11, 0, 10], [12, 10, 0]]


def lithium_thiophosphate() -> Structure:
    return Structure.from_spacegroup(
        "Pnma",
        Lattice.orthorhombic(13.07, 8.13, 6.26),
        ["Li", "Li", "P", "S", "S", "S"],
        [
            [0.3562, 0.013, 0.439],
            [0, 0, 0.5],
            [0.08712, 0.25, 0.1665],
            [0.15383, 0.03105, 0.2776],
            [0.9379, 0.25, 0.2629],
            [0.1054, 0.25, 0.8384],
        ],
    )


def hooke(strain: np.ndarray, stiffness: np.ndarray) -> np.ndarray:
    voigt = [*np.diag(strain), 2 * strain[1, 2], 2 * strain[0, 2], 2 * strain[0, 1]]
    xx, yy, zz, yz, xz, xy = stiffness @ voigt
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def elastic(stiffness: np.ndarray = C, **changes: Any) -> ElasticDocument:
    structure = changes.pop("structure", None) or lithium_thiophosphate()
    modes = strain_modes(0.015)
    strains = modes[symmetry_distinct(modes, point_group(structure))]
    result = moduli(stiffness)
    fields = {
        "uuid": "5f0c9a1e-0000-4000-8000-000000000001",
        "study": "a study",
        "system": "beta-Li3PS4",
        "last_updated": datetime(2026, 11, 20, 12),  # noqa: DTZ001 - as the store returns it
        "input_hash": "0123456789abcdef" * 4,
        "versions": {"thioflow": "0.1.0", "chgnet": "0.4.2"},
        "formula": structure.composition.reduced_formula,
        "engine": "chgnet",
        "functional": "CHGNet 0.3.0",
        "structure": structure,
        "density": float(structure.density),
        "strain": 0.015,
        "relax_ions": True,
        "strains": strains.tolist(),
        "stresses": [hooke(strain, stiffness).tolist() for strain in strains],
        "asymmetry": 0.0123,
        "prestress": np.zeros((3, 3)).tolist(),
        "nonlinearity": 0.0234,
        **{
            name: getattr(result, name)
            for name in ElasticDocument.model_fields
            if hasattr(result, name)
        },
    }
    fields = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in fields.items()}
    return ElasticDocument(**(fields | changes))


def job(**changes: Any) -> JobSummary:
    fields = {
        "uuid": "5f0c9a1e-0000-4000-8000-000000000002",
        "name": "chgnet relax",
        "system": "beta-Li3PS4",
        "engine": "chgnet",
        "functional": "CHGNet 0.3.0",
        "mode": "run",
        "versions": {"thioflow": "0.1.0", "torch": "2.13.0"},
        "seconds": 83.4,
        "converged": True,
        "directory": "runs/a study/relax",
    }
    return JobSummary(**(fields | changes))


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The report of one crystal, one engine and one job."""
    path = tmp_path_factory.mktemp("usual") / "report.html"
    return Page(write_report("a study", [elastic()], [job()], path).read_text(encoding="utf-8"))


@pytest.fixture
def report(tmp_path: Path) -> Callable[..., Page]:
    def write(
        documents: list[PropertyDocument], jobs: list[JobSummary], study: str = "a study"
    ) -> Page:
        path = write_report(study, documents, jobs, tmp_path / "report.html")
        return Page(path.read_text(encoding="utf-8"))

    return write


def test_results_stand_beside_the_published_values(usual: Page) -> None:
    document = elastic()
    for value in ("Li 3 PS 4", "Pnma (no. 62)", "13.070, 8.130, 6.260 Å", "CHGNet 0.3.0"):
        assert value in usual.text
    ours = significant(document.bulk_hill)
    known = " ".join(
        f"{written} {difference(document.bulk_hill, value)} {value.method} {value.source.label} , "
        f"{value.location} {value.quality}{f' : {value.note}' if value.note else ''}"
        for value, written in zip(
            published("bulk_modulus", "beta-Li3PS4"), ("21.72", "30.5", "22", "10–12"), strict=True
        )
    )
    assert f"Bulk modulus B (GPa) {ours} {known}" in usual.text
    assert "inconsistent : the cell of the same column has 1.801" in usual.text


def test_the_tensor_is_a_table(usual: Page) -> None:
    rows = ["xx 40.0 11.0 12.0 0.0 0.0 0.0", "yz 0.0 0.0 0.0 9.0 0.0 0.0"]
    for row in rows:
        assert row in usual.text
    assert "asymmetry 1.2 %; nonlinearity 2.3 %" in usual.text


def test_every_plot_is_inline_with_text_as_text(usual: Page) -> None:
    assert usual.tags.count("svg") == 4
    for label in ("a = 13.07 Å", "σ xx", "Cauchy stress (GPa), tension positive", "plane xy"):
        assert label in usual.text
    labels = [
        value for tag, name, value in usual.attributes if (tag, name) == ("svg", "aria-label")
    ]
    assert all("Li3PS4" in label for label in labels)


def test_nothing_is_fetched_from_elsewhere(usual: Page) -> None:
    assert not {"script", "link", "img", "iframe", "object", "image"} & set(usual.tags)
    assert usual.values("src") == []
    anchors = set(usual.values("id"))
    for tag, name, value in usual.attributes:
        if name in ("href", "xlink:href"):
            if value.startswith("#"):
                assert value[1:] in anchors, value
            else:
                assert tag == "a"
                assert value.startswith("https://doi.org/10.")
        else:
            assert "http" not in value, (tag, name, value)
            for target in re.findall(r"url\((.*?)\)", value):
                assert target.strip("#") in anchors
    assert "@import" not in usual.style
    assert "url(" not in usual.style


def test_ids_are_unique_with_several_systems_and_engines(report: Callable[..., Page]) -> None:
    copper = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.61), ["Cu"], [[0, 0, 0]])
    page = report(
        [
            elastic(),
            elastic(engine="gpaw", functional="optB88-vdW"),
            elastic(system="copper", structure=copper, engine="emt"),
        ],
        [],
    )
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    for name in ("beta-Li3PS4, chgnet", "beta-Li3PS4, gpaw", "copper, emt"):
        assert name in page.text
    assert "No published values are kept for a system of the name copper." in page.text
    assert page.tags.count("svg") == 4 + 4 + 3


def test_the_same_results_give_the_same_file(tmp_path: Path) -> None:
    files = [write_report("s", [elastic()], [job()], tmp_path / name) for name in "ab"]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_warnings_come_first_and_once(report: Callable[..., Page]) -> None:
    soft = "this engine is known to be soft"
    page = report(
        [elastic(warnings=[soft]), elastic(engine="gpaw", warnings=[soft, "one k-point"])],
        [job(converged=False, name="strain 7")],
    )
    assert page.text.count(soft) == 1
    head, _, rest = page.text.partition("Elastic tensor")
    assert f"{soft} Concerns beta-Li3PS4, chgnet ; beta-Li3PS4, gpaw ." in head
    assert "one k-point Concerns beta-Li3PS4, gpaw ." in head
    assert "not converged" in head
    assert "strain 7" in head
    assert "Warnings" not in rest


def test_without_warnings_there_is_no_box(usual: Page) -> None:
    assert "Warnings" not in usual.text


def test_an_unstable_crystal_is_called_unstable(report: Callable[..., Page]) -> None:
    unstable = C.copy()
    unstable[3, 3] = -5
    page = report([elastic(unstable)], [])
    assert "unstable" in page.text
    assert "Not defined: the tensor is not positive definite." in page.text
    assert "−5.0" in page.text
    assert page.tags.count("svg") == 3


def test_without_results_it_says_what_to_do(report: Callable[..., Page]) -> None:
    page = report([], [])
    assert "No results yet" in page.text
    assert "thioflow study run" in page.text
    assert "No engine job of this study is in the store." in page.text


def test_jobs_are_listed_with_their_time_and_place(report: Callable[..., Page]) -> None:
    replayed = job(uuid="5f0c9a1e-0000-4000-8000-000000000003", mode="replay", seconds=3700)
    page = report([], [job(), replayed])
    assert "chgnet relax beta-Li3PS4 chgnet 1.4 min yes run 5f0c9a1e-" in page.text
    assert "1 of them were replayed from recordings" in page.text
    assert "2 engine jobs took 1.1 h" in page.text
    assert "torch 2.13.0" in page.text
    assert "Nat. Mach. Intell. 5, 1031 (2023)" in page.text


def test_hostile_names_stay_text(report: Callable[..., Page]) -> None:
    evil = "<script>alert('x')</script>\"&<b>"
    page = report(
        [elastic(system=evil, engine=evil, functional=evil, warnings=[evil])],
        [job(name=evil, directory=evil, uuid=evil, engine=evil, converged=False)],
        study=evil,
    )
    assert "script" not in page.tags
    assert page.text.count("alert('x')") >= 8
    labels = [value for tag, name, value in page.attributes if (tag, name) == ("svg", "aria-label")]
    assert any(evil in label for label in labels)


def test_clamped_ions_and_no_linearity_check_are_said(report: Callable[..., Page]) -> None:
    text = report([elastic(relax_ions=False, nonlinearity=None)], []).text
    assert "clamped: not relaxed at strain" in text
    assert "nonlinearity not checked" in text


def test_a_property_without_section_is_refused(tmp_path: Path) -> None:
    class Hardness(PropertyDocument):
        collection: ClassVar[str] = "hardness"
        columns: ClassVar[tuple[str, ...]] = ()

    document = Hardness(
        uuid="u",
        study="s",
        system="x",
        input_hash="h",
        last_updated=datetime(2026, 1, 1),  # noqa: DTZ001
    )
    with pytest.raises(InputError, match="Hardness, expected one of ElasticDocument"):
        write_report("s", [document], [], tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write .*file/report.html.*--output"):
        write_report("s", [], [], tmp_path / "file" / "report.html")


def test_an_older_report_is_replaced_and_nothing_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    write_report("first", [], [], path)
    assert write_report("second", [], [], path) == path
    assert "second" in path.read_text(encoding="utf-8")
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & stat.S_IRUSR


def test_a_report_that_cannot_replace_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(InputError, match="cannot write"):
        write_report("s", [], [], tmp_path / "report.html")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_job_is_summarised_from_the_store() -> None:
    stored = {
        "uuid": "u1",
        "name": "chgnet static",
        "metadata": {"study": "s", "system": "beta-Li3PS4"},
        "output": {
            "@class": "CalculationDocument",
            "engine": "chgnet",
            "functional": "CHGNet",
            "mode": "replay",
            "versions": {"chgnet": "0.4.2"},
            "seconds": 1.5,
            "converged": True,
            "directory": "d",
            "energy": -1.0,
        },
    }
    summary = JobSummary.from_job(stored)
    assert summary == JobSummary(
        "u1",
        "chgnet static",
        "beta-Li3PS4",
        "chgnet",
        "CHGNet",
        "replay",
        {"chgnet": "0.4.2"},
        1.5,
        True,
        "d",
    )
    run = {k: v for k, v in stored["output"].items() if k != "converged"}
    dynamics = JobSummary.from_job({**stored, "output": {**run, "@class": "DynamicsDocument"}})
    assert dynamics == dataclasses.replace(summary, converged=None)
    assert JobSummary.from_job({**stored, "output": {"@class": "StressStrainDocument"}}) is None
    assert JobSummary.from_job({**stored, "output": None}) is None


def test_the_drawing_of_a_triclinic_cell_shows_each_unit() -> None:
    phosphate = lithium_thiophosphate()
    skew = Structure(
        Lattice.from_parameters(13.07, 8.13, 6.26, 84, 95, 101),
        phosphate.species,
        phosphate.frac_coords,
    )
    svg = Page(str(cell_plot(skew, "p")))
    assert "a = 13.07 Å" in svg.text
    assert "b = 8.13 Å" in svg.text
    tetrahedra = [value for value in svg.values("style") if "fill: #0b6e6e" in value]
    assert len(tetrahedra) == 4 * 4


@pytest.mark.parametrize("lengths", [(5, 8, 10), (10, 5, 8), (8, 10, 5)])
def test_lengths_of_the_cell_stand_left_of_it_and_below(lengths: tuple[float, ...]) -> None:
    structure = Structure(Lattice.orthorhombic(*lengths), ["Li"], [[0, 0, 0]])
    drawn = str(cell_plot(structure, "p"))
    places = re.findall(r"translate\(([\d.]+) ([\d.]+)\)[^>]*>[abc] = ", drawn)
    (across_x, across_y), (up_x, up_y) = [(float(x), float(y)) for x, y in places]
    assert up_x < across_x
    assert up_y < across_y
