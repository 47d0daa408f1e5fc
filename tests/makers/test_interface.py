"""Jobs of interfaces, one by one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from makers.interface import ATOMS, GlassSlabMaker, JoinMaker, collect_interface
from physics.dynamics.protocol import Protocol, Stage
from physics.dynamics.summary import Series
from physics.errors import InputError
from physics.structures.census import census_of
from stores.documents import DynamicsDocument, InterfaceDocument, TrajectoryFile

BETA = Path(__file__).parents[2] / "workflows" / "studies" / "structures" / "beta-Li3PS4.cif"
CRYSTAL = Structure.from_file(BETA)
WHERE: dict[str, Any] = {"miller": (0, 0, 1), "repeats": (1, 1), "thickness": 12.5}


def packed(**fields: Any) -> Structure:
    maker = GlassSlabMaker(**{"formula": "Li3PS4", "density": 1.88} | WHERE | fields)
    structure: Structure = maker.make.original(maker, CRYSTAL)
    return structure


def ran(structure: Structure, **changes: Any) -> DynamicsDocument:
    """A run that ended with a structure."""
    fields: dict[str, Any] = {
        "input_hash": "h",
        "label": "melt-quench",
        "engine": "chgnet",
        "functional": "CHGNet",
        "driver": "ase",
        "protocol": Protocol((Stage("rest", 10, 300.0),), seed=4),
        "steps": 10,
        "completed": True,
        "stopped": None,
        "structure": Structure(structure.lattice, structure.species, structure.frac_coords),
        "energy": -1.0,
        "stages": [],
        "series": Series([], [], [], [], {}),
        "trajectory": TrajectoryFile(path="nowhere", sha256="0", frames=0),
        "seconds": 1.0,
        "directory": "",
    }
    return DynamicsDocument(**fields | changes)


def joined(glass: DynamicsDocument, **fields: Any) -> InterfaceDocument:
    maker = JoinMaker(label="an interface", **WHERE | fields)
    document: InterfaceDocument = maker.make.original(maker, CRYSTAL, glass, ["a", "b"])
    return document


@pytest.fixture(scope="module")
def interface() -> InterfaceDocument:
    """A thin one."""
    return joined(ran(packed()))


def annealed(interface: InterfaceDocument, end: Structure, **changes: Any) -> InterfaceDocument:
    run = ran(end, **{"input_hash": "anneal"} | changes)
    document: InterfaceDocument = collect_interface.original(interface, run, ["c", "d"])
    return document


def test_the_glass_fills_the_cell_of_the_plane() -> None:
    glass = packed(seed=3, density=1.7, repeats=(2, 1))
    a, b, _ = CRYSTAL.lattice.abc
    assert sorted(glass.lattice.abc[:2]) == pytest.approx(sorted((2 * min(a, b), max(a, b))))
    assert float(glass.density) == pytest.approx(1.7)
    counts = census_of(glass).counts
    assert counts["Li"] == 3 * counts["PS4"]
    again, other = packed(seed=3, density=1.7, repeats=(2, 1)), packed(density=1.7, repeats=(2, 1))
    assert glass.cart_coords == pytest.approx(again.cart_coords, abs=0)
    assert np.abs(glass.cart_coords - other.cart_coords).max() > 1


def test_an_interface_carries_what_its_glass_was(interface: InterfaceDocument) -> None:
    assert (interface.label, interface.plane, interface.seed) == ("an interface", (0, 0, 1), 4)
    assert (interface.engine, interface.functional) == ("chgnet", "CHGNet")
    assert interface.potential is None
    assert interface.parents == ["a", "b"]
    stopped = joined(ran(packed(), warnings=["stopped early: a grade of 12"]))
    assert stopped.warnings[0] == "stopped early: a grade of 12"


def test_planes_are_told_without_common_divisors() -> None:
    assert joined(ran(packed()), miller=(0, 0, 2)).plane == (0, 0, 1)


def test_small_sides_are_told(interface: InterfaceDocument) -> None:
    assert interface.warnings == [
        "the crystal is 12.5 Å thick, expected at least 25 Å",
        f"the glass is {interface.thickness[1]:.1f} Å thick, expected at least 25 Å",
        (
            f"the interface has {interface.atoms} atoms, expected at least {ATOMS}: repeat it more "
            "often in its plane"
        ),
    ]


def test_a_thick_interface_is_small_in_its_plane_alone() -> None:
    glass = packed(thickness=26.0)
    (warning,) = joined(ran(glass), thickness=25.0).warnings
    assert "repeat it more often" in warning


def test_a_glass_with_broken_units_is_told() -> None:
    glass = packed()
    lost = next(k for k, site in enumerate(glass) if site.specie.symbol == "S")
    glass.remove_sites([lost])
    document = joined(ran(glass))
    assert document.charge_mismatch == 2
    assert any("add up to +2 e: not all units are whole" in text for text in document.warnings)


def test_another_cell_cannot_be_joined() -> None:
    glass = packed()
    wider = Structure(
        Lattice(glass.lattice.matrix * [[1.01], [1], [1]]), glass.species, glass.frac_coords
    )
    with pytest.raises(InputError, match=r"differ by 1\.00 % of a"):
        joined(ran(wider))


def test_gap_and_hash_are_of_the_settings() -> None:
    glass = ran(packed())
    other = glass.model_copy(update={"input_hash": "other"})
    wider = joined(glass, gap=3.0).structure.lattice.c - joined(glass).structure.lattice.c
    assert wider == pytest.approx(2 * 0.5)
    hashes = {
        joined(glass).input_hash,
        joined(glass, gap=3.0).input_hash,
        joined(other).input_hash,
    }
    assert len(hashes) == 3
    assert joined(glass).input_hash in hashes


def test_displacements_are_those_of_the_framework_of_the_crystal(
    interface: InterfaceDocument,
) -> None:
    """Known ones: P and S by 0.3 Å up and down; all of it, and Li, and the glass, elsewhere.

    The cell is 10 % higher, and sites with it.
    """
    before = interface.structure
    end = Structure(
        Lattice(before.lattice.matrix * [[1], [1], [1.1]]),
        before.species,
        before.frac_coords,
        site_properties=before.site_properties,
    )
    phase = np.array(end.site_properties["phase"])
    symbols = np.array([site.specie.symbol for site in end])
    framework = (phase == 0) & (symbols != "Li")
    moves = np.zeros((len(end), 3))
    moves[phase == 0] = [0.7, -0.4, 0.2]
    moves[framework, 2] += 0.3 * np.resize([1, -1], framework.sum())
    moves[(phase == 0) & (symbols == "Li")] += [1.0, 2.0, 3.0]
    moves[phase == 1] += [0.0, 0.0, 1.5]
    moved = Structure(
        end.lattice, end.species, end.cart_coords + moves, coords_are_cartesian=True,
        to_unit_cell=True,
    )  # fmt: skip
    document = annealed(interface, moved)
    assert document.crystal_displacement == pytest.approx(0.3)
    assert document.annealed
    assert document.parents == ["c", "d"]
    assert document.input_hash not in {interface.input_hash, "anneal"}
    assert not any("no crystal any more" in warning for warning in document.warnings)


def test_heights_follow_the_cell(interface: InterfaceDocument) -> None:
    before = interface.structure
    taller = Structure(
        Lattice(before.lattice.matrix * [[1], [1], [1.1]]), before.species, before.frac_coords
    )
    document = annealed(interface, taller)
    assert document.crystal_displacement == pytest.approx(0, abs=1e-9)
    assert document.heights == pytest.approx([1.1 * height for height in interface.heights])
    assert document.thickness == pytest.approx([1.1 * part for part in interface.thickness])
    assert document.structure.site_properties == before.site_properties


def test_a_molten_crystal_is_told(interface: InterfaceDocument) -> None:
    steps = np.random.default_rng(0).normal(scale=1.0, size=(len(interface.structure), 3))
    before = interface.structure
    molten = Structure(
        before.lattice, before.species, before.cart_coords + steps, coords_are_cartesian=True
    )
    document = annealed(interface, molten, completed=False, stopped="it ran hot", warnings=["w"])
    assert document.crystal_displacement is not None
    # three components of sd 1 Å: sqrt(3) Å within 4 / sqrt(6 n) of it, n = 40 atoms
    assert document.crystal_displacement == pytest.approx(3**0.5, rel=4 / (6 * 40) ** 0.5)
    assert not document.annealed
    assert any("it is no crystal any more" in warning for warning in document.warnings)
    assert {"w", *interface.warnings} <= set(document.warnings)


def test_units_that_the_anneal_made_whole_are_not_told_of(interface: InterfaceDocument) -> None:
    heard = "the charges of units and lithium add up to +2 e: not all units are whole"
    broken = interface.model_copy(
        update={"charge_mismatch": 2, "warnings": [*interface.warnings, heard]}
    )
    assert annealed(broken, interface.structure).warnings == interface.warnings
