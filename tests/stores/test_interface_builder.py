"""From interfaces as jobs leave them to the property: both sides, told apart."""

from typing import Any

import numpy as np
import pytest
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, jsanitize
from pymatgen.core import Lattice, Structure

from stores.builders import InterfaceBuilder
from stores.documents import AnnealedInterfaceDocument, InterfaceDocument

JOB = {"uuid": "u", "index": 1, "name": "collect", "completed_at": "2026-01-01T00:00:00"}
METADATA = {"study": "s", "system": "glass/(0 0 1)"}
BOND = 2.05
"""Of P and S, Å."""

CORNERS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / 3**0.5
HEIGHT = 60.0


def cell(units: list[tuple[float, list[int]]], lithium: list[tuple[float, int]]) -> Structure:
    """PS4 at heights, the phase of each S by itself, those of P that of most; and Li."""
    species: list[str] = []
    places: list[np.ndarray] = []
    phases: list[int] = []
    for height, sulfur in units:
        center = np.array([4.0, 4.0, height])
        species += ["P"] + ["S"] * len(sulfur)
        places += [center, *(center + BOND * CORNERS[: len(sulfur)])]
        phases += [round(np.mean(sulfur)), *sulfur]
    for height, phase in lithium:
        species.append("Li")
        places.append(np.array([0.0, 0.0, height]))
        phases.append(phase)
    return Structure(
        Lattice.orthorhombic(8.0, 8.0, HEIGHT), species, places, coords_are_cartesian=True,
        site_properties={"phase": phases},
    )  # fmt: skip


def interface(structure: Structure, **changes: Any) -> InterfaceDocument:
    """An interface whose crystal reaches from 2 to 22 Å, the glass from there to 62 Å."""
    fields: dict[str, Any] = {
        "input_hash": "h",
        "parents": ["joined", "annealed"],
        "versions": {"ase": "3"},
        "warnings": ["the engine is soft"],
        "label": "glass/(0 0 1)",
        "plane": (0, 0, 1),
        "engine": "chgnet",
        "functional": "CHGNet",
        "potential": None,
        "seed": 3,
        "formula": "Li3PS4",
        "atoms": len(structure),
        "units": {"PS4": 2},
        "charge_mismatch": 0,
        "gap": 2.5,
        "overlap": 0.0,
        "heights": (2.0, 22.0),
        "thickness": (17.5, 37.5),
        "annealed": True,
        "crystal_displacement": 0.2,
        "structure": structure,
    }
    return InterfaceDocument(**fields | changes)


def stored(output: InterfaceDocument, **changes: Any) -> dict[str, Any]:
    """A job as the store has it."""
    kept = jsanitize(output, strict=True, allow_bson=True)
    return JOB | {"output": kept, "metadata": METADATA} | changes


def derived(output: InterfaceDocument) -> AnnealedInterfaceDocument:
    made = InterfaceBuilder(MemoryStore(), MemoryStore()).process_item(stored(output))
    return AnnealedInterfaceDocument.from_stored(MontyDecoder().process_decoded(made))


WHOLE = cell([(12.0, [0] * 4), (42.0, [1] * 4)], [(10.0, 0), (40.0, 1)])


def test_what_the_job_says_is_kept() -> None:
    document = derived(interface(WHOLE))
    assert (document.study, document.system) == ("s", "glass/(0 0 1)")
    assert document.parents == ["u", "joined", "annealed"]
    assert (document.label, document.plane, document.seed) == ("glass/(0 0 1)", "(0 0 1)", 3)
    assert (document.crystal_thickness, document.glass_thickness) == (17.5, 37.5)
    assert (document.crystal_displacement, document.annealed) == (0.2, True)
    assert document.warnings == ["the engine is soft"]
    assert document.versions["ase"] == "3"
    assert document.structure == WHOLE
    assert document.structure.site_properties == WHOLE.site_properties


def test_each_side_has_its_units() -> None:
    """One PS4 in the crystal; one PS4 and one PS3 in the glass."""
    structure = cell([(12.0, [0] * 4), (35.0, [1] * 4), (50.0, [1] * 3)], [(10.0, 0)])
    document = derived(interface(structure))
    assert document.crystal_units == {"PS4": 1, "Li": 1}
    assert document.glass_units == {"PS4": 1, "PS3": 1}
    assert (document.crystal_tetrahedral, document.glass_tetrahedral) == (1.0, 0.5)
    assert (document.crystal_formula, document.glass_formula) == ("LiPS4", "P2S7")


def test_a_unit_of_both_sides_is_whole_in_the_cell_alone() -> None:
    """A PS4 of the glass at the interface with one S of the crystal."""
    structure = cell([(12.0, [0] * 4), (22.0, [1, 1, 1, 0])], [])
    document = derived(interface(structure))
    assert document.glass_units == {"PS3": 1}
    assert document.crystal_units == {"PS4": 1, "S": 1}
    assert document.glass_tetrahedral == 1.0


def test_a_side_without_phosphorus_has_no_tetrahedral_part() -> None:
    structure = cell([(42.0, [1] * 4)], [(10.0, 0), (12.0, 0)])
    document = derived(interface(structure))
    assert (document.crystal_tetrahedral, document.glass_tetrahedral) == (None, 1.0)


def test_densities_are_those_away_from_the_interfaces() -> None:
    """Sheets of lithium, 6.94 u, every Å in the crystal and every 2 Å in the glass.

    Those within 2 Å of an interface are missing, for which the window takes at most 1 %.
    """
    crystal = [float(height) for height in range(4, 21)]
    glass = [float(height) % HEIGHT for height in range(24, 61, 2)]
    sheets = [(height, 0) for height in crystal] + [(height, 1) for height in glass]
    document = derived(interface(cell([], sheets)))
    one = 6.94 * 1.66054 / (8 * 8)
    assert document.crystal_density == pytest.approx(one, rel=0.01)
    assert document.glass_density == pytest.approx(one / 2, rel=0.01)


def test_an_interface_that_is_only_joined_is_left_out() -> None:
    jobs, properties = MemoryStore(), MemoryStore(key="uuid")
    joined = interface(WHOLE, annealed=False, crystal_displacement=None)
    stopped = interface(WHOLE, annealed=False)
    with jobs, properties:
        jobs.update(
            [
                stored(output, uuid=uuid, job_id=uuid)
                for uuid, output in (("a", joined), ("b", interface(WHOLE)), ("c", stopped))
            ],
            key="uuid",
        )
        builder = InterfaceBuilder(jobs, properties)
        items = list(builder.get_items())
        assert sorted(item["uuid"] for item in items) == ["b", "c"]
        builder.update_targets([builder.process_item(item) for item in items])
        assert list(builder.get_items()) == []
        found = {document["uuid"]: document["annealed"] for document in properties.query()}
    assert found == {"b": True, "c": False}
