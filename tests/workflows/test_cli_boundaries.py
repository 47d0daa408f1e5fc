"""``thioflow gb`` as a user meets it: output, exit status, files."""

import csv
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from physics.errors import InputError
from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.units import find_units
from workflows.cli import main
from workflows.structure_file import load_structure, write_structures

STRUCTURES = Path(__file__).parents[2] / "workflows" / "studies" / "structures"

GB = Callable[..., tuple[int, str, str]]


@pytest.fixture
def gb(workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> GB:
    """Run ``thioflow gb`` beside the shipped crystals: exit status, output, errors."""
    for name in ("copper", "beta-Li3PS4"):
        shutil.copy(STRUCTURES / f"{name}.cif", workspace)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["thioflow", "gb", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err

    return run


def files() -> set[str]:
    return {path.name for path in Path().iterdir()} - {"copper.cif", "beta-Li3PS4.cif"}


def lines_with(text: str, *words: str) -> list[str]:
    return [line for line in text.splitlines() if all(word in line for word in words)]


def test_list_shows_the_twin_of_copper(gb: GB) -> None:
    status, out, _ = gb("list", "copper.cif", "--max-area", "30")
    assert status == 0
    (twin,) = lines_with(out, "(1 1 1)")
    shown = ["(1", "1", "1)", "60.00", "[1", "1", "1]", "3", "3", "0.00", "5.6", "2.5×2.5"]
    assert twin.split()[:-1] == shown
    assert lines_with(out, "(1 1 0)", "70.53", "60.00")  # the same misorientation as a twist
    assert not files()


def test_list_as_csv_and_json_says_the_same(gb: GB) -> None:
    limits = ("--max-area", "150", "--max-index", "2", "--max-twist-index", "0")
    _, text, _ = gb("list", "beta-Li3PS4.cif", *limits, "--format", "csv")
    rows = list(csv.DictReader(text.splitlines()))
    _, text, _ = gb("list", "beta-Li3PS4.cif", *limits, "--format", "json")
    records = json.loads(text)
    assert [row["plane"] for row in rows] == [record["plane"] for record in records]
    (row,) = (record for record in records if record["plane"] == "2 1 0")
    assert row["misorientation"] == pytest.approx(77.586, abs=1e-3)
    assert row["area"] == pytest.approx(130.59, abs=0.01)
    assert row["sigma"] is None
    assert max(record["area"] for record in records) <= 150


def test_a_twist_of_the_list_can_be_built(gb: GB) -> None:
    limits = ("--max-area", "80", "--max-index", "1", "--format", "json")
    records = json.loads(gb("list", "copper.cif", *limits)[1])
    twist = next(r for r in records if r["kind"] == "twist" and r["plane"] == "1 0 0")
    status, out, err = gb(
        "build", "copper.cif", "--plane", twist["plane"], "--twist", str(twist["twist"]),
        "--keep", "1", "-o", "twist.json",
    )  # fmt: skip
    assert status == 0, err
    assert f"{twist['misorientation']:.2f}°" in out
    assert len(Structure.from_file("twist.json")) == twist["atoms"]


def test_build_li3ps4(gb: GB) -> None:
    status, out, err = gb(
        "build", "beta-Li3PS4.cif", "--plane", "1 2 0", "--axis", "0 0 1", "--keep", "2",
        "-o", "gb.cif",
    )  # fmt: skip
    assert status == 0, err
    assert files() == {"gb.cif", "gb-2.cif"}
    assert lines_with(out, "misorientation", "34.55° about [0 0 1]")
    assert len(lines_with(out, "PASS")) == 2
    for name in files():
        structure = Structure.from_file(name)
        assert structure.composition.reduced_formula == "Li3PS4"
        units = find_units(structure)
        assert (
            units.kinds.count("PS4") == units.kinds.count("Li") // 3 == structure.composition["P"]
        )
        status, out, _ = gb("audit", name, "--bulk", "beta-Li3PS4.cif")
        assert status == 0, out
        assert out.rstrip().endswith("PASS")
        assert "FAIL" not in out


def test_formats_say_the_same(gb: GB) -> None:
    for name in ("gb.json", "gb.cif", "gb.vasp", "gb.extxyz", "POSCAR"):
        assert gb("build", "copper.cif", "--plane", "210", "--keep", "1", "-o", name)[0] == 0
    reference = load_structure(Path("gb.json"))
    for name in ("gb.cif", "gb.vasp", "gb.extxyz", "POSCAR"):
        found = load_structure(Path(name))
        assert found.lattice.parameters == pytest.approx(reference.lattice.parameters, abs=1e-4)
        difference = found.frac_coords - reference.frac_coords
        assert abs(difference - difference.round()).max() < 1e-6
    with_properties = Structure.from_file("gb.json")
    assert set(with_properties.site_properties["grain"]) == {0, 1}
    assert min(with_properties.site_properties["boundary_distance"]) >= 0
    assert "grain:I:1" in Path("gb.extxyz").read_text()


def test_poscar_is_sorted_by_element(gb: GB) -> None:
    arguments = ("--plane", "210", "--keep", "1", "--no-scan", "--layers", "2", "-o", "gb.vasp")
    gb("build", "beta-Li3PS4.cif", *arguments)
    assert Path("gb.vasp").read_text().splitlines()[5].split() == ["Li", "P", "S"]


@pytest.mark.parametrize(
    ("axes", "said"),
    [("pnma", "34.55° about [0 0 1]"), ("std", "66.00° about [1 0 0]")],
)
def test_names_and_axes(gb: GB, axes: str, said: str) -> None:
    status, out, err = gb(
        "build", "beta-Li3PS4.cif", "--name", "Σ5 [001] (120)", "--axes", axes,
        "--keep", "1", "--no-scan", "--layers", "2", "-o", "gb.cif",
    )  # fmt: skip
    assert status == 1, err  # too thin for the audit, as asked for
    assert lines_with(out, "misorientation", said)
    assert lines_with(out, "asked for", "Σ5 [001] (120)")
    assert "fault gb.cif: boundaries only" in out


def test_mirror(gb: GB) -> None:
    arguments = ("--plane", "210", "--operation", "mirror", "--keep", "1", "-o", "gb.cif")
    assert "mirrored across the plane" in gb("build", "copper.cif", *arguments)[1]


def test_general_boundary(gb: GB) -> None:
    status, out, err = gb(
        "build", "copper.cif", "--plane", "1 1 1", "--upper-plane", "1 0 0", "--keep", "1",
        "-o", "gb.cif",
    )  # fmt: skip
    assert status == 0, err
    assert lines_with(out, "plane", "(1 1 1) below, (1 0 0) above")
    assert lines_with(out, "misorientation", "54.74° about [1 1 0]")
    assert set(load_structure(Path("gb.cif")).symbol_set) == {"Cu"}


def test_interface_of_two_crystals(gb: GB) -> None:
    salt = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    salt.to("salt.cif")
    arguments = ("salt.cif", "--plane", "100", "--upper", "copper.cif", "--keep", "1")
    status, _, err = gb("build", *arguments, "-o", "gb.cif")
    assert status == 2
    assert "--upper-plane" in err
    fitting = ("--upper-plane", "100", "--max-strain", "0.03")
    status, out, err = gb("build", *arguments, *fitting, "-o", "gb.cif")
    assert status == 0, err
    assert lines_with(out, "kind", "interface")
    built = load_structure(Path("gb.cif")).composition
    assert built["Na"] == built["Cl"] > 0
    assert built["Cu"] > 0


def test_units_and_charges_of_a_crystal_of_ones_own(gb: GB) -> None:
    spinel = Structure.from_spacegroup(
        "Fd-3m", Lattice.cubic(8.396), ["Fe", "Fe", "O"],
        [[0.125, 0.125, 0.125], [0.5, 0.5, 0.5], [0.2549, 0.2549, 0.2549]],
    )  # fmt: skip
    spinel.to("magnetite.cif")
    arguments = ("list", "magnetite.cif", "--max-area", "80", "--max-index", "1")
    status, _, err = gb(*arguments)
    assert status == 2
    assert "do not balance" in err
    status, out, err = gb(*arguments, "--charge", "Fe=2.6666666667")
    assert status == 0, err
    assert lines_with(out, "(1 1 1)", "60.00")
    # FeO4 and FeO6 form a network without end: single atoms
    status, out, _ = gb(
        "audit", "magnetite.cif", "--bulk", "magnetite.cif",
        "--charge", "Fe=2.6666666667", "--bonds", "Fe-O=2.3",
    )  # fmt: skip
    assert status == 0, out
    assert lines_with(out, "whole units", "24 Fe, 32 O")
    assert gb("audit", "magnetite.cif", "--charge", "Fe=2")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--plane 100", "is a symmetry of Pnma"),
        ("--plane 1,2", "three integers"),
        ("--plane 120 --axis 100", "not in the plane"),
        ("--plane 120 --max-atoms 100", "at most 100"),
        ("--plane 120 --axes cubic", "'cubic'"),
        ("--plane 120 --upper silver.cif", "silver.cif"),
        ("--plane 100 --twist 45 --max-area 20", "no coincidence"),
        ("--plane 120 --name Σ5[001](120)", "one of them"),
        ("--name Σ5[001]120", "Σ5 [001] (120)"),
        ("", "thioflow gb list"),
        ("--plane 120 --bonds Zr-O=2.3", "of Li, P, S"),
        ("--plane 120 --bonds P-S", "ELEMENT-ELEMENT=NUMBER"),
        ("--plane 120 --charge P=3", "do not balance"),
        ("--plane 120 --keep 0", "--keep"),
    ],
    ids=lambda text: text.partition(" ")[0] or "nothing",
)
def test_refusals_write_nothing(gb: GB, arguments: str, said: str) -> None:
    status, out, err = gb("build", "beta-Li3PS4.cif", *arguments.split(), "-o", "gb.cif")
    assert status == 2
    assert said in err
    assert not out
    assert not files()


