"""The section of a report about runs of molecular dynamics."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure
from report_for_tests import in_order, labels_of, page_of

from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from physics.dynamics.protocol import Protocol, Stage
from physics.dynamics.summary import Series
from physics.errors import InputError
from stores.builders.dynamics import DynamicsBuilder
from stores.documents import DynamicsDocument, DynamicsRunDocument
from workflows.report.plots.dynamics import stage_bounds, write_dynamics_plot

PROTOCOL = Protocol(
    (Stage("settle", 20, 300.0), Stage("hold", 60, 300.0, ensemble="npt")), time_step=2.0
)
uuids = map(str, count())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> DynamicsDocument:
    """Copper by EMT, 80 steps."""
    lattice = Lattice.cubic(3.6)
    copper = Structure.from_spacegroup("Fm-3m", lattice, ["Cu"], [[0, 0, 0]]) * (2, 2, 2)
    maker = DynamicsMaker(
        "thermal", protocol=PROTOCOL, engine="emt", driver="ase", output=Output(10)
    )
    return maker.run(copper, folder=tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def document(run: DynamicsDocument) -> DynamicsRunDocument:
    builder = DynamicsBuilder(MemoryStore(), MemoryStore())
    common = {
        "uuid": next(uuids),
        "study": "a study",
        "system": "copper",
        "last_updated": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return builder.analyse(run, common)


def changed(document: DynamicsRunDocument, **fields: Any) -> DynamicsRunDocument:
    return document.model_copy(update={"uuid": next(uuids)} | fields)


def lithium(document: DynamicsRunDocument, **fields: Any) -> DynamicsRunDocument:
    """The same run as if copper had been lithium."""
    moved = {"Li": document.series.displacements["Cu"]}
    stages = [replace(s, displacements={"Li": s.displacements["Cu"]}) for s in document.stages]
    return changed(
        document,
        series=replace(document.series, displacements=moved),
        stages=stages,
        li_displacement=stages[-1].displacements["Li"],
        **fields,
    )


def test_stages_meet_where_their_steps_end() -> None:
    assert stage_bounds([100, 300], 0.8) == [0, 0.2, 0.8]
    assert stage_bounds([0], 0.0) == [0, 0]


def test_what_was_run_and_what_it_gave(tmp_path: Path, document: DynamicsRunDocument) -> None:
    page = page_of(tmp_path, document)
    settle, hold = document.stages
    assert f"copper thermal emt 32 0.160 {document.temperature:.0f}" in page.text
    assert f"{hold.density:.3f} – – completed" in page.text
    for stage, steps in ((settle, "NVT 20"), (hold, "NPT 60")):
        spread = f"{stage.temperature:.0f} ± {stage.temperature_sd:.0f}"
        assert f"{stage.name} {steps} {spread}" in page.text
    assert "0.160 ps, 9 frames kept" in page.text
    assert "Surf. Sci. 366, 394" in page.text
    assert "stopped" not in page.text


def test_the_drawing_names_stages_and_quantities(
    tmp_path: Path, document: DynamicsRunDocument
) -> None:
    page = page_of(tmp_path, document)
    (label,) = labels_of(page)
    assert label.endswith("mean squared displacements against time in thermal of copper")
    for word in ("temperature (K)", "density (g/cm³)", "time (ps)", "settle", "hold", "Cu"):
        assert word in page.text


def test_a_run_that_stopped_says_so_wherever_it_stands(
    tmp_path: Path, document: DynamicsRunDocument
) -> None:
    stopped = changed(
        document, completed=False, stopped="two atoms met", warnings=["stopped early: atoms"]
    )
    page = page_of(tmp_path, stopped)
    warning, table, article = "stopped early: atoms Concerns", "– – stopped early", "Stopped early"
    assert in_order(page.text, [warning, table, f"{article} after 0.160 ps: two atoms met."])
    assert labels_of(page)[0].endswith("which stopped early")


def test_one_frame_is_enough_for_a_drawing(tmp_path: Path, document: DynamicsRunDocument) -> None:
    first = Series([0.0], [300.0], [9.0], [0.1], {"Cu": [0.0]})
    stage = replace(document.stages[0], steps=0)
    page = page_of(
        tmp_path,
        changed(document, picoseconds=0.0, series=first, stages=[stage], completed=False),
    )
    assert len(labels_of(page)) == 1


def test_lithium_of_several_runs_of_a_system_is_drawn_together(
    tmp_path: Path, document: DynamicsRunDocument
) -> None:
    cool = lithium(document, system="glass", temperature=600.0)
    hot = lithium(document, system="glass", temperature=900.0, completed=False, stopped="no")
    alone = lithium(document, system="crystal", temperature=800.0)
    page = page_of(tmp_path, document, alone, cool, hot)
    together = [label for label in labels_of(page) if label.startswith("Mean squared")]
    assert together == ["Mean squared displacement of Li against time in 2 runs of glass"]
    assert in_order(page.text, ["900 K, thermal (stopped)", "600 K, thermal"])
    assert "800 K, thermal" not in page.text


def test_runs_of_one_name_are_told_apart(tmp_path: Path, document: DynamicsRunDocument) -> None:
    page = page_of(tmp_path, document, changed(document))
    name = "copper, thermal"
    assert in_order(page.text, [f"{name}, no. 1", f"{name}, no. 2"])


def test_grades_are_reported_and_cited(tmp_path: Path, document: DynamicsRunDocument) -> None:
    file = document.trajectory.model_copy(update={"frames": 7})
    graded = changed(document, engine="mtp", largest_grade=3.21, extrapolating=file)
    text = page_of(tmp_path, graded).text
    assert "3.21; 7 configurations kept as extrapolating" in text
    assert "Comput. Mater. Sci. 140, 171" in text
    assert "Multiscale Model. Simul. 14, 1153" in text


def test_the_course_can_be_drawn_into_a_file(tmp_path: Path, run: DynamicsDocument) -> None:
    write_dynamics_plot(tmp_path / "course.svg", run)
    drawn = (tmp_path / "course.svg").read_text()
    assert "settle" in drawn
    assert "potential energy" in drawn
    with pytest.raises(InputError, match=r"\.png, \.svg, \.pdf"):
        write_dynamics_plot(tmp_path / "course.txt", run)
