"""What a user may write wrongly, and what thioflow answers: the line, the key, the remedy."""

from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from physics.errors import InputError
from workflows.study import Study

GOOD = """\
name: test
engine: emt
systems:
  copper:
    structure: copper.cif
elastic:
  strain: 0.01
"""


def read(folder: Path, text: str) -> Study:
    path = folder / "study.yaml"
    path.write_text(text)
    return Study.from_file(path)


def test_a_good_file(tmp_path: Path, copper: Structure) -> None:
    copper.to(str(tmp_path / "copper.cif"))
    study = read(tmp_path, GOOD)
    assert study.elastic is not None
    assert study.elastic.strain == 0.01
    assert study.structures()["copper"].matches(copper)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("elastic:", "elastic: [", "line 8: not valid YAML"),
        ("engine: emt", "engine emt", "line 3: not valid YAML"),
        (
            "strain: 0.01",
            "strian: 0.01",
            "line 7: unknown key 'elastic.strian': did you mean 'strain'",
        ),
        ("systems:", "system:", "line 3: unknown key 'system': did you mean 'systems'"),
        ("structure:", "structur:", "line 5: unknown key 'systems.copper.structur': did you mean"),
        ("name: test\n", "", "key 'name' is missing"),
        ("engine: emt", "engine: emt\nengine: lj", "line 3: key 'engine' stands already in line 2"),
        ("0.01", "0.2", "line 7: elastic.strain: .*less than or equal to 0.05, given 0.2"),
        ("0.01", "0.0001", "line 7: elastic.strain: .*greater than or equal to 0.001"),
        ("0.01", "0.0015", "line 6: elastic: strain 0.0015 is too small to be halved"),
        ("0.01", "large", "line 7: elastic.strain: .*number.*given 'large'"),
        ("name: test", "name: ../test", "line 1: name: .*given '../test'"),
        ("elastic:\n  strain: 0.01\n", "", "nothing to compute: give one or more of elastic"),
        ("elastic:\n", "boundaries: []\nelastc:\n", "unknown key 'elastc'"),
        (GOOD, "- a\n- b\n", "expected keys and values"),
        (GOOD, "", "expected keys and values"),
    ],
)
def test_faults_name_line_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match=said):
        read(tmp_path, GOOD.replace(old, new))


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, GOOD.replace("strain", "strian").replace("name", "nmae"))
    assert len(str(caught.value).splitlines()) == 3


def test_a_missing_study(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml"):
        Study.from_file(tmp_path / "nowhere.yaml")


def test_a_binary_file(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="cannot read"):
        Study.from_file(tmp_path / "study.yaml")


def test_a_missing_structure(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"copper\.cif does not exist"):
        read(tmp_path, GOOD).structures()


def test_an_unreadable_structure(tmp_path: Path) -> None:
    (tmp_path / "copper.cif").write_text("this is no CIF\n")
    with pytest.raises(InputError, match="cannot read a structure"):
        read(tmp_path, GOOD).structures()


def test_partial_occupancy(tmp_path: Path) -> None:
    half = Structure(Lattice.cubic(4), [{"Cu": 0.5}, "Cu"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    half.to(str(tmp_path / "copper.cif"))
    with pytest.raises(InputError, match="1 of 2 sites are partially occupied"):
        read(tmp_path, GOOD).structures()


def test_oxidation_states_and_site_properties_are_left_out(
    tmp_path: Path, copper: Structure
) -> None:
    charged = copper.copy()
    charged.add_oxidation_state_by_element({"Cu": 1})
    charged.add_site_property("selective_dynamics", [[True] * 3] * 4)
    charged.to(str(tmp_path / "POSCAR"), fmt="poscar")
    (tmp_path / "copper.cif").write_text(charged.to(fmt="cif"))
    for name in ("copper.cif", "POSCAR"):
        read_back = read(tmp_path, GOOD.replace("copper.cif", name)).structures()["copper"]
        assert [site.species_string for site in read_back] == ["Cu"] * 4
        assert not read_back.site_properties


def test_an_unknown_engine_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'chgnet'"):
        read(tmp_path, GOOD.replace("emt", "chgnt")).checked_engine()


BOUNDARIES = """\
name: test
engine: emt
systems:
  copper: {structure: copper.cif}
boundaries:
  - plane: [2, 1, 0]
    axis: [0, 0, 1]
  - name: Σ5 [001] (001)
boundary:
  candidates: 2
"""


def test_a_list_of_boundaries(tmp_path: Path, copper: Structure) -> None:
    copper.to(str(tmp_path / "copper.cif"))
    study = read(tmp_path, BOUNDARIES)
    assert [entry.request().label for entry in study.boundaries] == [
        "[0 0 1] (2 1 0)",
        "Σ5 [001] (001)",
    ]
    flow = study.flow(study.structures())
    steps = [job.metadata["step"] for job, _ in flow.iterflow()]
    assert steps.count("relax boundary") == 2
    assert study.content_hash(study.structures()) != read(
        tmp_path, BOUNDARIES.replace("candidates: 2", "candidates: 3")
    ).content_hash(study.structures())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "[2, 1, 0]",
            "[2, 1, 0]\n    name: x",
            "line 6: boundaries.0: .*by its name or by its plane",
        ),
        ("plane: [2, 1, 0]", "twist: 5", "boundaries.0: .*name or by its plane"),
        ("plane: [2, 1, 0]", "plan: [2, 1, 0]", "unknown key 'boundaries.0.plan': did you mean"),
        ("candidates: 2", "candidates: 0", "boundary.candidates: .*greater than or equal to 1"),
        ("axis: [0, 0, 1]", "axes: bcc", "boundaries.0.axes: .*'given', 'pnma' or 'std'"),
    ],
)
def test_faults_of_boundaries(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path, BOUNDARIES.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[2, 1, 0]", "[1, 0, 0]", "180 degrees about its normal is a symmetry of Fm-3m"),
        ("[0, 0, 1]", "[1, 1, 1]", "is not in the plane"),
        ("[2, 1, 0]", "[0, 0, 0]", "not all zero"),
        ("Σ5 [001] (001)", "Σ7 [001] (001)", "no twist boundary of sigma 7"),
    ],
)
def test_boundaries_that_cannot_be(
    tmp_path: Path, copper: Structure, old: str, new: str, said: str
) -> None:
    copper.to(str(tmp_path / "copper.cif"))
    study = read(tmp_path, BOUNDARIES.replace(old, new))
    with pytest.raises(InputError, match=said):
        study.flow(study.structures())
