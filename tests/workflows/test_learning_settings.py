"""Active learning in study files: published defaults, refusals with their line."""

from pathlib import Path

import pytest
from pymatgen.core import Structure

from physics.errors import InputError
from workflows.learning_settings import LearningSettings
from workflows.study import Study

GOOD = """\
name: test
engine: emt
systems:
  copper: {structure: copper.cif}
potential:
  level: 4
  learning:
    picoseconds: 1
"""


def read(folder: Path, text: str) -> Study:
    path = folder / "study.yaml"
    path.write_text(text)
    return Study.from_file(path)


def learning_of(study: Study) -> LearningSettings:
    assert study.potential is not None
    assert study.potential.learning is not None
    return study.potential.learning


@pytest.mark.parametrize("text", ["{}", "{held_out: {}}"])
def test_defaults_are_those_of_jalem(tmp_path: Path, text: str) -> None:
    """20 ps at 300 and 1000 K, strains of 5 %, grades of 2 and 10, 5, 2; 23 held-out frames."""
    study = read(tmp_path, GOOD.replace("\n    picoseconds: 1", f" {text}"))
    learning = learning_of(study)
    loop, test = learning.flow_maker("emt", 7), learning.held_out_maker("emt", 7)
    sweep = loop.explore
    assert (sweep.temperatures, sweep.picoseconds, sweep.time_step) == ([300, 1000], 20, 2)
    assert (sweep.select.threshold, sweep.stops, sweep.interval) == (2, [10, 5, 2], 10)
    assert (sweep.seed, sweep.select.most, loop.sweeps, loop.labels) == (7, None, 30, 1000)
    assert learning.strains == [-0.05, 0, 0.05]
    assert learning.boundaries
    assert not learning.glasses
    assert not learning.interfaces
    assert (loop.label.calculation.engine, loop.label.calculation.kind) == ("emt", "static")
    assert test is not None
    assert (test.engine, test.label, test.seed) == ("emt", None, 7)
    assert (test.temperatures, test.time_step) == ([300, 800, 2000], 2)
    assert 6 * len(test.temperatures) * sum(test.frames) == 414
    assert test.picoseconds == (1.0, 1.0, 2.6)


def test_settings_reach_the_makers(tmp_path: Path) -> None:
    text = """picoseconds: 1
    label: lj
    temperatures: [500]
    time_step: 1
    threshold: 3
    stops: [20, 3]
    enough: 3.5
    beyond: [900]
    most: 5
    sweeps: 4
    labels: 50
    failed: 0.5
    held_out: null
"""
    learning = learning_of(read(tmp_path, GOOD.replace("picoseconds: 1\n", text)))
    loop = learning.flow_maker("emt", 0)
    run = loop.explore.run(500, 1, 0, fixed_cell=True)
    assert (run.grading.keep, run.grading.stop) == (3, 3)
    assert (run.protocol.steps, run.protocol.time_step) == (1000, 1)
    assert (loop.explore.select.most, loop.sweeps, loop.labels) == (5, 4, 50)
    assert loop.enough == 3.5
    assert loop.explore.explored == (500, 900)
    assert (loop.label.calculation.engine, loop.label.failed) == ("lj", 0.5)
    assert learning.held_out_maker("emt", 0) is None


@pytest.mark.parametrize(("label", "anew"), [("lj", True), ("emt", False)])
def test_held_out_frames_are_labelled_anew_by_another_engine_only(
    tmp_path: Path, label: str, *, anew: bool
) -> None:
    text = GOOD.replace("picoseconds: 1", f"label: {label}")
    test = learning_of(read(tmp_path, text)).held_out_maker("emt", 0)
    assert test is not None
    assert test.engine == "emt"
    assert (test.label is not None) is anew
    if test.label is not None:
        assert test.label.calculation.engine == "lj"


