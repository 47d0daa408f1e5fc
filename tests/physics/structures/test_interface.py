"""Crystal and glass in one cell: exact, whole, without overlap, the crystal as it was."""

from collections import Counter

import numpy as np
import pytest
from crystals_for_tests import crystal
from pymatgen.core import Lattice, Structure

from physics.errors import InputError
from physics.structures.census import census_of
from physics.structures.contacts import THIOPHOSPHATE, shortest_contacts
from physics.structures.interface import GAP, Interface, crystal_slab, glass_slab, join
from physics.structures.slab import Slab

BETA = crystal("Li3PS4")


def parts(
    miller: tuple[int, int, int], repeats: tuple[int, int], formula: str = "Li3PS4"
) -> tuple[Slab, Structure]:
    grain = crystal_slab(BETA, miller, 13.0, repeats)
    return grain, glass_slab(grain, formula, 1.88, 14.0, np.random.default_rng(6))


@pytest.fixture(
    scope="module", params=[((0, 0, 1), (2, 1)), ((1, 0, 0), (2, 1)), ((1, 2, 0), (2, 1))]
)
def built(request: pytest.FixtureRequest) -> tuple[Slab, Structure, Interface]:
    grain, glass = parts(*request.param)
    return grain, glass, join(BETA, grain, glass)


def test_composition_and_anions(built: tuple[Slab, Structure, Interface]) -> None:
    grain, glass, interface = built
    structure = interface.structure
    assert structure.composition.reduced_formula == "Li3PS4"
    assert len(structure) == len(grain.site) + len(glass)
    found = census_of(structure)
    assert found.counts == {"Li": 3 * len(structure) // 8, "PS4": len(structure) // 8}
    assert found.charge_mismatch == 0
    assert Counter(structure.site_properties["phase"]) == {0: len(grain.site), 1: len(glass)}
    for atoms in np.split(np.arange(len(structure)), [len(grain.site)]):
        phase = Structure.from_sites([structure[int(k)] for k in atoms])
        assert phase.composition.reduced_formula == "Li3PS4"


def test_nothing_is_too_close(built: tuple[Slab, Structure, Interface]) -> None:
    interface = built[2]
    assert interface.overlap == 0
    for pair, distance in shortest_contacts(interface.structure).items():
        assert distance >= THIOPHOSPHATE[pair]


def test_the_crystal_is_as_it_was(built: tuple[Slab, Structure, Interface]) -> None:
    grain, _, interface = built
    crystalline = interface.structure.cart_coords[: len(grain.site)]
    lifted = grain.positions + np.array([0, 0, GAP / 2])
    assert crystalline == pytest.approx(lifted, abs=1e-9)


def test_both_sides_have_their_place(built: tuple[Slab, Structure, Interface]) -> None:
    grain, glass, interface = built
    lattice = interface.structure.lattice
    assert lattice.matrix[:2, :2] == pytest.approx(grain.cell)
    assert lattice.c == pytest.approx(grain.thickness + glass.lattice.c + 2 * GAP)
    assert lattice.matrix[2, :2] == pytest.approx(np.zeros(2))
    assert interface.heights == pytest.approx((0, grain.thickness + GAP))
    assert interface.thickness == pytest.approx((grain.thickness, glass.lattice.c))
    heights = interface.units.centers[:, 2]
    in_crystal = np.arange(len(heights)) < len(grain.centers)
    assert (heights[in_crystal] >= GAP / 2 - 1e-6).all()
    assert (heights[in_crystal] <= GAP / 2 + grain.thickness).all()
    middle = grain.thickness + 1.5 * GAP + glass.lattice.c / 2
    assert heights[~in_crystal].mean() == pytest.approx(middle, abs=2)


@pytest.mark.parametrize("thickness", [10.1, 13.0, 18.78])
def test_crystal_is_thick_enough_in_whole_layers(thickness: float) -> None:
    grain = crystal_slab(BETA, (0, 0, 1), thickness, (1, 2))
    spacing = BETA.structure.lattice.c
    assert thickness - 1e-6 <= grain.thickness < thickness + spacing - 1e-6
    assert grain.thickness / spacing == pytest.approx(round(grain.thickness / spacing))
    a, b = sorted(BETA.structure.lattice.abc[:2])
    assert grain.cell == pytest.approx(np.diag([a, 2 * b]))


def test_glass_has_density_cell_and_nearly_the_thickness() -> None:
    grain, glass = parts((0, 0, 1), (2, 1), "LiP0.465S1.628")
    assert float(glass.density) == pytest.approx(1.88, rel=1e-6)
    assert glass.lattice.matrix[:2, :2] == pytest.approx(grain.cell)
    assert glass.lattice.c == pytest.approx(14.0, rel=0.03)
    interface = join(BETA, grain, glass)
    found, packed = census_of(interface.structure), census_of(glass)
    assert packed.charge_mismatch == found.charge_mismatch == 0
    assert {"P2S6", "P2S7"} < set(found.counts)
    for anion in ("P2S6", "P2S7"):
        assert found.counts[anion] == packed.counts[anion]


def test_the_same_glass_in_another_cell() -> None:
    """Atoms in other cells, or a third vector that leans, describe the same glass."""
    grain, glass = parts((0, 0, 1), (2, 1))
    leaning = glass.lattice.matrix.copy()
    leaning[2] += leaning[0]
    other = Structure(
        Lattice(leaning), glass.species, glass.cart_coords, coords_are_cartesian=True,
        to_unit_cell=True,
    )  # fmt: skip
    first, second = (join(BETA, grain, each, gap=6.0) for each in (glass, other))
    difference = first.structure.frac_coords - second.structure.frac_coords
    assert difference - np.rint(difference) == pytest.approx(np.zeros_like(difference), abs=1e-6)


def test_another_in_plane_cell_is_refused() -> None:
    grain, glass = parts((0, 0, 1), (2, 1))
    wider = Structure(
        Lattice(glass.lattice.matrix * [[1], [1.02], [1]]), glass.species, glass.frac_coords
    )
    with pytest.raises(InputError, match=r"0\.00 % of a and 2\.00 % of b"):
        join(BETA, grain, wider)
    down = Structure(
        Lattice(glass.lattice.matrix * [[1], [1], [-1]]), glass.species, glass.frac_coords
    )
    with pytest.raises(InputError, match="leads up along z"):
        join(BETA, grain, down)


def test_what_cannot_be_joined() -> None:
    grain, glass = parts((0, 0, 1), (2, 1))
    with pytest.raises(InputError, match="gap: given -1"):
        join(BETA, grain, glass, gap=-1)
    with pytest.raises(InputError, match="the crystal is 5 Å thick"):
        crystal_slab(BETA, (0, 0, 1), 5.0)
    with pytest.raises(InputError, match="the glass is nan Å thick"):
        glass_slab(grain, "Li3PS4", 1.88, float("nan"), np.random.default_rng(0))
    with pytest.raises(InputError, match="repeats"):
        crystal_slab(BETA, (0, 0, 1), 13.0, (0, 1))
    thin = Structure(Lattice(glass.lattice.matrix * [[1], [1], [0.5]]), ["Li"], [[0, 0, 0]])
    with pytest.raises(InputError, match=r"the glass is \d\.\d+ Å thick"):
        join(BETA, grain, thin)
