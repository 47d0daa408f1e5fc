"""``thioflow glass`` as a user meets it: output, exit status, files."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from physics.structures.census import census_of
from workflows.cli import main
from workflows.structure_file import load_structure, write_structures

Glass = Callable[..., tuple[int, str, str]]


@pytest.fixture
def glass(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Glass:
    """Run ``thioflow glass`` in an empty folder: exit status, output, errors."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["thioflow", "glass", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err

    return run


def files() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def test_the_published_packing_is_the_default(glass: Glass) -> None:
    """Garcia-Mendez et al. 2020: 60 Li, 20 PS4, 1.88 g/cm^3."""
    status, out, err = glass("pack", "glass.cif")
    assert (status, err) == (0, "")
    assert "60 Li, 20 PS4: 160 atoms of Li3PS4 in a cube of 14.71 Å, 1.880 g/cm³" in out
    assert "Written: glass.cif" in out
    structure = load_structure(Path("glass.cif"))
    assert structure.lattice.abc == pytest.approx([14.706] * 3, abs=1e-3)
    assert census_of(structure).counts == {"Li": 60, "PS4": 20}


@pytest.mark.parametrize("name", ["glass.extxyz", "glass.vasp", "POSCAR", "glass.json"])
def test_all_formats_hold_the_same_glass(glass: Glass, name: str) -> None:
    status, _, err = glass("pack", name, "--ions", "Li=7, P2S7=1, PS4=1", "--density", "1.5")
    assert status == 0, err
    structure = load_structure(Path(name))
    assert census_of(structure).counts == {"Li": 7, "P2S7": 1, "PS4": 1}
    assert float(structure.density) == pytest.approx(1.5, rel=1e-6)
    assert files() == [name]


def test_a_formula_gives_the_ions_and_the_seed_the_places(glass: Glass) -> None:
    """Of a = 1 - 2x, b = y - 1.465, c = 1.6625 - y for each Li, here y = 1.628."""
    for seed in ("1", "2"):
        command = ("--formula", "LiP0.465S1.628", "--atoms", "1000", "--seed", seed)
        assert glass("pack", f"{seed}.json", *command)[0] == 0
    first, second = (Structure.from_file(f"{seed}.json") for seed in (1, 2))
    counts = census_of(first).counts
    assert census_of(second).counts == counts
    assert abs(first.cart_coords - second.cart_coords).max() > 1
    lithium = counts["Li"]
    assert lithium == pytest.approx(1000 / 3.093, abs=2)
    for unit, part in (("PS4", 0.07), ("P2S7", 0.163), ("P2S6", 0.0345)):
        assert counts[unit] == pytest.approx(part * lithium, abs=2)


def test_files_are_replaced_only_by_force(glass: Glass) -> None:
    Path("glass.json").write_text("mine")
    small = ("pack", "glass.json", "--atoms", "16")
    status, _, err = glass(*small)
    assert (status, "glass.json exists already" in err) == (2, True)
    assert Path("glass.json").read_text() == "mine"
    assert glass(*small, "--force")[0] == 0
    assert len(Structure.from_file("glass.json")) == 16


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--ions", "Li=60,PS4=21"), "add up to -3 e, expected 0; give 63 Li"),
        (("--ions", "Li=3,PS5=1"), "unknown ions PS5, expected any of PS4"),
        (("--ions", "Li:3"), "expected the number of each ion, once, such as --ions Li=60,PS4=20"),
        (("--ions", "Li=3,Li=3,PS4=1"), "once"),
        (("--ions", "Li=-3,PS4=1"), "expected the number of each ion"),
        (("--ions", ""), "expected the number of each ion"),
        (("--ions", "Li=3,PS4=1", "--atoms", "8"), "leave these out"),
        (("--ions", "Li=3,PS4=1", "--formula", "Li3PS4"), "leave these out"),
        (("--formula", "LiCl"), "expected a composition of Li, P and S"),
        (("--formula", "LiPS"), "P for each Li, but PS4, P2S7, P2S6 make"),
        (("--density", "1880"), "1880.0 kg/m3 are 1.88 g/cm3"),
        (("--density", "4.5", "--atoms", "64"), "could not be pushed apart"),
        (("--atoms", "1"), "expected as many Li as whole PS4 can balance, such as 3"),
    ],
)
def test_what_cannot_be_packed_is_told_in_one_line(
    glass: Glass, arguments: tuple[str, ...], said: str
) -> None:
    status, _, err = glass("pack", "glass.cif", *arguments)
    assert status == 2, err
    assert said in err
    assert err.startswith("Error: ")
    assert len(err.splitlines()) == 1
    assert files() == []


