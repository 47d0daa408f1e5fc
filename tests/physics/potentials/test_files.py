"""Potential files: exact round trips, files of others, clear refusals."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from motep.calculator import MTP
from motep.io.mlip.mtp import read_mtp, write_mtp

from physics.errors import InputError
from physics.potentials.files import Dialect, read_potential, write_potential
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.reference import evaluate

DrawPotential = Callable[..., MomentTensorPotential]
DrawAtoms = Callable[..., Atoms]

# A potential as MLIP-2 writes it, with the moment table of level 6 in another order.
FOREIGN = """MTP
version = 1.1.0
potential_name = MTP1m
scaling = 2.5e-01
species_count = 2
potential_tag =
radial_basis_type = RBChebyshev
\tmin_dist = 1.5
\tmax_dist = 4.5
\tradial_basis_size = 3
\tradial_funcs_count = 2
\tradial_coeffs
\t\t0-0
\t\t\t{0.5, -0.25, 0.125}
\t\t\t{0.75, 0.5, -0.5}
\t\t0-1
\t\t\t{1.5, 0.25, 0.0625}
\t\t\t{-0.75, 0.25, 1.0}
\t\t1-0
\t\t\t{0.5, 0.5, -0.5}
\t\t\t{1.25, 0.5, 0.5}
\t\t1-1
\t\t\t{2.5, -0.25, 0.25}
\t\t\t{0.75, -1.5, 0.5}
alpha_moments_count = 8
alpha_index_basic_count = 5
alpha_index_basic = {{1, 0, 0, 0}, {0, 0, 0, 1}, {0, 0, 1, 0}, {0, 1, 0, 0}, {0, 0, 0, 0}}
alpha_index_times_count = 5
alpha_index_times = {{3, 3, 1, 5}, {2, 2, 1, 5}, {1, 1, 1, 5}, {4, 4, 1, 6}, {6, 4, 1, 7}}
alpha_scalar_moments = 5
alpha_moment_mapping = {7, 6, 5, 4, 0}
species_coeffs = {-1.5, -2.5}
moment_coeffs = {0.5, -1.0, 0.25, 2.0, 1.0}
"""


def as_motep_sections(text: str) -> str:
    return (
        text.replace("min_dist", "min")
        .replace("max_dist", "max")
        .replace("radial_basis_size", "size")
    )


def as_mlip_3(text: str) -> str:
    """Types are atomic numbers; the active set follows the potential."""
    for old, new in (("0-0", "3-3"), ("0-1", "3-15"), ("1-0", "15-3"), ("1-1", "15-15")):
        text = text.replace(f"\t\t{old}", f"\t\t{new}")
    return text + "\n#MVS_v1.1\nenergy_weight 1\n"


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    path = tmp_path / "foreign.mtp"
    path.write_text(FOREIGN)
    return path


@pytest.mark.parametrize("dialect", ["MLIP-2", "MLIP-3"])
def test_a_written_potential_is_read_back_to_the_last_bit(
    dialect: Dialect, tmp_path: Path, draw_potential: DrawPotential
) -> None:
    potential = draw_potential(12, n_species=3)
    write_potential(tmp_path / "a.mtp", potential, dialect)
    again = read_potential(tmp_path / "a.mtp")
    assert np.array_equal(again.parameters, potential.parameters)
    assert np.array_equal(again.table.times, potential.table.times)
    assert np.array_equal(again.table.scalars, potential.table.scalars)
    names = ("species", "r_min", "r_max", "scaling")
    assert [getattr(again, n) for n in names] == [getattr(potential, n) for n in names]
    write_potential(tmp_path / "b.mtp", again, dialect)
    assert (tmp_path / "a.mtp").read_bytes() == (tmp_path / "b.mtp").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mtp", "b.mtp"]


def test_motep_reads_the_dialect_of_mlip_3(
    draw_potential: DrawPotential, draw_atoms: DrawAtoms, motep: Callable[..., MTP]
) -> None:
    potential, atoms = draw_potential(10, n_species=3), draw_atoms(6, n_species=3)
    atoms.calc = motep(potential, "MLIP-3")
    energy = evaluate(potential, atoms).energies.sum()
    assert energy == pytest.approx(atoms.get_potential_energy(), rel=1e-12)


@pytest.mark.parametrize("legacy", [True, False])
def test_files_written_by_motep_are_read(
    legacy: bool, tmp_path: Path, foreign: Path, draw_atoms: DrawAtoms
) -> None:
    write_mtp(tmp_path / "by_motep.mtp", read_mtp(foreign), legacy=legacy)
    ours = read_potential(foreign, ["Li", "P"])
    theirs = read_potential(tmp_path / "by_motep.mtp", ["Li", "P"])
    assert np.array_equal(ours.parameters, theirs.parameters)
    assert ours.scaling == theirs.scaling


@pytest.mark.parametrize("dialect", [str, as_motep_sections, as_mlip_3])
def test_a_foreign_table_gives_the_energies_of_motep(
    dialect: Callable[[str], str], foreign: Path, draw_atoms: DrawAtoms
) -> None:
    foreign.write_text(dialect(FOREIGN))
    species = None if dialect is as_mlip_3 else ["Li", "P"]
    potential = read_potential(foreign, species)
    assert potential.species == ("Li", "P")
    assert potential.table.level == 6
    atoms = draw_atoms(6)
    foreign.write_text(FOREIGN)
    data = read_mtp(foreign)
    data.species = [3, 15]
    atoms.calc = MTP(data, engine="cext")
    result = evaluate(potential, atoms)
    assert result.energies == pytest.approx(atoms.get_potential_energies(), rel=1e-12)
    assert result.forces == pytest.approx(atoms.get_forces(), abs=1e-12)


def test_a_scaling_of_the_basis_multiplies_the_other(foreign: Path) -> None:
    foreign.write_text(FOREIGN.replace("\tmin_dist", "\tscaling = 3.0\n\tmin_dist"))
    assert read_potential(foreign, ["Li", "P"]).scaling == 0.75


def test_windows_line_endings_are_read(foreign: Path) -> None:
    foreign.write_bytes(FOREIGN.replace("\n", "\r\n").encode())
    assert read_potential(foreign, ["Li", "P"]).offsets.tolist() == [-1.5, -2.5]


def test_no_truncated_file_is_read(foreign: Path) -> None:
    for end in range(0, len(FOREIGN) - 2, 7):
        foreign.write_text(FOREIGN[:end])
        with pytest.raises(InputError, match=r"cannot use the potential .*foreign\.mtp"):
            read_potential(foreign, ["Li", "P"])


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("MTP\n", "MTS\n", "does not begin"),
        ("1.1.0", "2.0.0", r"`version` is 2\.0\.0, expected 1\.1\.0"),
        ("RBChebyshev", "RBTaylor", "expected RBChebyshev"),
        ("radial_basis_type", "magnetic_basis_type", "magnetic"),
        ("species_count = 2", "species_count = 3", "4 pairs of species and 8 .* expected 9 and 18"),
        ("size = 3", "size = 4", "of 4 coefficients each"),
        ("funcs_count = 2", "funcs_count = 3", "expected 4 and 12"),
        ("basic_count = 5", "basic_count = 6", "`alpha_index_basic` has 20 numbers"),
        ("times_count = 5", "times_count = 4", "`alpha_index_times` has 20 numbers"),
        ("scalar_moments = 5", "scalar_moments = 4", "`alpha_moment_mapping` has 5 numbers"),
        ("moments_count = 8", "moments_count = 7", "names moments 0 to 7, expected 0 to 6"),
        ("{3, 3, 1, 5}", "{3, 7, 1, 5}", "not complete"),
        ("{3, 3, 1, 5}", "{3, 3.5, 1, 5}", "not whole"),
        ("{-1.5, -2.5}", "{-1.5}", "`offsets`"),
        ("{0.5, -1.0, 0.25", "{0.5, 0.25", "`xi`"),
        ("-0.25, 0.125", "-0.25, x", "something else than numbers"),
        ("{-1.5, -2.5}", "{-1.5, nan}", "not finite"),
        ("\t\t0-1", "\t\t1-1", "not in one order"),
        ("\t\t1-1", "\t\t1-2", "not in one order"),
        ("max_dist = 4.5", "max_dist = 1.0", "r_min < r_max"),
        ("moment_coeffs", "moment_coefs", "`moment_coeffs` is missing"),
        ("\tradial_coeffs\n", "", "`radial_coeffs` are missing"),
    ],
    ids=lambda value: value if "=" not in value and "\n" not in value else repr(value),
)
def test_foreign_and_inconsistent_files_are_refused(
    old: str, new: str, match: str, foreign: Path
) -> None:
    assert FOREIGN.count(old) >= 1
    foreign.write_text(FOREIGN.replace(old, new, 1))
    with pytest.raises(InputError, match=match):
        read_potential(foreign, ["Li", "P"])


def test_unnamed_species_have_to_be_given(foreign: Path) -> None:
    with pytest.raises(InputError, match="2 species without naming them, give `species`"):
        read_potential(foreign)


def test_species_in_another_order_are_refused(
    tmp_path: Path, draw_potential: DrawPotential
) -> None:
    write_potential(tmp_path / "a.mtp", draw_potential(2))
    with pytest.raises(InputError, match="Li, P in this order, but P, Li"):
        read_potential(tmp_path / "a.mtp", ["P", "Li"])


def test_missing_files_and_folders_are_named(tmp_path: Path, draw_potential: DrawPotential) -> None:
    with pytest.raises(InputError, match=r"no potential file .*none\.mtp"):
        read_potential(tmp_path / "none.mtp")
    with pytest.raises(InputError, match="create it first"):
        write_potential(tmp_path / "none" / "a.mtp", draw_potential(2))


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, draw_potential: DrawPotential, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_potential(tmp_path / "a.mtp", draw_potential(2))
    before = (tmp_path / "a.mtp").read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        write_potential(tmp_path / "a.mtp", draw_potential(4))
    assert (tmp_path / "a.mtp").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.mtp"]
