"""The audit: passes what is sound, names what is wrong in structures made wrong on purpose."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from pymatgen.core.interface import GrainBoundaryGenerator

from physics.errors import InputError
from physics.structures.audit import Audit, audit
from physics.structures.construction import Construction
from physics.structures.crystal import Crystal
from physics.structures.environments import normal_period
from physics.structures.grain_boundaries import tilt_boundary


@pytest.fixture
def crystal(li3ps4: Structure) -> Crystal:
    return Crystal(li3ps4)


@pytest.fixture
def bulk(li3ps4: Structure) -> Structure:
    return li3ps4 * (1, 2, 3)


def of(structure: Structure, symbol: str) -> list[int]:
    return [i for i, site in enumerate(structure) if site.specie.symbol == symbol]


def without(structure: Structure, *atoms: int) -> Structure:
    rest = structure.copy()
    rest.remove_sites(atoms)
    return rest


def bonded(structure: Structure) -> tuple[int, int]:
    """A P and one of its S."""
    phosphorus = of(structure, "P")[5]
    return phosphorus, structure.get_neighbors(structure[phosphorus], 2.3)[0].index


def mirrored(structure: Structure, gap: float) -> Structure:
    """Two grains, the upper one mirrored at the (001) faces of an orthorhombic cell."""
    height = structure.lattice.c
    upper = structure.cart_coords * [1, 1, -1] + [0, 0, 2 * height + gap]
    return Structure(
        Lattice.orthorhombic(*structure.lattice.abc[:2], 2 * (height + gap)),
        [site.specie for site in structure] * 2,
        np.vstack([structure.cart_coords, upper]),
        coords_are_cartesian=True,
    )


def test_a_crystal_passes(bulk: Structure, crystal: Crystal) -> None:
    found = audit(bulk, crystal)
    assert found.passed
    assert found.formula == "Li72 P24 S96"
    assert found.atoms == 192
    assert found.charge == 0
    assert found.units == {"Li": 72, "PS4": 24}
    assert (found.excess, found.broken, found.too_close) == ({}, {}, {})
    assert found.boundaries == ()
    assert found.separation is None
    assert found.bulk_like == 1
    assert max(found.deviations) < 1e-9
    assert found.shortest["Li-S"] == pytest.approx(2.406, abs=1e-3)
    assert found.limits["Li-S"] == 2.0


@pytest.mark.parametrize(
    "structure",
    [
        Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]]),
        Structure.from_spacegroup("Im-3m", Lattice.cubic(3.5), ["Li"], [[0, 0, 0]]),
        Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.6), ["Na", "Cl"], [[0] * 3, [0.5] * 3]),
        Structure.from_spacegroup(
            "F-43m", Lattice.cubic(5.65), ["Ga", "As"], [[0] * 3, [0.25] * 3]
        ),
        Structure.from_spacegroup(
            "Cmce", Lattice.orthorhombic(3.31, 10.48, 4.38), ["P"], [[0, 0.102, 0.081]]
        ),
    ],
    ids=["copper", "lithium", "salt", "gallium arsenide", "phosphorus"],
)
def test_any_crystal_passes(structure: Structure) -> None:
    found = audit(structure * (2, 2, 2), Crystal(structure))
    assert found.faults == ()
    assert found.bulk_like == 1


def test_a_lithium_that_is_missing(bulk: Structure, crystal: Crystal) -> None:
    found = audit(without(bulk, of(bulk, "Li")[7]), crystal)
    assert found.charge == -1
    assert found.excess == {"Li": -1}
    assert found.faults == (
        "Li71 P24 S96 is no whole number of formula units of the crystal: Li -1",
        "net charge -1 e (limit 0)",
    )


def test_a_sulfur_that_is_missing(bulk: Structure, crystal: Crystal) -> None:
    found = audit(without(bulk, bonded(bulk)[1]), crystal)
    assert found.charge == 2
    assert found.excess == {"S": -1}
    assert found.broken == {"PS3": 1}
    assert "1 broken unit: 1 PS3 (limit 0)" in found.faults


def test_whole_formula_units_may_be_missing(bulk: Structure, crystal: Crystal) -> None:
    phosphorus = of(bulk, "P")[3]
    unit = [phosphorus, *(n.index for n in bulk.get_neighbors(bulk[phosphorus], 2.3))]
    found = audit(without(bulk, *unit, *of(bulk, "Li")[:3]), crystal)
    assert found.charge == 0
    assert found.excess == {}
    assert found.broken == {}
    assert found.bulk_like is not None
    assert found.bulk_like < 1


@pytest.mark.parametrize("known", [True, False], ids=["crystal", "no crystal"])
def test_a_tetrahedron_that_is_cut(bulk: Structure, crystal: Crystal, known: bool) -> None:
    phosphorus, sulfur = bonded(bulk)
    away = bulk.copy()
    vector = bulk.get_neighbors(bulk[phosphorus], 2.3)[0].coords - bulk[phosphorus].coords
    away.translate_sites([sulfur], 0.6 * vector, frac_coords=False)
    found = audit(away, crystal if known else None)
    assert found.broken == {"PS3": 1, "S": 1}
    assert found.charge == 0
    assert any("1 PS3, 1 S" in fault for fault in found.faults)


def test_two_atoms_that_are_too_close(bulk: Structure, crystal: Crystal) -> None:
    lithium = of(bulk, "Li")
    near = bulk.copy()
    place = bulk[lithium[0]].coords + np.array([1.5, 0, 0])
    near.replace(lithium[3], "Li", place, coords_are_cartesian=True)
    found = audit(near, crystal)
    assert found.too_close["Li-Li"] == 1
    assert found.shortest["Li-Li"] == pytest.approx(1.5)
    assert "1 Li-Li pair too close: shortest 1.50 Å (limit 2.40 Å)" in found.faults


def test_two_atoms_at_one_place(bulk: Structure, crystal: Crystal) -> None:
    lithium = of(bulk, "Li")
    same = bulk.copy()
    same.replace(lithium[3], "Li", bulk[lithium[0]].frac_coords)
    for found in (audit(same, crystal), audit(same)):
        assert found.too_close["Li-Li"] == 1
        assert found.shortest["Li-Li"] == pytest.approx(0, abs=1e-9)


def test_an_atom_too_close_to_its_own_image() -> None:
    thin = Structure(Lattice.orthorhombic(1.5, 8, 8), ["Cu"], [[0, 0, 0]])
    assert audit(thin).too_close == {"Cu-Cu": 1}


def test_an_element_that_the_crystal_has_not(bulk: Structure, crystal: Crystal) -> None:
    bulk.replace(of(bulk, "Li")[2], "Na")
    found = audit(bulk, crystal)
    assert found.excess == {"Li": -1, "Na": 1}
    assert found.charge == 0
    assert found.broken == {"Na": 1}


def test_an_element_that_the_structure_lacks(bulk: Structure, crystal: Crystal) -> None:
    found = audit(without(bulk, *of(bulk, "P"), *of(bulk, "S")), crystal)
    assert found.charge == 72
    assert not found.passed
    no_phosphorus = audit(without(bulk, *of(bulk, "P")), crystal)
    assert no_phosphorus.broken == {"S": 96}


@pytest.mark.parametrize("gap", [2.0, 3.0])
def test_a_bicrystal_by_hand(li3ps4: Structure, crystal: Crystal, gap: float) -> None:
    """Two grains of five cells: boundaries halfway in both gaps."""
    cell = Structure.from_sites(li3ps4, to_unit_cell=True) * (1, 1, 5)
    both = mirrored(cell, gap)
    found = audit(both, crystal)
    period = 2 * (cell.lattice.c + gap)
    assert found.separation == pytest.approx(period / 2, abs=0.5)
    assert len(found.boundaries) == 2
    offsets = np.sort((np.array(found.boundaries) + gap / 2 + 1) % period) - 1
    np.testing.assert_allclose(offsets, [0, period / 2], atol=1)
    assert found.interior_deviation == pytest.approx((0, 0), abs=1e-9)
    assert found.bulk_like is not None
    assert 0.4 < found.bulk_like < 0.9


@pytest.mark.parametrize(("height", "angle"), [(6, 90), (6, 72)], ids=["normal", "skew"])
@given(shift=st.floats(0, 1))
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_boundaries_move_with_the_origin(
    copper: Structure, height: int, angle: float, shift: float
) -> None:
    """A plane of vacancies in copper, in a cell whose c is normal to the plane or is not."""
    slab = without(copper * (2, 2, height), 0)
    skew = slab.lattice.matrix + np.array([[0, 0, 0], [0, 0, 0], [0, 7.2 * (angle < 90), 0]])
    slab = Structure(skew, slab.species, slab.cart_coords, coords_are_cartesian=True)
    slab.translate_sites(list(range(len(slab))), [0, 0, shift], to_unit_cell=True)
    found = audit(slab, Crystal(copper))
    period = normal_period(slab)
    assert period == pytest.approx(3.6 * height)
    (boundary,) = found.boundaries
    assert (boundary - shift * period + 5) % period == pytest.approx(5, abs=1e-6)
    assert found.separation == pytest.approx(period)


def test_boundaries_that_are_too_close(li3ps4: Structure, crystal: Crystal) -> None:
    found = audit(mirrored(li3ps4 * (1, 1, 2), 2.0), crystal, boundaries=(13.5, 28))
    assert found.separation == pytest.approx(14.5)
    assert "boundaries only 14.5 Å apart (limit 15 Å)" in found.faults


def test_given_boundaries_are_taken_into_the_cell(bulk: Structure, crystal: Crystal) -> None:
    period = bulk.lattice.c
    found = audit(bulk, crystal, boundaries=(-4.0, period + 5.0))
    assert found.boundaries == pytest.approx((5.0, period - 4.0))
    assert found.separation == pytest.approx(9.0)
    assert found.interior_deviation == pytest.approx((0, 0), abs=1e-9)


def test_an_interior_that_is_not_bulk_like(bulk: Structure, crystal: Crystal) -> None:
    phosphorus = of(bulk, "P")[3]
    unit = [phosphorus, *(n.index for n in bulk.get_neighbors(bulk[phosphorus], 2.3))]
    bulk.translate_sites(unit, [0, 0, 0.7], frac_coords=False)
    found = audit(bulk, crystal, boundaries=())
    assert found.broken == {}
    assert found.interior_deviation[0] == pytest.approx(0.6, abs=0.15)
    assert any(fault.startswith("the structure is not bulk-like") for fault in found.faults)


def test_a_structure_that_is_nowhere_bulk_like(bulk: Structure, crystal: Crystal) -> None:
    bulk.scale_lattice(1.3 * bulk.volume)
    found = audit(bulk, crystal)
    assert found.bulk_like == 0
    assert found.boundaries == ()
    assert any("the structure is not bulk-like inside" in fault for fault in found.faults)


def test_a_grain_of_vacuum(copper: Structure) -> None:
    slab = copper * (2, 2, 6)
    slab = Structure(
        Lattice.orthorhombic(7.2, 7.2, 45),
        slab.species,
        slab.cart_coords,
        coords_are_cartesian=True,
    )
    found = audit(slab, Crystal(copper), boundaries=(22, 44))
    vacuum, grain = found.interior_deviation
    assert vacuum is None
    assert grain == pytest.approx(0, abs=1e-9)
    assert "the grain above 22.0 Å holds no unit of the framework" in found.faults


@pytest.mark.parametrize(
    ("counts", "broken"),
    [({"PS4": 4, "P2S7": 4}, {}), ({"PS4": 7, "P2S7": 1}, {"P2S7": 1})],
    ids=["as many", "few"],
)
def test_without_a_crystal_only_rare_polyanions_are_broken(
    counts: dict[str, int], broken: dict[str, int]
) -> None:
    arms = 2.1 * np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(3)
    one = np.vstack([np.zeros(3), arms])
    two = np.vstack([one, np.delete(2 * arms[0] - one, 1, axis=0)])
    forms = {"PS4": (list("PSSSS"), one), "P2S7": (list("PSSSSPSSS"), two)}
    symbols: list[str] = []
    positions: list[np.ndarray] = []
    for name, form in forms.items():
        for _ in range(counts[name]):
            positions.append(form[1] + [12.0 * (len(positions)), 0, 0])
            symbols += form[0]
    cell = Lattice.orthorhombic(12.0 * len(positions), 14, 14)
    found = audit(Structure(cell, symbols, np.vstack(positions), coords_are_cartesian=True))
    assert found.units == counts
    assert found.broken == broken


def test_without_a_crystal_nothing_is_compared_with_it(bulk: Structure) -> None:
    found = audit(bulk)
    assert found.passed
    assert (found.excess, found.boundaries, found.interior_deviation) == ({}, (), ())
    assert found.bulk_like is None
    assert found.states == {"Li": 1, "P": 5, "S": -2}


def test_partial_occupancies() -> None:
    with pytest.raises(InputError, match="one species on every site"):
        audit(Structure(Lattice.cubic(4), [{"Li": 0.5}], [[0, 0, 0]]))


def test_the_copper_boundary_of_pymatgen_passes(copper: Structure) -> None:
    boundary = GrainBoundaryGenerator(copper).gb_from_parameters(
        (0, 0, 1), 36.8698976, expand_times=4, plane=(1, 2, 0)
    )
    found = audit(boundary, Crystal(copper))
    assert found.faults == ()
    period = normal_period(boundary)
    assert found.separation == pytest.approx(period / 2, abs=0.1)
    assert min(abs((b + 5) % (period / 2) - 5) for b in found.boundaries) < 0.1


def test_the_thiophosphate_boundary_of_pymatgen_fails(li3ps4: Structure, crystal: Crystal) -> None:
    """Sigma 5 of its strained cell: atoms merged whatever they are, tetrahedra cut."""
    boundary = GrainBoundaryGenerator(li3ps4).gb_from_parameters(
        (1, 0, 0), 78.46304096718453, expand_times=1, ratio=[8, 3, None], plane=(0, 2, 1)
    )
    found = audit(boundary, crystal)
    assert found.charge != 0
    assert found.excess
    assert sum(found.broken.values()) >= 10
    assert found.shortest["Li-Li"] < 2
    assert max(found.interior_deviation) < 0.3
    assert sum(audit(boundary).broken.values()) >= 10


@pytest.mark.parametrize("plane", [(1, 2, 0), (2, -1, 0), (2, 0, 1)], ids=str)
def test_tilt_boundaries_of_this_package_pass(crystal: Crystal, plane: tuple[int, ...]) -> None:
    construction = Construction(separation=20, translations=16, keep=1)
    (boundary,) = tilt_boundary(crystal, plane, construction=construction)
    period = boundary.structure.lattice.c
    found = audit(boundary.structure, crystal)
    told = audit(boundary.structure, crystal, boundaries=boundary.heights)
    assert found.faults == told.faults == ()
    assert len(found.boundaries) == 2
    for height in boundary.heights:
        away = (np.array(found.boundaries) - height + period / 2) % period - period / 2
        assert np.abs(away).min() < 2.5


def test_findings_are_plain_values(bulk: Structure, crystal: Crystal) -> None:
    found = audit(bulk, crystal)
    values = json.loads(json.dumps(asdict(found)))
    tuples = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    assert Audit(**tuples) == found