def test_an_unknown_format_is_refused_before_packing(glass: Glass) -> None:
    status, _, err = glass("pack", "glass.pdf", "--density", "9")
    assert (status, "unknown format" in err) == (2, True)
    status, _, err = glass("pack", "absent/glass.cif")
    assert (status, "no folder absent" in err) == (2, True)


@pytest.fixture
def mixed(glass: Glass) -> str:
    """A packing of three kinds of anions: 20 Li, 2 PS4, 2 P2S7, one P2S6, one S."""
    ions = "Li=20,PS4=2,P2S7=2,P2S6=1,S=1"
    assert glass("pack", "mixed.json", "--ions", ions, "--density", "1.6")[0] == 0
    return "mixed.json"


def test_census_as_a_table(glass: Glass, mixed: str) -> None:
    status, out, err = glass("census", mixed)
    assert (status, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    rows = {words[0]: words[1:] for words in lines if len(words) in {2, 3, 4}}
    assert rows["P2S7"] == ["2", "50.0", "48.3"]  # 4 of 8 P, 14 of 29 S
    assert rows["PS4"] == ["2", "25.0", "27.6"]
    assert rows["P2S6"] == ["1", "25.0", "20.7"]
    assert rows["S"] == ["1", "3.4"]
    assert rows["Li"] == ["20"]
    assert "P with exactly four S within 2.5 Å: 75.0 %" in out
    assert "S that each P shares with other P: 0 for 4 P, 1 for 4 P" in out
    assert "Charge of units and lithium: +0 e" in out
    assert "not all units are whole" not in out


def test_census_as_csv_and_json_says_the_same(glass: Glass, mixed: str) -> None:
    rows = list(csv.DictReader(glass("census", mixed, "--format", "csv")[1].splitlines()))
    found = json.loads(glass("census", mixed, "--format", "json")[1])
    assert {row["unit"]: int(row["count"]) for row in rows} == found["counts"]
    assert found["counts"] == {"Li": 20, "PS4": 2, "P2S7": 2, "P2S6": 1, "S": 1}
    fractions = {row["unit"]: float(row["phosphorus"]) for row in rows}
    assert fractions == {"Li": 0, "S": 0, "PS4": 0.25, "P2S7": 0.5, "P2S6": 0.25}
    assert sum(float(row["sulfur"]) for row in rows) == pytest.approx(1)
    assert (found["tetrahedral"], found["charge_mismatch"]) == (0.75, 0)
    assert found["bridging"] == {"0": 4, "1": 4}


def test_a_unit_that_is_not_whole_leaves_a_charge(glass: Glass, li3ps4: Structure) -> None:
    li3ps4.remove_sites([next(k for k, s in enumerate(li3ps4) if s.specie.symbol == "S")])
    write_structures({Path("torn.cif"): li3ps4})
    status, out, _ = glass("census", "torn.cif")
    assert status == 0
    assert "Charge of units and lithium: +2 e, not all units are whole" in out
    assert "75.0 %" in out


def test_lithium_sulfide_has_no_phosphorus_to_tell_of(glass: Glass) -> None:
    sites = [[0.25, 0.25, 0.25], [0, 0, 0]]
    sulfide = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.71), ["Li", "S"], sites)
    write_structures({Path("sulfide.cif"): sulfide})
    status, out, _ = glass("census", "sulfide.cif")
    assert status == 0
    assert "other P" not in out
    found = json.loads(
        glass("census", "sulfide.cif", "--format", "json")[1], parse_constant=pytest.fail
    )
    assert (found["tetrahedral"], found["counts"]) == (None, {"Li": 8, "S": 4})


def test_census_of_what_it_does_not_know(glass: Glass, copper: Structure) -> None:
    write_structures({Path("copper.cif"): copper})
    Path("junk.cif").write_text("junk")
    for name, said in (("copper.cif", "has Cu, expected Li, P and S"), ("junk.cif", "junk.cif")):
        status, _, err = glass("census", name)
        assert (status, said in err) == (2, True), err
    assert glass("census", "absent.cif")[0] == 2


def test_help_loads_nothing_of_the_science(workspace: Path) -> None:
    script = (
        "import sys\n"
        "from workflows.cli import main\n"
        "sys.argv = ['thioflow', 'glass', 'pack', '--help']\n"
        "try:\n    main()\n"
        "finally:\n    print(sorted({'numpy', 'pymatgen', 'ase', 'numba'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert "Li3PS4 unless given" in " ".join(done.stdout.replace("│", " ").split())
    assert done.stdout.splitlines()[-1] == "[]"