@pytest.mark.parametrize(
    ("output", "said"),
    [("gb.pdb", ".cif"), ("none/gb.cif", "no folder"), ("gb.cif", "exists"), ("x.cif", "exists")],
)
def test_files_are_not_written_where_they_should_not_be(gb: GB, output: str, said: str) -> None:
    kept = {"gb.cif", "x-2.cif"}  # the second candidate's counts too
    for name in kept:
        Path(name).write_text("precious")
    status, _, err = gb("build", "copper.cif", "--plane", "210", "-o", output)
    assert status == 2
    assert said in err
    assert files() == kept
    assert {Path(name).read_text() for name in kept} == {"precious"}


def test_force_replaces(gb: GB) -> None:
    Path("gb.cif").write_text("old")
    arguments = ("--plane", "210", "--keep", "1", "-o", "gb.cif", "--force")
    assert gb("build", "copper.cif", *arguments)[0] == 0
    assert load_structure(Path("gb.cif")).reduced_formula == "Cu"
    assert files() == {"gb.cif"}


def test_all_files_or_none(workspace: Path, copper: Structure) -> None:
    too_long = workspace / f"{'b' * 250}.cif"  # the name of its temporary file is
    with pytest.raises(InputError, match="cannot write"):
        write_structures({workspace / "a.cif": copper, too_long: copper})
    folder = workspace / "folder.cif"
    folder.mkdir()
    with pytest.raises(InputError, match="folder"):
        write_structures({workspace / "a.cif": copper, folder: copper}, force=True)
    assert list(workspace.iterdir()) == [folder]