IN_LEARNING = [
    ("strains: [0.2]", r"line 7: .*strains \[0.2\] given, expected each at most 0.1 either way"),
    ("strains: [.nan]", "learning.strains.*nan"),
    ("strains: [0.05, 0.05]", r"line 7: .*strains \[0.05, 0.05\] given, expected each once"),
    ("temperatures: [300, 300]", "line 7: .*temperatures .* given, expected each once"),
    ("beyond: [300]", "line 7: .*temperatures .* given, expected each once"),
    ("beyond: [-5]", "line 7: .*temperature -5 K given"),
    ("temperatures: []", "line 8: .*learning.temperatures: .*at least 1 item"),
    ("temperatures: [0]", "line 7: .*temperature 0 K given"),
    ("stops: [2, 5, 10]", r"line 7: .*stops \[2.0, 5.0, 10.0\] .* stops that fall"),
    ("stops: []", "line 8: .*learning.stops: .*at least 1 item"),
    ("stops: [10, 1.5]", "line 7: .*kept above 2 and stop the run above 1.5"),
    ("threshold: 0.5", "line 8: .*threshold: .*greater than or equal to 1"),
    ("enough: 1.5", "line 7: .*grade of 1.5 that ends the loop .* expected the threshold 2"),
    ("threshold: 3", "line 7: .*kept above 3 and stop the run above 2"),
    ("label: emmt", "line 7: .*emmt.*did you mean.*emt"),
    ("strains: []\n    boundaries: false", "line 7: .*nothing to explore: give strains, boundar"),
    ("picoseconds: 0", "line 8: .*learning.picoseconds: .*greater than 0"),
    ("time_step: 50", "line 7: .*time step 50 fs given"),
    ("sweeps: 0", "line 8: .*learning.sweeps: .*greater than or equal to 1"),
    ("labels: 0", "line 8: .*learning.labels: .*greater than or equal to 1"),
    ("most: 0", "line 8: .*learning.most: .*greater than or equal to 1"),
    ("failed: 1", "line 8: .*learning.failed: .*less than 1"),
    ("search: {cutoffs: []}", "line 8: .*learning.search.cutoffs: .*at least 1 item"),
    ("cells: {coverage: 0}", "line 8: .*learning.cells.coverage: .*greater than 0"),
    ("cells: {max_atoms: 0}", "line 8: .*learning.cells.max_atoms: .*greater than or equal to 1"),
    ("held_out: {frames: [5, 5]}", "line 8: .*learning.held_out.frames.2' is missing"),
    ("held_out: {frames: [5, 0, 5]}", "line 7: .*held-out set: given 0 frames in 1 ps"),
    ("held_out: {frames: [5, 501, 5]}", "line 7: .*held-out set: given 501 frames in 1 ps"),
    ("held_out: {temperatures: []}", "line 8: .*held_out.temperatures: .*at least 1 item"),
    ("held_out: {temperatures: [0]}", "line 7: .*temperature 0 K given"),
    ("swweps: 3", "line 8: unknown key 'potential.learning.swweps': did you mean 'sweeps'"),
]


@pytest.mark.parametrize(("new", "said"), IN_LEARNING, ids=[case[0] for case in IN_LEARNING])
def test_bad_values_are_refused_with_their_line(tmp_path: Path, new: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path, GOOD.replace("picoseconds: 1", new))


def test_a_potential_is_a_file_or_learned(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="file and learning given, expected one of them"):
        read(tmp_path, GOOD.replace("level: 4", "file: copper.mtp"))


@pytest.mark.parametrize("text", ["boundaries: true", "glasses: true", "interfaces: true"])
def test_a_study_without_them_has_nothing_to_explore(
    tmp_path: Path, copper: Structure, text: str
) -> None:
    study = read(tmp_path, GOOD.replace("picoseconds: 1", f"strains: []\n    {text}"))
    with pytest.raises(InputError, match="nothing to explore: give strains, or"):
        study.flow({"copper": copper})