def test_audit_names_a_missing_atom(gb: GB) -> None:
    gb("build", "beta-Li3PS4.cif", "--plane", "210", "--keep", "1", "-o", "gb.cif")
    broken = load_structure(Path("gb.cif"))
    broken.remove_sites([broken.indices_from_symbol("S")[0]])
    broken.to("broken.cif")
    status, out, _ = gb("audit", "broken.cif", "--bulk", "beta-Li3PS4.cif")
    assert status == 1
    assert lines_with(out, "fault", "S -1")
    assert lines_with(out, "fault", "1 PS3")
    assert lines_with(out, "atoms beyond formula units", "S -1", "FAIL")
    assert lines_with(out, "charge", "+2 e", "FAIL")
    assert lines_with(out, "broken units", "1 PS3", "FAIL")
    assert out.rstrip().endswith("FAIL")
    status, out, _ = gb("audit", "broken.cif")
    assert status == 1
    assert lines_with(out, "broken units", "1 PS3", "FAIL")
    assert lines_with(out, "atoms beyond formula units").pop().split()[-1] == "-"
    assert "--bulk" in out


def test_audit_names_atoms_too_close(gb: GB) -> None:
    close = load_structure(Path("beta-Li3PS4.cif"))
    close.translate_sites([0], [1.2, 0, 0], frac_coords=False)
    close.to("close.json")
    status, out, _ = gb("audit", "close.json")
    assert status == 1
    failed = {
        line.split()[1] for line in lines_with(out, "shortest", "FAIL") if "fault" not in line
    }
    named = {line.split()[2] for line in lines_with(out, "fault", "too close")}
    assert failed == named != set()


@pytest.mark.parametrize("name", ["junk.cif", "junk.extxyz", "absent.cif"])
def test_unreadable_files(gb: GB, name: str) -> None:
    if name.startswith("junk"):
        Path(name).write_text("junk")
    for arguments in (("audit", name), ("list", name)):
        status, _, err = gb(*arguments)
        assert status == 2
        assert name in err
        assert "Traceback" not in err


def test_molecule_in_an_xyz_file(gb: GB) -> None:
    Path("water.xyz").write_text("1\nwater\nO 0 0 0\n")
    status, _, err = gb("audit", "water.xyz")
    assert status == 2
    assert "no cell" in err


def test_help_shows_the_defaults_of_the_construction(gb: GB) -> None:
    status, out, _ = gb("build", "--help")
    assert status == 0
    for option, value in (
        ("--separation", Construction.separation),
        ("--max-strain", Construction.max_strain),
        ("--max-area", Construction.max_area),
        ("--keep", Construction.keep),
        ("--max-atoms", Construction.max_atoms),
    ):
        assert lines_with(out, option, f"[default: {value:g}]")


def test_the_crystal_is_read_without_oxidation_states(gb: GB) -> None:
    decorated = Structure.from_file("beta-Li3PS4.cif")
    decorated.add_oxidation_state_by_element({"Li": 1, "P": 5, "S": -2})
    decorated.to("decorated.json")
    assert Crystal(load_structure(Path("decorated.json"))).oxidation_states["S"] == -2
    assert gb("list", "decorated.json", "--max-area", "100")[0] == 0
